package aggregate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

// testHost is the site that tests count.
func testHost(t testing.TB) hit.Host {
	t.Helper()
	h, err := hit.ParseHost("example.test")
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func testPath(t testing.TB, s string) hit.Path {
	t.Helper()
	p, err := hit.ParsePath(s)
	if err != nil {
		t.Fatalf("ParsePath(%q): %v", s, err)
	}
	return p
}

// testView is a view of a path by the n-th visitor.
func testView(t testing.TB, path string, visitor int) *hit.Hit {
	t.Helper()
	h := &hit.Hit{Site: testHost(t), Path: testPath(t, path), Timing: hit.NoTiming()}
	h.Browser = hit.Browser{Family: hit.Firefox, Major: 140}
	h.System, h.Device = hit.Linux, hit.Desktop
	h.Visitor[0], h.Visitor[1], h.Visitor[15] = byte(visitor), byte(visitor>>8), 1
	return h
}

func openTest(t testing.TB, dir string, now time.Time, sites ...SiteConfig) *DB {
	t.Helper()
	if len(sites) == 0 {
		sites = []SiteConfig{{Host: testHost(t)}}
	}
	db, err := Open(Options{Path: filepath.Join(dir, "footfall.db"), Sites: sites, Now: now, Gather: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeAndCheck(t, db) })
	return db
}

// closeAndCheck closes a database and holds it to every invariant.
func closeAndCheck(t testing.TB, db *DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	report, err := Check(db.options.Path)
	if err != nil {
		t.Errorf("Check: %v", err)
		return
	}
	for _, p := range report.Problems {
		t.Errorf("Check: %s", p)
	}
}

// storedViews returns what check counts of one day.
func storedViews(t testing.TB, db *DB, day hit.Day) int64 {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := db.Backup(copied); err != nil {
		t.Fatal(err)
	}
	report, err := Check(copied)
	if err != nil {
		t.Fatal(err)
	}
	return report.Sites["example.test"][day.String()]
}

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", s)
	if err != nil {
		panic(err) // a test's own constant
	}
	return t
}

func mustRecord(t testing.TB, db *DB, now time.Time, h *hit.Hit) {
	t.Helper()
	if err := db.Record(context.Background(), now, h); err != nil {
		t.Fatalf("Record: %v", err)
	}
}

func TestRecordIsKeptOverClose(t *testing.T) {
	dir, now := t.TempDir(), at("2026-11-23 10:15:00")
	db := openTest(t, dir, now)
	var wg sync.WaitGroup
	for i := range 500 {
		wg.Go(func() {
			mustRecord(t, db, now, testView(t, fmt.Sprintf("/p/%d", i%20), i%30))
		})
	}
	wg.Wait()
	closeAndCheck(t, db)
	db = openTest(t, dir, now)
	if got := storedViews(t, db, hit.DayAt(now, time.UTC)); got != 500 {
		t.Errorf("views after reopening: got %d, want 500", got)
	}
}

func TestDayCloses(t *testing.T) {
	dir, now := t.TempDir(), at("2026-11-23 23:59:00")
	db := openTest(t, dir, now)
	for i := range 40 {
		mustRecord(t, db, now.Add(time.Duration(i)*time.Second), testView(t, "/a/b", i))
	}
	next := at("2026-11-24 00:00:01")
	mustRecord(t, db, next, testView(t, "/a/c", 1))
	closed := hit.DayAt(now, time.UTC)
	blocks, err := db.blocks(testHost(t), closed, closed+1)
	if err != nil {
		t.Fatal(err)
	}
	if len(blocks) != 1 || blocks[0].Day != closed || blocks[0].Block == nil {
		t.Fatalf("blocks after midnight: got %+v, want one of %s", blocks, closed)
	}
	if got := storedViews(t, db, closed); got != 40 {
		t.Errorf("views of the closed day: got %d, want 40", got)
	}
	if got := storedViews(t, db, closed+1); got != 1 {
		t.Errorf("views of the running day: got %d, want 1", got)
	}
}

