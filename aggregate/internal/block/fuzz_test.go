package block

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

// sealed gives a block the length and the checksums that its bytes ask for, so
// that the fuzzer gets past them; false if there is no directory to read.
func sealed(b []byte) ([]byte, bool) {
	if len(b) < headBytes+4 {
		return nil, false
	}
	b = slices.Clone(b)
	le := binary.LittleEndian
	copy(b, magic)
	b[3] = Version
	le.PutUint32(b[4:], uint32(len(b)))
	le.PutUint32(b[13:], le.Uint32(b[13:])&(1<<tableEnd-1))
	le.PutUint32(b[17:], le.Uint32(b[17:])&(1<<crossEnd-1))
	var sums, lengths []int
	at := headBytes
	for i := range 64 {
		if le.Uint64(b[13:])>>i&1 == 0 {
			continue
		}
		n, next, ok := length(b, at)
		if !ok {
			return nil, false
		}
		sums, lengths = append(sums, next), append(lengths, int(n))
		at = next + 4
	}
	if at+4 > len(b) {
		return nil, false
	}
	body := b[at+4:]
	for i, n := range lengths {
		n = min(n, len(body))
		le.PutUint32(b[sums[i]:], crc32.Checksum(body[:n], castagnoli))
		body = body[n:]
	}
	le.PutUint32(b[at:], crc32.Checksum(b[:at], castagnoli))
	return b, true
}

func seeds(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("testdata/v*/*.block")
	if err != nil || len(files) == 0 {
		f.Fatalf("no fixtures: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

// FuzzDecode holds that decoding then encoding is the identity, that every
// reader agrees with Decode, and that none panics or allocates without measure.
func FuzzDecode(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		identity(t, b)
		if b, ok := sealed(b); ok {
			identity(t, b)
			if got, most := allocated(b), uint64(3*8*68*len(b)+1<<16); got > most {
				t.Errorf("%d bytes allocated for %d", got, len(b))
			}
		}
	})
}

func identity(t *testing.T, b []byte) {
	t.Helper()
	d, err := Decode(b)
	if err != nil {
		return
	}
	if again := encode(t, d); !bytes.Equal(again, b) {
		t.Fatalf("got %x\nwant %x", again, b)
	}
	bl := open(t, b)
	for cross := range crossEnd {
		all := d.Cells[cross]
		for i, outer := range all.Outer {
			if i > 0 && outer == all.Outer[i-1] || i > 1000 {
				continue
			}
			want := filter(all, func(j int) bool { return all.Outer[j] == outer })
			if got, err := bl.CellsOf(cross, outer); err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("%v of %d: got %v, %v, want %v", cross, outer, got, err, want)
			}
		}
	}
}

// FuzzTables reads bytes as a table of each width and as cells, without any
// checksum: what is accepted must come back from what Encode makes of it.
func FuzzTables(f *testing.F) {
	bl := open(f, encode(f, sample()))
	for _, p := range bl.rows {
		f.Add(p.b)
	}
	for _, p := range bl.cells {
		f.Add(p.b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for width := 1; width <= 8; width++ {
			var rows, back Rows
			if !decodeRows(b, width, width, &rows) {
				continue
			}
			again, err := encodeRows(&rows, width)
			if err != nil || !decodeRows(again, width, width, &back) || !reflect.DeepEqual(back, rows) {
				t.Fatalf("width %d: %v: got %v, want %v", width, err, back, rows)
			}
		}
		cells, ok := decodeCells(b)
		if !ok {
			return
		}
		again, err := encodeCells(&cells)
		back, ok := decodeCells(again)
		if err != nil || !ok || !reflect.DeepEqual(back, cells) {
			t.Fatalf("%v: got %v, want %v", err, back, cells)
		}
	})
}

func decodeCells(b []byte) (Cells, bool) {
	r, ok := newCellReader(b)
	if !ok {
		return Cells{}, false
	}
	return r.all()
}
