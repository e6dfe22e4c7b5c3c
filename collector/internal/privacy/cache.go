package privacy

import "sync"

// cacheSize is how many entries one generation of a cache holds.
const cacheSize = 4096

// A cache remembers recent results under a seeded hash of what they were
// computed from, in two generations: a full young one becomes the old one, so
// that what is asked for again survives and memory is bounded by two
// generations. Keys are hashes only; a cache never holds what it was asked.
type cache[V any] struct {
	mu         sync.Mutex // guards young and old; held for two map look-ups
	young, old map[uint64]V
}

func newCache[V any]() *cache[V] {
	return &cache[V]{young: make(map[uint64]V, cacheSize)}
}

func (c *cache[V]) get(key uint64) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.young[key]
	if ok {
		return v, true
	}
	if v, ok = c.old[key]; ok {
		c.keep(key, v)
	}
	return v, ok
}

func (c *cache[V]) put(key uint64, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(key, v)
}

// keep is called with mu held.
func (c *cache[V]) keep(key uint64, v V) {
	if len(c.young) >= cacheSize {
		c.old, c.young = c.young, make(map[uint64]V, cacheSize)
	}
	c.young[key] = v
}
