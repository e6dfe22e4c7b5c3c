package aggregate

import (
	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
)

// Compare is what a question's days are compared with.
type Compare uint8

// The comparisons.
const (
	NoCompare  Compare = iota
	Previous           // the days before
	YearBefore         // the same days of the year before
	compareEnd
)

var compareNames = [compareEnd]string{"", "previous", "year"}

// ParseCompare reads a comparison's name; "" is NoCompare.
func ParseCompare(s string) (Compare, error) {
	for c, name := range compareNames {
		if s == name {
			return Compare(c), nil
		}
	}
	return NoCompare, badQuery("compare is previous or year")
}

// String returns the name, "" for NoCompare.
func (c Compare) String() string {
	if c >= compareEnd {
		return ""
	}
	return compareNames[c]
}

// Days returns the days that from through to are compared with. Whole calendar
// months, and so years, are compared with as many whole months, right before or
// a year before. Any other range is compared with as many days on the same
// weekdays: those a whole number of weeks before, the fewest that do not overlap
// it, or 52 weeks before. So a published period is compared with one of its kind.
func (c Compare) Days(from, to hit.Day) (hit.Day, hit.Day) {
	if c == NoCompare {
		return from, to
	}
	first, last := from.Month(), to.Month()
	weeks := from == from.Monday() && to-from == 13*7-1 // which may be a quarter as well
	if from == first.First() && to == last.Last() && !weeks {
		back := hit.Month(12)
		if c == Previous {
			back = last - first + 1
		}
		return (first - back).First(), (last - back).Last()
	}
	back := hit.Day(52 * 7)
	if c == Previous {
		back = (to - from + 7) / 7 * 7
	}
	return from - back, to - back
}

// checkCompare says why the days cannot be compared.
func (q *Query) checkCompare(first, today hit.Day) error {
	if q.Compare == NoCompare {
		return nil
	}
	from, _ := q.Compare.Days(q.From, q.To)
	switch {
	case q.Compare >= compareEnd:
		return badQuery("compare is previous or year")
	case q.To >= today:
		return badQuery("days are compared once all of them are over: the last one must lie before " + today.String())
	case from < first:
		return badQuery("the days to compare with begin on " + from.String() + ", and nothing before " + first.String() + " is kept")
	}
	return nil
}

// compared answers the question about the days that it is compared with: the
// rows that the report shows, in their order; of time, all that there are.
func (a *answer) compared(r *publish.Report) (*publish.Report, error) {
	q := *a.q
	q.Compare = NoCompare
	q.From, q.To = a.q.Compare.Days(a.q.From, a.q.To)
	if !q.By.time() {
		q.only = []string{}
		for _, row := range r.Rows() {
			q.only = append(q.only, row.Value)
		}
	}
	return a.again(&q)
}
