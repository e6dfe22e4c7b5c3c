package aggregate

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/publish"

	"pgregory.net/rapid"
)

func TestCompareDays(t *testing.T) {
	for _, c := range []struct{ name, from, to, previous, year string }{
		{"a day, the weekday before", "2026-11-24", "2026-11-24", "2026-11-17 2026-11-17", "2025-11-25 2025-11-25"},
		{"an ISO week", "2026-11-16", "2026-11-22", "2026-11-09 2026-11-15", "2025-11-17 2025-11-23"},
		{"seven days", "2026-11-18", "2026-11-24", "2026-11-11 2026-11-17", "2025-11-19 2025-11-25"},
		{"eight days", "2026-11-17", "2026-11-24", "2026-11-03 2026-11-10", "2025-11-18 2025-11-25"},
		{"four weeks", "2026-10-26", "2026-11-22", "2026-09-28 2026-10-25", "2025-10-27 2025-11-23"},
		{"a month", "2026-03-01", "2026-03-31", "2026-02-01 2026-02-28", "2025-03-01 2025-03-31"},
		{"february of a leap year", "2028-02-01", "2028-02-29", "2028-01-01 2028-01-31", "2027-02-01 2027-02-28"},
		{"a quarter", "2026-01-01", "2026-03-31", "2025-10-01 2025-12-31", "2025-01-01 2025-03-31"},
		{"a year", "2026-01-01", "2026-12-31", "2025-01-01 2025-12-31", "2025-01-01 2025-12-31"},
		{"a month so far", "2026-11-01", "2026-11-24", "2026-10-04 2026-10-27", "2025-11-02 2025-11-25"},
	} {
		from, to := modelDay(t, c.from), modelDay(t, c.to)
		for by, want := range map[Compare]string{Previous: c.previous, YearBefore: c.year} {
			f, l := by.Days(from, to)
			if got := f.String() + " " + l.String(); got != want {
				t.Errorf("%s, %s: got %s, want %s", c.name, by, got, want)
			}
			if l >= from {
				t.Errorf("%s, %s: the days overlap", c.name, by)
			}
		}
	}
}

// A comparison is of the same kind of published period, and on the same weekdays
// unless it is one of calendar months.
func TestCompareKeepsTheKind(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		from := modelDay(t, "2020-01-01") + hit.Day(rapid.IntRange(0, 3000).Draw(rt, "from"))
		if rapid.Bool().Draw(rt, "month") { // a day in ten is none that a longer period begins on
			from = from.Month().First()
		}
		p := rapid.SampledFrom(refKinds(from)).Draw(rt, "period")
		for _, by := range []Compare{Previous, YearBefore} {
			f, l := by.Days(p.from, p.to)
			kind, ok := publish.Closed(f, l, l+1, f)
			own, _ := publish.Closed(p.from, p.to, p.to+1, p.from) // february may be four weeks
			if !ok || kind.Kind != own.Kind && kind.Days() != own.Days() {
				rt.Fatalf("%v by %s: %s to %s is %v", own, by, f, l, kind)
			}
			calendar := own.Kind == publish.Month || own.Kind == publish.Year
			if !calendar && (f.Weekday() != p.from.Weekday() || l-f != p.to-p.from) {
				rt.Fatalf("%v by %s: %s to %s", p, by, f, l)
			}
		}
	})
}

