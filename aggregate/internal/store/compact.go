package store

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Compact rewrites the file without its free pages, which still hold what was
// deleted, and puts the copy in its place. Transactions wait until it is done.
// An error leaves the file as it was, unless it is ErrFatal.
func (s *Store) Compact() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	tmp := s.compacting()
	if err := copyCompacted(s.db, tmp); err != nil {
		return fmt.Errorf("compact: %w", err)
	}
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("%w: close before compaction's rename: %w", ErrFatal, err)
	}
	s.db = nil
	renamed := os.Rename(tmp, s.path)
	if renamed == nil {
		renamed = syncDir(filepath.Dir(s.path))
	}
	db, err := open(s.path, s.options)
	if err != nil {
		return fmt.Errorf("%w: open after compaction: %w", ErrFatal, err)
	}
	s.db = db
	if renamed != nil {
		_ = os.Remove(tmp) // gone when the rename took place
		return fmt.Errorf("compact: %w", renamed)
	}
	return nil
}

// CopyTo writes a compacted copy of the file to a path that does not exist
// yet. Writers go on meanwhile; the copy is the state at its start.
func (s *Store) CopyTo(path string) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := copyCompacted(s.db, path); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	return nil
}

// copyCompacted writes src to path without free pages and syncs it; on error
// it leaves no file.
func copyCompacted(src *bolt.DB, path string) (err error) {
	_ = os.Remove(path)
	defer func() {
		if err != nil {
			_ = os.Remove(path) // the error is the one to tell
		}
	}()
	dst, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: 200 * time.Millisecond, NoSync: true, NoGrowSync: true})
	if err != nil {
		return err
	}
	if err = bolt.Compact(dst, src, 1<<22); err == nil {
		err = dst.Sync()
	}
	if cerr := dst.Close(); err == nil {
		err = cerr
	}
	return err
}

// Rename puts a finished file under its name and syncs the directory.
func Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		_ = os.Remove(from) // the rename's error is the one to tell
		return err
	}
	return syncDir(filepath.Dir(to))
}
