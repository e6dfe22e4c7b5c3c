package publish

import (
	"time"

	"footfall/aggregate/hit"
)

// Kind is a kind of published period: a value is rounded once for each.
type Kind uint8

// The kinds. A range that is not one published period is Composed of several.
const (
	Composed Kind = iota
	Day
	Week          // an ISO week
	FourWeeks     // four whole ISO weeks, from any Monday
	Month         // a calendar month
	ThirteenWeeks // thirteen whole ISO weeks, from any Monday
	Year          // a calendar year
	kindEnd
)

var kindNames = [kindEnd]string{"composed", "day", "week", "four_weeks", "month", "thirteen_weeks", "year"}

// String returns the kind as it stands in a report.
func (k Kind) String() string {
	if k >= kindEnd {
		return kindNames[Composed]
	}
	return kindNames[k]
}

// A Period is one published period, from its first day to its last.
type Period struct {
	Kind     Kind
	From, To hit.Day
}

// Days returns how many days the period has.
func (p Period) Days() int { return int(p.To-p.From) + 1 }

// Value returns the period as the value of a row: 2026-11-23, 2026-W47 or
// 2026-11; of the other kinds its first and last day.
func (p Period) Value() string {
	switch p.Kind {
	case Day:
		return p.From.String()
	case Week:
		return p.From.Week()
	case Month:
		return p.From.Month().String()
	}
	return p.From.String() + "/" + p.To.String()
}

// Periods cuts the days from through to into the fewest published periods that
// lie wholly inside; of two such cuts the one with the longer period first
// wins, from the start. Days before kept, which retention has deleted, and
// after today, the running day, are in no period. The running day, and each
// of the days named alone (damaged ones), is a period of its own that no
// longer one contains.
func Periods(from, to, today, kept hit.Day, alone ...hit.Day) []Period {
	from, to = max(from, kept), min(to, today)
	if from > to {
		return nil
	}
	longest := candidates(from, to, today, alone)
	// fewest[i] is the number of periods that the days from i on need.
	n := len(longest)
	fewest := make([]int32, n+1)
	for i := n - 1; i >= 0; i-- {
		fewest[i] = 1 + fewest[i+1]
		for _, c := range longest[i] {
			if c.days > 0 {
				fewest[i] = min(fewest[i], 1+fewest[i+int(c.days)])
			}
		}
	}
	out := make([]Period, 0, fewest[0])
	for i := 0; i < n; {
		kind, days := Day, 1
		for _, c := range longest[i] {
			if c.days > 0 && fewest[i] == 1+fewest[i+int(c.days)] {
				kind, days = c.kind, int(c.days)
				break
			}
		}
		first := from + hit.Day(i)
		out = append(out, Period{kind, first, first + hit.Day(days-1)})
		i += days
	}
	return out
}

// Each returns every published period of the kind that lies wholly in the days
// from through to, under the same conditions as [Periods], by time. For
// periods that overlap one another (four and thirteen weeks) it is every one.
func Each(kind Kind, from, to, today, kept hit.Day) []Period {
	from, to = max(from, kept), min(to, today)
	var out []Period
	for d := from; d <= to; d++ {
		if kind == Day {
			out = append(out, Period{Day, d, d})
			continue
		}
		if p, ok := beginning(kind, d); ok && p.To <= to && p.To < today {
			out = append(out, p)
		}
	}
	return out
}

// Closed returns the published period that the days from through to are, if
// they are one, closed and kept whole. Where a month is also four weeks it is
// the month.
func Closed(from, to, today, kept hit.Day) (Period, bool) {
	if from < kept || to >= today || from > to {
		return Period{}, false
	}
	if from == to {
		return Period{Day, from, to}, true
	}
	for kind := kindEnd - 1; kind > Day; kind-- {
		if p, ok := beginning(kind, from); ok && p.To == to {
			return p, true
		}
	}
	return Period{}, false
}

// beginning returns the period of the kind that begins on the day.
func beginning(kind Kind, d hit.Day) (Period, bool) {
	monday := d == d.Monday()
	switch kind {
	case Day:
		return Period{Day, d, d}, true
	case Week:
		return Period{Week, d, d + 6}, monday
	case FourWeeks:
		return Period{FourWeeks, d, d + 27}, monday
	case ThirteenWeeks:
		return Period{ThirteenWeeks, d, d + 90}, monday
	case Month:
		m := d.Month()
		return Period{Month, d, m.Last()}, d == m.First()
	case Year:
		y := d.Month().Year()
		return Period{Year, d, yearEnd(y)}, d == hit.DayOf(y, time.January, 1)
	}
	return Period{}, false
}

// A candidate is a period longer than a day that begins on some day; one of no
// days is none.
type candidate struct {
	kind Kind
	days int16
}

// candidates lists for each day the periods that begin there and end within
// the range and before a day that must stand alone, longest first: year,
// thirteen weeks, month, four weeks, week.
func candidates(from, to, today hit.Day, alone []hit.Day) [][5]candidate {
	n := int(to-from) + 1
	out := make([][5]candidate, n)
	free := make([]int32, n+1) // how many days from i on need not stand alone
	stand := func(d hit.Day) {
		if d >= from && d <= to {
			free[d-from] = -1
		}
	}
	stand(today)
	for _, d := range alone {
		stand(d)
	}
	for i := n - 1; i >= 0; i-- {
		if free[i]++; free[i] > 0 {
			free[i] += free[i+1]
		}
		if (int(from)+i+3)%7 != 0 { // day 0 was a Thursday
			continue
		}
		out[i][1] = candidate{ThirteenWeeks, fits(91, free[i])}
		out[i][3] = candidate{FourWeeks, fits(28, free[i])}
		out[i][4] = candidate{Week, fits(7, free[i])}
	}
	for m := from.Month(); m.First() <= to; m++ {
		i := int(m.First() - from)
		if i < 0 {
			continue
		}
		out[i][2] = candidate{Month, fits(int(m.Last()-m.First())+1, free[i])}
		if y := m.Year(); m == hit.MonthOf(y, time.January) {
			out[i][0] = candidate{Year, fits(int(yearEnd(y)-m.First())+1, free[i])}
		}
	}
	return out
}

// fits returns the days if so many are free, else 0.
func fits(days int, free int32) int16 {
	if int32(days) > free {
		return 0
	}
	return int16(days)
}

func yearEnd(year int) hit.Day { return hit.DayOf(year, time.December, 31) }
