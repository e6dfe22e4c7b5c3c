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
		b = &batch{hits: db.spare, full: make(chan struct{}), done: make(chan struct{})}
		db.batch, db.spare, leads = b, nil, true
	}
	i := len(b.hits)
	b.hits = append(b.hits, arrival{now, *h})
	if len(b.hits) >= maxBatch {
		db.batch = nil
		close(b.full)
	}
	db.gather.Unlock()
	if leads {
		db.lead(b, now)
		return b.outcome(i)
	}
	if ctx.Done() == nil { // nothing else to wait for; select costs more
		<-b.done
		return b.outcome(i)
	}
	select {
	case <-b.done:
		return b.outcome(i)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// How a busy batch lingers: so many steps at most, as long as each brings so
// many hits. 8,000 hits a second take a core a third of its time, from where
// on a larger batch is worth more than an earlier answer.
const (
	lingerStep  = time.Millisecond
	lingerSteps = 12
	lingerHits  = 8
)

// lead waits for the batch that began at now to gather, commits it and tells all
// who joined.
// A batch goes on taking hits while the one before it is being written.
func (db *DB) lead(b *batch, now time.Time) {
	timer := time.NewTimer(db.options.Gather)
	select {
	case <-timer.C:
	case <-b.full:
		timer.Stop()
	}
	db.commitBatch(b)
	db.afterHits(now)
}

func (db *DB) commitBatch(b *batch) {
	db.commit.Lock()
	defer db.commit.Unlock()
	defer close(b.done)
	db.linger(b)
	db.gather.Lock()
	if db.batch == b {
		db.batch = nil
	}
	db.gather.Unlock()
	b.err = ErrUnavailable // stands if writing panics: nothing was acknowledged
	b.err = db.write(b)
	db.gather.Lock()
	db.crowd = len(b.hits)
	if db.batch != nil {
		db.crowd += len(db.batch.hits)
	}
	clear(b.hits)
	db.spare = b.hits[:0]
	db.gather.Unlock()
}

// linger lets a batch gather beyond its time while hits come fast, until three
// fifths wait of as many as there were when the commit before ended: those it
// answered and those that had come meanwhile. Without it the senders fall into
// two halves that wait for each other, and each commit writes the same records
// for half as many hits; if it waited for all of them, nobody would be there to
// be served during the sync (measured: a tenth more hits a second than either).
func (db *DB) linger(b *batch) {
	n := db.gathered(b)
	for range lingerSteps {
		if n >= min(db.crowd*3/5, maxBatch) {
			return
		}
		time.Sleep(lingerStep)
		before := n
		if n = db.gathered(b); n-before < lingerHits {
			return
		}
	}
}

func (db *DB) gathered(b *batch) int {
	db.gather.Lock()
	defer db.gather.Unlock()
	return len(b.hits)
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
		j.committed()
		j.reset()
	}
	return err
}

// put writes the records a batch touched, whole. A row's record is fresh until
// the transaction that writes it first has been committed.
func (db *DB) put(tx *store.Tx, t *touched) error {
	w := &db.writer
	w.reset()
	for _, d := range t.days {
		if err := tx.PutOpen(d.config.Host, d.day, store.KindSite, "", w.site(d), !d.stored); err != nil {
			return err
		}
	}
	for _, p := range t.pages {
		if err := tx.PutOpen(p.day.config.Host, p.day.day, p.kind(), p.label, w.page(p), !p.stored); err != nil {
			return err
		}
	}
	for _, r := range t.hosts {
		if err := tx.PutOpen(r.day.config.Host, r.day.day, hostKinds[r.table], r.label, w.host(r), !r.stored); err != nil {
			return err
		}
	}
	return nil
}

// committed notes that what the batch touched has its records.
func (t *touched) committed() {
	for _, d := range t.days {
		d.stored = true
	}
	for _, p := range t.pages {
		p.stored = true
	}
	for _, r := range t.hosts {
		r.stored = true
	}
}
