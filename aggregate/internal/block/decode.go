package block

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"math/bits"
)

// Block is an encoded day whose head has been read and checked. It refers to
// the bytes it was opened from; they must not change while it is used.
type Block struct {
	flags    Flags
	restarts uint16
	level    uint8
	rows     [tableEnd]part
	cells    [crossEnd]part
}

// part is a table's bytes and what their checksum should be.
type part struct {
	b   []byte
	sum uint32
}

// Open reads the head of a block and decodes no table. The error is
// [ErrDamaged], or [ErrVersion] for a block of a newer version.
func Open(b []byte) (*Block, error) {
	if len(b) < headBytes+4 || string(b[:3]) != magic || b[3] == 0 {
		return nil, ErrDamaged
	}
	if b[3] > Version {
		return nil, ErrVersion
	}
	le := binary.LittleEndian
	rows, cells := le.Uint32(b[13:]), le.Uint32(b[17:])
	if uint64(le.Uint32(b[4:])) != uint64(len(b)) || rows >= 1<<tableEnd || cells >= 1<<crossEnd {
		return nil, ErrDamaged
	}
	bl := &Block{flags: Flags(le.Uint16(b[8:])), restarts: le.Uint16(b[10:]), level: b[12]}
	var lengths [tableEnd + Table(crossEnd)]uint32
	at, ok := headBytes, true
	present := uint64(rows) | uint64(cells)<<tableEnd
	for rest := present; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(rest)
		if lengths[i], at, ok = length(b, at); !ok {
			return nil, ErrDamaged
		}
		bl.part(i).sum = le.Uint32(b[at:])
		at += 4
	}
	if at+4 > len(b) || crc32.Checksum(b[:at], castagnoli) != le.Uint32(b[at:]) || bl.flags >= flagsEnd {
		return nil, ErrDamaged
	}
	body := b[at+4:]
	for rest := present; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(rest)
		if uint64(lengths[i]) > uint64(len(body)) {
			return nil, ErrDamaged
		}
		bl.part(i).b, body = body[:lengths[i]:lengths[i]], body[lengths[i]:]
	}
	if len(body) > 0 {
		return nil, ErrDamaged
	}
	return bl, nil
}

// length reads a table's length in the directory, with a checksum behind it.
func length(b []byte, at int) (v uint32, next int, ok bool) {
	x, n := binary.Uvarint(b[at:])
	if n <= 0 || x == 0 || x > math.MaxUint32 || n > 1 && b[at+n-1] == 0 || at+n+4 > len(b) {
		return 0, 0, false
	}
	return uint32(x), at + n, true
}

// part returns the table with the number i in the directory's order.
func (bl *Block) part(i int) *part {
	if i < int(tableEnd) {
		return &bl.rows[i]
	}
	return &bl.cells[i-int(tableEnd)]
}

// bytes returns the table if it is the one that was written.
func (p *part) bytes() ([]byte, error) {
	if crc32.Checksum(p.b, castagnoli) != p.sum {
		return nil, ErrDamaged
	}
	return p.b, nil
}

// Whole tells whether every table is the one that was written, by its checksum.
func (bl *Block) Whole() bool {
	for i := range int(tableEnd) + int(crossEnd) {
		if _, err := bl.part(i).bytes(); err != nil {
			return false
		}
	}
	return true
}

// Flags tells how the day was counted.
func (bl *Block) Flags() Flags { return bl.flags }

// Restarts returns how often the process was started anew during the day.
func (bl *Block) Restarts() uint16 { return bl.restarts }

// Level returns k of the site's filter at the end of the day.
func (bl *Block) Level() uint8 { return bl.level }

// Decode reads a whole block and refuses it if Encode would not have written
// these very bytes.
func Decode(b []byte) (*Day, error) {
	bl, err := Open(b)
	if err != nil {
		return nil, err
	}
	d := &Day{Flags: bl.flags, Restarts: bl.restarts, Level: bl.level}
	for t := range tableEnd {
		if d.Rows[t], err = bl.Rows(t); err != nil {
			return nil, err
		}
	}
	for c := range crossEnd {
		if d.Cells[c], err = bl.Cells(c); err != nil {
			return nil, err
		}
	}
	if again, err := Encode(d); err != nil || !bytes.Equal(again, b) {
		return nil, ErrDamaged
	}
	return d, nil
}

// Rows decodes one table. A table that is not there has no rows and is no
// error; a damaged one is [ErrDamaged] with the table's name.
func (bl *Block) Rows(t Table) (Rows, error) {
	var rows Rows
	if err := bl.Read(t, Width(t), &rows); err != nil {
		return Rows{}, err
	}
	return rows, nil
}

// Read is Rows for those who scan many blocks: it decodes the first measures
// of each row only, as many as asked for from 1 to [Width], so that N holds that
// many a label, and uses the slices of into again. What it skips it checks by
// checksum alone. On error into is without rows.
func (bl *Block) Read(t Table, measures int, into *Rows) error {
	into.Labels, into.N = into.Labels[:0], into.N[:0]
	if t >= tableEnd || len(bl.rows[t].b) == 0 {
		return nil
	}
	b, err := bl.rows[t].bytes()
	if err == nil && !decodeRows(b, Width(t), max(1, min(measures, Width(t))), into) {
		err = ErrDamaged
	}
	if err != nil {
		into.Labels, into.N = into.Labels[:0], into.N[:0]
		return fmt.Errorf("%v: %w", t, err)
	}
	return nil
}
