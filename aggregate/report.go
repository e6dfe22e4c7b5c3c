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
	bad    *damage
	view   dayView
	days   []reportDay
	parts  []publish.Period
	units  map[sumPeriod]*unit // the roll-ups that answer, and single days by kind 0

	words *words
	cache *cache // nil: nothing is kept
	key   cacheKey

	totals reading // where the totals stand
	value  string  // the row they are; "" is the site's only one
	locals map[*monthWords]int
	buffer block.Rows // of the table being read
}

// damage is what reading has found to be damaged.
type damage struct {
	days  map[hit.Day]bool
	sums  map[sumPeriod]bool
	found bool // since the answer was begun
}

func (b *damage) day(d hit.Day) {
	b.days[d], b.found = true, true
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
	first, today := src.kept(q.Site, now)
	if err := q.checkCompare(first, today); err != nil {
		return nil, err
	}
	if err := q.checkHours(first, today); err != nil {
		return nil, err
	}
	kept, key := src.cached(q, now.In(config.zone()), first, today)
	if kept != nil {
		if x := kept.get(key); x != nil {
			if q.To < today {
				return x.report.At(now), nil
			}
			return x.report, nil
		}
	}
	var out *publish.Report
	err := src.view(q.Site, func(v dayView) (err error) {
		a := &answer{config: config, now: now.In(config.zone()), first: first, today: today, view: v, cache: kept, key: key}
		if out, err = a.again(q); err != nil || q.Compare == NoCompare {
			return err
		}
		a.q = q
		before, err := a.compared(out)
		if err == nil {
			out = out.Compared(q.Compare.String(), before)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if kept != nil {
		kept.put(key, &cached{report: out, bytes: sizeOf(out)})
	}
	return out, nil
}

// again answers a question of the same site at the same moment. What is found
// to be damaged is left out, and the answer begun anew: the published periods
// that the range is cut into depend on it.
func (a *answer) again(q *Query) (out *publish.Report, err error) {
	bad := &damage{days: map[hit.Day]bool{}, sums: map[sumPeriod]bool{}}
	for out == nil && err == nil {
		next := &answer{q: q, config: a.config, now: a.now, first: a.first, today: a.today, bad: bad, view: a.view,
			cache: a.cache, key: a.key}
		out, err = next.answer()
	}
	return out, err
}

// checkHours says why there are no hours of the range.
func (q *Query) checkHours(first, today hit.Day) error {
	if q.By != ByHour && q.By != ByWeekdayHour {
		return nil
	}
	p, ok := publish.Closed(q.From, q.To, today, first)
	if !ok {
		return badQuery("hours are published for one day, week, four or thirteen weeks, month or year " +
			"that is over and still kept whole")
	}
	if q.By == ByWeekdayHour && !isWeeks(p) {
		return badQuery("weekday_hour is published for four or thirteen whole weeks that are over")
	}
	return nil
}

func isWeeks(p publish.Period) bool {
	return p.From == p.From.Monday() && (p.Days() == 28 || p.Days() == 91)
}

// answer makes the report; nil if it found damage that was not known.
func (a *answer) answer() (*publish.Report, error) {
	if err := a.prepare(); err != nil || a.bad.found {
		return nil, err
	}
	a.known()
	r := a.publish()
	if a.bad.found {
		return nil, nil
	}
	a.remember()
	return r, nil
}

// prepare cuts the range into published periods and opens what they are read
// from. Where it found damage that was not known, it has to be done anew.
func (a *answer) prepare() error {
	q := a.q
	a.bad.found = false
	a.from, a.to = max(q.From, a.first), min(q.To, a.today)
	a.locals, a.units = map[*monthWords]int{}, map[sumPeriod]*unit{}
	switch {
	case q.Page != "":
		a.totals, a.value = pageTotals, q.Page
	case q.Section != "":
		a.totals, a.value = dims[BySection].reading, q.Section
	case q.Where != nil:
		a.totals, a.value = dims[q.Where.Dim].reading, q.Where.Value
	default:
		a.totals = siteTotals
	}
	if a.from <= a.to {
		a.begin()
	}
	a.parts = publish.Periods(q.From, q.To, a.today, a.first, a.damaged()...)
	if err := a.load(); err != nil {
		return fmt.Errorf("read days %s to %s: %w", a.from, a.to, err)
	}
	return nil
}

// publish makes the report. What it returns is of no meaning if it finds damage.
func (a *answer) publish() *publish.Report {
	head := publish.Head{
		Site: a.q.Site, From: a.q.From, To: a.q.To, Zone: a.config.zone(), Generated: a.generated(),
		By: a.q.By.String(), Page: a.q.Page, Section: a.q.Section, Where: a.q.Where.String(),
	}
	totals := a.sum(a.parts...)
	var rows []publish.Row
	var other *publish.Values
	switch a.q.By {
	case NoDim:
	case ByDay, ByWeek, ByMonth:
		head.Measures, rows = a.totals.rule.Measures, a.timeRows()
	default:
		r := a.newRowReader()
		r.read(a.rowParts())
		head.Measures, rows, other = r.rule.Measures, r.published(), r.other()
	}
	return publish.NewReport(head, a.parts, totals, rows, other, a.notes(a.parts))
}

// rowParts returns the published periods that rows are summed over.
func (a *answer) rowParts() []publish.Period {
	if dims[a.q.By].table == block.Hours {
		p, _ := publish.Closed(a.q.From, a.q.To, a.today, a.first) // checked before
		return []publish.Period{p}
	}
	return a.parts
}

// timePeriods returns every published period of the kind asked for that lies
// wholly in the range.
func (a *answer) timePeriods() []publish.Period {
	kind, ok := map[Dim]publish.Kind{ByDay: publish.Day, ByWeek: publish.Week, ByMonth: publish.Month}[a.q.By]
	if !ok {
		return nil
	}
	return publish.Each(kind, a.q.From, a.q.To, a.today, a.first)
}

func (a *answer) timeRows() []publish.Row {
	periods := a.timePeriods()
	rows := make([]publish.Row, 0, len(periods))
	for _, p := range periods {
		rows = append(rows, publish.Row{Value: p.Value(), Values: a.sum(p)})
	}
	return rows
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
	for u := range a.cover(p) {
		a.readTotals(u)
		for m, v := range u.n {
			into[m] += v
		}
		scale, absent = max(scale, u.scale), absent|u.absent
	}
	return scale, absent
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
