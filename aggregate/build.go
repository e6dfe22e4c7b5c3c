package aggregate

import (
	"cmp"
	"slices"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
)

// A builder turns an open day into the tables of a block.
type builder struct {
	day  *openDay
	id   func(text string) uint32
	out  *block.Day
	tens bool // totals, errors and status classes only
	part bool // the day is running: no exits, bounces and visit seconds
}

// texts calls add for each label that the day's block will name.
func (d *openDay) texts(tens bool, add func(string)) {
	b := &builder{day: d, out: &block.Day{}, tens: tens, id: func(s string) uint32 { add(s); return 0 }}
	b.build()
}

// build fills every table. Rows and cells whose page is still folded stay out.
func (b *builder) build() {
	d := b.day
	b.out.Flags, b.out.Restarts, b.out.Level = d.flags, d.restarts, d.k()
	if b.part {
		b.out.Flags |= block.Running
	}
	b.site()
	b.cells(block.Statuses, d.small[smallStatus], func(c uint32) string { return hit.Status(c).String() })
	b.cells(block.Bots, d.small[smallBot], func(c uint32) string { return hit.Bot(c).String() })
	for i, dim := range []dimension{dimBrowser, dimSystem, dimDevice} {
		b.cells(block.ErrorBrowsers+block.Table(i), d.small[smallErrorBrowser+i], func(c uint32) string { return codeText(dim, c) })
	}
	if b.tens {
		b.out.Flags |= block.Tens
		return
	}
	b.hours()
	for i, dim := range []dimension{dimBrowser, dimSystem, dimDevice, dimCountry} {
		b.fixed(block.Browsers+block.Table(i), dim)
	}
	b.cells(block.Features, d.features, d.labels.of)
	b.hosts()
	b.pages(&d.pages, block.Pages, block.PageReferrers)
	b.pages(&d.sections, block.Sections, block.SectionReferrers)
	b.sectionFeatures()
	for i := range 3 {
		b.deviceHistogram(block.DeviceLoad+block.Cross(i), d.small[smallDeviceLoad+i])
	}
}

func (b *builder) site() {
	n := make([]uint64, siteMeasures)
	for i, v := range b.day.site {
		if !b.part || i < siteBounces {
			n[i] = uint64(v)
		}
	}
	b.out.Rows[block.Site] = block.Rows{Labels: []uint32{0}, N: n}
}

func (b *builder) hours() {
	var r rows
	for hour, n := range b.day.hours {
		r.add(uint32(hour), n)
	}
	b.out.Rows[block.Hours] = r.rows(1)
}

func (b *builder) cells(t block.Table, c cells, text func(uint32) string) {
	var r rows
	for _, x := range c {
		if x.n != 0 {
			r.add(b.id(text(x.code)), x.n)
		}
	}
	b.out.Rows[t] = r.rows(1)
}

func (b *builder) fixed(t block.Table, dim dimension) {
	var r rows
	for _, x := range b.day.fixed[dim] {
		if x.views != 0 || x.visitors != 0 || x.visits != 0 {
			r.add(b.id(codeText(dim, x.code)), x.views, x.visitors, x.visits)
		}
	}
	b.out.Rows[t] = r.rows(3)
}

func (b *builder) hosts() {
	for i, t := range [hostEnd]block.Table{block.Referrers, block.Outbound, block.Downloads, block.Failed} {
		var r rows
		for _, x := range b.day.hosts[i].rows {
			switch {
			case x.views == 0 && x.visits == 0:
			case i == hostReferrer:
				r.add(b.id(x.label), x.views, x.visits)
			default:
				r.add(b.id(x.label), x.views)
			}
		}
		b.out.Rows[t] = r.rows(block.Width(t))
	}
}

