package block

import "math/bits"

// constant is the order of a column whose numbers are all its least value.
const constant = 63

// A column is how the numbers of one kind are written.
type column struct {
	order uint8
	least uint64
}

// A tally is what a column's head follows from.
type tally struct {
	n, lens int
	least   uint64
}

// add counts a number that lies v above the column's least value.
func (t *tally) add(v uint64) {
	if t.n == 0 || v < t.least {
		t.least = v
	}
	t.n++
	t.lens += bits.Len64(v)
}

// order returns the order for the numbers counted, at least one; labels are
// never constant.
func (t *tally) order(labels bool) uint8 {
	if t.lens == 0 && !labels {
		return constant
	}
	return uint8(min((2*t.lens+t.n)/(2*t.n), constant-1))
}

// right tells whether the head is the one that Encode writes for the numbers counted.
func (t *tally) right(c column, labels bool) bool {
	if t.n == 0 {
		return c == column{order: constant}
	}
	return t.least == 0 && t.order(labels) == c.order
}

// fit returns the column for the numbers.
func fit(numbers []uint64, labels bool) column {
	if len(numbers) == 0 {
		return column{order: constant}
	}
	c := column{least: numbers[0]}
	for _, v := range numbers {
		c.least = min(c.least, v)
	}
	var t tally
	for _, v := range numbers {
		t.add(v - c.least)
	}
	c.order = t.order(labels)
	return c
}

func (w *bitWriter) head(c column) {
	w.put(uint64(c.order), 6)
	w.golomb(c.least, 0)
}

// head reads a column's head. The order of labels bounds how many a string of
// bits can hold, so there they may not be constant.
func (r *bitReader) head(labels bool) column {
	c := column{order: uint8(r.take(6))}
	c.least = r.golomb(0)
	if labels && c.order == constant {
		r.spoil()
	}
	return c
}

func (w *bitWriter) number(c column, v uint64) {
	if c.order != constant {
		w.golomb(v-c.least, c.order)
	}
}

// number reads a number of the column and counts it.
func (r *bitReader) number(c column, t *tally) uint64 {
	var v uint64
	if c.order != constant {
		v = r.golomb(c.order)
	}
	t.add(v)
	if v += c.least; v > maxValue {
		return r.spoil()
	}
	return v
}
