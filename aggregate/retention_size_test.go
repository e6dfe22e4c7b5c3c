package aggregate

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/store"
)

// TestRetentionOfThreeYears deletes 23 months of three years (A15) and compacts
// the file while hits come in: it prints how many came in meanwhile and how long
// the slowest waited, and holds the file to 1.2 times its live data.
// FOOTFALL_RETENTION is how many paths a day has.
func TestRetentionOfThreeYears(t *testing.T) {
	paths := 10
	if s, given := os.LookupEnv("FOOTFALL_RETENTION"); given {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal("FOOTFALL_RETENTION: a number")
		}
		paths = n
	}
	now := at("2026-12-01 00:00:30")
	db := openTest(t, t.TempDir(), now, SiteConfig{Host: testHost(t), RetentionMonths: 13})
	fillYears(t, db, paths, modelDay(t, "2023-12-01"), modelDay(t, "2026-11-30"))
	before, _ := db.store.Size()

	first := db.sites[testHost(t)].config.FirstKept(hit.DayAt(now, time.UTC))
	blocks := 0
	db.options.OnRetention = func(_ hit.Host, _ hit.Day, n int) { blocks += n }
	db.runs.Store(true) // what Run does is done here
	done := make(chan error, 1)
	start := time.Now()
	go func() { done <- db.retain(now) }()
	longest, meanwhile := time.Duration(0), 0
	for running := true; running; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			running = false
		default:
			sent := time.Now()
			if err := db.Record(t.Context(), now, testView(t, fmt.Sprintf("/page-%d", meanwhile%500), meanwhile)); err != nil {
				t.Fatal(err)
			}
			longest = max(longest, time.Since(sent))
			meanwhile++
		}
	}
	took := time.Since(start)
	if meanwhile < 10 {
		t.Errorf("%d hits only while retention ran: this test shows nothing of what they wait", meanwhile)
	}
	info, err := os.Stat(db.options.Path)
	if err != nil {
		t.Fatal(err)
	}
	live := db.Sizes().BlockBytes // dictionaries and roll-ups left out: the stricter bar
	t.Logf("%d paths: %d blocks deleted of a file of %d bytes in %s, with %d hits meanwhile, of which the slowest waited %s; then %d bytes, %.3f of what lives",
		paths, blocks, before, took, meanwhile, longest, info.Size(), float64(info.Size())/float64(live))
	if float64(info.Size()) > 1.2*float64(live+2*db.Sizes().OpenDayBytes)+5<<18 { // the file grows by 1 MiB when hits come after it
		t.Errorf("file after compaction: got %d bytes, want at most 1.2 x %d and 1.25 MiB", info.Size(), live)
	}
	if kept := modelDay(t, "2026-11-30") - first + 1; blocks != int(first-modelDay(t, "2023-12-01")) || kept != 365 {
		t.Errorf("got %d blocks deleted and %d days kept", blocks, kept)
	}
	db.tick(now, true) // finds nothing more to delete
}

// fillYears stores one block under each of the days.
func fillYears(t *testing.T, db *DB, paths int, from, to hit.Day) {
	t.Helper()
	d := newTestDay(t, "2026-11-23 00:00:00")
	var j journal
	for i := range paths {
		for visitor := range 12 {
			h := testView(t, fmt.Sprintf("/section%d/some-page-%d", i%40, i), i*3+visitor)
			h.Browser.Major += uint16(visitor)
			j.reset()
			d.apply(&j, at("2026-11-23 12:00:00"), h)
		}
	}
	for from <= to {
		month := min(from.Month().Last(), to)
		err := db.store.Update(func(tx *store.Tx) error {
			for ; from <= month; from++ {
				d.day = from
				if err := addBlock(tx, testHost(t), d); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
