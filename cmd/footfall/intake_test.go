package main

import (
	"syscall"
	"testing"
	"time"
)

// TestOneProcessor holds that intake works where the environment allows one
// processor, as a container's quota does, and that every hit that was
// acknowledged is stored, once. How many there were is printed: with one
// processor in use each commit would stop all else (PERFORMANCE.md).
func TestOneProcessor(t *testing.T) {
	for _, processors := range []string{"1", "2"} {
		t.Setenv("GOMAXPROCS", processors)
		dir := t.TempDir()
		var sent ledger
		serveUnder(t, dir, &sent, syscall.SIGTERM, time.Second)
		stored, kept, quiet := storedViews(t, dir), sent.kept.Load(), sent.quiet.Load()
		if kept == 0 || quiet != 0 || stored != kept {
			t.Errorf("GOMAXPROCS=%s: stored %d, acknowledged %d, without an answer %d", processors, stored, kept, quiet)
		}
		t.Logf("GOMAXPROCS=%s: %d hits in a second", processors, kept)
	}
}
