package aggregate

import (
	"slices"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/publish"
)

// A reportDay is one day of a report's range.
type reportDay struct {
	day     hit.Day
	closed  []*storedBlock // whose sum the day is, or what another clock left of the running day
	hour    *storedBlock   // of the running day, as of the last closed hour
	ten     *storedBlock   // of the running day, as of the last closed ten minutes
	damaged bool           // nothing of it can be told
	open    bool           // because it is over and has not been closed

	n      []uint64         // raw totals, in the order of their rule
	scale  uint64           // how often one visitor may be in them
	absent publish.Measures // what the totals of the day cannot tell
}

// dictionary says whose ids a block's labels are: the month's, or for a
// snapshot of the running day its own.
type dictionary struct {
	month    hit.Month
	snapshot *storedBlock
}

// learned is what a report has learned of the labels of one dictionary.
type learned struct {
	label func(id uint32) string
	total finder  // the row that the totals are
	texts int     // ids below have a text
	rows  []int32 // by id: row of the breakdown, -1 unknown

	used   bool     // in the period being read:
	n      []uint64 // by id and measure: sums
	levels []uint64 // by id: largest weight of a filter above level 0
}

// has tells whether every id up to the last of a block's labels has a text.
func (l *learned) has(labels []uint32) bool {
	if len(labels) == 0 {
		return true
	}
	for last := int(labels[len(labels)-1]); l.texts <= last; l.texts++ {
		if l.label(uint32(last)) == "" || l.label(uint32(l.texts)) == "" {
			return false
		}
	}
	return true
}

func (a *answer) learned(b *storedBlock) *learned {
	key := dictionary{month: b.Day.Month()}
	if b.Block.Flags()&block.Running != 0 {
		key = dictionary{snapshot: b}
	}
	l := a.labels[key]
	if l == nil {
		l = &learned{label: b.Label, total: finder{value: a.value, label: b.Label}}
		a.labels[key] = l
	}
	return l
}

// A finder looks for the id of one text in a dictionary.
type finder struct {
	value string
	label func(id uint32) string
	known bool
	id    uint32
	not   []bool // by id: is another text
}

// is tells whether an id is the text's. An id without a text is damage.
func (f *finder) is(id uint32) (same, ok bool) {
	if f.known {
		return id == f.id, true
	}
	if int(id) < len(f.not) && f.not[id] {
		return false, true
	}
	switch f.label(id) {
	case "":
		return false, false
	case f.value:
		f.known, f.id = true, id
		return true, true
	}
	if more := int(id) + 1 - len(f.not); more > 0 {
		f.not = append(f.not, make([]bool, more)...)
	}
	f.not[id] = true
	return false, true
}

// in returns the index of the text's label, or -1.
func (f *finder) in(labels []uint32) (at int, ok bool) {
	if f.known {
		if i, found := slices.BinarySearch(labels, f.id); found {
			return i, true
		}
		return -1, true
	}
	for i, id := range labels {
		if same, ok := f.is(id); same || !ok {
			return i, ok
		}
	}
	return -1, true
}

// group puts blocks to their days. Nothing can be told of a day that cannot be
// read, nor of one before the running day of which there is only a snapshot: it
// has not been closed.
func (a *answer) group(stored []storedBlock) {
	a.days = make([]reportDay, int(a.to-a.from)+1)
	for i := range a.days {
		a.days[i] = reportDay{day: a.from + hit.Day(i), scale: 1}
	}
	for i := range stored {
		b := &stored[i]
		if b.Day < a.from || b.Day > a.to {
			continue
		}
		d := &a.days[b.Day-a.from]
		switch {
		case b.Block == nil:
			d.damaged = true
		case b.Block.Flags()&block.Running == 0:
			d.closed = append(d.closed, b)
		case b.Day != a.today:
			d.damaged, d.open = true, true
		case b.Block.Flags()&block.Tens != 0:
			d.ten = b
		default:
			d.hour = b
		}
	}
}

// blocks returns those that tables are read from; tens where the snapshot of
// ten minutes has the table.
func (d *reportDay) blocks(tens bool) []*storedBlock {
	snapshot := d.hour
	if tens && d.ten != nil {
		snapshot = d.ten
	}
	if snapshot == nil {
		return d.closed
	}
	return append(d.closed[:len(d.closed):len(d.closed)], snapshot)
}

// spoil makes the day one of which nothing can be read.
func (d *reportDay) spoil() {
	clear(d.n)
	d.damaged, d.scale, d.absent = true, 1, everything
}

// seen returns how often the day may have counted one visitor for want of the
// secret, and the level of the site's filter. Each block began with filters
// of its own, so their starts add up.
func (d *reportDay) seen(blocks []*storedBlock) (times uint64, level uint8) {
	for _, b := range blocks {
		times += 1 + uint64(b.Block.Restarts())
		level = max(level, b.Block.Level())
	}
	return max(times, 1), level
}

// unmeasured returns what the blocks cannot tell: visits that were not measured,
// the ends of visits of a day that is not over, and everything of a running
// day without a snapshot.
func (d *reportDay) unmeasured(blocks []*storedBlock, today hit.Day) publish.Measures {
	if d.damaged || d.day == today && len(blocks) == 0 {
		return everything
	}
	var absent publish.Measures
	for _, b := range blocks {
		if b.Block.Flags()&block.NoVisitors != 0 {
			absent |= publish.MeasuresOf(publish.Visitors, publish.Bounces, publish.VisitTime, publish.Entries, publish.Exits)
		}
		if b.Block.Flags()&block.Running != 0 {
			absent |= publish.MeasuresOf(publish.Bounces, publish.VisitTime, publish.Exits)
		}
	}
	return absent
}

// weight returns scale x 2^level. A level above 40 counts as 40.
func weight(scale, level uint64) uint64 { return scale << min(level, 40) }

// readTotals reads the row that the totals are from every day.
func (a *answer) readTotals() {
	for i := range a.days {
		d := &a.days[i]
		blocks := d.blocks(a.totalsTens())
		d.n = make([]uint64, len(a.totals.columns))
		d.absent = d.unmeasured(blocks, a.today)
		if d.damaged || !a.readTotal(d, blocks) {
			d.spoil()
		}
	}
}

// readTotal adds up one day; false if a block is damaged.
func (a *answer) readTotal(d *reportDay, blocks []*storedBlock) bool {
	times, level := d.seen(blocks)
	if d.scale = times; a.totals.level < 0 {
		d.scale = weight(times, uint64(level))
	}
	for _, b := range blocks {
		rows, width := &a.buffer, a.totals.width(b)
		if b.Block.Read(a.totals.table, width, rows) != nil {
			return false
		}
		at, ok := 0, true
		if a.value != "" {
			at, ok = a.learned(b).total.in(rows.Labels)
		}
		if !ok {
			return false
		}
		if at < 0 || at >= len(rows.Labels) {
			continue
		}
		n := rows.N[at*width:][:width]
		for m, c := range a.totals.columns {
			d.n[m] += n[c]
		}
		if a.totals.leveled(b) {
			d.scale = max(d.scale, weight(times, n[a.totals.level]))
		}
	}
	return true
}
