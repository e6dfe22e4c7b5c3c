package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

	"footfall/aggregate/hit"

	bolt "go.etcd.io/bbolt"
)

// bbolt checks neither its keys nor its pages: a flipped bit can give a value
// another key, or make it, its bucket or a run of its neighbours vanish, and a
// day that is not there would read as a day without visitors. So the store
// lists what it holds, and believes nothing that the lists do not name:
//
//	sites   in meta: version (4 bytes), how many sites (uvarint); for each the
//	        length and bytes of its host and of its zone; CRC-32C of all before
//	list    in each site: how many entries (uvarint); for each, by key: length
//	        (uvarint) and bytes of its key, sum (4 bytes); CRC-32C of the host
//	        and of all before
//
// The key of an entry is a letter for its bucket and the key in it; the sum is
// the CRC-32C of the first 512 bytes of the value, which hold all checksums of
// a block's tables, and of a run of labels its own checksum. Running days are listed without a sum: each record's own
// checksum covers its key, and the key # tells how many records there are.

// The buckets of a site, as the list names them.
const (
	listOpen     = 'o'
	listSnapshot = 's'
	listDay      = 'd'
	listLabel    = 'l'
	listSum      = 'w'
)

var (
	keyList  = []byte("list")
	keyCount = []byte{'#'}
)

// summed is how many bytes of a value the list's sum covers.
const summed = 512

// sum returns what the list says of a value of a bucket.
func sum(bucket byte, v []byte) uint32 {
	if bucket == listLabel && len(v) >= 4 {
		return binary.BigEndian.Uint32(v[len(v)-4:])
	}
	return crc32.Checksum(v[:min(len(v), summed)], castagnoli)
}

// A listing is the list of one site while a transaction runs.
type listing struct {
	entries []listed // by key
	changed bool
}

type listed struct {
	key string
	sum uint32
}

func (l *listing) find(key string) (int, bool) {
	return slices.BinarySearchFunc(l.entries, key, func(e listed, key string) int { return strings.Compare(e.key, key) })
}

func (l *listing) put(key string, sum uint32) {
	i, found := l.find(key)
	if !found {
		l.entries = slices.Insert(l.entries, i, listed{key, sum})
	}
	l.entries[i].sum = sum
	l.changed = true
}

func (l *listing) drop(key string) {
	if i, found := l.find(key); found {
		l.entries = slices.Delete(l.entries, i, i+1)
		l.changed = true
	}
}

// between returns the entries of a bucket with from <= key <= to, which are as
// long as need be to say it.
func (l *listing) between(bucket byte, from, to []byte) []listed {
	a, _ := l.find(string(bucket) + string(from))
	b := a
	for b < len(l.entries) && l.entries[b].key[0] == bucket && strings.Compare(l.entries[b].key[1:][:min(len(to), len(l.entries[b].key)-1)], string(to)) <= 0 {
		b++
	}
	return l.entries[a:b]
}

// of returns all entries of a bucket.
func (l *listing) of(bucket byte) []listed { return l.between(bucket, nil, nil) }

// valid tells whether every key is one that this package makes.
func (l *listing) valid() bool {
	for _, e := range l.entries {
		n := len(e.key) - 1
		ok := false
		switch e.key[0] {
		case listOpen:
			ok = n == 4
		case listSnapshot:
			ok = Snapshot(e.key[1:]) == Hour || Snapshot(e.key[1:]) == Tens
		case listDay:
			ok = n == 6
		case listLabel:
			ok = n == 8
		case listSum:
			ok = n == 5
		}
		if !ok {
			return false
		}
	}
	return true
}

func (l *listing) encode(host string) []byte {
	b := binary.AppendUvarint(nil, uint64(len(l.entries)))
	for _, e := range l.entries {
		b = binary.AppendUvarint(b, uint64(len(e.key)))
		b = append(b, e.key...)
		b = binary.BigEndian.AppendUint32(b, e.sum)
	}
	return seal(host, b)
}

func decodeListing(host string, b []byte) (*listing, error) {
	text, ok := unseal(host, b)
	n, k := binary.Uvarint([]byte(text[:min(len(text), binary.MaxVarintLen64)]))
	if !ok || k <= 0 || n > uint64(len(text)) {
		return nil, ErrDamaged
	}
	l := &listing{entries: make([]listed, 0, n)}
	text = text[k:]
	for range n {
		key, rest, ok := cutText(text)
		if !ok || len(rest) < 4 || key == "" || len(l.entries) > 0 && key <= l.entries[len(l.entries)-1].key {
			return nil, ErrDamaged
		}
		l.entries = append(l.entries, listed{key, binary.BigEndian.Uint32([]byte(rest[:4]))})
		text = rest[4:]
	}
	if text != "" || !l.valid() {
		return nil, ErrDamaged
	}
	return l, nil
}

// seal appends the CRC-32C of a name and of all of b.
func seal(name string, b []byte) []byte {
	return binary.BigEndian.AppendUint32(b, crc32.Update(crc32.Checksum([]byte(name), castagnoli), castagnoli, b))
}

