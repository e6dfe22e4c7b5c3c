package aggregate

import (
	"time"

	"footfall/aggregate/internal/store"
)

const tenMinutes = 10 * time.Minute

// tenOf returns the start of the ten minutes, on the clock of t's zone.
func tenOf(t time.Time) time.Time {
	return t.Add(-time.Duration(t.Minute()%10)*time.Minute - time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
}

// hourOf returns the start of the hour, on the clock of t's zone.
func hourOf(t time.Time) time.Time {
	return tenOf(t).Add(-time.Duration(t.Minute()/10*10) * time.Minute)
}

// cross does what is due at a site when its clock shows now: the running day
// is closed when another has begun; at a full hour the day as it stands
// becomes the snapshot that questions read, at ten minutes its totals do. What
// takes long of it is left pending, for settle. It must come before any hit of
// that time is applied.
func (db *DB) cross(s *siteState, now time.Time) error {
	if s.day != nil && now.Before(s.boundary) && s.boundary.Sub(now) < 24*time.Hour {
		return nil
	}
	if s.pending != nil { // the boundary before: its transaction comes first
		if err := db.complete(s, s.pending); err != nil {
			return err
		}
		db.owe() // what comes after a close
	}
	local := now.In(s.config.Zone)
	day, _ := s.calendar.At(now)
	if s.day != nil && s.day.day != day {
		s.pending, s.day, s.unlearned = closing(s.day), nil, true
		db.owe()
	}
	if s.day == nil {
		s.day = newOpenDay(&db.shared, &s.config, day, now.Unix())
		if !s.unlearned {
			db.learn(s.day)
		}
		s.fresh, s.freshTen = false, false
	} else if err := db.snapshots(s, hourOf(local)); err != nil {
		return err
	}
	s.day.dropEnded(now.Unix())
	s.hour = hourOf(local)
	s.day.hour = s.hour.Unix()
	s.boundary = tenOf(local).Add(tenMinutes)
	return nil
}

// snapshots takes those that are due when the hour that runs is hour: the one of
// ten minutes at once, for it is small.
func (db *DB) snapshots(s *siteState, hour time.Time) error {
	whole := s.fresh && !hour.Equal(s.hour)
	if !whole && !s.freshTen {
		return nil
	}
	tens, err := s.day.portable(true)
	if err != nil {
		return err
	}
	err = db.store.Update(func(tx *store.Tx) error {
		return tx.PutSnapshot(s.config.Host, store.Tens, s.day.day, tens)
	})
	if err != nil {
		return err
	}
	s.freshTen = false
	if whole {
		s.fresh = false
		s.pending = &pending{day: s.day, gathered: s.day.gather(true, false)}
		db.owe()
	}
	return nil
}

// owe tells Run that something is pending.
func (db *DB) owe() {
	db.owing.Store(true)
	select {
	case db.due <- struct{}{}:
	default: // it knows already
	}
}
