package publish

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"footfall/aggregate/hit"
)

// A Report is the answer to one question. It is made by [NewReport] only, and
// every number in it is published.
type Report struct {
	head   Head
	period Kind
	parts  []Period
	bound  int64
	totals Values
	rows   []Row
	other  *Values
	notes  []Note

	comparison string  // previous or year, where there is one
	before     *Report // the same of the earlier days
}

// Head is what a report is about.
type Head struct {
	Site      hit.Host
	From, To  hit.Day        // as asked
	Zone      *time.Location // the site's
	Generated time.Time      // when the data was as told
	By        string         // dimension of the rows, "" for none
	Page      string         // "" for the whole site
	Section   string         // "" for the whole site
	Where     string         // DIM:VALUE, or ""
	Measures  []Measure      // of the rows
}

// NewReport returns a report of a range cut into parts. Other is nil where the
// dimension has no (other).
func NewReport(head Head, parts []Period, totals Values, rows []Row, other *Values, notes []Note) *Report {
	r := &Report{head: head, parts: parts, totals: totals, rows: rows, other: other, notes: notes}
	if len(parts) == 1 && parts[0].From == head.From && parts[0].To == head.To {
		r.period = parts[0].Kind
	}
	r.bound = totals.bound()
	return r
}

// Head returns what the report is about.
func (r *Report) Head() Head { return r.head }

// Period returns the published period that the range is, or Composed.
func (r *Report) Period() Kind { return r.period }

// Parts returns the published periods that the range is a sum of, by time.
func (r *Report) Parts() []Period { return r.parts }

// Bound returns how far any of the total counts shown may be from the exact
// one: five for each part in which it is shown, nine for each in which it is
// withheld. Where none is shown it is how much they may be. Parts that cannot
// be read add nothing; it is 0 where none can.
func (r *Report) Bound() int64 { return r.bound }

// Totals returns the totals: of the page where one was asked for, of the value
// where one was, else of the site.
func (r *Report) Totals() Values { return r.totals }

// Rows returns the rows in order.
func (r *Report) Rows() []Row { return r.rows }

// Other returns what stands in no row; ok is false where the dimension has no (other).
func (r *Report) Other() (v Values, ok bool) {
	if r.other == nil {
		return Values{}, false
	}
	return *r.other, true
}

// Notes returns what a reader must know.
func (r *Report) Notes() []Note { return r.notes }

// At returns the report as generated at another time, which its numbers do not
// depend on.
func (r *Report) At(generated time.Time) *Report {
	out := *r
	out.head.Generated = generated
	return &out
}

// Compared returns the report beside that of earlier days, which holds the same
// rows in the same order (rows of time: its own). Notes about the earlier days
// follow those of the report.
func (r *Report) Compared(name string, before *Report) *Report {
	out := *r
	out.comparison, out.before = name, before
	said := map[string]bool{}
	for _, n := range r.notes {
		said[n.String()] = true
	}
	out.notes = slices.Clone(r.notes)
	for _, n := range before.notes {
		if !said[n.String()] {
			out.notes = append(out.notes, n)
		}
	}
	return &out
}

// Before returns the report of the days that this one is compared with, and the
// comparison's name; nil where there is none.
func (r *Report) Before() (before *Report, name string) { return r.before, r.comparison }

// comparison is what JSON has of earlier days.
type comparison struct {
	Kind   string  `json:"kind"`
	From   string  `json:"from"`
	To     string  `json:"to"`
	Period string  `json:"period"`
	Bound  int64   `json:"bound"`
	Totals Values  `json:"totals"`
	Rows   []Row   `json:"rows"`
	Other  *Values `json:"other"`
}

func (r *Report) compare() *comparison {
	b := r.before
	if b == nil {
		return nil
	}
	rows := b.rows
	if rows == nil {
		rows = []Row{}
	}
	return &comparison{r.comparison, b.head.From.String(), b.head.To.String(), b.period.String(), b.bound, b.totals, rows, b.other}
}

// MarshalJSON returns the report as DESIGN.md section 8 draws it. Angle
// brackets and ampersands stand as they are.
func (r *Report) MarshalJSON() ([]byte, error) {
	notes := make([]string, len(r.notes))
	for i, n := range r.notes {
		notes[i] = n.String()
	}
	rows := r.rows
	if rows == nil {
		rows = []Row{}
	}
	orNull := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	return encode(struct {
		Site        string   `json:"site"`
		From        string   `json:"from"`
		To          string   `json:"to"`
		Zone        string   `json:"zone"`
		Publication string   `json:"publication"`
		Period      string   `json:"period"`
		Bound       int64    `json:"bound"`
		Generated   string   `json:"generated"`
		By          *string  `json:"by"`
		Page        *string  `json:"page"`
		Where       *string  `json:"where"`
		Totals      Values   `json:"totals"`
		Rows        []Row    `json:"rows"`
		Other       *Values  `json:"other"`
		Notes       []string `json:"notes"`

		Section string      `json:"section,omitempty"`
		Compare *comparison `json:"compare,omitempty"`
	}{
		r.head.Site.String(), r.head.From.String(), r.head.To.String(), r.zone(), "rounded",
		r.period.String(), r.bound, r.generated(), orNull(r.head.By), orNull(r.head.Page), orNull(r.head.Where),
		r.totals, rows, r.other, notes, r.head.Section, r.compare(),
	})
}

func (r *Report) zone() string { return r.head.Zone.String() }

func (r *Report) generated() string { return r.head.Generated.In(r.head.Zone).Format(time.RFC3339) }

// encode returns v as JSON on one line.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// quote returns s as a JSON string.
func quote(s string) []byte {
	b, err := encode(s)
	if err != nil {
		return []byte(`""`) // a string cannot fail
	}
	return b
}
