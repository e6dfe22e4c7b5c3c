package block

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"reflect"
	"runtime"
	"slices"
	"testing"
)

// TestEveryBitFlip flips each bit of a block in turn (one in seven in short
// mode): Decode must refuse, and reading table by table must give each table
// as it was, or an error.
func TestEveryBitFlip(t *testing.T) {
	want := sample()
	good := encode(t, want)
	b := slices.Clone(good)
	refused, step := 0, 1
	if testing.Short() {
		step = 7
	}
	for bit := 0; bit < 8*len(b); bit += step {
		b[bit/8] ^= 1 << (bit % 8)
		if d, err := Decode(b); err == nil || d != nil {
			t.Fatalf("bit %d: got %v, %v", bit, d, err)
		}
		refused += checkTables(t, b, want)
		b[bit/8] ^= 1 << (bit % 8)
	}
	if refused == 0 {
		t.Error("no flipped bit lay in a table")
	}
	if _, err := Decode(b); err != nil {
		t.Errorf("with every bit back: %v", err)
	}
}

// checkTables reads a damaged block table by table and returns how many were
// refused; those that were not must be as they were written.
func checkTables(t *testing.T, b []byte, want *Day) (refused int) {
	t.Helper()
	bl, err := Open(b)
	if err != nil {
		if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrVersion) || bl != nil {
			t.Fatalf("got %v, %v", bl, err)
		}
		return 0
	}
	if bl.Flags() != want.Flags || bl.Restarts() != want.Restarts || bl.Level() != want.Level {
		t.Fatalf("got flags %d, restarts %d, level %d", bl.Flags(), bl.Restarts(), bl.Level())
	}
	none := func(err error, empty bool) {
		if t.Helper(); !errors.Is(err, ErrDamaged) || !empty {
			t.Fatalf("got %v with numbers: %v", err, !empty)
		}
		refused++
	}
	for table := range tableEnd {
		rows, err := bl.Rows(table)
		if err != nil {
			none(err, rows.Labels == nil && rows.N == nil)
		} else if w := want.Rows[table]; !slices.Equal(rows.Labels, w.Labels) || !slices.Equal(rows.N, w.N) {
			t.Fatalf("%v: wrong numbers", table)
		}
	}
	for cross := range crossEnd {
		cells, err := bl.Cells(cross)
		if err != nil {
			none(err, cells.Outer == nil && cells.Inner == nil && cells.N == nil)
			of, err := bl.CellsOf(cross, want.Cells[cross].Outer[0])
			none(err, of.Outer == nil && of.Inner == nil && of.N == nil)
		} else if w := want.Cells[cross]; !slices.Equal(cells.Outer, w.Outer) ||
			!slices.Equal(cells.Inner, w.Inner) || !slices.Equal(cells.N, w.N) {
			t.Fatalf("%v: wrong numbers", cross)
		}
	}
	return refused
}

func TestCutAndExtended(t *testing.T) {
	b := encode(t, sample())
	for n := range len(b) {
		if d, err := Decode(b[:n]); !errors.Is(err, ErrDamaged) || d != nil {
			t.Fatalf("cut at %d: got %v, %v", n, d, err)
		}
	}
	for _, more := range [][]byte{{0}, {1}, make([]byte, 100), b} {
		if _, err := Decode(slices.Concat(b, more)); !errors.Is(err, ErrDamaged) {
			t.Errorf("extended by %d bytes: got %v", len(more), err)
		}
	}
}

func TestVersions(t *testing.T) {
	b := encode(t, sample())
	for version, want := range map[byte]error{0: ErrDamaged, Version + 1: ErrVersion, 255: ErrVersion} {
		b[3] = version
		if _, err := Open(b); !errors.Is(err, want) {
			t.Errorf("version %d: got %v, want %v", version, err, want)
		}
	}
}

// A forger makes blocks that Encode would not, with the right checksums.
type forger struct {
	head    []byte // the first 21 bytes; nil: those of an empty day
	rows    map[Table][]byte
	cells   map[Cross][]byte
	between []byte // behind the directory
	after   []byte // behind the tables
	length  func(n int) []byte
}

