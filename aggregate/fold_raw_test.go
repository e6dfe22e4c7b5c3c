package aggregate

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/store"
)

// TestFoldInTheRawFile reads the file page by page at random instants of a day
// with five kills, free pages included: every state of a page or
// section that has a dimension row or a histogram was counted by ten visitors
// within one process, and in every state the rows are no more than the
// visitors. The recount is of what was sent.
func TestFoldInTheRawFile(t *testing.T) {
	now := at("2026-11-23 08:00:00")
	dir := t.TempDir()
	db := openTest(t, dir, now)
	r := rand.New(rand.NewPCG(12, 12))
	seen, most := map[string]map[int]bool{}, map[string]int{} // of this process; the most of any
	states, open := 0, 0
	for i := range 240 {
		if i%40 == 39 {
			dir = crashed(t, db, dir)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			db = openTest(t, dir, now)
			seen = map[string]map[int]bool{}
		}
		now = now.Add(time.Duration(r.IntN(240)) * time.Second)
		var hits []*hit.Hit
		for range 1 + r.IntN(6) {
			visitor := r.IntN(400)
			h := recountHit(t, r, visitor)
			h.Path = testPath(t, fmt.Sprintf("/s%d/p%d", r.IntN(6), min(int(r.ExpFloat64()*8), 60)))
			if h.Kind == hit.KindView && h.Status == hit.StatusOK && h.Bot == hit.NotBot {
				for _, key := range []string{"P" + h.Path.String(), "C" + sectionLabel(h.Path.String(), nil)} {
					if seen[key] == nil {
						seen[key] = map[int]bool{}
					}
					seen[key][visitor] = true
					most[key] = max(most[key], len(seen[key]))
				}
			}
			hits = append(hits, h)
		}
		if _, err := recordBatch(db, now, hits); err != nil {
			t.Fatal(err)
		}
		if r.IntN(3) > 0 {
			continue
		}
		n, m := foldedStates(t, readRaw(t, db.options.Path), most)
		states, open = states+n, open+m
	}
	if open < 100 || states < 2*open {
		t.Errorf("%d states, %d with rows: this test shows little", states, open)
	}
	t.Logf("%d states of pages and sections read, %d with rows", states, open)
}

// foldedStates checks every state of a page or section that can be found, in
// records and in the hourly snapshot; most is how many visitors one process counted.
func foldedStates(t *testing.T, raw *rawFile, most map[string]int) (states, open int) {
	t.Helper()
	judge := func(key string, p *page) {
		states++
		rows := int64(0)
		for _, c := range p.dims {
			n := int64(0)
			for _, x := range c {
				n += int64(x.n)
			}
			rows = max(rows, n)
		}
		for _, c := range p.hist {
			rows = max(rows, min(int64(len(c)), 1))
		}
		if rows == 0 {
			return
		}
		open++
		if most[key] < foldVisitors {
			t.Errorf("%s has rows in the file, and %d visitors of one process", key, most[key])
		}
		for dim, c := range p.dims {
			n := int64(0)
			for _, x := range c {
				n += int64(x.n)
			}
			if n > p.n[pageVisitors] {
				t.Errorf("%s: rows of dimension %d: %d visitors of %d", key, dim, n, p.n[pageVisitors])
			}
		}
	}
	for name, found := range raw.states {
		if len(name) < 8 || name[:7] != "record " || name[7] != 'P' && name[7] != 'C' {
			continue
		}
		key := name[7:]
		for state := range found {
			d := newTestDay(t, "2026-11-23 00:00:00")
			if err := d.load(store.Kind(key[0]), key[1:], []byte(state)); err != nil {
				t.Fatal(err)
			}
			if key[0] == 'P' {
				judge(key, d.page(key[1:]))
			} else {
				judge(key, d.sectionRow(key[1:]))
			}
		}
	}
	return states, open
}
