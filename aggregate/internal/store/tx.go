package store

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"footfall/aggregate/hit"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// A Tx is one transaction. Every slice it returns is a copy. What is listed
// (contents.go) and is not there, or not what was written, is damaged.
type Tx struct {
	tx          *bolt.Tx
	generations *generations // nil where nothing is written
	changed     []hit.Host
	changes     *changes            // what a compaction must catch up with; nil: none runs
	lists       map[string]*listing // by host, as they are after what was done so far
	fresh       map[openKey]uint32  // records that are new, by running day
	open        openDay
	packer      *flate.Writer // of runs of labels
}

type openKey struct {
	host hit.Host
	day  hit.Day
}

// openDay is the running day to which the last record went: a batch puts
// hundreds in a row to the same one.
type openDay struct {
	openKey
	bucket *bolt.Bucket
	key    []byte
}

// openFill is how full a page of records may be when it is split. Records are
// replaced far more often than new ones come, so full pages cost less.
const openFill = 0.9

// Kind says what a record of the running day is about; it is the first byte
// of its key.
type Kind byte

// The kinds of record.
const (
	KindSite     Kind = 'S'
	KindPage     Kind = 'P'
	KindSection  Kind = 'C'
	KindReferrer Kind = 'R'
	KindOutbound Kind = 'O'
	KindDownload Kind = 'D'
	KindFailed   Kind = 'F'
)

// Snapshot names one of the two snapshots of the running day.
type Snapshot string

// The snapshots: all tables at the last full hour, totals at the last ten minutes.
const (
	Hour Snapshot = "hour"
	Tens Snapshot = "tens"
)

var (
	keyZone         = []byte("zone")
	bucketOpen      = []byte("open")
	bucketSnapshots = []byte("snapshots")
	bucketDays      = []byte("days")
	bucketLabels    = []byte("labels")
	bucketSums      = []byte("sums")
)

func dayKey(d hit.Day) []byte     { return binary.BigEndian.AppendUint32(nil, uint32(d)^1<<31) }
func monthKey(m hit.Month) []byte { return binary.BigEndian.AppendUint32(nil, uint32(m)) }
func keyDay(k []byte) hit.Day     { return hit.Day(binary.BigEndian.Uint32(k) ^ 1<<31) }

func (t *Tx) site(h hit.Host) *bolt.Bucket {
	return t.tx.Bucket(bucketSites).Bucket([]byte(h.String()))
}

func (t *Tx) sub(h hit.Host, name []byte) *bolt.Bucket {
	if s := t.site(h); s != nil {
		return s.Bucket(name)
	}
	return nil
}

// PutSite makes a site's tree, or does nothing where it stands.
func (t *Tx) PutSite(h hit.Host, zone string) error {
	sites, err := getSites(t.tx)
	if err != nil {
		return err
	}
	host := h.String()
	if slices.ContainsFunc(sites, func(s namedZone) bool { return s.host == host }) {
		return nil
	}
	t.changes.whole(bucketSites, []byte(host))
	t.changes.value(bucketMeta, bucketSites)
	s, err := t.tx.Bucket(bucketSites).CreateBucket([]byte(host))
	if err != nil {
		return err
	}
	for _, name := range [][]byte{bucketOpen, bucketSnapshots, bucketDays, bucketLabels} {
		if _, err := s.CreateBucket(name); err != nil {
			return err
		}
	}
	if err := s.Put(keyList, new(listing).encode(host)); err != nil {
		return err
	}
	return putSites(t.tx, append(sites, namedZone{host, zone}))
}

// A Site is a stored site's host and the name of its zone.
type Site struct {
	Host hit.Host
	Zone string
}

// Sites returns every stored site, by host. The error names what is damaged,
// so that nothing of a file can be told by it.
func (t *Tx) Sites() ([]Site, error) {
	sites, err := getSites(t.tx)
	if err != nil {
		return nil, err
	}
	var out []Site
	for _, s := range sites {
		h, err := hit.ParseHost(s.host)
		if err != nil || t.site(h) == nil {
			return nil, fmt.Errorf("%w: the site %s is not where it should be", ErrDamaged, s.host)
		}
		out = append(out, Site{h, s.zone})
	}
	return out, nil
}

// Forget deletes all that is kept of a site.
func (t *Tx) Forget(h hit.Host) error {
	sites, err := getSites(t.tx)
	if err != nil {
		return err
	}
	host := h.String()
	sites = slices.DeleteFunc(sites, func(s namedZone) bool { return s.host == host })
	if err := putSites(t.tx, sites); err != nil {
		return err
	}
	t.changes.whole(bucketSites, []byte(host))
	t.changes.value(bucketMeta, bucketSites)
	delete(t.lists, host)
	t.open.bucket = nil
	t.change(h)
	err = t.tx.Bucket(bucketSites).DeleteBucket([]byte(host))
	return t.deleted(err)
}

