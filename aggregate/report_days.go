package aggregate

import (
	"iter"
	"slices"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/publish"
)

// A reportDay is one day of a report's range.
type reportDay struct {
	day     hit.Day
	needed  bool // its blocks are read: no roll-up stands for it
	closed  []*piece
	hour    *piece // of the running day, as of the last closed hour
	ten     *piece // of the running day, as of the last closed ten minutes
	damaged bool   // nothing of it can be told
	open    bool   // because it is over and has not been closed
	facts   dayFacts
}

// A piece is a block that numbers are read from.
type piece struct {
	block *block.Block
	month hit.Month   // whose dictionary its labels are of
	texts []string    // of a snapshot: its own labels
	words *monthWords // what its labels stand for, once asked for
}

// A unit is what is read at once: a roll-up, or one day.
type unit struct {
	sum    *rollUp
	period sumPeriod
	day    *reportDay
	pieces []*piece // of a roll-up

	read   bool             // what follows is known:
	n      []uint64         // raw totals, in the order of their rule
	scale  uint64           // how often one visitor may be in them
	absent publish.Measures // what they cannot tell
}

// begin makes the days of the range and puts the snapshots to theirs. Nothing
// can be told of a day that cannot be read, nor of one before the running day of
// which there is only a snapshot: it has not been closed.
func (a *answer) begin() {
	a.days = make([]reportDay, int(a.to-a.from)+1)
	for i := range a.days {
		a.days[i].day = a.from + hit.Day(i)
		a.days[i].damaged = a.bad.days[a.days[i].day]
	}
	a.view.snapshots(func(day hit.Day, b []byte) {
		if day < a.from || day > a.to {
			return
		}
		d := &a.days[day-a.from]
		texts, rest, err := cutPortable(b)
		if err != nil {
			d.damaged = true
			return
		}
		opened, err := block.Open(rest)
		switch {
		case err != nil:
			d.damaged = true
		case day != a.today:
			d.damaged, d.open = true, true
		case opened.Flags()&block.Tens != 0:
			d.ten = &piece{block: opened, texts: texts}
		default:
			d.hour = &piece{block: opened, texts: texts}
		}
	})
}

// load opens what the question needs: the roll-ups of whole periods, and the
// blocks of every other day.
func (a *answer) load() error {
	if len(a.days) == 0 {
		return nil
	}
	for _, list := range [][]publish.Period{a.parts, a.timePeriods(), a.rowParts()} {
		for _, p := range list {
			for _, s := range sumsOf(p) {
				a.loadSum(s)
			}
			if p.Kind == publish.Day {
				a.days[p.From-a.from].needed = true
			}
		}
	}
	return a.loadDays()
}

// sumsOf returns the periods whose roll-ups make up a published period.
func sumsOf(p publish.Period) []sumPeriod {
	var out []sumPeriod
	switch p.Kind {
	case publish.Month, publish.Year:
		for _, m := range monthsOf(p.From, p.To) {
			out = append(out, monthSum(m))
		}
	case publish.Week, publish.FourWeeks, publish.ThirteenWeeks:
		for d := p.From; d <= p.To; d += 7 {
			out = append(out, weekSum(d))
		}
	}
	return out
}

// loadSum opens a roll-up, or marks its days as needed. A day that is known to be
// damaged is in no roll-up that answers.
func (a *answer) loadSum(s sumPeriod) {
	if a.units[s] != nil {
		return
	}
	days := a.days[s.first-a.from : s.last()-a.from+1]
	whole := !a.bad.sums[s] && !slices.ContainsFunc(days, func(d reportDay) bool { return d.damaged })
	if whole {
		if b := a.view.sum(s); b != nil {
			if sum, ok := openRollUp(s, b); ok {
				u := &unit{sum: sum, period: s}
				for i, m := range s.months() {
					u.pieces = append(u.pieces, &piece{block: sum.pieces[i], month: m})
				}
				a.units[s] = u
				for i := range days {
					days[i].facts = sum.days[i]
				}
				return
			}
		}
	}
	for i := range days {
		days[i].needed = true
	}
}

