package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"footfall/aggregate/hit"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// A Tx is one transaction. Every slice it returns is a copy.
type Tx struct {
	tx   *bolt.Tx
	open openDay
}

// openDay is the running day to which the last record went: a batch puts
// hundreds in a row to the same one.
type openDay struct {
	host   hit.Host
	day    hit.Day
	bucket *bolt.Bucket
	key    []byte
}

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
	s, err := t.tx.Bucket(bucketSites).CreateBucketIfNotExists([]byte(h.String()))
	if err != nil {
		return err
	}
	for _, name := range [][]byte{bucketOpen, bucketSnapshots, bucketDays, bucketLabels} {
		if _, err := s.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	if s.Get(keyZone) != nil {
		return nil
	}
	return s.Put(keyZone, []byte(zone))
}

// A Site is a stored site's host and the name of its zone.
type Site struct {
	Host hit.Host
	Zone string
}

// Sites returns every stored site, by host.
func (t *Tx) Sites() ([]Site, error) {
	var out []Site
	err := t.tx.Bucket(bucketSites).ForEachBucket(func(k []byte) error {
		h, err := hit.ParseHost(string(k))
		if err != nil {
			return fmt.Errorf("%w: a site's name", ErrDamaged)
		}
		out = append(out, Site{h, string(t.site(h).Get(keyZone))})
		return nil
	})
	return out, err
}

// Forget deletes all that is kept of a site.
func (t *Tx) Forget(h hit.Host) error {
	t.open.bucket = nil
	err := t.tx.Bucket(bucketSites).DeleteBucket([]byte(h.String()))
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
	return t.tx.Bucket(bucketMeta).Put(keyDeleted, []byte{1})
}

// Deleted tells whether something was deleted since the last Compact: a kill
// between the two leaves that to the next start.
func (t *Tx) Deleted() bool { return t.tx.Bucket(bucketMeta).Get(keyDeleted) != nil }

// PutOpen writes one record of the running day.
func (t *Tx) PutOpen(h hit.Host, d hit.Day, k Kind, label string, record []byte) error {
	o := &t.open
	if o.bucket == nil || o.host != h || o.day != d {
		b, err := t.sub(h, bucketOpen).CreateBucketIfNotExists(dayKey(d))
		if err != nil {
			return err
		}
		o.host, o.day, o.bucket = h, d, b
	}
	o.key = append(append(o.key[:0], byte(k)), label...) // bbolt copies it
	return o.bucket.Put(o.key, record)
}

// OpenDays returns the days that have not been closed, ascending.
func (t *Tx) OpenDays(h hit.Host) ([]hit.Day, error) {
	var out []hit.Day
	b := t.sub(h, bucketOpen)
	if b == nil {
		return nil, nil
	}
	err := b.ForEachBucket(func(k []byte) error {
		if len(k) != 4 {
			return fmt.Errorf("%w: the key of an open day", ErrDamaged)
		}
		out = append(out, keyDay(k))
		return nil
	})
	return out, err
}

// OpenRecords calls fn for each record of an open day. The slices are valid
// only until fn returns.
func (t *Tx) OpenRecords(h hit.Host, d hit.Day, fn func(k Kind, label string, record []byte) error) error {
	open := t.sub(h, bucketOpen)
	if open == nil {
		return nil
	}
	b := open.Bucket(dayKey(d))
	if b == nil {
		return nil
	}
	return b.ForEach(func(k, v []byte) error {
		if len(k) == 0 || v == nil {
			return fmt.Errorf("%w: the key of a record", ErrDamaged)
		}
		return fn(Kind(k[0]), string(k[1:]), v)
	})
}

// OpenBytes returns the sum of the lengths of a site's records.
func (t *Tx) OpenBytes(h hit.Host) (n int64) {
	days, _ := t.OpenDays(h) // a damaged key counts nothing here
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
	t.open.bucket = nil
	err := t.sub(h, bucketOpen).DeleteBucket(dayKey(d))
	return t.deleted(err)
}

// PutSnapshot replaces a snapshot of the running day.
func (t *Tx) PutSnapshot(h hit.Host, which Snapshot, d hit.Day, b []byte) error {
	return t.sub(h, bucketSnapshots).Put([]byte(which), append(dayKey(d), b...))
}

