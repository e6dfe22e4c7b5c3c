package aggregate

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
)

// model counts days the slow way: from the list of all views.
type recount struct {
	days map[hit.Day]*recountDay
	// what a process remembers, and loses with it
	seen   map[hit.Day]map[string]bool // visitor on site, page or section
	visits map[int]*recountVisit
}

type recountDay struct {
	site     [siteMeasures]int64
	pages    map[string]*[pageMeasures]int64
	sections map[string]*[pageMeasures]int64
	hours    [24]int64
}

type recountVisit struct {
	day         hit.Day
	entry, last string
	seen        time.Time
	views       int
	sections    map[string]bool
}

func newRecount() *recount {
	m := &recount{days: map[hit.Day]*recountDay{}}
	m.restart()
	return m
}

func (m *recount) restart() {
	m.seen, m.visits = map[hit.Day]map[string]bool{}, map[int]*recountVisit{}
}

func (m *recount) first(day hit.Day, what string, visitor int) int64 {
	if m.seen[day] == nil {
		m.seen[day] = map[string]bool{}
	}
	key := fmt.Sprint(what, " ", visitor)
	if m.seen[day][key] {
		return 0
	}
	m.seen[day][key] = true
	return 1
}

func of(pages map[string]*[pageMeasures]int64, label string) *[pageMeasures]int64 {
	if pages[label] == nil {
		pages[label] = new([pageMeasures]int64)
	}
	return pages[label]
}

func (m *recount) view(now time.Time, path string, visitor int) {
	day := hit.DayAt(now, time.UTC)
	d := m.days[day]
	if d == nil {
		d = &recountDay{pages: map[string]*[pageMeasures]int64{}, sections: map[string]*[pageMeasures]int64{}}
		m.days[day] = d
	}
	in := sectionLabel(path, nil)
	both := func(measure int, page, section string, by int64) {
		of(d.pages, page)[measure] += by
		of(d.sections, section)[measure] += by
	}
	d.site[siteViews]++
	d.hours[now.Hour()]++
	both(pageViews, path, in, 1)
	d.site[siteVisitors] += m.first(day, "site", visitor)
	of(d.pages, path)[pageVisitors] += m.first(day, "page "+path, visitor)
	of(d.sections, in)[pageVisitors] += m.first(day, "section "+in, visitor)
	v := m.visits[visitor]
	if v == nil || v.day != day || now.Sub(v.seen) > 30*time.Minute {
		v = &recountVisit{day: day, entry: path, last: path, seen: now, sections: map[string]bool{}}
		m.visits[visitor] = v
		d.site[siteVisits]++
		d.site[siteBounces]++
		for _, measure := range []int{pageEntries, pageExits, pageEntryBounces} {
			both(measure, path, in, 1)
		}
	} else if v.views == 1 {
		d.site[siteBounces]--
		both(pageEntryBounces, v.entry, sectionLabel(v.entry, nil), -1)
	}
	v.views++
	d.site[siteSeconds] += now.Unix() - v.seen.Unix()
	both(pageExits, v.last, sectionLabel(v.last, nil), -1)
	both(pageExits, path, in, 1)
	v.last, v.seen = path, now
	if !v.sections[in] {
		v.sections[in] = true
		of(d.sections, in)[pageVisits]++
	}
}

// TestModel sends random views over days, restarts and crashes, and compares
// every counter of every closed day with the recount.
func TestModel(t *testing.T) {
	steps := 10_000
	if testing.Short() {
		steps = 2_000
	}
	if s, given := os.LookupEnv("FOOTFALL_MODEL_STEPS"); given {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal("FOOTFALL_MODEL_STEPS: a number")
		}
		steps = n
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 3))
	m, now, dir := newRecount(), at("2026-03-01 00:00:00"), t.TempDir()
	db := openTest(t, dir, now)
	for done := 0; done < steps; {
		switch p := r.IntN(100); {
		case p < 2:
			closeAndCheck(t, db)
			db = openTest(t, dir, now)
			m.restart()
		case p < 4: // a crash: what is on the disk goes on elsewhere
			dir = crashed(t, db, dir)
			db = openTest(t, dir, now)
			m.restart()
		case p < 8:
			now = now.Add(time.Duration(r.IntN(6*3600)) * time.Second)
			db.tick(now, true)
		default:
			now = now.Add(time.Duration(r.IntN(4_000)) * time.Second)
			done += recountBatch(t, db, m, r, now)
		}
	}
	db.tick(now.AddDate(0, 0, 1), true)
	for day, want := range m.days {
		compareDay(t, db, day, want)
	}
	t.Logf("%d days", len(m.days))
}

