package aggregate

import (
	"footfall/aggregate/hit"
	"footfall/aggregate/internal/distinct"
)

// page counts one page or one section of an open day.
type page struct {
	day     *openDay
	label   string
	index   uint32
	section bool
	in      int32 // a page's section, by index; -1 where paths of many sections meet

	n        [pageMeasures]int64
	seen     int64 // visitors counted since the process started; decides the fold
	written  bool  // rows are on the disk already
	level    uint8 // of the filter as loaded
	dims     [dimEnd]cells
	hist     [histEnd]cells // code: bucket
	features cells          // sections only
	filter   *distinct.Set
	visits   *distinct.Set // sections only: which visits have been here
	touched  bool
	stored   bool // it has a record
}

// The measures of a page and a section, in the order of block.Pages and
// block.Sections but for the level, which stands before visits there.
const (
	pageViews = iota
	pageVisitors
	pageEntries
	pageExits
	pageEntryBounces
	pageErrors
	pageVisits // sections only
	pageMeasures
)

// open tells whether the rows and histograms may be written: the fold.
func (p *page) open() bool { return p.written || p.seen >= foldVisitors }

// sectionWeight is how many more keys a section may keep than a page before
// its filters are sampled, as a power of two: sections are few.
const sectionWeight = 4

// k returns the level of the filters over the whole day, of a section's two
// the higher one.
func (p *page) k() uint8 {
	k := max(p.level, p.filter.Level())
	if p.visits != nil {
		k = max(k, p.visits.Level())
	}
	return k
}

func (d *openDay) newPage(t *table[page], label string, section bool) *page {
	p := &page{day: d, label: label, index: uint32(len(t.rows)), section: section, in: -1}
	if section {
		p.filter, p.visits = d.share.NewSet(sectionWeight), d.share.NewSet(sectionWeight)
	} else {
		p.filter = d.share.NewSet(0)
	}
	t.put(label, p)
	return p
}

// page returns the row of a path, or of (other) past the cap.
func (d *openDay) page(label string) *page {
	if i, ok := d.pages.byLabel[label]; ok {
		return d.pages.rows[i]
	}
	if !d.pages.admits(label, d.open.caps.pages) {
		d.turnAway(capPages)
		return d.page(hit.Other)
	}
	p := d.newPage(&d.pages, label, false)
	if label != hit.Other {
		p.in = int32(d.sectionOf(label).index)
	}
	return p
}

// sectionAt returns the section that a view of a path on this page is in.
func (d *openDay) sectionAt(p *page, path string) *page {
	if p.in >= 0 {
		return d.sections.rows[p.in]
	}
	return d.sectionOf(path)
}

// sectionOf returns the section of a path.
func (d *openDay) sectionOf(path string) *page {
	return d.sectionRow(sectionLabel(path, d.config.Sections))
}

func (d *openDay) sectionRow(label string) *page {
	if i, ok := d.sections.byLabel[label]; ok {
		return d.sections.rows[i]
	}
	if !d.sections.admits(label, d.open.caps.sections) {
		d.turnAway(capSections)
		return d.sectionRow(hit.Other)
	}
	return d.newPage(&d.sections, label, true)
}
