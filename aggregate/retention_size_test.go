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

// TestRetentionOfThreeYears deletes 23 months of three years (A15), prints how
// long the longest commit and the compaction took, and holds the compacted
// file to 1.2 times its live data. FOOTFALL_RETENTION is how many paths a day
// has.
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
	longest, blocks := time.Duration(0), 0
	for m := modelDay(t, "2023-12-01").Month(); m < first.Month(); m++ { // as retain does, a month a transaction
		start := time.Now()
		n, err := db.deleteBefore(testHost(t), (m + 1).First())
		if err != nil {
			t.Fatal(err)
		}
		longest, blocks = max(longest, time.Since(start)), blocks+n
	}
	start := time.Now()
	if err := db.Compact(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	info, err := os.Stat(db.options.Path)
	if err != nil {
		t.Fatal(err)
	}
	live := db.Sizes().BlockBytes // dictionaries and roll-ups left out: the stricter bar
	t.Logf("%d paths: %d blocks deleted of a file of %d bytes; the longest month took %s, the compaction %s; then %d bytes, %.3f of what lives",
		paths, blocks, before, longest, took, info.Size(), float64(info.Size())/float64(live))
	if float64(info.Size()) > 1.2*float64(live)+64<<10 {
		t.Errorf("file after compaction: got %d bytes, want at most 1.2 x %d and 64 KiB", info.Size(), live)
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
