package aggregate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/store"
)

// A batch is hits that share a commit.
type batch struct {
	hits   []arrival
	full   chan struct{} // closed when no more hits fit
	done   chan struct{} // closed when what follows is known
	stored int           // so many of the hits are on the disk
	err    error         // what became of the rest
}

// outcome returns what became of one hit of a batch that is done.
func (b *batch) outcome(i int) error {
	if i < b.stored {
		return nil
	}
	return b.err
}

type arrival struct {
	now time.Time
	hit hit.Hit
}

// Record counts a hit that arrived at now and returns when it is on the disk.
// ErrUnavailable means that it was not counted and never will be; ErrFatal
// and an ended ctx, that nobody can tell. The hit may be reused.
func (db *DB) Record(ctx context.Context, now time.Time, h *hit.Hit) error {
	db.gather.Lock()
	if db.closed {
		db.gather.Unlock()
		return ErrClosed
	}
	b, leads := db.batch, false
	if b == nil {
		b = &batch{full: make(chan struct{}), done: make(chan struct{})}
		db.batch, leads = b, true
	}
	i := len(b.hits)
	b.hits = append(b.hits, arrival{now, *h})
	if len(b.hits) >= maxBatch {
		db.batch = nil
		close(b.full)
	}
	db.gather.Unlock()
	if leads {
		db.lead(b)
		return b.outcome(i)
	}
	select {
	case <-b.done:
		return b.outcome(i)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lead waits for the batch to gather, commits it and tells all who joined.
// A batch goes on taking hits while the one before it is being written.
func (db *DB) lead(b *batch) {
	timer := time.NewTimer(db.options.Gather)
	select {
	case <-timer.C:
	case <-b.full:
		timer.Stop()
	}
	db.commit.Lock()
	defer db.commit.Unlock()
	defer close(b.done)
	db.gather.Lock()
	if db.batch == b {
		db.batch = nil
	}
	db.gather.Unlock()
	b.err = ErrUnavailable // stands if writing panics: nothing was acknowledged
	b.err = db.write(b)
}

// write commits the batch, in as many transactions as days and snapshots cut
// it into.
func (db *DB) write(b *batch) error {
	if db.cause != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, db.cause)
	}
	start := time.Now()
	for b.stored < len(b.hits) {
		rest := b.hits[b.stored:]
		s := db.sites[rest[0].hit.Site]
		if s == nil {
			return fmt.Errorf("%w: site is not configured", ErrUnavailable)
		}
		if err := db.cross(s, rest[0].now); err != nil {
			return db.failed(err)
		}
		n := 1
		for n < len(rest) && db.within(&rest[n]) {
			n++
		}
		if err := db.commitHits(rest[:n]); err != nil {
			return db.failed(err)
		}
		b.stored += n
	}
	db.note(nil)
	db.share()
	db.batches++
	if db.options.OnCommit != nil && db.batches%10 == 0 {
		db.options.OnCommit(time.Since(start))
	}
	return nil
}

// failed notes an error and returns what the hits that are left are told.
func (db *DB) failed(err error) error {
	db.note(err)
	if errors.Is(err, ErrFatal) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// within tells whether a hit can be committed without crossing a boundary first.
func (db *DB) within(a *arrival) bool {
	s := db.sites[a.hit.Site]
	return s != nil && s.day != nil && a.now.Before(s.boundary) && s.boundary.Sub(a.now) < 24*time.Hour
}

// commitHits applies hits to their running days and writes what they touched.
// If that fails, or panics, nothing of it stays.
func (db *DB) commitHits(hits []arrival) error {
	j := &db.journal
	j.reset()
	defer j.undo() // of nothing, once it is committed
	for i := range hits {
		s := db.sites[hits[i].hit.Site]
		s.day.apply(j, hits[i].now, &hits[i].hit)
		s.fresh, s.freshTen = true, true
	}
	err := db.store.Update(func(tx *store.Tx) error { return db.put(tx, &j.touched) })
	if err == nil {
		j.reset()
	}
	return err
}

// put writes the records a batch touched, whole.
func (db *DB) put(tx *store.Tx, t *touched) error {
	w := &db.writer
	w.reset()
	for _, d := range t.days {
		if err := tx.PutOpen(d.config.Host, d.day, store.KindSite, "", w.site(d)); err != nil {
			return err
		}
	}
	for _, p := range t.pages {
		kind := store.KindPage
		if p.section {
			kind = store.KindSection
		}
		if err := tx.PutOpen(p.day.config.Host, p.day.day, kind, p.label, w.page(p)); err != nil {
			return err
		}
	}
	for _, r := range t.hosts {
		if err := tx.PutOpen(r.day.config.Host, r.day.day, hostKinds[r.table], r.label, w.host(r)); err != nil {
			return err
		}
	}
	return nil
}
