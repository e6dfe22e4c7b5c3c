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
	from      func(u *unit, p *piece, times uint64) bool // adds a block; false if it is damaged
	own       bool                                       // rows have filters of their own
	kept      []string                                   // values that have a row always

	rows  []int32  // by id of words: row of the breakdown and one more, 0 unknown
	n     []uint64 // the period's raw sums, by row and measure
	whole []uint64 // the period's raw totals
	scale []uint64 // by row, where own
}

func (a *answer) newRowReader() *rowReader {
	by := &dims[a.q.By]
	r := &rowReader{a: a, rule: a.q.rowRule(), own: by.level >= 0, kept: a.q.By.keep(&a.config)}
	switch {
	case a.q.Where != nil:
		r.from, r.own = r.fromValue, true
	case a.q.Page != "" || a.q.Section != "":
		r.from, r.own = r.fromPage, true
	case by.table == block.Hours:
		r.from = r.fromHours
	default:
		r.from = r.fromTable
	}
	r.breakdown = publish.NewBreakdown(r.rule, r.kept)
	r.breakdown.Within(a.totals.rule, a.q.By == ByPage || a.q.By == BySection)
	r.whole = make([]uint64, len(a.totals.columns))
	return r
}

// read reads every part.
func (r *rowReader) read(parts []publish.Period) {
	for _, p := range parts {
		raw := r.part(p)
		if r.a.bad.found {
			return
		}
		r.breakdown.Add(&raw)
	}
}

// part sums up one published period.
func (r *rowReader) part(p publish.Period) (raw publish.Raw) {
	clear(r.n)
	clear(r.scale)
	raw.Least = 1
	tens := dims[r.a.q.By].tens
	for u := range r.a.cover(p) {
		raw.Absent |= u.unmeasured(tens, r.a.today)
		times, weighed := u.seen(tens)
		if r.own {
			raw.Least = max(raw.Least, times)
		} else {
			raw.Least = max(raw.Least, weighed)
		}
		for _, b := range u.blocks(tens) {
			if !r.from(u, b, times) {
				r.a.spoil(u)
				return raw
			}
		}
	}
	raw.WholeScale, _ = r.a.whole(p, r.whole)
	if r.a.q.folds() {
		r.fold(raw.WholeScale)
	}
	raw.N, raw.Scale, raw.Whole = r.n, r.scale, r.whole
	return raw
}

// row returns the row of a label, which stands for something, and makes room for it.
func (r *rowReader) row(w *monthWords, label uint32) int {
	id := w.ids[label]
	if int(id) >= len(r.rows) {
		r.learn()
	}
	if row := r.rows[id]; row > 0 {
		return int(row) - 1
	}
	row := r.breakdown.Append(r.a.words.text(id))
	r.rows[id] = int32(row) + 1
	r.grow()
	return row
}

// learn makes room for every id of words, and finds those of the rows that the
// breakdown has.
func (r *rowReader) learn() {
	first := r.rows == nil
	r.rows = append(r.rows, make([]int32, r.a.words.len()-len(r.rows))...)
	if !first {
		for _, value := range r.kept { // a snapshot may have named it by now
			r.know(value)
		}
		return
	}
	for _, value := range append([]string{hit.Other, hit.Folded}, r.kept...) {
		r.know(value)
	}
}

