package distinct

import "math/bits"

// Up to smallest keys a set is a plain list; above that it is a table with
// open addressing and linear probing. The slot is the key's high bits, the
// sample its low bits, so that thinning leaves the slots as uniform as they
// were. Zero marks a free slot.
//
// A table is rebuilt when it is fuller than 13/16, or emptier than 1/2, at
// 7/4 slots a key: never more than 16 bytes a key. A rebuild walks both
// tables in order, because the slot rises with the key.
const smallest = 8

// Set remembers which keys were added. It is made by [Share.NewSet] or
// [Share.Main].
type Set struct {
	share  *Share
	keys   []uint64 // n keys of a list, or a table
	n      uint32
	place  uint32 // where the heap holds the set, from 1; 0 while it is empty, and of the main set
	level  uint8
	weight uint8 // log2 of how many keys count as one of a set of weight 0
}

// rank orders the sets of a share: who has most gives way first.
func (s *Set) rank() uint64 { return uint64(s.n) << (MaxWeight - s.weight) }

// Has tells whether the set remembers the key. A key outside the sample is
// never remembered.
func (s *Set) Has(key uint64) bool {
	key = whole(key)
	return s.sampled(key) && s.find(key) >= 0
}

// Weight returns what [Set.Add] would return now, and changes nothing: 0 if
// the key was seen or lies outside the sample, else 2^k.
func (s *Set) Weight(key uint64) int64 {
	key = whole(key)
	if !s.sampled(key) || s.find(key) >= 0 {
		return 0
	}
	return 1 << s.level
}

// Add remembers the key and returns the weight at which it entered: 0 if it
// was seen or lies outside the sample, else 2^k with the k from before. If
// that takes the budget's last place and one more, some set, which may be
// this one, raises its k; the weight returned stays right.
func (s *Set) Add(key uint64) int64 {
	w := s.Weight(key)
	if w == 0 {
		return 0
	}
	s.insert(whole(key))
	s.n++
	s.share.count(1)
	s.share.moved(s, s.n-1)
	s.share.budget.fit()
	return w
}

// Remove takes back an Add that returned a weight, when the batch it belongs
// to was not committed; the caller takes back the weight that Add returned,
// whatever k is now. The key may then enter again, at the level of that time.
// If k rose since and dropped the key there is nothing left to remove. No
// level falls again: what other sets dropped to make room stays dropped,
// which changes no sum. A key whose Add returned 0 must not be removed: it is
// an earlier hit's.
func (s *Set) Remove(key uint64) {
	key = whole(key)
	if !s.sampled(key) {
		return
	}
	i := s.find(key)
	if i < 0 {
		return
	}
	s.delete(i)
	s.n--
	s.share.count(-1)
	if cap(s.keys) > 2*int(s.n) {
		s.rebuild()
	}
	s.share.moved(s, s.n+1)
}

// Level returns k: one key in 2^k is remembered and counts 2^k.
func (s *Set) Level() uint8 { return s.level }

// Len returns how many keys are remembered; the keys seen are about 2^k times
// as many.
func (s *Set) Len() int { return int(s.n) }

// release forgets all keys and gives their places back. The set is then as
// new, at level 0.
func (s *Set) release() {
	before := s.n
	s.share.count(-int(before))
	s.share.budget.slots -= cap(s.keys)
	s.keys, s.n, s.level = nil, 0, 0
	s.share.moved(s, before)
}

// whole maps the one key that would look like a free slot to another that is
// in every sample too.
func whole(key uint64) uint64 {
	if key == 0 {
		return 1 << 63
	}
	return key
}

func (s *Set) sampled(key uint64) bool { return key&(1<<s.level-1) == 0 }

func (s *Set) table() bool { return cap(s.keys) > smallest }

// slot is where a key's search begins in a table of so many slots.
func slot(key uint64, slots int) int {
	hi, _ := bits.Mul64(key, uint64(slots))
	return int(hi)
}

// find returns where the key is, or -1.
func (s *Set) find(key uint64) int {
	if !s.table() {
		for i, k := range s.keys {
			if k == key {
				return i
			}
		}
		return -1
	}
	for i := slot(key, len(s.keys)); ; {
		switch s.keys[i] {
		case key:
			return i
		case 0:
			return -1
		}
		if i++; i == len(s.keys) {
			i = 0
		}
	}
}

// insert places a key that the set does not hold, growing it where needed;
// the caller counts it.
func (s *Set) insert(key uint64) {
	if s.table() {
		if 16*(int(s.n)+1) > 13*len(s.keys) {
			s.resize(int(s.n) + 1)
		}
		put(s.keys, key)
		return
	}
	if len(s.keys) == cap(s.keys) {
		s.resize(int(s.n) + 1)
		if s.table() {
			put(s.keys, key)
			return
		}
	}
	s.keys = append(s.keys, key)
}

// put writes a key to its first free slot.
func put(table []uint64, key uint64) {
	i := slot(key, len(table))
	for table[i] != 0 {
		if i++; i == len(table) {
			i = 0
		}
	}
	table[i] = key
}

// delete takes the key at i away and closes the gap, so that no search ends early.
func (s *Set) delete(i int) {
	if !s.table() {
		last := len(s.keys) - 1
		s.keys[i] = s.keys[last]
		s.keys[last] = 0
		s.keys = s.keys[:last]
		return
	}
	slots := len(s.keys)
	for j := i; ; {
		if j++; j == slots {
			j = 0
		}
		if s.keys[j] == 0 {
			break
		}
		// The key at j may move to the gap at i unless its search begins after i.
		if home := slot(s.keys[j], slots); distance(home, j, slots) >= distance(i, j, slots) {
			s.keys[i] = s.keys[j]
			i = j
		}
	}
	s.keys[i] = 0
}

// distance is how many steps a search takes from one slot to another.
func distance(from, to, slots int) int {
	if to < from {
		return to - from + slots
	}
	return to - from
}

// thin raises the level by one and drops the keys outside the new sample.
func (s *Set) thin() {
	before := s.n
	s.level++
	s.n = 0
	for _, k := range s.keys {
		if k != 0 && s.sampled(k) {
			s.n++
		}
	}
	s.rebuild()
	s.share.count(-int(before - s.n))
	s.share.moved(s, before)
}

// rebuild gives the set the room that its n sampled keys take.
func (s *Set) rebuild() { s.resize(int(s.n)) }

// resize moves the keys of the sample to a list or table with room for so many.
func (s *Set) resize(room int) {
	old := s.keys
	s.share.budget.slots -= cap(old)
	if room <= smallest {
		s.keys = make([]uint64, 0, (room+1)/2*2)
	} else {
		s.keys = make([]uint64, (7*room+3)/4)
	}
	s.share.budget.slots += cap(s.keys)
	for _, k := range old {
		switch {
		case k == 0 || !s.sampled(k):
		case s.table():
			put(s.keys, k)
		default:
			s.keys = append(s.keys, k)
		}
	}
}
