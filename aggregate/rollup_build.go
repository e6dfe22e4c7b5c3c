package aggregate

import (
	"errors"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
)

// errNoSum means that a period has no roll-up: one of its days or dictionaries
// cannot be read, or nothing was counted in it.
var errNoSum = errors.New("no roll-up")

// sumUp adds up the days of a period and returns its roll-up. Whoever asks makes
// sure that the period is over. The same days give the same bytes.
func sumUp(v dayView, p sumPeriod) ([]byte, error) {
	months := p.months()
	facts := make([]dayFacts, p.last()-p.first+1)
	adders := make([]adder, len(months))
	var day []*block.Block
	at, damaged := p.first, false
	flush := func() {
		f := &facts[at-p.first]
		for _, b := range day {
			f.add(b)
		}
		hours := uint32(0)
		if p.kind == weekSum(0).kind {
			hours = 24 * uint32(at-p.first)
		}
		for _, b := range day {
			damaged = damaged || !adders[at.Month()-months[0]].add(b, f.times(), hours)
		}
		day = day[:0]
	}
	some := false
	err := v.days(p.first, p.last(), func(d hit.Day, b []byte) {
		if d != at {
			flush()
			at = d
		}
		opened, err := block.Open(b)
		if err != nil {
			damaged = true
			return
		}
		day, some = append(day, opened), true
	})
	flush()
	switch {
	case err != nil:
		return nil, err
	case damaged || !some:
		return nil, errNoSum
	}
	pieces := make([]*block.Day, len(months))
	for i := range adders {
		pieces[i] = &adders[i].sum
	}
	return encodeRollUp(facts, pieces)
}

// An adder sums up blocks of one month.
type adder struct {
	sum   block.Day
	rows  block.Rows // of the block being added, and room used again
	free  block.Rows
	spare block.Cells
}

// add adds one block of a day that may have counted one visitor so many times;
// hours is added to the labels of its hours. False if a table is damaged.
func (a *adder) add(b *block.Block, times uint64, hours uint32) bool {
	a.sum.Flags |= b.Flags() & block.Thinned
	for t := block.Table(0); block.Width(t) > 0; t++ {
		width := block.Width(t)
		if b.Read(t, width, &a.rows) != nil {
			return false
		}
		level := -1
		switch t {
		case block.Hours:
			for i := range a.rows.Labels {
				if a.rows.Labels[i] >= 24 {
					return false
				}
				a.rows.Labels[i] += hours
			}
		case block.Pages, block.Sections:
			level = levelColumn
			for i := level; i < len(a.rows.N); i += width {
				if n := a.rows.N[i]; n > 0 {
					a.rows.N[i] = weight(times, n)
				}
			}
		}
		if len(a.rows.Labels) > 0 {
			mergeRows(&a.free, &a.sum.Rows[t], &a.rows, width, level)
			a.free, a.sum.Rows[t] = a.sum.Rows[t], a.free
		}
	}
	for c := block.Cross(0); c <= block.SectionFeatures; c++ {
		cells, err := b.Cells(c)
		if err != nil {
			return false
		}
		if len(cells.N) > 0 {
			mergeCells(&a.spare, &a.sum.Cells[c], &cells)
			a.spare, a.sum.Cells[c] = a.sum.Cells[c], a.spare
		}
	}
	return true
}

// mergeRows writes the sum of two tables to out; of the column level it keeps
// the larger (-1: there is none).
func mergeRows(out, a, b *block.Rows, width, level int) {
	out.Labels, out.N = out.Labels[:0], out.N[:0]
	i, j := 0, 0
	for i < len(a.Labels) || j < len(b.Labels) {
		switch {
		case j == len(b.Labels) || i < len(a.Labels) && a.Labels[i] < b.Labels[j]:
			out.Labels = append(out.Labels, a.Labels[i])
			out.N = append(out.N, a.N[i*width:][:width]...)
			i++
		case i == len(a.Labels) || b.Labels[j] < a.Labels[i]:
			out.Labels = append(out.Labels, b.Labels[j])
			out.N = append(out.N, b.N[j*width:][:width]...)
			j++
		default:
			out.Labels = append(out.Labels, a.Labels[i])
			at := len(out.N)
			out.N = append(out.N, a.N[i*width:][:width]...)
			for m, v := range b.N[j*width:][:width] {
				if m == level {
					out.N[at+m] = max(out.N[at+m], v)
				} else {
					out.N[at+m] += v
				}
			}
			i, j = i+1, j+1
		}
	}
}

// mergeCells writes the sum of two crosses to out.
func mergeCells(out, a, b *block.Cells) {
	out.Outer, out.Inner, out.N = out.Outer[:0], out.Inner[:0], out.N[:0]
	key := func(c *block.Cells, i int) uint64 { return uint64(c.Outer[i])<<32 | uint64(c.Inner[i]) }
	add := func(c *block.Cells, i int, more uint64) {
		out.Outer, out.Inner, out.N = append(out.Outer, c.Outer[i]), append(out.Inner, c.Inner[i]), append(out.N, c.N[i]+more)
	}
	i, j := 0, 0
	for i < len(a.N) && j < len(b.N) {
		switch x, y := key(a, i), key(b, j); {
		case x < y:
			add(a, i, 0)
			i++
		case y < x:
			add(b, j, 0)
			j++
		default:
			add(a, i, b.N[j])
			i, j = i+1, j+1
		}
	}
	for ; i < len(a.N); i++ {
		add(a, i, 0)
	}
	for ; j < len(b.N); j++ {
		add(b, j, 0)
	}
}
