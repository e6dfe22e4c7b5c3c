package collector

import (
	"math"
	"math/bits"
	"strings"
	"unicode/utf8"

	"footfall/aggregate/hit"
	"footfall/collector/internal/jsonscan"
	"footfall/collector/internal/privacy"
)

// The fields of a beacon. The vocabulary of /hit never changes: a new field
// is a new path.
const (
	fieldKind = iota
	fieldPath
	fieldReferrer
	fieldStatus
	fieldFeature
	fieldOutbound
	fieldDownload
	fieldLoad
	fieldRead
	fieldScroll
	fieldLCP
	fieldINP
	fieldErrors
	fieldEnd
)

var fieldNames = [fieldEnd]string{"k", "p", "r", "s", "f", "o", "d", "load", "read", "scroll", "lcp", "inp", "err"}

// fieldSet has a bit for each field.
type fieldSet uint16

func fieldsOf(fields ...int) (s fieldSet) {
	for _, f := range fields {
		s |= 1 << f
	}
	return s
}

// What each kind of event may hold.
var (
	usesOf        = fieldsOf(fieldFeature, fieldOutbound, fieldDownload)
	viewFields    = fieldsOf(fieldKind, fieldPath, fieldReferrer, fieldStatus)
	featureFields = fieldsOf(fieldKind, fieldPath) | usesOf
	timingFields  = fieldsOf(fieldKind, fieldPath, fieldLoad, fieldRead, fieldScroll, fieldLCP, fieldINP, fieldErrors)
)

// noNumber stands for a number that no field can take.
const noNumber = math.MinInt32

// A decoder reads the body of one beacon. It allocates nothing once its list
// of unknown names has grown; the strings it gives alias the body, which it
// overwrites.
type decoder struct {
	scan    jsonscan.Scanner
	seen    fieldSet
	bad     bool     // a known field has a value of another type
	unknown []string // names outside the vocabulary, to find one that comes twice
}

// decode reads a body into raw. ok is false where it is not one JSON object
// of the form the protocol asks for; else the verdict is Counted where the
// fields are those of their kind, which says nothing of their values.
func (d *decoder) decode(body []byte, raw *privacy.Raw) (verdict hit.Verdict, ok bool) {
	d.seen, d.bad, d.unknown = 0, false, d.unknown[:0]
	raw.Timing = hit.NoTiming()
	if !utf8.Valid(body) {
		return 0, false
	}
	d.scan.Reset(body)
	kind, ok := d.object(raw)
	clear(d.unknown)
	if !ok || !d.scan.End() {
		return 0, false
	}
	return d.judge(kind, raw), true
}

// judge holds the fields that came against their kind.
func (d *decoder) judge(kind string, raw *privacy.Raw) hit.Verdict {
	allowed := fieldSet(0)
	switch kind {
	case "view":
		raw.Kind, allowed = hit.KindView, viewFields
	case "feature":
		raw.Kind, allowed = hit.KindFeature, featureFields
	case "timing":
		raw.Kind, allowed = hit.KindTiming, timingFields
	}
	switch {
	case len(d.unknown) > 0 || d.seen&^allowed != 0 || allowed == 0:
		return hit.UnknownField
	case d.bad, raw.Kind == hit.KindFeature && bits.OnesCount16(uint16(d.seen&usesOf)) != 1:
		return hit.BadValue
	}
	return hit.Counted
}

func (d *decoder) object(raw *privacy.Raw) (kind string, ok bool) {
	s := &d.scan
	if !s.Take('{') {
		return "", false
	}
	if s.Take('}') {
		return "", true
	}
	for {
		name, ok := s.String()
		if !ok || !s.Take(':') {
			return "", false
		}
		f := fieldOf(name)
		switch {
		case f == fieldEnd:
			ok = d.strange(name) && s.Skip()
		case d.seen&(1<<f) != 0:
			return "", false // twice
		default:
			d.seen |= 1 << f
			ok = d.value(f, raw, &kind)
		}
		if !ok {
			return "", false
		}
		if s.Take('}') {
			return kind, true
		}
		if !s.Take(',') {
			return "", false
		}
	}
}

func fieldOf(name string) int {
	for f := range fieldNames {
		if fieldNames[f] == name {
			return f
		}
	}
	return fieldEnd
}

// strange takes in a name outside the vocabulary, and refuses one that comes
// twice or is a known one in another case.
func (d *decoder) strange(name string) bool {
	for _, n := range fieldNames {
		if strings.EqualFold(n, name) {
			return false
		}
	}
	for _, n := range d.unknown {
		if n == name {
			return false
		}
	}
	d.unknown = append(d.unknown, name)
	return true
}

// value takes the value of a known field. One of another type, null too, is
// well-formed and drops the hit.
func (d *decoder) value(f int, raw *privacy.Raw, kind *string) (ok bool) {
	s := &d.scan
	isText := f <= fieldReferrer || f >= fieldFeature && f <= fieldDownload
	switch next := s.Next(); {
	case isText == (next == '"') && (isText || next == '-' || '0' <= next && next <= '9'):
	default:
		d.bad = true
		return s.Skip()
	}
	switch f {
	case fieldKind:
		*kind, ok = s.String()
	case fieldPath:
		raw.Path, ok = s.String()
	case fieldReferrer:
		raw.Referrer, ok = s.String()
	case fieldFeature:
		raw.Feature, ok = s.String()
	case fieldOutbound:
		raw.Outbound, ok = s.String()
	case fieldDownload:
		raw.Download, ok = s.String()
	default:
		var text string
		if text, ok = s.Number(); ok {
			setNumber(f, raw, wholeNumber(text))
		}
	}
	return ok
}

func setNumber(f int, raw *privacy.Raw, n int32) {
	t := &raw.Timing
	switch f {
	case fieldStatus:
		raw.Status = int(n)
	case fieldLoad:
		t.LoadMillis = n
	case fieldRead:
		t.ReadSeconds = n
	case fieldScroll:
		t.ScrollPct = n
	case fieldLCP:
		t.LCPMillis = n
	case fieldINP:
		t.INPMillis = n
	case fieldErrors:
		t.Errors = n
	}
}

// wholeNumber reads plain digits; a sign, a fraction, an exponent or more than
// nine digits is in no field's range.
func wholeNumber(text string) int32 {
	if len(text) > 9 {
		return noNumber
	}
	var n int32
	for i := range len(text) {
		c := text[i]
		if c < '0' || c > '9' {
			return noNumber
		}
		n = n*10 + int32(c-'0')
	}
	return n
}
