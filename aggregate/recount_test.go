package aggregate

import (
	"fmt"
	"strconv"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
)

// recount counts days the slow way: from the list of all hits.
type recount struct {
	days map[hit.Day]*recountDay
	// what a process remembers, and loses with it
	seen   map[hit.Day]map[string]bool // visitor on site, page or section
	visits map[int]*recountVisit
}

// recountDay is what one day's block must hold: by table, label and measure.
type recountDay struct {
	rows  map[block.Table]map[string]*[8]int64
	cells map[*recountPage]map[block.Cross]map[string]int64 // of pages and sections, by inner label
	pages map[string]*recountPage
}

// recountPage follows the fold of one page or section.
type recountPage struct {
	label   string
	section bool
	seen    int  // visitors since the process started
	written bool // rows are on the disk
}

func (p *recountPage) open() bool { return p.written || p.seen >= foldVisitors }

type recountVisit struct {
	day         hit.Day
	entry, last string
	seen        time.Time
	more        bool
	sections    map[string]bool
}

func newRecount() *recount {
	m := &recount{days: map[hit.Day]*recountDay{}}
	m.restart()
	return m
}

// restart forgets what a process forgets: who was seen, visits, and the rows
// of pages that are still folded.
func (m *recount) restart() {
	m.seen, m.visits = map[hit.Day]map[string]bool{}, map[int]*recountVisit{}
	for _, d := range m.days {
		for _, p := range d.pages {
			if !p.open() {
				delete(d.cells, p)
			}
			p.written, p.seen = p.open(), 0
		}
	}
}

func (m *recount) first(day hit.Day, what string, visitor int) int64 {
	if m.seen[day] == nil {
		m.seen[day] = map[string]bool{}
	}
	key := what + " " + strconv.Itoa(visitor)
	if m.seen[day][key] {
		return 0
	}
	m.seen[day][key] = true
	return 1
}

func (m *recount) day(day hit.Day) *recountDay {
	d := m.days[day]
	if d == nil {
		d = &recountDay{map[block.Table]map[string]*[8]int64{}, map[*recountPage]map[block.Cross]map[string]int64{}, map[string]*recountPage{}}
		m.days[day] = d
	}
	return d
}

func (d *recountDay) row(t block.Table, label string) *[8]int64 {
	if d.rows[t] == nil {
		d.rows[t] = map[string]*[8]int64{}
	}
	if d.rows[t][label] == nil {
		d.rows[t][label] = new([8]int64)
	}
	return d.rows[t][label]
}

func (d *recountDay) page(label string, section bool) *recountPage {
	key := label
	if section {
		key = "section " + label
	}
	if d.pages[key] == nil {
		d.pages[key] = &recountPage{label: label, section: section}
	}
	return d.pages[key]
}

func (d *recountDay) cell(p *recountPage, c block.Cross, inner string) {
	if p.section {
		c += block.SectionReferrers - block.PageReferrers
	}
	if d.cells[p] == nil {
		d.cells[p] = map[block.Cross]map[string]int64{}
	}
	if d.cells[p][c] == nil {
		d.cells[p][c] = map[string]int64{}
	}
	d.cells[p][c][inner]++
}

// both changes a measure of a path's page and of its section.
func (d *recountDay) both(measure int, path string, by int64) {
	d.row(block.Pages, path)[measure] += by
	d.row(block.Sections, sectionLabel(path, nil))[measure] += by
}

// dimensions returns the hit's values, in the order of the crosses.
func dimensions(h *hit.Hit) []string {
	return []string{h.Referrer.String(), h.Browser.String(), h.System.String(), h.Device.String(), h.Country.String()}
}

