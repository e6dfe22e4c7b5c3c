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
// deleted, and puts the copy in its place. Transactions go on while it copies;
// what they change meanwhile is copied after it, and only the last of that keeps
// them waiting. An error leaves the file as it was, unless it is ErrFatal;
// ErrCopying says that a copy is being written, which Compact does not wait for.
func (s *Store) Compact() error {
	if !s.copying.TryLock() {
		return ErrCopying
	}
	defer s.copying.Unlock()
	old, err := s.follow()
	if err != nil {
		return fmt.Errorf("compact: %w", err)
	}
	replaced, err := s.compact(old)
	s.takeChanges(nil)
	old.users.Done()
	if replaced {
		old.users.Wait()
		_ = old.db.Close() // nothing waits to be written, and the file has no name any more
	}
	if err != nil {
		return fmt.Errorf("compact: %w", err)
	}
	return nil
}

// follow begins to note what is changed.
func (s *Store) follow() (*handle, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	switch {
	case s.handle == nil:
		return nil, berrors.ErrDatabaseNotOpen
	case s.fatal != nil:
		return nil, s.fatal
	}
	s.changes = new(changes)
	return s.use(), nil
}

// takeChanges returns what was noted, and what follows is noted in next.
func (s *Store) takeChanges(next *changes) *changes {
	s.writing.Lock()
	defer s.writing.Unlock()
	noted := s.changes
	s.changes = next
	return noted
}

// A copy catches up with what was changed meanwhile so many times at most, or
// until so few values are left, before the rest is done while writers wait.
const (
	mostRounds = 8
	fewChanges = 64
)

// smallFile is the size up to which a copy is synced once, at its end. A larger
// one is at each 4 MiB: one sync of all would hold up those of commits.
const smallFile = 4 << 20

// compact tells whether the file has been replaced.
func (s *Store) compact(old *handle) (replaced bool, err error) {
	tmp := s.path + compacting
	_ = os.Remove(tmp)
	info, err := os.Stat(s.path)
	if err != nil {
		return false, err
	}
	next, err := openMapped(tmp, s.options, mapSize(s.path)) // its lock stays with the file when that is renamed
	if err != nil {
		_ = os.Remove(tmp) // the error is the one to tell
		return false, err
	}
	defer func() {
		if !replaced {
			_ = next.db.Close() // as above
			_ = os.Remove(tmp)
		}
	}()
	next.db.NoGrowSync, next.db.NoSync = true, info.Size() <= smallFile // no growing: the file is as long as what is in it
	old.readers.Add(1)
	err = guarded(func() error { return bolt.Compact(next.db, old.db, 1<<22) })
	old.readers.Add(-1)
	if err != nil {
		return false, err
	}
	if s.copied != nil {
		s.copied()
	}
	for range mostRounds {
		c := s.takeChanges(new(changes))
		if err := c.replay(old, next); err != nil {
			return false, err
		}
		if c.len() <= fewChanges {
			break
		}
	}
	if err := next.scrub.wipe(); err != nil {
		return false, err
	}
	if err := next.db.Sync(); err != nil {
		return false, err
	}
	return s.swap(old, next, tmp)
}

// swap lets the copy catch up with the last changes and puts it in the file's
// place. It has all it needs before the rename, so that what can fail fails
// while the old file still stands.
func (s *Store) swap(old, next *handle, tmp string) (replaced bool, err error) {
	dir, err := os.Open(filepath.Dir(s.path))
	if err != nil {
		return false, err
	}
	defer dir.Close()
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.fatal != nil {
		return false, s.fatal
	}
	next.db.NoSync = true
	s.changes.value(bucketMeta, keyDeleted)
	s.changes.erased = true
	if err := s.changes.replay(old, next); err != nil {
		return false, err
	}
	if err := next.finish(); err != nil {
		return false, err
	}
	if err := os.Rename(tmp, s.path); err != nil {
		return false, err
	}
	s.changes = nil
	s.put(next)
	if err := dir.Sync(); err != nil {
		// A power cut may bring the old file back, without what would be
		// written from now on.
		s.fatal = fmt.Errorf("%w: the directory after a rename: %w", ErrFatal, err)
		return true, s.fatal
	}
	return true, nil
}

// finish leaves of a copy nothing but what is in it, on the disk.
func (h *handle) finish() error {
	if err := h.scrub.wipe(); err != nil {
		return err
	}
	if err := h.scrub.lengthen(); err != nil {
		return err
	}
	if err := h.db.Sync(); err != nil {
		return err
	}
	h.db.NoSync, h.db.NoGrowSync = false, false
	return nil
}

// CopyTo writes a compacted copy of the file to a path that does not exist
// yet. Writers go on meanwhile; the copy is the state at its start.
func (s *Store) CopyTo(path string) error {
	s.copying.Lock()
	defer s.copying.Unlock()
	h, err := s.reading()
	if err != nil {
		return err
	}
	defer h.endReading()
	if err := copyCompacted(h.db, path); err != nil {
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
