package aggregate

import (
	"fmt"
	"sync"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
)

// cacheBudget is how many bytes of answers are kept for who asks again, of all
// sites together.
const cacheBudget = 16 << 20

// A cache keeps answers until what they were made of changes. It holds published
// values, and of pages and values that were asked for the raw totals of periods.
type cache struct {
	mu    sync.Mutex // guards the fields below, for a few map operations
	sites map[hit.Host]*siteCache
	bytes int64
	clock uint64
}

// A siteCache is what is kept of one generation of a site.
type siteCache struct {
	generation uint64
	answers    map[string]*cached
}

type cached struct {
	report *publish.Report
	totals map[sumPeriod]*unit // numbers only
	bytes  int64
	used   uint64
}

// A cacheKey is a question and the moment that it depends on.
type cacheKey struct {
	host       hit.Host
	generation uint64
	question   string
}

// keyOf returns the key of a question: the days that are kept and running count,
// and of the running day the ten minutes.
func keyOf(q *Query, generation uint64, now time.Time, first, today hit.Day) cacheKey {
	moment := int64(0)
	if q.To >= today {
		moment = tenOf(now).Unix()
	}
	return cacheKey{q.Site, generation, fmt.Sprint(q.From, q.To, q.By, q.Limit, q.Sort, q.Compare, first, today, moment, "\x00", q.Page, "\x00", q.Section, "\x00", q.Where)}
}

// totalsKey returns the key of the totals of a page's or value's periods,
// whatever the days asked for are.
func totalsKey(k cacheKey, a *answer) cacheKey {
	k.question = fmt.Sprint(a.first, a.today, "\x00", a.totals.table, "\x00", a.value)
	return k
}

func (c *cache) get(k cacheKey) *cached {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.sites[k.host]
	if s == nil || s.generation != k.generation {
		return nil
	}
	x := s.answers[k.question]
	if x != nil {
		c.clock++
		x.used = c.clock
	}
	return x
}

// put keeps an answer, and forgets those used longest ago until all fit.
func (c *cache) put(k cacheKey, x *cached) {
	if x.bytes > cacheBudget/8 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sites == nil {
		c.sites = map[hit.Host]*siteCache{}
	}
	s := c.sites[k.host]
	if s == nil || s.generation < k.generation {
		c.drop(k.host)
		s = &siteCache{k.generation, map[string]*cached{}}
		c.sites[k.host] = s
	}
	if s.generation > k.generation {
		return // made of what is no longer there
	}
	c.remove(s, k.question)
	c.clock++
	x.used = c.clock
	s.answers[k.question] = x
	c.bytes += x.bytes
	for c.bytes > cacheBudget {
		c.evict()
	}
}

// forget drops all that is kept of a site.
func (c *cache) forget(h hit.Host) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(h)
}

func (c *cache) drop(h hit.Host) {
	if s := c.sites[h]; s != nil {
		for _, x := range s.answers {
			c.bytes -= x.bytes
		}
		delete(c.sites, h)
	}
}

func (c *cache) remove(s *siteCache, question string) {
	if x := s.answers[question]; x != nil {
		c.bytes -= x.bytes
		delete(s.answers, question)
	}
}

// evict drops the answer that was used longest ago.
func (c *cache) evict() {
	var from *siteCache
	var question string
	oldest := uint64(1<<64 - 1)
	for _, s := range c.sites {
		for q, x := range s.answers {
			if x.used <= oldest {
				from, question, oldest = s, q, x.used
			}
		}
	}
	if from != nil {
		c.remove(from, question)
	}
}

// sizeOf returns about how many bytes a report takes.
func sizeOf(r *publish.Report) int64 {
	n := int64(1_000 + 32*len(r.Parts()))
	for _, row := range r.Rows() {
		n += int64(80 + len(row.Value) + 32*len(row.Values.Measures()))
	}
	if before, _ := r.Before(); before != nil {
		n += sizeOf(before)
	}
	return n
}

// known fills in the totals that are kept of periods.
func (a *answer) known() {
	if a.cache == nil || a.value == "" {
		return
	}
	x := a.cache.get(totalsKey(a.key, a))
	if x == nil {
		return
	}
	for p, have := range x.totals {
		if u := a.units[p]; u != nil && u.sum != nil {
			u.read, u.n, u.scale, u.absent = true, have.n, have.scale, have.absent
		}
	}
}

// remember keeps the totals of the roll-ups that were read.
func (a *answer) remember() {
	if a.cache == nil || a.value == "" {
		return
	}
	key, all := totalsKey(a.key, a), map[sumPeriod]*unit{}
	if x := a.cache.get(key); x != nil {
		for p, u := range x.totals {
			all[p] = u
		}
	}
	had := len(all)
	for p, u := range a.units {
		if u.sum != nil && u.read && all[p] == nil {
			all[p] = &unit{n: u.n, scale: u.scale, absent: u.absent}
		}
	}
	if len(all) > had {
		a.cache.put(key, &cached{totals: all, bytes: int64(300 * len(all))})
	}
}
