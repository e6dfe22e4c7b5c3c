package aggregate

import (
	"slices"

	"footfall/aggregate/internal/block"
	"footfall/aggregate/publish"
)

// notes says what a reader must know of the numbers.
func (a *answer) notes(parts []publish.Period) []publish.Note {
	out := a.rangeNotes()
	has := func(m publish.Measure) bool {
		return slices.Contains(a.totals.rule.Measures, m)
	}
	crossed := a.hasRows() && (a.q.folds() || a.q.Where != nil && a.q.Where.Dim != ByFeature)
	if len(a.days) > 1 && (has(publish.Visitors) || crossed) {
		out = append(out, publish.NewNote(publish.SumOfDays))
	}
	if len(parts) > 1 && (a.hasRows() || a.value != "") {
		out = append(out, publish.NewNote(publish.PartsHidden))
	}
	if crossed {
		out = append(out, publish.NewNote(publish.RowsFolded))
	}
	out = append(out, a.runningNotes(has)...)
	flagged := func(code publish.NoteCode, is func(f *dayFacts) bool) {
		if days := a.daysWhere(func(d *reportDay) bool { return !d.damaged && is(&d.facts) }); len(days) > 0 {
			out = append(out, publish.NewNote(code, days...))
		}
	}
	flag := func(flags block.Flags) func(*dayFacts) bool {
		return func(f *dayFacts) bool { return f.flags&flags != 0 }
	}
	flagged(publish.Restarted, func(f *dayFacts) bool { return f.restarts > 0 })
	flagged(publish.Sampled, func(f *dayFacts) bool { return f.level > 0 })
	flagged(publish.Imported, flag(block.Imported))
	flagged(publish.NoObjections, flag(block.ObjectionsUnknown))
	flagged(publish.NoVisitors, flag(block.NoVisitors))
	for which := range capEnd {
		if a.concerns(which) {
			flagged(publish.CappedReferrers+publish.NoteCode(which), flag(block.CappedReferrers<<which))
		}
	}
	if days := a.daysWhere(func(d *reportDay) bool { return d.damaged && !d.open }); len(days) > 0 {
		out = append(out, publish.NewNote(publish.Damaged, days...))
	}
	if days := a.daysWhere(func(d *reportDay) bool { return d.open }); len(days) > 0 {
		out = append(out, publish.NewNote(publish.NotClosed, days...))
	}
	return out
}

// rangeNotes tells of days asked for that no report can have.
func (a *answer) rangeNotes() []publish.Note {
	var out []publish.Note
	if a.q.From < a.first {
		out = append(out, publish.NewRangeNote(publish.NotKept, a.q.From, min(a.q.To, a.first-1)))
	}
	if a.q.To > a.today {
		out = append(out, publish.NewRangeNote(publish.ToCome, max(a.q.From, a.today+1), a.q.To))
	}
	return out
}

// runningNotes tells as of when the running day is.
func (a *answer) runningNotes(has func(publish.Measure) bool) []publish.Note {
	if !a.running() {
		return nil
	}
	d := &a.days[len(a.days)-1]
	if d.hour == nil && d.ten == nil {
		return []publish.Note{publish.NewNote(publish.RunningNothing, a.today)}
	}
	at := hourOf(a.now)
	if a.totalsTens() {
		at = tenOf(a.now)
	}
	out := []publish.Note{publish.NewSnapshotNote(publish.RunningTotals, a.today, at)}
	if a.hasRows() {
		at = hourOf(a.now)
		if dims[a.q.By].tens {
			at = tenOf(a.now)
		}
		out = append(out, publish.NewSnapshotNote(publish.RunningRows, a.today, at))
	}
	if has(publish.Bounces) || a.q.By == BySection {
		out = append(out, publish.NewNote(publish.ClosedOnly, a.today))
	}
	return out
}

// concerns tells whether an answer may lack rows because a table was full;
// totals, which are exact, tell of every table.
func (a *answer) concerns(which int) bool {
	if !a.hasRows() {
		return true
	}
	crossed := a.q.Page != "" || a.q.Section != "" || a.q.Where != nil
	switch a.q.By {
	case ByPage:
		return which == capPages || crossed && which == capValues
	case BySection:
		return which == capSections || which == capVisits || crossed && which == capValues
	case ByEntry, ByExit:
		return which == capPages || which == capVisits
	case ByReferrer:
		return which == hostReferrer || crossed && which == capValues
	case ByBrowser, BySystem, ByDevice, ByCountry:
		return which == capValues
	case ByOutbound:
		return which == hostOutbound
	case ByDownload:
		return which == hostDownload
	case ByError:
		return which == hostFailed
	}
	return false
}
