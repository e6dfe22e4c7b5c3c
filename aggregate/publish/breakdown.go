package publish

import (
	"cmp"
	"slices"

	"footfall/aggregate/hit"
)

// A Breakdown composes the rows of one dimension from the published periods of
// a range. Rows are named by the index that Index gives their value.
//
// In each period a row is shown where enough stands behind it. If not, it is
// withheld where its value was declared or belongs to a closed list, and else
// summed, raw, into (other), which is published as one more row: only where as
// much stands behind it as the most demanding row in it needs, and then each
// count is withheld under ten. The row stored as (other) belongs there always.
// So (other) depends on the counters alone, on no limit and no order.
//
// Hours are the one dimension of people's doings that no visitor stands behind:
// they are the views of the whole site, and ten views show an hour (DESIGN.md
// section 6: "ten requests where no visitor is involved").
type Breakdown struct {
	c      composer
	whole  Rule // of the question's totals
	shared bool // one visitor may be counted in several rows
	values []string
	index  map[string]int32
	class  []class // by row
	shown  []bool  // by row: some period shows it
	other  composer
	rest   []uint64 // scratch: the period's raw (other)
}

// Within says what the totals of the question are, of which each period's
// Whole tells. Shared says that one visitor may be counted in several rows, as
// in pages and sections.
func (b *Breakdown) Within(whole Rule, shared bool) { b.whole, b.shared = whole, shared }

// class tells what becomes of a row that is not shown.
type class uint8

const (
	merged class = iota // summed into (other)
	kept                // withheld in its place
	never               // never a row: what is stored as (other)
)

// NewBreakdown returns a breakdown of no period. The values in keep were
// declared by the publisher or belong to a closed list: they have a row always.
func NewBreakdown(rule Rule, keep []string) *Breakdown {
	b := &Breakdown{
		c: newComposer(rule), other: newComposer(rule), index: make(map[string]int32),
		rest: make([]uint64, len(rule.Measures)),
	}
	b.other.grow(1)
	for _, value := range keep {
		if row := b.Index(value); value != hit.Other {
			b.class[row] = kept
		}
	}
	return b
}

// Index returns the row of a value and makes it where it is new.
func (b *Breakdown) Index(value string) int {
	if i, ok := b.index[value]; ok {
		return int(i)
	}
	i := b.Append(value)
	b.index[value] = int32(i)
	return i
}

// Append makes a row for a value that has none, as the caller has made sure, and
// returns it: many rows cost less without a look at a map. Index does not know it.
func (b *Breakdown) Append(value string) int {
	i := len(b.values)
	b.values = append(b.values, value)
	b.shown = append(b.shown, false)
	if value == hit.Other {
		b.class = append(b.class, never)
	} else {
		b.class = append(b.class, merged)
	}
	return i
}

// Len returns how many rows there are, shown or not.
func (b *Breakdown) Len() int { return len(b.values) }

// Raw are the counters of one published period.
type Raw struct {
	// N holds for each row of the breakdown, by index, its measures in the
	// order of the rule. Rows past its end have no counters.
	N []uint64
	// Least is how often the period may have counted one visitor: the largest
	// (1 + restarts) x 2^level of its days.
	Least uint64
	// Scale is the same for each row, by index, where rows have filters of
	// their own; nil where they have not. The larger of the two counts.
	Scale  []uint64
	Absent Measures // what was not measured on some day of the period
	// Whole holds the question's own totals in the order of their rule, and
	// WholeScale how often they may have counted one visitor. They are read only
	// after Within.
	Whole      []uint64
	WholeScale uint64
}

// Add publishes one period.
func (b *Breakdown) Add(p *Raw) {
	rule, width, behind := &b.c.rule, b.c.width, b.c.rule.behind()
	b.c.grow(len(b.values))
	b.c.period(p.Absent)
	b.other.period(p.Absent)
	if !b.answers(p) {
		return
	}
	clear(b.rest)
	need := rule.need(p.Least)
	most := need // what the most demanding row in (other) needs
	for row := range min(len(b.values), len(p.N)/width) {
		n := p.N[row*width:][:width]
		enough := need
		if row < len(p.Scale) && p.Scale[row] > p.Least {
			enough = rule.need(p.Scale[row])
		}
		switch {
		case n[behind] >= enough && b.class[row] != never:
			b.c.add(row, n, p.Absent)
			b.shown[row] = true
		case b.class[row] != kept:
			any := uint64(0)
			for i, v := range n {
				b.rest[i] += v
				any |= v
			}
			if any > 0 {
				most = max(most, enough)
			}
		}
	}
	if b.shared {
		b.capRest(p)
		most = max(most, rule.need(p.WholeScale))
	}
	if b.rest[behind] >= most {
		b.other.add(0, b.rest, p.Absent)
	}
}

