package collector

import (
	"hash/maphash"
	"net/netip"
	"sync/atomic"
	"time"

	"footfall/collector/internal/privacy"
)

// What one source may send where Options say nothing. A source is a truncated
// address, so an office or a mobile carrier's gateway is one: the limit is
// not there to hold a busy office back (ten thousand people who open the home
// page within the minute after a mail to all stay below it) but to keep one
// flooding machine from taking the place of everybody else. So it lies at a
// small part of what one core takes in, and the burst at a second's worth of
// that.
const (
	defaultRate  = 500    // hits a second
	defaultBurst = 20_000 // hits at once after a silence
)

// The table of sources never grows: 16,384 sets of four places of 8 bytes.
const (
	limitSets = 1 << 14
	limitWays = 4
)

// A place in the table is one word: in the upper bits what the source's hash
// leaves over, in the lower ones the tick at which its bucket will be full.
const (
	tick     = 16 * time.Microsecond
	tickBits = 44 // eight years of ticks
	tickMask = 1<<tickBits - 1
)

// A limiter is a token bucket for each source (the generic cell rate
// algorithm: a bucket is known by the time at which it will be full). A
// source is found under a hash with a seed that dies with the process; no
// address is kept, nor what a source did once its bucket is full again. Where
// four sources of one set are not full, the fullest of them gives way, so
// under a flood of addresses the table forgets and lets through, and never
// holds back a stranger. Safe for concurrent use.
type limiter struct {
	seed  maphash.Seed
	start time.Time
	cost  int64 // ticks that one hit costs
	depth int64 // ticks that a full bucket holds
	table *[limitSets][limitWays]atomic.Uint64
}

// newLimiter returns nil, which allows everything, for a negative rate.
func newLimiter(rate, burst int, start time.Time) *limiter {
	if rate < 0 {
		return nil
	}
	if rate == 0 {
		rate = defaultRate
	}
	if burst <= 0 {
		burst = max(defaultBurst, rate)
	}
	cost := max(int64(time.Second/tick)/int64(rate), 1)
	return &limiter{
		seed: maphash.MakeSeed(), start: start,
		cost: cost, depth: min(cost*int64(burst), tickMask/2),
		table: new([limitSets][limitWays]atomic.Uint64),
	}
}

// allow takes one token of the source at now and tells whether there was one.
// An unknown address shares a bucket with all others of its kind.
func (l *limiter) allow(now time.Time, addr *netip.Addr) bool {
	if l == nil {
		return true
	}
	source := l.hash(privacy.Truncate(addr, 0, 0))
	set := &l.table[source%limitSets]
	mark := source >> tickBits << tickBits
	at := max(int64(now.Sub(l.start)/tick), 0)
	for {
		place, old := find(set, mark, at)
		full := at
		if old&^tickMask == mark {
			full = max(full, int64(old&tickMask))
		}
		// A clock that stepped back leaves a bucket that seems deeper than
		// one can be; it is taken for an empty one.
		full = min(full, at+l.depth)
		if full+l.cost > at+l.depth {
			return false
		}
		if place.CompareAndSwap(old, mark|uint64(full+l.cost)&tickMask) {
			return true
		}
	}
}

// find returns the source's place in its set, else the one whose bucket is
// full soonest, and what stands there.
func find(set *[limitWays]atomic.Uint64, mark uint64, at int64) (place *atomic.Uint64, old uint64) {
	soonest := int64(tickMask) + 1
	for i := range set {
		word := set[i].Load()
		if word&^tickMask == mark && word != 0 {
			return &set[i], word
		}
		if full := max(int64(word&tickMask), at); full < soonest {
			place, old, soonest = &set[i], word, full
		}
	}
	return place, old
}

func (l *limiter) hash(p netip.Prefix) uint64 {
	var key [17]byte
	address := p.Addr().As16()
	copy(key[:], address[:])
	key[16] = byte(p.Bits())
	return maphash.Bytes(l.seed, key[:])
}
