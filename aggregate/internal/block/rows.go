package block

// How a column of measures is told: by itself, or by what it lacks of or
// differs from an earlier column of the table.
const (
	own    = iota
	below  // how much less than the earlier one
	around // the difference, as 0, -1, 1, -2 and so on
	relEnd
)

// A relation is how a measure is told, and of which column.
type relation struct {
	kind uint8
	of   uint8
}

// apply writes to dst how the measure is told of another, or reports false
// where it cannot be.
func (rel relation) apply(dst, measure []uint64, columns [][]uint64) bool {
	switch rel.kind {
	case below:
		for i, of := range columns[rel.of] {
			if of < measure[i] {
				return false
			}
			dst[i] = of - measure[i]
		}
	case around:
		for i, of := range columns[rel.of] {
			d := int64(measure[i] - of)
			dst[i] = uint64(d<<1 ^ d>>63)
			if dst[i] > maxValue {
				return false
			}
		}
	}
	return true
}

// relate finds the shortest way to tell measure m: of two the earlier kind,
// then the earlier column.
func relate(columns [][]uint64, m int) (relation, column, []uint64) {
	measure := columns[m]
	told, try := make([]uint64, len(measure)), make([]uint64, len(measure))
	copy(told, measure)
	var rel relation
	c, cost := fit(told, false)
	cost += c.size()
	for kind := uint8(below); kind < relEnd; kind++ {
		for of := range m {
			r := relation{kind, uint8(of)}
			if !r.apply(try, measure, columns) {
				continue
			}
			if f, bits := fit(try, false); bits+f.size()+3 < cost {
				rel, c, cost = r, f, bits+f.size()+3
				told, try = try, told
			}
		}
	}
	return rel, c, told
}

// encodeRows returns a row table, nothing if no row has a number.
func encodeRows(rows *Rows, width int) ([]byte, error) {
	gaps, columns, err := splitRows(rows, width)
	if err != nil || len(gaps) == 0 {
		return nil, err
	}
	var w bitWriter
	w.golomb(uint64(len(gaps)-1), counts)
	w.column(gaps, true)
	for m := range columns {
		rel, c, told := relate(columns, m)
		w.put(uint64(rel.kind), 2)
		if rel.kind != own {
			w.put(uint64(rel.of), 3)
		}
		w.head(c)
		w.numbers(c, told)
	}
	w.align()
	return w.b, nil
}

// splitRows checks the rows and takes them apart into label gaps and a column
// for each measure, without empty rows.
func splitRows(rows *Rows, width int) (gaps []uint64, columns [][]uint64, err error) {
	if len(rows.N) != len(rows.Labels)*width {
		return nil, nil, errShape
	}
	gaps = make([]uint64, 0, len(rows.Labels))
	columns = make([][]uint64, width)
	for m := range columns {
		columns[m] = make([]uint64, 0, len(rows.Labels))
	}
	next := uint64(0) // the smallest label that may follow
	for i, label := range rows.Labels {
		if i > 0 && label <= rows.Labels[i-1] {
			return nil, nil, errOrder
		}
		measures := rows.N[i*width : (i+1)*width]
		switch union := or(measures); {
		case union > maxValue:
			return nil, nil, errNumber
		case union == 0:
			continue
		}
		gaps = append(gaps, uint64(label)-next)
		next = uint64(label) + 1
		for m, v := range measures {
			columns[m] = append(columns[m], v)
		}
	}
	if len(gaps) > MaxRows {
		return nil, nil, errMany
	}
	return gaps, columns, nil
}

// or returns the bits that any of the numbers has.
func or(numbers []uint64) (union uint64) {
	for _, v := range numbers {
		union |= v
	}
	return union
}

// decodeRows reads the first measures of a row table, all of them or fewer,
// into rows, whose slices it uses again where they are large enough.
func decodeRows(b []byte, width, measures int, rows *Rows) bool {
	r := bitReader{b: b}
	n := r.golomb(counts)
	gaps := r.head(true)
	if r.bad || n >= MaxRows || n >= uint64(r.left()) {
		return false
	}
	count := int(n) + 1
	rows.Labels, rows.N = resize(rows.Labels, count), resize(rows.N, count*measures)
	r.numbers(gaps, rows.N, measures)
	if r.bad || !labels(rows.N, measures, rows.Labels) {
		return false
	}
	for m := range measures {
		rel := relation{kind: uint8(r.take(2))}
		if rel.kind != own {
			rel.of = uint8(r.take(3))
		}
		c := r.head(false)
		if rel.kind == relEnd || rel.kind != own && int(rel.of) >= m {
			return false
		}
		r.numbers(c, rows.N[m:], measures)
		if r.bad || !rel.undo(rows.N, m, measures) {
			return false
		}
	}
	return measures < width || r.end() && !hasEmpty(rows.N, width)
}

// undo turns what is told of measure m of each row into the measure.
func (rel relation) undo(n []uint64, m, width int) bool {
	union, of := uint64(0), int(rel.of)
	switch rel.kind {
	case below:
		for ; len(n) > 0; n = n[width:] {
			n[m] = n[of] - n[m]
			union |= n[m]
		}
	case around:
		for ; len(n) > 0; n = n[width:] {
			d := n[m]
			n[m] = n[of] + (d>>1 ^ -(d & 1))
			union |= n[m]
		}
	}
	return union <= maxValue
}

// hasEmpty tells whether a row has no number but zeros.
func hasEmpty(n []uint64, width int) bool {
	for ; len(n) > 0; n = n[width:] {
		if or(n[:width]) == 0 {
			return true
		}
	}
	return false
}

// resize returns a slice of so many numbers, s if it has room for them.
func resize[E any](s []E, n int) []E {
	if cap(s) >= n {
		return s[:n]
	}
	return make([]E, n)
}
