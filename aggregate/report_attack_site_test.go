package aggregate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/publish"
)

// attackPages are pages with their visitors a day.
var attackPages = []struct {
	path string
	rate float64
}{{"/", 45}, {"/a", 14}, {"/b", 10}, {"/c", 7}, {"/d", 3}, {"/e", 1}, {"/f", 0.3}, {"/g", 0.05}}

var attackBrowsers = []string{"Chrome 155", "Safari 26", "Firefox 147", "Edge 155", "Opera 120"}
var attackDevices = [...]string{"desktop", "phone", "tablet", "tv"}

// attackSite is a seeded site of many days.
func attackSite(t testing.TB, days int, seed uint64) *modelSite {
	return attackSiteOf(t, days, seed, 1)
}

// attackSiteOf is one of so many times the visitors; 1 is about 130 views a day.
func attackSiteOf(t testing.TB, days int, seed uint64, times float64) *modelSite {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	m := &modelSite{config: SiteConfig{Host: modelHost(t, "www.example.org"), Zone: time.UTC}}
	m.first = modelDay(t, "2024-11-01")
	m.today = m.first + hit.Day(days)
	m.addDays(m.first, m.today-1, func(b *modelBlock) {
		var views, visitors uint64
		for _, p := range attackPages {
			n := poisson(r, times*p.rate)
			v := n + poisson(r, 0.6*float64(n))
			if n > 0 {
				b.row(block.Pages, p.path, v, n, poisson(r, 0.5*float64(n)), 0, 0, 0, 0)
			}
			views += v
			visitors = max(visitors, n)
		}
		visitors = min(views, visitors+poisson(r, 5*times))
		visits := visitors + poisson(r, 0.1*float64(visitors))
		b.row(block.Site, "", views, visitors, visits, visits/2, visits*50)
		attackRows(b, r, block.Browsers, attackBrowsers, views, visitors, visits)
		attackRows(b, r, block.Devices, attackDevices[:], views, visitors, visits)
		b.row(block.Statuses, "404", poisson(r, 3*times))
		b.row(block.Statuses, "5xx", poisson(r, 0.2*times))
		for _, p := range attackPages[:2] { // a page's rows are written from its tenth visitor on
			n := b.rows[block.Pages][p.path]
			if n == nil || n[1] < foldVisitors {
				continue
			}
			var cells [len(attackDevices)]uint64
			for range n[1] - r.Uint64N(foldVisitors) {
				i := 0
				for i < len(cells)-1 && r.IntN(2) == 0 {
					i++
				}
				cells[i]++
			}
			for i, v := range cells {
				b.cell(block.PageDevices, p.path, attackDevices[i], v)
			}
		}
	})
	return m
}

// attackRows splits the totals among values, each getting half of the rest.
// Who is counted as a visitor has a view and a visit in the same row.
func attackRows(b *modelBlock, r *rand.Rand, table block.Table, values []string, views, visitors, visits uint64) {
	rows := make([][3]uint64, len(values))
	split := func(n uint64, add [3]uint64) {
		for range n {
			i := 0
			for i < len(values)-1 && r.IntN(2) == 0 {
				i++
			}
			for m, v := range add {
				rows[i][m] += v
			}
		}
	}
	split(visitors, [3]uint64{1, 1, 1})
	split(views-visitors, [3]uint64{1, 0, 0})
	split(visits-visitors, [3]uint64{0, 0, 1})
	for i, n := range rows {
		b.row(table, values[i], n[:]...)
	}
}

func poisson(r *rand.Rand, mean float64) uint64 {
	n, p := uint64(0), math.Exp(-mean)
	for x := r.Float64(); x > p; x *= r.Float64() {
		n++
	}
	return n
}