// Snapshot returns a snapshot and its day; nil where there is none.
func (t *Tx) Snapshot(h hit.Host, which Snapshot) (hit.Day, []byte) {
	b := t.sub(h, bucketSnapshots)
	if b == nil {
		return 0, nil
	}
	v := b.Get([]byte(which))
	if len(v) < 4 {
		return 0, nil
	}
	return keyDay(v), bytes.Clone(v[4:])
}

// DropSnapshots deletes both snapshots.
func (t *Tx) DropSnapshots(h hit.Host) error {
	b := t.sub(h, bucketSnapshots)
	return errors.Join(b.Delete([]byte(Hour)), b.Delete([]byte(Tens)))
}

// AddBlock adds a block to a day.
func (t *Tx) AddBlock(h hit.Host, d hit.Day, block []byte) error {
	b := t.sub(h, bucketDays)
	last := -1
	c := b.Cursor()
	for k, _ := c.Seek(dayKey(d)); len(k) == 6 && keyDay(k) == d; k, _ = c.Next() {
		last = int(binary.BigEndian.Uint16(k[4:]))
	}
	if last >= 1<<16-1 {
		return errors.New("a day has no place for another block")
	}
	if err := t.dropSums(h, d, d); err != nil {
		return err
	}
	return b.Put(binary.BigEndian.AppendUint16(dayKey(d), uint16(last+1)), block)
}

// Blocks calls fn with a copy of each block of the days in [from, to], by day.
func (t *Tx) Blocks(h hit.Host, from, to hit.Day, fn func(d hit.Day, block []byte) error) error {
	return t.blocks(h, from, to, func(k, v []byte) error { return fn(keyDay(k), bytes.Clone(v)) })
}

// EachBlock is Blocks without copies: the slices are the map's memory, not to be
// written to and gone when the transaction ends.
func (t *Tx) EachBlock(h hit.Host, from, to hit.Day, fn func(d hit.Day, block []byte) error) error {
	return t.blocks(h, from, to, func(k, v []byte) error { return fn(keyDay(k), v) })
}

func (t *Tx) blocks(h hit.Host, from, to hit.Day, fn func(k, v []byte) error) error {
	b := t.sub(h, bucketDays)
	if b == nil {
		return nil
	}
	c := b.Cursor()
	for k, v := c.Seek(dayKey(from)); k != nil; k, v = c.Next() {
		if len(k) != 6 {
			return fmt.Errorf("%w: the key of a block", ErrDamaged)
		}
		if keyDay(k) > to {
			return nil
		}
		if err := fn(k, v); err != nil {
			return err
		}
	}
	return nil
}

// BlockBytes returns the sum of the lengths of a site's blocks.
func (t *Tx) BlockBytes(h hit.Host) (n int64) {
	_ = t.blocks(h, -1<<31, 1<<31-1, func(_, v []byte) error { // only a damaged key fails; Blocks reports it
		n += int64(len(v))
		return nil
	})
	return n
}

// HasBlocks tells whether a day has any block.
func (t *Tx) HasBlocks(h hit.Host, d hit.Day) bool { return t.HasBlocksIn(h, d, d) }

// HasBlocksIn tells whether a day in [from, to] has any block.
func (t *Tx) HasBlocksIn(h hit.Host, from, to hit.Day) bool {
	found := false
	_ = t.blocks(h, from, to, func(_, _ []byte) error { // as above
		found = true
		return io.EOF // one is enough
	})
	return found
}

// Days returns the first and last day that has a block; ok is false where none has.
func (t *Tx) Days(h hit.Host) (first, last hit.Day, ok bool) {
	b := t.sub(h, bucketDays)
	if b == nil {
		return 0, 0, false
	}
	c := b.Cursor()
	a, _ := c.First()
	z, _ := c.Last()
	if len(a) != 6 || len(z) != 6 {
		return 0, 0, false
	}
	return keyDay(a), keyDay(z), true
}

// DropBlocks deletes the blocks of the days in [from, to] and tells how many.
func (t *Tx) DropBlocks(h hit.Host, from, to hit.Day) (int, error) {
	var keys [][]byte
	err := t.blocks(h, from, to, func(k, _ []byte) error {
		keys = append(keys, bytes.Clone(k))
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, k := range keys {
		if err := t.sub(h, bucketDays).Delete(k); err != nil {
			return 0, err
		}
	}
	if len(keys) == 0 {
		return 0, t.dropSums(h, from, to)
	}
	return len(keys), t.deleted(t.dropSums(h, from, to))
}
