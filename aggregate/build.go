package aggregate

import (
	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
)

// A builder gathers what the block of an open day holds.
type builder struct {
	day   *openDay
	out   *gathering
	ids   map[string]uint32         // numbers of the texts
	codes [dimEnd]map[uint32]uint32 // the same, of codes
	tens  bool                      // totals, errors and status classes only
	part  bool                      // the day is running: no exits, bounces and visit seconds
}

// id returns the number of a text.
func (b *builder) id(text string) uint32 {
	id, ok := b.ids[text]
	if !ok {
		id = uint32(len(b.out.texts))
		b.out.texts = append(b.out.texts, text)
		b.ids[text] = id
	}
	return id
}

// code returns the number of the text of a code.
func (b *builder) code(dim dimension, code uint32) uint32 {
	id, ok := b.codes[dim][code]
	if ok {
		return id
	}
	if dim == dimReferrer {
		id = b.id(b.day.labels.of(code))
	} else {
		id = b.id(codeText(dim, code))
	}
	if b.codes[dim] == nil {
		b.codes[dim] = map[uint32]uint32{}
	}
	b.codes[dim][code] = id
	return id
}

func newBuilder(d *openDay, part, tens bool) *builder {
	return &builder{day: d, out: new(gathering), ids: map[string]uint32{}, part: part, tens: tens}
}

// begin makes the builder ready for another day.
func (b *builder) begin(d *openDay) {
	b.day = d
	clear(b.ids)
	for dim := range b.codes {
		clear(b.codes[dim])
	}
	b.out.reset()
}

// gather gathers the whole day; with part or tens a snapshot of it. Rows and
// cells whose page is still folded stay out.
func (d *openDay) gather(part, tens bool) *gathering {
	b := newBuilder(d, part, tens)
	b.build()
	return b.out
}

func (b *builder) build() {
	d := b.day
	b.out.flags, b.out.restarts, b.out.level = d.flags, d.restarts, d.k()
	if b.part {
		b.out.flags |= block.Running
	}
	b.site()
	b.small(block.Statuses, d.small[smallStatus], func(c uint32) string { return hit.Status(c).String() })
	b.small(block.Bots, d.small[smallBot], func(c uint32) string { return hit.Bot(c).String() })
	for i, dim := range []dimension{dimBrowser, dimSystem, dimDevice} {
		b.small(block.ErrorBrowsers+block.Table(i), d.small[smallErrorBrowser+i], func(c uint32) string { return codeText(dim, c) })
	}
	if b.tens {
		b.out.flags |= block.Tens
		return
	}
	b.hours()
	for i, dim := range []dimension{dimBrowser, dimSystem, dimDevice, dimCountry} {
		b.fixed(block.Browsers+block.Table(i), dim)
	}
	b.cells(block.Features, d.features, d.labels.of)
	b.hosts()
	b.room(&d.pages, block.PageReferrers)
	b.room(&d.sections, block.SectionReferrers)
	for _, t := range []*table[page]{&d.pages, &d.sections} {
		for _, p := range t.rows {
			b.page(p)
		}
	}
	for i := range 3 {
		b.deviceHistogram(block.DeviceLoad+block.Cross(i), d.small[smallDeviceLoad+i])
	}
}

func (b *builder) site() {
	var n [siteMeasures]int64
	for i, v := range b.day.site {
		if !b.part || i < siteBounces {
			n[i] = v
		}
	}
	b.out.rows[block.Site].add(0, n[:]...)
}

func (b *builder) hours() {
	for hour, n := range b.day.hours {
		b.out.rows[block.Hours].add(uint32(hour), n)
	}
}

func (b *builder) cells(t block.Table, c cells, text func(uint32) string) {
	for _, x := range c {
		if x.n != 0 {
			b.out.rows[t].add(b.id(text(x.code)), int64(x.n))
		}
	}
}

func (b *builder) small(t block.Table, rows fixedRows, text func(uint32) string) {
	for _, x := range rows {
		if x.views != 0 {
			b.out.rows[t].add(b.id(text(x.code)), x.views)
		}
	}
}

func (b *builder) fixed(t block.Table, dim dimension) {
	for _, x := range b.day.fixed[dim] {
		if x.views != 0 || x.visitors != 0 || x.visits != 0 {
			b.out.rows[t].add(b.code(dim, x.code), x.views, x.visitors, x.visits)
		}
	}
}

func (b *builder) hosts() {
	for i := range hostTables {
		for _, x := range b.day.hosts[i].rows {
			b.host(i, x.label, x.views, x.visits)
		}
	}
}

var hostTables = [hostEnd]block.Table{block.Referrers, block.Outbound, block.Downloads, block.Failed}

func (b *builder) host(which int, label string, views, visits int64) {
	rows := &b.out.rows[hostTables[which]]
	switch {
	case views == 0 && visits == 0:
	case which == hostReferrer:
		rows.add(b.id(label), views, visits)
	default:
		rows.add(b.id(label), views)
	}
}

// room makes room for the cells of all pages or sections: growing it took a
// fifth of the time and three times the memory.
func (b *builder) room(t *table[page], first block.Cross) {
	var n [dimEnd + dimension(histEnd)]int
	for _, p := range t.rows {
		if p.open() {
			for dim, c := range p.dims {
				n[dim] += len(c)
			}
			for kind, c := range p.hist {
				n[int(dimEnd)+kind] += len(c)
			}
		}
	}
	for i, most := range n {
		b.out.cells[first+block.Cross(i)] = make([]looseCell, 0, most)
	}
}

// page gathers one page or section.
func (b *builder) page(p *page) {
	rowsOf, first := block.Pages, block.PageReferrers
	if p.section {
		rowsOf, first = block.Sections, block.SectionReferrers
	}
	m := [8]int64{p.n[pageViews], p.n[pageVisitors], p.n[pageEntries], p.n[pageExits],
		p.n[pageEntryBounces], p.n[pageErrors], int64(p.k()), p.n[pageVisits]}
	if b.part {
		m[pageExits], m[pageEntryBounces] = 0, 0
	}
	if m != ([8]int64{}) || p.open() {
		if p.k() > 0 {
			b.out.flags |= block.Thinned
		}
		outer := b.id(p.label)
		b.out.rows[rowsOf].add(outer, m[:block.Width(rowsOf)]...)
		if p.open() {
			b.opened(p, first, outer)
		}
	}
	for _, c := range p.features {
		if c.n != 0 {
			b.out.cell(block.SectionFeatures, b.id(p.label), b.id(b.day.labels.of(c.code)), int64(c.n))
		}
	}
}

// opened gathers the rows and histograms of a page that is not folded.
func (b *builder) opened(p *page, first block.Cross, outer uint32) {
	for dim, c := range p.dims {
		for _, x := range c {
			b.out.cell(first+block.Cross(dim), outer, b.code(dimension(dim), x.code), int64(x.n))
		}
	}
	for kind, c := range p.hist {
		for _, x := range c {
			b.out.cell(first+block.Cross(int(dimEnd)+kind), outer, x.code, int64(x.n))
		}
	}
}

func (b *builder) deviceHistogram(t block.Cross, rows fixedRows) {
	for _, y := range rows {
		if y.views != 0 {
			b.out.cell(t, b.id(hit.Device(y.code>>8).String()), y.code&0xff, y.views)
		}
	}
}
