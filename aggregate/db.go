package aggregate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/store"
)

// A DB is an open database and the running days of its sites. It is safe for
// concurrent use.
type DB struct {
	options Options
	store   *store.Store

	// commit guards the running days and the fields below it, and is held
	// for one commit at a time, a sync, or while a day is gathered.
	commit     sync.Mutex
	shared     shared
	known      sync.RWMutex // guards the map sites against Forget, not what it points to
	sites      map[hit.Host]*siteState
	journal    journal
	writer     recordWriter
	batches    int
	eraseAt    time.Time          // when what was deleted is to be erased; zero: nothing is
	deletions  uint64             // transactions that deleted something
	closedSome bool               // days were closed since the last settle
	unsummed   map[siteSum]uint64 // stamps of periods that could not be rolled up

	crowd int // hits that the last commit answered, and those that waited when it ended

	// gather guards the batch that takes hits; held for an append.
	gather sync.Mutex
	batch  *batch
	spare  []arrival // of a batch that is done, for the next
	closed bool

	owing atomic.Bool   // something is pending at a site
	due   chan struct{} // wakes Run for it
	runs  atomic.Bool   // Run does

	erasing       sync.Mutex // guards the two below; held for an assignment
	eraseFailures int64
	eraseErr      error // of the last compaction after a deletion

	down    atomic.Bool   // the last write failed; the next that succeeds ends it
	failing chan struct{} // wakes Run after a failed write, so that it tries again
	stats   atomic.Pointer[Stats]

	lexicons lexicons // texts of labels that reports have read; guards itself
	cache    cache    // answers for who asks again; guards itself

	fatal chan struct{}
	cause error // why fatal was closed; read after that only
}

// siteState is a configured site and its running day.
type siteState struct {
	config    SiteConfig
	calendar  hit.Calendar
	day       *openDay  // nil until the first hit or the first tick
	unlearned bool      // the day has not learned from those before it
	pending   *pending  // of the boundary passed last; nil once it is written
	boundary  time.Time // the next ten minutes of the site's clock
	hour      time.Time // start of the running hour
	fresh     bool      // the day has changed since its last hourly snapshot
	freshTen  bool      // the same since the last one of ten minutes
	retained  hit.Month // the month for which retention has run
	gap       time.Time // since when the clock has been far ahead of the newest day
}