func (f *forger) block() []byte {
	b := slices.Clone(f.head)
	if b == nil {
		b = append([]byte(magic), Version)
		b = append(b, make([]byte, headBytes-4)...)
	}
	length := f.length
	if length == nil {
		length = func(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }
	}
	var body []byte
	enter := func(at int, i uint8, table []byte) {
		le := binary.LittleEndian
		le.PutUint32(b[at:], le.Uint32(b[at:])|1<<i)
		b = append(b, length(len(table))...)
		b = le.AppendUint32(b, crc32.Checksum(table, castagnoli))
		body = append(body, table...)
	}
	for table := range tableEnd {
		if x, ok := f.rows[table]; ok {
			enter(13, uint8(table), x)
		}
	}
	for cross := range crossEnd {
		if x, ok := f.cells[cross]; ok {
			enter(17, uint8(cross), x)
		}
	}
	b = append(b, f.between...)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)+4+len(body)+len(f.after)))
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	return slices.Concat(b, body, f.after)
}

// written lets the tests write bits as they like.
func bitsOf(write func(w *bitWriter)) []byte {
	var w bitWriter
	write(&w)
	w.align()
	return w.b
}

// bots is a good row table: labels 3 and 5 with one hit each.
func bots(w *bitWriter) {
	w.golomb(1, counts)
	w.column([]uint64{3, 1}, true)
	w.put(own, 2)
	w.head(column{constant, 1})
}

func TestForged(t *testing.T) {
	rows := func(write func(w *bitWriter)) forger {
		return forger{rows: map[Table][]byte{Bots: bitsOf(write)}}
	}
	for name, f := range map[string]forger{
		"bytes behind the tables":    {after: []byte{0}},
		"bytes behind the directory": {between: []byte{0, 0}},
		"a table of no bytes":        {rows: map[Table][]byte{Bots: nil}},
		"a table too long":           {rows: map[Table][]byte{Bots: append(bitsOf(bots), 0)}},
		"a table cut":                {rows: map[Table][]byte{Bots: bitsOf(bots)[:2]}},
		"a length not minimal": {rows: map[Table][]byte{Bots: bitsOf(bots)},
			length: func(n int) []byte { return []byte{byte(n) | 0x80, 0} }},
		"a length beyond the end": {rows: map[Table][]byte{Bots: bitsOf(bots)},
			length: func(n int) []byte { return []byte{byte(n + 1)} }},
		"a length without end": {rows: map[Table][]byte{Bots: bitsOf(bots)},
			length: func(int) []byte { return bytes.Repeat([]byte{0xff}, 12) }},
		"ones to fill the last byte": rows(func(w *bitWriter) { bots(w); w.put(1, 1) }),
		"a label past the last": rows(func(w *bitWriter) {
			w.golomb(1, counts)
			w.column([]uint64{1<<32 - 1, 0}, true)
			w.put(own, 2)
			w.head(column{constant, 1})
		}),
		"gaps that wrap around": rows(func(w *bitWriter) {
			w.golomb(3, counts)
			w.column([]uint64{1 << 62, 1 << 62, 1 << 62, 1<<62 - 4}, true)
			w.put(own, 2)
			w.head(column{constant, 1})
		}),
		"labels of order 31": rows(func(w *bitWriter) {
			w.golomb(1, counts)
			w.head(column{constant, 0})
			w.put(own, 2)
			w.head(column{constant, 1})
		}),
		"an order that is not the shortest": rows(func(w *bitWriter) {
			w.golomb(1, counts)
			w.head(column{4, 1})
			w.numbers(column{4, 1}, []uint64{3, 1})
			w.put(own, 2)
			w.head(column{constant, 1})
		}),
		"a least that is not the least": rows(func(w *bitWriter) {
			w.golomb(1, counts)
			w.column([]uint64{3, 1}, true)
			w.put(own, 2)
			w.head(column{0, 0})
			w.numbers(column{0, 0}, []uint64{1, 1})
		}),
		"an empty row": rows(func(w *bitWriter) {
			w.golomb(1, counts)
			w.column([]uint64{3, 1}, true)
			w.put(own, 2)
			w.column([]uint64{0, 1}, false)
		}),
		"a relation of no kind": rows(func(w *bitWriter) {
			w.golomb(1, counts)
			w.column([]uint64{3, 1}, true)
			w.put(uint64(relEnd), 2)
			w.put(0, 3)
			w.head(column{constant, 1})
		}),
		"a relation to itself": rows(func(w *bitWriter) {
			w.golomb(1, counts)
			w.column([]uint64{3, 1}, true)
			w.put(below, 2)
			w.put(0, 3)
			w.head(column{constant, 1})
		}),
		"a measure below zero": {rows: map[Table][]byte{Referrers: bitsOf(func(w *bitWriter) {
			w.golomb(0, counts)
			w.column([]uint64{3}, true)
			w.put(own, 2)
			w.head(column{constant, 4})
			w.put(below, 2)
			w.put(0, 3)
			w.head(column{constant, 5})
		})}},
	} {
		if d, err := Decode(f.block()); !errors.Is(err, ErrDamaged) || d != nil {
			t.Errorf("%s: got %+v, %v", name, d, err)
		}
	}
	for name, at := range map[string]int{"an unknown flag": 9, "an unknown row table": 16, "an unknown cross": 20} {
		head := encode(t, &Day{})[:headBytes]
		head[at] = 0x80
		f := forger{head: head}
		if d, err := Decode(f.block()); !errors.Is(err, ErrDamaged) || d != nil {
			t.Errorf("%s: got %+v, %v", name, d, err)
		}
	}
}

