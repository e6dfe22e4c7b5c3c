//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// faultCalls are the calls that change what is on the disk.
var faultCalls = []string{"fdatasync", "pwrite64", "ftruncate", "fsync", "renameat,renameat2"}

// A killCase is what a server does while it is killed.
type killCase struct {
	name   string
	before map[string]int64                             // days that were there, and how many views each had
	goes   map[string]bool                              // of these, the days that may be deleted
	dir    func() string                                // the directory of one round
	during func(ctx context.Context, n int, dir string) // goes on beside the load
	args   []string
}

// TestKillAtCall kills the server when it enters its Nth call of each kind
// that writes, under load, in all it does (RELIABILITY.md, A2): whatever was
// acknowledged is there, at most what was left without an answer besides, and
// check finds nothing wrong.
func TestKillAtCall(t *testing.T) {
	needTracing(t)
	rounds, whole := faultRounds(t)
	r := faultRand(t)
	for _, c := range killCases(t) {
		t.Run(c.name, func(t *testing.T) {
			var tally killTally
			if !whole {
				tally.round(t, &c, faultCalls[r.IntN(2)], 1+r.IntN(10))
			} else {
				for _, call := range faultCalls {
					for n, missed := 1, 0; n <= rounds && missed < 3; n++ { // so many are not made in the time of a round
						if tally.round(t, &c, call, n) {
							missed = 0
						} else {
							missed++
						}
					}
				}
			}
			t.Logf("%d rounds, %d at the call, %d views acknowledged, %d without an answer, %d of those stored, at most %v to open again",
				tally.rounds, tally.fired, tally.kept, tally.quiet, tally.extra, tally.slowest.Round(time.Millisecond))
			if whole && (tally.kept == 0 || tally.fired == 0) {
				t.Error("nothing was ever acknowledged, or no call was ever reached")
			}
		})
	}
}

type killTally struct {
	rounds, fired      int
	kept, quiet, extra int64
	slowest            time.Duration
}

// round runs a server until it enters a call for the nth time on one thread,
// or for long enough, and looks at what it left.
func (k *killTally) round(t *testing.T, c *killCase, call string, n int) (fired bool) {
	t.Helper()
	dir := c.dir()
	today := total(counted(t, dir)) - total(c.before)
	p := startServer(t, fmt.Sprintf("%s:signal=KILL:when=%d", call, n), dir, c.args...)
	var all ledger
	stop := under(t, p, 8, &all)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; c.during != nil && ctx.Err() == nil; {
			if all.kept.Load() == 0 { // a command that came before the server would take the lock
				time.Sleep(time.Millisecond)
				continue
			}
			c.during(ctx, i, dir)
			i++
		}
	}()
	own := false
	select {
	case <-p.ended:
		k.fired++
	case <-time.After(1500 * time.Millisecond):
		own = true
		p.kill()
		<-p.ended
	}
	stop()
	cancel()
	<-done
	if !p.killed() {
		t.Fatalf("%s %d: the server ended by itself: %v\n%s", call, n, p.err, p.printed.String())
	}
	k.rounds++
	k.slowest = max(k.slowest, opens(t, dir))
	k.kept, k.quiet = k.kept+all.kept.Load(), k.quiet+all.quiet.Load()
	days := counted(t, dir)
	for day, views := range c.before {
		if got := days[day]; got != views && !(got == 0 && c.goes[day]) {
			t.Fatalf("%s %d: %d views on %s, want %d", call, n, got, day, views)
		}
		delete(days, day)
	}
	stored, kept, quiet := total(days)-today, all.kept.Load(), all.quiet.Load()
	if stored < kept || stored > kept+quiet {
		t.Fatalf("%s %d (killed by the test: %v): %d stored, %d acknowledged, %d without an answer", call, n, own, stored, kept, quiet)
	}
	k.extra += stored - kept
	return !own
}

// TestKillFindsEarlyAcknowledgement kills a server with a planted fault, which
// answers before it writes: the comparison of the tests above must see it.
func TestKillFindsEarlyAcknowledgement(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	dir := t.TempDir()
	for round := 1; round <= 20; round++ {
		before := total(counted(t, dir))
		p := startProgram(t, "footfall-early", "", dir)
		waitFor(t, "http://"+p.admin+"/readyz")
		var all ledger
		stop := under(t, p, 16, &all)
		time.Sleep(100 * time.Millisecond)
		p.kill()
		<-p.ended
		stop()
		if stored, kept := total(counted(t, dir))-before, all.kept.Load(); stored < kept {
			t.Logf("round %d: %d of %d acknowledged views are lost", round, kept-stored, kept)
			return
		}
	}
	t.Error("in 20 rounds the planted fault was not found")
}

