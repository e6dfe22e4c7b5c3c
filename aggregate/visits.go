package aggregate

import "math/bits"

// visitTable finds open visits by key, in at most 32 bytes each where there
// are many: open addressing with linear probing, at least three quarters full
// after it grew and never fuller than seven eighths. It grows in parts, so
// that no second table of its whole size ever stands beside it. Keys are
// uniform; 0 marks a free slot, so that keys 0 and 1 are one.
type visitTable struct {
	parts [visitParts]visitPart
	n     int
}

const visitParts = 64 // by the key's low bits; the slot is its high bits

type visitPart struct {
	slots []visitSlot
	n     int
}

type visitSlot struct {
	key uint64
	visit
}

func (t *visitTable) len() int { return t.n }

func (t *visitTable) part(key uint64) (*visitPart, uint64) {
	key = max(key, 1)
	return &t.parts[key%visitParts], key
}

// get returns the visit of a key.
func (t *visitTable) get(key uint64) (visit, bool) {
	p, key := t.part(key)
	if i, ok := p.find(key); ok {
		return p.slots[i].visit, true
	}
	return visit{}, false
}

// put sets the visit of a key, and returns what was there.
func (t *visitTable) put(key uint64, v visit) (was visit, had bool) {
	p, key := t.part(key)
	i, ok := p.find(key)
	if ok {
		was, p.slots[i].visit = p.slots[i].visit, v
		return was, true
	}
	if 8*(p.n+1) > 7*len(p.slots) {
		p.keep((4*(p.n+1)+2)/3, nil)
		i, _ = p.find(key)
	}
	p.slots[i] = visitSlot{key, v}
	p.n++
	t.n++
	return visit{}, false
}

// delete forgets a key, if it is there.
func (t *visitTable) delete(key uint64) {
	p, key := t.part(key)
	i, ok := p.find(key)
	if !ok {
		return
	}
	p.n--
	t.n--
	// Close the gap, so that no search ends early.
	for j := i; ; {
		if j++; j == len(p.slots) {
			j = 0
		}
		if p.slots[j].key == 0 {
			break
		}
		home := p.home(p.slots[j].key)
		if (j-home+len(p.slots))%len(p.slots) >= (j-i+len(p.slots))%len(p.slots) {
			p.slots[i] = p.slots[j]
			i = j
		}
	}
	p.slots[i] = visitSlot{}
}

// drop forgets the visits that have ended, and their memory; it returns how many.
func (t *visitTable) drop(ended func(*visit) bool) int {
	before := t.n
	for i := range t.parts {
		p := &t.parts[i]
		left := 0
		for j := range p.slots {
			if s := &p.slots[j]; s.key != 0 && !ended(&s.visit) {
				left++
			}
		}
		if left < p.n {
			t.n -= p.n - left
			p.keep((4*left+2)/3, ended)
		}
	}
	return before - t.n
}

// keep moves the visits that have not ended to a table of so many slots.
func (p *visitPart) keep(slots int, ended func(*visit) bool) {
	old := p.slots
	p.slots, p.n = nil, 0
	if slots > 0 {
		p.slots = make([]visitSlot, max(slots, 8))
	}
	for i := range old {
		s := &old[i]
		if s.key == 0 || ended != nil && ended(&s.visit) {
			continue
		}
		at, _ := p.find(s.key)
		p.slots[at] = *s
		p.n++
	}
}

func (p *visitPart) home(key uint64) int {
	hi, _ := bits.Mul64(key, uint64(len(p.slots)))
	return int(hi)
}

// find returns where a key is, or where it belongs; of a part without slots, 0.
func (p *visitPart) find(key uint64) (i int, ok bool) {
	if len(p.slots) == 0 {
		return 0, false
	}
	for i = p.home(key); ; {
		switch p.slots[i].key {
		case key:
			return i, true
		case 0:
			return i, false
		}
		if i++; i == len(p.slots) {
			i = 0
		}
	}
}