// attackPublished asks everything of a site.
func attackPublished(t testing.TB, m *modelSite) *attack {
	t.Helper()
	src := newMemorySource(t, m)
	n := int(m.today - m.first)
	var ranges []attackRange
	for _, kind := range []publish.Kind{publish.Week, publish.Month, publish.FourWeeks, publish.ThirteenWeeks, publish.Year} {
		for _, p := range publish.Each(kind, m.first, m.today-1, m.today, m.first) {
			ranges = append(ranges, attackRange{int(p.From - m.first), int(p.To - m.first)})
		}
	}
	a := newAttack(n, ranges)
	totals := map[publish.Measure]*attackSeries{}
	for _, by := range []Dim{NoDim, ByPage, ByEntry, ByBrowser, ByDevice, ByStatus} {
		a.askAll(t, src, by, totals)
	}
	for _, p := range attackPages[:2] {
		a.askPage(t, src, p.path)
	}
	return a
}

// askPage asks every range for a page's visitors by device: the rows and
// (folded) sum up to the page's visitors. It is where a row's page and value meet.
// On a day when the page was folded there are no such cells to know: that all of
// its visitors are in (folded) tells of no value.
func (a *attack) askPage(t testing.TB, src *memorySource, path string) {
	t.Helper()
	m := src.model
	values := append(slices.Clone(attackDevices[:]), hit.Folded)
	truth := make([][]int64, len(values)+1) // the page's visitors last
	folded := make([]bool, a.n)
	for i := range truth {
		truth[i] = make([]int64, a.n)
	}
	for i := range m.blocks {
		b, d := &m.blocks[i], m.blocks[i].day-m.first
		n := b.rows[block.Pages][path]
		if folded[d] = true; n == nil {
			continue
		}
		all := int64(n[1])
		folded[d] = n[1] < foldVisitors
		truth[len(values)][d], truth[len(values)-1][d] = all, all
		for i, v := range attackDevices {
			c := int64(b.cells[block.PageDevices][[2]string{path, v}])
			truth[i][d] = c
			truth[len(values)-1][d] -= c
		}
	}
	g := &attackGroup{total: a.newSeries(path+" visitors", truth[len(values)])}
	for i, v := range values {
		row := a.newSeries(path+" device "+v, truth[i])
		if v != hit.Folded {
			row.none = folded
		}
		g.rows = append(g.rows, row)
	}
	a.groups = append(a.groups, g)
	for i, r := range a.ranges {
		answer, err := report(src, time.Now(), &Query{Site: m.config.Host, From: m.first + hit.Day(r.from), To: m.first + hit.Day(r.to),
			By: ByDevice, Page: path, Limit: MaxLimit})
		if err != nil {
			t.Fatal(err)
		}
		c, _ := answer.Totals().Count(publish.Visitors)
		g.total.known[i] = g.total.known[i].with(learn(c))
		_, answers := c.Value()
		rest := false
		for _, row := range answer.Rows() {
			c, _ := row.Values.Count(publish.Visitors)
			if at := slices.Index(values, row.Value); at >= 0 && answers {
				g.rows[at].known[i] = g.rows[at].known[i].with(learn(c))
				rest = rest || row.Value == hit.Folded
			}
		}
		hidden := make([]bool, len(values))
		other, _ := answer.Other()
		if answers && !rest { // it stands in (other), and nothing else of these does
			hidden[len(values)-1] = true
			g.rows[len(values)-1].known[i] = g.rows[len(values)-1].known[i].with(interval{0, 9})
		}
		said := interval{0, unknown}
		if answers {
			said = learnOther(other, publish.Visitors, publish.Visitors)
		}
		g.hidden, g.other = append(g.hidden, hidden), append(g.other, said)
	}
}