// Open opens the database, loads the running days and refuses a site whose
// zone differs from the stored one. A day that ended while nobody ran is
// closed at once.
func Open(o Options) (*DB, error) {
	if o.Gather == 0 {
		o.Gather = defaultGather
	}
	if o.Gather < time.Millisecond {
		return nil, fmt.Errorf("gather of %s: at least 1ms", o.Gather)
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	st, err := store.Open(o.Path, store.Options{})
	if err != nil {
		return nil, err
	}
	db := &DB{options: o, store: st, sites: map[hit.Host]*siteState{}, unsummed: map[siteSum]uint64{}, fatal: make(chan struct{}), failing: make(chan struct{}, 1), due: make(chan struct{}, 1)}
	db.shared = newShared(o.DistinctKeys)
	if err := db.addSites(o); err != nil {
		_ = st.Close() // the first error is the one to tell
		return nil, err
	}
	db.share()
	if err := db.findDeleted(); err != nil {
		_ = st.Close() // as above
		return nil, err
	}
	db.tick(o.Now, false) // a write that fails is noted, and tried again by Run
	return db, nil
}

func (db *DB) addSites(o Options) error {
	var problems []error
	for i := range o.Sites {
		c := o.Sites[i]
		c.Stored = false
		if c.RetentionMonths < 0 || c.RetentionMonths > MaxRetention {
			problems = append(problems, fmt.Errorf("site %s: retention of %d months: 1 to %d", c.Host, c.RetentionMonths, MaxRetention))
			continue
		}
		if db.sites[c.Host] != nil {
			problems = append(problems, fmt.Errorf("site %s is configured twice", c.Host))
			continue
		}
		db.sites[c.Host] = &siteState{config: c}
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	if err := db.agreeZones(); err != nil {
		return err
	}
	for _, s := range db.sites {
		s.calendar = hit.NewCalendar(s.config.Zone)
		if err := db.load(s, o.Now); err != nil {
			return fmt.Errorf("load %s: %w", s.config.Host, err)
		}
	}
	db.shared.capped = [capEnd]int64{} // what was reached before is counted already
	return nil
}

// agreeZones makes the trees of new sites, compares the zones of old ones,
// and takes in the sites that only the file knows.
func (db *DB) agreeZones() error {
	var stored []store.Site
	err := db.store.View(func(tx *store.Tx) (err error) {
		stored, err = tx.Sites()
		return err
	})
	if err != nil {
		return err
	}
	known := map[hit.Host]bool{}
	var problems []error
	for _, old := range stored {
		known[old.Host] = true
		zone, err := time.LoadLocation(old.Zone)
		switch s := db.sites[old.Host]; {
		case s == nil && err != nil:
			problems = append(problems, fmt.Errorf("site %s: stored zone %q: %w", old.Host, old.Zone, err))
		case s == nil:
			db.sites[old.Host] = storedState(old.Host, zone)
		case s.config.Zone == nil && err == nil:
			s.config.Zone = zone
		case s.config.Zone == nil || old.Zone != s.config.Zone.String():
			problems = append(problems, fmt.Errorf("site %s: its days are stored in zone %s, not %s; "+
				"they cannot be cut anew: name the stored zone, or forget the site", old.Host, old.Zone, s.config.Zone))
		}
	}
	if len(problems) > 0 || len(known) == len(db.sites) {
		return errors.Join(problems...)
	}
	for _, s := range db.sites {
		if s.config.Zone == nil {
			s.config.Zone = cmp.Or(db.options.NewZone, time.UTC)
		}
	}
	return db.store.Update(func(tx *store.Tx) error {
		for h, s := range db.sites {
			if err := tx.PutSite(h, s.config.Zone.String()); err != nil {
				return err
			}
		}
		return nil
	})
}

// storedState is a site that only the file knows: kept as long as can be, for
// nobody has said how long.
func storedState(h hit.Host, zone *time.Location) *siteState {
	return &siteState{config: SiteConfig{Host: h, Zone: zone, RetentionMonths: MaxRetention, Stored: true}}
}

// AddSite makes a new site's tree, so that days can be imported for it; it is
// not counted until it is configured. A site that is there must have the zone.
func (db *DB) AddSite(h hit.Host, zone *time.Location) error {
	db.commit.Lock()
	defer db.commit.Unlock()
	if s := db.sites[h]; s != nil {
		if s.config.Zone.String() != zone.String() {
			return fmt.Errorf("site %s has its days in zone %s, not %s", h, s.config.Zone, zone)
		}
		return nil
	}
	if err := db.store.Update(func(tx *store.Tx) error { return tx.PutSite(h, zone.String()) }); err != nil {
		db.note(err)
		return err
	}
	s := storedState(h, zone)
	s.calendar = hit.NewCalendar(zone)
	db.known.Lock()
	db.sites[h] = s
	db.known.Unlock()
	return db.cross(s, time.Now())
}

// load reads a site's running day. Older days that were never closed are
// closed at once.
func (db *DB) load(s *siteState, now time.Time) error {
	var days []*openDay
	err := db.store.View(func(tx *store.Tx) error {
		list, err := tx.OpenDays(s.config.Host)
		if err != nil {
			return err
		}
		for _, day := range list {
			d := newOpenDay(&db.shared, &s.config, day, now.Unix())
			days = append(days, d)
		}
		return nil
	})
	if err != nil || len(days) == 0 {
		return err
	}
	for _, d := range days {
		db.learn(d)
	}
	err = db.store.View(func(tx *store.Tx) error {
		for _, d := range days {
			if err := tx.OpenRecords(s.config.Host, d.day, d.load); err != nil {
				return fmt.Errorf("running day %s: %w", d.day, err)
			}
			d.loaded = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	last := days[len(days)-1]
	for _, d := range days[:len(days)-1] {
		if err := db.closeDay(d); err != nil {
			return err
		}
	}
	s.day, s.fresh, s.freshTen = last, true, true
	s.hour = time.Unix(last.hour, 0)
	s.boundary = s.hour.Add(time.Hour)
	if tens := tenOf(now.In(s.config.Zone)).Add(tenMinutes); tens.Before(s.boundary) {
		s.boundary = tens
	}
	return nil
}

// Sites returns the configured sites, in the order of the options, and then
// those that only the file knows, by host.
func (db *DB) Sites() []SiteConfig {
	var out, stored []SiteConfig
	db.known.RLock()
	defer db.known.RUnlock()
	for i := range db.options.Sites {
		if s := db.sites[db.options.Sites[i].Host]; s != nil {
			out = append(out, s.config)
		}
	}
	for _, s := range db.sites {
		if s.config.Stored {
			stored = append(stored, s.config)
		}
	}
	slices.SortFunc(stored, func(a, b SiteConfig) int { return strings.Compare(a.Host.String(), b.Host.String()) })
	return append(out, stored...)
}

// note remembers whether the last write succeeded, and ends all writing after
// a failed sync.
func (db *DB) note(err error) {
	switch {
	case err == nil:
		db.down.Store(false)
	case errors.Is(err, ErrFatal):
		db.down.Store(true)
		if db.cause == nil {
			db.cause = err
			close(db.fatal)
		}
	default:
		db.down.Store(true)
		select {
		case db.failing <- struct{}{}:
		default: // Run knows already
		}
	}
}

// noteFatal notes an error of work that hits do not wait for: that it failed
// says nothing of the next hit, but after a failed sync nothing is written.
func (db *DB) noteFatal(err error) {
	if errors.Is(err, ErrFatal) {
		db.note(err)
	}
}

func (db *DB) isClosed() bool {
	db.gather.Lock()
	defer db.gather.Unlock()
	return db.closed
}

// Close commits what waits and closes the file. It may be called twice.
func (db *DB) Close() error {
	db.gather.Lock()
	b := db.batch
	db.closed = true
	db.gather.Unlock()
	if b != nil {
		<-b.done
	}
	_, _ = db.settle() // what cannot be written now the next start writes
	db.commit.Lock()
	defer db.commit.Unlock()
	for _, s := range db.sites {
		if s.pending != nil && s.pending.closes {
			s.pending.day.release()
			s.pending = nil
		}
		if s.day != nil {
			s.day.release()
			s.day = nil
		}
	}
	return db.store.Close()
}

// Ready tells why hits cannot be stored now; nil when they can.
func (db *DB) Ready() error {
	if db.isClosed() {
		return ErrClosed
	}
	if db.down.Load() {
		return ErrUnavailable
	}
	return nil
}
