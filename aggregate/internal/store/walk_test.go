package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHeadsAreTold refuses files by what is wrong with their first two pages,
// and leaves them as they are.
func TestHeadsAreTold(t *testing.T) {
	s, h := newStore(t)
	update(t, s, func(tx *Tx) error { return tx.PutOpen(h, 1, KindPage, "/", []byte{1, 2, 3, 4, 5}, true) })
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := s.CopyTo(copied); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	swap := bytes.Clone(whole) // what a big-endian machine would begin a file with
	for _, page := range []int{0, os.Getpagesize()} {
		binary.BigEndian.PutUint32(swap[page+pageHeader:], metaMagic)
	}
	one := bytes.Clone(whole)
	one[os.Getpagesize()+pageHeader+20] ^= 1
	for _, c := range []struct {
		name, want string
		b          []byte
	}{
		{"big-endian", "big-endian machine", swap},
		{"one head", "the last commit may be missing", one},
		{"one page", "bytes long", whole[:os.Getpagesize()]},
		{"nothing", "does not begin as a database does", nil},
	} {
		path := filepath.Join(t.TempDir(), "x.db")
		if err := os.WriteFile(path, c.b, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path, Options{})
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, c.b) {
			t.Errorf("%s: the file has changed: %v", c.name, err)
		}
	}
}
