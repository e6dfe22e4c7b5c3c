package store

import (
	"encoding/binary"
	"hash/crc32"
	"slices"

	"footfall/aggregate/hit"
)

// SumKind is a kind of roll-up; it is the first byte of its key.
type SumKind byte

// The kinds: whole ISO weeks and whole calendar months.
const (
	SumMonth SumKind = 'M'
	SumWeek  SumKind = 'W'
)

// last returns the last day of the roll-up that begins on a day.
func (k SumKind) last(first hit.Day) hit.Day {
	if k == SumMonth {
		return first.Month().Last()
	}
	return first + 6
}

func sumKey(k SumKind, first hit.Day) []byte { return append([]byte{byte(k)}, dayKey(first)...) }

// PutSum keeps a roll-up. It is gone as soon as one of its days gets or loses a
// block, in the same transaction: a roll-up that stands is that of the days that
// stand.
func (t *Tx) PutSum(h hit.Host, k SumKind, first hit.Day, b []byte) error {
	sums, err := t.site(h).CreateBucketIfNotExists(bucketSums)
	if err != nil {
		return err
	}
	key := sumKey(k, first)
	return t.put(h, listSum, sums, string(key), key, b)
}

// Sum returns a roll-up, nil where there is none or not the one that was
// written. It is the map's memory, not to be written to and gone when the
// transaction ends.
func (t *Tx) Sum(h hit.Host, k SumKind, first hit.Day) []byte {
	l, err := t.list(h)
	if err != nil {
		return nil
	}
	key := sumKey(k, first)
	i, found := l.find(string(listSum) + string(key))
	if !found {
		return nil
	}
	return get(t.sub(h, bucketSums), l.entries[i], key)
}

// EachSum calls fn with every roll-up of a site, under the terms of Sum.
func (t *Tx) EachSum(h hit.Host, fn func(k SumKind, first hit.Day, b []byte) error) error {
	l, err := t.list(h)
	if err != nil {
		return err
	}
	sums := t.sub(h, bucketSums)
	for _, e := range slices.Clone(l.of(listSum)) {
		key := []byte(e.key[1:])
		if err := fn(SumKind(key[0]), keyDay(key[1:]), get(sums, e, key)); err != nil {
			return err
		}
	}
	return nil
}

// SumBytes returns the sum of the lengths of a site's roll-ups.
func (t *Tx) SumBytes(h hit.Host) (n int64) {
	_ = t.EachSum(h, func(_ SumKind, _ hit.Day, b []byte) error { // only a damaged list fails; check reports it
		n += int64(len(b))
		return nil
	})
	return n
}

// dropSums deletes the roll-ups that have a day in [from, to].
func (t *Tx) dropSums(h hit.Host, from, to hit.Day) error {
	l, err := t.list(h)
	if err != nil {
		return err
	}
	sums := t.sub(h, bucketSums)
	for _, e := range slices.Clone(l.of(listSum)) {
		key := []byte(e.key[1:])
		first := keyDay(key[1:])
		if first > to || SumKind(key[0]).last(first) < from {
			continue
		}
		l.drop(e.key)
		if sums == nil {
			continue
		}
		t.changes.value(bucketSites, []byte(h.String()), bucketSums, key)
		if err := sums.Delete(key); err != nil {
			return err
		}
	}
	return nil
}

// DaysStamp tells the blocks of the days in [from, to], and the labels of their
// months, from any others: it is made of their keys and sums in the site's list.
func (t *Tx) DaysStamp(h hit.Host, from, to hit.Day) (stamp uint64, err error) {
	l, err := t.list(h)
	if err != nil {
		return 0, err
	}
	crc := func(entries []listed) (sum uint32) {
		for _, e := range entries {
			sum = crc32.Update(sum, castagnoli, binary.BigEndian.AppendUint32([]byte(e.key), e.sum))
		}
		return sum
	}
	blocks := crc(l.between(listDay, dayKey(from), dayKey(to)))
	return uint64(blocks)<<32 | uint64(crc(l.between(listLabel, monthKey(from.Month()), monthKey(to.Month())))), nil
}