// A forgedCross is a cell table told by its numbers; the zero one is a cell of
// one at (0, 0).
type forgedCross struct {
	outers, more  uint64   // less 1, beyond one an outer
	values        []uint64 // gaps of inner labels
	gaps, sizes   column   // heads; the numbers are in chunks
	inners, n     column
	firsts, sizeN []uint64 // columns of first outers and of lengths
	chunks        []byte
}

func (x forgedCross) bytes() []byte {
	return append(bitsOf(func(w *bitWriter) {
		w.golomb(x.outers, counts)
		w.golomb(x.more, counts)
		w.golomb(uint64(len(x.values)-1), counts)
		for _, c := range []column{x.gaps, x.sizes, x.inners, x.n} {
			w.head(c)
		}
		w.column(x.values, false)
		w.column(x.firsts, false)
		w.column(x.sizeN, false)
	}), x.chunks...)
}

// cross returns the cell table of so many outers with one cell of one each,
// all at inner label 0.
func cross(outers int) forgedCross {
	x := forgedCross{outers: uint64(outers - 1), values: []uint64{0}, gaps: column{constant, 0}, sizes: column{constant, 0},
		inners: column{0, 0}, n: column{constant, 1}}
	for ; outers > 0; outers -= chunk {
		x.firsts = append(x.firsts, min(uint64(len(x.firsts)), 1)*(chunk-1))
		c := bitsOf(func(w *bitWriter) { w.numbers(x.inners, make([]uint64, min(outers, chunk))) })
		x.sizeN, x.chunks = append(x.sizeN, uint64(len(c))), append(x.chunks, c...)
	}
	return x
}

func TestForgedCells(t *testing.T) {
	forge := func(x forgedCross) []byte {
		f := forger{cells: map[Cross][]byte{PageLoad: x.bytes()}}
		return f.block()
	}
	for _, outers := range []int{1, chunk, chunk + 1, 3*chunk + 5} {
		d, err := Decode(forge(cross(outers)))
		if err != nil || len(d.Cells[PageLoad].N) != outers {
			t.Fatalf("%d outers, left alone: %v", outers, err)
		}
	}
	for name, spoil := range map[string]func(x *forgedCross){
		"a cell of zero":                func(x *forgedCross) { x.n.least = 0 },
		"inner labels of order 31":      func(x *forgedCross) { x.inners.order = constant },
		"an inner label past the last":  func(x *forgedCross) { x.values[0] = 1 << 32 },
		"an inner rank past the last":   func(x *forgedCross) { x.inners.least = 1 },
		"an inner rank far past it":     func(x *forgedCross) { x.inners.least = 1 << 32 },
		"an inner label of no cell":     func(x *forgedCross) { x.values = []uint64{0, 0} },
		"more inner labels than cells":  func(x *forgedCross) { x.values = make([]uint64, chunk+2) },
		"an outer label past the last":  func(x *forgedCross) { x.gaps.least = 1<<32 - 1 },
		"a first outer past the last":   func(x *forgedCross) { x.firsts[1] = 1<<32 - 1 },
		"a chunk that begins too early": func(x *forgedCross) { x.firsts[1]-- },
		"a chunk too long":              func(x *forgedCross) { x.sizeN[0] = 1000 },
		"a chunk too short":             func(x *forgedCross) { x.sizeN[0]-- },
		"bytes behind the chunks":       func(x *forgedCross) { x.chunks = append(x.chunks, 0) },
		"no bytes for the last chunk":   func(x *forgedCross) { x.chunks = x.chunks[:len(x.chunks)-1] },
		"ones to fill the last byte":    func(x *forgedCross) { x.chunks[len(x.chunks)-1] |= 1 },
		"more cells than counted":       func(x *forgedCross) { x.sizes.least = 1 },
		"fewer cells than counted":      func(x *forgedCross) { x.more = 1 },
		"very many cells of an outer":   func(x *forgedCross) { x.sizes.least = MaxCells },
	} {
		x := cross(chunk + 1)
		spoil(&x)
		b := forge(x)
		if d, err := Decode(b); !errors.Is(err, ErrDamaged) || d != nil {
			t.Errorf("%s: got %+v, %v", name, d, err)
		}
		bl := open(t, b)
		for outer := range uint32(40) { // what is read of it may be good, or refused
			if of, err := bl.CellsOf(PageLoad, outer); err != nil && of.N != nil {
				t.Errorf("%s, of %d: got %v, %v", name, outer, of, err)
			}
		}
	}
}

