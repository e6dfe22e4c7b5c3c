package store

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Compact rewrites the file without its free pages, which still hold what was
// deleted, and puts the copy in its place. Transactions wait until it is done.
// An error leaves the file as it was, unless it is ErrFatal; ErrCopying says
// that a copy is being written, which Compact does not wait for.
func (s *Store) Compact() error {
	if !s.copying.TryLock() {
		return ErrCopying
	}
	defer s.copying.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.db == nil:
		return berrors.ErrDatabaseNotOpen
	case s.fatal != nil:
		return s.fatal
	}
	if err := s.compact(); err != nil {
		return fmt.Errorf("compact: %w", err)
	}
	return nil
}

// compact has all it needs open before the rename, so that what can fail
// fails while the old file still stands.
func (s *Store) compact() (err error) {
	tmp := s.path + compacting
	if err := copyCompacted(s.db, tmp); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(s.path))
	if err != nil {
		_ = os.Remove(tmp) // the error is the one to tell
		return err
	}
	defer dir.Close()
	db, scrub, err := open(tmp, s.options) // its lock stays with the file when that is renamed
	if err == nil {
		if err = os.Rename(tmp, s.path); err != nil {
			_ = db.Close() // as above
		}
	}
	if err != nil {
		_ = os.Remove(tmp) // as above
		return err
	}
	_ = s.db.Close() // nothing waits to be written, and the file has no name any more
	s.db, s.scrub = db, scrub
	if err := dir.Sync(); err != nil {
		// A power cut may bring the old file back, without what would be
		// written from now on.
		s.fatal = fmt.Errorf("%w: the directory after a rename: %w", ErrFatal, err)
		return s.fatal
	}
	return nil
}

// CopyTo writes a compacted copy of the file to a path that does not exist
// yet. Writers go on meanwhile; the copy is the state at its start.
func (s *Store) CopyTo(path string) error {
	s.copying.Lock()
	defer s.copying.Unlock()
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return berrors.ErrDatabaseNotOpen
	}
	s.readers.Add(1)
	defer s.readers.Add(-1)
	if err := copyCompacted(s.db, path); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	return nil
}

// AwaitCopies returns when no copy is being written.
func (s *Store) AwaitCopies() {
	s.copying.Lock()
	defer s.copying.Unlock()
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
	if err = guarded(func() error { return bolt.Compact(dst, src, 1<<22) }); err == nil {
		err = dst.Update(func(tx *bolt.Tx) error { return tx.Bucket(bucketMeta).Delete(keyDeleted) })
	}
	if err == nil {
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
