//go:build unix

package aggregate

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// TestRunTriesAgain fills the disk under a running engine: it is not ready
// until there is room again, and then within two seconds by itself, with no
// hit to find that out.
func TestRunTriesAgain(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		db := openTest(t, dir, time.Now())
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- db.Run(ctx) }()
		mustRecord(t, db, time.Now(), testView(t, "/a", 1))
		lift := limitFiles(t, 4_096) // nothing behind the first page can be written
		if err := db.Record(t.Context(), time.Now(), testView(t, "/a", 2)); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Record on a full disk: got %v, want ErrUnavailable", err)
		}
		for range 5 {
			time.Sleep(time.Second)
			if db.Ready() == nil {
				t.Error("ready on a full disk")
			}
		}
		lift()
		time.Sleep(2 * time.Second)
		if err := db.Ready(); err != nil {
			t.Errorf("two seconds after there was room again: %v", err)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: got %v, want that ctx ended", err)
		}
	})
}

// TestGatherWaits measures a batch of one hit on the bubble's clock: it
// waits as long as Gather says and no longer.
func TestGatherWaits(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		db, err := Open(Options{Path: filepath.Join(dir, "footfall.db"), Sites: []SiteConfig{{Host: testHost(t)}}, Now: time.Now(), Gather: 7 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		defer closeAndCheck(t, db)
		start := time.Now()
		mustRecord(t, db, start, testView(t, "/a", 1))
		if got := time.Since(start); got != 7*time.Millisecond {
			t.Errorf("one hit waited %s, want 7ms", got)
		}
	})
}
