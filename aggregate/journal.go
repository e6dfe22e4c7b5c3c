package aggregate

import "footfall/aggregate/internal/distinct"

// A journal remembers what a batch changed, so that nothing of it stays when
// its commit fails. Counters, cells, filters and visits change through it only.
type journal struct {
	counts []countChange
	cells  []cellChange
	keys   []keyChange
	visits []visitChange
	touched
}

type countChange struct {
	count *int64
	by    int64
}

type cellChange struct {
	cells *cells
	code  uint32 // writing a record sorts its cells: an index would not stay right
	by    int64
}

type keyChange struct {
	set *distinct.Set
	key uint64
}

type visitChange struct {
	day *openDay
	key uint64
	was visit
	had bool
}

// add changes a counter.
func (j *journal) add(count *int64, by int64) {
	*count += by
	j.counts = append(j.counts, countChange{count, by})
}

// cell changes the cell of a code; past most codes it changes that of (other)
// and returns false.
func (j *journal) cell(c *cells, code uint32, by int64, most int) bool {
	x := &(*c)[c.at(code, most)]
	x.n += uint32(by)
	j.cells = append(j.cells, cellChange{c, x.code, by})
	return x.code == code
}

// small changes what one of the site's small tables counts of a code.
func (j *journal) small(f *fixedRows, code uint32, by int64, most int) {
	j.add(&f.at(code, most).views, by)
}

// first asks a filter about a key and returns what it counts.
func (j *journal) first(set *distinct.Set, key uint64) int64 {
	w := set.Add(key)
	if w != 0 {
		j.keys = append(j.keys, keyChange{set, key})
	}
	return w
}

// visit replaces an open visit.
func (j *journal) visit(d *openDay, key uint64, v visit) {
	was, had := d.visits.put(key, v)
	if !had {
		d.open.visits++
	}
	j.visits = append(j.visits, visitChange{d, key, was, had})
}

// reset forgets what was changed: it stays.
func (j *journal) reset() {
	j.counts, j.cells, j.keys, j.visits = j.counts[:0], j.cells[:0], j.keys[:0], j.visits[:0]
	j.touched.reset()
}

// undo takes back all that was changed since reset, last change first.
func (j *journal) undo() {
	for i := len(j.visits) - 1; i >= 0; i-- {
		v := &j.visits[i]
		if v.had {
			v.day.visits.put(v.key, v.was)
		} else {
			v.day.visits.delete(v.key)
			v.day.open.visits--
		}
	}
	for _, k := range j.keys {
		k.set.Remove(k.key)
	}
	for _, c := range j.cells {
		(*c.cells)[c.cells.at(c.code, len(*c.cells))].n -= uint32(c.by) // it is there
	}
	for _, c := range j.counts {
		*c.count -= c.by
	}
	j.reset()
}

// touched lists the records a batch must write.
type touched struct {
	days  []*openDay
	pages []*page
	hosts []*hostRow
}

func (t *touched) reset() {
	for _, d := range t.days {
		d.touched = false
	}
	for _, p := range t.pages {
		p.touched = false
	}
	for _, h := range t.hosts {
		h.touched = false
	}
	t.days, t.pages, t.hosts = t.days[:0], t.pages[:0], t.hosts[:0]
}

func (t *touched) day(d *openDay) {
	if !d.touched {
		d.touched = true
		t.days = append(t.days, d)
	}
}

func (t *touched) page(p *page) {
	if !p.touched {
		p.touched = true
		t.pages = append(t.pages, p)
	}
}

func (t *touched) host(h *hostRow) {
	if !h.touched {
		h.touched = true
		t.hosts = append(t.hosts, h)
	}
}
