package aggregate

import (
	"encoding/binary"
	"hash/crc32"
	"slices"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/internal/store"
)

// closeDay makes the day's block and deletes its records at once. The caller
// holds commit.
func (db *DB) closeDay(d *openDay) error {
	return db.complete(&siteState{config: *d.config}, closing(d))
}

// counted tells whether anything was counted on the day.
func (d *openDay) counted() bool {
	return d.site != [siteMeasures]int64{} || slices.ContainsFunc(d.small[:], func(f fixedRows) bool { return len(f) > 0 }) ||
		len(d.features) > 0 || slices.ContainsFunc(d.hosts[:], func(t table[hostRow]) bool { return len(t.rows) > 0 })
}

// addBlock encodes a day under the ids of its month's dictionary, which takes
// in what is new, sorted: the order of ids tells nothing of the day.
func addBlock(tx *store.Tx, host hit.Host, d *openDay) error {
	known, err := openLabels(tx, host, d.day.Month())
	if err != nil {
		return err
	}
	return known.add(tx, d.day, d.gather(false, false))
}

// monthLabels is the dictionary of a site's month, with ids by text.
type monthLabels struct {
	host  hit.Host
	month hit.Month
	ids   map[string]uint32
}

func openLabels(tx *store.Tx, host hit.Host, m hit.Month) (*monthLabels, error) {
	texts, _, err := tx.Labels(host, m) // what cannot be read is interned anew
	if err != nil {
		return nil, err
	}
	d := &monthLabels{host, m, make(map[string]uint32, len(texts))}
	for id, s := range texts {
		if s != "" {
			d.ids[s] = uint32(id)
		}
	}
	return d, nil
}

// add adds the block of a day of the month, after its texts that are new.
func (k *monthLabels) add(tx *store.Tx, day hit.Day, g *gathering) error {
	ids, err := k.intern(tx, g.texts)
	if err != nil {
		return err
	}
	encoded, err := block.Encode(g.day(ids))
	if err != nil {
		return err
	}
	return tx.AddBlock(k.host, day, encoded)
}

// intern returns the ids of texts, each of which is there once.
func (k *monthLabels) intern(tx *store.Tx, texts []string) ([]uint32, error) {
	fresh := k.fresh(texts)
	first, err := tx.AppendLabels(k.host, k.month, fresh)
	if err != nil {
		return nil, err
	}
	return k.idsFrom(texts, fresh, first), nil
}

// fresh returns those of the texts that the dictionary has not, sorted.
func (k *monthLabels) fresh(texts []string) (fresh []string) {
	for _, s := range texts {
		if _, ok := k.ids[s]; !ok {
			fresh = append(fresh, s)
		}
	}
	slices.Sort(fresh)
	return fresh
}

// idsFrom returns the ids of texts; those that are fresh count on from first.
func (k *monthLabels) idsFrom(texts, fresh []string, first uint32) []uint32 {
	for i, s := range fresh {
		k.ids[s] = first + uint32(i)
	}
	ids := make([]uint32, len(texts))
	for i, s := range texts {
		ids[i] = k.ids[s]
	}
	return ids
}

// A portable block brings its labels along: snapshots do, since a month's
// dictionary must not tell at which hour a label was new.
//
//	1                            version
//	count                        of labels, uvarint
//	length and bytes             of each, sorted; its id is its index
//	CRC-32C                      of all before, 4 bytes big-endian
//	block
const portableVersion = 1

// portable encodes the day as a snapshot of a running one.
func (d *openDay) portable(tens bool) ([]byte, error) {
	return portableOf(d.gather(true, tens))
}

func portableOf(g *gathering) ([]byte, error) {
	texts, ids := sortedTexts(g)
	return appendPortable(texts, g.day(ids))
}

// sortedTexts returns the texts of a gathering sorted, and the place that each
// has there.
func sortedTexts(g *gathering) (sorted []string, ids []uint32) {
	sorted = slices.Sorted(slices.Values(g.texts))
	rank := make(map[string]uint32, len(sorted))
	for i, s := range sorted {
		rank[s] = uint32(i)
	}
	ids = make([]uint32, len(sorted))
	for i, s := range g.texts {
		ids[i] = rank[s]
	}
	return sorted, ids
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
