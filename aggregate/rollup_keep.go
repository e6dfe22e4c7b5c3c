package aggregate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/store"
)

// RollUp adds up every week and month of every site that is over and has no
// roll-up yet. Questions are answered without them too, more slowly. It returns
// when there is nothing left to do, or when ctx ends.
func (db *DB) RollUp(ctx context.Context) error {
	for ctx.Err() == nil {
		more, err := db.rollUpOne(time.Now())
		if err != nil || !more {
			return err
		}
	}
	return ctx.Err()
}

// rollUpOne makes one roll-up that is missing; false if none is. It computes
// while hits are counted: only then it waits for its turn to write, and writes
// nothing if the days have changed meanwhile.
func (db *DB) rollUpOne(now time.Time) (more bool, err error) {
	host, p, found := db.missing(now)
	if !found {
		return false, nil
	}
	var sum []byte
	var stamp uint64
	err = db.store.View(func(tx *store.Tx) (err error) {
		if stamp, err = tx.DaysStamp(host, p.first, p.last()); err != nil {
			return err
		}
		sum, err = sumUp(&txView{tx, host, &db.lexicons}, p)
		return err
	})
	db.commit.Lock()
	defer db.commit.Unlock()
	if err != nil { // its days answer instead, as far as they can be read
		db.unsummed[siteSum{host, p}] = stamp
		return true, nil
	}
	if db.isClosed() {
		return false, nil
	}
	if s := db.sites[host]; s == nil || !s.over(p) {
		return true, nil
	}
	err = db.store.Update(func(tx *store.Tx) error {
		if now, err := tx.DaysStamp(host, p.first, p.last()); err != nil || now != stamp {
			return err
		}
		return tx.PutSum(host, p.kind, p.first, sum)
	})
	if db.note(err); err != nil {
		return false, fmt.Errorf("roll-up %s of %s: %w", p, host, err)
	}
	return true, nil
}

// A siteSum names a roll-up.
type siteSum struct {
	host hit.Host
	sumPeriod
}

// over tells whether a period has ended at the site: no day of it is running.
// The caller holds commit.
func (s *siteState) over(p sumPeriod) bool {
	return s.day != nil && p.last() < s.day.day && (s.pending == nil || !s.pending.closes)
}

// missing returns a period that is over and kept whole, has a block, and no
// roll-up; the newest of a site first, since it is asked for most.
func (db *DB) missing(now time.Time) (host hit.Host, p sumPeriod, found bool) {
	db.commit.Lock()
	defer db.commit.Unlock()
	if db.isClosed() || db.down.Load() {
		return host, p, false
	}
	_ = db.store.View(func(tx *store.Tx) error { // a damaged key means that nothing is missing
		for h, s := range db.sites {
			first, last, any := tx.Days(h)
			if !any || s.day == nil {
				continue
			}
			kept := s.config.FirstKept(s.day.day)
			for _, candidate := range sumsBetween(first, last) {
				if candidate.first < kept || !s.over(candidate) || tx.Sum(h, candidate.kind, candidate.first) != nil ||
					!tx.HasBlocksIn(h, candidate.first, candidate.last()) || db.gaveUp(tx, siteSum{h, candidate}) {
					continue
				}
				host, p, found = h, candidate, true
				return nil
			}
		}
		return nil
	})
	return host, p, found
}

// gaveUp tells whether a period has been given up, and its days are the same still.
func (db *DB) gaveUp(tx *store.Tx, p siteSum) bool {
	was, ok := db.unsummed[p]
	if !ok {
		return false
	}
	stamp, err := tx.DaysStamp(p.host, p.first, p.last())
	return err != nil || stamp == was
}

// sumsBetween returns the months and weeks that have a day in [first, last], the
// newest first.
func sumsBetween(first, last hit.Day) []sumPeriod {
	var out []sumPeriod
	for m := last.Month(); m >= first.Month(); m-- {
		out = append(out, monthSum(m))
	}
	for d := last.Monday(); d >= first.Monday(); d -= 7 {
		out = append(out, weekSum(d))
	}
	return out
}

// checkSums compares every roll-up of a site with the days that it is the sum
// of, made anew, and calls problem with what differs. It takes about as long as
// reading all days twice.
func checkSums(tx *store.Tx, h hit.Host, problem func(text string)) {
	err := tx.EachSum(h, func(k store.SumKind, first hit.Day, have []byte) error {
		p := sumPeriod{k, first}
		if k != store.SumMonth && k != store.SumWeek || p.months() == nil ||
			k == store.SumMonth && first != first.Month().First() || k == store.SumWeek && first != first.Monday() {
			problem("a roll-up of no period")
			return nil
		}
		want, err := sumUp(&txView{tx: tx, host: h}, p)
		switch {
		case errors.Is(err, errNoSum):
			if _, ok := openRollUp(p, have); !ok {
				problem(fmt.Sprintf("roll-up of %s: damaged", p))
			}
		case err != nil:
			problem(fmt.Sprintf("roll-up of %s: %s", p, err))
		case string(want) != string(have):
			problem(fmt.Sprintf("roll-up of %s: not the sum of its days", p))
		}
		return nil
	})
	if err != nil {
		problem(err.Error())
	}
}
