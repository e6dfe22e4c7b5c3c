package aggregate

import (
	"fmt"
	"slices"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/publish"
)

// everything is absent from a day of which nothing can be read.
var everything = publish.MeasuresOf(publish.Views, publish.Visitors, publish.Visits, publish.Bounces,
	publish.VisitTime, publish.Entries, publish.Exits, publish.Uses, publish.Hits)

// An answer is a question on its way to a report. Its raw sums leave it
// through package publish only.
type answer struct {
	q      *Query
	config SiteConfig
	now    time.Time // in the site's zone
	first  hit.Day   // that retention keeps
	today  hit.Day
	from   hit.Day // of the days that can be answered; none if from > to
	to     hit.Day
	days   []reportDay

	totals reading // where the totals stand
	value  string  // the row they are; "" is the site's only one
	labels map[dictionary]*learned
	buffer block.Rows // of the table being read
}

// report answers a question from blocks. The error is ErrUnknownSite,
// ErrBadQuery with what is wrong, or what src returned.
func report(src source, now time.Time, q *Query) (*publish.Report, error) {
	config, ok := src.site(q.Site)
	if !ok {
		return nil, ErrUnknownSite
	}
	if err := q.check(); err != nil {
		return nil, err
	}
	a := &answer{q: q, config: config, now: now.In(config.zone()), labels: map[dictionary]*learned{}}
	a.first, a.today = src.kept(q.Site, now)
	a.from, a.to = max(q.From, a.first), min(q.To, a.today)
	if err := a.checkHours(); err != nil {
		return nil, err
	}
	switch {
	case q.Page != "":
		a.totals, a.value = pageTotals, q.Page
	case q.Where != nil:
		a.totals, a.value = dims[q.Where.Dim].reading, q.Where.Value
	default:
		a.totals = siteTotals
	}
	if a.from <= a.to {
		stored, err := src.blocks(q.Site, a.from, a.to)
		if err != nil {
			return nil, fmt.Errorf("read days %s to %s: %w", a.from, a.to, err)
		}
		a.group(stored)
	}
	a.readTotals()
	return a.publish(), nil
}

// checkHours says why there are no hours of the range.
func (a *answer) checkHours() error {
	if a.q.By != ByHour && a.q.By != ByWeekdayHour {
		return nil
	}
	p, ok := publish.Closed(a.q.From, a.q.To, a.today, a.first)
	if !ok {
		return badQuery("hours are published for one day, week, four or thirteen weeks, month or year " +
			"that is over and still kept whole")
	}
	if a.q.By == ByWeekdayHour && !isWeeks(p) {
		return badQuery("weekday_hour is published for four or thirteen whole weeks that are over")
	}
	return nil
}

func isWeeks(p publish.Period) bool {
	return p.From == p.From.Monday() && (p.Days() == 28 || p.Days() == 91)
}

// publish makes the report. If reading the rows shows that days are damaged it
// begins again without them, once: all days have been tried by then.
func (a *answer) publish() *publish.Report {
	for {
		parts := publish.Periods(a.q.From, a.q.To, a.today, a.first, a.damaged()...)
		head := publish.Head{
			Site: a.q.Site, From: a.q.From, To: a.q.To, Zone: a.config.zone(), Generated: a.generated(),
			By: a.q.By.String(), Page: a.q.Page, Where: a.q.Where.String(),
		}
		var rows []publish.Row
		var other *publish.Values
		switch a.q.By {
		case NoDim:
		case ByDay, ByWeek, ByMonth:
			head.Measures, rows = a.totals.rule.Measures, a.timeRows()
		default:
			r := a.newRowReader()
			if !r.read(parts) {
				continue
			}
			head.Measures, rows, other = r.rule.Measures, r.rows(), r.other()
		}
		return publish.NewReport(head, parts, a.sum(parts...), rows, other, a.notes(parts))
	}
}

// sum publishes the totals of a range that is cut into parts.
func (a *answer) sum(parts ...publish.Period) publish.Values {
	t := publish.NewTotals(a.totals.rule)
	n := make([]uint64, len(a.totals.columns))
	for _, p := range parts {
		scale, absent := a.whole(p, n)
		t.Add(n, scale, absent)
	}
	return t.Values()
}

// whole sums up the raw totals of a period.
func (a *answer) whole(p publish.Period, into []uint64) (scale uint64, absent publish.Measures) {
	clear(into)
	scale = 1
	days := a.daysOf(p)
	for i := range days {
		d := &days[i]
		for m, v := range d.n {
			into[m] += v
		}
		scale, absent = max(scale, d.scale), absent|d.absent
	}
	return scale, absent
}

// timeRows returns a row for every published period of the kind asked for that
// lies wholly in the range.
func (a *answer) timeRows() []publish.Row {
	kind := map[Dim]publish.Kind{ByDay: publish.Day, ByWeek: publish.Week, ByMonth: publish.Month}[a.q.By]
	periods := publish.Each(kind, a.q.From, a.q.To, a.today, a.first)
	rows := make([]publish.Row, 0, len(periods))
	for _, p := range periods {
		rows = append(rows, publish.Row{Value: p.Value(), Values: a.sum(p)})
	}
	return rows
}

// daysOf returns the days of a period.
func (a *answer) daysOf(p publish.Period) []reportDay {
	return a.days[p.From-a.from : p.To-a.from+1]
}

// running tells whether the range has the running day in it.
func (a *answer) running() bool { return len(a.days) > 0 && a.to == a.today }

// hasRows tells whether rows are read from a table of their own.
func (a *answer) hasRows() bool {
	switch a.q.By {
	case NoDim, ByDay, ByWeek, ByMonth:
		return false
	}
	return true
}

// generated returns when the data was as told: now, or the time of the oldest
// snapshot of the running day that is in the report.
func (a *answer) generated() time.Time {
	switch {
	case !a.running():
		return a.now
	case a.totalsTens() && (!a.hasRows() || dims[a.q.By].tens):
		return tenOf(a.now)
	}
	return hourOf(a.now)
}

// totalsTens tells whether the snapshot of ten minutes has the totals.
func (a *answer) totalsTens() bool { return a.value == "" }

// damaged returns the days that cannot be read, and those that are over and
// have not been closed.
func (a *answer) damaged() []hit.Day {
	return a.daysWhere(func(d *reportDay) bool { return d.damaged })
}

func (a *answer) daysWhere(is func(*reportDay) bool) []hit.Day {
	var out []hit.Day
	for i := range a.days {
		if is(&a.days[i]) {
			out = append(out, a.days[i].day)
		}
	}
	return slices.Clip(out)
}
