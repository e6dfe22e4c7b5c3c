package aggregate

import (
	"fmt"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/internal/store"
)

// A CheckReport tells whether every invariant of a database holds, and, for
// the operator who holds the file, the exact views of each site and day.
type CheckReport struct {
	OK       bool                        `json:"ok"`
	Problems []string                    `json:"problems"`
	Sites    map[string]map[string]int64 `json:"sites"`
}

// Check reads the whole of a database that nobody writes, best a copy made by
// Backup: bbolt's own structure, every record, block and dictionary with its
// checksum, and the sums that must agree. The error is for a file that cannot
// be opened.
func Check(path string) (*CheckReport, error) {
	st, err := store.Open(path, store.Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer st.Close()
	c := &checker{report: CheckReport{Problems: []string{}, Sites: map[string]map[string]int64{}}}
	for _, p := range st.Check() {
		c.problem("bbolt: %s", p)
	}
	if len(c.report.Problems) == 0 { // a damaged tree is not to be walked
		if err := st.View(c.sites); err != nil {
			c.problem("%s", err)
		}
	}
	c.report.OK = len(c.report.Problems) == 0
	return &c.report, nil
}

type checker struct {
	report CheckReport
	shared shared
}

// mostProblems bounds what a wholly damaged file can say.
const mostProblems = 1_000

func (c *checker) problem(format string, args ...any) {
	if len(c.report.Problems) < mostProblems {
		c.report.Problems = append(c.report.Problems, fmt.Sprintf(format, args...))
	}
}

func (c *checker) sites(tx *store.Tx) error {
	c.shared = newShared(0)
	sites, err := tx.Sites()
	if err != nil {
		return err
	}
	for _, s := range sites {
		days := map[string]int64{}
		c.report.Sites[s.Host.String()] = days
		labels := map[hit.Month]int{} // how many a month has; -1 where they are damaged
		for _, m := range tx.LabelMonths(s.Host) {
			texts, damaged, err := tx.Labels(s.Host, m)
			if labels[m] = len(texts); err != nil || damaged {
				labels[m] = -1
				c.problem("%s: the labels of %s are damaged", s.Host, m)
			}
		}
		err := tx.Blocks(s.Host, -1<<31, 1<<31-1, func(d hit.Day, b []byte) error {
			days[d.String()] += c.block(s.Host, d, b, labels[d.Month()])
			return nil
		})
		if err != nil {
			c.problem("%s: %s", s.Host, err)
		}
		checkSums(tx, s.Host, func(text string) { c.problem("%s: %s", s.Host, text) })
		c.snapshots(tx, s.Host)
		c.running(tx, s.Host, days)
	}
	return nil
}

func (c *checker) snapshots(tx *store.Tx, h hit.Host) {
	err := snapshots(tx, h, func(d hit.Day, b []byte) {
		texts, rest, err := cutPortable(b)
		if err != nil {
			c.problem("%s: a snapshot of %s: %s", h, d, err)
			return
		}
		c.block(h, d, rest, len(texts))
	})
	if err != nil {
		c.problem("%s: %s", h, err)
	}
}

// block checks one block and returns its views.
func (c *checker) block(h hit.Host, d hit.Day, b []byte, labels int) int64 {
	day, err := block.Decode(b)
	if err != nil {
		c.problem("%s: block of %s: %s", h, d, err)
		return 0
	}
	for t := range day.Rows {
		if t := block.Table(t); t != block.Site && t != block.Hours && labels >= 0 {
			if ids := day.Rows[t].Labels; len(ids) > 0 && int(ids[len(ids)-1]) >= labels {
				c.problem("%s: block of %s: %s: a label that is in no dictionary", h, d, t)
			}
		}
	}
	if day.Flags&block.Tens == 0 {
		c.sums(h, d, day)
	}
	return int64(sum(day.Rows[block.Site], 0, 5))
}

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
		width := block.Width(t)
		visitors := map[uint32]uint64{}
		for i, l := range day.Rows[t].Labels {
			visitors[l] = day.Rows[t].N[i*width+pageVisitors]
		}
		for x := first; x < first+block.Cross(dimEnd); x++ {
			rows := map[uint32]uint64{}
			for i, n := range day.Cells[x].N {
				rows[day.Cells[x].Outer[i]] += n
			}
			for l, n := range rows {
				if n > visitors[l] {
					c.problem("%s: %s: %s: rows of more visitors than the page had", h, d, x)
				}
			}
		}
	}
}

// running checks the records of the days that are not closed and adds their views.
func (c *checker) running(tx *store.Tx, h hit.Host, days map[string]int64) {
	open, err := tx.OpenDays(h)
	if err != nil {
		c.problem("%s: %s", h, err)
	}
	config := &SiteConfig{Host: h}
	for _, day := range open {
		d := newOpenDay(&c.shared, config, day, 0)
		bad := 0
		err := tx.OpenRecords(h, day, func(k store.Kind, label string, record []byte) error {
			if d.load(k, label, record) != nil {
				bad++
			}
			return nil
		})
		if err != nil || bad > 0 {
			c.problem("%s: running day %s: %d damaged records", h, day, bad)
			continue
		}
		days[day.String()] += d.site[siteViews]
		g := d.gather(false, false)
		c.sums(h, day, g.day(g.ownIDs()))
		d.release()
	}
}

// sum adds up one measure of a table's rows.
func sum(r block.Rows, measure, width int) (n uint64) {
	for i := measure; i < len(r.N); i += width {
		n += r.N[i]
	}
	return n
}