func TestDownOverMidnight(t *testing.T) {
	dir, now := t.TempDir(), at("2026-11-23 12:00:00")
	db := openTest(t, dir, now)
	mustRecord(t, db, now, testView(t, "/", 1))
	closeAndCheck(t, db)
	db = openTest(t, dir, at("2026-11-25 08:00:00"))
	day := hit.DayAt(now, time.UTC)
	blocks, err := db.blocks(testHost(t), day, day)
	if err != nil || len(blocks) != 1 || blocks[0].Block == nil {
		t.Fatalf("blocks after a start two days later: got %+v, %v, want one", blocks, err)
	}
	if got := blocks[0].Block.Restarts(); got != 0 {
		t.Errorf("restarts of a day on which nobody was counted again: got %d, want 0", got)
	}
}

func TestRestartsAreCounted(t *testing.T) {
	dir, now := t.TempDir(), at("2026-11-23 12:00:00")
	for i := range 3 {
		db := openTest(t, dir, now)
		mustRecord(t, db, now, testView(t, "/", 1))
		if got := db.sites[testHost(t)].day.restarts; int(got) != i {
			t.Errorf("restarts: got %d, want %d", got, i)
		}
		closeAndCheck(t, db)
	}
}

// naive counts one day the slow way.
type naive struct {
	views, visits, bounces, seconds int64
	visitors                        map[int]bool
	pageViews                       map[string]int64
	pageVisitors                    map[string]map[int]bool
	last                            map[int]time.Time
	viewsOf                         map[int]int // of the running visit
}

func newNaive() *naive {
	return &naive{visitors: map[int]bool{}, pageViews: map[string]int64{}, pageVisitors: map[string]map[int]bool{},
		last: map[int]time.Time{}, viewsOf: map[int]int{}}
}

func (n *naive) view(now time.Time, path string, visitor int) {
	n.views++
	n.visitors[visitor] = true
	n.pageViews[path]++
	if n.pageVisitors[path] == nil {
		n.pageVisitors[path] = map[int]bool{}
	}
	n.pageVisitors[path][visitor] = true
	last, seen := n.last[visitor]
	if seen && now.Sub(last) <= 30*time.Minute {
		n.seconds += int64(now.Sub(last) / time.Second)
		if n.viewsOf[visitor]++; n.viewsOf[visitor] == 2 {
			n.bounces--
		}
	} else {
		n.visits++
		n.bounces++
		n.viewsOf[visitor] = 1
	}
	n.last[visitor] = now
}

func TestAgainstRecount(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		d := newTestDay(t, "2026-11-23 00:00:00")
		want, now := newNaive(), at("2026-11-23 00:00:00")
		var j journal
		for range 3_000 {
			now = now.Add(time.Duration(r.IntN(25)) * time.Second)
			path, visitor := fmt.Sprintf("/s%d/p%d", r.IntN(3), r.IntN(30)), r.IntN(60)
			j.reset()
			d.apply(&j, now, testView(t, path, visitor))
			if r.IntN(5) == 0 { // a batch that failed leaves nothing
				j.undo()
				continue
			}
			want.view(now, path, visitor)
		}
		got := [siteMeasures]int64{want.views, int64(len(want.visitors)), want.visits, want.bounces, want.seconds}
		if d.site != got {
			t.Errorf("seed %d: site: got %v, want %v", seed, d.site, got)
		}
		for path, views := range want.pageViews {
			p := d.page(path)
			if p.n[pageViews] != views || p.n[pageVisitors] != int64(len(want.pageVisitors[path])) {
				t.Errorf("seed %d: %s: got %v, want views %d visitors %d", seed, path, p.n, views, len(want.pageVisitors[path]))
			}
		}
	}
}

func newTestDay(t testing.TB, start string) *openDay {
	t.Helper()
	return newOpenDay(newTestShared(), &SiteConfig{Host: testHost(t), Zone: time.UTC},
		hit.DayAt(at(start), time.UTC), at(start).Unix())
}

func newTestShared() *shared {
	s := newShared(0)
	return &s
}
