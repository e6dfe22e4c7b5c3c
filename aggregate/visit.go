package aggregate

import "footfall/aggregate/hit"

// visit is an open visit: where it began, where it is, when it began and was
// last seen (seconds from the day's base), and whether it is more than a
// bounce. It holds two pages and never a list.
type visit struct {
	entry, last     uint16 // pages, by index: MaxPages and (other) fit
	first, seen     uint32
	entryIn, lastIn uint8 // their sections, by index
	more            bool
}

// visitOf returns the open visit of a visitor, if it has not ended, and the
// time on its clock.
func (d *openDay) visitOf(v *hit.Visitor, unix int64) (key uint64, found visit, now uint32, ok bool) {
	now = uint32(max(unix-d.base, 0))
	key = d.key(v, labelVisit, 0, 0)
	found, ok = d.visits.get(key)
	if !ok {
		return key, found, now, false
	}
	now = max(now, found.seen) // a clock that stepped back adds no time
	return key, found, now, now-found.seen <= visitIdle
}

// view begins a visit or carries one on. Every measure is kept true at every
// hit: a first view adds a visit, an entry, an exit and a bounce; the second
// takes the bounce back; each later one moves the exit.
func (d *openDay) view(j *journal, h *hit.Hit, p, in *page, unix int64) {
	key, v, now, going := d.visitOf(&h.Visitor, unix)
	if !going {
		d.begin(j, h, p, in)
		if d.open.visits >= d.open.caps.visits {
			if _, replaced := d.visits.get(key); !replaced { // counted and not followed
				d.turnAway(capVisits)
				d.countSectionVisit(j, &h.Visitor, in, now)
				return
			}
		}
		v = visit{entry: uint16(p.index), last: uint16(p.index), first: now, seen: now, entryIn: uint8(in.index), lastIn: uint8(in.index)}
		j.visit(d, key, v)
		d.countSectionVisit(j, &h.Visitor, in, v.first)
		return
	}
	d.extend(j, &v, now)
	d.unbounce(j, &v)
	if uint32(v.last) != p.index {
		j.add(&d.pages.rows[v.last].n[pageExits], -1)
		j.page(d.pages.rows[v.last])
		j.add(&p.n[pageExits], 1)
		v.last = uint16(p.index)
	}
	if uint32(v.lastIn) != in.index {
		j.add(&d.sections.rows[v.lastIn].n[pageExits], -1)
		j.page(d.sections.rows[v.lastIn])
		j.add(&in.n[pageExits], 1)
		v.lastIn = uint8(in.index)
	}
	j.visit(d, key, v)
	d.countSectionVisit(j, &h.Visitor, in, v.first)
}

// sign tells an open visit that its visitor is still there; a feature use
// also makes it more than a bounce.
func (d *openDay) sign(j *journal, h *hit.Hit, unix int64, used bool) {
	if h.Visitor.IsZero() {
		return
	}
	key, v, now, going := d.visitOf(&h.Visitor, unix)
	if !going {
		return
	}
	d.extend(j, &v, now)
	if used {
		d.unbounce(j, &v)
	}
	j.visit(d, key, v)
}

func (d *openDay) begin(j *journal, h *hit.Hit, p, in *page) {
	j.add(&d.site[siteVisits], 1)
	j.add(&d.site[siteBounces], 1)
	for _, at := range [...]*page{p, in} {
		j.add(&at.n[pageEntries], 1)
		j.add(&at.n[pageExits], 1)
		j.add(&at.n[pageEntryBounces], 1)
	}
	for dim := dimBrowser; dim < dimEnd; dim++ {
		j.add(&d.fixedRow(dim, codeOf(h, dim)).visits, 1)
	}
	r := d.host(hostReferrer, h.Referrer.String())
	j.add(&r.visits, 1)
	j.host(r)
}

func (d *openDay) extend(j *journal, v *visit, now uint32) {
	if now > v.seen {
		j.add(&d.site[siteSeconds], int64(now-v.seen))
		v.seen = now
		j.day(d)
	}
}

func (d *openDay) unbounce(j *journal, v *visit) {
	if v.more {
		return
	}
	v.more = true
	j.add(&d.site[siteBounces], -1)
	j.day(d)
	entry, in := d.pages.rows[v.entry], d.sections.rows[v.entryIn]
	j.add(&entry.n[pageEntryBounces], -1)
	j.add(&in.n[pageEntryBounces], -1)
	j.page(entry)
	j.page(in)
}

// countSectionVisit counts a visit in a section at its first view there.
func (d *openDay) countSectionVisit(j *journal, v *hit.Visitor, in *page, first uint32) {
	if w := j.first(in.visits, d.key(v, labelSectionVisit, in.index, first)); w > 0 {
		j.add(&in.n[pageVisits], w)
	}
}

// dropEnded forgets the visits that have been idle too long.
func (d *openDay) dropEnded(unix int64) {
	now := uint32(max(unix-d.base, 0))
	d.open.visits -= d.visits.drop(func(v *visit) bool { return now > v.seen && now-v.seen > visitIdle })
}
