package aggregate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/internal/store"
)

// closeDay makes the day's block and deletes its records, in one transaction:
// the commit point. Only then are filters and visits dropped.
func (db *DB) closeDay(d *openDay) error {
	host := d.config.Host
	err := db.store.Update(func(tx *store.Tx) error {
		if d.counted() {
			if err := addBlock(tx, host, d); err != nil {
				return err
			}
		}
		return errors.Join(tx.DropOpen(host, d.day), tx.DropSnapshots(host))
	})
	if err != nil {
		return fmt.Errorf("close day %s: %w", d.day, err)
	}
	d.release()
	return nil
}

// counted tells whether anything was counted on the day.
func (d *openDay) counted() bool {
	return d.site != [siteMeasures]int64{} || slices.ContainsFunc(d.small[:], func(c cells) bool { return len(c) > 0 }) ||
		len(d.features) > 0 || slices.ContainsFunc(d.hosts[:], func(t table[hostRow]) bool { return len(t.rows) > 0 })
}

// addBlock encodes a day under the ids of its month's dictionary, which takes
// in what is new, sorted: the order of ids tells nothing of the day.
func addBlock(tx *store.Tx, host hit.Host, d *openDay) error {
	ids, err := intern(tx, host, d.day.Month(), func(add func(string)) { d.texts(false, add) })
	if err != nil {
		return err
	}
	b := &builder{day: d, out: &block.Day{}, id: func(s string) uint32 { return ids[s] }}
	b.build()
	encoded, err := block.Encode(b.out)
	if err != nil {
		return err
	}
	return tx.AddBlock(host, d.day, encoded)
}

// intern returns the ids of a month's dictionary after adding the texts that
// each calls add with.
func intern(tx *store.Tx, host hit.Host, m hit.Month, each func(add func(string))) (map[string]uint32, error) {
	known, err := tx.Labels(host, m)
	if err != nil {
		return nil, err
	}
	ids := make(map[string]uint32, len(known))
	for id, s := range known {
		ids[s] = uint32(id)
	}
	fresh := map[string]struct{}{}
	each(func(s string) {
		if _, ok := ids[s]; !ok {
			fresh[s] = struct{}{}
		}
	})
	sorted := slices.Sorted(maps.Keys(fresh))
	first, err := tx.AppendLabels(host, m, sorted)
	if err != nil {
		return nil, err
	}
	for i, s := range sorted {
		ids[s] = first + uint32(i)
	}
	return ids, nil
}

// A portable block brings its labels along: snapshots are, since a month's
// dictionary must not tell at which hour a label was new, and finished days
// of an import, made where the dictionary is not.
//
//	1                            version
//	count                        of labels, uvarint
//	length and bytes             of each, sorted; its id is its index
//	CRC-32C                      of all before, 4 bytes big-endian
//	block
const portableVersion = 1

// portable encodes the day as a snapshot of a running one.
func (d *openDay) portable(tens bool) ([]byte, error) { return d.encodePortable(true, tens) }

func (d *openDay) encodePortable(running, tens bool) ([]byte, error) {
	set := map[string]struct{}{}
	d.texts(tens, func(s string) { set[s] = struct{}{} })
	texts := slices.Sorted(maps.Keys(set))
	ids := make(map[string]uint32, len(texts))
	for i, s := range texts {
		ids[s] = uint32(i)
	}
	b := &builder{day: d, out: &block.Day{}, tens: tens, part: running, id: func(s string) uint32 { return ids[s] }}
	b.build()
	return appendPortable(texts, b.out)
}

func appendPortable(texts []string, d *block.Day) ([]byte, error) {
	encoded, err := block.Encode(d)
	if err != nil {
		return nil, err
	}
	out := binary.AppendUvarint([]byte{portableVersion}, uint64(len(texts)))
	for _, s := range texts {
		out = binary.AppendUvarint(out, uint64(len(s)))
		out = append(out, s...)
	}
	out = binary.BigEndian.AppendUint32(out, crc32.Checksum(out, castagnoli))
	return append(out, encoded...), nil
}

// cutPortable returns the labels of a portable block, and the block.
func cutPortable(b []byte) (texts []string, rest []byte, err error) {
	if len(b) == 0 || b[0] != portableVersion {
		return nil, nil, block.ErrDamaged
	}
	r := &recordReader{b: b[1:]}
	for range r.count() {
		texts = append(texts, r.text())
	}
	if r.bad || len(r.b) < 4 {
		return nil, nil, block.ErrDamaged
	}
	if crc32.Checksum(b[:len(b)-len(r.b)], castagnoli) != binary.BigEndian.Uint32(r.b) {
		return nil, nil, block.ErrDamaged
	}
	return texts, r.b[4:], nil
}
