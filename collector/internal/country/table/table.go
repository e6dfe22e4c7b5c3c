// Package table maps truncated prefixes to countries.
//
// What enters: ranges of addresses with their countries, in order ([Builder]),
// or a table that was packed before ([Decode]). What leaves: the country of a
// prefix ([Table.Lookup]), and the table packed ([Encode]).
//
// Guaranteed: nothing finer than an IPv4 /24 or an IPv6 /48 is held or told
// apart, whatever prefix is asked about and whatever the source knew; every
// country is on a closed list, everything else is the zero [hit.Country]; a
// Table never changes, so that any number of goroutines may ask it; a lookup
// allocates nothing; bytes that Encode would not have made are refused.
// Not guaranteed: that the source was right.
//
// A block of addresses that is divided between countries within its /24 or /48
// has the country of its first address; a prefix that is wider has the country
// of its first /24 or /48.
//
// The package computes; it reads and writes no file.
//
// # Packed form
//
// gzip of, integers big-endian, varints unsigned and of least length:
//
//	8   "ffctry1\n"
//	4   length of the body in bytes
//	4   CRC-32C of the body
//	body:
//	    varint  when the source was made, seconds since 1970 UTC
//	    varint  number of countries, then two letters for each, ascending,
//	            none that no range has
//	    twice, for IPv4 and for IPv6:
//	        varint  number of ranges
//	        varint  for each range, how many /24 or /48 its start lies after
//	                the start before (the first: after zero)
//	        1       for each range, its country: 0 unknown, else place in the list
//
// A range ends where the next begins, the last with the addresses. Neighbours
// differ in country; what lies before the first range is unknown, so the first
// range is not.
package table

import (
	"encoding/binary"
	"net/netip"
	"time"

	"footfall/aggregate/hit"
)

// The finest that a table knows, in bits of prefix.
const (
	GrainV4 = 24
	GrainV6 = 48
)

// A Table tells the country of a prefix. It is made by a [Builder] or by
// [Decode] and never changes. The zero Table knows no country.
type Table struct {
	// The starts of ranges, ascending: the /24 or /48 above the low 8 bits,
	// which index countries.
	v4        []uint32
	v6        []uint64
	countries []hit.Country // 0 is unknown, then ascending
	made      time.Time
}

// Made returns when the source of the table was made, in UTC.
func (t *Table) Made() time.Time { return t.made }

// Ranges returns how many ranges of IPv4 and of IPv6 the table tells apart.
func (t *Table) Ranges() (v4, v6 int) { return len(t.v4), len(t.v6) }

// Lookup returns the country of a prefix, by the first 24 or 48 bits of its
// first address; the zero Country where it is unknown or the prefix is invalid.
// A prefix of v4-mapped addresses is taken for the IPv4 prefix in it.
func (t *Table) Lookup(p netip.Prefix) hit.Country {
	a := p.Masked().Addr().Unmap()
	switch {
	case !a.IsValid():
		return hit.Country{}
	case a.Is4():
		b := a.As4()
		return t.of(uint8(last(t.v4, binary.BigEndian.Uint32(b[:])|0xff)))
	}
	b := a.As16()
	return t.of(uint8(last(t.v6, binary.BigEndian.Uint64(b[:])>>16<<8|0xff)))
}

// of returns the country at an index; 0 is unknown in every table.
func (t *Table) of(index uint8) hit.Country {
	if index == 0 {
		return hit.Country{}
	}
	return t.countries[index]
}

// last returns the last element that is not above key, and 0 if all are.
func last[T uint32 | uint64](ascending []T, key T) T {
	low, high := 0, len(ascending)
	for low < high {
		if mid := int(uint(low+high) / 2); ascending[mid] <= key {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == 0 {
		return 0
	}
	return ascending[low-1]
}
