package aggregate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
)

// What a caller of a report branches on.
var (
	// ErrUnknownSite means that the site is not counted here.
	ErrUnknownSite = errors.New("unknown site")
	// ErrBadQuery means that a question cannot be answered as it was put; the
	// text behind it says why, in the operator's words and without the values.
	ErrBadQuery = errors.New("bad query")
)

// Limits of the rows of a report.
const (
	DefaultLimit = 100
	MaxLimit     = 10_000
)

// A Query is one question about one site.
type Query struct {
	Site     hit.Host
	From, To hit.Day // both included
	// By is the dimension of the rows; NoDim asks for totals only.
	By Dim
	// Page asks about one page; "" is the whole site. Then By is a day, week or
	// month, or a dimension that is counted for each page.
	Page string
	// Section asks about one section, by its value among the rows of BySection; "" is the whole
	// site. Then By is a day, week or month, or a dimension that is counted for
	// each section.
	Section string
	// Where asks about one value of a dimension; nil is all. Then By is ByPage or
	// BySection. Of Page, Section and Where one is given at most.
	Where *Where
	// Limit is how many rows are wanted, 1 to MaxLimit; 0 is DefaultLimit.
	// Rows of time are never left out.
	Limit int
	// Sort is the measure that rows are ordered by, descending; 0 is the first
	// one of the dimension. Rows of time stay in their order.
	Sort publish.Measure
	// Compare asks for the same of earlier days too.
	Compare Compare

	only []string // the rows wanted, in order; nil: by Sort and Limit
}

// A Where is one value of one dimension.
type Where struct {
	Dim   Dim
	Value string
}

// ParseWhere reads DIM:VALUE.
func ParseWhere(s string) (*Where, error) {
	name, value, ok := strings.Cut(s, ":")
	if !ok || value == "" {
		return nil, badQuery("where is a dimension, a colon and a value")
	}
	dim, err := ParseDim(name)
	if err != nil {
		return nil, err
	}
	return &Where{dim, value}, nil
}

// String returns DIM:VALUE, "" for nil.
func (w *Where) String() string {
	if w == nil {
		return ""
	}
	return w.Dim.String() + ":" + w.Value
}

// Dim is what the rows of a report are by.
type Dim uint8

// The dimensions.
const (
	NoDim         Dim = iota // no rows
	ByPage                   // path
	BySection                // declared template or first segment
	ByEntry                  // path of a visit's first page
	ByExit                   // path of a visit's last page
	ByReferrer               // host
	ByBrowser                // family and major version
	BySystem                 // family
	ByDevice                 // class
	ByCountry                // ISO 3166 alpha-2
	ByFeature                // declared name
	ByStatus                 // 404, 4xx, 5xx
	ByError                  // path that failed
	ByOutbound               // host
	ByDownload               // path
	ByHour                   // 00 to 23, of one closed published period
	ByWeekdayHour            // 1-00 (Monday) to 7-23, of four or thirteen closed weeks
	ByDay                    // 2026-11-23
	ByWeek                   // 2026-W47
	ByMonth                  // 2026-11
	ByBot                    // reason
	byEnd
)

var dimNames = [byEnd]string{
	"", "page", "section", "entry", "exit", "referrer", "browser", "system", "device", "country", "feature",
	"status", "error", "outbound", "download", "hour", "weekday_hour", "day", "week", "month", "bot",
}

// ParseDim reads a dimension's name; "" is NoDim.
func ParseDim(s string) (Dim, error) {
	for d, name := range dimNames {
		if s == name {
			return Dim(d), nil
		}
	}
	return NoDim, badQuery("there is no such dimension; there are " + strings.Join(dimNames[1:], ", "))
}

// Dims returns every dimension but NoDim, in order.
func Dims() []Dim {
	out := make([]Dim, 0, byEnd-1)
	for d := NoDim + 1; d < byEnd; d++ {
		out = append(out, d)
	}
	return out
}

// String returns the name, "" for NoDim.
func (d Dim) String() string {
	if d >= byEnd {
		return ""
	}
	return dimNames[d]
}

// time tells whether rows are in the order of time and none is left out.
func (d Dim) time() bool {
	switch d {
	case ByHour, ByWeekdayHour, ByDay, ByWeek, ByMonth:
		return true
	}
	return false
}

// ParseMeasure reads the name of a measure that rows can be sorted by; "" is 0.
func ParseMeasure(s string) (publish.Measure, error) {
	if s == "" {
		return 0, nil
	}
	if m, ok := publish.ParseMeasure(s); ok && m != publish.VisitTime {
		return m, nil
	}
	return 0, badQuery("rows are sorted by a measure, such as views or visitors")
}

