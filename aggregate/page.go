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

// k returns the level of the filter over the whole day.
func (p *page) k() uint8 {
	if p.filter != nil {
		return max(p.level, p.filter.Level())
	}
	return p.level
}

func (p *page) release() {
	if p.filter != nil {
		p.filter.Release()
	}
	if p.visits != nil {
		p.visits.Release()
	}
}

func (d *openDay) newPage(t *table[page], label string, section bool) *page {
	p := &page{day: d, label: label, index: uint32(len(t.rows)), section: section, in: -1}
	p.filter = d.open.budget.NewSet()
	if section {
		p.visits = d.open.budget.NewSet()
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
