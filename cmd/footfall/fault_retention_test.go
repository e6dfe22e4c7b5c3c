//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"footfall/aggregate"
	"footfall/aggregate/hit"
)

// TestRetentionUnderLoad lets retention delete a year of many pages while
// hits come in (RELIABILITY.md, A15): every hit is taken in, what the slowest
// waited is printed, and the file is left at the size of what is in it.
func TestRetentionUnderLoad(t *testing.T) {
	const days, pages = 365, 10_000
	if _, whole := faultRounds(t); !whole {
		t.Skip("FOOTFALL_FAULTS asks for a sample only: a small file shows nothing of this")
	}
	dir := t.TempDir()
	now := time.Now().UTC()
	fillPages(t, dir, now, days, pages)
	full := sizeOf(t, dir)
	teller := &teller{site: "example.test"}
	p := startServer(t, "", dir, "--retention-months", "1")
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	waitFor(t, "http://"+p.public+"/beacon.js") // as soon as anything is answered
	all.Go(func() { teller.tell(ctx, p.public) })
	until(t, "smaller", func() bool { return sizeOf(t, dir) < full*3/4 })
	over := time.Now()
	time.Sleep(200 * time.Millisecond)
	cancel()
	all.Wait()
	took := teller.latencies(time.Time{}, time.Now())
	before := len(teller.latencies(time.Time{}, over))
	if before == 0 {
		t.Fatal("no hit came in before the file was compacted: this test shows nothing of what they wait")
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if p.wait(t, time.Minute); p.err != nil {
		t.Fatalf("the end: %v\n%s", p.err, p.printed.String())
	}
	size, left := sizeOf(t, dir), counted(t, dir)
	first := aggregate.SiteConfig{RetentionMonths: 1}
	kept := first.FirstKept(hit.DayAt(now, time.UTC)).String()
	for day := range left {
		if day < kept {
			t.Errorf("%s is still there, kept from %s on", day, kept)
		}
	}
	live := filepath.Join(t.TempDir(), "live.db")
	if err := compactCopy(t, dir, live); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(live)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d days of %d pages, %d KiB: %d hits, %d of them before the file was compacted, the slowest waited %v, 99 of 100 at most %v; %d KiB are left, %.2f times what is in them",
		days, pages, full>>10, len(took), before, slices.Max(took).Round(10*time.Microsecond), percentile99(took), size>>10, float64(size)/float64(info.Size()))
}

func compactCopy(t *testing.T, dir, to string) error {
	t.Helper()
	db, err := aggregate.Open(aggregate.Options{Path: filepath.Join(dir, storeName), Sites: []aggregate.SiteConfig{faultSite(t)}})
	if err != nil {
		return err
	}
	if err := db.Backup(to); err != nil {
		return err
	}
	return db.Close()
}

// fillPages leaves closed days before today, each with a few views of four
// pages in five, different ones each day.
func fillPages(t *testing.T, dir string, now time.Time, days, pages int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "days")
	im, err := aggregate.NewImporter(aggregate.ImportOptions{Site: faultSite(t), Now: now, File: file})
	if err != nil {
		t.Fatal(err)
	}
	hits := make([]*hit.Hit, pages)
	for i := range hits {
		hits[i] = faultView(t, i)
		if hits[i].Path, err = hit.ParsePath(fmt.Sprintf("/section-%d/page-%d", i%20, i)); err != nil {
			t.Fatal(err)
		}
	}
	for back := days; back >= 1; back-- {
		day := time.Date(now.Year(), now.Month(), now.Day()-back, 10, 0, 0, 0, time.UTC)
		for i, h := range hits {
			for range (i*31 + back*17 + i*back) % 5 {
				h.Visitor[1] = byte(i + back)
				if err := im.Add(day, h); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if _, err := im.Finish(); err != nil {
		t.Fatal(err)
	}
	db, err := aggregate.Open(aggregate.Options{Path: filepath.Join(dir, storeName), Sites: []aggregate.SiteConfig{faultSite(t)}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Merge(file, false); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
