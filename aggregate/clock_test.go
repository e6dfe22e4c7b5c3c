package aggregate

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
)

// siteViewsOf sums the views of a day's blocks that have the flags and no others of Running and Tens.
func siteViewsOf(t testing.TB, db *DB, day hit.Day, flags block.Flags) (views uint64, found bool) {
	t.Helper()
	blocks, err := db.blocks(testHost(t), day, day)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		if b.Block == nil {
			t.Fatalf("a block of %s cannot be read", day)
		}
		if b.Block.Flags()&(block.Running|block.Tens) != flags {
			continue
		}
		rows, err := b.Block.Rows(block.Site)
		if err != nil {
			t.Fatal(err)
		}
		found = true
		views += sum(rows, siteViews, 5)
	}
	return views, found
}

func TestSnapshots(t *testing.T) {
	dir, now := t.TempDir(), at("2026-11-23 13:50:30")
	db := openTest(t, dir, now)
	day := hit.DayAt(now, time.UTC)
	record := func(clock string) {
		t.Helper()
		mustRecord(t, db, at("2026-11-23 "+clock), testView(t, "/a", 1))
	}
	want := func(clock string, flags block.Flags, views uint64) {
		t.Helper()
		if got, _ := siteViewsOf(t, db, day, flags); got != views {
			t.Errorf("%s: snapshot %b: got %d views, want %d", clock, flags, got, views)
		}
	}
	record("13:55:00")
	record("13:59:59")
	want("13:59:59", block.Running, 0)
	want("13:59:59", block.Running|block.Tens, 0)
	record("14:00:00")
	want("14:00:00", block.Running, 2)
	want("14:00:00", block.Running|block.Tens, 2)
	record("14:09:00")
	record("14:10:00")
	want("14:10:00", block.Running, 2)
	want("14:10:00", block.Running|block.Tens, 4)
	for _, restart := range []string{"14:20:00", "15:00:01"} {
		closeAndCheck(t, db)
		db = openTest(t, dir, at("2026-11-23 "+restart))
		if restart == "14:20:00" {
			want(restart, block.Running, 2)
			continue
		}
		want(restart, block.Running, 5)
		want(restart, block.Running|block.Tens, 5)
	}
}

func TestRunClosesAtMidnight(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		paris, err := time.LoadLocation("Europe/Paris")
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now() // midnight UTC on 1 January 2000: 01:00 in Paris
		db := openTest(t, dir, start, SiteConfig{Host: testHost(t), Zone: paris})
		day := hit.DayAt(start, paris)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- db.Run(ctx) }()
		mustRecord(t, db, time.Now(), testView(t, "/a", 1))
		time.Sleep(22*time.Hour + 59*time.Minute)
		if _, found := siteViewsOf(t, db, day, 0); found {
			t.Error("the day closed before its midnight")
		}
		time.Sleep(2 * time.Minute)
		if views, found := siteViewsOf(t, db, day, 0); !found || views != 1 {
			t.Errorf("after midnight: got %d views, closed %t, want 1, closed", views, found)
		}
		cancel()
		if err := <-ended; err != context.Canceled {
			t.Errorf("Run: got %v, want that ctx ended", err)
		}
	})
}

func TestClockStepsBack(t *testing.T) {
	now := at("2026-11-23 00:30:00")
	db := openTest(t, t.TempDir(), now)
	day := hit.DayAt(now, time.UTC)
	mustRecord(t, db, now, testView(t, "/a", 1))
	mustRecord(t, db, now.Add(-2*time.Hour), testView(t, "/a", 2)) // stays in the day that is open
	if got := storedViews(t, db, day); got != 2 {
		t.Errorf("after a step back of two hours: got %d views, want 2", got)
	}
	mustRecord(t, db, now.AddDate(0, 0, -3), testView(t, "/a", 3)) // a second block of its own day
	mustRecord(t, db, now.Add(time.Hour), testView(t, "/a", 4))
	for d, want := range map[hit.Day]int64{day - 3: 1, day: 3} {
		if got := storedViews(t, db, d); got != want {
			t.Errorf("%s: got %d views, want %d", d, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	now := at("2026-11-23 10:00:00")
	dir := t.TempDir()
	db := openTest(t, dir, now)
	rowsOf := func(path string) bool {
		p := db.sites[testHost(t)].day.page(path)
		r := readRecord(p.kind(), p.label, (&recordWriter{}).encodePage(p))
		r.numbers(make([]int64, pageVisits+1))
		return r.number() == 1
	}
	for i := range 12 {
		mustRecord(t, db, now, testView(t, "/seen", i))
		if got, want := rowsOf("/seen"), i >= 9; got != want {
			t.Errorf("rows on the disk after %d visitors: got %t, want %t", i+1, got, want)
		}
	}
	for i := range 9 {
		mustRecord(t, db, now, testView(t, "/rare", i))
	}
	closeAndCheck(t, db)
	db = openTest(t, dir, now.Add(time.Minute))
	if !rowsOf("/seen") || rowsOf("/rare") {
		t.Error("after a restart: a page whose rows are on the disk goes on, one that was folded begins again")
	}
	for i := range 9 {
		mustRecord(t, db, now.Add(time.Minute), testView(t, "/rare", 100+i))
	}
	if rowsOf("/rare") {
		t.Error("nine visitors of one process and nine of another are not ten of one")
	}
}

func (w *recordWriter) encodePage(p *page) []byte { return w.page(p) }

func TestCapPages(t *testing.T) {
	d := newTestDay(t, "2026-11-23 00:00:00")
	var j journal
	for i := range MaxPages + 500 {
		j.reset()
		d.apply(&j, at("2026-11-23 12:00:00"), testView(t, fmt.Sprintf("/p%d", i), i))
	}
	if got := len(d.pages.rows); got != MaxPages+1 {
		t.Errorf("rows: got %d, want the cap and (other)", got)
	}
	if got := d.page(hit.Other).n[pageViews]; got != 500 {
		t.Errorf("(other): got %d views, want 500", got)
	}
	if got := d.site[siteViews]; got != MaxPages+500 {
		t.Errorf("site: got %d views, want %d", got, MaxPages+500)
	}
}
