// Package distinct answers "first time today?" for many sets at once, exactly
// up to a budget shared by all of them, and past it by sampling.
//
// What enters: 64-bit keys that are already uniform (a keyed hash). What
// leaves: how much a key counts: 1 at its first appearance, 0 after that; past
// the budget 2^k for one key in 2^k and 0 for the rest (Flajolet, "On adaptive
// sampling", 1990). Keys live in memory only, nothing here writes or lists
// them.
//
// Guaranteed:
//   - While the sets of a [Budget] hold no more keys than it has places, every
//     answer is exact.
//   - Past it the [Share] that holds most keys gives some back. So a share
//     (a site's day) stays exact while it holds no more than the budget by the
//     number of shares, whatever the others do.
//   - In that share the set gives way that holds most keys for its weight: it
//     raises its level k by one and drops the keys outside the new sample. The
//     main set gives way only while it holds more than half of the share's
//     keys: a site's visitors stay exact while its pages are sampled, however
//     many pages there are.
//   - The sample of level k is the keys whose k lowest bits are zero. Samples
//     nest, and the weight of a key is read off before the key enters, so that
//     a later rise of k changes nothing already added. Sums of weights are
//     unbiased, with a standard error below 1.2/sqrt(budget) for a set that
//     has the budget to itself.
//   - Memory is at most 16 bytes a key and 64 bytes a set that is not empty,
//     as [Budget.Bytes] counts it. While one set grows, its old table is
//     garbage beside the new one.
//
// Not guaranteed: anything for keys that are not uniform. Keys 0 and 1<<63 are
// one key.
//
// Nothing here is safe for concurrent use: one goroutine, or one lock, owns a
// Budget and all of its sets.
package distinct

import (
	"slices"
	"unsafe"
)

// DefaultKeys is how many keys a Budget of zero remembers: 32 MiB.
const DefaultKeys = 2_000_000

// maxLevel keeps a weight within an int64. Uniform keys never come near it.
const maxLevel = 62

// Budget is the number of keys that all sets made from it may remember.
type Budget struct {
	keys   int
	used   int
	slots  int // capacity of all sets, in keys
	shares []*Share
	sets   int // that hold a key
}

// NewBudget returns a budget of so many keys; zero or less is [DefaultKeys].
func NewBudget(keys int) *Budget {
	if keys <= 0 {
		keys = DefaultKeys
	}
	return &Budget{keys: keys}
}

// NewShare returns a share of the budget without sets.
func (b *Budget) NewShare() *Share {
	s := &Share{budget: b}
	b.shares = append(b.shares, s)
	return s
}

// Keys returns how many keys the budget allows.
func (b *Budget) Keys() int { return b.keys }

// Used returns how many keys all sets remember now, at most [Budget.Keys].
func (b *Budget) Used() int { return b.used }

// Bytes returns the memory that the sets holding keys take now, in bytes: at
// most 16 a key and 64 a set.
func (b *Budget) Bytes() int64 {
	const header = int64(unsafe.Sizeof(Set{}) + unsafe.Sizeof((*Set)(nil)))
	return 8*int64(b.slots) + header*int64(b.sets)
}

// fit thins sets of the largest shares until all keys have a place.
func (b *Budget) fit() {
	for b.used > b.keys {
		largest := b.shares[0]
		for _, s := range b.shares[1:] {
			if s.used > largest.used {
				largest = s
			}
		}
		set := largest.next()
		if set.level >= maxLevel {
			return
		}
		set.thin()
	}
}

// Share is what belongs together in a budget: the sets of one site's day. It
// is made by [Budget.NewShare].
type Share struct {
	budget *Budget
	used   int
	main   *Set
	heap   []*Set // every other set that holds a key; the one with most for its weight first
}

// Main returns the share's main set, empty when it is first asked for.
func (s *Share) Main() *Set {
	if s.main == nil {
		s.main = &Set{share: s}
	}
	return s.main
}

// MaxWeight is the largest weight of a set.
const MaxWeight = 8

// NewSet returns an empty set. It takes no place until a key is added, and
// gives way when it holds more keys than 2^weight times those of a set of
// weight 0, 0 to [MaxWeight].
func (s *Share) NewSet(weight uint8) *Set { return &Set{share: s, weight: weight} }

// Release forgets all keys of the share's sets and gives their places back.
// None of its sets may be used after that.
func (s *Share) Release() {
	for len(s.heap) > 0 {
		s.heap[len(s.heap)-1].release()
	}
	s.Main().release()
	s.budget.shares = slices.DeleteFunc(s.budget.shares, func(x *Share) bool { return x == s })
}

// next returns the set that gives way next. The share holds a key.
func (s *Share) next() *Set {
	if s.main != nil && 2*int(s.main.n) > s.used {
		return s.main
	}
	return s.heap[0]
}

// count notes that a set holds so many keys more.
func (s *Share) count(by int) {
	s.used += by
	s.budget.used += by
}

// up moves the set at i towards the front while it holds more than its parent.
func (s *Share) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if s.heap[parent].rank() >= s.heap[i].rank() {
			return
		}
		s.swap(i, parent)
		i = parent
	}
}

// down moves the set at i back while a child holds more.
func (s *Share) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(s.heap) {
			return
		}
		if next := child + 1; next < len(s.heap) && s.heap[next].rank() > s.heap[child].rank() {
			child = next
		}
		if s.heap[i].rank() >= s.heap[child].rank() {
			return
		}
		s.swap(i, child)
		i = child
	}
}

func (s *Share) swap(i, j int) {
	s.heap[i], s.heap[j] = s.heap[j], s.heap[i]
	s.heap[i].place, s.heap[j].place = uint32(i+1), uint32(j+1)
}

// moved puts a set in its place after it came to hold n keys, of before.
func (s *Share) moved(set *Set, before uint32) {
	switch {
	case before == 0 && set.n > 0:
		s.budget.sets++
	case before > 0 && set.n == 0:
		s.budget.sets--
	}
	switch {
	case set == s.main:
	case set.n == 0:
		if set.place > 0 {
			s.leave(set)
		}
	case set.place == 0:
		s.heap = append(s.heap, set)
		set.place = uint32(len(s.heap))
		s.up(len(s.heap) - 1)
	case set.n > before:
		s.up(int(set.place) - 1)
	default:
		s.down(int(set.place) - 1)
	}
}

// leave takes a set without keys out of the heap.
func (s *Share) leave(set *Set) {
	i, last := int(set.place)-1, len(s.heap)-1
	if i != last {
		s.swap(i, last)
	}
	s.heap[last] = nil
	s.heap = s.heap[:last]
	set.place = 0
	if i != last {
		s.up(i)
		s.down(i)
	}
}
