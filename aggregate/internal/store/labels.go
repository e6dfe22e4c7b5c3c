package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"footfall/aggregate/hit"

	berrors "go.etcd.io/bbolt/errors"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A run of labels is: for each text its length as a uvarint and its bytes;
// then the CRC-32C of all before it, 4 bytes. Ids count on from the run's key.

// AppendLabels interns texts in a month's dictionary; their ids count on from
// those that stand, and the first is returned.
func (t *Tx) AppendLabels(h hit.Host, m hit.Month, texts []string) (first uint32, err error) {
	dict, err := t.sub(h, bucketLabels).CreateBucketIfNotExists(monthKey(m))
	if err != nil {
		return 0, err
	}
	if k, v := dict.Cursor().Last(); k != nil {
		run, err := decodeRun(v)
		if err != nil || len(k) != 4 {
			return 0, fmt.Errorf("%w: labels of %s", ErrDamaged, m)
		}
		first = binary.BigEndian.Uint32(k) + uint32(len(run))
	}
	if len(texts) == 0 {
		return first, nil
	}
	return first, dict.Put(binary.BigEndian.AppendUint32(nil, first), encodeRun(texts))
}

// Labels returns a month's texts; the index is the id.
func (t *Tx) Labels(h hit.Host, m hit.Month) ([]string, error) {
	labels := t.sub(h, bucketLabels)
	if labels == nil {
		return nil, nil
	}
	dict := labels.Bucket(monthKey(m))
	if dict == nil {
		return nil, nil
	}
	var out []string
	err := dict.ForEach(func(k, v []byte) error {
		run, err := decodeRun(v)
		if err != nil || len(k) != 4 || int(binary.BigEndian.Uint32(k)) != len(out) {
			return fmt.Errorf("%w: labels of %s", ErrDamaged, m)
		}
		out = append(out, run...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// LabelMonths returns the months that have a dictionary, ascending.
func (t *Tx) LabelMonths(h hit.Host) []hit.Month {
	var out []hit.Month
	labels := t.sub(h, bucketLabels)
	if labels == nil {
		return nil
	}
	_ = labels.ForEachBucket(func(k []byte) error { // fn never fails
		if len(k) == 4 {
			out = append(out, hit.Month(binary.BigEndian.Uint32(k)))
		}
		return nil
	})
	return out
}

// DropLabels deletes a month's dictionary.
func (t *Tx) DropLabels(h hit.Host, m hit.Month) error {
	err := t.sub(h, bucketLabels).DeleteBucket(monthKey(m))
	if errors.Is(err, berrors.ErrBucketNotFound) {
		return nil
	}
	return err
}

func encodeRun(texts []string) []byte {
	var b []byte
	for _, s := range texts {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func decodeRun(v []byte) ([]string, error) {
	if len(v) < 4 {
		return nil, ErrDamaged
	}
	body, sum := v[:len(v)-4], binary.BigEndian.Uint32(v[len(v)-4:])
	if crc32.Checksum(body, castagnoli) != sum {
		return nil, ErrDamaged
	}
	var out []string
	for r := bytes.Clone(body); len(r) > 0; {
		n, k := binary.Uvarint(r)
		if k <= 0 || n > uint64(len(r)-k) {
			return nil, ErrDamaged
		}
		out = append(out, string(r[k:k+int(n)]))
		r = r[k+int(n):]
	}
	return out, nil
}
