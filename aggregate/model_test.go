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

// TestModel sends random hits over days, restarts and crashes, and compares
// every table of every closed day with the recount: counters, the visitors of
// each row, and what the fold lets through. Visitors are within the budget, so
// they must be exact too.
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
	days, restarts := 0, 0
	compare := func(before hit.Day) {
		for day, want := range m.days {
			if day < before {
				compareDay(t, db, day, want)
				delete(m.days, day)
				delete(m.seen, day)
				days++
			}
		}
	}
	for done := 0; done < steps && !t.Failed(); {
		switch p := r.IntN(100); {
		case p < 2:
			closeAndCheck(t, db)
			db = openTest(t, dir, now)
			m.restart()
			restarts++
		case p < 4: // a crash: what is on the disk goes on elsewhere
			dir = crashed(t, db, dir)
			_ = db.Close() // its file is not looked at again
			db = openTest(t, dir, now)
			m.restart()
			restarts++
		case p < 8:
			now = now.Add(time.Duration(r.IntN(6*3600)) * time.Second)
			db.tick(now, true)
			compare(hit.DayAt(now, time.UTC))
		default:
			now = now.Add(time.Duration(r.IntN(1_000)) * time.Second)
			done += recountBatch(t, db, m, r, now)
		}
	}
	now = now.AddDate(0, 0, 1)
	db.tick(now, true)
	compare(hit.DayAt(now, time.UTC))
	t.Logf("%d days, %d restarts and crashes", days, restarts)
}

// recountBatch sends hits of different visitors at once.
func recountBatch(t *testing.T, db *DB, m *recount, r *rand.Rand, now time.Time) int {
	n := 1 + r.IntN(60)
	var wg sync.WaitGroup
	for _, visitor := range r.Perm(120)[:n] {
		h := recountHit(t, r, visitor)
		m.hit(now, h, visitor)
		wg.Go(func() {
			if err := db.Record(context.Background(), now, h); err != nil {
				t.Errorf("Record: %v", err)
			}
		})
	}
	wg.Wait()
	return n
}

// recountHit is a random hit of a visitor, most often a view.
func recountHit(t testing.TB, r *rand.Rand, visitor int) *hit.Hit {
	path := fmt.Sprintf("/s%d/p%d", r.IntN(5), r.IntN(20))
	if r.IntN(4) == 0 {
		path = fmt.Sprintf("/top%d", r.IntN(6))
	}
	h := testView(t, path, visitor)
	h.Browser.Major, h.Device = uint16(100+visitor%7), hit.Device(2+visitor%3)
	if r.IntN(3) == 0 {
		h.Referrer = hit.ReferrerFrom(modelHost(t, fmt.Sprintf("from%d.example", r.IntN(4))))
	}
	switch r.IntN(16) {
	case 0:
		name, err := hit.ParseFeature("signup")
		if err != nil {
			t.Fatal(err)
		}
		h.Kind, h.Feature = hit.KindFeature, name
	case 1:
		h.Kind, h.Timing.LoadMillis, h.Timing.Errors = hit.KindTiming, int32(r.IntN(70_000)), int32(r.IntN(3))
	case 2:
		h.Status = hit.Status4xx
	case 3:
		h.Bot = hit.BotWord
	}
	return h
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
	b := stored[0]
	for table := block.Site; table <= block.ErrorDevices; table++ {
		rows, err := b.Block.Rows(table)
		if err != nil {
			t.Fatalf("%s: %s: %v", day, table, err)
		}
		width, found := block.Width(table), 0
		for i, id := range rows.Labels {
			label := b.Label(id)
			switch table {
			case block.Site:
				label = ""
			case block.Hours:
				label = strconv.Itoa(int(id))
			}
			w := [8]int64{}
			if row := want.rows[table][label]; row != nil {
				w = *row
			}
			for k, n := range rows.N[i*width : (i+1)*width] {
				if int64(n) != w[k] {
					t.Errorf("%s: %s %q measure %d: got %d, want %d", day, table, label, k, n, w[k])
				}
			}
			found++
		}
		for _, w := range want.rows[table] {
			if *w != ([8]int64{}) {
				found--
			}
		}
		if found < 0 {
			t.Errorf("%s: %s: %d rows are missing", day, table, -found)
		}
	}
	compareCells(t, b, want)
}

// compareCells compares each page's and section's dimension rows and
// histograms: all of those that ten visitors of one process stand behind, and
// none else.
func compareCells(t *testing.T, b storedBlock, want *recountDay) {
	t.Helper()
	got, wanted := map[string]int64{}, map[string]int64{}
	for c := block.PageReferrers; c < block.DeviceLoad; c++ {
		if c == block.SectionFeatures {
			continue
		}
		cells, err := b.Block.Cells(c)
		if err != nil {
			t.Fatalf("%s: %s: %v", b.Day, c, err)
		}
		for i, n := range cells.N {
			inner := strconv.Itoa(int(cells.Inner[i]))
			if innerNamed(c) {
				inner = b.Label(cells.Inner[i])
			}
			got[fmt.Sprint(c, " ", b.Label(cells.Outer[i]), " ", inner)] = int64(n)
		}
	}
	for p, crosses := range want.cells {
		for c, inner := range crosses {
			for label, n := range inner {
				if p.open() {
					wanted[fmt.Sprint(c, " ", p.label, " ", label)] = n
				}
			}
		}
	}
	for key, n := range wanted {
		if got[key] != n {
			t.Errorf("%s: %s: got %d, want %d", b.Day, key, got[key], n)
		}
	}
	for key := range got {
		if wanted[key] == 0 {
			t.Errorf("%s: %s is there and ought to be folded", b.Day, key)
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
