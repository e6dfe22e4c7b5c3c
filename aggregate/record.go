package aggregate

import (
	"cmp"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"strings"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/internal/store"
)

// The records of the running day, version 1. All numbers are uvarints but the
// hour, which is a varint; a text is its length and its bytes; a list is its
// length and its items, sorted, without zeros. The last four bytes of each
// record are the CRC-32C of its key in the store and of all before, big-endian:
// a record that has come under another key is damaged.
//
//	site     1, hour, flags, restarts, level, 5 measures, 24 hours;
//	         for browser, system, device, country: list of code, views, visitors, visits;
//	         for each small table: list of code, n; list of feature text, uses
//	page     1, 6 measures (7 for a section), level; 1 where rows follow, else 0;
//	         list of referrer text, visitors; for browser, system, device, country:
//	         list of code, visitors; for each histogram: list of bucket, n;
//	         for a section, always: list of feature text, uses
//	host     1, views, visits

const recordVersion = 1

// ErrRecord means that a record of the running day is not what was written.
var ErrRecord = errors.New("damaged record of the running day")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A recordWriter appends records to one buffer. The records of a transaction
// stay valid until reset: bbolt keeps what it was given until it commits.
type recordWriter struct {
	b     []byte
	start int // of the record being written
}

func (w *recordWriter) reset() { w.b = w.b[:0] }

func (w *recordWriter) begin() {
	w.start = len(w.b)
	w.b = append(w.b, recordVersion)
}

func (w *recordWriter) number(n int64) { w.b = binary.AppendUvarint(w.b, uint64(n)) }
func (w *recordWriter) signed(n int64) { w.b = binary.AppendVarint(w.b, n) }
func (w *recordWriter) text(s string)  { w.number(int64(len(s))); w.b = append(w.b, s...) }
func (w *recordWriter) numbers(n []int64) {
	for _, v := range n {
		w.number(v)
	}
}

// end returns the record that will stand under a key.
func (w *recordWriter) end(k store.Kind, label string) []byte {
	w.b = binary.BigEndian.AppendUint32(w.b, recordSum(k, label, w.b[w.start:]))
	return w.b[w.start:len(w.b):len(w.b)]
}

func recordSum(k store.Kind, label string, record []byte) uint32 {
	var key [64]byte
	return crc32.Update(crc32.Checksum(append(append(key[:0], byte(k)), label...), castagnoli), castagnoli, record)
}

func (w *recordWriter) cells(c cells) {
	w.sort(c, func(a, b cell) int { return cmp.Compare(a.code, b.code) })
	for _, x := range c {
		if x.n != 0 {
			w.number(int64(x.code))
			w.number(int64(x.n))
		}
	}
}

func (w *recordWriter) texts(c cells, l *labels) {
	w.sort(c, func(a, b cell) int { return strings.Compare(l.of(a.code), l.of(b.code)) })
	for _, x := range c {
		if x.n != 0 {
			w.text(l.of(x.code))
			w.number(int64(x.n))
		}
	}
}

// sort sorts the cells where they are, since most were sorted the last time,
// and writes how many are not zero.
func (w *recordWriter) sort(c cells, compare func(a, b cell) int) {
	if !slices.IsSortedFunc(c, compare) {
		slices.SortFunc(c, compare)
	}
	n := int64(0)
	for i := range c {
		if c[i].n != 0 {
			n++
		}
	}
	w.number(n)
}

// of returns the text of a label.
func (l *labels) of(code uint32) string {
	if code == codeOther {
		return hit.Other
	}
	return l.text[code]
}

func (w *recordWriter) site(d *openDay) []byte {
	w.begin()
	w.signed(d.hour)
	w.number(int64(d.flags))
	w.number(int64(d.restarts))
	w.number(int64(d.k()))
	w.numbers(d.site[:])
	w.numbers(d.hours[:])
	for dim := dimBrowser; dim < dimEnd; dim++ {
		w.fixed(d.fixed[dim])
	}
	for _, rows := range d.small {
		w.small(rows)
	}
	w.texts(d.features, &d.labels)
	return w.end(store.KindSite, "")
}

// small writes rows of one counter as it writes cells.
func (w *recordWriter) small(rows fixedRows) {
	byCode := func(a, b *fixedRow) int { return cmp.Compare(a.code, b.code) }
	if !slices.IsSortedFunc(rows, byCode) {
		slices.SortFunc(rows, byCode)
	}
	n := int64(0)
	for _, r := range rows {
		if r.views != 0 {
			n++
		}
	}
	w.number(n)
	for _, r := range rows {
		if r.views != 0 {
			w.number(int64(r.code))
			w.number(r.views)
		}
	}
}

func (w *recordWriter) fixed(rows fixedRows) {
	sorted := make([]*fixedRow, 0, len(rows))
	for _, r := range rows {
		if r.views != 0 || r.visitors != 0 || r.visits != 0 {
			sorted = append(sorted, r)
		}
	}
	slices.SortFunc(sorted, func(a, b *fixedRow) int { return int(int64(a.code) - int64(b.code)) })
	w.number(int64(len(sorted)))
	for _, r := range sorted {
		w.numbers([]int64{int64(r.code), r.views, r.visitors, r.visits})
	}
}

