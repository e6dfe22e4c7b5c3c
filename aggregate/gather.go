package aggregate

import (
	"cmp"
	"encoding/binary"
	"slices"

	"footfall/aggregate/internal/block"
)

// A gathering is what a block of a day will hold, in any order: its labels are
// numbers of texts of its own, so that one is made once, whatever ids the
// texts have where the block is stored.
type gathering struct {
	flags    block.Flags
	restarts uint16
	level    uint8
	texts    []string
	rows     [len(block.Day{}.Rows)]looseRows
	cells    [len(block.Day{}.Cells)][]looseCell
}

// reset empties the gathering and keeps its memory.
func (g *gathering) reset() {
	clear(g.texts)
	g.flags, g.restarts, g.level, g.texts = 0, 0, 0, g.texts[:0]
	for t := range g.rows {
		g.rows[t].labels, g.rows[t].n = g.rows[t].labels[:0], g.rows[t].n[:0]
	}
	for c := range g.cells {
		g.cells[c] = g.cells[c][:0]
	}
}

// looseRows are rows in any order; equal labels are added up in the end.
type looseRows struct {
	labels []uint32
	n      []uint64 // as many for each label as the table is wide
}

func (r *looseRows) add(label uint32, n ...int64) {
	r.labels = append(r.labels, label)
	for _, v := range n {
		r.n = append(r.n, uint64(v))
	}
}

// A looseCell is one of cells in any order; equal ones are added up in the end.
type looseCell struct {
	key uint64 // outer label, then inner
	n   uint64
}

func (g *gathering) cell(c block.Cross, outer, inner uint32, n int64) {
	if n != 0 {
		g.cells[c] = append(g.cells[c], looseCell{uint64(outer)<<32 | uint64(inner), uint64(n)})
	}
}

// labelled tells whether a table's labels have texts: the site's row and the
// hours have none.
func labelled(t block.Table) bool { return t != block.Site && t != block.Hours }

// innerNamed tells whether a cross's inner labels have texts; those of a
// histogram are buckets.
func innerNamed(c block.Cross) bool {
	switch {
	case c == block.SectionFeatures:
		return true
	case c >= block.DeviceLoad:
		return false
	}
	return c%(block.SectionReferrers-block.PageReferrers) < block.PageRead
}

// ownIDs are ids under which the texts keep their numbers.
func (g *gathering) ownIDs() []uint32 {
	ids := make([]uint32, len(g.texts))
	for i := range ids {
		ids[i] = uint32(i)
	}
	return ids
}

// day sorts what was gathered under the ids that its texts have; ids[i] is
// that of texts[i].
func (g *gathering) day(ids []uint32) *block.Day {
	out := &block.Day{Flags: g.flags, Restarts: g.restarts, Level: g.level}
	for t := range g.rows {
		named := ids
		if !labelled(block.Table(t)) {
			named = nil
		}
		out.Rows[t] = g.rows[t].sorted(block.Width(block.Table(t)), named)
	}
	for c := range g.cells {
		inner := ids
		if !innerNamed(block.Cross(c)) {
			inner = nil
		}
		out.Cells[c] = sortedCells(g.cells[c], ids, inner)
	}
	return out
}

func (r *looseRows) sorted(width int, ids []uint32) (out block.Rows) {
	if len(r.labels) == 0 {
		return out
	}
	order := make([]uint64, len(r.labels)) // id, then place
	for i, label := range r.labels {
		if ids != nil {
			label = ids[label]
		}
		order[i] = uint64(label)<<32 | uint64(i)
	}
	slices.Sort(order)
	out.Labels, out.N = make([]uint32, 0, len(order)), make([]uint64, 0, len(r.n))
	for _, o := range order {
		label, n := uint32(o>>32), r.n[int(uint32(o))*width:][:width]
		if k := len(out.Labels); k > 0 && out.Labels[k-1] == label {
			for i, v := range n {
				out.N[(k-1)*width+i] += v
			}
			continue
		}
		if !slices.ContainsFunc(n, func(v uint64) bool { return v != 0 }) {
			continue
		}
		out.Labels, out.N = append(out.Labels, label), append(out.N, n...)
	}
	return out
}

