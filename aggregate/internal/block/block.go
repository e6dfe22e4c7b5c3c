// Package block is one closed day of one site as bytes: a pure codec, no I/O.
//
// What enters: a [Day], counters by label, labels being the ids under which
// the store keeps their text. What leaves: bytes that one Encode writes in one
// way only, and from which a question decodes just the tables it touches.
//
// # Format
//
// Integers of fixed width are little-endian.
//
//	bytes  what
//	3      magic "ffb"
//	1      version, 1
//	4      length of the whole block
//	2      flags
//	2      restarts
//	1      level, k of the site's filter
//	4      set of the row tables that are here: bit t for table t
//	4      set of the cell tables that are here: bit c for cross c
//	       for each of these, rows before cells, in order of number:
//	1-5      its length, a minimal uvarint, not 0
//	4        CRC-32C of its bytes
//	4      CRC-32C of everything above
//	       the tables in that order, nothing between them or after
//
// A table without rows is not there. So a table's offset is the sum of the
// lengths before it, and the smallest block has 25 bytes.
//
// A table is a string of bits, the highest bit of a byte first, filled up with
// zeros to a byte. Its numbers, all below 2^63, are written in
// exponential-Golomb code of some order k: with q = (v>>k)+1, as many zeros as
// q has bits less one, q, and the k low bits of v. Numbers of one kind share a
// column: in front of them its order stands in 6 bits and its least value in
// code of order 0, and what follows are the numbers less that least value.
// Order is the mean bit length of these, rounded to the nearest, halves up.
// Where all are zero, or there are none, the order is 63 and no bits follow;
// but the labels of rows and the inner labels of cells, which bound what a
// reader must allocate, take a bit each and have order 0 then. An order is
// never above 62 otherwise.
//
//	row table:  number of rows less 1, order 4
//	            column of labels, each less the one before, less 1
//	            for each measure a column, row by row
//
// Cells are grouped by outer label, outers by sixteen into a chunk that can be
// read alone:
//
//	cell table: number of outers less 1, number of cells less outers, order 4
//	            columns' heads: outers, cells of an outer less 1, inners, n
//	            column of the chunks' first outers, each less the one before, less 1
//	            column of the chunks' lengths in bytes
//	            zeros to a byte, then the chunks, each filled up to a byte:
//	              for each outer: its label less the one before, less 1 (not for
//	              the first of the chunk), its cells less 1, then for each cell
//	              its inner label less the one before (-1 at first), less 1, then
//	              for each cell n
//
// A row whose measures are all zero, and a cell of zero, is not written.
//
// # Guaranteed
//
// Decode(Encode(d)) is d without its empty rows, and Encode(Decode(b)) is b: a
// block that Encode would not have written is refused, whatever its checksums
// say. A single bit flipped anywhere is an error from [Decode], and from
// [Open] or from the reading of the table it is in. No bytes make a function
// here panic; on error they return zero values. A count that the bytes left
// cannot hold is refused before anything is allocated for it: a reader
// allocates at most 64 bytes a bit of input.
//
// Not guaranteed: that the counters make sense together; check does that.
package block

import "errors"

// Version is the version of the format that Encode writes.
const Version = 1

var (
	// ErrDamaged tells that the bytes are no block, or not the one that was written.
	ErrDamaged = errors.New("damaged block")
	// ErrVersion tells that a newer release wrote the block.
	ErrVersion = errors.New("block of a newer version")
)

// Flags tell how a day was counted.
type Flags uint16

// The flags.
const (
	Imported          Flags = 1 << iota // made from logs, not from beacons
	ObjectionsUnknown                   // the logs did not tell GPC, DNT or refusals
	Running                             // a snapshot of a day that is not over: no exits, bounces, visit seconds
	Tens                                // a snapshot of ten minutes: totals, errors, status classes only
	NoVisits                            // visits are not measured
	flagsEnd
)

// Limits of a table. A day's caps lie well below them.
const (
	MaxRows  = 1 << 18 // rows of a table
	MaxCells = 1 << 22 // cells of a cross
	maxValue = 1<<63 - 1
)

// Day is a closed day: what Encode takes and Decode gives.
type Day struct {
	Flags    Flags
	Restarts uint16 // how often the process started during the day, less one
	Level    uint8  // k of the site's filter at the end of the day
	Rows     [tableEnd]Rows
	Cells    [crossEnd]Cells
}

// Rows are a table's rows. N holds [Width] measures of each, row by row, each
// below 2^63. The zero Rows is a table without rows.
type Rows struct {
	Labels []uint32 // strictly ascending
	N      []uint64
}

// Cells are the counters of two labels crossed, each below 2^63. The zero
// Cells is a table without cells.
type Cells struct {
	Outer, Inner []uint32 // strictly ascending by (outer, inner)
	N            []uint64
}
