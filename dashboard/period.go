package dashboard

import (
	"errors"

	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
)

var errPeriod = errors.New("not a period")

// The names of periods as they stand in the URL: those in the first row, and
// those behind a menu. The month is in both, for want of room on a phone.
var (
	firstPeriods = []string{"today", "7d", "4w", "13w", "month"}
	morePeriods  = []string{"yesterday", "week", "lastweek", "month", "lastmonth", "year"}
)

// custom is the period that from and to give.
const custom = "custom"

// A span is the days that a page is about.
type span struct {
	name     string
	from, to hit.Day
}

// spanOf returns the days of a named period. Those that are counted in whole
// days or weeks end before today, so that they are published whole; today,
// week, month and year reach to today.
func spanOf(name string, today hit.Day) (span, error) {
	monday, month := today.Monday(), today.Month()
	year := hit.MonthOf(month.Year(), 1)
	switch name {
	case "today":
		return span{name, today, today}, nil
	case "yesterday":
		return span{name, today - 1, today - 1}, nil
	case "7d":
		return span{name, today - 7, today - 1}, nil
	case "week":
		return span{name, monday, today}, nil
	case "lastweek":
		return span{name, monday - 7, monday - 1}, nil
	case "4w":
		return span{name, monday - 28, monday - 1}, nil
	case "13w":
		return span{name, monday - 91, monday - 1}, nil
	case "month":
		return span{name, month.First(), today}, nil
	case "lastmonth":
		return span{name, (month - 1).First(), (month - 1).Last()}, nil
	case "year":
		return span{name, year.First(), today}, nil
	}
	return span{}, errPeriod
}

// maxCustom is the longest range a page is made of, in days.
const maxCustom = 800

func customSpan(from, to string) (span, error) {
	f, err := hit.ParseDay(from)
	if err != nil {
		return span{}, errPeriod
	}
	t, err := hit.ParseDay(to)
	if err != nil || t < f || t-f >= maxCustom {
		return span{}, errPeriod
	}
	return span{custom, f, t}, nil
}

func (s span) days() int { return int(s.to-s.from) + 1 }

// before returns the span of the same shape that ends before this one begins:
// the month before a whole month, the same weekday for one day, else the same
// number of days. Days that are not over are compared with nothing.
func (s span) before() span {
	m := s.from.Month()
	switch {
	case s.from == m.First() && s.to == m.Last():
		return span{custom, (m - 1).First(), (m - 1).Last()}
	case s.days() == 1:
		return span{custom, s.from - 7, s.to - 7}
	}
	n := hit.Day(s.days())
	return span{custom, s.from - n, s.to - n}
}

// earlier and later return the span one step back and forward.
func (s span) earlier() span {
	if m := s.from.Month(); s.from == m.First() && s.to.Month() == m && (s.to == m.Last() || s.name == "month") {
		return span{custom, (m - 1).First(), (m - 1).Last()}
	}
	if s.name == "week" {
		return span{custom, s.from - 7, s.from - 1}
	}
	if s.name == "year" {
		y := s.from.Month().Year() - 1
		return span{custom, hit.MonthOf(y, 1).First(), hit.MonthOf(y, 12).Last()}
	}
	n := hit.Day(s.days())
	return span{custom, s.from - n, s.to - n}
}

func (s span) later(today hit.Day) (span, bool) {
	if s.to >= today {
		return span{}, false
	}
	if m := s.from.Month(); s.from == m.First() && s.to == m.Last() {
		return span{custom, (m + 1).First(), min((m + 1).Last(), today)}, true
	}
	n := hit.Day(s.days())
	return span{custom, s.from + n, min(s.to+n, today)}, true
}

// label says what the days are: week 47, four whole weeks, November 2026.
func (l *language) label(s span) string {
	m := s.from.Month()
	switch {
	case s.from == s.to:
		return ""
	case s.from == m.First() && s.to == m.Last():
		return l.month(m)
	case s.from == s.from.Monday() && s.days() == 7:
		return replace(l.Week, s.from.Week()[6:])
	case s.from == s.from.Monday() && (s.days() == 28 || s.days() == 91):
		return replace(l.WholeWeeks, l.group(int64(s.days()/7)))
	}
	return ""
}

// grain is what the chart's columns are.
type grain struct {
	by   string // day, week, month or hour
	span span   // its days, which may begin before the page's or end after them
}

// grainOf chooses columns for the page's days: hours for one day that is over,
// days up to about three months, weeks up to about a year, else months. A
// chart of days goes on to today where the page's days end shortly before, and
// one of today alone begins two weeks before it.
func grainOf(s span, today, kept hit.Day) grain {
	n := s.days()
	if _, closed := publish.Closed(s.from, s.to, today, kept); closed && n == 1 {
		return grain{"hour", s}
	}
	switch {
	case n == 1:
		return grain{"day", span{custom, s.from - 13, s.to}}
	case n <= 92:
		if s.to < today && today-s.to <= 7 && n >= 7 {
			return grain{"day", span{custom, s.from, today}}
		}
		return grain{"day", s}
	case n <= 400:
		return grain{"week", s}
	}
	return grain{"month", s}
}
