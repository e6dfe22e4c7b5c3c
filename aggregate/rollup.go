package aggregate

import (
	"encoding/binary"
	"hash/crc32"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/internal/store"
)

// A roll-up is the sum of the days of one ISO week or calendar month that is
// over: what its days' blocks hold, added up label by label, and nothing else.
// Questions about weeks, four and thirteen weeks, months and years read roll-ups
// in place of days. One stands only while the blocks of its days stand as they
// are (package store drops it with the first change), so that it may be made at
// any time, by anyone, from them alone, and is always the same bytes.
//
//	1                            version
//	for each day of the period:
//	  uvarint                    blocks
//	  uvarint                    restarts of all of them
//	  uvarint                    largest level of the site's filter
//	  uvarint                    flags of any of them
//	uvarint                      pieces: months that the period has days in
//	uvarint                      length of each piece but the last
//	CRC-32C                      of all before, 4 bytes big-endian
//	pieces                       a block each, under the ids of its month
//
// In a piece the level of a page or section is no level but the largest weight,
// (1 + restarts) x 2^level, of the days on which its filter had one above 0.
// The hours of a week are those of the week, 0 to 167, Monday first.
const rollUpVersion = 1

// A sumPeriod is the period of a roll-up.
type sumPeriod struct {
	kind  store.SumKind
	first hit.Day
}

func monthSum(m hit.Month) sumPeriod    { return sumPeriod{store.SumMonth, m.First()} }
func weekSum(monday hit.Day) sumPeriod  { return sumPeriod{store.SumWeek, monday} }
func (p sumPeriod) months() []hit.Month { return monthsOf(p.first, p.last()) }

// last returns the period's last day.
func (p sumPeriod) last() hit.Day {
	if p.kind == store.SumMonth {
		return p.first.Month().Last()
	}
	return p.first + 6
}

func (p sumPeriod) String() string {
	if p.kind == store.SumMonth {
		return p.first.Month().String()
	}
	return p.first.Week()
}

// monthsOf returns the months that have a day in [from, to].
func monthsOf(from, to hit.Day) []hit.Month {
	var out []hit.Month
	for m := from.Month(); m <= to.Month(); m++ {
		out = append(out, m)
	}
	return out
}

// dayFacts are what a report must know of a closed day beside its numbers.
type dayFacts struct {
	blocks   uint64
	restarts uint64
	level    uint8
	flags    block.Flags
}

func (f *dayFacts) add(b *block.Block) {
	f.blocks++
	f.restarts += uint64(b.Restarts())
	f.level = max(f.level, b.Level())
	f.flags |= b.Flags()
}

// times is how often the day may have counted one visitor for want of the
// secret: each block began with filters of its own, so their starts add up.
func (f *dayFacts) times() uint64 { return max(1, f.blocks+f.restarts) }

// A rollUp is one as it was read: its pieces have been opened, no table decoded.
type rollUp struct {
	period sumPeriod
	days   []dayFacts
	pieces []*block.Block // by month; nil: no day has anything there
}

// encodeRollUp writes a roll-up.
func encodeRollUp(days []dayFacts, pieces []*block.Day) ([]byte, error) {
	out := []byte{rollUpVersion}
	for _, d := range days {
		out = binary.AppendUvarint(out, d.blocks)
		out = binary.AppendUvarint(out, d.restarts)
		out = binary.AppendUvarint(out, uint64(d.level))
		out = binary.AppendUvarint(out, uint64(d.flags))
	}
	out = binary.AppendUvarint(out, uint64(len(pieces)))
	var bodies []byte
	for i, piece := range pieces {
		b, err := block.Encode(piece)
		if err != nil {
			return nil, err
		}
		if i < len(pieces)-1 {
			out = binary.AppendUvarint(out, uint64(len(b)))
		}
		bodies = append(bodies, b...)
	}
	out = binary.BigEndian.AppendUint32(out, crc32.Checksum(out, castagnoli))
	return append(out, bodies...), nil
}

// openRollUp reads the head of a roll-up; false if it is damaged, or of a
// version that this program does not know, which is as good as none.
func openRollUp(p sumPeriod, b []byte) (*rollUp, bool) {
	if len(b) == 0 || b[0] != rollUpVersion {
		return nil, false
	}
	r := &recordReader{b: b[1:]}
	out := &rollUp{period: p, days: make([]dayFacts, p.last()-p.first+1)}
	for i := range out.days {
		d := &out.days[i]
		d.blocks, d.restarts = uint64(r.number()), uint64(r.number())
		d.level, d.flags = uint8(r.number()), block.Flags(r.number())
	}
	n, first := int(r.number()), uint64(0)
	if r.bad || n != len(p.months()) {
		return nil, false
	}
	if n == 2 {
		first = uint64(r.number())
	}
	if r.bad || len(r.b) < 4 || crc32.Checksum(b[:len(b)-len(r.b)], castagnoli) != binary.BigEndian.Uint32(r.b) {
		return nil, false
	}
	rest := r.b[4:]
	if first > uint64(len(rest)) {
		return nil, false
	}
	for _, piece := range [][]byte{rest[:first], rest[first:]}[2-n:] {
		opened, err := block.Open(piece)
		if err != nil {
			return nil, false
		}
		out.pieces = append(out.pieces, opened)
	}
	return out, true
}
