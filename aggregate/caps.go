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
	visits                           int
}

// designCaps returns the limits of DESIGN.md section 5. Tests raise them to
// show that a flood is seen where there is no cap.
func designCaps() caps {
	return caps{
		hosts: [hostEnd]int{MaxReferrers, MaxOutbound, MaxDownloads, MaxFailed},
		pages: MaxPages, sections: MaxSections, cells: MaxCells, browsers: maxBrowsers,
		visits: MaxOpenVisits,
	}
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

// turnAway notes that a table had no place for a value. The day keeps that in
// its flags, from the next commit on; it is counted once a day and table.
func (d *openDay) turnAway(which int) {
	f := block.CappedReferrers << which
	if d.flags&f == 0 {
		d.flags |= f
		d.open.capped[which]++
	}
}
