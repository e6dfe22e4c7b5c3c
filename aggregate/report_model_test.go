package aggregate

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
)

// A modelSite is a site's stored days told in texts: what tests make blocks of,
// and what the slow reference computes from.
type modelSite struct {
	config       SiteConfig
	first, today hit.Day
	blocks       []modelBlock
}

// A modelBlock is one block of one day.
type modelBlock struct {
	day      hit.Day
	flags    block.Flags
	restarts uint16
	level    uint8
	damaged  bool
	rows     map[block.Table]map[string][]uint64
	cells    map[block.Cross]map[[2]string]uint64
}

func (b *modelBlock) row(t block.Table, value string, n ...uint64) {
	if b.rows == nil {
		b.rows = map[block.Table]map[string][]uint64{}
	}
	if b.rows[t] == nil {
		b.rows[t] = map[string][]uint64{}
	}
	b.rows[t][value] = n
}

func (b *modelBlock) cell(c block.Cross, outer, inner string, n uint64) {
	if b.cells == nil {
		b.cells = map[block.Cross]map[[2]string]uint64{}
	}
	if b.cells[c] == nil {
		b.cells[c] = map[[2]string]uint64{}
	}
	b.cells[c][[2]string{outer, inner}] = n
}

// memorySource answers questions from a modelSite's encoded blocks.
type memorySource struct {
	t      testing.TB
	model  *modelSite
	stored []memoryBlock
	sums   map[sumPeriod][]byte
}

// A memoryBlock is an encoded block, no bytes where it is damaged.
type memoryBlock struct {
	day   hit.Day
	bytes []byte
	words *modelDictionary
}

func newMemorySource(t testing.TB, m *modelSite) *memorySource {
	t.Helper()
	s := &memorySource{t: t, model: m}
	months := map[hit.Month]*modelDictionary{}
	for i := range m.blocks {
		b := &m.blocks[i]
		d := months[b.day.Month()]
		if d == nil {
			d = newModelDictionary()
			months[b.day.Month()] = d
		}
		if b.flags&block.Running != 0 {
			d = newModelDictionary()
		}
		stored := memoryBlock{b.day, b.encode(t, d), d}
		if b.damaged {
			stored.bytes = nil
		}
		s.stored = append(s.stored, stored)
	}
	slices.SortStableFunc(s.stored, func(a, b memoryBlock) int { return int(a.day - b.day) })
	return s
}

// rollUp keeps a roll-up of every period that is over, as a server would: what
// the site's running day was when it last had the time, is today's morrow at most.
func (s *memorySource) rollUp() {
	s.t.Helper()
	s.sums = map[sumPeriod][]byte{}
	open := map[hit.Day]bool{}
	s.snapshots(func(d hit.Day, _ []byte) { open[d] = true })
	for d := s.model.first - 40; d < s.model.today; d++ {
		for _, p := range []sumPeriod{monthSum(d.Month()), weekSum(d.Monday())} {
			over := p.last() < s.model.today
			for x := p.first; x <= p.last(); x++ {
				over = over && !open[x] // not closed: the server has been away since
			}
			if !over || s.sums[p] != nil {
				continue
			}
			b, err := sumUp(s, p)
			if err == nil {
				s.sums[p] = b
			} else if !errors.Is(err, errNoSum) {
				s.t.Fatal(err)
			}
		}
	}
}

func (s *memorySource) site(h hit.Host) (SiteConfig, bool) {
	return s.model.config, h == s.model.config.Host
}

func (s *memorySource) kept(hit.Host, time.Time) (first, today hit.Day) {
	return s.model.first, s.model.today
}

func (s *memorySource) cached(*Query, time.Time, hit.Day, hit.Day) (*cache, cacheKey) {
	return nil, cacheKey{}
}

func (s *memorySource) view(_ hit.Host, fn func(v dayView) error) error { return fn(s) }

func (s *memorySource) sum(p sumPeriod) []byte { return s.sums[p] }