func (b *builder) pages(t *table[page], rowsOf block.Table, first block.Cross) {
	var r rows
	var dims [dimEnd]crossed
	var hists [histEnd]crossed
	for _, p := range t.rows {
		m := [8]int64{p.n[pageViews], p.n[pageVisitors], p.n[pageEntries], p.n[pageExits],
			p.n[pageEntryBounces], p.n[pageErrors], int64(p.k()), p.n[pageVisits]}
		if b.part {
			m[pageExits], m[pageEntryBounces] = 0, 0
		}
		if m == ([8]int64{}) && !p.open() {
			continue
		}
		if p.k() > 0 {
			b.out.Flags |= block.Thinned
		}
		outer := b.id(p.label)
		r.add(outer, m[:block.Width(rowsOf)]...)
		if !p.open() {
			continue
		}
		for dim, c := range p.dims {
			for _, x := range c {
				dims[dim].add(outer, b.inner(p, dimension(dim), x.code), x.n)
			}
		}
		for kind, c := range p.hist {
			for _, x := range c {
				hists[kind].add(outer, x.code, x.n)
			}
		}
	}
	b.out.Rows[rowsOf] = r.rows(block.Width(rowsOf))
	for i := range dims {
		b.out.Cells[first+block.Cross(i)] = dims[i].cells()
	}
	for i := range hists {
		b.out.Cells[first+block.Cross(int(dimEnd)+i)] = hists[i].cells()
	}
}

func (b *builder) inner(p *page, dim dimension, code uint32) uint32 {
	if dim == dimReferrer {
		return b.id(p.day.labels.of(code))
	}
	return b.id(codeText(dim, code))
}

func (b *builder) sectionFeatures() {
	var x crossed
	for _, p := range b.day.sections.rows {
		for _, c := range p.features {
			if c.n != 0 {
				x.add(b.id(p.label), b.id(b.day.labels.of(c.code)), c.n)
			}
		}
	}
	b.out.Cells[block.SectionFeatures] = x.cells()
}

func (b *builder) deviceHistogram(t block.Cross, c cells) {
	var x crossed
	for _, y := range c {
		if y.n != 0 {
			x.add(b.id(hit.Device(y.code>>8).String()), y.code&0xff, y.n)
		}
	}
	b.out.Cells[t] = x.cells()
}

// rows gathers rows in any order; equal labels are added up.
type rows struct{ list []labelled }

type labelled struct {
	label uint32
	n     [8]uint64
}

func (r *rows) add(label uint32, n ...int64) {
	l := labelled{label: label}
	for i, v := range n {
		l.n[i] = uint64(v)
	}
	r.list = append(r.list, l)
}

func (r *rows) rows(width int) block.Rows {
	slices.SortFunc(r.list, func(a, b labelled) int { return cmp.Compare(a.label, b.label) })
	var out block.Rows
	for _, l := range r.list {
		if k := len(out.Labels); k > 0 && out.Labels[k-1] == l.label {
			for i := range width {
				out.N[(k-1)*width+i] += l.n[i]
			}
			continue
		}
		if l.n == ([8]uint64{}) {
			continue
		}
		out.Labels = append(out.Labels, l.label)
		out.N = append(out.N, l.n[:width]...)
	}
	return out
}

// crossed gathers cells in any order; equal ones are added up.
type crossed struct{ list []crossCell }

type crossCell struct {
	outer, inner uint32
	n            uint64
}

func (c *crossed) add(outer, inner uint32, n int64) {
	if n != 0 {
		c.list = append(c.list, crossCell{outer, inner, uint64(n)})
	}
}

func (c *crossed) cells() block.Cells {
	slices.SortFunc(c.list, func(a, b crossCell) int {
		return cmp.Or(cmp.Compare(a.outer, b.outer), cmp.Compare(a.inner, b.inner))
	})
	var out block.Cells
	for _, x := range c.list {
		if k := len(out.N); k > 0 && out.Outer[k-1] == x.outer && out.Inner[k-1] == x.inner {
			out.N[k-1] += x.n
			continue
		}
		out.Outer, out.Inner, out.N = append(out.Outer, x.outer), append(out.Inner, x.inner), append(out.N, x.n)
	}
	return out
}
