package aggregate

import "footfall/aggregate/internal/block"

// The tables whose cap can be reached: those of names that visitors bring
// (hostReferrer and its kin), and these. Their order is that of the flags from
// block.CappedReferrers on.
const (
	capPages = hostEnd + iota
	capSections
	capVisits
	capValues // of a dimension of a page or section, or browsers of the site
	capEnd
)

// caps are the limits of a site's day, and of the process.
type caps struct {
	hosts                            [hostEnd]int
	pages, sections, cells, browsers int
	values                           int // of all pages and sections, all dimensions together
	visits                           int
}

// designCaps returns the limits of DESIGN.md section 5. Tests raise them to
// show that a flood is seen where there is no cap.
func designCaps() caps {
	return caps{
		hosts: [hostEnd]int{MaxReferrers, MaxOutbound, MaxDownloads, MaxFailed},
		pages: MaxPages, sections: MaxSections, cells: MaxCells, browsers: maxBrowsers,
		values: valuesAPage * (MaxPages + MaxSections), visits: MaxOpenVisits,
	}
}

// valuesAPage is how many values the pages and sections of a site's day may
// have, on average. One page may have MaxCells in each of five dimensions; all
// of them never do on a real site (measured: 60 on average with a million
// visitors on 19,000 pages).
const valuesAPage = 100

// memory returns the most bytes that the counters of a process can take: 32 a
// visit, 16 a distinct key, and by site 4 KiB a page and section, which is
// 1 KiB for its path of 512 bytes, its counters and its filter, 1 KiB for its
// values, 1 KiB for its 108 buckets, and 1 KiB for its part of all other
// tables and of the names known from before; and 32 MiB for the program, the
// batch and the block being written.
func (c *caps) memory(sites, keys int) int64 {
	return 32*int64(c.visits) + 16*int64(keys) + int64(sites*(c.pages+c.sections))<<12 + 32<<20
}

// disk returns the most bytes of the file under a flood of names of usual
// length, up to some 40 bytes: by site 2 KiB a row of any table for the running
// day and its snapshots, and 512 B a row and closed day for its block and its
// labels, and 32 MiB of free pages. The longest names take more: the records of
// 20,000 pages with 64 referrers of 253 bytes each are 330 MB until the day
// closes.
func (c *caps) disk(sites, days int) int64 {
	rows := c.pages + c.sections
	for _, n := range c.hosts {
		rows += n
	}
	return int64(sites*rows)<<11 + int64(sites*days*rows)<<9 + 32<<20
}

var capNames = [capEnd]string{"referrers", "outbound", "downloads", "failed", "pages", "sections", "open_visits", "values"}

// share notes how full the tables are. The caller holds commit.
func (db *DB) share() {
	now := &Stats{Caps: make([]CapStats, capEnd+1)}
	c := &db.shared.caps
	for i := range db.shared.capped {
		now.Caps[i] = CapStats{Table: capNames[i], Reached: db.shared.capped[i]}
	}
	fill := func(i, n, most int) { now.Caps[i].Share = max(now.Caps[i].Share, float64(n)/float64(most)) }
	for _, s := range db.sites {
		if s.day == nil {
			continue
		}
		for i := range s.day.hosts {
			fill(i, len(s.day.hosts[i].rows), c.hosts[i])
		}
		fill(capPages, len(s.day.pages.rows), c.pages)
		fill(capSections, len(s.day.sections.rows), c.sections)
	}
	fill(capVisits, db.shared.visits, c.visits)
	now.Caps[capEnd].Table = "distinct_keys"
	fill(capEnd, db.shared.budget.Used(), db.shared.budget.Keys())
	db.stats.Store(now)
}

// value counts a value of a dimension of a page or section, where there is
// room for one more.
func (d *openDay) value(j *journal, c *cells, code uint32, by int64) {
	most := d.open.caps.cells
	if d.values >= d.open.caps.values {
		most = 0
	}
	before := len(*c)
	if !j.cell(c, code, by, most) {
		d.turnAway(capValues)
	}
	d.values += len(*c) - before
}

// turnAway notes that a table had no place for a value. The day keeps that in
// its flags, from the next commit on; it is counted once a day and table.
func (d *openDay) turnAway(which int) {
	f := block.CappedReferrers << which
	if d.flags&f == 0 {
		d.flags |= f
		d.open.capped[which]++
	}
}