// know ties a value that has a row always, or one that is none, to its row.
func (r *rowReader) know(value string) {
	if id, ok := r.a.words.id(value); ok && r.rows[id] == 0 {
		r.rows[id] = int32(r.breakdown.Index(value)) + 1
		r.grow()
	}
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

// fromTable adds the rows of the dimension's table.
func (r *rowReader) fromTable(u *unit, p *piece, times uint64) bool {
	by := &dims[r.a.q.By]
	rows, width, columns := &r.a.buffer, by.width(p.block), by.columns
	if p.block.Read(by.table, width, rows) != nil {
		return false
	}
	if len(rows.Labels) == 0 {
		return true
	}
	w := r.a.wordsOf(p, rows.Labels)
	if w == nil {
		return false
	}
	measures := len(columns)
	leveled := r.own && by.leveled(p.block)
	for i, label := range rows.Labels {
		n := rows.N[i*width:][:width]
		any := uint64(0)
		for _, c := range columns {
			any |= n[c]
		}
		if any == 0 && !(leveled && n[by.level] > 0) {
			continue
		}
		row := r.row(w, label)
		sum := r.n[row*measures:][:measures]
		for j, c := range columns {
			sum[j] += n[c]
		}
		if leveled && n[by.level] > 0 {
			r.scale[row] = max(r.scale[row], u.levelOf(times, n[by.level]))
		}
	}
	return true
}

// fromHours adds the views of each hour. The hours of a week's roll-up are those
// of the week.
func (r *rowReader) fromHours(u *unit, p *piece, _ uint64) bool {
	rows := &r.a.buffer
	if p.block.Read(block.Hours, 1, rows) != nil {
		return false
	}
	r.grow()
	end, first := uint32(24), uint32(0)
	if u.sum != nil && u.period.kind == weekSum(0).kind {
		end = 7 * 24
	} else if r.a.q.By == ByWeekdayHour {
		first = 24 * uint32(u.day.day-u.day.day.Monday())
	}
	for i, hour := range rows.Labels {
		if hour >= end {
			return false
		}
		if r.a.q.By == ByHour {
			hour %= 24
		}
		r.n[first+hour] += rows.N[i]
	}
	return true
}

// fromPage adds the visitors of the page or section asked for, by the value of
// the dimension; of a section the uses of features, too.
func (r *rowReader) fromPage(_ *unit, p *piece, _ uint64) bool {
	w := r.a.wordsOf(p, nil)
	local := r.a.local(w)
	if local < 0 {
		return true
	}
	cross := dims[r.a.q.By].cross
	switch {
	case r.a.q.By == ByFeature:
		cross = block.SectionFeatures
	case r.a.q.Section != "":
		cross += block.SectionReferrers - block.PageReferrers
	}
	cells, err := p.block.CellsOf(cross, uint32(local))
	if err != nil || r.a.wordsOf(p, cells.Inner) == nil {
		return false
	}
	for i, label := range cells.Inner {
		row := r.row(w, label)
		r.n[row] += cells.N[i]
	}
	return true
}

// folds tells whether the rows are those of a page or section, whose visitors
// may stand in none.
func (q *Query) folds() bool {
	return q.Page != "" || q.Section != "" && q.By != ByFeature
}

// fold makes a row of the page's visitors that stand in no other, and gives
// every row the scale of the page's filter.
func (r *rowReader) fold(scale uint64) {
	row := r.breakdown.Index(hit.Folded)
	r.grow()
	var rows uint64
	for _, n := range r.n {
		rows += n
	}
	all := r.whole[1] // visitors, as pageTotals has them
	r.n[row] = max(all, rows) - rows
	for i := range r.scale {
		r.scale[i] = scale
	}
}

// fromValue adds for each page or section what the value asked for has there.
func (r *rowReader) fromValue(u *unit, p *piece, times uint64) bool {
	by, where := &dims[r.a.q.By], r.a.q.Where.Dim
	cross := dims[where].cross
	switch {
	case where == ByFeature:
		cross = block.SectionFeatures
	case r.a.q.By == BySection:
		cross += block.SectionReferrers - block.PageReferrers
	}
	w := r.a.wordsOf(p, nil)
	if local := r.a.local(w); local >= 0 {
		cells, err := p.block.Cells(cross)
		if err != nil || r.a.wordsOf(p, cells.Outer) == nil {
			return false
		}
		value := uint32(local)
		for i, inner := range cells.Inner {
			if inner == value {
				row := r.row(w, cells.Outer[i])
				r.n[row] += cells.N[i]
			}
		}
	}
	if where == ByFeature {
		return true
	}
	return r.levels(by, u, p, times)
}

// levels gives the rows the scale of their own filters, which stands in the
// table of pages or sections.
func (r *rowReader) levels(by *dim, u *unit, p *piece, times uint64) bool {
	if !by.leveled(p.block) {
		return true
	}
	rows, width := &r.a.buffer, by.level+1
	if p.block.Read(by.table, width, rows) != nil {
		return false
	}
	w := r.a.wordsOf(p, rows.Labels)
	if w == nil {
		return len(rows.Labels) == 0
	}
	for i, label := range rows.Labels {
		if level := rows.N[i*width+by.level]; level > 0 {
			row := r.row(w, label)
			r.scale[row] = max(r.scale[row], u.levelOf(times, level))
		}
	}
	return true
}

// published returns the published rows in their order.
func (r *rowReader) published() []publish.Row {
	switch {
	case r.a.q.By.time():
		return r.breakdown.InOrder()
	case r.a.q.only != nil:
		return r.breakdown.Of(r.a.q.only)
	}
	limit := r.a.q.Limit
	if limit == 0 {
		limit = DefaultLimit
	}
	return r.breakdown.Rows(limit, r.a.q.Sort)
}

// other returns what stands in no row, nil where there is no such thing.
func (r *rowReader) other() *publish.Values {
	if dims[r.a.q.By].closed {
		return nil
	}
	v := r.breakdown.Other()
	return &v
}
