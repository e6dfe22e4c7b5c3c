package aggregate

import (
	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/publish"
)

// A rowReader reads the rows of a breakdown, one published period at a time.
type rowReader struct {
	a         *answer
	rule      publish.Rule
	breakdown *publish.Breakdown
	from      func(d *reportDay, b *storedBlock, times uint64) bool // adds a block; false if it is damaged
	own       bool                                                  // rows have filters of their own

	n     []uint64 // the period's raw sums, by row and measure
	whole []uint64 // the period's raw totals
	scale []uint64 // by row, where own
}

func (a *answer) newRowReader() *rowReader {
	by := &dims[a.q.By]
	r := &rowReader{a: a, rule: by.rule, own: by.level >= 0}
	switch {
	case a.q.Where != nil:
		r.from, r.rule, r.own = r.fromValue, cellRule, true
		if a.q.Where.Dim == ByFeature {
			r.rule = usesRule
		}
	case a.q.Page != "":
		r.from, r.rule, r.own = r.fromPage, cellRule, true
	case by.table == block.Hours:
		r.from = r.fromHours
	default:
		r.from = r.fromTable
	}
	r.breakdown = publish.NewBreakdown(r.rule, a.q.By.keep(&a.config))
	r.breakdown.Within(a.totals.rule, a.q.By == ByPage || a.q.By == BySection)
	r.whole = make([]uint64, len(a.totals.columns))
	return r
}

// read reads every part; false if it found damage that was not known.
func (r *rowReader) read(parts []publish.Period) bool {
	a := r.a
	for _, m := range a.labels {
		m.rows, m.n, m.levels, m.used = nil, nil, nil, false
	}
	if dims[a.q.By].table == block.Hours {
		p, _ := publish.Closed(a.q.From, a.q.To, a.today, a.first) // checked before
		parts = []publish.Period{p}
	}
	well := true
	for _, p := range parts {
		raw, ok := r.part(p)
		if well = well && ok; well {
			r.breakdown.Add(&raw)
		}
	}
	return well
}

// part sums up one published period.
func (r *rowReader) part(p publish.Period) (raw publish.Raw, well bool) {
	clear(r.n)
	clear(r.scale)
	raw.Least, well = 1, true
	days := r.a.daysOf(p)
	for i := range days {
		d := &days[i]
		blocks := d.blocks(dims[r.a.q.By].tens)
		raw.Absent |= d.unmeasured(blocks, r.a.today)
		if d.damaged {
			continue
		}
		times, level := d.seen(blocks)
		if raw.Least = max(raw.Least, times); !r.own {
			raw.Least = max(raw.Least, weight(times, uint64(level)))
		}
		for _, b := range blocks {
			if !r.from(d, b, times) {
				d.spoil()
				well = false
				break
			}
		}
	}
	r.gather()
	if r.a.q.Page != "" {
		r.fold(days)
	}
	raw.N, raw.Scale, raw.Whole = r.n, r.scale, r.whole
	raw.WholeScale, _ = r.a.whole(p, r.whole)
	return raw, well
}

// row returns the row of a label and makes room for it; false if it has no text.
func (r *rowReader) row(m *learned, id uint32) (int, bool) {
	if int(id) < len(m.rows) && m.rows[id] >= 0 {
		return int(m.rows[id]), true
	}
	text := m.label(id)
	if text == "" {
		return 0, false
	}
	for int(id) >= len(m.rows) {
		m.rows = append(m.rows, -1)
	}
	row := r.breakdown.Index(text)
	m.rows[id] = int32(row)
	r.grow()
	return row, true
}

// grow makes room for every row of the breakdown.
func (r *rowReader) grow() {
	rows := r.breakdown.Len()
	if more := rows*len(r.rule.Measures) - len(r.n); more > 0 {
		r.n = append(r.n, make([]uint64, more)...)
	}
	if more := rows - len(r.scale); more > 0 && r.own {
		r.scale = append(r.scale, make([]uint64, more)...)
	}
}

// fromTable adds the rows of the dimension's table: by id, since most days of a
// month have the same ones; gather finds their rows once a period.
func (r *rowReader) fromTable(_ *reportDay, b *storedBlock, times uint64) bool {
	by := &dims[r.a.q.By]
	rows, width, columns := &r.a.buffer, by.width(b), by.columns
	if b.Block.Read(by.table, width, rows) != nil {
		return false
	}
	m, measures := r.a.learned(b), len(columns)
	if !m.has(rows.Labels) {
		return false
	}
	if more := m.texts*measures - len(m.n); more > 0 {
		m.n = append(m.n, make([]uint64, more)...)
	}
	m.used = true
	leveled := r.own && by.leveled(b)
	for i, id := range rows.Labels {
		n, sum := rows.N[i*width:][:width], m.n[int(id)*measures:][:measures]
		for j := range sum {
			sum[j] += n[columns[j]]
		}
		if leveled && n[by.level] > 0 {
			for len(m.levels) <= int(id) {
				m.levels = append(m.levels, 0)
			}
			m.levels[id] = max(m.levels[id], weight(times, n[by.level]))
		}
	}
	return true
}

