package block

import (
	"fmt"
	"slices"
	"sort"
)

// chunk is how many outers stand together.
const chunk = 16

// split is a cross taken apart into what its columns hold.
type split struct {
	firsts []uint64 // gap of each chunk's first outer from that of the chunk before
	outers []uint64 // gap of each other outer
	sizes  []uint64 // cells of each outer, less 1
	values []uint64 // gaps of the inner labels there are
	inners []uint64 // gap of each cell's inner label, as its rank among those
	n      []uint64
}

// heads are the columns that all chunks of a cell table share.
type heads struct{ outers, sizes, inners, n column }

// splitCells checks the cells and takes them apart, without those of zero.
func splitCells(cells *Cells) (*split, error) {
	if len(cells.Inner) != len(cells.Outer) || len(cells.N) != len(cells.Outer) {
		return nil, errShape
	}
	s := &split{inners: make([]uint64, 0, len(cells.N)), n: make([]uint64, 0, len(cells.N))}
	rankOf := s.rank(cells)
	var first, outer, inner uint64 // the smallest each may be next
	for i, n := range cells.N {
		o, in := uint64(cells.Outer[i]), uint64(cells.Inner[i])
		if i > 0 && (o < uint64(cells.Outer[i-1]) || o == uint64(cells.Outer[i-1]) && in <= uint64(cells.Inner[i-1])) {
			return nil, errOrder
		}
		if n > maxValue {
			return nil, errNumber
		}
		if n == 0 {
			continue
		}
		switch {
		case len(s.sizes) > 0 && o < outer: // one more of the same
			s.sizes[len(s.sizes)-1]++
		case len(s.sizes)%chunk == 0:
			s.firsts = append(s.firsts, o-first)
			first = o + 1
			s.sizes, inner = append(s.sizes, 0), 0
		default:
			s.outers = append(s.outers, o-outer)
			s.sizes, inner = append(s.sizes, 0), 0
		}
		rank := rankOf(cells.Inner[i])
		s.inners, s.n = append(s.inners, rank-inner), append(s.n, n)
		outer, inner = o+1, rank+1
	}
	if len(s.n) > MaxCells {
		return nil, errMany
	}
	return s, nil
}

// rank returns a function from the inner labels of all cells but those of zero
// to their ranks, and keeps the gaps between them.
func (s *split) rank(cells *Cells) func(label uint32) uint64 {
	top, some := uint32(0), false
	for i, n := range cells.N {
		if n != 0 {
			top, some = max(top, cells.Inner[i]), true
		}
	}
	if some && int64(top) <= 8*int64(len(cells.N))+1<<16 {
		return s.rankDense(cells, top)
	}
	values := make([]uint32, 0, len(cells.N))
	for i, n := range cells.N {
		if n != 0 {
			values = append(values, cells.Inner[i])
		}
	}
	slices.Sort(values)
	values = slices.Compact(values)
	next := uint64(0)
	for _, v := range values {
		s.values = append(s.values, uint64(v)-next)
		next = uint64(v) + 1
	}
	return func(label uint32) uint64 {
		found, _ := slices.BinarySearch(values, label)
		return uint64(found)
	}
}

// rankDense is rank where a table of all labels up to the top one is not large
// beside the cells. It needs no sorting: of a full day's 900,000 cells that
// was a third of the time.
func (s *split) rankDense(cells *Cells, top uint32) func(label uint32) uint64 {
	ranks := make([]uint32, int(top)+1)
	for i, n := range cells.N {
		if n != 0 {
			ranks[cells.Inner[i]] = 1
		}
	}
	next, rank := uint64(0), uint32(0)
	for v, used := range ranks {
		if used != 0 {
			s.values = append(s.values, uint64(v)-next)
			next = uint64(v) + 1
			ranks[v] = rank
			rank++
		}
	}
	return func(label uint32) uint64 { return uint64(ranks[label]) }
}

