package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"footfall/aggregate/hit"
)

func newStore(t *testing.T) (*Store, hit.Host) {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "x.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if found := s.Check(); len(found) > 0 {
			t.Errorf("bbolt's check: %v", found)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	h, err := hit.ParseHost("example.test")
	if err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx *Tx) error { return tx.PutSite(h, "UTC") })
	return s, h
}

func update(t *testing.T, s *Store, fn func(tx *Tx) error) {
	t.Helper()
	if err := s.Update(fn); err != nil {
		t.Fatal(err)
	}
}

func TestLabels(t *testing.T) {
	s, h := newStore(t)
	month := hit.MonthOf(2026, 11)
	var want []string
	for run := range 5 {
		var texts []string
		for i := range run * 40 {
			texts = append(texts, fmt.Sprintf("/run-%d/label-%d", run, i))
		}
		update(t, s, func(tx *Tx) error {
			first, err := tx.AppendLabels(h, month, texts)
			if int(first) != len(want) {
				t.Errorf("run %d: first id %d, want %d", run, first, len(want))
			}
			return err
		})
		want = append(want, texts...)
	}
	err := s.View(func(tx *Tx) error {
		got, damaged, err := tx.Labels(h, month)
		if damaged || !slices.Equal(got, want) {
			t.Errorf("labels: got %d texts, want %d", len(got), len(want))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRunIsCheckedForEveryBit(t *testing.T) {
	run, err := PackLabels([]string{"/", "/a/b", "Firefox 140", strings.Repeat("x", 300)})
	if err != nil {
		t.Fatal(err)
	}
	for bit := range len(run) * 8 {
		damaged := slices.Clone(run)
		damaged[bit/8] ^= 1 << (bit % 8)
		if texts, err := decodeRun(damaged); err == nil || texts != nil {
			t.Fatalf("bit %d flipped: got %q and no error", bit, texts)
		}
	}
	for n := range run {
		if _, err := decodeRun(run[:n]); err == nil {
			t.Fatalf("cut at %d: no error", n)
		}
	}
}

func TestCutFilesAreRefused(t *testing.T) {
	s, h := newStore(t)
	update(t, s, func(tx *Tx) error {
		for i := range 2_000 {
			if err := tx.PutOpen(h, 1, KindPage, fmt.Sprintf("/%d", i), make([]byte, 100), true); err != nil {
				return err
			}
		}
		return nil
	})
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := s.CopyTo(copied); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for n := 0; n < len(whole); n += 4096 {
		cut := filepath.Join(t.TempDir(), "cut.db")
		if err := os.WriteFile(cut, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := Open(cut, Options{}); err == nil {
			_ = c.Close() // only pages past the last one used were cut
		} else if errors.Is(err, ErrDamaged) {
			refused++
		} else {
			t.Fatalf("cut at %d: got %v, want ErrDamaged", n, err)
		}
		if after, err := os.ReadFile(cut); err != nil || len(after) != n && refused > 0 {
			t.Fatalf("cut at %d: the refused file has changed: %d bytes, %v", n, len(after), err)
		}
	}
	if refused < len(whole)/4096/2 {
		t.Errorf("refused %d of %d cuts", refused, len(whole)/4096)
	}
	for name, b := range map[string][]byte{"noise": []byte(strings.Repeat("noise", 20_000)), "five bytes": []byte("bytes")} {
		path := filepath.Join(t.TempDir(), "bad.db")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, Options{}); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: got %v, want ErrDamaged", name, err)
		}
	}
}

func TestCompactForgets(t *testing.T) {
	s, h := newStore(t)
	needle := "/needle-in-a-free-page"
	update(t, s, func(tx *Tx) error { return tx.PutOpen(h, 1, KindPage, needle, []byte(needle), true) })
	update(t, s, func(tx *Tx) error { return tx.DropOpen(h, 1) })
	if err := s.Compact(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), needle) {
		t.Error("a deleted key is still in the file after compaction")
	}
	update(t, s, func(tx *Tx) error { return tx.PutOpen(h, 2, KindPage, "/after", []byte{1}, true) })
}

func TestNewerIsRefused(t *testing.T) {
	s, _ := newStore(t)
	update(t, s, func(tx *Tx) error { // a later version's lists are its own
		meta := tx.tx.Bucket(bucketMeta)
		return errors.Join(meta.Put(keyVersion, []byte{0, 0, 0, Version + 1}), meta.Delete(bucketSites))
	})
	copied := filepath.Join(t.TempDir(), "newer.db")
	if err := s.CopyTo(copied); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(copied, Options{}); !errors.Is(err, ErrNewer) {
		t.Errorf("got %v, want ErrNewer", err)
	}
}

func TestOneProcess(t *testing.T) {
	s, _ := newStore(t)
	if _, err := Open(s.Path(), Options{}); !errors.Is(err, ErrLocked) {
		t.Errorf("second opening: got %v, want ErrLocked", err)
	}
}
