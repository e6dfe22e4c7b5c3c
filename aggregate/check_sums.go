package aggregate

import (
	"slices"
	"strings"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
)

// sums compares what must agree: every view is a page's, a section's, a
// referrer's and an hour's; every visit has an entry and an exit.
func (c *checker) sums(h hit.Host, d hit.Day, day *block.Day) {
	site := day.Rows[block.Site]
	same := func(what string, got, want uint64) {
		if got != want {
			c.problem("%s: %s: %s add up to %d, not %d", h, d, what, got, want)
		}
	}
	views := sum(site, siteViews, 5)
	same("views of pages", sum(day.Rows[block.Pages], pageViews, 7), views)
	same("views of sections", sum(day.Rows[block.Sections], pageViews, 8), views)
	same("views of referrers", sum(day.Rows[block.Referrers], 0, 2), views)
	same("views of hours", sum(day.Rows[block.Hours], 0, 1), views)
	same("visits of referrers", sum(day.Rows[block.Referrers], 1, 2), sum(site, siteVisits, 5))
	visitors, visits := sum(site, siteVisitors, 5), sum(site, siteVisits, 5)
	for t := block.Browsers; t <= block.Countries; t++ {
		same("views of "+t.String(), sum(day.Rows[t], 0, 3), views)
		same("visitors of "+t.String(), sum(day.Rows[t], 1, 3), visitors)
		same("visits of "+t.String(), sum(day.Rows[t], 2, 3), visits)
	}
	failed, features := sum(day.Rows[block.Statuses], 0, 1), sum(day.Rows[block.Features], 0, 1)
	same("hits of failed paths", sum(day.Rows[block.Failed], 0, 1), failed)
	same("uses of features in sections", sumCells(day.Cells[block.SectionFeatures]), features)
	faults := sum(day.Rows[block.Pages], pageErrors, 7)
	same("script errors of sections", sum(day.Rows[block.Sections], pageErrors, 8), faults)
	for t := block.ErrorBrowsers; t <= block.ErrorDevices; t++ {
		same("script errors of "+t.String(), sum(day.Rows[t], 0, 1), faults)
	}
	c.atMost(h, d, "visitors", visitors, "views", views)
	c.atMost(h, d, "visits", visits, "views", views)
	c.atMost(h, d, "bounces", sum(site, siteBounces, 5), "visits", visits)
	for _, hour := range day.Rows[block.Hours].Labels {
		if hour > 23 {
			c.problem("%s: %s: an hour that no day has", h, d)
		}
	}
	c.rowsWithin(h, d, day)
	if day.Flags&block.NoVisitors != 0 {
		return // some visits have neither entry nor exit
	}
	same("entries of pages", sum(day.Rows[block.Pages], pageEntries, 7), visits)
	same("entries of sections", sum(day.Rows[block.Sections], pageEntries, 8), visits)
	if day.Flags&block.Running == 0 {
		bounces := sum(site, siteBounces, 5)
		same("exits of pages", sum(day.Rows[block.Pages], pageExits, 7), visits)
		same("exits of sections", sum(day.Rows[block.Sections], pageExits, 8), visits)
		same("entry bounces of pages", sum(day.Rows[block.Pages], pageEntryBounces, 7), bounces)
		same("entry bounces of sections", sum(day.Rows[block.Sections], pageEntryBounces, 8), bounces)
	}
}

// rowsWithin compares each page's dimension rows with its visitors: the rest
// is what was folded, and cannot be negative.
func (c *checker) rowsWithin(h hit.Host, d hit.Day, day *block.Day) {
	for t, first := range map[block.Table]block.Cross{block.Pages: block.PageReferrers, block.Sections: block.SectionReferrers} {
		what := map[block.Table]string{block.Pages: "page", block.Sections: "section"}[t]
		width := block.Width(t)
		visitors := map[uint32]uint64{}
		for i, l := range day.Rows[t].Labels {
			visitors[l] = day.Rows[t].N[i*width+pageVisitors]
		}
		for x := first; x < first+block.Cross(dimEnd)+block.Cross(histEnd); x++ {
			for _, l := range slices.Compact(slices.Clone(day.Cells[x].Outer)) {
				if visitors[l] < foldVisitors {
					c.problem("%s: %s: %s: rows of a %s with fewer than %d visitors, which should be folded", h, d, x, what, foldVisitors)
				}
			}
		}
		for x := first; x < first+block.Cross(dimEnd); x++ {
			rows := map[uint32]uint64{}
			for i, n := range day.Cells[x].N {
				rows[day.Cells[x].Outer[i]] += n
			}
			for l, n := range rows {
				if n > visitors[l] {
					c.problem("%s: %s: %s: rows of more visitors than the %s had", h, d, x, what)
				}
			}
		}
	}
}

// atMost compares two measures of the site.
func (c *checker) atMost(h hit.Host, d hit.Day, what string, n uint64, than string, most uint64) {
	if n > most {
		c.problem("%s: %s: more %s than %s, %d and %d", h, d, what, than, n, most)
	}
}

func sumCells(c block.Cells) (n uint64) {
	for _, v := range c.N {
		n += v
	}
	return n
}

// texts holds the labels of each table to the grammar of what they name. What
// a label is, is not told: it came from a visitor.
func (c *checker) texts(h hit.Host, d hit.Day, day *block.Day, texts []string) {
	for t := range day.Rows {
		t := block.Table(t)
		if !labelled(t) {
			continue
		}
		missing, bad := 0, 0
		for _, id := range day.Rows[t].Labels {
			switch {
			case int(id) >= len(texts) || texts[id] == "":
				missing++
			case !namesOf(t, texts[id]):
				bad++
			}
		}
		if missing > 0 {
			c.problem("%s: block of %s: %s: %d labels that are in no dictionary", h, d, t, missing)
		}
		if bad > 0 {
			c.problem("%s: block of %s: %s: %d labels that name no such thing", h, d, t, bad)
		}
	}
}

// namesOf tells whether a text may be a label of a table.
func namesOf(t block.Table, text string) bool {
	special := strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")")
	var err error
	switch t {
	case block.Pages, block.Downloads, block.Failed:
		_, err = hit.ParsePath(text)
	case block.Sections:
		special = special || strings.HasPrefix(text, "/")
		return special
	case block.Referrers, block.Outbound:
		_, err = hit.ParseHost(text)
	case block.Features:
		_, err = hit.ParseFeature(text)
	default:
		return true // closed enumerations: a version that knows more may have written it
	}
	return err == nil || special
}
