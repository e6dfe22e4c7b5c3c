package aggregate

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/internal/store"
)

// A rawFile is what a stranger finds who reads the database file page by
// page, free pages included, and knows bbolt's layout but asks no bbolt: for
// each record of a running day, each snapshot and each block every state of
// it that can be found whole, by its checksum.
type rawFile struct {
	states map[string]map[string]bool // name of a value: its states
}

// readRaw reads a file as it stands, while others write it or not.
func readRaw(t testing.TB, path string) *rawFile {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw := &rawFile{map[string]map[string]bool{}}
	size := int(binary.LittleEndian.Uint32(b[16+8:])) // of a page, from the first meta page
	for at := 0; at+size <= len(b); at += size {
		raw.leaf(b[at:])
	}
	return raw
}

// Flags of bbolt's pages and of the elements of a leaf.
const (
	rawLeaf   = 0x02
	rawBucket = 0x01
)

// leaf takes the values off what looks like a leaf page, and off the small
// buckets that stand inline in it.
func (raw *rawFile) leaf(p []byte) {
	le := binary.LittleEndian
	if len(p) < 16 || le.Uint16(p[8:]) != rawLeaf {
		return
	}
	for i := range int(le.Uint16(p[10:])) {
		e := 16 + 16*i
		if e+16 > len(p) {
			return
		}
		flags, pos, ksize, vsize := le.Uint32(p[e:]), int(le.Uint32(p[e+4:])), int(le.Uint32(p[e+8:])), int(le.Uint32(p[e+12:]))
		if e+pos+ksize+vsize > len(p) {
			continue
		}
		key, value := p[e+pos:][:ksize], p[e+pos+ksize:][:vsize]
		if flags&rawBucket == 0 {
			raw.value(string(key), value)
		} else if len(value) > 16 && le.Uint64(value) == 0 {
			raw.leaf(value[16:])
		}
	}
}

func (raw *rawFile) value(key string, v []byte) {
	name := ""
	switch {
	case key == string(store.Hour) || key == string(store.Tens):
		if len(v) > 4 {
			if _, _, err := cutPortable(v[4:]); err == nil {
				name = "snapshot " + key
			}
		}
	case len(key) == 6 && key[0]&0x80 != 0:
		if _, err := block.Open(v); err == nil {
			name = fmt.Sprintf("block %x", key)
		}
	case key != "" && strings.ContainsAny(key[:1], "SPCRODF") && !readRecord(store.Kind(key[0]), key[1:], v).bad:
		name = "record " + key
	}
	if name == "" {
		return
	}
	if raw.states[name] == nil {
		raw.states[name] = map[string]bool{}
	}
	raw.states[name][string(v)] = true
}

// most returns the value of which most states can be found.
func (raw *rawFile) most(prefix string) (name string, states int) {
	for key, found := range raw.states {
		if strings.HasPrefix(key, prefix) && len(found) > states {
			name, states = key, len(found)
		}
	}
	return name, states
}

// recordBatch counts hits in one batch, without goroutines and without the
// time a batch gathers.
func recordBatch(db *DB, now time.Time, hits []*hit.Hit) (stored int, err error) {
	b := &batch{full: make(chan struct{}), done: make(chan struct{})}
	for _, h := range hits {
		b.hits = append(b.hits, arrival{now, *h})
	}
	db.commit.Lock()
	err = db.write(b)
	db.commit.Unlock()
	db.afterHits(now)
	return b.stored, err
}

// rawTraffic is a batch of a bursty day: now and then hundreds of pages, most
// often one visitor's one view.
func rawTraffic(t testing.TB, r *rand.Rand, most int) []*hit.Hit {
	n := 1
	if r.IntN(8) == 0 {
		n = 1 + r.IntN(most)
	}
	hits := make([]*hit.Hit, 0, n)
	for range n {
		h := testView(t, fmt.Sprintf("/section%d/page%d", r.IntN(12), r.IntN(60)), r.IntN(3_000))
		host, err := hit.ParseHost(fmt.Sprintf("from%d.example", r.IntN(40)))
		if err != nil {
			t.Fatal(err)
		}
		h.Referrer = hit.ReferrerFrom(host)
		h.Browser.Major = uint16(100 + r.IntN(30))
		hits = append(hits, h)
	}
	return hits
}