func (w *recordWriter) page(p *page) []byte {
	w.begin()
	w.numbers(p.measures())
	w.number(int64(p.k()))
	if p.open() {
		w.number(1)
		w.texts(p.dims[dimReferrer], &p.day.labels)
		for dim := dimBrowser; dim < dimEnd; dim++ {
			w.cells(p.dims[dim])
		}
		for _, c := range p.hist {
			w.cells(c)
		}
	} else {
		w.number(0)
	}
	if p.section {
		w.texts(p.features, &p.day.labels)
	}
	return w.end(p.kind(), p.label)
}

// kind is the kind of its record.
func (p *page) kind() store.Kind {
	if p.section {
		return store.KindSection
	}
	return store.KindPage
}

// measures returns those that a page, or a section, has.
func (p *page) measures() []int64 {
	if p.section {
		return p.n[:]
	}
	return p.n[:pageVisits]
}

func (w *recordWriter) host(r *hostRow) []byte {
	w.begin()
	w.number(r.views)
	w.number(r.visits)
	return w.end(hostKinds[r.table], r.label)
}

// k returns the level of the site's filter over the whole day.
func (d *openDay) k() uint8 { return max(d.level, d.filter.Level()) }

// A recordReader takes the parts off a record; the first that cannot be there
// makes it bad for good.
type recordReader struct {
	b   []byte
	bad bool
}

func readRecord(k store.Kind, label string, b []byte) *recordReader {
	if len(b) < 5 || b[0] != recordVersion ||
		recordSum(k, label, b[:len(b)-4]) != binary.BigEndian.Uint32(b[len(b)-4:]) {
		return &recordReader{bad: true}
	}
	return &recordReader{b: b[1 : len(b)-4]}
}

func (r *recordReader) number() int64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v >= 1<<62 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return int64(v)
}

func (r *recordReader) signed() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *recordReader) numbers(into []int64) {
	for i := range into {
		into[i] = r.number()
	}
}

// count reads a list's length; each item takes a byte at least.
func (r *recordReader) count() int {
	n := r.number()
	if n > int64(len(r.b)) {
		r.bad, r.b = true, nil
		return 0
	}
	return int(n)
}

func (r *recordReader) text() string {
	n := r.count()
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *recordReader) code() uint32 {
	n := r.number()
	if n >= 1<<32 {
		r.bad = true
	}
	return uint32(n)
}

func (r *recordReader) cells() cells {
	n := r.count()
	out := make(cells, 0, min(n, 1<<10)) // no more than a damaged record can ask for
	for range n {
		out = append(out, cell{r.code(), r.code()})
	}
	return out
}

func (r *recordReader) texts(l *labels) cells {
	var out cells
	for range r.count() {
		out = append(out, cell{l.id(r.text()), r.code()})
	}
	return out
}

func (r *recordReader) site(d *openDay) {
	d.hour = r.signed()
	d.flags = block.Flags(r.number())
	d.restarts = uint16(r.number())
	d.level = uint8(r.number())
	r.numbers(d.site[:])
	r.numbers(d.hours[:])
	for dim := dimBrowser; dim < dimEnd; dim++ {
		for range r.count() {
			row := &fixedRow{code: r.code()}
			row.views, row.visitors, row.visits = r.number(), r.number(), r.number()
			d.fixed[dim] = append(d.fixed[dim], row)
		}
	}
	for i := range d.small {
		for range r.count() {
			row := &fixedRow{code: r.code()}
			row.views = r.number()
			d.small[i] = append(d.small[i], row)
		}
	}
	d.features = r.texts(&d.labels)
}

func (r *recordReader) page(p *page) {
	r.numbers(p.measures())
	p.level = uint8(r.number())
	if r.number() == 1 {
		p.written = true
		p.dims[dimReferrer] = r.texts(&p.day.labels)
		for dim := dimBrowser; dim < dimEnd; dim++ {
			p.dims[dim] = r.cells()
		}
		for _, c := range p.dims {
			p.day.values += len(c)
		}
		for i := range p.hist {
			p.hist[i] = r.cells()
		}
	}
	if p.section {
		p.features = r.texts(&p.day.labels)
	}
}

// load puts one record of the store into the day. Whoever had a place has it
// again, whatever labels are known now.
func (d *openDay) load(k store.Kind, label string, record []byte) error {
	r := readRecord(k, label, record)
	switch k {
	case store.KindSite:
		r.site(d)
		d.stored = true
	case store.KindPage:
		p := d.newPage(&d.pages, strings.Clone(label), false)
		r.page(p)
		p.stored = true
		if label != hit.Other {
			p.in = int32(d.sectionOf(label).index)
		}
	case store.KindSection:
		p := d.newPage(&d.sections, strings.Clone(label), true)
		r.page(p)
		p.stored = true
	default:
		which := slices.Index(hostKinds[:], k)
		if which < 0 {
			return ErrRecord
		}
		row := d.newHost(which, strings.Clone(label))
		row.views, row.visits = r.number(), r.number()
		row.stored = true
	}
	if r.bad || len(r.b) > 0 {
		return ErrRecord
	}
	return nil
}
