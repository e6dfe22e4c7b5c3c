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
	for _, s := range db.sites {
		today := s.day.day
		if s.retained == today.Month() || db.held(s, today) {
			continue
		}
		first := s.config.FirstKept(today)
		n, err := db.deleteBefore(s.config.Host, first)
		if err != nil {
			return fmt.Errorf("retention of %s: %w", s.config.Host, err)
		}
		s.retained = today.Month()
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

// deleteBefore deletes the days before first, a month a transaction.
func (db *DB) deleteBefore(host hit.Host, first hit.Day) (blocks int, err error) {
	for more := true; more; {
		err = db.store.Update(func(tx *store.Tx) error {
			oldest, _, any := tx.Days(host)
			if !any || oldest >= first {
				more = false
				return dropLabelsBefore(tx, host, first.Month())
			}
			n, err := tx.DropBlocks(host, oldest, min(oldest.Month().Last(), first-1))
			blocks += n
			return err
		})
		if err != nil {
			return blocks, err
		}
	}
	return blocks, nil
}

func dropLabelsBefore(tx *store.Tx, host hit.Host, first hit.Month) error {
	for _, m := range tx.LabelMonths(host) {
		if m < first {
			if err := tx.DropLabels(host, m); err != nil {
				return err
			}
		}
	}
	return nil
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
