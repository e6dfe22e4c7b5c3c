//go:build unix

package aggregate

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

// TestSimulation lives thirty days a seed: traffic, crashes with and without
// an answer on its way, a full disk, a clock that jumps, imports, restarts and
// retention (A16). What is stored is what was acknowledged, and at most the
// hits that got no answer more; every check is clean; no day goes that
// retention keeps. A seed replays identically. FOOTFALL_SIM is how many seeds.
func TestSimulation(t *testing.T) {
	if !alone(t) {
		return
	}
	seeds := 1
	if s, given := os.LookupEnv("FOOTFALL_SIM"); given {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal("FOOTFALL_SIM: a number")
		}
		seeds = n
	}
	events := map[string]int{}
	for seed := range uint64(seeds) {
		first := simulate(t, seed, events)
		if seed%100 == 0 {
			if again := simulate(t, seed, map[string]int{}); again != first {
				t.Errorf("seed %d: a replay took another course", seed)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d seeds: %v", seeds, events)
}

// A simulation is one seed's thirty days.
type simulation struct {
	t      *testing.T
	r      *rand.Rand
	db     *DB
	dir    string
	now    time.Time
	ahead  time.Duration // of a clock gone wrong
	site   SiteConfig
	events map[string]int

	acknowledged, unanswered, deleted int64
	stored                            map[string]int64 // as last seen, by day
	course                            uint64           // hash of all that happened
}

func simulate(t *testing.T, seed uint64, events map[string]int) uint64 {
	t.Helper()
	s := &simulation{t: t, r: rand.New(rand.NewPCG(seed, 16)), now: at("2026-02-10 08:00:00"), dir: t.TempDir(), events: events}
	s.site = SiteConfig{Host: testHost(t), RetentionMonths: 1 + s.r.IntN(2)}
	s.open()
	for day := range 30 {
		for range 4 + s.r.IntN(6) {
			s.now = s.now.Add(time.Duration(s.r.IntN(150)) * time.Minute)
			s.event()
		}
		s.account(day) // the month's last day goes as soon as it is over
		s.now = at("2026-02-11 00:00:01").AddDate(0, 0, day)
		s.db.tick(s.now, true)
		s.account(day)
	}
	closeAndCheck(t, s.db)
	return s.course
}

func (s *simulation) note(what string, n ...any) {
	s.events[what]++
	h := fnv.New64a()
	fmt.Fprint(h, s.course, what, n, s.acknowledged, s.unanswered)
	s.course = h.Sum64()
}

func (s *simulation) open() {
	s.t.Helper()
	db, err := Open(Options{Path: filepath.Join(s.dir, "footfall.db"), Sites: []SiteConfig{s.site}, Now: s.now})
	if err != nil {
		s.t.Fatal(err)
	}
	s.db = db
}

// event does one thing; most often visitors come.
func (s *simulation) event() {
	switch s.r.IntN(20) {
	case 0:
		closeAndCheck(s.t, s.db)
		s.open()
		s.note("restart")
	case 1, 2:
		s.crash(func() {})
		s.note("crash")
	case 3: // it comes before the batch is on the disk, or after
		lost := s.r.IntN(2) == 0
		n := int64(0)
		if lost {
			s.crash(func() { n, _ = s.send(s.now) })
		} else {
			n, _ = s.send(s.now)
			s.crash(func() {})
		}
		s.acknowledged -= n
		s.unanswered += n
		s.note("crash without an answer", lost)
	case 4:
		lift := limitFiles(s.t, 4_096) // nothing behind the first page can be written
		for range 1 + s.r.IntN(3) {
			_, err := s.send(s.now)
			s.note("hits on a full disk", err != nil)
			if err == nil {
				s.t.Error("hits were acknowledged on a full disk")
			}
		}
		s.db.tick(s.now.Add(time.Hour), true)
		lift()
	case 5, 6:
		s.account(-1)
		s.ahead += 400 * 24 * time.Hour // never where it was before: days stand there that vouch for the clock
		jumps := []time.Duration{-30 * time.Minute, -5 * time.Hour, 24 * time.Hour, -48 * time.Hour, s.ahead, s.ahead}
		jump := jumps[s.r.IntN(len(jumps))]
		for range 2 {
			s.db.tick(s.now.Add(jump), true)
			_, err := s.send(s.now.Add(jump))
			s.note("hits on a clock that jumped", jump, err)
			s.account(-1) // what retention took may be counted anew when the clock is right
		}
	case 7:
		s.merge()
	default:
		_, err := s.send(s.now)
		s.note("hits", err)
		if err != nil {
			s.t.Errorf("%s: %v", s.now, err)
		}
	}
}

// send records a batch and returns how many of it were acknowledged.
func (s *simulation) send(now time.Time) (int64, error) {
	var hits []*hit.Hit
	for range 1 + s.r.IntN(25) {
		hits = append(hits, testView(s.t, fmt.Sprintf("/s%d/p%d", s.r.IntN(3), s.r.IntN(30)), s.r.IntN(200)))
	}
	n, err := recordBatch(s.db, now, hits)
	s.acknowledged += int64(n)
	return int64(n), err
}

// crash goes on with the file as it stands; what happens after that is lost.
func (s *simulation) crash(meanwhile func()) {
	dir := crashed(s.t, s.db, s.dir)
	meanwhile()
	if err := s.db.Close(); err != nil {
		s.t.Error(err)
	}
	_ = os.RemoveAll(s.dir) // of no use any more; thousands of seeds take room
	s.dir = dir
	s.open()
}

// merge imports a day that is over, in the place of what was counted or not.
func (s *simulation) merge() {
	day, replace := s.now.AddDate(0, 0, -2-s.r.IntN(8)), s.r.IntN(2) == 0
	s.account(-1)
	file := filepath.Join(s.dir, "import.days")
	im, err := NewImporter(ImportOptions{Site: s.site, Now: s.now, File: file})
	if err != nil {
		s.t.Fatal(err)
	}
	n := 1 + s.r.IntN(30)
	for i := range n {
		if err := im.Add(day.Truncate(24*time.Hour).Add(time.Duration(i)*time.Minute), testView(s.t, "/imported", i)); err != nil {
			s.t.Fatal(err)
		}
	}
	if _, err := im.Finish(); err != nil {
		s.t.Fatal(err)
	}
	merged, err := s.db.Merge(file, replace)
	_ = os.Remove(file) // as above
	if merged > 0 {
		s.acknowledged += int64(n)
		if replace {
			key := day.Format(time.DateOnly)
			s.acknowledged -= s.stored[key]
			s.stored[key] = 0
		}
	}
	s.note("import", replace, merged, err != nil)
}

// account holds what is stored against what was acknowledged.
func (s *simulation) account(day int) {
	s.t.Helper()
	copied := filepath.Join(s.dir, "copy.db")
	if err := s.db.Backup(copied); err != nil {
		s.t.Fatal(err)
	}
	report, err := Check(copied)
	_ = os.Remove(copied) // as above
	if err != nil || !report.OK {
		s.t.Fatalf("day %d: check: %v, %v", day, err, report)
	}
	stored, total := report.Sites["example.test"], int64(0)
	for _, n := range stored {
		total += n
	}
	kept := s.site.FirstKept(hit.DayAt(s.now, time.UTC) + 2).String() // the clock may have been a day ahead
	for _, was := range slices.Sorted(maps.Keys(s.stored)) {
		if gone := s.stored[was] - stored[was]; gone > 0 {
			if was >= kept {
				s.t.Errorf("day %d: %d views of %s are gone, and retention keeps it", day, gone, was)
			}
			s.deleted += gone
			s.note("deleted by retention", was, gone)
		}
	}
	s.stored = stored
	if total += s.deleted; total < s.acknowledged || total > s.acknowledged+s.unanswered {
		s.t.Errorf("day %d: stored %d, deleted among them %d; want %d to %d", day, total, s.deleted, s.acknowledged, s.acknowledged+s.unanswered)
	}
	s.note("account", total)
}
