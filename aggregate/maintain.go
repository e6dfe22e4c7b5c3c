package aggregate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/store"
)

// Compact rewrites the file without its free pages, once no backup is being
// written. Hits wait meanwhile.
func (db *DB) Compact() error {
	for {
		db.store.AwaitCopies()
		if err := db.compactNow(); !errors.Is(err, store.ErrCopying) {
			return err
		}
	}
}

func (db *DB) compactNow() error {
	err := db.store.Compact()
	db.commit.Lock()
	defer db.commit.Unlock()
	db.noteFatal(err)
	return err
}

// erase rewrites the file, whose free pages still hold what was deleted. While
// that cannot be done tick tries it again; that a backup is being written is no
// error. Hits are counted meanwhile; the caller does not hold commit.
func (db *DB) erase(now time.Time) error {
	db.commit.Lock()
	before := db.deletions
	db.commit.Unlock()
	err := db.store.Compact()
	db.commit.Lock()
	defer db.commit.Unlock()
	db.noteErase(err)
	switch {
	case err == nil && db.deletions == before:
		db.eraseAt = time.Time{}
	case err == nil: // more was deleted since
		db.eraseAt = now
	case errors.Is(err, store.ErrCopying):
		db.eraseAt = now.Add(retryAfter)
		return nil
	default:
		db.eraseAt = now.Add(longestNap)
		db.noteFatal(err)
	}
	return err
}

// noteErase counts a compaction that failed. That a copy is being written is no
// failure; nor is the end of the process.
func (db *DB) noteErase(err error) {
	if errors.Is(err, store.ErrCopying) || err != nil && db.isClosed() {
		return
	}
	db.erasing.Lock()
	defer db.erasing.Unlock()
	db.eraseErr = err
	if err != nil {
		db.eraseFailures++
	}
}

// findDeleted leaves to the first tick of Run the compaction that a process
// before this one did not come to.
func (db *DB) findDeleted() error {
	return db.store.View(func(tx *store.Tx) error {
		if tx.Deleted() {
			db.eraseAt = db.options.Now
		}
		return nil
	})
}

// eraseDue tells whether what was deleted is to be erased now. A clock that
// was set back does not put it off.
func (db *DB) eraseDue(now time.Time) bool {
	db.commit.Lock()
	defer db.commit.Unlock()
	return !db.eraseAt.IsZero() && (!now.Before(db.eraseAt) || db.eraseAt.Sub(now) > longestNap)
}

// Backup writes a compacted copy of the database to a path that does not
// exist yet: the state at some moment between call and return.
func (db *DB) Backup(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("backup: %s exists", path)
	}
	return db.store.CopyTo(path)
}

