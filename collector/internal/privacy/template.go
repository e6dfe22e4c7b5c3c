package privacy

import (
	"errors"
	"strings"

	"footfall/aggregate/hit"
)

// Paths says under which names a site's pages are counted. The zero Paths
// names every page by its scrubbed path.
//
// A template is a path in which * stands for any one segment, and a * at the
// end for one or more: /order/* is /order/77 and /order/77/bill. One without
// a * is that page alone. Other segments are compared with what was sent, and
// with what scrubbing makes of it, so that /user/:id/* says what it looks
// like. Of the templates that fit a path the first in the list counts.
type Paths struct {
	// Templates name pages: whatever fits is one page, and its name is the
	// template as it is written.
	Templates []string
	// Numbers are templates under whose * a segment of digits names an article,
	// and stays, instead of becoming :id.
	Numbers []string
	// DeclaredOnly makes every page that fits no template (other), which is
	// the advice for signed-in applications, whose paths name their clients.
	DeclaredOnly bool
}

// The limits of Paths.
const (
	maxTemplates = 500 // templates of a site, of both kinds
	maxSegments  = 32  // segments of a template
	maxNumber    = 20  // digits of a number that stays: those of 64 bits
)

var (
	errTemplate = errors.New("a path template is a path without query or final slash, of at most 32 segments, " +
		"in which * is a whole segment and none is " + longMark)
	errTemplates = errors.New("a site with more than 500 path templates")
	errNoStar    = errors.New("a path template for numbers without a *")
)

// A template is a checked template, cut into its segments.
type template struct {
	name     hit.Path
	segments []string
}

// ParseTemplate tells whether s can be one of the Templates of Paths.
func ParseTemplate(s string) error {
	_, err := parseTemplate(s)
	return err
}

func parseTemplate(s string) (template, error) {
	name, err := hit.ParsePath(s)
	if err != nil || len(s) > 1 && strings.HasSuffix(s, "/") {
		return template{}, errTemplate
	}
	t := template{name: name}
	if s == "/" {
		return t, nil
	}
	t.segments = strings.Split(s[1:], "/")
	if len(t.segments) > maxSegments {
		return template{}, errTemplate
	}
	for _, one := range t.segments {
		if one == longMark || one != "*" && strings.Contains(one, "*") {
			return template{}, errTemplate
		}
	}
	return t, nil
}

// pathRules are Paths as hits need them; nil is the zero Paths.
type pathRules struct {
	templates, numbers []template
	declaredOnly       bool
}

func newPathRules(p *Paths) (*pathRules, error) {
	if len(p.Templates)+len(p.Numbers) > maxTemplates {
		return nil, errTemplates
	}
	if len(p.Templates) == 0 && len(p.Numbers) == 0 && !p.DeclaredOnly {
		return nil, nil
	}
	r := &pathRules{declaredOnly: p.DeclaredOnly}
	for _, s := range p.Templates {
		t, err := parseTemplate(s)
		if err != nil {
			return nil, err
		}
		r.templates = append(r.templates, t)
	}
	for _, s := range p.Numbers {
		t, err := parseTemplate(s)
		if err != nil {
			return nil, err
		}
		if t.stars() == 0 {
			return nil, errNoStar
		}
		r.numbers = append(r.numbers, t)
	}
	return r, nil
}

func (t *template) stars() (n int) {
	for _, s := range t.segments {
		if s == "*" {
			n++
		}
	}
	return n
}

// A trail tells where the segments of a path stand, as they were sent (in the
// decoded path) and as they were scrubbed (in what was written so far). It
// holds offsets, so that neither of the two must leave the stack.
type trail struct {
	n  int // segments, those that have no place here too
	at [maxSegments]struct{ from, to, scrubbedFrom, scrubbedTo int }
}

// follow notes what became of the segment decoded[from:to], which was written
// when so many bytes stood before and stand after.
func (t *trail) follow(from, to, before, after int) {
	switch {
	case after < before:
		t.n--
	case after > before:
		if t.n < maxSegments {
			p := &t.at[t.n]
			p.from, p.to, p.scrubbedFrom, p.scrubbedTo = from, to, before+1, after
		}
		t.n++
	}
}

// fits tells whether a template is one of a path.
func (t *template) fits(way *trail, decoded, scrubbed []byte) bool {
	n := len(t.segments)
	if way.n != n && (way.n < n || n == 0 || t.segments[n-1] != "*") {
		return false
	}
	for i, want := range t.segments {
		p := &way.at[i]
		if want != "*" && string(decoded[p.from:p.to]) != want && string(scrubbed[p.scrubbedFrom:p.scrubbedTo]) != want {
			return false
		}
	}
	return true
}

func firstFit(all []template, way *trail, decoded, scrubbed []byte) *template {
	for i := range all {
		if all[i].fits(way, decoded, scrubbed) {
			return &all[i]
		}
	}
	return nil
}

// keepNumbers writes the scrubbed path anew after a template for numbers: its
// own segments as it has them, and digits under a * as they were sent. It is
// false where nothing is kept or the path would be too long, which leaves the
// scrubbed path as it is.
func (t *template) keepNumbers(dst []byte, way *trail, decoded, scrubbed []byte) ([]byte, bool) {
	kept, end := false, 0
	for i := range min(way.n, maxSegments) {
		p := &way.at[i]
		raw := decoded[p.from:p.to]
		dst, end = append(dst, '/'), p.scrubbedTo
		switch {
		case i < len(t.segments) && t.segments[i] != "*":
			dst = append(dst, t.segments[i]...)
		case isArticle(raw):
			dst, kept = append(dst, raw...), true
		default:
			dst = append(dst, scrubbed[p.scrubbedFrom:p.scrubbedTo]...)
		}
	}
	dst = append(dst, scrubbed[end:]...)
	return dst, kept && len(dst) <= hit.MaxPath
}

// isArticle tells whether a segment is digits, or digits and an extension.
func isArticle(seg []byte) bool {
	stem := stemLength(seg)
	if stem == 0 || stem > maxNumber {
		return false
	}
	for _, c := range seg[:stem] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
