package dashboard

import (
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
)

func day(t *testing.T, s string) hit.Day {
	t.Helper()
	d, err := hit.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSpans(t *testing.T) {
	today := hit.DayOf(2026, time.November, 24) // a Tuesday
	kept := hit.DayOf(2025, time.November, 1)
	for name, tc := range map[string]struct {
		from, to       string
		earlier, later string // first days
		period         publish.Kind
	}{
		"today":     {"2026-11-24", "2026-11-24", "2026-11-23", "", publish.Composed},
		"yesterday": {"2026-11-23", "2026-11-23", "2026-11-22", "2026-11-24", publish.Day},
		"7d":        {"2026-11-17", "2026-11-23", "2026-11-10", "2026-11-24", publish.Composed},
		"week":      {"2026-11-23", "2026-11-24", "2026-11-16", "", publish.Composed},
		"lastweek":  {"2026-11-16", "2026-11-22", "2026-11-09", "2026-11-23", publish.Week},
		"4w":        {"2026-10-26", "2026-11-22", "2026-09-28", "2026-11-23", publish.FourWeeks},
		"13w":       {"2026-08-24", "2026-11-22", "2026-05-25", "2026-11-23", publish.ThirteenWeeks},
		"month":     {"2026-11-01", "2026-11-24", "2026-10-01", "", publish.Composed},
		"lastmonth": {"2026-10-01", "2026-10-31", "2026-09-01", "2026-11-01", publish.Month},
		"year":      {"2026-01-01", "2026-11-24", "2025-01-01", "", publish.Composed},
	} {
		s, err := spanOf(name, today)
		if err != nil {
			t.Fatal(err)
		}
		if s.from != day(t, tc.from) || s.to != day(t, tc.to) {
			t.Errorf("%s: %s to %s, want %s to %s", name, s.from, s.to, tc.from, tc.to)
		}
		if got := s.earlier().from.String(); got != tc.earlier {
			t.Errorf("%s: the step before begins %s, want %s", name, got, tc.earlier)
		}
		got := ""
		if later, ok := s.later(today); ok {
			got = later.from.String()
			if later.to > today {
				t.Errorf("%s: the step after ends %s", name, later.to)
			}
		}
		if got != tc.later {
			t.Errorf("%s: the step after begins %q, want %q", name, got, tc.later)
		}
		kind := publish.Composed
		if p, ok := publish.Closed(s.from, s.to, today, kept); ok {
			kind = p.Kind
		}
		if kind != tc.period {
			t.Errorf("%s is published as %s, want %s", name, kind, tc.period)
		}
	}
}

func TestEveryPeriodHasAName(t *testing.T) {
	for _, name := range append(append([]string{custom}, firstPeriods...), morePeriods...) {
		for _, l := range languages() {
			if l.Periods[name] == "" {
				t.Errorf("%s: no word for %s", l.Lang, name)
			}
		}
		if _, err := spanOf(name, 20_000); err != nil && name != custom {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := spanOf("fortnight", 20_000); err == nil {
		t.Error("an unknown period is taken")
	}
}

func TestCustomSpans(t *testing.T) {
	for name, tc := range map[string]struct {
		from, to string
		ok       bool
	}{
		"days":     {"2026-11-01", "2026-11-20", true},
		"one day":  {"2026-11-01", "2026-11-01", true},
		"order":    {"2026-11-20", "2026-11-01", false},
		"no end":   {"2026-11-20", "", false},
		"no date":  {"2026-02-30", "2026-03-01", false},
		"too long": {"2024-01-01", "2026-11-20", false},
		"far away": {"0001-01-01", "9999-12-31", false},
	} {
		if _, err := customSpan(tc.from, tc.to); (err == nil) != tc.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBefore(t *testing.T) {
	for name, tc := range map[string]struct{ from, to, wantFrom, wantTo string }{
		"month":       {"2026-03-01", "2026-03-31", "2026-02-01", "2026-02-28"},
		"weekday":     {"2026-11-23", "2026-11-23", "2026-11-16", "2026-11-16"},
		"weeks":       {"2026-10-26", "2026-11-22", "2026-09-28", "2026-10-25"},
		"other range": {"2026-11-03", "2026-11-12", "2026-10-24", "2026-11-02"},
	} {
		got := span{custom, day(t, tc.from), day(t, tc.to)}.before()
		if got.from.String() != tc.wantFrom || got.to.String() != tc.wantTo {
			t.Errorf("%s: %s to %s, want %s to %s", name, got.from, got.to, tc.wantFrom, tc.wantTo)
		}
	}
}

func TestGrain(t *testing.T) {
	today := hit.DayOf(2026, time.November, 24)
	kept := hit.DayOf(2025, time.November, 1)
	for name, tc := range map[string]struct{ from, to, by, first, last string }{
		"today":          {"2026-11-24", "2026-11-24", "day", "2026-11-11", "2026-11-24"},
		"yesterday":      {"2026-11-23", "2026-11-23", "hour", "2026-11-23", "2026-11-23"},
		"not kept":       {"2025-10-31", "2025-10-31", "day", "2025-10-18", "2025-10-31"},
		"four weeks":     {"2026-10-26", "2026-11-22", "day", "2026-10-26", "2026-11-24"},
		"months ago":     {"2026-06-01", "2026-06-30", "day", "2026-06-01", "2026-06-30"},
		"thirteen weeks": {"2026-08-24", "2026-11-22", "day", "2026-08-24", "2026-11-24"},
		"year":           {"2026-01-01", "2026-11-24", "week", "2026-01-01", "2026-11-24"},
		"two years":      {"2024-11-25", "2026-11-24", "month", "2024-11-25", "2026-11-24"},
	} {
		g := grainOf(span{custom, day(t, tc.from), day(t, tc.to)}, today, kept)
		if g.by != tc.by || g.span.from.String() != tc.first || g.span.to.String() != tc.last {
			t.Errorf("%s: %s from %s to %s, want %s from %s to %s", name, g.by, g.span.from, g.span.to, tc.by, tc.first, tc.last)
		}
	}
}

func TestISOWeek(t *testing.T) {
	r := &reading{c: &call{l: languages()["en"]}}
	for d := hit.DayOf(2020, 1, 6); d < hit.DayOf(2027, 1, 1); d += 7 {
		if got, want := r.column("week", d.Week()).Tick, r.c.l.tick(d); got != want {
			t.Fatalf("%s begins %s, want %s", d.Week(), got, want)
		}
	}
	for _, s := range []string{"", "2026-W4", "2026-X47", "2026-W4x", "abcd-W01"} {
		if _, _, ok := isoWeek(s); ok {
			t.Errorf("%q is taken for a week", s)
		}
	}
}
