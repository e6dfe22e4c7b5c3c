package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"

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
	return sums.Put(sumKey(k, first), b)
}

// Sum returns a roll-up, nil where there is none. It is the map's memory, not to
// be written to and gone when the transaction ends.
func (t *Tx) Sum(h hit.Host, k SumKind, first hit.Day) []byte {
	if b := t.sub(h, bucketSums); b != nil {
		return b.Get(sumKey(k, first))
	}
	return nil
}

// EachSum calls fn with every roll-up of a site, under the terms of Sum.
func (t *Tx) EachSum(h hit.Host, fn func(k SumKind, first hit.Day, b []byte) error) error {
	sums := t.sub(h, bucketSums)
	if sums == nil {
		return nil
	}
	return sums.ForEach(func(k, v []byte) error {
		if len(k) != 5 || v == nil {
			return fmt.Errorf("%w: the key of a roll-up", ErrDamaged)
		}
		return fn(SumKind(k[0]), keyDay(k[1:]), v)
	})
}

// SumBytes returns the sum of the lengths of a site's roll-ups.
func (t *Tx) SumBytes(h hit.Host) (n int64) {
	_ = t.EachSum(h, func(_ SumKind, _ hit.Day, b []byte) error { // only a damaged key fails; EachSum reports it
		n += int64(len(b))
		return nil
	})
	return n
}

// dropSums deletes the roll-ups that have a day in [from, to].
func (t *Tx) dropSums(h hit.Host, from, to hit.Day) error {
	sums := t.sub(h, bucketSums)
	if sums == nil {
		return nil
	}
	var keys [][]byte
	err := t.EachSum(h, func(k SumKind, first hit.Day, _ []byte) error {
		if first <= to && k.last(first) >= from {
			keys = append(keys, sumKey(k, first))
		}
		return nil
	})
	if err != nil { // a damaged key must not keep a day from being closed
		return t.site(h).DeleteBucket(bucketSums)
	}
	for _, k := range keys {
		if err := sums.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// DaysStamp tells the blocks of the days in [from, to], and the labels of their
// months, from any others: it is made of the blocks' keys, lengths and heads,
// where the checksum of every table stands, and of the runs' checksums.
func (t *Tx) DaysStamp(h hit.Host, from, to hit.Day) (stamp uint64, err error) {
	var all bytes.Buffer
	err = t.blocks(h, from, to, func(k, v []byte) error {
		all.Write(k)
		all.Write(binary.BigEndian.AppendUint64(nil, uint64(len(v))))
		all.Write(v[:min(len(v), 512)])
		return nil
	})
	blocks := crc32.Checksum(all.Bytes(), castagnoli)
	all.Reset()
	for m := from.Month(); m <= to.Month(); m++ {
		for _, run := range t.LabelRuns(h, m) {
			all.Write(binary.BigEndian.AppendUint64(nil, run))
		}
	}
	return uint64(blocks)<<32 | uint64(crc32.Checksum(all.Bytes(), castagnoli)), err
}