// Restore puts a backup in the place of a database that does not exist. The
// backup is checked first and left as it is; one of an earlier version is
// brought forward on the way.
func Restore(backup, path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("restore: %s exists; move it away first", path)
	}
	report, err := Check(backup)
	if errors.Is(err, store.ErrOlder) {
		err = restoreOlder(backup, path)
		if err != nil {
			err = fmt.Errorf("restore: %w", err)
		}
		return err
	}
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if !report.OK {
		return fmt.Errorf("restore: %s is damaged: %s", backup, report.Problems[0])
	}
	src, err := store.Open(backup, store.Options{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer src.Close()
	tmp := path + store.Restoring
	if err := src.CopyTo(tmp); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := store.Rename(tmp, path); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}

// restoreOlder is Restore of a backup that an earlier version made: it is
// checked as this version has made it.
func restoreOlder(backup, path string) (err error) {
	tmp := path + store.Restoring
	defer func() {
		if err != nil {
			_ = os.Remove(tmp) // the error is the one to tell
		}
	}()
	b, err := os.ReadFile(backup)
	if err != nil {
		return err
	}
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	st, err := store.Open(tmp, store.Options{})
	if err != nil {
		return err
	}
	if err := errors.Join(st.Compact(), st.Close()); err != nil {
		return err
	}
	report, err := Check(tmp)
	if err != nil {
		return err
	}
	if !report.OK {
		return fmt.Errorf("%s is damaged: %s", backup, report.Problems[0])
	}
	return store.Rename(tmp, path)
}

// Forget deletes all that is kept of a site, and its bytes. A site that is
// being counted cannot be forgotten.
func (db *DB) Forget(h hit.Host) error {
	if err := db.forget(h); err != nil {
		return err
	}
	return db.erase(time.Now())
}

func (db *DB) forget(h hit.Host) error {
	db.commit.Lock()
	defer db.commit.Unlock()
	s := db.sites[h]
	if s == nil {
		return fmt.Errorf("site %s: %w", h, ErrUnknownSite)
	}
	if !s.config.Stored {
		return fmt.Errorf("site %s is configured: take it out of the configuration first", h)
	}
	if err := db.store.Update(func(tx *store.Tx) error { return tx.Forget(h) }); err != nil {
		db.noteFatal(err)
		return err
	}
	db.deletions++
	if s.pending != nil && s.pending.closes {
		s.pending.day.release()
	}
	s.pending = nil
	if s.day != nil {
		s.day.release()
	}
	db.known.Lock()
	delete(db.sites, h)
	db.known.Unlock()
	db.lexicons.forget(h)
	db.cache.forget(h)
	return nil
}

// SiteDays is one stored site: its zone and the days it has closed.
type SiteDays struct {
	Host        hit.Host
	Zone        string
	Configured  bool
	First, Last hit.Day
	Closed      bool // whether First and Last say anything
}

// List returns the stored sites, by host.
func (db *DB) List() ([]SiteDays, error) {
	db.commit.Lock()
	defer db.commit.Unlock()
	var out []SiteDays
	err := db.store.View(func(tx *store.Tx) error {
		sites, err := tx.Sites()
		for _, s := range sites {
			d := SiteDays{Host: s.Host, Zone: s.Zone}
			d.First, d.Last, d.Closed = tx.Days(s.Host)
			if state := db.sites[s.Host]; state != nil {
				d.Configured = !state.config.Stored
			}
			out = append(out, d)
		}
		return err
	})
	return out, err
}

// Stats are figures about the machine, none about visitors.
type Stats struct {
	Caps []CapStats // one a table, always the same ones in the same order

	CompactionFailures int64 // times that what was deleted could not be erased, since the start
	Compaction         error // why the last time; nil when it could
}

// CapStats tell how full a kind of table is. Neither figure counts what is in it.
type CapStats struct {
	Table   string  // pages, sections, referrers, outbound, downloads, failed, open_visits, values or distinct_keys
	Share   float64 // of the cap, the fullest site's, or of the process; always 0 for values
	Reached int64   // days since the start on which a site's table turned a value away; always 0 for distinct_keys
}

// Sizes are bytes on the disk.
type Sizes struct {
	FileBytes    int64 // of the database file
	FreeBytes    int64 // of its free pages
	BlockBytes   int64 // of closed days, and of the roll-ups of their weeks and months
	OpenDayBytes int64 // of the records of running days
}

// Stats returns the figures as of the last commit; it waits for nothing that
// intake holds.
func (db *DB) Stats() Stats {
	now := *db.stats.Load()
	db.erasing.Lock()
	defer db.erasing.Unlock()
	now.CompactionFailures, now.Compaction = db.eraseFailures, db.eraseErr
	return now
}

// Sizes adds up what is stored. It walks every key: ask seldom.
func (db *DB) Sizes() Sizes {
	var z Sizes
	z.FileBytes, z.FreeBytes = db.store.Size()
	_ = db.store.View(func(tx *store.Tx) error { // a damaged key counts nothing here; check reports it
		sites, err := tx.Sites()
		for _, s := range sites {
			z.BlockBytes += tx.BlockBytes(s.Host) + tx.SumBytes(s.Host)
			z.OpenDayBytes += tx.OpenBytes(s.Host)
		}
		return err
	})
	return z
}
