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
			`[{"value":"/a","views":500,"visitors":10}]`, `{"views":500,"visitors":null}`},
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
			`[{"value":"/b","views":500,"visitors":80}]`, `{"views":500,"visitors":80}`},
		{"requests are counted once", Rule{[]Measure{Hits}, Hits}, nil, []rows{{"/a": {10}}}, 8, 0,
			`[{"value":"/a","hits":10}]`, `{"hits":null}`},
		{"parts: a row is there if one shows it, the rest of it is in (other)", pageRule, nil,
			[]rows{{"/a": {14, 12}}, {"/a": {30, 9}}, {"/a": {26, 14}}}, 1, 0,
			`[{"value":"/a","views":40,"visitors":20}]`, `{"views":30,"visitors":null}`},
		{"order: first measure, then bytes; the limit cuts behind", pageRule, nil,
			[]rows{{"/b": {52, 20}, "/a": {48, 20}, "/é": {50, 20}, "/z": {70, 20}}}, 1, 3,
			`[{"value":"/z","views":70,"visitors":20},{"value":"/a","views":50,"visitors":20},{"value":"/b","views":50,"visitors":20}]`,
			`{"views":null,"visitors":null}`},
		{"visitors are never more than views", pageRule, nil, []rows{{"/a": {12, 40}, "/b": {9, 40}}}, 1, 0,
			`[{"value":"/a","views":10,"visitors":10},{"value":"/b","views":null,"visitors":null}]`, `{"views":null,"visitors":null}`},
		{"no period", pageRule, []string{"/a"}, nil, 1, 0, `[{"value":"/a","views":null,"visitors":null}]`, `{"views":null,"visitors":null}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := filler{NewBreakdown(c.rule, c.keep)}
			for _, p := range c.periods {
				f.period(c.least, 0, p)
			}
			if got := asJSON(t, f.b.Rows(c.limit)); got != c.rows {
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
	row := f.b.Rows(0)[0]
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
		f.b.Rows(limit)
		if got := asJSON(t, f.b.Other()); got != want {
			t.Fatalf("limit %d: got %s, want %s", limit, got, want)
		}
	}
}