// deleted remembers, where a deletion succeeded, that what went stands in
// free pages until the file is compacted. What was not there is no error.
func (t *Tx) deleted(err error) error {
	if errors.Is(err, berrors.ErrBucketNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	t.changes.value(bucketMeta, keyDeleted)
	return t.tx.Bucket(bucketMeta).Put(keyDeleted, []byte{1})
}

// Deleted tells whether something was deleted since the last Compact: a kill
// between the two leaves that to the next start.
func (t *Tx) Deleted() bool { return t.tx.Bucket(bucketMeta).Get(keyDeleted) != nil }

// openDay returns a running day's bucket; nil where there is none.
func (t *Tx) openDay(h hit.Host, d hit.Day) *bolt.Bucket {
	if open := t.sub(h, bucketOpen); open != nil {
		return open.Bucket(dayKey(d))
	}
	return nil
}

// PutOpen writes one record of the running day. fresh says that the record was
// never written before: the day knows how many records it should have.
func (t *Tx) PutOpen(h hit.Host, d hit.Day, k Kind, label string, record []byte, fresh bool) error {
	o := &t.open
	if o.bucket == nil || o.host != h || o.day != d {
		b, err := t.makeOpen(h, d)
		if err != nil {
			return err
		}
		b.FillPercent = openFill
		o.host, o.day, o.bucket = h, d, b
	}
	if fresh {
		if t.fresh == nil {
			t.fresh = map[openKey]uint32{}
		}
		t.fresh[o.openKey]++
	}
	o.key = append(append(o.key[:0], byte(k)), label...) // bbolt copies it
	if t.changes != nil {
		t.changes.value(bucketSites, []byte(h.String()), bucketOpen, dayKey(d), o.key)
	}
	return o.bucket.Put(o.key, record)
}

// makeOpen returns the bucket of a running day, made and listed if need be.
func (t *Tx) makeOpen(h hit.Host, d hit.Day) (*bolt.Bucket, error) {
	if b := t.openDay(h, d); b != nil {
		return b, nil
	}
	l, err := t.list(h)
	if err != nil {
		return nil, err
	}
	l.put(string(listOpen)+string(dayKey(d)), 0)
	return t.sub(h, bucketOpen).CreateBucket(dayKey(d))
}

// OpenDays returns the days that have not been closed, ascending. It is an
// error when one of them is not there.
func (t *Tx) OpenDays(h hit.Host) ([]hit.Day, error) {
	l, err := t.list(h)
	if err != nil {
		return nil, err
	}
	var out []hit.Day
	for _, e := range l.of(listOpen) {
		out = append(out, keyDay([]byte(e.key[1:])))
	}
	return out, nil
}

// OpenRecords calls fn for each record of an open day. The slices are valid
// only until fn returns. It is an error, at the latest when all are read, if
// records are missing.
func (t *Tx) OpenRecords(h hit.Host, d hit.Day, fn func(k Kind, label string, record []byte) error) error {
	missing := fmt.Errorf("%w: records of the running day %s are missing", ErrDamaged, d)
	b := t.openDay(h, d)
	if b == nil {
		return missing
	}
	want, ok := decodeCount(b.Get(keyCount))
	got, last := uint32(0), []byte(nil)
	err := b.ForEach(func(k, v []byte) error {
		if bytes.Equal(k, keyCount) {
			return nil
		}
		if len(k) == 0 || v == nil || bytes.Compare(k, last) <= 0 {
			return fmt.Errorf("%w: the key of a record of the running day %s", ErrDamaged, d)
		}
		last = k
		got++
		return fn(Kind(k[0]), string(k[1:]), v)
	})
	if err == nil && (!ok || got != want) {
		return missing
	}
	return err
}

// OpenBytes returns the sum of the lengths of a site's records.
func (t *Tx) OpenBytes(h hit.Host) (n int64) {
	days, _ := t.OpenDays(h) // a damaged day counts nothing here
	for _, d := range days {
		_ = t.OpenRecords(h, d, func(_ Kind, label string, record []byte) error { // as above
			n += int64(len(label) + len(record))
			return nil
		})
	}
	return n
}

// DropOpen deletes an open day's records.
func (t *Tx) DropOpen(h hit.Host, d hit.Day) error {
	l, err := t.list(h)
	if err != nil {
		return err
	}
	l.drop(string(listOpen) + string(dayKey(d)))
	delete(t.fresh, openKey{h, d})
	t.open.bucket = nil
	t.changes.whole(bucketSites, []byte(h.String()), bucketOpen, dayKey(d))
	err = t.sub(h, bucketOpen).DeleteBucket(dayKey(d))
	return t.deleted(err)
}

// PutSnapshot replaces a snapshot of the running day.
func (t *Tx) PutSnapshot(h hit.Host, which Snapshot, d hit.Day, b []byte) error {
	t.change(h)
	return t.put(h, listSnapshot, t.sub(h, bucketSnapshots), string(which), []byte(which), append(dayKey(d), b...))
}

// Snapshot returns a snapshot and its day; nil where there is none.
func (t *Tx) Snapshot(h hit.Host, which Snapshot) (hit.Day, []byte, error) {
	l, err := t.list(h)
	if err != nil {
		return 0, nil, err
	}
	i, found := l.find(string(listSnapshot) + string(which))
	if !found {
		return 0, nil, nil
	}
	v := get(t.sub(h, bucketSnapshots), l.entries[i], []byte(which))
	if len(v) < 4 {
		return 0, nil, fmt.Errorf("%w: a snapshot of the running day", ErrDamaged)
	}
	return keyDay(v), bytes.Clone(v[4:]), nil
}

// DropSnapshots deletes both snapshots.
func (t *Tx) DropSnapshots(h hit.Host) error {
	t.change(h)
	l, err := t.list(h)
	if err != nil {
		return err
	}
	b := t.sub(h, bucketSnapshots)
	for _, which := range []Snapshot{Hour, Tens} {
		l.drop(string(listSnapshot) + string(which))
		t.changes.value(bucketSites, []byte(h.String()), bucketSnapshots, []byte(which))
		if err := b.Delete([]byte(which)); err != nil {
			return err
		}
	}
	return nil
}

// AddBlock adds a block to a day.
func (t *Tx) AddBlock(h hit.Host, d hit.Day, block []byte) error {
	t.change(h)
	l, err := t.list(h)
	if err != nil {
		return err
	}
	last := -1
	for _, e := range l.between(listDay, dayKey(d), dayKey(d)) {
		last = int(binary.BigEndian.Uint16([]byte(e.key[5:])))
	}
	if last >= 1<<16-1 {
		return errors.New("a day has no place for another block")
	}
	if err := t.dropSums(h, d, d); err != nil {
		return err
	}
	key := binary.BigEndian.AppendUint16(dayKey(d), uint16(last+1))
	return t.put(h, listDay, t.sub(h, bucketDays), string(key), key, block)
}

// Blocks calls fn with a copy of each block of the days in [from, to], by day;
// with nil for one that is not what was written.
func (t *Tx) Blocks(h hit.Host, from, to hit.Day, fn func(d hit.Day, block []byte) error) error {
	return t.EachBlock(h, from, to, func(d hit.Day, v []byte) error { return fn(d, cloned(v)) })
}

// EachBlock is Blocks without copies: the slices are the map's memory, not to be
// written to and gone when the transaction ends.
func (t *Tx) EachBlock(h hit.Host, from, to hit.Day, fn func(d hit.Day, block []byte) error) error {
	l, err := t.list(h)
	if err != nil {
		return err
	}
	b := t.sub(h, bucketDays)
	for _, e := range l.between(listDay, dayKey(from), dayKey(to)) {
		key := []byte(e.key[1:])
		if err := fn(keyDay(key), get(b, e, key)); err != nil {
			return err
		}
	}
	return nil
}

// BlockBytes returns the sum of the lengths of a site's blocks.
func (t *Tx) BlockBytes(h hit.Host) (n int64) {
	b := t.sub(h, bucketDays)
	if b == nil {
		return 0
	}
	_ = guarded(func() error { // a damaged page counts nothing here; check reports it
		return b.ForEach(func(_, v []byte) error {
			n += int64(len(v))
			return nil
		})
	})
	return n
}

// HasBlocks tells whether a day has any block.
func (t *Tx) HasBlocks(h hit.Host, d hit.Day) bool { return t.HasBlocksIn(h, d, d) }

// HasBlocksIn tells whether a day in [from, to] has any block.
func (t *Tx) HasBlocksIn(h hit.Host, from, to hit.Day) bool {
	l, err := t.list(h)
	return err == nil && len(l.between(listDay, dayKey(from), dayKey(to))) > 0
}

// Days returns the first and last day that has a block; ok is false where none has.
func (t *Tx) Days(h hit.Host) (first, last hit.Day, ok bool) {
	l, err := t.list(h)
	if err != nil {
		return 0, 0, false
	}
	all := l.of(listDay)
	if len(all) == 0 {
		return 0, 0, false
	}
	return keyDay([]byte(all[0].key[1:])), keyDay([]byte(all[len(all)-1].key[1:])), true
}

// DropBlocks deletes the blocks of the days in [from, to] and tells how many.
func (t *Tx) DropBlocks(h hit.Host, from, to hit.Day) (int, error) {
	t.change(h)
	l, err := t.list(h)
	if err != nil {
		return 0, err
	}
	keys := slices.Clone(l.between(listDay, dayKey(from), dayKey(to)))
	b := t.sub(h, bucketDays)
	for _, e := range keys {
		l.drop(e.key)
		t.changes.value(bucketSites, []byte(h.String()), bucketDays, []byte(e.key[1:]))
		if err := b.Delete([]byte(e.key[1:])); err != nil {
			return 0, err
		}
	}
	if len(keys) == 0 {
		return 0, t.dropSums(h, from, to)
	}
	return len(keys), t.deleted(t.dropSums(h, from, to))
}

// cloned returns a copy; nil of nil.
func cloned(v []byte) (out []byte) {
	defer safely(func() { out = nil })()
	return bytes.Clone(v)
}
