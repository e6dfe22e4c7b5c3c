//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// disk is a file system in a file, mounted over a loop device, whose power can
// be cut.
type disk struct{ image, dir string }

// newDisk makes one, or skips where that cannot be.
func newDisk(t *testing.T, kind string) *disk {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root mounts file systems")
	}
	d := &disk{filepath.Join(t.TempDir(), "disk.img"), t.TempDir()}
	f, err := os.Create(d.image)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(400 << 20); err != nil {
		t.Fatal(err)
	}
	_ = f.Close() // it is sparse and empty
	if out, err := exec.Command("mkfs."+kind, "-q", d.image).CombinedOutput(); err != nil {
		t.Skipf("mkfs.%s: %v %s", kind, err, out)
	}
	if err := d.mount(); err != nil {
		t.Skipf("no loop device can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", d.dir).Run() }) // it may not be mounted now
	return d
}

func (d *disk) mount() error {
	out, err := exec.Command("mount", "-o", "loop", d.image, d.dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// cut stops the file system without flushing its log: from here on nothing
// reaches the image (FS_IOC_SHUTDOWN with NOLOGFLUSH).
func (d *disk) cut(t *testing.T) {
	t.Helper()
	f, err := os.Open(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	flag := uint32(2)
	if err := ioctl(f, 0x8004587d, &flag); err != nil {
		t.Skipf("this file system cannot be shut down: %v", err)
	}
}

// again mounts what is left after a cut.
func (d *disk) again(t *testing.T) {
	t.Helper()
	for try := 0; ; try++ {
		out, err := exec.Command("umount", d.dir).CombinedOutput()
		if err == nil {
			break
		}
		if try == 50 {
			t.Fatalf("umount: %v %s", err, out)
		}
		time.Sleep(50 * time.Millisecond) // a process that was killed is still going
	}
	if err := d.mount(); err != nil {
		t.Fatalf("mount what is left: %v", err)
	}
}

// A powerCase is what a server does while the power goes.
type powerCase struct {
	name   string
	fill   func(t *testing.T, dir string) map[string]int64 // what is there before
	during func(ctx context.Context, n int, dir string)
}

// TestPowerCut cuts the power of a file system under a server that takes hits
// in (RELIABILITY.md, A3): no acknowledged view is lost, and check finds
// nothing wrong. A server whose syncs do nothing must lose, or the test has
// shown nothing.
func TestPowerCut(t *testing.T) {
	needTracing(t)
	rounds, whole := faultRounds(t)
	r := faultRand(t)
	kinds := []string{"ext4", "xfs"}
	if whole {
		rounds = max(1, rounds*50/60) // the catalogue's 50
	} else {
		kinds = kinds[r.IntN(2):][:1]
	}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			d := newDisk(t, kind)
			for _, c := range powerCases(r, whole) {
				lost, stats := 0, ""
				for round := range rounds {
					stored, kept, quiet := c.round(t, d, round, r, "")
					if stored < kept || stored > kept+quiet {
						lost++
						t.Errorf("%s, round %d: %d stored, %d acknowledged, %d without an answer", c.name, round, stored, kept, quiet)
					}
					stats = fmt.Sprintf("in the last %d stored of %d", stored, kept)
				}
				t.Logf("%s: %d cuts, %d with a loss; %s", c.name, rounds, lost, stats)
			}
			lost := 0
			// What was there before the power went is on the disk: only hits can be lost.
			planted := powerCase{fill: func(t *testing.T, dir string) map[string]int64 {
				makeDay(t, dir, time.Now().UTC(), 10)
				return counted(t, dir)
			}}
			for round := range rounds {
				stored, kept, _ := planted.round(t, d, round, r, "fdatasync,fsync:retval=0")
				if stored < kept {
					lost++
				}
			}
			t.Logf("planted, syncs that do nothing: %d cuts, %d with a loss", rounds, lost)
			if 10*lost < 9*rounds {
				t.Errorf("of %d cuts without syncs %d lost something, want nine in ten: the test sees nothing", rounds, lost)
			}
		})
	}
}

// round runs a server on a disk, cuts the power at some moment and returns
// what is stored of what was sent. A file that cannot be opened or checked
// fails the test, unless a fault was planted: then it holds nothing.
func (c *powerCase) round(t *testing.T, d *disk, n int, r *rand.Rand, planted string) (stored, kept, quiet int64) {
	t.Helper()
	dir := filepath.Join(d.dir, fmt.Sprintf("%d-%d", n, r.Uint32()))
	before := int64(0)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // the disk is small
	if c.fill != nil {
		before = total(c.fill(t, dir))
		syscall.Sync()
	}
	p := startServer(t, planted, dir)
	var all ledger
	stop := under(t, p, 8, &all)
	until(t, "counting", func() bool {
		select {
		case <-p.ended:
			t.Fatalf("the server ended: %v\n%s", p.err, p.printed.String())
		default:
		}
		return all.kept.Load() > 0
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; c.during != nil && ctx.Err() == nil; i++ {
			c.during(ctx, i, dir)
		}
	}()
	time.Sleep(time.Duration(r.IntN(500)) * time.Millisecond)
	d.cut(t)
	p.kill()
	cancel()
	<-done
	<-p.ended
	stop()
	d.again(t)
	kept, quiet = all.kept.Load(), all.quiet.Load()
	if planted != "" {
		if out, err := exec.Command("footfall", "check", "--data", dir).CombinedOutput(); err != nil {
			t.Logf("planted: %s", strings.TrimSpace(string(out)))
			return 0, kept, quiet
		}
	}
	stored = total(counted(t, dir)) - before
	opens(t, dir)
	return stored, kept, quiet
}

func powerCases(r *rand.Rand, whole bool) []powerCase {
	now := time.Now().UTC()
	command := func(argv ...string) func(context.Context, int, string) {
		return func(ctx context.Context, n int, dir string) {
			args := append([]string{}, argv...)
			if args[0] == "backup" {
				args = append(args, filepath.Join(dir, fmt.Sprintf("backup-%d.db", n)))
			}
			if exec.CommandContext(ctx, "footfall", append(args, "--data", dir)...).Run() != nil {
				time.Sleep(10 * time.Millisecond) // no server yet, or none any more
			}
		}
	}
	cases := []powerCase{
		{name: "intake"},
		{name: "day close", fill: func(t *testing.T, dir string) map[string]int64 {
			makeDay(t, dir, now.AddDate(0, 0, -1), 300)
			return counted(t, dir)
		}},
		{name: "compaction", during: command("compact")},
		{name: "backup", during: command("backup")},
	}
	if whole {
		return cases
	}
	i := r.IntN(len(cases))
	return []powerCase{cases[0], cases[i]}[:1+min(i, 1)]
}
