package block

import (
	"encoding/binary"
	"math/bits"
)

// A bitWriter appends bits, the highest of a byte first.
type bitWriter struct {
	b    []byte
	acc  uint64 // bits not yet in b, at the top
	held uint   // how many, below 8 between calls
}

// put appends the n low bits of v, at most 64.
func (w *bitWriter) put(v uint64, n uint) {
	if n > 32 {
		w.put(v>>32, n-32)
		n = 32
	}
	if n == 0 {
		return
	}
	w.acc |= v << (64 - n) >> w.held
	for w.held += n; w.held >= 8; w.held -= 8 {
		w.b = append(w.b, byte(w.acc>>56))
		w.acc <<= 8
	}
}

// golomb appends v, below 2^63, in exponential-Golomb code of order k.
func (w *bitWriter) golomb(v uint64, k uint8) {
	q := v>>k + 1
	n := uint(bits.Len64(q))
	w.put(0, n-1)
	w.put(q, n)
	w.put(v, uint(k))
}

// align fills the last byte up with zeros.
func (w *bitWriter) align() {
	if w.held > 0 {
		w.put(0, 8-w.held)
	}
}

// A bitReader takes bits off the front of b. The first thing that cannot be
// there makes it bad for good; what it returns from then on is 0.
type bitReader struct {
	b   []byte
	pos int // in bits
	bad bool
}

// left returns how many bits remain.
func (r *bitReader) left() int {
	if r.bad {
		return 0
	}
	return 8*len(r.b) - r.pos
}

func (r *bitReader) spoil() uint64 {
	r.bad, r.pos = true, 8*len(r.b)
	return 0
}

// peek returns the bits that follow, the first one highest, at least 57 of
// them; past the end they are zero.
func (r *bitReader) peek() uint64 {
	i := r.pos >> 3
	if i+8 <= len(r.b) {
		return binary.BigEndian.Uint64(r.b[i:]) << (r.pos & 7)
	}
	var x uint64
	for j := i; j < len(r.b); j++ {
		x |= uint64(r.b[j]) << (56 - 8*(j-i))
	}
	return x << (r.pos & 7)
}

// take returns the next n bits, at most 64.
func (r *bitReader) take(n uint) uint64 {
	if int(n) > r.left() {
		return r.spoil()
	}
	var high uint64
	if n > 32 {
		high = r.take(n-32) << 32
		n = 32
	}
	if n == 0 {
		return high
	}
	v := r.peek() >> (64 - n)
	r.pos += int(n)
	return high | v
}

// golomb returns the next number of exponential-Golomb code of order k.
func (r *bitReader) golomb(k uint8) uint64 {
	x := r.peek()
	zeros := uint(bits.LeadingZeros64(x))
	if n := 2*zeros + 1 + uint(k); n <= 57 {
		if int(n) > r.left() {
			return r.spoil()
		}
		r.pos += int(n)
		x = x << zeros >> (63 - zeros - uint(k)) // q and the low bits
		return x - 1<<k
	}
	return r.long(k)
}

// long reads a number whose code may be longer than a peek.
func (r *bitReader) long(k uint8) uint64 {
	zeros := uint(0)
	for r.take(1) == 0 {
		if zeros++; r.bad || zeros+uint(k) > 63 {
			return r.spoil()
		}
	}
	q := 1<<zeros | r.take(zeros)
	low := r.take(uint(k))
	v := (q-1)<<k | low
	if r.bad || v>>k != q-1 || v > maxValue {
		return r.spoil()
	}
	return v
}

// align reads past the zeros that fill the last byte.
func (r *bitReader) align() {
	if r.take(uint(-r.pos&7)) != 0 {
		r.spoil()
	}
}

// end tells whether nothing but the zeros that fill the last byte is left.
func (r *bitReader) end() bool {
	r.align()
	return !r.bad && r.pos == 8*len(r.b)
}
