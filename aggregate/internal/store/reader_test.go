package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestReaderStopsNoCommit holds a reading transaction open while the file
// grows to many times its size: every commit goes through, since the map need
// not grow (issue 4; bbolt's writer waits for readers when it must). That no
// reader of ours lasts is the callers' part; a copy of the file is the one
// that writes while it reads, and is held up here as a stalled disk would.
func TestReaderStopsNoCommit(t *testing.T) {
	s, host := newStore(t)
	put := func(i int) error {
		return s.Update(func(tx *Tx) error {
			return tx.PutOpen(host, 1, KindPage, fmt.Sprint(i), make([]byte, 1<<16), true)
		})
	}
	if err := put(0); err != nil {
		t.Fatal(err)
	}
	before, _ := s.Size()
	reading, release, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		ended <- s.View(func(*Tx) error {
			close(reading)
			<-release
			return nil
		})
	}()
	<-reading
	worst := time.Duration(0)
	done := make(chan error, 1)
	go func() {
		for i := range 60 {
			start := time.Now()
			if err := put(i + 1); err != nil {
				done <- err
				return
			}
			worst = max(worst, time.Since(start))
		}
		done <- nil
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("a commit waits for the reader")
	}
	close(release)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	after, _ := s.Size()
	if after < 2*before {
		t.Errorf("the file grew from %d to %d bytes only", before, after)
	}
	t.Logf("from %d to %d KiB with a reader open; the slowest commit took %v", before>>10, after>>10, worst)
}

// TestMapLeavesRoomToGrow holds that a file of any size may double before its
// map must grow.
func TestMapLeavesRoomToGrow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sparse")
	for _, size := range []int64{0, 1 << 20, 1 << 28, 1 << 30, 5 << 30} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, size); err != nil {
			t.Skipf("no sparse files here: %v", err)
		}
		if got := int64(mapSize(path)); got < 2*size || got < initialMap {
			t.Errorf("a file of %d bytes: a map of %d", size, got)
		}
	}
}

// TestCompactWaitsForNoCopy holds that a compaction leaves a running copy alone
// and says so, and that none of the two holds up a commit.
func TestCompactWaitsForNoCopy(t *testing.T) {
	s, _ := newStore(t)
	s.copying.Lock() // as CopyTo does for as long as the disk takes
	if err := s.Compact(); err != ErrCopying {
		t.Errorf("got %v, want %v", err, ErrCopying)
	}
	if err := s.Update(func(*Tx) error { return nil }); err != nil {
		t.Error(err)
	}
	s.copying.Unlock()
	s.AwaitCopies()
	if err := s.Compact(); err != nil {
		t.Error(err)
	}
}

// TestNothingAfterFatal holds that after a failed sync nothing is written, by
// whoever asks.
func TestNothingAfterFatal(t *testing.T) {
	s, _ := newStore(t)
	before, _ := s.Size()
	s.fatal = fmt.Errorf("%w: a test", ErrFatal)
	for name, err := range map[string]error{
		"Update":  s.Update(func(*Tx) error { t.Error("a transaction was begun"); return nil }),
		"Compact": s.Compact(),
	} {
		if !errors.Is(err, ErrFatal) {
			t.Errorf("%s: got %v, want %v", name, err, ErrFatal)
		}
	}
	if after, _ := s.Size(); after != before {
		t.Errorf("the file has %d bytes, had %d", after, before)
	}
}
