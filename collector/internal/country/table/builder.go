package table

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"time"

	"footfall/aggregate/hit"
)

// What Add answers.
var (
	errRange = errors.New("a range of addresses ends before it begins, or is of two families")
	errOrder = errors.New("ranges of addresses overlap or are out of order")
)

// A Builder makes a Table of ranges. The zero Builder is empty.
type Builder struct {
	families [2]family // IPv4, IPv6
}

// family is what was added of one family of addresses.
type family struct {
	runs []run
	any  bool
	last netip.Addr // of the range added last, where any
}

// run is a range that lasts until the next.
type run struct {
	start   uint64 // a /24 or /48, counted from zero
	country hit.Country
}

// Add says that the addresses from first to last, both included, are of a
// country. Ranges of one family come in ascending order and do not overlap;
// what no range covers is unknown, as is what has the zero Country or one that
// is not on the list.
func (b *Builder) Add(first, last netip.Addr, c hit.Country) error {
	if !first.IsValid() || first.BitLen() != last.BitLen() || last.Less(first) {
		return errRange
	}
	f := &b.families[0]
	if first.Is6() {
		f = &b.families[1]
	}
	if f.any && !f.last.Less(first) {
		return errOrder
	}
	f.any, f.last = true, last
	if ParseCountry(c.String()) != c {
		c = hit.Country{}
	}
	from, to := cells(first, last)
	if from < to {
		f.put(from, c)
		f.put(to, hit.Country{})
	}
	return nil
}

// put begins a run. What the range before left open, to be unknown, gives way
// to a range that begins where it ended.
func (f *family) put(start uint64, c hit.Country) {
	if n := len(f.runs); n > 0 && f.runs[n-1].start == start {
		f.runs = f.runs[:n-1]
	}
	var before hit.Country
	if n := len(f.runs); n > 0 {
		before = f.runs[n-1].country
	}
	if c != before {
		f.runs = append(f.runs, run{start, c})
	}
}

// cells returns the /24 or /48 whose first address lies in the range: from
// the first up to, and without, the second.
func cells(first, last netip.Addr) (from, to uint64) {
	if first.Is4() {
		a, z := first.As4(), last.As4()
		return (uint64(binary.BigEndian.Uint32(a[:])) + 0xff) >> 8, uint64(binary.BigEndian.Uint32(z[:]))>>8 + 1
	}
	a, z := first.As16(), last.As16()
	from = binary.BigEndian.Uint64(a[:]) >> 16
	if [10]byte(a[6:]) != [10]byte{} {
		from++
	}
	return from, binary.BigEndian.Uint64(z[:])>>16 + 1
}

// Table returns the table of what was added; made is when its source was
// made, to the second.
func (b *Builder) Table(made time.Time) *Table {
	t := &Table{countries: b.countries(), made: time.Unix(max(made.Unix(), 0), 0).UTC()}
	index := make(map[hit.Country]uint64, len(t.countries))
	for i, c := range t.countries {
		index[c] = uint64(i)
	}
	for i := range b.families {
		f := &b.families[i]
		ends := uint64(1) << [2]int{GrainV4, GrainV6}[i] // where a run that lasts to the last address is not closed
		for _, r := range f.runs {
			switch entry := r.start<<8 | index[r.country]; {
			case r.start == ends:
			case i == 0:
				t.v4 = append(t.v4, uint32(entry))
			default:
				t.v6 = append(t.v6, entry)
			}
		}
	}
	t.v4, t.v6 = slices.Clip(t.v4), slices.Clip(t.v6)
	return t
}

// countries returns unknown and then, ascending, each country of a run.
func (b *Builder) countries() []hit.Country {
	seen := make(map[hit.Country]bool)
	out := []hit.Country{{}}
	for i := range b.families {
		for _, r := range b.families[i].runs {
			if r.country != (hit.Country{}) && !seen[r.country] {
				seen[r.country] = true
				out = append(out, r.country)
			}
		}
	}
	slices.SortFunc(out, func(x, y hit.Country) int { return int(x.Code()) - int(y.Code()) })
	return out
}