// loadDays opens the blocks of the days that are needed.
func (a *answer) loadDays() error {
	for i := 0; i < len(a.days); i++ {
		if !a.days[i].needed {
			continue
		}
		first := i
		for i+1 < len(a.days) && a.days[i+1].needed {
			i++
		}
		err := a.view.days(a.days[first].day, a.days[i].day, func(day hit.Day, b []byte) {
			d := &a.days[day-a.from]
			if d.damaged {
				return
			}
			opened, err := block.Open(b)
			if err != nil {
				a.bad.day(day)
				return
			}
			d.closed = append(d.closed, &piece{block: opened, month: day.Month()})
		})
		if err != nil {
			return err
		}
	}
	for i := range a.days {
		if d := &a.days[i]; d.needed && !d.damaged {
			d.facts = dayFacts{}
			for _, p := range d.blocks(true) {
				d.facts.add(p.block)
			}
		}
	}
	return nil
}

// cover returns what a published period is read from.
func (a *answer) cover(p publish.Period) iter.Seq[*unit] {
	return func(yield func(*unit) bool) {
		days := func(from, to hit.Day) bool {
			for d := from; d <= to; d++ {
				if !yield(a.dayUnit(d)) {
					return false
				}
			}
			return true
		}
		sums := sumsOf(p)
		if sums == nil {
			days(p.From, p.To)
			return
		}
		for _, s := range sums {
			if u := a.units[s]; u != nil {
				if !yield(u) {
					return
				}
			} else if !days(s.first, s.last()) {
				return
			}
		}
	}
}

func (a *answer) dayUnit(d hit.Day) *unit {
	key := sumPeriod{first: d}
	u := a.units[key]
	if u == nil {
		u = &unit{day: &a.days[d-a.from]}
		a.units[key] = u
	}
	return u
}

// blocks returns those that tables are read from; tens where the snapshot of
// ten minutes has the table.
func (d *reportDay) blocks(tens bool) []*piece {
	snapshot := d.hour
	if tens && d.ten != nil {
		snapshot = d.ten
	}
	if snapshot == nil {
		return d.closed
	}
	return append(d.closed[:len(d.closed):len(d.closed)], snapshot)
}

// blocks returns what tables are read from, none of a damaged day.
func (u *unit) blocks(tens bool) []*piece {
	switch {
	case u.sum != nil:
		return u.pieces
	case u.day.damaged:
		return nil
	}
	return u.day.blocks(tens)
}

// seen returns how often the unit may have counted one visitor for want of the
// secret, and that times the weight of the site's filter, the largest of its days.
func (u *unit) seen(tens bool) (times, weighed uint64) {
	times, weighed = 1, 1
	if u.sum != nil {
		for i := range u.sum.days {
			f := &u.sum.days[i]
			times, weighed = max(times, f.times()), max(weighed, weight(f.times(), uint64(f.level)))
		}
		return times, weighed
	}
	var f dayFacts
	for _, p := range u.blocks(tens) {
		f.add(p.block)
	}
	return f.times(), weight(f.times(), uint64(f.level))
}

// unmeasured returns what the blocks cannot tell: visits that were not measured,
// the ends of visits of a day that is not over, and everything of a damaged
// day and of a running one without a snapshot.
func (u *unit) unmeasured(tens bool, today hit.Day) publish.Measures {
	var flags block.Flags
	if u.sum != nil {
		for _, f := range u.sum.days {
			flags |= f.flags
		}
	} else {
		blocks := u.blocks(tens)
		if u.day.damaged || u.day.day == today && len(blocks) == 0 {
			return everything
		}
		for _, p := range blocks {
			flags |= p.block.Flags()
		}
	}
	var absent publish.Measures
	if flags&block.NoVisitors != 0 {
		absent |= publish.MeasuresOf(publish.Visitors, publish.Bounces, publish.VisitTime, publish.Entries, publish.Exits)
	}
	if flags&block.Running != 0 {
		absent |= publish.MeasuresOf(publish.Bounces, publish.VisitTime, publish.Exits)
	}
	return absent
}