func (s *memorySource) days(from, to hit.Day, fn func(d hit.Day, b []byte)) error {
	for _, b := range s.stored {
		if b.day >= from && b.day <= to && !b.snapshot() {
			fn(b.day, b.bytes)
		}
	}
	return nil
}

func (b *memoryBlock) snapshot() bool {
	opened, err := block.Open(b.bytes)
	return err == nil && opened.Flags()&block.Running != 0
}

func (s *memorySource) snapshots(fn func(d hit.Day, b []byte)) {
	for _, b := range s.stored {
		if b.snapshot() {
			day, err := block.Decode(b.bytes)
			if err != nil {
				s.t.Fatal(err)
			}
			portable, err := appendPortable(b.words.texts, day)
			if err != nil {
				s.t.Fatal(err)
			}
			fn(b.day, portable)
		}
	}
}

func (s *memorySource) words(months []hit.Month) *words {
	x := newLexicon()
	w := &words{months: map[hit.Month]*monthWords{}, find: x.find}
	for _, b := range s.stored {
		if m := b.day.Month(); slices.Contains(months, m) && w.months[m] == nil && b.bytes != nil && !b.snapshot() {
			w.months[m] = &monthWords{ids: x.intern(nil, b.words.texts)}
		}
	}
	w.texts = x.texts
	return w
}

// modelDictionary numbers texts in the order in which they come.
type modelDictionary struct {
	ids   map[string]uint32
	texts []string
}

func newModelDictionary() *modelDictionary { return &modelDictionary{ids: map[string]uint32{}} }

func (d *modelDictionary) id(s string) uint32 {
	id, ok := d.ids[s]
	if !ok {
		id = uint32(len(d.texts))
		d.ids[s] = id
		d.texts = append(d.texts, s)
	}
	return id
}

func (b *modelBlock) encode(t testing.TB, d *modelDictionary) []byte {
	t.Helper()
	day := &block.Day{Flags: b.flags, Restarts: b.restarts, Level: b.level}
	for table, rows := range b.rows {
		id := d.id
		switch table {
		case block.Site:
			id = func(string) uint32 { return 0 }
		case block.Hours:
			id = func(s string) uint32 {
				hour, err := strconv.Atoi(s)
				if err != nil {
					t.Fatal(err)
				}
				return uint32(hour)
			}
		}
		byID := map[uint32][]uint64{}
		for value, n := range rows {
			byID[id(value)] = n
		}
		r := &day.Rows[table]
		for id := range byID {
			r.Labels = append(r.Labels, id)
		}
		slices.Sort(r.Labels)
		for _, id := range r.Labels {
			r.N = append(r.N, byID[id]...)
			if (table == block.Pages || table == block.Sections) && byID[id][levelColumn] > 0 {
				day.Flags |= block.Thinned
			}
		}
	}
	for cross, cells := range b.cells {
		type cell struct {
			outer, inner uint32
			n            uint64
		}
		var list []cell
		for key, n := range cells {
			if n > 0 {
				inner := d.id
				if !innerNamed(cross) { // a bucket
					inner = func(s string) uint32 {
						bucket, err := strconv.Atoi(s)
						if err != nil {
							t.Fatal(err)
						}
						return uint32(bucket)
					}
				}
				list = append(list, cell{d.id(key[0]), inner(key[1]), n})
			}
		}
		slices.SortFunc(list, func(x, y cell) int {
			return int(int64(x.outer)<<32 + int64(x.inner) - int64(y.outer)<<32 - int64(y.inner))
		})
		c := &day.Cells[cross]
		for _, x := range list {
			c.Outer, c.Inner, c.N = append(c.Outer, x.outer), append(c.Inner, x.inner), append(c.N, x.n)
		}
	}
	out, err := block.Encode(day)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func modelHost(t testing.TB, s string) hit.Host {
	t.Helper()
	h, err := hit.ParseHost(s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func modelDay(t testing.TB, s string) hit.Day {
	t.Helper()
	d, err := hit.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func modelZone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}