func (m *recount) hit(now time.Time, h *hit.Hit, visitor int) {
	d := m.day(hit.DayAt(now, time.UTC))
	path := h.Path.String()
	switch {
	case h.Bot != hit.NotBot:
		d.row(block.Bots, h.Bot.String())[0]++
	case h.Kind == hit.KindFeature:
		d.row(block.Features, h.Feature.String())[0]++
		d.page(sectionLabel(path, nil), true)
		m.sign(now, visitor, true)
	case h.Kind == hit.KindTiming:
		m.timing(d, h)
		m.sign(now, visitor, false)
	case h.Status != hit.StatusOK:
		d.row(block.Statuses, h.Status.String())[0]++
		d.row(block.Failed, path)[0]++
	default:
		m.view(now, h, visitor)
	}
}

func (m *recount) timing(d *recountDay, h *hit.Hit) {
	path := h.Path.String()
	bucket := 0
	for bucket+1 < len(histEdges[histLoad]) && histEdges[histLoad][bucket+1] <= h.Timing.LoadMillis {
		bucket++
	}
	for _, p := range []*recountPage{d.page(path, false), d.page(sectionLabel(path, nil), true)} {
		d.cell(p, block.PageReferrers+block.Cross(int(dimEnd)+int(histLoad)), strconv.Itoa(bucket))
	}
	d.both(pageErrors, path, int64(h.Timing.Errors))
	if n := int64(h.Timing.Errors); n > 0 {
		for i, value := range dimensions(h)[dimBrowser:dimCountry] {
			d.row(block.ErrorBrowsers+block.Table(i), value)[0] += n
		}
	}
}

func (m *recount) view(now time.Time, h *hit.Hit, visitor int) {
	path, day := h.Path.String(), hit.DayAt(now, time.UTC)
	d, in, values := m.day(day), sectionLabel(path, nil), dimensions(h)
	site := d.row(block.Site, "")
	site[siteViews]++
	d.row(block.Hours, strconv.Itoa(now.Hour()))[0]++
	d.row(block.Referrers, values[dimReferrer])[0]++
	d.both(pageViews, path, 1)
	w := m.first(day, "site", visitor)
	site[siteVisitors] += w
	for i, value := range values[dimBrowser:] {
		row := d.row(block.Browsers+block.Table(i), value)
		row[0]++
		row[1] += w
	}
	for _, p := range []*recountPage{d.page(path, false), d.page(in, true)} {
		table := block.Pages
		if p.section {
			table = block.Sections
		}
		if m.first(day, fmt.Sprint(table, p.label), visitor) == 0 {
			continue
		}
		p.seen++
		d.row(table, p.label)[pageVisitors]++
		for i, value := range values {
			d.cell(p, block.PageReferrers+block.Cross(i), value)
		}
	}
	v := m.visits[visitor]
	if v == nil || v.day != day || now.Sub(v.seen) > 30*time.Minute {
		v = &recountVisit{day: day, entry: path, last: path, seen: now, sections: map[string]bool{}}
		m.visits[visitor] = v
		site[siteVisits]++
		site[siteBounces]++
		d.row(block.Referrers, values[dimReferrer])[1]++
		for i, value := range values[dimBrowser:] {
			d.row(block.Browsers+block.Table(i), value)[2]++
		}
		for _, measure := range []int{pageEntries, pageExits, pageEntryBounces} {
			d.both(measure, path, 1)
		}
	} else {
		m.sign(now, visitor, true)
		d.both(pageExits, v.last, -1)
		d.both(pageExits, path, 1)
		v.last = path
	}
	if !v.sections[in] {
		v.sections[in] = true
		d.row(block.Sections, in)[7]++ // visits stand behind the level
	}
}

// sign carries a visit on that has not ended; what makes it more than a
// bounce is a second view or a use.
func (m *recount) sign(now time.Time, visitor int, more bool) {
	v, day := m.visits[visitor], hit.DayAt(now, time.UTC)
	if v == nil || v.day != day || now.Sub(v.seen) > 30*time.Minute {
		return
	}
	d := m.day(day)
	d.row(block.Site, "")[siteSeconds] += now.Unix() - v.seen.Unix()
	v.seen = now
	if more && !v.more {
		v.more = true
		d.row(block.Site, "")[siteBounces]--
		d.both(pageEntryBounces, v.entry, -1)
	}
}
