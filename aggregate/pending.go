package aggregate

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"footfall/aggregate/internal/block"
	"footfall/aggregate/internal/store"
)

// A pending is a boundary that a site's clock has passed, and what is still to
// be written of it: the day that was closed, or the day as it stood at a full
// hour. What it takes of the day was gathered when the boundary was passed; it
// is encoded while hits are counted again, of the next day or hour. Its
// transaction is the commit point: a kill before it leaves the records of the
// closed day, which the next start closes, or the snapshot of the hour before.
type pending struct {
	day    *openDay
	closes bool // the day; else it is a snapshot

	mu       sync.Mutex // guards what follows, held while it is encoded
	gathered *gathering // until it is encoded
	encoded  []byte     // nil for a day on which nothing was counted
	dict     dictionary
}

// dictionary is what a closed day's block is encoded under: the runs of its
// month's dictionary as they were, and the run that comes after them.
type dictionary struct {
	runs  []uint64
	first uint32
	fresh []byte // nil: nothing is new
}

// closing gathers what the day's block holds. No hit may be counted on the day any more.
func closing(d *openDay) *pending {
	p := &pending{day: d, closes: true}
	if d.counted() {
		p.gathered = d.gather(false, false)
	}
	return p
}

// prepare encodes what was gathered.
func (p *pending) prepare(st *store.Store) (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gathered == nil {
		return nil
	}
	if p.closes {
		err = p.encodeDay(st)
	} else {
		p.encoded, err = portableOf(p.gathered)
	}
	if err == nil {
		p.gathered = nil
	}
	return err
}

// encodeDay encodes the day under ids that its month's dictionary will give when
// nothing else is added to it before the block is.
func (p *pending) encodeDay(st *store.Store) error {
	host, month := p.day.config.Host, p.day.day.Month()
	var known *monthLabels
	err := st.View(func(tx *store.Tx) (err error) {
		p.dict = dictionary{runs: tx.LabelRuns(host, month)}
		if p.dict.first, err = tx.NextLabel(host, month); err != nil {
			return err
		}
		known, err = openLabels(tx, host, month)
		return err
	})
	if err != nil {
		return err
	}
	fresh := known.fresh(p.gathered.texts)
	if len(fresh) > 0 {
		if p.dict.fresh, err = store.PackLabels(fresh); err != nil {
			return err
		}
	}
	p.encoded, err = block.Encode(p.gathered.day(known.idsFrom(p.gathered.texts, fresh, p.dict.first)))
	return err
}

// errMoved means that the dictionary is another since the day was encoded.
var errMoved = errors.New("the dictionary has changed")

// complete writes what is pending at a site, once it is encoded. The caller
// holds commit.
func (db *DB) complete(s *siteState, p *pending) error {
	for {
		if err := p.prepare(db.store); err != nil {
			return err
		}
		err := db.store.Update(p.put)
		if errors.Is(err, errMoved) {
			p.gathered = p.day.gather(false, false)
			continue
		}
		if err != nil && p.closes {
			return fmt.Errorf("close day %s: %w", p.day.day, err)
		}
		if err != nil {
			return err
		}
		if s.pending == p {
			s.pending = nil
		}
		if p.closes {
			p.day.release()
			db.deletions++
			db.closedSome = true
		}
		return nil
	}
}

// put is the transaction of a boundary.
func (p *pending) put(tx *store.Tx) error {
	host, day := p.day.config.Host, p.day.day
	if !p.closes {
		return tx.PutSnapshot(host, store.Hour, day, p.encoded)
	}
	if p.encoded != nil {
		if !slices.Equal(tx.LabelRuns(host, day.Month()), p.dict.runs) {
			return errMoved
		}
		if p.dict.fresh != nil {
			if err := tx.PutLabels(host, day.Month(), p.dict.first, p.dict.fresh); err != nil {
				return err
			}
		}
		if err := tx.AddBlock(host, day, p.encoded); err != nil {
			return err
		}
	}
	return errors.Join(tx.DropOpen(host, day), tx.DropSnapshots(host))
}

// states returns the sites there are.
func (db *DB) states() (out []*siteState) {
	db.known.RLock()
	defer db.known.RUnlock()
	for _, s := range db.sites {
		out = append(out, s)
	}
	return out
}

// settle writes what is pending at every site, and lets the day after a closed
// one learn from it; hits are counted while it computes. It tells whether days
// were closed whose records are to be erased. The caller does not hold commit.
func (db *DB) settle() (closed bool, err error) {
	if !db.owing.Swap(false) {
		return false, nil
	}
	for _, s := range db.states() {
		if err = db.settleSite(s); err != nil {
			db.owing.Store(true)
			break
		}
		db.relearn(s)
	}
	db.commit.Lock()
	defer db.commit.Unlock()
	closed, db.closedSome = db.closedSome, false
	return closed, err
}

func (db *DB) settleSite(s *siteState) error {
	db.commit.Lock()
	p := s.pending
	db.commit.Unlock()
	if p == nil {
		return nil
	}
	err := p.prepare(db.store)
	db.commit.Lock()
	defer db.commit.Unlock()
	if s.pending != p || db.cause != nil {
		return nil
	}
	if err == nil {
		err = db.complete(s, p)
	}
	if err != nil {
		db.note(err)
	}
	return err
}

// afterHits does what a batch has left to do where no Run is there to do it.
func (db *DB) afterHits(now time.Time) {
	if db.runs.Load() || !db.owing.Load() {
		return
	}
	if closed, _ := db.settle(); closed { // what fails is noted, and tried again with the next hit
		_ = db.erase(now) // as above
	}
}
