package block

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

const (
	magic     = "ffb"
	headBytes = 21 // up to the directory
	chunk     = 16 // outers
	counts    = 4  // order of a table's counts
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Reasons why Encode refuses a day; they name no label.
var (
	errShape  = errors.New("lengths of labels and numbers do not fit")
	errOrder  = errors.New("labels are not strictly ascending")
	errNumber = errors.New("number of 2^63 or more")
	errMany   = errors.New("more rows than a table may have")
)

// Encode returns the day as bytes. Rows whose measures are all zero and cells
// of zero are left out. It refuses labels that are not strictly ascending,
// lengths that do not fit each other, numbers of 2^63 or more, more than
// [MaxRows] or [MaxCells], and flags that are not among [Flags].
func Encode(d *Day) ([]byte, error) {
	if d.Flags >= flagsEnd {
		return nil, errors.New("encode block: unknown flag")
	}
	var body, directory []byte
	var rows, cells uint32
	for t := range tableEnd {
		b, err := encodeRows(&d.Rows[t], Width(t))
		if err != nil {
			return nil, fmt.Errorf("encode block: %v: %w", t, err)
		}
		if len(b) > 0 {
			rows |= 1 << t
			directory, body = enter(directory, b), append(body, b...)
		}
	}
	for c := range crossEnd {
		b, err := encodeCells(&d.Cells[c])
		if err != nil {
			return nil, fmt.Errorf("encode block: %v: %w", c, err)
		}
		if len(b) > 0 {
			cells |= 1 << c
			directory, body = enter(directory, b), append(body, b...)
		}
	}
	size := headBytes + len(directory) + 4 + len(body)
	if int64(size) > 1<<32-1 {
		return nil, errors.New("encode block: longer than 4 GiB")
	}
	out := make([]byte, 0, size)
	out = append(out, magic...)
	out = append(out, Version)
	out = binary.LittleEndian.AppendUint32(out, uint32(size))
	out = binary.LittleEndian.AppendUint16(out, uint16(d.Flags))
	out = binary.LittleEndian.AppendUint16(out, d.Restarts)
	out = append(out, d.Level)
	out = binary.LittleEndian.AppendUint32(out, rows)
	out = binary.LittleEndian.AppendUint32(out, cells)
	out = append(out, directory...)
	out = binary.LittleEndian.AppendUint32(out, crc32.Checksum(out, castagnoli))
	return append(out, body...), nil
}

// enter appends a table's entry to the directory.
func enter(directory, table []byte) []byte {
	directory = binary.AppendUvarint(directory, uint64(len(table)))
	return binary.LittleEndian.AppendUint32(directory, crc32.Checksum(table, castagnoli))
}

// encodeRows returns a row table, nothing if no row has a number.
func encodeRows(rows *Rows, width int) ([]byte, error) {
	if len(rows.N) != len(rows.Labels)*width {
		return nil, errShape
	}
	gaps := make([]uint64, 0, len(rows.Labels))
	columns := make([][]uint64, width)
	for m := range columns {
		columns[m] = make([]uint64, 0, len(rows.Labels))
	}
	next := uint64(0) // the smallest gap, from the last label written
	for i, label := range rows.Labels {
		if i > 0 && label <= rows.Labels[i-1] {
			return nil, errOrder
		}
		any := uint64(0)
		measures := rows.N[i*width : (i+1)*width]
		for _, v := range measures {
			any |= v
		}
		if any > maxValue {
			return nil, errNumber
		}
		if any == 0 {
			continue
		}
		gaps = append(gaps, uint64(label)-next)
		next = uint64(label) + 1
		for m, v := range measures {
			columns[m] = append(columns[m], v)
		}
	}
	switch {
	case len(gaps) == 0:
		return nil, nil
	case len(gaps) > MaxRows:
		return nil, errMany
	}
	var w bitWriter
	w.golomb(uint64(len(gaps)-1), counts)
	w.column(gaps, true)
	for _, numbers := range columns {
		w.column(numbers, false)
	}
	w.align()
	return w.b, nil
}

// column writes a head and its numbers.
func (w *bitWriter) column(numbers []uint64, labels bool) {
	c := fit(numbers, labels)
	w.head(c)
	for _, v := range numbers {
		w.number(c, v)
	}
}

// split is a cross taken apart into what its columns hold.
type split struct {
	firsts []uint64 // gap of each chunk's first outer from that of the chunk before
	outers []uint64 // gap of each other outer
	sizes  []uint64 // cells of each outer, less 1
	inners []uint64 // gap of each cell's inner label
	n      []uint64
}

// splitCells checks the cells and takes them apart.
func splitCells(cells *Cells) (*split, error) {
	if len(cells.Inner) != len(cells.Outer) || len(cells.N) != len(cells.Outer) {
		return nil, errShape
	}
	s := &split{inners: make([]uint64, 0, len(cells.N)), n: make([]uint64, 0, len(cells.N))}
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
		if len(s.sizes) == 0 || o >= outer {
			if len(s.sizes)%chunk == 0 {
				s.firsts = append(s.firsts, o-first)
				first = o + 1
			} else {
				s.outers = append(s.outers, o-outer)
			}
			s.sizes = append(s.sizes, 0)
			outer, inner = o+1, 0
		} else {
			s.sizes[len(s.sizes)-1]++
		}
		s.inners = append(s.inners, in-inner)
		s.n = append(s.n, n)
		inner = in + 1
	}
	if len(s.n) > MaxCells {
		return nil, errMany
	}
	return s, nil
}

// encodeCells returns a cell table, nothing if no cell has a number.
func encodeCells(cells *Cells) ([]byte, error) {
	s, err := splitCells(cells)
	if err != nil || len(s.n) == 0 {
		return nil, err
	}
	h := heads{fit(s.outers, false), fit(s.sizes, false), fit(s.inners, true), fit(s.n, false)}
	var body bitWriter
	lengths := make([]uint64, 0, len(s.firsts))
	outers, inners, n := s.outers, s.inners, s.n
	for i, size := range s.sizes {
		if i%chunk == 0 {
			body.align()
			lengths = append(lengths, uint64(len(body.b)))
		} else {
			body.number(h.outers, outers[0])
			outers = outers[1:]
		}
		body.number(h.sizes, size)
		for _, v := range inners[:size+1] {
			body.number(h.inners, v)
		}
		for _, v := range n[:size+1] {
			body.number(h.n, v)
		}
		inners, n = inners[size+1:], n[size+1:]
	}
	body.align()
	for i := range lengths { // from where each chunk begins to how long it is
		end := uint64(len(body.b))
		if i+1 < len(lengths) {
			end = lengths[i+1]
		}
		lengths[i] = end - lengths[i]
	}
	var w bitWriter
	w.golomb(uint64(len(s.sizes)-1), counts)
	w.golomb(uint64(len(s.n)-len(s.sizes)), counts)
	for _, c := range []column{h.outers, h.sizes, h.inners, h.n} {
		w.head(c)
	}
	w.column(s.firsts, false)
	w.column(lengths, false)
	w.align()
	return append(w.b, body.b...), nil
}