// answers tells whether the question's own totals are shown in the period. Of a
// whole site each total stands alone: what counts is the one that rows need.
func (b *Breakdown) answers(p *Raw) bool {
	behind := b.whole.Behind
	if behind == 0 {
		behind = b.c.rule.Behind
		if !slices.Contains(b.whole.Measures, behind) || !behind.scaled() {
			return true
		}
	}
	return b.whole.answers(p.Whole, p.WholeScale) && b.wholeOf(p, behind) >= smallest
}

// capRest keeps (other) from having more visitors or visits than the whole.
func (b *Breakdown) capRest(p *Raw) {
	for i, m := range b.c.rule.Measures {
		if m == Visitors || m == Visits {
			b.rest[i] = min(b.rest[i], b.wholeOf(p, m))
		}
	}
}

// wholeOf returns a raw total as it may be published, never above the views; 0
// where the question has no such total.
func (b *Breakdown) wholeOf(p *Raw, m Measure) uint64 {
	i := slices.Index(b.whole.Measures, m)
	if i < 0 {
		return 0
	}
	n := p.Whole[i]
	if at := slices.Index(b.whole.Measures, Views); at >= 0 && m == Visitors {
		n = min(n, p.Whole[at])
	}
	return n
}

// Rows returns the rows that are there, at most limit (0: all): by a measure
// (0: the first one) descending, then by the measures in their order, then by
// value.
func (b *Breakdown) Rows(limit int, by Measure) []Row {
	first := max(0, slices.Index(b.c.rule.Measures, by))
	before := func(x, y int) int { // by published values only
		at, other := b.c.value[x*b.c.width:][:b.c.width], b.c.value[y*b.c.width:][:b.c.width]
		return cmp.Or(cmp.Compare(other[first], at[first]), cmp.Compare(other[0], at[0]), cmp.Compare(b.values[x], b.values[y]))
	}
	rows := b.there()
	if limit > 0 && limit < len(rows) {
		rows = least(rows, limit, before)
	}
	slices.SortFunc(rows, before)
	return b.publish(rows)
}

// least moves the n least of the rows to the front, in any order, and returns them.
func least(rows []int, n int, compare func(x, y int) int) []int {
	heap := rows[:n] // the greatest of them first
	down := func(i int) {
		for {
			next := 2*i + 1
			if next >= n {
				return
			}
			if next+1 < n && compare(heap[next+1], heap[next]) > 0 {
				next++
			}
			if compare(heap[next], heap[i]) <= 0 {
				return
			}
			heap[i], heap[next] = heap[next], heap[i]
			i = next
		}
	}
	for i := n/2 - 1; i >= 0; i-- {
		down(i)
	}
	for i := n; i < len(rows); i++ {
		if compare(rows[i], heap[0]) < 0 {
			heap[0], rows[i] = rows[i], heap[0]
			down(0)
		}
	}
	return heap
}

// InOrder returns every row that is there in the order in which their values
// were first named: hours by time.
func (b *Breakdown) InOrder() []Row { return b.publish(b.there()) }

// Of returns the rows of some values, in their order. One that is not there, for
// want of anything behind it or because it stands in (other), is withheld.
func (b *Breakdown) Of(values []string) []Row {
	at := make(map[string]int, len(b.values))
	for _, row := range b.there() {
		at[b.values[row]] = row
	}
	out := make([]Row, 0, len(values))
	for _, value := range values {
		if row, ok := at[value]; ok {
			out = append(out, b.publish([]int{row})...)
			continue
		}
		counts := make([]Count, b.c.width)
		for i := range counts {
			counts[i] = Count{most: hiddenRest * b.c.present[i], unknown: b.c.present[i] == 0}
		}
		out = append(out, Row{value, Values{measures: b.c.rule.Measures, counts: counts}})
	}
	return out
}

// there returns the rows that some period shows, or that are there always.
func (b *Breakdown) there() []int {
	b.c.grow(len(b.values))
	out := make([]int, 0, len(b.values))
	for row := range b.values {
		if b.shown[row] || b.class[row] == kept {
			out = append(out, row)
		}
	}
	return out
}

// publish returns rows with their values.
func (b *Breakdown) publish(rows []int) []Row {
	out, counts := make([]Row, 0, len(rows)), make([]Count, len(rows)*b.c.width)
	for _, row := range rows {
		mine := counts[:b.c.width:b.c.width]
		counts = counts[b.c.width:]
		out = append(out, Row{b.values[row], b.c.values(row, mine)})
	}
	return out
}

// Other returns (other).
func (b *Breakdown) Other() Values { return b.other.values(0, make([]Count, b.c.width)) }

// A Row is a value of a dimension and what is published of it.
type Row struct {
	Value  string
	Values Values
}

// MarshalJSON returns an object of the value and the measures.
func (r Row) MarshalJSON() ([]byte, error) {
	b := append([]byte(`{"value":`), quote(r.Value)...)
	if len(r.Values.measures) > 0 {
		b = append(b, ',')
	}
	return append(r.Values.appendJSON(b), '}'), nil
}