// TestRawFileHoldsTwoStates reads the file, free pages included, after every
// commit of a running day: of no record and of no snapshot can more than two
// states be found, this commit's and the one before it. Commits that read
// transactions held up are caught up with, and failed ones leave nothing.
func TestRawFileHoldsTwoStates(t *testing.T) {
	now := at("2026-11-23 10:00:00")
	db := openTest(t, t.TempDir(), now)
	r := rand.New(rand.NewPCG(4, 4))
	worst, records := 0, 0
	for i := range 100 {
		now = now.Add(time.Duration(r.IntN(120)) * time.Second)
		if _, err := recordBatch(db, now, rawTraffic(t, r, 500)); err != nil {
			t.Fatal(err)
		}
		raw := readRaw(t, db.options.Path)
		records = len(raw.states)
		if name, n := raw.most(""); n > worst {
			worst = n
			t.Logf("commit %d: %d states of %q", i, n, name)
		}
	}
	if worst != 2 {
		t.Errorf("states of one record in the file: got at most %d, want 2", worst)
	}
	if records < 500 {
		t.Errorf("the reader finds %d values only", records)
	}
}

// TestRawFileWhileSomebodyReads holds a read transaction over commits: then
// more states stand in the file, and none of them two commits after it ended.
func TestRawFileWhileSomebodyReads(t *testing.T) {
	now := at("2026-11-23 10:00:00")
	db := openTest(t, t.TempDir(), now)
	r := rand.New(rand.NewPCG(5, 5))
	commit := func(n int) {
		t.Helper()
		for range n {
			now = now.Add(time.Second)
			if _, err := recordBatch(db, now, rawTraffic(t, r, 300)); err != nil {
				t.Fatal(err)
			}
		}
	}
	commit(10)
	reading, done, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		ended <- db.store.View(func(*store.Tx) error { close(reading); <-done; return nil })
	}()
	<-reading
	commit(20)
	_, during := readRaw(t, db.options.Path).most("record S")
	close(done)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	commit(2)
	name, after := readRaw(t, db.options.Path).most("")
	t.Logf("states of the site's record while a transaction read: %d; two commits after it: %d of %q", during, after, name)
	if during < 3 {
		t.Errorf("a reader held up nothing: %d states: this test shows nothing", during)
	}
	if after > 2 {
		t.Errorf("states of %q after the reader: got %d, want at most 2", name, after)
	}
}

// TestRawFileAfterClose reads the file after a day's close: no record and no
// snapshot of the day is left in it, free pages included. A kill between the
// close and the compaction, here a copy of the file, leaves them there until
// the next start: the test shows first that its reader finds them then.
func TestRawFileAfterClose(t *testing.T) {
	now := at("2026-11-23 10:00:00")
	dir := t.TempDir()
	db := openTest(t, dir, now)
	r := rand.New(rand.NewPCG(6, 6))
	for range 40 {
		now = now.Add(10 * time.Minute)
		if _, err := recordBatch(db, now, rawTraffic(t, r, 300)); err != nil {
			t.Fatal(err)
		}
	}
	s := db.sites[testHost(t)]
	db.commit.Lock()
	if err := db.closeDay(s.day); err != nil {
		t.Fatal(err)
	}
	s.day = nil
	db.commit.Unlock()
	killed := crashed(t, db, dir)
	left := func(db *DB) (values, blocks int) {
		for name := range readRaw(t, db.options.Path).states {
			if strings.HasPrefix(name, "block ") {
				blocks++
			} else {
				values++
			}
		}
		return values, blocks
	}
	if values, _ := left(db); values < 100 {
		t.Errorf("before the compaction the reader finds %d values only", values)
	}
	next := at("2026-11-24 00:00:01")
	if err := db.Compact(); err != nil {
		t.Fatal(err)
	}
	if values, blocks := left(db); values != 0 || blocks != 1 {
		t.Errorf("after close and compaction: got %d records and snapshots, and %d blocks, want none and 1", values, blocks)
	}

	again := openTest(t, killed, next)
	again.tick(next, true)
	if values, blocks := left(again); values != 0 || blocks != 1 {
		t.Errorf("after the start that follows a kill before the compaction: got %d records and snapshots, and %d blocks, want none and 1", values, blocks)
	}
	before, err := os.Stat(again.options.Path)
	if err != nil {
		t.Fatal(err)
	}
	again.tick(next.Add(time.Hour), true)
	after, err := os.Stat(again.options.Path)
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(before, after) {
		t.Error("the file is compacted again though nothing was deleted")
	}
}
