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
// exponential-Golomb code of some order k: with q = v/2^k + 1, as many zeros as
// q has bits less one, then q, then the k low bits of v. (Most numbers are
// small: varints, a byte each at least, took 7.5 bytes a view on the log of a
// year where this takes 2.3.)
//
// Numbers of one kind share a column. Its head is the order in 5 bits and the
// least of them in code of order 0; what follows are the numbers less the least,
// in that order of 0 to 30 which takes the fewest bits, the lower of two. Order
// 31 means that all are the least, and no bits follow; so does a column of no
// numbers, whose least is 0. The labels of rows and the inner labels of cells
// never have order 31: they take a bit each at least, so that the length of a
// table bounds what a reader allocates for it. A label is told as a gap: less
// the one before, less 1, at first less -1.
//
//	row table:  number of rows less 1, order 4
//	            column of label gaps
//	            for each measure, in order:
//	              2 bits: 0 told by itself, 1 as what it lacks of an earlier
//	              measure of its row, 2 as its difference from one, d as 2d if
//	              not negative, else as -2d-1
//	              3 bits, but not for 0: which earlier measure
//	              column of what is told, row by row
//
// The way is taken that needs the fewest bits with its head, of two the one of
// the lower number, then of the earlier measure. Cells are grouped by outer
// label, outers by sixteen into a chunk that can be read alone:
//
//	cell table: number of outers less 1, order 4
//	            number of cells less number of outers, order 4
//	            number of different inner labels less 1, order 4
//	            heads of four columns: outer gaps (not of a chunk's first), cells
//	            of an outer less 1, inner gaps, n; an inner gap lies between the
//	            ranks, from 0, that two labels of an outer have among the inner
//	            labels of the table, at first between rank and -1
//	            column of the gaps of the inner labels of the table
//	            column of the gaps of the chunks' first outers
//	            column of the chunks' lengths in bytes
//	            zeros to a byte
//	            the chunks: its part of each of the four columns, zeros to a byte
//
// Ranks make the room that cells take depend on how many inner labels a day
// has, not on how the store numbers the labels of a month. A row whose measures
// are all zero, and a cell of zero, is not written.
//
// # Guaranteed
//
// Decode(Encode(d)) is d without its empty rows. If Decode accepts b then
// Encode(Decode(b)) is b: what Encode would not have written is refused,
// whatever its checksums say. Open, Rows and Cells refuse all of that but a
// column told in a longer way than need be, which gives the right numbers. A bit
// flipped anywhere is an error from [Decode], and from [Open] or from the
// reading of the table that it is in. No bytes make a function here panic; on
// error they return zero values. A count that the bits left cannot hold is
// refused before anything is allocated for it; a table of constant columns
// takes one bit a row, so that a reader allocates up to 68 bytes a bit.
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
	NoVisitors                          // no visitor has a key: views, and visits as views from elsewhere, only
	Thinned                             // some page's or section's level is above 0
	CappedReferrers                     // as the seven below: a table turned values away into (other)
	CappedOutbound
	CappedDownloads
	CappedFailed
	CappedPages
	CappedSections
	CappedVisits // visits that found no place were counted and not followed
	CappedValues // values of a dimension of some page or section, or browsers of the site
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
	Restarts uint16 // how often the process was started anew during the day
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