// rowRule returns how rows of a table are published.
func (q *Query) rowRule() publish.Rule {
	switch {
	case q.Where != nil && q.Where.Dim == ByFeature, q.Section != "" && q.By == ByFeature:
		return usesRule
	case q.Where != nil || q.Page != "" || q.Section != "":
		return cellRule
	}
	return dims[q.By].rule
}

func measureList(list []publish.Measure) string {
	var names []string
	for _, m := range list {
		names = append(names, m.String())
	}
	return strings.Join(names, ", ")
}

func badQuery(why string) error { return fmt.Errorf("%w: %s", ErrBadQuery, why) }

// check says why the question cannot be answered, whatever the days hold.
func (q *Query) check() error {
	switch {
	case q.From > q.To:
		return badQuery("the first day is after the last")
	case q.Limit < 0 || q.Limit > MaxLimit:
		return badQuery("limit is 1 to 10,000")
	case q.By >= byEnd:
		return badQuery("there is no such dimension")
	case q.Page != "" && q.Where != nil, q.Section != "" && (q.Where != nil || q.Page != ""):
		return badQuery("page, section and where cannot be combined")
	}
	if err := q.checkSubject(); err != nil {
		return err
	}
	if q.Sort != 0 && !q.By.time() && !slices.Contains(q.rowRule().Measures, q.Sort) {
		return badQuery("rows by " + q.By.String() + " are sorted by what they show: " + measureList(q.rowRule().Measures))
	}
	return nil
}

// A Subject is what a question is about.
type Subject uint8

// The subjects.
const (
	OfSite Subject = iota
	OfPage
	OfSection
	OfValue // of a dimension: Where
)

// Of says why rows by the dimension are not answered of a subject, in the
// operator's words; "" where they are. It is the table of all combinations.
func (d Dim) Of(s Subject) string {
	timed := d == NoDim || d == ByDay || d == ByWeek || d == ByMonth
	switch {
	case d >= byEnd:
		return "there is no such dimension"
	case s == OfSite, s == OfPage && (timed || dims[d].ofPage), s == OfSection && (timed || dims[d].ofPage || d == ByFeature),
		s == OfValue && (d == ByPage || d == BySection):
		return ""
	case s == OfPage && d == ByFeature:
		return "feature is not counted page by page; ask for its section"
	case s == OfPage:
		return d.String() + " is counted apart and cannot be combined with page"
	case s == OfSection:
		return d.String() + " is counted apart and cannot be combined with section"
	}
	return "with where, by is page or section"
}

func (q *Query) checkSubject() error {
	subject := OfSite
	switch {
	case q.Page != "":
		subject = OfPage
		if _, err := hit.ParsePath(q.Page); err != nil {
			return badQuery("page is a path: it begins with / and has no query")
		}
	case q.Section != "":
		subject = OfSection
		if q.Section == hit.Other {
			return badQuery("(other) is what has no section of its own, and cannot be asked for")
		}
		if q.Section[0] != '/' || len(q.Section) > hit.MaxPath {
			return badQuery("section is a declared template or the first segment of paths: it begins with /")
		}
	case q.Where != nil:
		subject = OfValue
	}
	if why := q.By.Of(subject); why != "" {
		return badQuery(why)
	}
	if q.Where != nil {
		return q.checkWhere()
	}
	return nil
}

func (q *Query) checkWhere() error {
	w := q.Where
	switch {
	case w.Dim >= byEnd || !dims[w.Dim].ofPage && w.Dim != ByFeature:
		return badQuery("where takes referrer, browser, system, device, country or feature")
	case w.Dim == ByFeature && q.By == ByPage:
		return badQuery("feature is not counted page by page; with where=feature, by is section")
	case w.Value == "" || len(w.Value) > hit.MaxPath:
		return badQuery("where has no value")
	case w.Value == hit.Other:
		return badQuery("(other) is what has no value of its own, and cannot be asked for")
	}
	return w.check()
}

// check refuses a value that a closed list does not have. Hosts, browsers and
// features are no closed lists: one that was never seen has no numbers.
func (w *Where) check() error {
	if w.Value == hit.Unknown {
		return nil
	}
	switch w.Dim {
	case BySystem, ByDevice:
		values := w.Dim.keep(&SiteConfig{})
		if !slices.Contains(values, w.Value) {
			return badQuery(w.Dim.String() + " is one of " + strings.Join(values, ", ") + " or " + hit.Unknown)
		}
	case ByCountry:
		if _, err := hit.ParseCountry(w.Value); err != nil {
			return badQuery("country is a code of two capital letters (ISO 3166), or " + hit.Unknown)
		}
	}
	return nil
}