// sortedCells sorts cells where they are. Most come in runs of one outer label
// after another.
func sortedCells(list []looseCell, outer, inner []uint32) (out block.Cells) {
	if len(list) == 0 {
		return out
	}
	for i := range list {
		o, in := uint32(list[i].key>>32), uint32(list[i].key)
		if inner != nil {
			in = inner[in]
		}
		list[i].key = uint64(outer[o])<<32 | uint64(in)
	}
	sortRuns(list)
	out.Outer, out.Inner, out.N = make([]uint32, 0, len(list)), make([]uint32, 0, len(list)), make([]uint64, 0, len(list))
	last := uint64(0)
	for i, x := range list {
		if i > 0 && x.key == last {
			out.N[len(out.N)-1] += x.n
			continue
		}
		last = x.key
		out.Outer, out.Inner, out.N = append(out.Outer, uint32(x.key>>32)), append(out.Inner, uint32(x.key)), append(out.N, x.n)
	}
	return out
}

// sortRuns sorts cells by key. They come page by page, each page's cells
// together: sorting the pages, and then each page's few cells, takes a third
// of the time that sorting all at once does.
func sortRuns(list []looseCell) {
	var runs []run
	for from := 0; from < len(list); {
		to := from + 1
		for to < len(list) && list[to].key>>32 == list[from].key>>32 {
			to++
		}
		runs = append(runs, run{uint32(list[from].key >> 32), int32(from), int32(to)})
		from = to
	}
	byKey := func(a, b looseCell) int { return cmp.Compare(a.key, b.key) }
	slices.SortFunc(runs, func(a, b run) int { return cmp.Compare(a.outer, b.outer) })
	for i := 1; i < len(runs); i++ {
		if runs[i].outer == runs[i-1].outer { // days that were merged
			slices.SortFunc(list, byKey)
			return
		}
	}
	unsorted := slices.Clone(list)
	at := list[:0]
	for _, r := range runs {
		from := len(at)
		at = append(at, unsorted[r.from:r.to]...)
		slices.SortFunc(at[from:], byKey)
	}
}

// A run is cells of one outer label that stand together.
type run struct {
	outer    uint32
	from, to int32
}

// A day of a file of finished days: uvarints, a text is its length and its
// bytes.
//
//	flags, restarts, level
//	number of texts, the texts
//	for each row table: number of rows; for each its label and its measures
//	for each cell table: number of cells; for each outer and inner label and count

func (g *gathering) append(b []byte) []byte {
	for _, v := range []uint64{uint64(g.flags), uint64(g.restarts), uint64(g.level), uint64(len(g.texts))} {
		b = binary.AppendUvarint(b, v)
	}
	for _, s := range g.texts {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	for t := range g.rows {
		r, width := &g.rows[t], block.Width(block.Table(t))
		b = binary.AppendUvarint(b, uint64(len(r.labels)))
		for i, label := range r.labels {
			b = binary.AppendUvarint(b, uint64(label))
			for _, v := range r.n[i*width:][:width] {
				b = binary.AppendUvarint(b, v)
			}
		}
	}
	for c := range g.cells {
		b = binary.AppendUvarint(b, uint64(len(g.cells[c])))
		for _, x := range g.cells[c] {
			b = binary.AppendUvarint(b, x.key>>32)
			b = binary.AppendUvarint(b, x.key&(1<<32-1))
			b = binary.AppendUvarint(b, x.n)
		}
	}
	return b
}

// readGathering reads what append wrote into g, whose memory it uses again.
func readGathering(b []byte, g *gathering) error {
	r := &recordReader{b: b}
	g.reset()
	g.flags, g.restarts, g.level = block.Flags(r.number()), uint16(r.number()), uint8(r.number())
	for range r.count() {
		g.texts = append(g.texts, r.text())
	}
	label := func(named bool) uint32 {
		l := r.code()
		r.bad = r.bad || named && int(l) >= len(g.texts)
		return l
	}
	for t := range g.rows {
		rows, width := &g.rows[t], block.Width(block.Table(t))
		for range r.count() {
			rows.labels = append(rows.labels, label(labelled(block.Table(t))))
			for range width {
				rows.n = append(rows.n, uint64(r.number()))
			}
		}
	}
	for c := range g.cells {
		for range r.count() {
			outer, inner := label(true), label(innerNamed(block.Cross(c)))
			g.cells[c] = append(g.cells[c], looseCell{uint64(outer)<<32 | uint64(inner), uint64(r.number())})
		}
	}
	if r.bad || len(r.b) > 0 {
		return ErrDaysFile
	}
	return nil
}
