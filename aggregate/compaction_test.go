package aggregate

import (
	"os"
	"testing"
	"time"
)

// TestFailedCompactionIsCounted closes a day where no copy of the file can be
// made: the day is closed and hits go on, the failure is counted and told, and
// the next try that succeeds ends it.
func TestFailedCompactionIsCounted(t *testing.T) {
	now := at("2026-11-23 23:59:00")
	db := openTest(t, t.TempDir(), now)
	count := func(now time.Time) {
		t.Helper()
		if err := db.Record(t.Context(), now, testView(t, "/", 1)); err != nil {
			t.Fatal(err)
		}
	}
	count(now)
	block := db.options.Path + ".compacting"
	if err := os.MkdirAll(block+"/full", 0o700); err != nil { // a directory that is not empty cannot be removed
		t.Fatal(err)
	}
	next := at("2026-11-24 00:00:01")
	count(next)
	if s := db.Stats(); s.CompactionFailures != 1 || s.Compaction == nil {
		t.Errorf("got %d failures and %v, want one", s.CompactionFailures, s.Compaction)
	}
	if err := db.Ready(); err != nil {
		t.Errorf("not ready for hits: %v", err)
	}
	if err := os.RemoveAll(block); err != nil {
		t.Fatal(err)
	}
	db.tick(next.Add(longestNap), true)
	if s := db.Stats(); s.CompactionFailures != 1 || s.Compaction != nil {
		t.Errorf("after one that succeeded: got %d failures and %v, want one and nil", s.CompactionFailures, s.Compaction)
	}
}