// killCases prepares the directories of all cases.
func killCases(t *testing.T) []killCase {
	now := time.Now().UTC()
	fresh := func() string { return t.TempDir() }
	lasting := t.TempDir()
	makeDay(t, lasting, now, 1)
	withDay, withDays := t.TempDir(), t.TempDir()
	yesterday := now.AddDate(0, 0, -1)
	makeDay(t, withDay, yesterday, 300)

	before, goes := map[string]int64{}, map[string]bool{}
	var days []time.Time
	for back := 40; back >= 1; back-- {
		day := time.Date(now.Year(), now.Month(), now.Day()-back, 10, 0, 0, 0, time.UTC)
		old := time.Date(now.Year(), now.Month()-15, now.Day()-back, 10, 0, 0, 0, time.UTC)
		days = append(days, day, old)
		before[day.Format(time.DateOnly)], before[old.Format(time.DateOnly)] = 60, 60
		goes[old.Format(time.DateOnly)] = true
	}
	slices.SortFunc(days, time.Time.Compare) // a day that is finished takes no more lines
	makeDays(t, withDays, now, 60, days...)
	run := func(argv ...string) func(ctx context.Context, n int, dir string) {
		return func(ctx context.Context, n int, dir string) {
			args := append(append([]string{}, argv...), "--data", dir)
			if argv[0] == "backup" {
				args = append(args, filepath.Join(dir, fmt.Sprintf("backup-%d-%d.db", os.Getpid(), n)))
			}
			if exec.CommandContext(ctx, "footfall", args...).Run() != nil {
				time.Sleep(10 * time.Millisecond) // no server yet, or none any more
			}
		}
	}
	return []killCase{
		{name: "first start", dir: fresh},
		{name: "intake", before: map[string]int64{}, dir: func() string { return lasting }},
		{name: "day close", before: map[string]int64{yesterday.Format(time.DateOnly): 300}, dir: func() string { return copyDir(t, withDay) }},
		{name: "retention", before: before, goes: goes, dir: func() string { return copyDir(t, withDays) }, args: []string{"--retention-months", "13"}},
		{name: "compaction", before: before, dir: func() string { return copyDir(t, withDays) }, during: run("compact"), args: []string{"--retention-months", "25"}},
		{name: "backup", before: before, dir: func() string { return copyDir(t, withDays) }, during: run("backup"), args: []string{"--retention-months", "25"}},
	}
}

// TestKillCommandAtCall kills commands that work on a directory at rest: what
// they were to write is there whole or not at all, what they read is as it
// was, and run again they succeed.
func TestKillCommandAtCall(t *testing.T) {
	needTracing(t)
	rounds, whole := faultRounds(t)
	r := faultRand(t)
	now := time.Now().UTC()
	base := t.TempDir()
	var days []time.Time
	for back := 1; back <= 40; back++ {
		days = append(days, time.Date(now.Year(), now.Month(), now.Day()-back, 10, 0, 0, 0, time.UTC))
	}
	makeDays(t, base, now, 60, days...)
	want := counted(t, base)
	copied := filepath.Join(t.TempDir(), "backup.db")
	if out, err := exec.Command("footfall", "backup", "--data", base, copied).CombinedOutput(); err != nil {
		t.Fatalf("backup: %v\n%s", err, out)
	}
	older := t.TempDir() // a file of the first version: whatever opens it brings it forward
	if err := copyFile(filepath.Join("..", "..", "aggregate", "testdata", "v1.db"), filepath.Join(older, storeName)); err != nil {
		t.Fatal(err)
	}
	newer := copyDir(t, older)
	opens(t, newer)
	for _, name := range []string{"compact", "backup", "restore", "migration"} {
		want := want
		if name == "migration" {
			if want = counted(t, newer); len(want) == 0 {
				t.Fatal("the fixture holds no day")
			}
		}
		t.Run(name, func(t *testing.T) {
			tried, fired := 0, 0
			round := func(call string, n int) (hit bool) {
				dir, out := copyDir(t, base), filepath.Join(t.TempDir(), "out.db")
				argv := []string{"footfall", name, "--data", dir}
				switch name {
				case "backup":
					argv = append(argv, out)
				case "restore":
					dir = t.TempDir()
					argv = []string{"footfall", name, "--data", dir, copied}
				case "migration":
					dir = copyDir(t, older)
					argv = []string{"footfall", "site", "list", "--data", dir}
				}
				p := begin(t, traced(call, fmt.Sprintf("signal=KILL:when=%d", n), argv...)...)
				p.wait(t, time.Minute)
				tried++
				if hit = p.killed(); hit {
					fired++
				} else if p.err != nil {
					t.Fatalf("%s %d: %v\n%s", call, n, p.err, p.printed.String())
				}
				wholeOrNothing(t, name, argv, dir, out, want)
				return hit
			}
			if !whole {
				round(faultCalls[r.IntN(2)], 1+r.IntN(4))
				return
			}
			for _, call := range faultCalls {
				for n := 1; n <= rounds && round(call, n); n++ { // past its last call the command ends well
				}
			}
			t.Logf("%d rounds, %d killed at the call", tried, fired)
		})
	}
}

// wholeOrNothing holds a killed command to its word, and runs it again.
func wholeOrNothing(t *testing.T, name string, argv []string, dir, out string, want map[string]int64) {
	t.Helper()
	again := func() {
		t.Helper()
		if printed, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v again: %v\n%s", argv, err, printed)
		}
	}
	there := func(path string) bool { _, err := os.Lstat(path); return err == nil }
	switch name {
	case "compact", "migration":
		again()
	case "backup":
		if !there(out) {
			again()
		}
		restored := t.TempDir()
		if printed, err := exec.Command("footfall", "restore", "--data", restored, out).CombinedOutput(); err != nil {
			t.Fatalf("restore what was written: %v\n%s", err, printed)
		}
		if got := counted(t, restored); !sameDays(got, want) {
			t.Fatalf("the backup holds %v, want %v", got, want)
		}
	case "restore":
		if !there(filepath.Join(dir, storeName)) {
			again()
		}
	}
	if got := counted(t, dir); !sameDays(got, want) {
		t.Fatalf("%s: %v, want %v", name, got, want)
	}
	opens(t, dir)
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range left {
		if base := filepath.Base(path); base != storeName && base != lockName {
			t.Errorf("%s left %s", name, base)
		}
	}
}
