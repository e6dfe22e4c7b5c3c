package publish

import (
	"encoding/json"
	"testing"

	"footfall/aggregate/hit"
)

var pageRule = Rule{Measures: []Measure{Views, Visitors}, Behind: Visitors}

// fill adds periods of rows given by value.
type filler struct {
	b *Breakdown
}

func (f filler) period(least uint64, absent Measures, rows map[string][]uint64) {
	width := len(f.b.c.rule.Measures)
	for value := range rows {
		f.b.Index(value)
	}
	n := make([]uint64, f.b.Len()*width)
	for value, v := range rows {
		copy(n[f.b.Index(value)*width:], v)
	}
	f.b.Add(&Raw{N: n, Least: least, Absent: absent})
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestBreakdown(t *testing.T) {
	type rows = map[string][]uint64
	for _, c := range []struct {
		name        string
		rule        Rule
		keep        []string
		periods     []rows
		least       uint64
		limit       int
		rows, other string
	}{
		{"ten visitors, not ten views", pageRule, nil, []rows{{"/a": {500, 10}, "/b": {500, 9}}}, 1, 0,
			`[{"value":"/a","views":500,"visitors":10}]`, `{"views":null,"visitors":null}`},
		{"a declared row is withheld, in place", pageRule, []string{"/b", "/c"}, []rows{{"/a": {50, 10}, "/b": {500, 9}}}, 1, 0,
			`[{"value":"/a","views":50,"visitors":10},{"value":"/b","views":null,"visitors":null},{"value":"/c","views":null,"visitors":null}]`,
			`{"views":null,"visitors":null}`},
		{"stored (other) is never a row", pageRule, nil, []rows{{"/a": {50, 10}, hit.Other: {60, 50}}}, 1, 0,
			`[{"value":"/a","views":50,"visitors":10}]`, `{"views":60,"visitors":50}`},
		{"(other) sums raw before it rounds", pageRule, nil, []rows{{"/a": {4, 4}, "/b": {4, 4}, "/c": {4, 4}, hit.Other: {3, 3}}}, 1, 0,
			`[]`, `{"views":20,"visitors":20}`},
		{"other special rows are rows", pageRule, nil, []rows{{hit.Folded: {40, 30}, hit.None: {50, 30}, hit.Unknown: {5, 5}}}, 1, 0,
			`[{"value":"(none)","views":50,"visitors":30},{"value":"(folded)","views":40,"visitors":30}]`, `{"views":null,"visitors":null}`},
		{"a restart and sampling ask for more", pageRule, nil, []rows{{"/a": {500, 79}, "/b": {500, 80}}}, 8, 0,
			`[{"value":"/b","views":500,"visitors":80}]`, `{"views":null,"visitors":null}`},
		{"(other) needs as much as its rows", pageRule, nil, []rows{{"/a": {500, 79}, "/b": {500, 1}}}, 8, 0,
			`[]`, `{"views":1000,"visitors":80}`},
		{"requests are counted once", Rule{[]Measure{Hits}, Hits}, nil, []rows{{"/a": {10}}}, 8, 0,
			`[{"value":"/a","hits":10}]`, `{"hits":null}`},
		{"parts: a row is there if one shows it, the rest of it is in (other)", pageRule, nil,
			[]rows{{"/a": {14, 12}}, {"/a": {30, 9}}, {"/a": {26, 14}}}, 1, 0,
			`[{"value":"/a","views":40,"visitors":20}]`, `{"views":null,"visitors":null}`},
		{"(other) is there for the parts that show it", pageRule, nil,
			[]rows{{"/a": {14, 6}, "/b": {14, 6}}, {"/a": {30, 9}}}, 1, 0, `[]`, `{"views":30,"visitors":10}`},
		{"order: first measure, then bytes; the limit cuts behind", pageRule, nil,
			[]rows{{"/b": {52, 20}, "/a": {48, 20}, "/é": {50, 20}, "/z": {70, 20}}}, 1, 3,
			`[{"value":"/z","views":70,"visitors":20},{"value":"/a","views":50,"visitors":20},{"value":"/b","views":50,"visitors":20}]`,
			`{"views":null,"visitors":null}`},
		{"visitors are never more than views", pageRule, nil, []rows{{"/a": {12, 40}, "/b": {9, 40}}}, 1, 0,
			`[{"value":"/a","views":10,"visitors":10},{"value":"/b","views":null,"visitors":null}]`, `{"views":null,"visitors":null}`},
		{"no period: nothing is known", pageRule, []string{"/a"}, nil, 1, 0, `[{"value":"/a","views":null,"visitors":null}]`, `{"views":null,"visitors":null}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := filler{NewBreakdown(c.rule, c.keep)}
			for _, p := range c.periods {
				f.period(c.least, 0, p)
			}
			if got := asJSON(t, f.b.Rows(c.limit, 0)); got != c.rows {
				t.Errorf("rows: got %s, want %s", got, c.rows)
			}
			if got := asJSON(t, f.b.Other()); got != c.other {
				t.Errorf("other: got %s, want %s", got, c.other)
			}
		})
	}
}

func TestBreakdownScaleOfRows(t *testing.T) {
	b := NewBreakdown(pageRule, nil)
	a, c := b.Index("/a"), b.Index("/c")
	b.Add(&Raw{N: []uint64{100, 30, 100, 30}, Least: 2, Scale: []uint64{4, 1}})
	if b.shown[a] || !b.shown[c] {
		t.Errorf("got /a %v, /c %v; want only /c: 30 visitors are 7 where each may count four times", b.shown[a], b.shown[c])
	}
}

func TestBoundOfParts(t *testing.T) {
	f := filler{NewBreakdown(pageRule, nil)}
	for _, n := range []uint64{12, 9, 14} {
		f.period(1, 0, map[string][]uint64{"/a": {n, n}})
	}
	f.period(1, MeasuresOf(Visitors), map[string][]uint64{"/a": {20, 0}})
	row := f.b.Rows(0, 0)[0]
	views, _ := row.Values.Count(Views)
	visitors, _ := row.Values.Count(Visitors)
	if views.Bound() != 2*5+2*9 || visitors.Bound() != 2*5+9 {
		t.Errorf("got views within %d, visitors within %d, want 28 and 19", views.Bound(), visitors.Bound())
	}
}

func TestTotals(t *testing.T) {
	site := Rule{Measures: []Measure{Views, Visitors, Visits, Bounces, VisitTime}}
	for _, c := range []struct {
		name    string
		rule    Rule
		periods [][]uint64
		absent  Measures
		want    string
	}{
		{"one period", site, [][]uint64{{1234, 410, 452, 196, 452 * 117}}, 0,
			`{"views":1230,"visitors":410,"visits":450,"bounces":200,"visit_time":115}`},
		{"each count alone", site, [][]uint64{{100, 9, 20, 3, 900}}, 0,
			`{"views":100,"visitors":null,"visits":20,"bounces":null,"visit_time":null}`},
		{"sum of parts, mean weighed by visits", site, [][]uint64{{100, 50, 60, 10, 6000}, {9, 9, 9, 9, 9}, {300, 200, 180, 15, 1800}}, 0,
			`{"views":400,"visitors":250,"visits":240,"bounces":30,"visit_time":35}`}, // (100x60 + 10x180)/240 = 32.5
		{"absent", site, [][]uint64{{100, 50, 60, 10, 6000}}, MeasuresOf(Bounces, VisitTime),
			`{"views":100,"visitors":50,"visits":60,"bounces":null,"visit_time":null}`},
		{"a page needs visitors", pageRule, [][]uint64{{100, 9}}, 0, `{"views":null,"visitors":null}`},
		{"a page", pageRule, [][]uint64{{100, 10}, {50, 9}}, 0, `{"views":100,"visitors":10}`},
		{"nothing", pageRule, nil, 0, `{"views":null,"visitors":null}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			totals := NewTotals(c.rule)
			for _, n := range c.periods {
				totals.Add(n, 1, c.absent)
			}
			if got := asJSON(t, totals.Values()); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// With one row behind the threshold and all others below, whatever the limit,
// (other) is one value.
func TestOtherIsTheSameForEveryLimit(t *testing.T) {
	f := filler{NewBreakdown(pageRule, nil)}
	rows := map[string][]uint64{}
	for i := range 40 {
		rows["/"+string(rune('a'+i))] = []uint64{uint64(3 * i), uint64(i)}
	}
	f.period(1, 0, rows)
	want := asJSON(t, f.b.Other())
	for limit := range 40 {
		f.b.Rows(limit, 0)
		if got := asJSON(t, f.b.Other()); got != want {
			t.Fatalf("limit %d: got %s, want %s", limit, got, want)
		}
	}
}

var siteRule = Rule{Measures: []Measure{Views, Visitors, Visits, Bounces, VisitTime}}

// What stands behind (other) is at most the whole question's visitors, in whose
// place one visitor of thirty pages would else count thirty times.
func TestOtherOfRowsThatShareVisitors(t *testing.T) {
	section := Rule{Measures: []Measure{Views, Visitors, Visits, Bounces}, Behind: Visitors}
	ofValue := Rule{Measures: []Measure{Views, Visitors, Visits}, Behind: Visitors}
	ofReferrer := Rule{Measures: []Measure{Views, Visits}, Behind: Visits}
	cell := Rule{Measures: []Measure{Visitors}, Behind: Visitors}
	thirty := func(n ...uint64) (all []uint64) {
		for range 30 {
			all = append(all, n...)
		}
		return all
	}
	for _, c := range []struct {
		name      string
		rule, of  Rule
		n, whole  []uint64
		scale     uint64
		otherwise []uint64 // scale of rows
		other     string
	}{
		{"one visitor of thirty pages", pageRule, siteRule, thirty(1, 1), []uint64{30, 1, 1, 0, 0}, 1, nil, `{"views":null,"visitors":null}`},
		{"nine visitors", pageRule, siteRule, thirty(9, 9), []uint64{270, 9, 9, 0, 0}, 1, nil, `{"views":null,"visitors":null}`},
		{"twelve visitors are at most twelve", pageRule, siteRule, thirty(1, 1), []uint64{40, 12, 12, 0, 0}, 1, nil, `{"views":30,"visitors":10}`},
		{"few visitors of a large site", pageRule, siteRule, []uint64{500, 9}, []uint64{900, 400, 450, 0, 0}, 1, nil, `{"views":null,"visitors":null}`},
		{"after a restart", pageRule, siteRule, thirty(1, 1), []uint64{40, 19, 19, 0, 0}, 2, nil, `{"views":null,"visitors":null}`},
		{"a page that is estimated", pageRule, siteRule, thirty(1, 1), []uint64{400, 200, 210, 0, 0}, 1, []uint64{4}, `{"views":null,"visitors":null}`},
		{"visits too", section, siteRule, thirty(2, 1, 2, 1), []uint64{70, 12, 18, 30, 0}, 1, nil,
			`{"views":60,"visitors":10,"visits":20,"bounces":30}`},
		{"of a value", cell, ofValue, thirty(1), []uint64{40, 12, 14}, 1, nil, `{"visitors":10}`},
		{"of a value that is withheld", cell, ofValue, thirty(1), []uint64{40, 9, 14}, 1, nil, `{"visitors":null}`},
		{"of a referrer, whose visitors nobody counts", cell, ofReferrer, thirty(1), []uint64{40, 40}, 1, nil, `{"visitors":null}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := NewBreakdown(c.rule, nil)
			b.Within(c.of, true)
			for i := range len(c.n) / len(c.rule.Measures) {
				b.Index(string(rune('A' + i)))
			}
			b.Add(&Raw{N: c.n, Least: 1, Scale: c.otherwise, Whole: c.whole, WholeScale: c.scale})
			if got := asJSON(t, b.Rows(0, 0)); got != "[]" {
				t.Errorf("rows: got %s", got)
			}
			if got := asJSON(t, b.Other()); got != c.other {
				t.Errorf("other: got %s, want %s", got, c.other)
			}
		})
	}
}

// Where the totals are withheld nothing of a question is shown.
func TestBreakdownOfTotalsThatAreWithheld(t *testing.T) {
	for name, c := range map[string]struct {
		of    Rule
		whole []uint64
		shown bool
	}{
		"page":                  {pageRule, []uint64{100, 19}, false},
		"page at its scale":     {pageRule, []uint64{100, 20}, true},
		"page of a few views":   {pageRule, []uint64{9, 20}, false},
		"site":                  {siteRule, []uint64{100, 9, 30, 0, 0}, false},
		"site of a few views":   {siteRule, []uint64{9, 30, 30, 0, 0}, false},
		"site, each for itself": {siteRule, []uint64{100, 10, 9, 0, 0}, true},
	} {
		b := NewBreakdown(pageRule, []string{"/b"})
		b.Within(c.of, false)
		b.Index("/a")
		b.Index(hit.Other)
		b.Add(&Raw{N: []uint64{50, 50, 50, 50, 50, 50}, Least: 1, Whole: c.whole, WholeScale: 2})
		want := `[{"value":"/a","views":50,"visitors":50},{"value":"/b","views":50,"visitors":50}] {"views":50,"visitors":50}`
		if !c.shown {
			want = `[{"value":"/b","views":null,"visitors":null}] {"views":null,"visitors":null}`
		}
		if got := asJSON(t, b.Rows(0, 0)) + " " + asJSON(t, b.Other()); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// What no period could tell is not under ten.
func TestUnknownIsNotWithheld(t *testing.T) {
	f := filler{NewBreakdown(pageRule, []string{"/listed"})}
	f.period(1, MeasuresOf(Views, Visitors), nil)
	check := func(n Count, text string, known bool) {
		t.Helper()
		if n.String() != text || n.Cell() != "" || n.Known() != known || asJSON(t, n) != "null" || n.Bound() != 0 {
			t.Errorf("got %s %q %v %s within %d, want %s", n, n.Cell(), n.Known(), asJSON(t, n), n.Bound(), text)
		}
	}
	of := func(v Values) Count { n, _ := v.Count(Views); return n }
	check(of(f.b.Rows(0, 0)[0].Values), "–", false)
	check(of(f.b.Other()), "–", false)
	f.period(1, 0, map[string][]uint64{"/listed": {9, 9}})
	check(of(f.b.Rows(0, 0)[0].Values), "<10", true)
	check(of(f.b.Other()), "<10", true)
}
