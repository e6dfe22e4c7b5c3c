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
