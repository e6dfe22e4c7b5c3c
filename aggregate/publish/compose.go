package publish

import "slices"

// A Rule tells what is published of a row and what must stand behind it.
type Rule struct {
	Measures []Measure // in the order of the report
	// Behind is the measure of which ten must stand behind a row, one of
	// Measures. The zero Measure, for the totals of a site, hides no row: then
	// each count is withheld on its own.
	Behind Measure
}

func (r *Rule) behind() int { return slices.Index(r.Measures, r.Behind) }

// need returns what must stand behind a row on a period of the given scale.
func (r *Rule) need(scale uint64) uint64 {
	if !r.Behind.scaled() {
		return smallest
	}
	return smallest * max(1, min(scale, 1<<56))
}

// answers tells whether totals of raw measures n are shown.
func (r *Rule) answers(n []uint64, scale uint64) bool {
	i := r.behind()
	return i < 0 || n[i] >= r.need(scale)
}

// A composer sums published values over the published periods of a range, for
// any number of rows.
type composer struct {
	rule    Rule
	width   int
	views   int // places of measures that depend on one another, or -1
	guests  int
	visits  int
	time    int
	present []int64   // by measure: periods in which it exists
	value   []int64   // by row and measure
	shown   []int64   // by row and measure: periods in which it is shown
	means   []weighed // by row, where there is a mean
}

func newComposer(rule Rule) composer {
	place := func(m Measure) int { return slices.Index(rule.Measures, m) }
	return composer{
		rule: rule, width: len(rule.Measures), present: make([]int64, len(rule.Measures)),
		views: place(Views), guests: place(Visitors), visits: place(Visits), time: place(VisitTime),
	}
}

// weighed is a sum of published seconds, each as often as its published visits.
type weighed struct{ seconds, weight int64 }

// grow makes room for so many rows.
func (c *composer) grow(rows int) {
	if more := rows*c.width - len(c.value); more > 0 {
		c.value = append(c.value, make([]int64, more)...)
		c.shown = append(c.shown, make([]int64, more)...)
	}
	if more := rows - len(c.means); more > 0 && c.time >= 0 {
		c.means = append(c.means, make([]weighed, more)...)
	}
}

// period begins another published period.
func (c *composer) period(absent Measures) {
	for i, m := range c.rule.Measures {
		if !absent.Has(m) {
			c.present[i]++
		}
	}
}

// add publishes the raw numbers of one row in one period and adds them.
func (c *composer) add(row int, n []uint64, absent Measures) {
	at := row * c.width
	views := int64(-1)
	if c.views >= 0 {
		views = NewCount(n[c.views]).value
	}
	for i, m := range c.rule.Measures {
		if absent.Has(m) {
			continue
		}
		if i == c.time {
			c.mean(row, NewMean(n[i], n[c.visits]))
			continue
		}
		v := NewCount(n[i]).value
		if i == c.guests && views >= 0 {
			v = min(v, views)
		}
		if v > 0 {
			c.value[at+i] += v
			c.shown[at+i]++
		}
	}
}

// mean adds a period's mean, weighed with its published visits.
func (c *composer) mean(row int, m Mean) {
	c.means[row].seconds += m.seconds * m.weight
	c.means[row].weight += m.weight
}

// values returns a row as composed so far, its counts in the slice given.
func (c *composer) values(row int, counts []Count) Values {
	at := row * c.width
	for i := range counts {
		shown, hidden := c.shown[at+i], hiddenRest*(c.present[i]-c.shown[at+i])
		switch {
		case shown > 0:
			counts[i] = Count{value: c.value[at+i], bound: shownBound*shown + hidden}
		case c.present[i] > 0:
			counts[i] = Count{most: hidden}
		default:
			counts[i] = Count{unknown: true}
		}
	}
	v := Values{measures: c.rule.Measures, counts: counts}
	if c.time >= 0 {
		if m := c.means[row]; m.weight > 0 {
			v.mean = Mean{roundFive(float64(m.seconds) / float64(m.weight)), m.weight}
		}
	}
	return v
}

// Totals composes the totals of a range, or the values of one row, from the
// published periods it is cut into.
type Totals struct{ c composer }

// NewTotals returns totals of no period.
func NewTotals(rule Rule) *Totals {
	t := &Totals{newComposer(rule)}
	t.c.grow(1)
	return t
}

// Add publishes one period: n holds the raw measures in the order of the rule
// (of VisitTime the sum of seconds), scale is how often the period may have
// counted one visitor, and absent is what was not measured on some day of it.
func (t *Totals) Add(n []uint64, scale uint64, absent Measures) {
	t.c.period(absent)
	if t.c.rule.answers(n, scale) {
		t.c.add(0, n, absent)
	}
}

// Values returns the published values.
func (t *Totals) Values() Values { return t.c.values(0, make([]Count, t.c.width)) }