// levelOf returns what the level of a row that is above 0 weighs: a roll-up has
// the weight itself.
func (u *unit) levelOf(times, level uint64) uint64 {
	if u.sum != nil {
		return level
	}
	return weight(times, level)
}

// weight returns scale x 2^level. A level above 40 counts as 40.
func weight(scale, level uint64) uint64 { return scale << min(level, 40) }

// spoil notes that a unit is damaged.
func (a *answer) spoil(u *unit) {
	if u.sum != nil {
		a.bad.sums[u.period], a.bad.found = true, true
		return
	}
	a.bad.day(u.day.day)
}

// readTotals reads the row that the totals are of a unit, once.
func (a *answer) readTotals(u *unit) {
	if u.read {
		return
	}
	u.read, u.n = true, make([]uint64, len(a.totals.columns))
	tens := a.totalsTens()
	u.absent = u.unmeasured(tens, a.today)
	times, weighed := u.seen(tens)
	if u.scale = times; a.totals.level < 0 {
		u.scale = weighed
	}
	for _, p := range u.blocks(tens) {
		if !a.readTotal(u, p, times) {
			a.spoil(u)
			return
		}
	}
}

// readTotal adds up one block; false if it is damaged.
func (a *answer) readTotal(u *unit, p *piece, times uint64) bool {
	rows, width := &a.buffer, a.totals.width(p.block)
	if p.block.Read(a.totals.table, width, rows) != nil {
		return false
	}
	if len(rows.Labels) == 0 {
		return true
	}
	at := 0
	if a.value != "" {
		w := a.wordsOf(p, rows.Labels)
		if w == nil {
			return false
		}
		local := a.local(w)
		found := false
		if at, found = slices.BinarySearch(rows.Labels, uint32(local)); local < 0 || !found {
			return true
		}
	}
	n := rows.N[at*width:][:width]
	for m, c := range a.totals.columns {
		u.n[m] += n[c]
	}
	if a.totals.leveled(p.block) && n[a.totals.level] > 0 {
		u.scale = max(u.scale, u.levelOf(times, n[a.totals.level]))
	}
	return true
}

// wordsOf returns what a block's labels stand for; nil if the last of some of
// them, ascending, stands for nothing.
func (a *answer) wordsOf(p *piece, labels []uint32) *monthWords {
	if p.words == nil {
		a.loadWords()
		switch {
		case p.texts != nil:
			p.words = &monthWords{ids: a.words.add(p.texts)}
		case a.words.months[p.month] != nil:
			p.words = a.words.months[p.month]
		default:
			p.words = &monthWords{}
		}
	}
	if len(labels) > 0 && int(labels[len(labels)-1]) >= len(p.words.ids) {
		return nil
	}
	return p.words
}

// loadWords reads the dictionaries of the months of the range that are closed.
func (a *answer) loadWords() {
	if a.words != nil {
		return
	}
	var months []hit.Month
	for i := range a.days {
		d := &a.days[i]
		if m := d.day.Month(); (len(d.closed) > 0 || d.facts.blocks > 0) && (len(months) == 0 || months[len(months)-1] != m) {
			months = append(months, m)
		}
	}
	a.words = a.view.words(months)
}

// local returns the label that the value asked for has in a dictionary, -1 for none.
func (a *answer) local(w *monthWords) int {
	at, known := a.locals[w]
	if !known {
		at = -1
		if id, ok := a.words.id(a.value); ok {
			at = slices.Index(w.ids, id)
		}
		a.locals[w] = at
	}
	return at
}