// TestForger makes sure that what TestForged spoils is good when left alone.
func TestForger(t *testing.T) {
	f := forger{rows: map[Table][]byte{Bots: bitsOf(bots)}}
	want := &Day{}
	want.Rows[Bots] = Rows{[]uint32{3, 5}, []uint64{1, 1}}
	if got, err := Decode(f.block()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestAllocation reads tables that claim to hold more than they do.
func TestAllocation(t *testing.T) {
	cells := func(outers, more, values uint64, padding int) []byte {
		return append(bitsOf(func(w *bitWriter) {
			w.golomb(outers, counts)
			w.golomb(more, counts)
			w.golomb(values, counts)
			for _, c := range []column{{constant, 0}, {constant, 1}, {0, 0}, {constant, 1}} {
				w.head(c)
			}
			w.head(column{constant, 0})
			w.head(column{constant, 0})
			w.head(column{constant, 1})
		}), bytes.Repeat([]byte{0xff}, padding)...)
	}
	rows := func(n uint64, padding int) []byte {
		return append(bitsOf(func(w *bitWriter) {
			w.golomb(n, counts)
			w.head(column{0, 0})
		}), bytes.Repeat([]byte{0xff}, padding)...)
	}
	for name, f := range map[string]forger{
		"rows":                  {rows: map[Table][]byte{Sections: rows(MaxRows-1, 100)}},
		"rows, as many as bits": {rows: map[Table][]byte{Sections: rows(799, 100)}},
		"rows, most of all":     {rows: map[Table][]byte{Sections: rows(maxValue, 100)}},
		"cells":                 {cells: map[Cross][]byte{PageLoad: cells(0, MaxCells-1, 0, 100)}},
		"outers":                {cells: map[Cross][]byte{PageLoad: cells(MaxCells-1, 0, 0, 100)}},
		"cells, as many as bits": {cells: map[Cross][]byte{
			PageLoad: cells(100, 680, 9, 100), PageLCP: cells(780, 0, 780, 100), PageINP: cells(0, 780, 0, 100)}},
		"cells, most of all": {cells: map[Cross][]byte{
			PageLoad: cells(maxValue, maxValue, 0, 100), PageLCP: cells(1<<62, 1<<62, 0, 100),
			PageINP: cells(0, 10, maxValue, 100)}},
	} {
		b := f.block()
		if _, err := Decode(b); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: got %v", name, err)
		}
		if got, most := allocated(b), uint64(8*68*len(b)+4096); got > most {
			t.Errorf("%s: %d bytes allocated for %d, want at most %d", name, got, len(b), most)
		}
	}
}

// allocated returns what reading all tables of a block allocates.
func allocated(b []byte) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if bl, err := Open(b); err == nil {
		for t := range tableEnd {
			_, _ = bl.Rows(t) // an error is as good here
		}
		for c := range crossEnd {
			_, _ = bl.Cells(c)
			_, _ = bl.CellsOf(c, 0)
		}
	}
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
