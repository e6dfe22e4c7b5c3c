package aggregate

import (
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
)

// apply counts a hit that arrived at now. All that it changes goes through
// the journal.
func (d *openDay) apply(j *journal, now time.Time, h *hit.Hit) {
	j.day(d)
	if h.Bot != hit.NotBot {
		if h.Kind == hit.KindView { // once a view, as people are
			j.small(&d.small[smallBot], uint32(h.Bot), 1, MaxCells)
		}
		return
	}
	switch h.Kind {
	case hit.KindView:
		if h.Status != hit.StatusOK {
			d.applyFailed(j, h)
			return
		}
		d.applyView(j, now, h)
	case hit.KindFeature:
		d.applyFeature(j, now, h)
	case hit.KindTiming:
		d.applyTiming(j, now, h)
	}
}

func (d *openDay) applyFailed(j *journal, h *hit.Hit) {
	j.small(&d.small[smallStatus], uint32(h.Status), 1, MaxCells)
	r := d.host(hostFailed, h.Path.String())
	j.add(&r.views, 1)
	j.host(r)
}

func (d *openDay) applyView(j *journal, now time.Time, h *hit.Hit) {
	p := d.page(h.Path.String())
	in := d.sectionAt(p, h.Path.String())
	j.page(p)
	j.page(in)
	j.add(&d.site[siteViews], 1)
	_, hour := d.clock.At(now)
	j.add(&d.hours[hour], 1)
	j.add(&p.n[pageViews], 1)
	j.add(&in.n[pageViews], 1)
	r := d.host(hostReferrer, h.Referrer.String())
	j.add(&r.views, 1)
	j.host(r)
	w := int64(0)
	if !h.Visitor.IsZero() {
		w = d.visitor(j, h)
	}
	j.add(&d.site[siteVisitors], w)
	for dim := dimBrowser; dim < dimEnd; dim++ {
		row := d.fixedRow(dim, codeOf(h, dim))
		j.add(&row.views, 1)
		j.add(&row.visitors, w)
	}
	if h.Visitor.IsZero() {
		d.strange(j, h, r)
		return
	}
	referrer := d.labels.id(r.label) // (other) past the cap
	d.firstView(j, h, p, labelPage, referrer)
	d.firstView(j, h, in, labelSection, referrer)
	d.view(j, h, p, in, now.Unix())
}

// visitor counts a visitor of the site at the first view of the day.
func (d *openDay) visitor(j *journal, h *hit.Hit) int64 {
	if d.loaded { // whoever was counted before may be counted again
		d.loaded = false
		d.restarts++
	}
	return j.first(d.filter, d.key(&h.Visitor, labelSite, 0, 0))
}

// strange counts the view of somebody who has no key: it is a visit when it
// came from elsewhere, and nothing else is known of it.
func (d *openDay) strange(j *journal, h *hit.Hit, r *hostRow) {
	d.flags |= block.NoVisitors
	if h.Referrer.IsInternal() {
		return
	}
	j.add(&d.site[siteVisits], 1)
	j.add(&r.visits, 1)
	for dim := dimBrowser; dim < dimEnd; dim++ {
		j.add(&d.fixedRow(dim, codeOf(h, dim)).visits, 1)
	}
}

// firstView counts a visitor on a page or section, and in each of its
// dimensions, at the first view there.
func (d *openDay) firstView(j *journal, h *hit.Hit, p *page, what byte, referrer uint32) {
	w := j.first(p.filter, d.key(&h.Visitor, what, p.index, 0))
	if w == 0 {
		return
	}
	j.add(&p.n[pageVisitors], w)
	j.add(&p.seen, 1)
	for dim := range dimEnd {
		code := codeOf(h, dim)
		if dim == dimReferrer {
			code = referrer
		}
		d.value(j, &p.dims[dim], code, w)
	}
}

func (d *openDay) fixedRow(dim dimension, code uint32) *fixedRow {
	most := d.open.caps.browsers
	if dim != dimBrowser {
		most = 1 << 16 // closed enumerations and countries bound themselves
	}
	row := d.fixed[dim].at(code, most)
	if row.code != code {
		d.turnAway(capValues)
	}
	return row
}

func (d *openDay) applyFeature(j *journal, now time.Time, h *hit.Hit) {
	switch {
	case !h.Feature.IsZero():
		in := d.sectionOf(h.Path.String())
		code := d.labels.id(h.Feature.String())
		j.cell(&d.features, code, 1, 1<<16) // declared names bound themselves
		j.cell(&in.features, code, 1, 1<<16)
		j.page(in)
	case !h.Outbound.IsZero():
		d.use(j, hostOutbound, h.Outbound.String())
	case !h.Download.IsZero():
		d.use(j, hostDownload, h.Download.String())
	}
	d.sign(j, h, now.Unix(), true)
}

func (d *openDay) use(j *journal, which int, label string) {
	r := d.host(which, label)
	j.add(&r.views, 1)
	j.host(r)
}

func (d *openDay) applyTiming(j *journal, now time.Time, h *hit.Hit) {
	p := d.page(h.Path.String())
	in := d.sectionAt(p, h.Path.String())
	t := &h.Timing
	for kind, v := range [histEnd]int32{histRead: t.ReadSeconds, histScroll: t.ScrollPct,
		histLoad: t.LoadMillis, histLCP: t.LCPMillis, histINP: t.INPMillis} {
		if v < 0 {
			continue
		}
		b := histKind(kind).bucket(v)
		j.cell(&p.hist[kind], b, 1, MaxCells)
		j.cell(&in.hist[kind], b, 1, MaxCells)
		if kind := histKind(kind); kind >= histLoad {
			j.small(&d.small[smallDeviceLoad+int(kind-histLoad)], uint32(h.Device)<<8|b, 1, 1<<16)
		}
	}
	if t.Errors > 0 {
		n := int64(t.Errors)
		j.add(&p.n[pageErrors], n)
		j.add(&in.n[pageErrors], n)
		j.small(&d.small[smallErrorBrowser], codeOf(h, dimBrowser), n, maxBrowsers)
		j.small(&d.small[smallErrorSystem], uint32(h.System), n, MaxCells)
		j.small(&d.small[smallErrorDevice], uint32(h.Device), n, MaxCells)
	}
	j.page(p)
	j.page(in)
	d.sign(j, h, now.Unix(), false)
}

// codeOf returns the code of a hit's value in a dimension that has an
// enumeration; 0 for the referrer, which has none.
func codeOf(h *hit.Hit, dim dimension) uint32 {
	switch dim {
	case dimBrowser:
		return uint32(h.Browser.Family)<<16 | uint32(h.Browser.Major)
	case dimSystem:
		return uint32(h.System)
	case dimDevice:
		return uint32(h.Device)
	case dimCountry:
		return h.Country.Code()
	}
	return 0
}

// codeText returns the label of a code of codeOf.
func codeText(dim dimension, code uint32) string {
	switch {
	case code == codeOther:
		return hit.Other
	case dim == dimBrowser:
		return hit.Browser{Family: hit.Family(code >> 16), Major: uint16(code)}.String()
	case dim == dimSystem:
		return hit.System(code).String()
	case dim == dimDevice:
		return hit.Device(code).String()
	}
	return hit.CountryOf(code).String()
}
