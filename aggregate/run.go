package aggregate

import (
	"context"
	"time"

	"footfall/aggregate/internal/store"
)

// Run keeps the days: it closes each at its site's midnight, takes the
// snapshots that questions read, and deletes what retention no longer keeps.
// It returns when ctx ends, or with ErrFatal when the process must stop.
func (db *DB) Run(ctx context.Context) error {
	db.runs.Store(true)
	defer db.runs.Store(false)
	for {
		wait := db.tick(time.Now(), true)
		if began := time.Now(); wait > 0 {
			if more, err := db.rollUpOne(began); more && err == nil {
				wait = min(wait, max(time.Millisecond, time.Since(began))) // half of the time at most
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-db.fatal:
			timer.Stop()
			return db.cause
		case <-db.due:
			timer.Stop()
		case <-db.failing:
			timer.Reset(retryAfter)
			select {
			case <-ctx.Done():
				timer.Stop()
				return ctx.Err()
			case <-timer.C:
			}
		case <-timer.C:
		}
	}
}

// retryAfter is how long Run waits after a failed write, and how long it may
// sleep at most, so that a clock that was set is noticed.
const (
	retryAfter = time.Second
	longestNap = time.Minute
)

// tick does what is due and returns how long to wait for more. Retention is
// for Run alone: a command that opens the file for one question may not know
// how long its sites are kept.
func (db *DB) tick(now time.Time, retain bool) time.Duration {
	wait := longestNap
	for _, s := range db.states() {
		next, err := db.crossOne(s, now)
		if err != nil {
			return retryAfter
		}
		wait = min(wait, next)
	}
	closed, err := db.settle()
	if err == nil && (closed || retain && db.eraseDue(now)) {
		_ = db.erase(now) // tried again
	}
	if err == nil && retain {
		if err = db.retain(now); err != nil {
			db.commit.Lock()
			db.note(err)
			db.commit.Unlock()
		}
	}
	if err != nil {
		return retryAfter
	}
	return db.rest(now, wait, retain)
}

// crossOne crosses a site's boundary and returns how long it is to the next.
func (db *DB) crossOne(s *siteState, now time.Time) (time.Duration, error) {
	db.commit.Lock()
	defer db.commit.Unlock()
	if db.isClosed() || db.cause != nil || db.sites[s.config.Host] != s {
		return longestNap, nil
	}
	if err := db.cross(s, now); err != nil {
		db.note(err)
		return 0, err
	}
	return s.boundary.Sub(now), nil
}

// rest is the end of a tick: it returns how long there is nothing to do.
func (db *DB) rest(now time.Time, wait time.Duration, retain bool) time.Duration {
	db.commit.Lock()
	defer db.commit.Unlock()
	defer db.share()
	if db.isClosed() || db.cause != nil {
		return longestNap
	}
	if retain && !db.eraseAt.IsZero() {
		wait = min(wait, db.eraseAt.Sub(now))
	}
	if db.down.Load() {
		err := db.store.Room()
		if err == nil {
			err = db.store.Update(func(*store.Tx) error { return nil })
		}
		db.note(err)
		return retryAfter
	}
	return max(wait, time.Millisecond)
}
