package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"footfall/aggregate/hit"

	bolt "go.etcd.io/bbolt"
)

// churn changes anything there is in one transaction. Texts begin with a word
// that nothing else in the file has.
func churn(tx *Tx, r *rand.Rand, h, other hit.Host, n int) error {
	day := hit.Day(20_000 + r.IntN(3))
	text := []byte(fmt.Sprintf("needle-%d-%s", n, strings.Repeat("x", r.IntN(9_000))))
	switch r.IntN(12) {
	case 0:
		if tx.openDay(h, day) != nil {
			return tx.DropOpen(h, day)
		}
		return nil
	case 1:
		return tx.AddBlock(h, day, text)
	case 2:
		_, err := tx.DropBlocks(h, day, day+1)
		return err
	case 3:
		_, err := tx.AppendLabels(h, day.Month(), []string{string(text[:20])})
		return err
	case 4:
		return tx.DropLabels(h, day.Month())
	case 5:
		return tx.PutSnapshot(h, Hour, day, text)
	case 6:
		return tx.DropSnapshots(h)
	case 7:
		return tx.PutSum(h, SumWeek, day.Monday(), text)
	case 8:
		if err := tx.PutSite(other, "UTC"); err != nil {
			return err
		}
		return tx.AddBlock(other, day, text)
	case 9:
		if tx.site(other) != nil {
			return tx.Forget(other)
		}
		return nil
	}
	for i := range 1 + r.IntN(30) {
		label := fmt.Sprint(r.IntN(300))
		b := tx.openDay(h, day)
		fresh := (b == nil || b.Get(append([]byte{byte(KindPage)}, label...)) == nil)
		if err := tx.PutOpen(h, day, KindPage, label, text[:min(len(text), 40+i)], fresh); err != nil {
			return err
		}
	}
	return nil
}

// everything is all that a file holds, by path.
func everything(t *testing.T, s *Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	var walk func(path string, b *bolt.Bucket) error
	walk = func(path string, b *bolt.Bucket) error {
		all[path] = "bucket"
		return b.ForEach(func(k, v []byte) error {
			if v == nil {
				return walk(fmt.Sprintf("%s/%x", path, k), b.Bucket(k))
			}
			all[fmt.Sprintf("%s/%x", path, k)] = string(v)
			return nil
		})
	}
	err := s.View(func(tx *Tx) error {
		return tx.tx.ForEach(func(name []byte, b *bolt.Bucket) error { return walk(string(name), b) })
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestCompactWhileEverythingChanges compacts while transactions change whatever
// can be changed, and notes what those would have made of a file that nobody
// compacts: the compacted file holds the same, and nothing that was deleted
// before it took the file's place.
func TestCompactWhileEverythingChanges(t *testing.T) {
	s, h := newStore(t)
	plain, _ := newStore(t)
	other, err := hit.ParseHost("other.example")
	if err != nil {
		t.Fatal(err)
	}
	n, during := 0, 0
	both := func() {
		t.Helper()
		n++
		for _, x := range []*Store{s, plain} {
			r := rand.New(rand.NewPCG(7, uint64(n)))
			update(t, x, func(tx *Tx) error { return churn(tx, r, h, other, n) })
		}
	}
	for range 100 {
		both()
	}
	for round := range 8 {
		var done atomic.Bool
		ended := make(chan error, 1)
		s.copied = nil
		if round%2 == 0 { // at the worst moment, or at any
			s.copied = func() {
				for range 20 {
					both()
				}
				during += 20
			}
			ended <- s.Compact()
		} else {
			go func() {
				err := s.Compact()
				done.Store(true)
				ended <- err
			}()
			for !done.Load() {
				both()
				during++
			}
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		got, want := everything(t, s), everything(t, plain)
		delete(got, "meta/"+fmt.Sprintf("%x", keyDeleted))
		delete(want, "meta/"+fmt.Sprintf("%x", keyDeleted))
		for path, v := range want {
			if got[path] != v {
				t.Errorf("round %d: %s: got %.40q, want %.40q", round, path, got[path], v)
			}
			delete(got, path)
		}
		for path := range got {
			t.Errorf("round %d: %s is there and should not", round, path)
		}
		if t.Failed() {
			return
		}
	}
	if found := s.Check(); len(found) > 0 {
		t.Errorf("check: %q", found)
	}
	t.Logf("%d transactions while it was compacted", during)
}

// TestCompactErasesWhatGoesMeanwhile deletes values while they are copied: the
// file has them no more, free pages included, and the compaction knows it.
func TestCompactErasesWhatGoesMeanwhile(t *testing.T) {
	s, h := newStore(t)
	for i := range 200 {
		update(t, s, func(tx *Tx) error {
			return tx.AddBlock(h, hit.Day(20_000+i), []byte(fmt.Sprintf("needle-%d-%s", i, strings.Repeat("x", 30_000))))
		})
	}
	old, err := s.follow()
	if err != nil {
		t.Fatal(err)
	}
	deleted := false
	s.copied = func() { // between the copy and what catches up with it
		deleted = true
		update(t, s, func(tx *Tx) error { _, err := tx.DropBlocks(h, 20_000, 20_149); return err })
	}
	replaced, err := s.compact(old)
	old.users.Done()
	if err != nil || !replaced || !deleted {
		t.Fatal(replaced, deleted, err)
	}
	old.users.Wait()
	if err := old.db.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(b), "needle-"); got != 50 {
		t.Errorf("%d blocks are in the file, want the 50 that stand", got)
	}
	if err := s.View(func(tx *Tx) error {
		if tx.Deleted() {
			t.Error("it says that something deleted is in its free pages")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestReaderDelaysNoCommitOfACompaction reads while the file is replaced: the
// reader goes on with the old one, and commits go on with the new one.
func TestReaderDelaysNoCommitOfACompaction(t *testing.T) {
	s, h := newStore(t)
	update(t, s, func(tx *Tx) error { return tx.AddBlock(h, 20_000, []byte("before")) })
	reading, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	var read []string
	go func() {
		ended <- s.View(func(tx *Tx) error {
			close(reading)
			<-release
			return tx.Blocks(h, 20_000, 20_001, func(_ hit.Day, b []byte) error { read = append(read, string(b)); return nil })
		})
	}()
	<-reading
	before, err := os.Stat(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	compacted := make(chan error, 1)
	go func() { compacted <- s.Compact() }()
	for {
		now, err := os.Stat(s.Path())
		if err == nil && !os.SameFile(before, now) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	update(t, s, func(tx *Tx) error { return tx.AddBlock(h, 20_001, []byte("after")) })
	close(release)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if err := <-compacted; err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(read, []string{"before"}) {
		t.Errorf("the reader found %q", read)
	}
}
