package store

import (
	"os"
	"path/filepath"
	"testing"
)

// TestRoom: what was written to try is gone, and a directory that takes
// nothing is told.
func TestRoom(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(filepath.Join(dir, "footfall.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Room(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%d files are left (%v), want the database alone", len(left), err)
	}
	if err := os.Mkdir(filepath.Join(dir, "footfall.db"+trying), 0o700); err != nil {
		t.Fatal(err)
	}
	if s.Room() == nil {
		t.Error("there is room where nothing can be written")
	}
}