// What a comparison says is what the earlier days themselves answer.
func TestComparedAnswersAreThoseOfTheDays(t *testing.T) {
	compared := 0
	rapid.Check(t, func(rt *rapid.T) {
		m := drawSite(t, rt)
		src := newMemorySource(t, m)
		src.rollUp()
		now := time.Unix(int64(m.today)*86400+43200, 0)
		q := drawQuery(rt, m)
		q.Compare = rapid.SampledFrom([]Compare{Previous, Previous, Previous, YearBefore}).Draw(rt, "compare")
		if length := int(m.today - m.first); length > 1 && q.By != ByHour && q.By != ByWeekdayHour {
			q.To = m.today - 1 - hit.Day(rapid.IntRange(0, length/4).Draw(rt, "to"))
			q.From = q.To - hit.Day(rapid.IntRange(0, length/4).Draw(rt, "days"))
		}
		r, err := report(src, now, q)
		earlier := *q
		earlier.From, earlier.To = q.Compare.Days(q.From, q.To)
		earlier.Compare, earlier.Limit = NoCompare, MaxLimit
		if err != nil {
			if errors.Is(err, ErrBadQuery) && (q.To >= m.today || earlier.From < m.first || q.By == ByHour || q.By == ByWeekdayHour) {
				return
			}
			rt.Fatal(err)
		}
		compared++
		want, err := report(src, now, &earlier)
		if err != nil {
			rt.Fatal(err)
		}
		got, name := r.Before()
		if name != q.Compare.String() || got.Head().From != earlier.From || got.Head().To != earlier.To || got.Bound() != want.Bound() ||
			!reflect.DeepEqual(got.Totals(), want.Totals()) || !reflect.DeepEqual(got.Parts(), want.Parts()) {
			rt.Fatalf("%+v: got %+v, want %+v", q, got, want)
		}
		a, _ := got.Other()
		b, _ := want.Other()
		if !reflect.DeepEqual(a, b) {
			rt.Fatalf("%+v: (other): got %+v, want %+v", q, a, b)
		}
		if q.By.time() {
			if !reflect.DeepEqual(got.Rows(), want.Rows()) {
				rt.Fatalf("%+v: rows: got %+v, want %+v", q, got.Rows(), want.Rows())
			}
			return
		}
		of := map[string]publish.Values{}
		for _, row := range want.Rows() {
			of[row.Value] = row.Values
		}
		for i, row := range got.Rows() {
			values, shown := of[row.Value]
			if row.Value != r.Rows()[i].Value || shown && !reflect.DeepEqual(row.Values, values) {
				rt.Fatalf("%+v: row %d is %+v, want %+v", q, i, row, values)
			}
			for _, m := range row.Values.Measures() {
				if c, _ := row.Values.Count(m); !shown && c.Bound() > 0 {
					rt.Fatalf("%+v: %s is shown, and not in the answer of its days", q, row.Value)
				}
			}
		}
	})
	if compared < 20 {
		t.Errorf("only %d questions were compared", compared)
	}
}

