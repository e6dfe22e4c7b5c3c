package block

import (
	"encoding/binary"
	"math/bits"
)

// constant is the order of a column whose numbers are all its least one.
const constant = 31

// A column is how the numbers of one kind are written.
type column struct {
	order uint8
	least uint64
}

// fit returns the column that takes the fewest bits for the numbers, of two
// the one of lower order, and how many those are without the head. Labels are
// never constant.
func fit(numbers []uint64, labels bool) (c column, cost int) {
	if len(numbers) == 0 {
		return column{order: constant}, 0
	}
	c.least = numbers[0]
	most := c.least
	for _, v := range numbers {
		c.least, most = min(c.least, v), max(most, v)
	}
	if most == c.least && !labels {
		c.order = constant
		return c, 0
	}
	highest := min(constant-1, bits.Len64(most-c.least))
	for order := range uint8(highest) + 1 {
		bits := 0
		for _, v := range numbers {
			bits += width(v-c.least, order)
		}
		if order == 0 || bits < cost {
			c.order, cost = order, bits
		}
	}
	return c, cost
}

// width returns the bits that v takes in code of that order.
func width(v uint64, order uint8) int {
	return 2*bits.Len64(v>>order+1) - 1 + int(order)
}

// size returns the bits of the column's head.
func (c column) size() int { return 5 + width(c.least, 0) }

func (w *bitWriter) head(c column) {
	w.put(uint64(c.order), 5)
	w.golomb(c.least, 0)
}

func (w *bitWriter) numbers(c column, numbers []uint64) {
	if c.order == constant {
		return
	}
	for _, v := range numbers {
		w.golomb(v-c.least, c.order)
	}
}

// column writes a head and its numbers.
func (w *bitWriter) column(numbers []uint64, labels bool) {
	c, _ := fit(numbers, labels)
	w.head(c)
	w.numbers(c, numbers)
}

// head reads a column's head. Labels take a bit each at least, which bounds
// how many there can be, so they may not be constant.
func (r *bitReader) head(labels bool) column {
	c := column{order: uint8(r.take(5))}
	c.least = r.golomb(0)
	if labels && c.order == constant {
		r.spoil()
	}
	return c
}

// numbers reads numbers of the column to every stride-th place of dst. It
// returns the bits that any of them has; if a number cannot be there the
// reader is bad and dst of no meaning.
func (r *bitReader) numbers(c column, dst []uint64, stride int) (union uint64) {
	if c.order == constant {
		for i := 0; i < len(dst); i += stride {
			dst[i] = c.least
		}
		return c.least
	}
	b, k := r.b, uint(c.order)
	base := c.least - 1<<k
	x, have, at := r.window()
	for i := 0; i < len(dst); i += stride {
		if have < 32 && at+8 <= len(b) {
			x |= binary.BigEndian.Uint64(b[at:]) >> (have & 63)
			at += int(63-have) / 8
			have |= 56
		}
		zeros := uint(bits.LeadingZeros64(x))
		v := uint64(0)
		if n := 2*zeros + 1 + k; n <= have {
			v = x<<(zeros&63)>>((63-zeros-k)&63) + base
			x <<= n & 63
			have -= n
		} else {
			r.pos = 8*at - int(have)
			v = r.golomb(c.order) + c.least
			if r.bad {
				return 0
			}
			x, have, at = r.window()
		}
		dst[i] = v
		union |= v
	}
	r.pos = 8*at - int(have)
	if union > maxValue {
		return r.spoil()
	}
	return union
}

// window returns what is left of the byte that the reader stands in, the first
// bit highest, how many bits that is, and the byte after it.
func (r *bitReader) window() (x uint64, have uint, at int) {
	at = (r.pos + 7) / 8
	have = uint(-r.pos & 7)
	if have > 0 {
		x = uint64(r.b[at-1]) << (64 - have)
	}
	return x, have, at
}

// labels turns gaps into labels: each is more by the gap and one than the one
// before, at first than -1. False if one is no uint32.
func labels(gaps []uint64, stride int, dst []uint32) bool {
	next, union := uint64(0), uint64(0)
	for i := range dst {
		gap := gaps[i*stride]
		dst[i] = uint32(next + gap)
		next += gap + 1
		union |= gap | (next - 1)
	}
	return union <= 1<<32-1
}
