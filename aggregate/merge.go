package aggregate

import (
	"fmt"
	"strings"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/store"
)

// A ConflictError names days that are counted already.
type ConflictError struct{ Days []hit.Day }

// Error names at most five of the days.
func (e *ConflictError) Error() string {
	var names []string
	for _, d := range e.Days[:min(5, len(e.Days))] {
		names = append(names, d.String())
	}
	more := ""
	if len(e.Days) > 5 {
		more = fmt.Sprintf(" and %d more", len(e.Days)-5)
	}
	return "counted already: " + strings.Join(names, ", ") + more + "; --replace puts the new count in their place"
}

// Merge adds the finished days of a file that an Importer made, in one
// transaction: all of them or none. Days that are counted already are a
// *ConflictError unless replace; the running day is refused always. It
// returns how many days it added. The file is left.
func (db *DB) Merge(path string, replace bool) (int, error) {
	days, replaced, err := db.merge(path, replace)
	if days == 0 || err != nil {
		return days, err
	}
	// A year in one transaction leaves as much again in free pages.
	if err := db.erase(time.Now()); err != nil && replaced > 0 {
		return days, fmt.Errorf("the days are in, but what they replaced is still in free pages: %w", err)
	}
	return days, nil
}

func (db *DB) merge(path string, replace bool) (added, replaced int, err error) {
	db.commit.Lock()
	defer db.commit.Unlock()
	var days []hit.Day
	var site hit.Host
	err = readDays(path, func(host hit.Host, zone string, day hit.Day, _ []byte) error {
		site = host
		days = append(days, day)
		return db.mergeable(host, zone, day)
	})
	if err != nil || len(days) == 0 {
		return 0, 0, err
	}
	if s := db.sites[site]; s.pending != nil && s.pending.closes { // its day is over too
		if err := db.complete(s, s.pending); err != nil {
			db.note(err)
			return 0, 0, fmt.Errorf("import: %w", err)
		}
		db.eraseAt = db.options.Now // by the next tick
	}
	err = db.store.Update(func(tx *store.Tx) error {
		n, err := clearDays(tx, site, days, replace)
		if err != nil {
			return err
		}
		replaced = n
		return addDays(tx, path)
	})
	if err != nil {
		db.noteFatal(err)
		return 0, 0, fmt.Errorf("import: %w", err)
	}
	if replaced > 0 {
		db.deletions++
	}
	return len(days), replaced, nil
}

func (db *DB) mergeable(host hit.Host, zone string, day hit.Day) error {
	s := db.sites[host]
	if s == nil {
		return fmt.Errorf("import: site %s: %w", host, ErrUnknownSite)
	}
	if s.config.Zone.String() != zone {
		return fmt.Errorf("import: site %s has days in zone %s, the file in %s", host, s.config.Zone, zone)
	}
	if s.day != nil && day >= s.day.day {
		return fmt.Errorf("import: day %s is not over: it belongs to the beacon", day)
	}
	return nil
}

// clearDays drops the blocks of days that stand, or names them.
func clearDays(tx *store.Tx, host hit.Host, days []hit.Day, replace bool) (dropped int, err error) {
	var conflict ConflictError
	for _, d := range days {
		if !tx.HasBlocks(host, d) {
			continue
		}
		if !replace {
			conflict.Days = append(conflict.Days, d)
			continue
		}
		n, err := tx.DropBlocks(host, d, d)
		if err != nil {
			return 0, err
		}
		dropped += n
	}
	if len(conflict.Days) > 0 {
		return 0, &conflict
	}
	return dropped, nil
}

// addDays adds the days of a file, which stand there by time but for late ones.
func addDays(tx *store.Tx, path string) error {
	var known *monthLabels
	var g gathering
	return scanDays(path, func(host hit.Host, _ string, day hit.Day, finished []byte) error {
		if err := readGathering(finished, &g); err != nil {
			return err
		}
		if known == nil || known.month != day.Month() {
			var err error
			if known, err = openLabels(tx, host, day.Month()); err != nil {
				return err
			}
		}
		return known.add(tx, day, &g)
	})
}