// encodeCells returns a cell table, nothing if no cell has a number.
func encodeCells(cells *Cells) ([]byte, error) {
	s, err := splitCells(cells)
	if err != nil || len(s.n) == 0 {
		return nil, err
	}
	var h heads
	h.outers, _ = fit(s.outers, false)
	h.sizes, _ = fit(s.sizes, false)
	h.inners, _ = fit(s.inners, true)
	h.n, _ = fit(s.n, false)
	body, lengths := s.chunks(h)
	var w bitWriter
	w.golomb(uint64(len(s.sizes)-1), counts)
	w.golomb(uint64(len(s.n)-len(s.sizes)), counts)
	w.golomb(uint64(len(s.values)-1), counts)
	for _, c := range []column{h.outers, h.sizes, h.inners, h.n} {
		w.head(c)
	}
	w.column(s.values, false)
	w.column(s.firsts, false)
	w.column(lengths, false)
	w.align()
	return append(w.b, body...), nil
}

// chunks returns the chunks and the length of each.
func (s *split) chunks(h heads) (body []byte, lengths []uint64) {
	var w bitWriter
	outers, inners, n := s.outers, s.inners, s.n
	for sizes := s.sizes; len(sizes) > 0; {
		begin, m := len(w.b), min(chunk, len(sizes))
		cells := m
		for _, more := range sizes[:m] {
			cells += int(more)
		}
		w.numbers(h.outers, outers[:m-1])
		w.numbers(h.sizes, sizes[:m])
		w.numbers(h.inners, inners[:cells])
		w.numbers(h.n, n[:cells])
		w.align()
		outers, sizes, inners, n = outers[m-1:], sizes[m:], inners[cells:], n[cells:]
		lengths = append(lengths, uint64(len(w.b)-begin))
	}
	return w.b, lengths
}

// Cells decodes one cross. A cross that is not there has no cells and is no
// error; a damaged one is [ErrDamaged] with the cross's name.
func (bl *Block) Cells(c Cross) (Cells, error) {
	return bl.readCells(c, (*cellReader).all)
}

// CellsOf decodes the cells of one outer label and steps over the chunks of
// others, so that one page of many costs little. What it answers is what Cells
// would; of the rest of the cross it checks the checksum only.
func (bl *Block) CellsOf(c Cross, outer uint32) (Cells, error) {
	return bl.readCells(c, func(r *cellReader) (Cells, bool) { return r.of(outer) })
}

func (bl *Block) readCells(c Cross, read func(*cellReader) (Cells, bool)) (Cells, error) {
	if c >= crossEnd || len(bl.cells[c].b) == 0 {
		return Cells{}, nil
	}
	b, err := bl.cells[c].bytes()
	if err != nil {
		return Cells{}, fmt.Errorf("%v: %w", c, err)
	}
	if r, ok := newCellReader(b); ok {
		if cells, ok := read(r); ok {
			return cells, nil
		}
	}
	return Cells{}, fmt.Errorf("%v: %w", c, ErrDamaged)
}

// A cellReader reads a cell table, after its head chunk by chunk.
type cellReader struct {
	heads
	outers, cells int
	values        []uint32 // the inner labels there are
	firsts        []uint32 // first outer of each chunk
	ends          []int    // where each chunk ends in body
	body          []byte
	sizes         [chunk]int    // of the chunk read last
	labels        [chunk]uint32 // its outers
	gaps          []uint64      // its inner gaps, room used again
}

// newCellReader reads up to the first chunk.
func newCellReader(b []byte) (*cellReader, bool) {
	bits := bitReader{b: b}
	outers := bits.golomb(counts)
	more := bits.golomb(counts) // cells beyond one for each outer
	values := bits.golomb(counts)
	r := &cellReader{heads: heads{bits.head(false), bits.head(false), bits.head(true), bits.head(false)}}
	if bits.bad || r.heads.n.least == 0 || outers >= MaxCells || more >= MaxCells ||
		outers+more >= MaxCells || outers+more >= uint64(bits.left()) || values > outers+more {
		return nil, false
	}
	r.outers, r.cells = int(outers)+1, int(outers+more)+1
	chunks := (r.outers + chunk - 1) / chunk
	r.values, r.firsts = make([]uint32, values+1), make([]uint32, chunks)
	if !bits.labels(r.values) || !bits.labels(r.firsts) {
		return nil, false
	}
	lengths := make([]uint64, chunks)
	bits.numbers(bits.head(false), lengths, 1)
	bits.align()
	r.ends, r.body = make([]int, chunks), b[bits.pos/8:]
	end := 0
	for i, n := range lengths {
		if n > uint64(len(r.body)-end) {
			return nil, false
		}
		end += int(n)
		r.ends[i] = end
	}
	return r, !bits.bad && end == len(r.body)
}

