package aggregate

import (
	"fmt"
	"slices"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/publish"
)

// A reading says where a report finds raw measures in a block's table.
type reading struct {
	table   block.Table
	rule    publish.Rule
	columns []int // of the rule's measures, in order
	level   int   // column of the row's own filter level; -1: the site's filter counts
}

// width returns how many of a row's measures are read.
func (r *reading) width(b *block.Block) int {
	if r.leveled(b) {
		return 1 + max(r.level, slices.Max(r.columns))
	}
	return 1 + slices.Max(r.columns)
}

// leveled tells whether a block's rows have levels of their own that matter.
func (r *reading) leveled(b *block.Block) bool {
	return r.level >= 0 && b.Flags()&block.Thinned != 0
}

// A dim is how one dimension is read and published.
type dim struct {
	reading
	ofPage bool        // counted for each page and section
	cross  block.Cross // page x dimension where ofPage
	paths  bool        // values are paths of pages: listed pages keep their row
	closed bool        // all values are known beforehand: there is no (other)
	tens   bool        // the snapshot of ten minutes has the table
}

func rule(behind publish.Measure, measures ...publish.Measure) publish.Rule {
	return publish.Rule{Measures: measures, Behind: behind}
}

// Visitors of a page come from its own filter, whose level stands beside them.
const levelColumn = 6

var (
	siteTotals = reading{block.Site, rule(0, publish.Views, publish.Visitors, publish.Visits, publish.Bounces,
		publish.VisitTime), []int{0, 1, 2, 3, 4}, -1}
	pageTotals = reading{block.Pages, rule(publish.Visitors, publish.Views, publish.Visitors), []int{0, 1}, levelColumn}
	ofVisitors = rule(publish.Visitors, publish.Views, publish.Visitors, publish.Visits)
	cellRule   = rule(publish.Visitors, publish.Visitors)
	usesRule   = rule(publish.Uses, publish.Uses)
	hitsRule   = rule(publish.Hits, publish.Hits)
)

var dims = [byEnd]dim{
	ByPage: {reading: pageTotals, paths: true},
	BySection: {reading: reading{block.Sections, rule(publish.Visitors, publish.Views, publish.Visitors, publish.Visits,
		publish.Bounces), []int{0, 1, 7, 4}, levelColumn}},
	ByEntry: {reading: reading{block.Pages, rule(publish.Entries, publish.Entries, publish.Bounces), []int{2, 4}, -1}, paths: true},
	ByExit:  {reading: reading{block.Pages, rule(publish.Exits, publish.Exits), []int{3}, -1}, paths: true},
	ByReferrer: {reading: reading{block.Referrers, rule(publish.Visits, publish.Views, publish.Visits), []int{0, 1}, -1},
		ofPage: true, cross: block.PageReferrers},
	ByBrowser:     {reading: reading{block.Browsers, ofVisitors, []int{0, 1, 2}, -1}, ofPage: true, cross: block.PageBrowsers},
	BySystem:      {reading: reading{block.Systems, ofVisitors, []int{0, 1, 2}, -1}, ofPage: true, cross: block.PageSystems},
	ByDevice:      {reading: reading{block.Devices, ofVisitors, []int{0, 1, 2}, -1}, ofPage: true, cross: block.PageDevices},
	ByCountry:     {reading: reading{block.Countries, ofVisitors, []int{0, 1, 2}, -1}, ofPage: true, cross: block.PageCountries},
	ByFeature:     {reading: reading{block.Features, usesRule, []int{0}, -1}},
	ByStatus:      {reading: reading{block.Statuses, hitsRule, []int{0}, -1}, closed: true, tens: true},
	ByError:       {reading: reading{block.Failed, hitsRule, []int{0}, -1}},
	ByOutbound:    {reading: reading{block.Outbound, usesRule, []int{0}, -1}},
	ByDownload:    {reading: reading{block.Downloads, usesRule, []int{0}, -1}},
	ByHour:        {reading: reading{block.Hours, rule(publish.Views, publish.Views), []int{0}, -1}, closed: true},
	ByWeekdayHour: {reading: reading{block.Hours, rule(publish.Views, publish.Views), []int{0}, -1}, closed: true},
	ByDay:         {reading: siteTotals, closed: true},
	ByWeek:        {reading: siteTotals, closed: true},
	ByMonth:       {reading: siteTotals, closed: true},
	ByBot:         {reading: reading{block.Bots, hitsRule, []int{0}, -1}, closed: true, tens: true},
}

// keep returns the values whose row is there always: what the publisher
// declared, and closed lists.
func (d Dim) keep(c *SiteConfig) []string {
	var out []string
	switch d {
	case BySection:
		return c.Sections
	case ByFeature:
		for _, f := range c.Features {
			out = append(out, f.String())
		}
	case BySystem:
		for s := hit.Windows; s <= hit.ChromeOS; s++ {
			out = append(out, s.String())
		}
	case ByDevice:
		for v := hit.DeviceOther; v <= hit.TV; v++ {
			out = append(out, v.String())
		}
	case ByStatus:
		for s := hit.Status404; s <= hit.Status5xx; s++ {
			out = append(out, s.String())
		}
	case ByBot:
		for _, b := range hit.Bots() {
			out = append(out, b.String())
		}
	case ByHour:
		for h := range uint32(24) {
			out = append(out, hourValue(h))
		}
	case ByWeekdayHour:
		for i := range uint32(7 * 24) {
			out = append(out, fmt.Sprintf("%d-%s", i/24+1, hourValue(i%24)))
		}
	}
	if dims[d].paths {
		return c.Pages
	}
	return out
}

func hourValue(h uint32) string { return fmt.Sprintf("%02d", h) }