// unseal returns what was sealed under the name.
func unseal(name string, b []byte) (string, bool) {
	if len(b) < 4 {
		return "", false
	}
	body := b[:len(b)-4]
	if !bytes.Equal(seal(name, bytes.Clone(body)), b) {
		return "", false
	}
	return string(body), true
}

// list returns what the site holds. It is written back with the transaction
// once it has changed.
func (t *Tx) list(h hit.Host) (*listing, error) {
	host := h.String()
	if l := t.lists[host]; l != nil {
		return l, nil
	}
	s := t.site(h)
	if s == nil {
		return nil, fmt.Errorf("%w: the site %s is not where it should be", ErrDamaged, host)
	}
	l, err := decodeListing(host, s.Get(keyList))
	if err != nil {
		return nil, fmt.Errorf("%w: the list of what is stored of %s", ErrDamaged, host)
	}
	if t.lists == nil {
		t.lists = map[string]*listing{}
	}
	t.lists[host] = l
	return l, nil
}

// Readable fails where the list of a site is damaged: nothing can be told of it.
func (t *Tx) Readable(h hit.Host) error {
	_, err := t.list(h)
	return err
}

// put writes a value and lists it.
func (t *Tx) put(h hit.Host, bucket byte, b *bolt.Bucket, listKey string, key, value []byte) error {
	l, err := t.list(h)
	if err != nil {
		return err
	}
	l.put(string(bucket)+listKey, sum(bucket, value))
	if t.changes != nil {
		switch host := []byte(h.String()); bucket {
		case listSnapshot:
			t.changes.value(bucketSites, host, bucketSnapshots, key)
		case listDay:
			t.changes.value(bucketSites, host, bucketDays, key)
		case listSum:
			t.changes.value(bucketSites, host, bucketSums, key)
		case listLabel:
			t.changes.value(bucketSites, host, bucketLabels, []byte(listKey[:4]), key)
		}
	}
	return b.Put(key, value)
}

// get returns a listed value in the map's memory, nil where it is not what was
// listed or cannot be read.
func get(b *bolt.Bucket, e listed, key []byte) (v []byte) {
	defer safely(func() { v = nil })()
	if b == nil {
		return nil
	}
	if v = b.Get(key); v == nil || sum(e.key[0], v) != e.sum {
		return nil
	}
	return v
}

// flush writes what the transaction changed of lists and of counts.
func (t *Tx) flush() error {
	for day, n := range t.fresh {
		if n == 0 {
			continue
		}
		b := t.openDay(day.host, day.day)
		if b == nil {
			continue // dropped since
		}
		old, ok := uint32(0), true
		if v := b.Get(keyCount); v != nil {
			old, ok = decodeCount(v)
		}
		if !ok {
			return fmt.Errorf("%w: the number of records of %s", ErrDamaged, day.day)
		}
		t.changes.value(bucketSites, []byte(day.host.String()), bucketOpen, dayKey(day.day), keyCount)
		if err := b.Put(keyCount, encodeCount(old+n)); err != nil {
			return err
		}
	}
	for host, l := range t.lists {
		s := t.tx.Bucket(bucketSites).Bucket([]byte(host))
		if !l.changed || s == nil {
			continue
		}
		t.changes.value(bucketSites, []byte(host), keyList)
		if err := s.Put(keyList, l.encode(host)); err != nil {
			return err
		}
	}
	return nil
}

func encodeCount(n uint32) []byte {
	return seal(string(keyCount), binary.BigEndian.AppendUint32(nil, n))
}

func decodeCount(v []byte) (uint32, bool) {
	b, ok := unseal(string(keyCount), v)
	if !ok || len(b) != 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32([]byte(b)), true
}

// putSites writes the list of sites.
func putSites(tx *bolt.Tx, sites []namedZone) error {
	slices.SortFunc(sites, func(a, b namedZone) int { return strings.Compare(a.host, b.host) })
	b := binary.BigEndian.AppendUint32(nil, Version)
	b = binary.AppendUvarint(b, uint64(len(sites)))
	for _, s := range sites {
		for _, text := range []string{s.host, s.zone} {
			b = binary.AppendUvarint(b, uint64(len(text)))
			b = append(b, text...)
		}
	}
	return tx.Bucket(bucketMeta).Put(bucketSites, seal("sites", b))
}

type namedZone struct{ host, zone string }

// getSites reads the list of sites.
func getSites(tx *bolt.Tx) ([]namedZone, error) {
	damaged := fmt.Errorf("%w: the list of sites", ErrDamaged)
	text, ok := unseal("sites", tx.Bucket(bucketMeta).Get(bucketSites))
	if !ok || len(text) < 5 || binary.BigEndian.Uint32([]byte(text[:4])) != Version {
		return nil, damaged
	}
	text = text[4:]
	n, k := binary.Uvarint([]byte(text[:min(len(text), binary.MaxVarintLen64)]))
	if k <= 0 {
		return nil, damaged
	}
	text = text[k:]
	var out []namedZone
	for range n {
		var s namedZone
		if s.host, text, ok = cutText(text); ok {
			s.zone, text, ok = cutText(text)
		}
		if !ok {
			return nil, damaged
		}
		out = append(out, s)
	}
	if text != "" {
		return nil, damaged
	}
	return out, nil
}
