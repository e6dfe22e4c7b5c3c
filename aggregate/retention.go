package aggregate

import (
	"fmt"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/store"
)

// A clock that is far ahead would delete everything. So while a site has days
// older than gapDays and closed none between then and gapProof days ago,
// nothing is deleted until that has been so for gapWait of the process's own
// time, which no setting of the clock moves. Days that were closed since
// prove nothing: a clock gone wrong closes days at its midnights too.
const (
	gapDays  = 35
	gapProof = 7
	gapWait  = 24 * time.Hour
)

// retain deletes, at start and on the first of each month, what retention no
// longer keeps: blocks, then dictionaries, then their bytes by compaction.
func (db *DB) retain(now time.Time) error {
	deleted := false
	for _, s := range db.states() {
		today, due := db.retentionDue(s)
		if !due {
			continue
		}
		first := s.config.FirstKept(today)
		n, err := db.deleteBefore(s.config.Host, first)
		if err != nil {
			if n > 0 {
				db.commit.Lock()
				db.eraseAt = now.Add(longestNap)
				db.commit.Unlock()
			}
			return fmt.Errorf("retention of %s: %w", s.config.Host, err)
		}
		db.commit.Lock()
		s.retained = today.Month()
		db.commit.Unlock()
		deleted = deleted || n > 0
		if n > 0 && db.options.OnRetention != nil {
			db.options.OnRetention(s.config.Host, first, n)
		}
	}
	if deleted {
		return db.erase(now)
	}
	return nil
}

// retentionDue tells whether retention has to look at a site, and its day.
func (db *DB) retentionDue(s *siteState) (hit.Day, bool) {
	db.commit.Lock()
	defer db.commit.Unlock()
	if db.sites[s.config.Host] != s || s.day == nil {
		return 0, false
	}
	today := s.day.day
	return today, s.retained != today.Month() && !db.held(s, today)
}

// held tells whether deletion waits, for the clock may be wrong.
func (db *DB) held(s *siteState, today hit.Day) bool {
	gap := false
	_ = db.store.View(func(tx *store.Tx) error { // fn never fails
		oldest, _, any := tx.Days(s.config.Host)
		gap = any && oldest < today-gapDays && !tx.HasBlocksIn(s.config.Host, today-gapDays, today-gapProof)
		return nil
	})
	if !gap {
		s.gap = time.Time{}
		return false
	}
	if s.gap.IsZero() {
		s.gap = time.Now() // not the clock that is in doubt
	}
	return time.Since(s.gap) < gapWait
}

// retentionStep is how many days a transaction deletes. Hits are counted between
// two of them; the pages of each are overwritten with the commits after it.
const retentionStep = 4

// deleteBefore deletes the days before first, few at a time.
func (db *DB) deleteBefore(host hit.Host, first hit.Day) (blocks int, err error) {
	for more := true; more && err == nil; {
		more, err = db.deleteSome(host, first, &blocks)
	}
	return blocks, err
}

func (db *DB) deleteSome(host hit.Host, first hit.Day, blocks *int) (more bool, err error) {
	db.commit.Lock()
	defer db.commit.Unlock()
	err = db.store.Update(func(tx *store.Tx) error {
		oldest, _, any := tx.Days(host)
		if any && oldest < first {
			more = true
			n, err := tx.DropBlocks(host, oldest, min(oldest+retentionStep-1, first-1))
			*blocks += n
			return err
		}
		for _, m := range tx.LabelMonths(host) {
			if m < first.Month() {
				more = true
				return tx.DropLabels(host, m)
			}
		}
		return nil
	})
	if more && err == nil {
		db.deletions++
	}
	return more, err
}

// RetentionHeld returns the sites whose deletions wait because the clock is
// far ahead of their newest day.
func (db *DB) RetentionHeld() []hit.Host {
	db.commit.Lock()
	defer db.commit.Unlock()
	var out []hit.Host
	for h, s := range db.sites {
		if !s.gap.IsZero() {
			out = append(out, h)
		}
	}
	return out
}
