package block

import (
	"fmt"
	"math"
	"sort"
)

// heads are the columns that all chunks of a cell table share.
type heads struct{ outers, sizes, inners, n column }

// tallies are what the heads follow from.
type tallies struct{ outers, sizes, inners, n tally }

// A cellReader reads a cell table, after its head chunk by chunk.
type cellReader struct {
	heads
	outers, cells int
	firsts        []uint32 // first outer of each chunk
	ends          []int    // where each chunk ends in body
	body          []byte
	t             tallies
}

// Cells decodes one cross. A cross that is not there has no cells and is no
// error; a damaged one is [ErrDamaged] with the cross's name.
func (bl *Block) Cells(c Cross) (Cells, error) {
	if c >= crossEnd || len(bl.cells[c].b) == 0 {
		return Cells{}, nil
	}
	b, err := bl.cells[c].bytes()
	if err != nil {
		return Cells{}, fmt.Errorf("%v: %w", c, err)
	}
	cells, ok := decodeCells(b)
	if !ok {
		return Cells{}, fmt.Errorf("%v: %w", c, ErrDamaged)
	}
	return cells, nil
}

// CellsOf decodes the cells of one outer label and reads past those of others,
// so that one page of many costs little. What it answers is what Cells would;
// of the rest of the cross it checks the checksum only.
func (bl *Block) CellsOf(c Cross, outer uint32) (Cells, error) {
	if c >= crossEnd || len(bl.cells[c].b) == 0 {
		return Cells{}, nil
	}
	b, err := bl.cells[c].bytes()
	if err != nil {
		return Cells{}, fmt.Errorf("%v: %w", c, err)
	}
	cells, ok := decodeCellsOf(b, outer)
	if !ok {
		return Cells{}, fmt.Errorf("%v: %w", c, ErrDamaged)
	}
	return cells, nil
}

func decodeCells(b []byte) (Cells, bool) {
	r, ok := readHead(b)
	if !ok {
		return Cells{}, false
	}
	cells := Cells{Outer: make([]uint32, r.cells), Inner: make([]uint32, r.cells), N: make([]uint64, r.cells)}
	at, next := 0, uint64(0) // cells read, the smallest outer that may follow
	for i, first := range r.firsts {
		if uint64(first) < next {
			return Cells{}, false
		}
		bits, outer := r.chunk(i), uint64(first)
		for j := range r.outersOf(i) {
			if j > 0 {
				outer = next + bits.number(r.heads.outers, &r.t.outers)
			}
			size := bits.number(r.sizes, &r.t.sizes)
			if outer > math.MaxUint32 || size >= uint64(r.cells-at) {
				return Cells{}, false
			}
			to := at + int(size) + 1
			for k := at; k < to; k++ {
				cells.Outer[k] = uint32(outer)
			}
			if !r.group(&bits, cells.Inner[at:to], cells.N[at:to]) {
				return Cells{}, false
			}
			at, next = to, outer+1
		}
		if !bits.end() {
			return Cells{}, false
		}
	}
	t := &r.t
	return cells, at == r.cells && t.outers.right(r.heads.outers, false) && t.sizes.right(r.sizes, false) &&
		t.inners.right(r.inners, true) && t.n.right(r.n, false)
}

func decodeCellsOf(b []byte, outer uint32) (Cells, bool) {
	r, ok := readHead(b)
	if !ok {
		return Cells{}, false
	}
	i := sort.Search(len(r.firsts), func(i int) bool { return r.firsts[i] > outer }) - 1
	if i < 0 {
		return Cells{}, true
	}
	bits, at := r.chunk(i), uint64(r.firsts[i])
	for j := range r.outersOf(i) {
		if j > 0 {
			at += 1 + bits.number(r.heads.outers, &r.t.outers)
		}
		size := bits.number(r.sizes, &r.t.sizes)
		if bits.bad || size >= uint64(bits.left()) {
			return Cells{}, false
		}
		if at > uint64(outer) {
			break
		}
		n := int(size) + 1
		if at < uint64(outer) {
			for range n {
				bits.number(r.inners, &r.t.inners)
			}
			for range n {
				bits.number(r.n, &r.t.n)
			}
			continue
		}
		cells := Cells{Outer: make([]uint32, n), Inner: make([]uint32, n), N: make([]uint64, n)}
		for k := range cells.Outer {
			cells.Outer[k] = outer
		}
		if !r.group(&bits, cells.Inner, cells.N) {
			return Cells{}, false
		}
		return cells, true
	}
	return Cells{}, !bits.bad
}

// readHead reads up to the first chunk.
func readHead(b []byte) (*cellReader, bool) {
	bits := bitReader{b: b}
	outers := bits.golomb(counts)
	more := bits.golomb(counts) // cells beyond one for each outer
	r := &cellReader{heads: heads{bits.head(false), bits.head(false), bits.head(true), bits.head(false)}}
	if outers >= MaxCells || more >= MaxCells || outers+more >= MaxCells || outers+more >= uint64(bits.left()) {
		return nil, false
	}
	r.outers, r.cells = int(outers)+1, int(outers+more)+1
	chunks := (r.outers + chunk - 1) / chunk
	r.firsts, r.ends = make([]uint32, chunks), make([]int, chunks)
	var t tally
	c, next := bits.head(false), uint64(0)
	for i := range r.firsts {
		first := next + bits.number(c, &t)
		if first > math.MaxUint32 {
			return nil, false
		}
		r.firsts[i], next = uint32(first), first+1
	}
	if bits.bad || !t.right(c, false) {
		return nil, false
	}
	c, t = bits.head(false), tally{}
	end := 0
	for i := range r.ends {
		n := bits.number(c, &t)
		if n > uint64(len(b)-end) {
			return nil, false
		}
		end += int(n)
		r.ends[i] = end
	}
	if bits.bad || !t.right(c, false) {
		return nil, false
	}
	bits.align()
	r.body = b[bits.pos/8:]
	return r, !bits.bad && end == len(r.body)
}

// chunk returns the bits of chunk i.
func (r *cellReader) chunk(i int) bitReader {
	begin := 0
	if i > 0 {
		begin = r.ends[i-1]
	}
	return bitReader{b: r.body[begin:r.ends[i]]}
}

// outersOf returns how many outers chunk i holds.
func (r *cellReader) outersOf(i int) int { return min(chunk, r.outers-i*chunk) }

// group reads the cells of one outer.
func (r *cellReader) group(bits *bitReader, inner []uint32, n []uint64) bool {
	next := uint64(0)
	for i := range inner {
		v := next + bits.number(r.inners, &r.t.inners)
		if v > math.MaxUint32 {
			return false
		}
		inner[i], next = uint32(v), v+1
	}
	for i := range n {
		if n[i] = bits.number(r.n, &r.t.n); n[i] == 0 {
			return false
		}
	}
	return !bits.bad
}
