package store

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"

	"footfall/aggregate/hit"

	bolt "go.etcd.io/bbolt"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A run of labels is: the length of its body as a uvarint; the body, deflated
// (texts are two fifths of what a year takes otherwise): for each text its
// length as a uvarint and its bytes; then the CRC-32C of all before it, 4 bytes. Ids count on from the run's key.

// mostLabels is more than a run ever has: after one that cannot be read, whose
// number of labels nobody knows, ids go on so far behind.
const mostLabels = 1 << 17

// AppendLabels interns texts in a month's dictionary; their ids count on from
// those that stand, and the first is returned.
func (t *Tx) AppendLabels(h hit.Host, m hit.Month, texts []string) (first uint32, err error) {
	if first, err = t.NextLabel(h, m); err != nil || len(texts) == 0 {
		return first, err
	}
	if t.packer == nil { // it takes 700 KiB, and an import packs a run for each day
		if t.packer, err = flate.NewWriter(nil, flate.BestCompression); err != nil {
			return 0, err
		}
	}
	run, err := packLabels(t.packer, texts)
	if err != nil {
		return 0, err
	}
	return first, t.PutLabels(h, m, first, run)
}

// NextLabel returns the id that the next text of a month's dictionary will have.
func (t *Tx) NextLabel(h hit.Host, m hit.Month) (first uint32, err error) {
	l, err := t.list(h)
	if err != nil {
		return 0, err
	}
	runs := l.between(listLabel, monthKey(m), monthKey(m))
	if len(runs) == 0 {
		return 0, nil
	}
	e := runs[len(runs)-1]
	first = firstOf(e)
	run, err := decodeRun(get(bucketOf(t.sub(h, bucketLabels), monthKey(m)), e, []byte(e.key[5:])))
	if err != nil {
		return first + mostLabels, nil
	}
	return first + uint32(len(run)), nil
}

// PackLabels makes a run of texts, for PutLabels.
func PackLabels(texts []string) ([]byte, error) {
	w, err := flate.NewWriter(nil, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	return packLabels(w, texts)
}

// PutLabels adds a run to a month's dictionary; first is what NextLabel says.
func (t *Tx) PutLabels(h hit.Host, m hit.Month, first uint32, run []byte) error {
	dict, err := t.sub(h, bucketLabels).CreateBucketIfNotExists(monthKey(m))
	if err != nil {
		return err
	}
	key := binary.BigEndian.AppendUint32(nil, first)
	return t.put(h, listLabel, dict, string(monthKey(m))+string(key), key, run)
}

// firstOf returns the first id of a run.
func firstOf(e listed) uint32 { return binary.BigEndian.Uint32([]byte(e.key[5:])) }

// Labels returns a month's texts; the index is the id. One that cannot be read
// is "", and damaged tells that there is such a one.
func (t *Tx) Labels(h hit.Host, m hit.Month) (texts []string, damaged bool, err error) {
	l, err := t.list(h)
	if err != nil {
		return nil, true, err
	}
	labels := t.sub(h, bucketLabels)
	runs := l.between(listLabel, monthKey(m), monthKey(m))
	if labels == nil || len(runs) == 0 {
		return nil, labels == nil, nil
	}
	dict := bucketOf(labels, monthKey(m))
	for _, e := range runs {
		for len(texts) < int(firstOf(e)) {
			texts = append(texts, "")
		}
		run, err := decodeRun(cloned(get(dict, e, []byte(e.key[5:]))))
		if err != nil || len(texts) > int(firstOf(e)) {
			damaged = true
			continue
		}
		texts = append(texts, run...)
	}
	return texts, damaged, nil
}

// bucketOf returns a bucket in another; nil where it is not or cannot be read.
func bucketOf(b *bolt.Bucket, name []byte) (in *bolt.Bucket) {
	defer safely(func() { in = nil })()
	if b == nil {
		return nil
	}
	return b.Bucket(name)
}

// LabelRuns returns a stamp of each run of a month's dictionary, in order: a run
// with another stamp is another run.
func (t *Tx) LabelRuns(h hit.Host, m hit.Month) []uint64 {
	l, err := t.list(h)
	if err != nil {
		return nil
	}
	var out []uint64
	for _, e := range l.between(listLabel, monthKey(m), monthKey(m)) {
		out = append(out, uint64(firstOf(e))<<32|uint64(e.sum))
	}
	return out
}

// LabelsAfter returns the texts of a month's runs but the first ones, and
// fails unless the first of them has the id given.
func (t *Tx) LabelsAfter(h hit.Host, m hit.Month, skip int, id uint32) ([]string, error) {
	l, err := t.list(h)
	if err != nil {
		return nil, err
	}
	runs := l.between(listLabel, monthKey(m), monthKey(m))
	dict := bucketOf(t.sub(h, bucketLabels), monthKey(m))
	var out []string
	for _, e := range runs[min(skip, len(runs)):] {
		run, err := decodeRun(cloned(get(dict, e, []byte(e.key[5:]))))
		if err != nil || int(firstOf(e)) != int(id)+len(out) {
			return nil, fmt.Errorf("%w: labels of %s", ErrDamaged, m)
		}
		out = append(out, run...)
	}
	return out, nil
}

// LabelMonths returns the months that have a dictionary, ascending.
func (t *Tx) LabelMonths(h hit.Host) []hit.Month {
	l, err := t.list(h)
	if err != nil {
		return nil
	}
	var out []hit.Month
	for _, e := range l.of(listLabel) {
		m := hit.Month(binary.BigEndian.Uint32([]byte(e.key[1:])))
		if len(out) == 0 || out[len(out)-1] != m {
			out = append(out, m)
		}
	}
	return out
}

// DropLabels deletes a month's dictionary, and the roll-ups that name its texts.
func (t *Tx) DropLabels(h hit.Host, m hit.Month) error {
	t.change(h)
	if err := t.dropSums(h, m.First(), m.Last()); err != nil {
		return err
	}
	l, err := t.list(h)
	if err != nil {
		return err
	}
	for _, e := range slices.Clone(l.between(listLabel, monthKey(m), monthKey(m))) {
		l.drop(e.key)
	}
	t.changes.whole(bucketSites, []byte(h.String()), bucketLabels, monthKey(m))
	return t.deleted(t.sub(h, bucketLabels).DeleteBucket(monthKey(m)))
}

func packLabels(w *flate.Writer, texts []string) ([]byte, error) {
	var body []byte
	for _, s := range texts {
		body = binary.AppendUvarint(body, uint64(len(s)))
		body = append(body, s...)
	}
	out := bytes.NewBuffer(binary.AppendUvarint(nil, uint64(len(body))))
	w.Reset(out)
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
