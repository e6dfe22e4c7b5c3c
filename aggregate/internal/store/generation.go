package store

import (
	"slices"
	"sync"

	"footfall/aggregate/hit"
)

// generations count what has changed of the things that questions read: blocks,
// snapshots and dictionaries of each site.
type generations struct {
	mu sync.Mutex // guards of, for one map operation
	of map[hit.Host]uint64
}

func (g *generations) next(h hit.Host) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.of == nil {
		g.of = map[hit.Host]uint64{}
	}
	g.of[h]++
}

// Generation returns a number that rises with every change of a site's blocks,
// snapshots and dictionaries. Who keeps what he has made of them asks before the
// View that he makes it in: as long as the number is the same, what he made is
// that of everything whose Update has returned.
func (s *Store) Generation(h hit.Host) uint64 {
	s.generations.mu.Lock()
	defer s.generations.mu.Unlock()
	return s.generations.of[h]
}

// change notes a change. The generation rises at once, so that nobody keeps for
// the next one what he read before, and once more in settle, when the transaction
// is over: who asked in between may have read either state.
func (t *Tx) change(h hit.Host) {
	if t.generations == nil || slices.Contains(t.changed, h) {
		return
	}
	t.changed = append(t.changed, h)
	t.generations.next(h)
}

func (t *Tx) settle() {
	for _, h := range t.changed {
		t.generations.next(h)
	}
}