// gather adds what fromTable has summed up to the rows of the breakdown. What
// has no level of its own weighs what the period does.
func (r *rowReader) gather() {
	measures := len(r.rule.Measures)
	for _, m := range r.a.labels {
		if !m.used {
			continue
		}
		for id := range len(m.n) / measures {
			n, level := m.n[id*measures:][:measures], uint64(0)
			if id < len(m.levels) {
				level = m.levels[id]
			}
			any := level
			for _, v := range n {
				any |= v
			}
			if any == 0 {
				continue
			}
			row, _ := r.row(m, uint32(id)) // has a text: fromTable has made sure
			for j, v := range n {
				r.n[row*measures+j] += v
			}
			if level > 0 {
				r.scale[row] = max(r.scale[row], level)
			}
		}
		clear(m.n)
		clear(m.levels)
		m.used = false
	}
}

// fromHours adds the views of each hour.
func (r *rowReader) fromHours(d *reportDay, b *storedBlock, _ uint64) bool {
	rows := &r.a.buffer
	if b.Block.Read(block.Hours, 1, rows) != nil {
		return false
	}
	r.grow()
	first := uint32(0)
	if r.a.q.By == ByWeekdayHour {
		first = 24 * uint32(d.day-d.day.Monday())
	}
	for i, hour := range rows.Labels {
		if hour >= 24 {
			return false
		}
		r.n[first+hour] += rows.N[i]
	}
	return true
}

// fromPage adds the visitors of the page asked for, by the value of the
// dimension. Reading the totals has found the page in every dictionary that has it.
func (r *rowReader) fromPage(d *reportDay, b *storedBlock, _ uint64) bool {
	m := r.a.learned(b)
	if !m.total.known {
		return true
	}
	cells, err := b.Block.CellsOf(dims[r.a.q.By].cross, m.total.id)
	if err != nil {
		return false
	}
	for i, id := range cells.Inner {
		row, ok := r.row(m, id)
		if !ok {
			return false
		}
		r.n[row] += cells.N[i]
	}
	return true
}

// fold makes a row of the page's visitors that stand in no other, and gives
// every row the scale of the page's filter.
func (r *rowReader) fold(days []reportDay) {
	row := r.breakdown.Index(hit.Folded)
	r.grow()
	var rows, all, scale uint64
	for _, n := range r.n {
		rows += n
	}
	for i := range days {
		if !days[i].damaged {
			all += days[i].n[1] // visitors, as pageTotals has them
			scale = max(scale, days[i].scale)
		}
	}
	r.n[row] = max(all, rows) - rows
	for i := range r.scale {
		r.scale[i] = scale
	}
}

// fromValue adds for each page or section what the value asked for has there.
func (r *rowReader) fromValue(d *reportDay, b *storedBlock, times uint64) bool {
	by, where := &dims[r.a.q.By], r.a.q.Where.Dim
	cross := dims[where].cross
	switch {
	case where == ByFeature:
		cross = block.SectionFeatures
	case r.a.q.By == BySection:
		cross += block.SectionReferrers - block.PageReferrers
	}
	cells, err := b.Block.Cells(cross)
	if err != nil {
		return false
	}
	m := r.a.learned(b)
	for i, id := range cells.Inner {
		same, ok := m.total.is(id)
		if !ok {
			return false
		}
		if !same {
			continue
		}
		row, ok := r.row(m, cells.Outer[i])
		if !ok {
			return false
		}
		r.n[row] += cells.N[i]
	}
	if where == ByFeature {
		return true
	}
	return r.levels(by, m, b, times)
}

// levels gives the rows the scale of their own filters, which stands in the
// table of pages or sections.
func (r *rowReader) levels(by *dim, m *learned, b *storedBlock, times uint64) bool {
	if !by.leveled(b) {
		return true
	}
	rows, width := &r.a.buffer, by.level+1
	if b.Block.Read(by.table, width, rows) != nil {
		return false
	}
	for i, id := range rows.Labels {
		level := rows.N[i*width+by.level]
		if level == 0 {
			continue
		}
		row, ok := r.row(m, id)
		if !ok {
			return false
		}
		r.scale[row] = max(r.scale[row], weight(times, level))
	}
	return true
}

// rows returns the published rows in their order.
func (r *rowReader) rows() []publish.Row {
	if r.a.q.By.time() {
		return r.breakdown.InOrder()
	}
	limit := r.a.q.Limit
	if limit == 0 {
		limit = DefaultLimit
	}
	return r.breakdown.Rows(limit)
}

// other returns what stands in no row, nil where there is no such thing.
func (r *rowReader) other() *publish.Values {
	if dims[r.a.q.By].closed {
		return nil
	}
	v := r.breakdown.Other()
	return &v
}