// askAll asks every range by a dimension.
func (a *attack) askAll(t testing.TB, src *memorySource, by Dim, totals map[publish.Measure]*attackSeries) {
	t.Helper()
	d, m := dims[by].reading, src.model
	if by == NoDim {
		d = siteTotals
	}
	values := attackValues(m, d.table)
	series := map[string][]*attackSeries{}
	for _, value := range values {
		for j, measure := range d.rule.Measures {
			if measure == publish.VisitTime {
				continue
			}
			truth := make([]int64, a.n)
			for _, b := range m.blocks {
				if n := b.rows[d.table][value]; n != nil {
					truth[b.day-m.first] += int64(n[d.columns[j]])
				}
			}
			series[value] = append(series[value], a.newSeries(fmt.Sprintf("%s %s %s", by, value, measure), truth))
		}
	}
	for _, list := range series {
		switch by {
		case NoDim, ByBrowser, ByDevice: // views, visitors, visits
			a.pairs = append(a.pairs, [2]*attackSeries{list[1], list[0]}, [2]*attackSeries{list[1], list[2]})
		case ByPage:
			a.pairs = append(a.pairs, [2]*attackSeries{list[1], list[0]})
		}
	}
	groups := map[publish.Measure]*attackGroup{}
	for j, measure := range d.rule.Measures {
		switch {
		case by == NoDim && measure != publish.VisitTime:
			totals[measure] = series[""][j]
		case by == ByPage && measure == publish.Views, by == ByBrowser, by == ByDevice: // these sum up to the site's
			g := &attackGroup{total: totals[measure]}
			for _, value := range values {
				g.rows = append(g.rows, series[value][j])
			}
			groups[measure] = g
			a.groups = append(a.groups, g)
		}
	}
	for i, r := range a.ranges {
		answer, err := report(src, time.Now(), &Query{Site: m.config.Host, From: m.first + hit.Day(r.from), To: m.first + hit.Day(r.to),
			By: by, Limit: MaxLimit})
		if err != nil {
			t.Fatal(err)
		}
		if answer.Period() == publish.Composed {
			t.Fatalf("%v is composed", r)
		}
		a.hear(answer, by, i, values, series, groups)
	}
}

// hear notes what an answer says.
func (a *attack) hear(answer *publish.Report, by Dim, i int, values []string, series map[string][]*attackSeries,
	groups map[publish.Measure]*attackGroup) {
	rows := answer.Rows()
	if by == NoDim {
		rows = []publish.Row{{Value: "", Values: answer.Totals()}}
	}
	shown := map[string]bool{}
	for _, row := range rows {
		withheld := true
		for _, m := range row.Values.Measures() {
			c, _ := row.Values.Count(m)
			_, ok := c.Value()
			withheld = withheld && !ok
		}
		if withheld && by != NoDim {
			continue
		}
		shown[row.Value] = true
		for j, s := range series[row.Value] {
			c, _ := row.Values.Count(row.Values.Measures()[j])
			s.known[i] = s.known[i].with(learn(c))
		}
	}
	for _, value := range values {
		if j := dims[by].rule.Measures; !shown[value] && by != NoDim {
			for k, m := range j {
				if m == dims[by].rule.Behind {
					series[value][k].known[i] = series[value][k].known[i].with(interval{0, 9})
				}
			}
		}
	}
	other, has := answer.Other()
	for m, g := range groups {
		hidden := make([]bool, len(values))
		for r, value := range values {
			hidden[r] = has && !shown[value] && by != ByDevice
		}
		g.hidden, g.other = append(g.hidden, hidden), append(g.other, learnOther(other, dims[by].rule.Behind, m))
	}
}

// learnOther tells what (other) says of a measure: where too little stands
// behind it nothing but that.
func learnOther(other publish.Values, behind, m publish.Measure) interval {
	c, _ := other.Count(behind)
	if _, shown := c.Value(); !shown && m != behind {
		return interval{0, unknown}
	}
	c, _ = other.Count(m)
	return learn(c)
}

// attackValues lists the values of a table: the attacker knows the site.
func attackValues(m *modelSite, table block.Table) []string {
	seen := map[string]bool{}
	var out []string
	for _, b := range m.blocks {
		for value := range b.rows[table] {
			if !seen[value] {
				seen[value] = true
				out = append(out, value)
			}
		}
	}
	return out
}
