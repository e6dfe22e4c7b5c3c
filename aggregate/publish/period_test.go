package publish

import (
	"slices"
	"testing"
	"time"

	"footfall/aggregate/hit"

	"pgregory.net/rapid"
)

func day(t testing.TB, s string) hit.Day {
	t.Helper()
	d, err := hit.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestPeriods(t *testing.T) {
	for _, c := range []struct {
		name                  string
		from, to, today, kept string
		alone                 []string
		want                  []string
	}{
		{"one day", "2026-11-20", "2026-11-20", "2026-11-23", "2026-01-01", nil, []string{"day 2026-11-20"}},
		{"month to date of the contract", "2026-11-01", "2026-11-23", "2026-11-23", "2025-01-01", nil,
			[]string{"day 2026-11-01", "week 2026-W45", "week 2026-W46", "week 2026-W47", "day 2026-11-23"}},
		{"month", "2026-10-01", "2026-10-31", "2026-11-23", "2025-01-01", nil, []string{"month 2026-10"}},
		{"year", "2025-01-01", "2025-12-31", "2026-11-23", "2025-01-01", nil, []string{"year 2025-01-01/2025-12-31"}},
		{"year whose first day is gone", "2025-01-01", "2025-12-31", "2026-11-23", "2025-11-01", nil,
			[]string{"month 2025-11", "month 2025-12"}},
		{"thirteen weeks", "2026-08-03", "2026-11-01", "2026-11-23", "2025-01-01", nil,
			[]string{"thirteen_weeks 2026-08-03/2026-11-01"}},
		{"five weeks: the longer first", "2026-09-28", "2026-11-01", "2026-11-23", "2025-01-01", nil,
			[]string{"four_weeks 2026-09-28/2026-10-25", "week 2026-W44"}},
		{"a February of four weeks is a month", "2027-02-01", "2027-02-28", "2027-03-05", "2026-03-01", nil,
			[]string{"month 2027-02"}},
		{"week with the running Sunday", "2026-11-16", "2026-11-22", "2026-11-22", "2025-01-01", nil,
			[]string{"day 2026-11-16", "day 2026-11-17", "day 2026-11-18", "day 2026-11-19", "day 2026-11-20",
				"day 2026-11-21", "day 2026-11-22"}},
		{"damaged day in a month", "2026-10-01", "2026-10-31", "2026-11-23", "2025-01-01", []string{"2026-10-07"},
			[]string{"day 2026-10-01", "day 2026-10-02", "day 2026-10-03", "day 2026-10-04", "day 2026-10-05",
				"day 2026-10-06", "day 2026-10-07", "day 2026-10-08", "day 2026-10-09", "day 2026-10-10",
				"day 2026-10-11", "week 2026-W42", "week 2026-W43",
				"day 2026-10-26", "day 2026-10-27", "day 2026-10-28", "day 2026-10-29", "day 2026-10-30", "day 2026-10-31"}},
		{"days to come", "2026-11-22", "2026-12-31", "2026-11-23", "2025-01-01", nil,
			[]string{"day 2026-11-22", "day 2026-11-23"}},
		{"only days to come", "2026-12-01", "2026-12-31", "2026-11-23", "2025-01-01", nil, nil},
		{"only days gone", "2024-12-01", "2024-12-31", "2026-11-23", "2025-01-01", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var alone []hit.Day
			for _, s := range c.alone {
				alone = append(alone, day(t, s))
			}
			var got []string
			for _, p := range Periods(day(t, c.from), day(t, c.to), day(t, c.today), day(t, c.kept), alone...) {
				got = append(got, p.Kind.String()+" "+p.Value())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// published lists every published period that may answer, straight from
// DESIGN.md section 6.
func published(from, to, today, kept hit.Day, alone []hit.Day) []Period {
	var out []Period
	for d := from; d <= to; d++ {
		at := time.Unix(int64(d)*86400, 0).UTC()
		add := func(kind Kind, next time.Time) {
			p := Period{kind, d, hit.Day(next.Unix()/86400) - 1}
			if p.From < kept || p.To > to || p.To > today {
				return
			}
			if kind != Day {
				for x := p.From; x <= p.To; x++ {
					if x == today || slices.Contains(alone, x) {
						return
					}
				}
			}
			out = append(out, p)
		}
		if at.Day() == 1 && at.Month() == time.January {
			add(Year, at.AddDate(1, 0, 0))
		}
		if at.Weekday() == time.Monday {
			add(ThirteenWeeks, at.AddDate(0, 0, 13*7))
		}
		if at.Day() == 1 {
			add(Month, at.AddDate(0, 1, 0))
		}
		if at.Weekday() == time.Monday {
			add(FourWeeks, at.AddDate(0, 0, 4*7))
			add(Week, at.AddDate(0, 0, 7))
		}
		add(Day, at.AddDate(0, 0, 1))
	}
	return out
}

// cut tries every cut of the days from d on, and keeps the best.
func cut(d, to hit.Day, all []Period, memo map[hit.Day][]Period) []Period {
	if d > to {
		return nil
	}
	if best, ok := memo[d]; ok {
		return best
	}
	var best []Period
	for _, p := range all {
		if p.From != d {
			continue
		}
		try := append([]Period{p}, cut(p.To+1, to, all, memo)...)
		if best == nil || len(try) < len(best) || len(try) == len(best) && longer(try, best) {
			best = try
		}
	}
	memo[d] = best
	return best
}

func longer(a, b []Period) bool {
	for i := range a {
		if a[i].Days() != b[i].Days() {
			return a[i].Days() > b[i].Days()
		}
	}
	return false
}

func TestPeriodsAreTheFewest(t *testing.T) {
	base := day(t, "2024-11-01")
	rapid.Check(t, func(t *rapid.T) {
		today := base + hit.Day(rapid.IntRange(0, 800).Draw(t, "today"))
		kept := base + hit.Day(rapid.IntRange(-40, 100).Draw(t, "kept"))
		from := base + hit.Day(rapid.IntRange(-60, 800).Draw(t, "from"))
		to := from + hit.Day(rapid.IntRange(0, 420).Draw(t, "length"))
		var alone []hit.Day
		for range rapid.IntRange(0, 3).Draw(t, "alone") {
			alone = append(alone, from+hit.Day(rapid.IntRange(0, 420).Draw(t, "at")))
		}
		got := Periods(from, to, today, kept, alone...)
		first, last := max(from, kept), min(to, today)
		want := cut(first, last, published(first, last, today, kept, alone), map[hit.Day][]Period{})
		if !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestEach(t *testing.T) {
	from, to, today, kept := day(t, "2026-09-15"), day(t, "2026-11-30"), day(t, "2026-11-22"), day(t, "2026-10-01")
	for _, c := range []struct {
		kind        Kind
		n           int
		first, last string
	}{
		{Day, 53, "2026-10-01", "2026-11-22"},
		{Week, 6, "2026-W41", "2026-W46"}, // W47 ends with the running day
		{Month, 1, "2026-10", "2026-10"},
		{FourWeeks, 3, "2026-10-05/2026-11-01", "2026-10-19/2026-11-15"},
	} {
		got := Each(c.kind, from, to, today, kept)
		if len(got) != c.n || got[0].Value() != c.first || got[len(got)-1].Value() != c.last {
			t.Errorf("%v: got %v, want %d, %s to %s", c.kind, got, c.n, c.first, c.last)
		}
	}
}

func TestClosed(t *testing.T) {
	today, kept := day(t, "2026-11-22"), day(t, "2025-11-01")
	for _, c := range []struct {
		from, to string
		want     string
	}{
		{"2026-11-21", "2026-11-21", "day"}, {"2026-11-22", "2026-11-22", ""}, {"2026-11-16", "2026-11-22", ""},
		{"2026-11-09", "2026-11-15", "week"}, {"2026-10-19", "2026-11-15", "four_weeks"},
		{"2026-08-17", "2026-11-15", "thirteen_weeks"}, {"2026-10-01", "2026-10-31", "month"},
		{"2026-10-01", "2026-10-30", ""}, {"2025-01-01", "2025-12-31", ""}, {"2025-10-31", "2025-10-31", ""},
		{"2026-11-21", "2026-11-20", ""}, {"2026-11-08", "2026-11-14", ""},
	} {
		p, ok := Closed(day(t, c.from), day(t, c.to), today, kept)
		if got := p.Kind.String(); ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s to %s: got %v %v, want %q", c.from, c.to, got, ok, c.want)
		}
	}
}

func BenchmarkPeriods(b *testing.B) {
	from, today := day(b, "2024-11-03"), day(b, "2026-11-23")
	for b.Loop() {
		Periods(from, today, today, from)
	}
}
