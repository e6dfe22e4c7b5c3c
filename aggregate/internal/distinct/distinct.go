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
//   - Past it the set that holds most keys raises its level k by one and drops
//     the keys outside the new sample, so that small sets stay exact longest
//     and no site can take the places of another that uses fewer.
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

import "unsafe"

// DefaultKeys is how many keys a Budget of zero remembers: 32 MiB.
const DefaultKeys = 2_000_000

// maxLevel keeps a weight within an int64. Uniform keys never come near it.
const maxLevel = 62

// Budget is the number of keys that all sets made from it may remember.
type Budget struct {
	keys  int
	used  int
	slots int    // capacity of all sets, in keys
	heap  []*Set // every set that holds a key; the one with most keys first
}

// NewBudget returns a budget of so many keys; zero or less is [DefaultKeys].
func NewBudget(keys int) *Budget {
	if keys <= 0 {
		keys = DefaultKeys
	}
	return &Budget{keys: keys}
}

// NewSet returns an empty set that draws on the budget. It takes no place
// until a key is added.
func (b *Budget) NewSet() *Set { return &Set{budget: b} }

// Keys returns how many keys the budget allows.
func (b *Budget) Keys() int { return b.keys }

// Used returns how many keys all sets remember now, at most [Budget.Keys].
func (b *Budget) Used() int { return b.used }

// Bytes returns the memory that the sets holding keys take now, in bytes: at
// most 16 a key and 64 a set.
func (b *Budget) Bytes() int64 {
	const header = int64(unsafe.Sizeof(Set{}) + unsafe.Sizeof((*Set)(nil)))
	return 8*int64(b.slots) + header*int64(len(b.heap))
}

// fit thins the largest sets until all keys have a place.
func (b *Budget) fit() {
	for b.used > b.keys && b.heap[0].level < maxLevel {
		b.heap[0].thin()
	}
}

// up moves the set at i towards the front while it holds more than its parent.
func (b *Budget) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if b.heap[parent].n >= b.heap[i].n {
			return
		}
		b.swap(i, parent)
		i = parent
	}
}

// down moves the set at i back while a child holds more.
func (b *Budget) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(b.heap) {
			return
		}
		if next := child + 1; next < len(b.heap) && b.heap[next].n > b.heap[child].n {
			child = next
		}
		if b.heap[i].n >= b.heap[child].n {
			return
		}
		b.swap(i, child)
		i = child
	}
}

func (b *Budget) swap(i, j int) {
	b.heap[i], b.heap[j] = b.heap[j], b.heap[i]
	b.heap[i].place, b.heap[j].place = uint32(i+1), uint32(j+1)
}

// enter gives a set that holds its first key a place in the heap.
func (b *Budget) enter(s *Set) {
	b.heap = append(b.heap, s)
	s.place = uint32(len(b.heap))
}

// leave takes a set without keys out of the heap.
func (b *Budget) leave(s *Set) {
	i, last := int(s.place)-1, len(b.heap)-1
	if i != last {
		b.swap(i, last)
	}
	b.heap[last] = nil
	b.heap = b.heap[:last]
	s.place = 0
	if i != last {
		b.up(i)
		b.down(i)
	}
}