func TestCompareOutputs(t *testing.T) {
	m, now := reportSite(t)
	from := modelDay(t, "2026-10-01")
	m.addDays(from-31, from+30, func(b *modelBlock) {
		n := uint64(100)
		if b.day < from {
			n = 50
		}
		b.row(block.Site, "", n, n, n, 0, n*60)
		b.row(block.Pages, "/a", n/2, n/2, 0, 0, 0, 0, 0)
		b.row(block.Pages, "=b", n/2, n/2, 0, 0, 0, 0, 0)
		if b.day >= from {
			b.row(block.Pages, "/new", 20, 20, 0, 0, 0, 0, 0)
		}
	})
	src := newMemorySource(t, m)
	q := Query{Site: m.config.Host, From: from, To: from + 30, By: ByPage, Compare: Previous}
	answer := ask(t, src, now, q)
	is(t, answer, "compare", `{"bound":5,"from":"2026-09-01","kind":"previous","other":{"views":null,"visitors":null},"period":"month",`+
		`"rows":[{"value":"/a","views":750,"visitors":750},{"value":"=b","views":750,"visitors":750},{"value":"/new","views":null,"visitors":null}],`+
		`"to":"2026-09-30","totals":{"bounces":null,"views":1500,"visit_time":60,"visitors":1500,"visits":1500}}`)
	output := func(q Query) (text, table string) {
		r, err := report(src, now, &q)
		if err != nil {
			t.Fatal(err)
		}
		var a, b bytes.Buffer
		if err := errors.Join(r.WriteText(&a), r.WriteCSV(&b)); err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(&b).ReadAll() // refuses lines of different lengths
		if err != nil {
			t.Fatal(err)
		}
		return a.String(), fmt.Sprint(records)
	}
	text, table := output(q)
	for _, want := range []string{"in brackets 2026-09-01 to 2026-09-30, period month", "1550 (750)", "620 (<10)", "3100 (1500)"} {
		if !strings.Contains(text, want) {
			t.Errorf("text: no %q in\n%s", want, text)
		}
	}
	if want := "[[value views visitors compare_views compare_visitors] [/a 1550 1550 750 750] ['=b 1550 1550 750 750] [/new 620 620  ] [(other)    ]]"; table != want {
		t.Errorf("csv:\ngot  %s\nwant %s", table, want)
	}
	q.By = ByWeek
	_, table = output(q)
	if want := "[[value views visitors visits bounces visit_time compare_value compare_views compare_visitors compare_visits compare_bounces compare_visit_time] " +
		"[2026-W41 700 700 700  60 2026-W37 350 350 350  60]"; !strings.HasPrefix(table, want) {
		t.Errorf("csv:\ngot  %s\nwant %s...", table, want)
	}
	q.By = NoDim
	if _, table = output(q); !strings.Contains(table, "2026-09-01/2026-09-30") {
		t.Errorf("csv of totals: got %s", table)
	}
	for to, want := range map[string]string{"2026-11-23": "the last one must lie before 2026-11-23", "2025-10-31": "nothing before 2025-10-01 is kept"} {
		q.To = modelDay(t, to)
		q.From = q.To.Month().First()
		if _, err := report(src, now, &q); !errors.Is(err, ErrBadQuery) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", to, err, want)
		}
	}
}

// Sort and limit choose rows and their order, and change no number.
func TestSortAndLimitChangeNoNumber(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := drawSite(t, rt)
		src := newMemorySource(t, m)
		now := time.Unix(int64(m.today)*86400+43200, 0)
		q := drawQuery(rt, m)
		q.Limit = MaxLimit
		all, err := report(src, now, q)
		if err != nil {
			return // hours of no period
		}
		some := *q
		some.Limit = rapid.IntRange(1, 5).Draw(rt, "limit")
		if rule := q.rowRule(); len(rule.Measures) > 0 && !q.By.time() {
			some.Sort = rapid.SampledFrom(rule.Measures).Draw(rt, "sort")
		}
		r, err := report(src, now, &some)
		if err != nil {
			rt.Fatal(err)
		}
		a, _ := all.Other()
		b, _ := r.Other()
		if !reflect.DeepEqual(a, b) || !reflect.DeepEqual(all.Totals(), r.Totals()) || all.Bound() != r.Bound() {
			rt.Fatalf("%+v: totals or (other) differ", some)
		}
		of := map[string]publish.Values{}
		for _, row := range all.Rows() {
			of[row.Value] = row.Values
		}
		least := int64(-1)
		for _, row := range r.Rows() {
			if !reflect.DeepEqual(of[row.Value], row.Values) {
				rt.Fatalf("%+v: %s differs", some, row.Value)
			}
			delete(of, row.Value)
			if some.Sort != 0 {
				n := number(row.Values, some.Sort)
				if least >= 0 && n > least {
					rt.Fatalf("%+v: not in order: %+v", some, r.Rows())
				}
				least = n
			}
		}
		if q.By.time() {
			return
		}
		if len(r.Rows()) != min(some.Limit, len(all.Rows())) {
			rt.Fatalf("%+v: %d rows of %d", some, len(r.Rows()), len(all.Rows()))
		}
		for value, values := range of {
			if some.Sort != 0 && number(values, some.Sort) > least {
				rt.Fatalf("%+v: %s is left out", some, value)
			}
		}
	})
}