// recountBatch sends views of different visitors at once.
func recountBatch(t *testing.T, db *DB, m *recount, r *rand.Rand, now time.Time) int {
	n := 1 + r.IntN(60)
	var wg sync.WaitGroup
	for _, visitor := range r.Perm(120)[:n] {
		path := fmt.Sprintf("/s%d/p%d", r.IntN(5), r.IntN(20))
		if r.IntN(4) == 0 {
			path = fmt.Sprintf("/top%d", r.IntN(6))
		}
		m.view(now, path, visitor)
		h := testView(t, path, visitor)
		wg.Go(func() {
			if err := db.Record(context.Background(), now, h); err != nil {
				t.Errorf("Record: %v", err)
			}
		})
	}
	wg.Wait()
	return n
}

// crashed copies a database as a kill would leave it.
func crashed(t *testing.T, db *DB, dir string) string {
	t.Helper()
	next := t.TempDir()
	in, err := os.Open(filepath.Join(dir, "footfall.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(filepath.Join(next, "footfall.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return next
}

func compareDay(t *testing.T, db *DB, day hit.Day, want *recountDay) {
	t.Helper()
	stored, err := db.blocks(testHost(t), day, day)
	if err != nil || len(stored) != 1 || stored[0].Block == nil {
		t.Fatalf("%s: %d blocks, %v, want one", day, len(stored), err)
	}
	rows := func(table block.Table) block.Rows {
		got, err := stored[0].Block.Rows(table)
		if err != nil {
			t.Fatalf("%s: %s: %v", day, table, err)
		}
		return got
	}
	for i, n := range rows(block.Site).N {
		if int64(n) != want.site[i] {
			t.Errorf("%s: site measure %d: got %d, want %d", day, i, n, want.site[i])
		}
	}
	hours := rows(block.Hours)
	for i, hour := range hours.Labels {
		if int64(hours.N[i]) != want.hours[hour] {
			t.Errorf("%s: hour %d: got %d, want %d", day, hour, hours.N[i], want.hours[hour])
		}
	}
	for table, pages := range map[block.Table]map[string]*[pageMeasures]int64{block.Pages: want.pages, block.Sections: want.sections} {
		got, width := rows(table), block.Width(table)
		if len(got.Labels) != len(pages) {
			t.Errorf("%s: %s: got %d rows, want %d", day, table, len(got.Labels), len(pages))
		}
		for i, id := range got.Labels {
			label, n := stored[0].Label(id), got.N[i*width:(i+1)*width]
			w := of(pages, label)
			for measure := range pageMeasures {
				at := measure
				if measure == pageVisits {
					at = 7 // behind the level
				}
				if at < width && int64(n[at]) != w[measure] {
					t.Errorf("%s: %s %s measure %d: got %d, want %d", day, table, label, measure, n[at], w[measure])
				}
			}
		}
	}
}

// TestKnownLabelsKeepTheirPlaces begins a flood of new paths and referrers at
// midnight: what was published the day before keeps its rows.
func TestKnownLabelsKeepTheirPlaces(t *testing.T) {
	now := at("2026-11-23 10:00:00")
	db := openTest(t, t.TempDir(), now)
	for visitor := range 12 {
		for page := range 5 {
			mustRecord(t, db, now, testView(t, fmt.Sprintf("/known/%d", page), visitor))
		}
	}
	db.tick(at("2026-11-24 00:00:01"), true)
	d := db.sites[testHost(t)].day
	var j journal
	for i := range MaxPages + 1_000 {
		j.reset()
		d.apply(&j, at("2026-11-24 00:00:02"), testView(t, fmt.Sprintf("/flood/%d", i), i))
	}
	for page := range 5 {
		if got := d.page(fmt.Sprintf("/known/%d", page)).label; got == hit.Other {
			t.Errorf("/known/%d has no row after a flood", page)
		}
	}
	if got := len(d.pages.rows); got > MaxPages+1 {
		t.Errorf("rows: got %d, want at most the cap and (other)", got)
	}
}