// labels reads a column of labels' gaps.
func (r *bitReader) labels(dst []uint32) bool {
	gaps := make([]uint64, len(dst))
	r.numbers(r.head(false), gaps, 1)
	return !r.bad && labels(gaps, 1, dst)
}

// chunk reads the outers of chunk i and how many cells each has, and returns
// the bits that follow, how many outers and how many cells they are.
func (r *cellReader) chunk(i int) (bits bitReader, outers, cells int, ok bool) {
	begin := 0
	if i > 0 {
		begin = r.ends[i-1]
	}
	bits = bitReader{b: r.body[begin:r.ends[i]]}
	outers = min(chunk, r.outers-i*chunk)
	var numbers [chunk]uint64
	numbers[0] = uint64(r.firsts[i])
	bits.numbers(r.heads.outers, numbers[1:outers], 1)
	if bits.bad || !labels(numbers[:outers], 1, r.labels[:outers]) {
		return bits, 0, 0, false
	}
	if union := bits.numbers(r.heads.sizes, numbers[:outers], 1); bits.bad || union >= MaxCells {
		return bits, 0, 0, false
	}
	for j, more := range numbers[:outers] {
		r.sizes[j] = int(more) + 1
		cells += r.sizes[j]
	}
	return bits, outers, cells, true
}

// inner reads inner labels of the chunk's outers, cells of them in all.
func (r *cellReader) inner(bits *bitReader, sizes []int, dst []uint32) bool {
	r.gaps = resize(r.gaps, len(dst))
	bits.numbers(r.inners, r.gaps, 1)
	gaps := r.gaps
	for _, n := range sizes {
		if bits.bad || !labels(gaps[:n], 1, dst[:n]) || int64(dst[n-1]) >= int64(len(r.values)) {
			return false
		}
		for i, rank := range dst[:n] {
			dst[i] = r.values[rank]
		}
		gaps, dst = gaps[n:], dst[n:]
	}
	return true
}

// all reads every chunk.
func (r *cellReader) all() (Cells, bool) {
	c := Cells{Outer: make([]uint32, r.cells), Inner: make([]uint32, r.cells), N: make([]uint64, r.cells)}
	outer, inner, n := c.Outer, c.Inner, c.N
	last := int64(-1)
	for i := range r.firsts {
		bits, outers, cells, ok := r.chunk(i)
		if !ok || int64(r.firsts[i]) <= last || cells > len(n) {
			return Cells{}, false
		}
		last = int64(r.labels[outers-1])
		if !r.inner(&bits, r.sizes[:outers], inner[:cells]) {
			return Cells{}, false
		}
		bits.numbers(r.heads.n, n[:cells], 1)
		if !bits.end() {
			return Cells{}, false
		}
		at := 0
		for j, size := range r.sizes[:outers] {
			for range size {
				outer[at] = r.labels[j]
				at++
			}
		}
		outer, inner, n = outer[cells:], inner[cells:], n[cells:]
	}
	return c, len(n) == 0
}

// of reads the chunk that has the outer.
func (r *cellReader) of(outer uint32) (Cells, bool) {
	i := sort.Search(len(r.firsts), func(i int) bool { return r.firsts[i] > outer }) - 1
	if i < 0 {
		return Cells{}, true
	}
	bits, outers, cells, ok := r.chunk(i)
	if !ok || cells > r.cells || cells > bits.left() {
		return Cells{}, false
	}
	at, before := 0, 0
	for at < outers && r.labels[at] < outer {
		before += r.sizes[at]
		at++
	}
	if at == outers || r.labels[at] > outer {
		return Cells{}, true
	}
	size := r.sizes[at]
	inner, n := make([]uint32, cells), make([]uint64, cells)
	if !r.inner(&bits, r.sizes[:outers], inner) {
		return Cells{}, false
	}
	if bits.numbers(r.heads.n, n, 1); !bits.end() {
		return Cells{}, false
	}
	c := Cells{Outer: make([]uint32, size), Inner: inner[before : before+size : before+size], N: n[before : before+size : before+size]}
	for j := range c.Outer {
		c.Outer[j] = outer
	}
	return c, true
}
