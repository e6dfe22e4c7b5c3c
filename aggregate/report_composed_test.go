package aggregate

import (
	"testing"
	"time"

	"footfall/aggregate/publish"

	"pgregory.net/rapid"
)

// counted sums up the counts of values by measure, and the seconds of visits
// under VisitTime.
type counted map[publish.Measure]int64

func (c counted) add(v publish.Values) {
	for _, m := range v.Measures() {
		if n, ok := v.Count(m); ok {
			value, _ := n.Value()
			c[m] += value
		}
	}
	if mean, ok := v.VisitTime(); ok {
		if seconds, shown := mean.Seconds(); shown {
			visits, _ := v.Count(publish.Visits)
			value, _ := visits.Value()
			c[publish.VisitTime] += seconds * value
			c[0] += value
		}
	}
}

// same tells whether a composed value is the sum.
func (c counted) same(v publish.Values) bool {
	for _, m := range v.Measures() {
		if n, ok := v.Count(m); ok {
			if value, _ := n.Value(); value != c[m] {
				return false
			}
		}
	}
	mean, _ := v.VisitTime()
	seconds, shown := mean.Seconds()
	return shown == (c[0] > 0) && (!shown || seconds == (2*c[publish.VisitTime]+5*c[0])/(10*c[0])*5)
}

// A range answers nothing that its published periods do not answer one by one:
// what an attacker can learn from ranges he has learned from periods.
func TestComposedAnswersAreSums(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := drawSite(t, rt)
		src := newMemorySource(t, m)
		src.rollUp()
		now := time.Unix(int64(m.today)*86400+43200, 0)
		q := drawQuery(rt, m)
		q.Limit = MaxLimit
		switch q.By {
		case ByHour, ByWeekdayHour, ByDay, ByWeek, ByMonth:
			q.By = NoDim
		}
		whole, err := report(src, now, q)
		if err != nil {
			rt.Fatal(err)
		}
		totals, other, rows := counted{}, counted{}, map[string]counted{}
		for _, p := range whole.Parts() {
			part := *q
			part.From, part.To = p.From, p.To
			r, err := report(src, now, &part)
			if err != nil {
				rt.Fatal(err)
			}
			if r.Period() != p.Kind {
				rt.Fatalf("%v is a part, but is answered as %v", p, r.Period())
			}
			totals.add(r.Totals())
			v, _ := r.Other()
			other.add(v)
			for _, row := range r.Rows() {
				if rows[row.Value] == nil {
					rows[row.Value] = counted{}
				}
				rows[row.Value].add(row.Values)
			}
		}
		if !totals.same(whole.Totals()) {
			rt.Fatalf("%+v: totals %v, sum of parts %v", q, whole.Totals(), totals)
		}
		if v, _ := whole.Other(); !other.same(v) {
			rt.Fatalf("%+v: (other) %v, sum of parts %v", q, v, other)
		}
		if len(whole.Parts()) > 0 && len(rows) != len(whole.Rows()) {
			rt.Fatalf("%+v: %d rows, parts have %d", q, len(whole.Rows()), len(rows))
		}
		for _, row := range whole.Rows() {
			if !rows[row.Value].same(row.Values) {
				rt.Fatalf("%+v: %s %v, sum of parts %v", q, row.Value, row.Values, rows[row.Value])
			}
		}
	})
}
