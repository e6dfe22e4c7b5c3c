package store

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"strings"

	"footfall/aggregate/hit"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A run of labels is: the length of its body as a uvarint; the body, deflated
// (texts are two fifths of what a year takes otherwise): for each text its
// length as a uvarint and its bytes; then the CRC-32C of all before it, 4 bytes. Ids count on from the run's key.

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
	run, err := encodeRun(texts)
	if err != nil {
		return 0, err
	}
	return first, dict.Put(binary.BigEndian.AppendUint32(nil, first), run)
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

// LabelRuns returns a stamp of each run of a month's dictionary, in order: a run
// with another stamp is another run.
func (t *Tx) LabelRuns(h hit.Host, m hit.Month) []uint64 {
	var out []uint64
	_ = t.runs(h, m, func(k, v []byte) error { // fn never fails
		stamp := uint64(crc32.Checksum(k, castagnoli))<<32 ^ uint64(len(v))<<32
		if len(v) >= 4 {
			stamp |= uint64(binary.BigEndian.Uint32(v[len(v)-4:]))
		}
		out = append(out, stamp)
		return nil
	})
	return out
}

// LabelsAfter returns the texts of a month's runs but the first ones, and
// fails unless the first of them has the id given.
func (t *Tx) LabelsAfter(h hit.Host, m hit.Month, skip int, id uint32) ([]string, error) {
	var out []string
	err := t.runs(h, m, func(k, v []byte) error {
		if skip > 0 {
			skip--
			return nil
		}
		run, err := decodeRun(v)
		if err != nil || len(k) != 4 || int(binary.BigEndian.Uint32(k)) != int(id)+len(out) {
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

func (t *Tx) runs(h hit.Host, m hit.Month, fn func(k, v []byte) error) error {
	labels := t.sub(h, bucketLabels)
	if labels == nil {
		return nil
	}
	if dict := labels.Bucket(monthKey(m)); dict != nil {
		return dict.ForEach(fn)
	}
	return nil
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

// DropLabels deletes a month's dictionary, and the roll-ups that name its texts.
func (t *Tx) DropLabels(h hit.Host, m hit.Month) error {
	if err := t.dropSums(h, m.First(), m.Last()); err != nil {
		return err
	}
	err := t.sub(h, bucketLabels).DeleteBucket(monthKey(m))
	return t.deleted(err)
}

func encodeRun(texts []string) ([]byte, error) {
	var body []byte
	for _, s := range texts {
		body = binary.AppendUvarint(body, uint64(len(s)))
		body = append(body, s...)
	}
	out := bytes.NewBuffer(binary.AppendUvarint(nil, uint64(len(body))))
	w, err := flate.NewWriter(out, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return binary.BigEndian.AppendUint32(out.Bytes(), crc32.Checksum(out.Bytes(), castagnoli)), nil
}

// maxRun is the most bytes that the body of a run may have.
const maxRun = 1 << 28

func decodeRun(v []byte) ([]string, error) {
	if len(v) < 4 {
		return nil, ErrDamaged
	}
	packed, sum := v[:len(v)-4], binary.BigEndian.Uint32(v[len(v)-4:])
	size, k := binary.Uvarint(packed)
	if crc32.Checksum(packed, castagnoli) != sum || k <= 0 || size > maxRun {
		return nil, ErrDamaged
	}
	var body strings.Builder
	n, err := io.Copy(&body, io.LimitReader(flate.NewReader(bytes.NewReader(packed[k:])), int64(size)+1))
	if err != nil || uint64(n) != size {
		return nil, ErrDamaged
	}
	var out []string
	for rest := body.String(); rest != ""; {
		text, after, ok := cutText(rest)
		if !ok {
			return nil, ErrDamaged
		}
		out = append(out, text)
		rest = after
	}
	return out, nil
}

// cutText takes one text off a run; the texts of a run share its memory.
func cutText(s string) (text, rest string, ok bool) {
	n, k := binary.Uvarint([]byte(s[:min(len(s), binary.MaxVarintLen64)]))
	if k <= 0 || n > uint64(len(s)-k) {
		return "", "", false
	}
	return s[k : k+int(n)], s[k+int(n):], true
}
