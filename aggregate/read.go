package aggregate

import (
	"context"
	"errors"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/internal/store"
	"footfall/aggregate/publish"
)

// Report answers a question from blocks: closed days and the running day's
// last snapshots. It waits for nothing that intake holds.
func (db *DB) Report(ctx context.Context, now time.Time, q *Query) (*publish.Report, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return report(db, now, q)
}

// site is part of source.
func (db *DB) site(h hit.Host) (SiteConfig, bool) {
	db.known.RLock()
	defer db.known.RUnlock()
	s := db.sites[h]
	if s == nil {
		return SiteConfig{}, false
	}
	return s.config, true
}

// kept is part of source. The running day is what the clock says: a report
// waits for no commit.
func (db *DB) kept(h hit.Host, now time.Time) (first, today hit.Day) {
	c, ok := db.site(h)
	if !ok {
		return 0, 0
	}
	today = hit.DayAt(now, c.zone())
	return c.FirstKept(today), today
}

// rawBlock is a block as it was stored.
type rawBlock struct {
	day      hit.Day
	bytes    []byte
	portable bool
}

// cached is part of source.
func (db *DB) cached(q *Query, now time.Time, first, today hit.Day) (*cache, cacheKey) {
	return &db.cache, keyOf(q, db.store.Generation(q.Site), now, first, today)
}

// view is part of source.
func (db *DB) view(h hit.Host, fn func(v dayView) error) error {
	return db.store.View(func(tx *store.Tx) error {
		if err := tx.Readable(h); err != nil {
			return err
		}
		return fn(&txView{tx, h, &db.lexicons})
	})
}

// A txView is a site in a transaction that only reads.
type txView struct {
	tx       *store.Tx
	host     hit.Host
	lexicons *lexicons
}

func (v *txView) sum(p sumPeriod) []byte { return v.tx.Sum(v.host, p.kind, p.first) }

func (v *txView) days(from, to hit.Day, fn func(d hit.Day, b []byte)) error {
	return v.tx.EachBlock(v.host, from, to, func(d hit.Day, b []byte) error {
		fn(d, b)
		return nil
	})
}

func (v *txView) snapshots(fn func(d hit.Day, b []byte)) {
	_ = snapshots(v.tx, v.host, fn) // it fails with the site's list only, which view has read
}

func (v *txView) words(months []hit.Month) *words {
	return v.lexicons.words(v.tx, v.host, months)
}

// blocks returns a copy of every block of the site's days from one through
// another, by day, and of the snapshots of the running day.
func (db *DB) blocks(h hit.Host, from, to hit.Day) ([]storedBlock, error) {
	var raw []rawBlock
	dicts := map[hit.Month][]string{}
	err := db.store.View(func(tx *store.Tx) error {
		err := tx.Blocks(h, from, to, func(d hit.Day, b []byte) error {
			raw = append(raw, rawBlock{d, b, false})
			return nil
		})
		if err != nil {
			return err
		}
		for _, r := range raw {
			m := r.day.Month()
			if _, seen := dicts[m]; !seen {
				if dicts[m], _, err = tx.Labels(h, m); err != nil { // one that is damaged damages the days that name what it has lost
					return err
				}
			}
		}
		return snapshots(tx, h, func(d hit.Day, b []byte) {
			if d >= from && d <= to {
				raw = append(raw, rawBlock{d, b, true})
			}
		})
	})
	if err != nil {
		return nil, err
	}
	out := make([]storedBlock, 0, len(raw))
	for _, r := range raw {
		out = append(out, openStored(r, dicts[r.day.Month()]))
	}
	return out, nil
}

// snapshots calls fn for the snapshots of the running day; with nil for one
// that is not what was written.
func snapshots(tx *store.Tx, h hit.Host, fn func(d hit.Day, b []byte)) error {
	for _, which := range []store.Snapshot{store.Hour, store.Tens} {
		d, b, err := tx.Snapshot(h, which)
		if errors.Is(err, store.ErrDamaged) {
			open, err := tx.OpenDays(h)
			if err != nil {
				return err
			}
			if len(open) > 0 {
				fn(open[len(open)-1], nil)
			}
			continue
		}
		if err != nil {
			return err
		}
		if b != nil {
			fn(d, b)
		}
	}
	return nil
}

// openStored opens a block; one that cannot be read says so by having none.
func openStored(r rawBlock, texts []string) storedBlock {
	s := storedBlock{Day: r.day}
	b, err := r.bytes, error(nil)
	if b == nil {
		return s
	}
	if r.portable {
		if texts, b, err = cutPortable(r.bytes); err != nil {
			return s
		}
	}
	opened, err := block.Open(b)
	if err != nil || texts == nil && !r.portable {
		return s
	}
	s.Block = opened
	s.Label = func(id uint32) string {
		if int(id) >= len(texts) {
			return ""
		}
		return texts[id]
	}
	return s
}
