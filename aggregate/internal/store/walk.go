package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// bbolt believes its pages: on a damaged one it panics, reads past the map,
// or goes round for ever. So before it is let at a file, the tree is walked
// here by reading, not by mapping: every page that is in use once, every bound
// before what lies behind it. What the walk accepts bbolt reads without harm.
// It reads the pages of keys and none of the values that run on over pages of
// their own, and looks at each page at most once: its time and memory are
// bounded by the length of the file (a bit a page, and a few pages).

// Flags of bbolt's pages and elements, and the sizes of what it writes.
const (
	branchPage  = 0x01
	leafPage    = 0x02
	freePage    = 0x10
	bucketFlag  = 0x01
	elementSize = 16
	bucketSize  = 16
	longestKey  = bolt.MaxKeySize
	deepest     = 64 // levels of pages and buckets; a real file has a dozen
)

// A DamageError says what of a file's tree is damaged, in words for the
// operator; it names no key.
type DamageError struct {
	Page int64 // its number
	What string
}

// Error names the page and what is wrong with it.
func (e *DamageError) Error() string {
	return fmt.Sprintf("%s: %s (page %d)", ErrDamaged, e.What, e.Page)
}

// Unwrap makes a DamageError an ErrDamaged.
func (e *DamageError) Unwrap() error { return ErrDamaged }

// sound refuses a file whose tree is damaged. The error is ErrLocked where
// another process writes it.
func sound(path string) error {
	if err := whole(path); err != nil {
		return err
	}
	// The lock that bbolt takes for reading keeps writers out meanwhile.
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: 200 * time.Millisecond, ReadOnly: true})
	if err != nil {
		return opened(err)
	}
	defer db.Close()
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return walk(f)
}

// walk reads the tree of a file that is whole.
func walk(f *os.File) error {
	m, err := metaOf(f)
	if err != nil {
		return err
	}
	w := &walker{f: f, meta: m, used: make([]uint64, m.high/64+1)}
	w.take(0, 2) // the meta pages
	if err := w.free(); err != nil {
		return err
	}
	if err := w.tree(m.root, 0, nil, nil); err != nil {
		return err
	}
	for p := range m.high {
		if w.used[p/64]&(1<<(p%64)) == 0 {
			return &DamageError{p, "it belongs to nothing"}
		}
	}
	return nil
}

// A walker has seen the pages whose bits are set.
type walker struct {
	f    *os.File
	meta meta
	used []uint64
}

// take marks n pages; false if one lies outside the file or was taken already.
func (w *walker) take(page, n int64) bool {
	if page < 0 || n < 1 || page >= w.meta.high || n > w.meta.high-page {
		return false
	}
	for p := page; p < page+n; p++ {
		if w.used[p/64]&(1<<(p%64)) != 0 {
			return false
		}
		w.used[p/64] |= 1 << (p % 64)
	}
	return true
}

// A span is the bytes of a page with what it runs on over, or of a bucket that
// lies inline in one. Only its first bytes are in memory.
type span struct {
	f    *os.File
	at   int64 // in the file
	size int64
	head []byte
}

// bytes returns n bytes from an offset, or nil.
func (s *span) bytes(from, n int64) []byte {
	if from < 0 || n < 0 || from > s.size || n > s.size-from {
		return nil
	}
	if from+n <= int64(len(s.head)) {
		return s.head[from : from+n]
	}
	b := make([]byte, n)
	if _, err := s.f.ReadAt(b, s.at+from); err != nil {
		return nil
	}
	return b
}

// page reads a page that is in use and takes it.
func (w *walker) page(p int64) (*span, pageHead, error) {
	if p < 2 || p >= w.meta.high {
		return nil, pageHead{}, &DamageError{p, "something points to it, and it is not in the file"}
	}
	s := &span{f: w.f, at: p * w.meta.pageSize, size: w.meta.pageSize, head: make([]byte, w.meta.pageSize)}
	if _, err := w.f.ReadAt(s.head, s.at); err != nil {
		return nil, pageHead{}, &DamageError{p, "it cannot be read"}
	}
	h := headOf(s.head)
	if h.id != uint64(p) {
		return nil, h, &DamageError{p, "its head is not that of a page in use"}
	}
	if !w.take(p, 1+int64(h.overflow)) {
		return nil, h, &DamageError{p, "it is used twice, or runs on past the end of the file"}
	}
	s.size *= 1 + int64(h.overflow)
	return s, h, nil
}

type pageHead struct {
	id       uint64
	flags    uint16
	count    uint16
	overflow uint32
}

func headOf(b []byte) pageHead {
	le := binary.LittleEndian
	return pageHead{le.Uint64(b), le.Uint16(b[8:]), le.Uint16(b[10:]), le.Uint32(b[12:])}
}

// free reads the list of free pages.
func (w *walker) free() error {
	p := int64(w.meta.freelist)
	s, h, err := w.page(p)
	if err != nil {
		return err
	}
	damaged := &DamageError{p, "the list of free pages"}
	if h.flags != freePage {
		return damaged
	}
	n, from := int64(h.count), int64(pageHeader)
	if n == 0xffff {
		b := s.bytes(from, 8)
		if b == nil {
			return damaged
		}
		n, from = int64(binary.LittleEndian.Uint64(b)), from+8
	}
	if n < 0 || n > w.meta.high {
		return damaged
	}
	ids := s.bytes(from, 8*n)
	if ids == nil {
		return damaged
	}
	for i := range n {
		if !w.take(int64(binary.LittleEndian.Uint64(ids[8*i:])), 1) {
			return damaged
		}
	}
	return nil
}

// tree reads a page of keys and what is below it. Its keys are at least from
// and less than to; nil is no bound.
func (w *walker) tree(p int64, depth int, from, to []byte) error {
	s, h, err := w.page(p)
	if err != nil {
		return err
	}
	if depth > deepest {
		return &DamageError{p, "the tree is too deep"}
	}
	switch h.flags {
	case branchPage:
		return w.branch(p, s, h, depth, from, to)
	case leafPage:
		return w.leaf(p, s, h, depth, from, to)
	}
	return &DamageError{p, "it is no page of keys"}
}

func (w *walker) branch(p int64, s *span, h pageHead, depth int, from, to []byte) error {
	if h.count == 0 {
		return &DamageError{p, "it is empty"}
	}
	keys := make([][]byte, h.count)
	children := make([]int64, h.count)
	for i := range keys {
		at := int64(pageHeader + elementSize*i)
		e := s.bytes(at, elementSize)
		if e == nil {
			return &DamageError{p, "it has more keys than it can hold"}
		}
		le := binary.LittleEndian
		ksize := int64(le.Uint32(e[4:]))
		key := s.bytes(at+int64(le.Uint32(e)), min(ksize, longestKey+1))
		if key == nil || ksize > longestKey {
			return &DamageError{p, "a key lies outside it"}
		}
		keys[i], children[i] = key, int64(le.Uint64(e[8:]))
	}
	if !ordered(keys, nil, to) { // its first key may be lower than what is searched for
		return &DamageError{p, "its keys are not in order"}
	}
	for i := range keys {
		low, high := keys[i], to
		if i == 0 {
			low = from
		}
		if i+1 < len(keys) {
			high = keys[i+1]
		}
		if err := w.tree(children[i], depth+1, low, high); err != nil {
			return err
		}
	}
	return nil
}

// ordered tells whether keys ascend strictly and lie in [from, to).
func ordered(keys [][]byte, from, to []byte) bool {
	for i, k := range keys {
		if from != nil && bytes.Compare(k, from) < 0 || to != nil && bytes.Compare(k, to) >= 0 ||
			i > 0 && bytes.Compare(keys[i-1], k) >= 0 {
			return false
		}
	}
	return true
}

// leaf reads the keys of a leaf page, or of an inline bucket, and goes into
// the buckets in it.
func (w *walker) leaf(p int64, s *span, h pageHead, depth int, from, to []byte) error {
	var last []byte
	for i := range int64(h.count) {
		at := pageHeader + elementSize*i
		e := s.bytes(at, elementSize)
		if e == nil {
			return &DamageError{p, "it has more keys than it can hold"}
		}
		le := binary.LittleEndian
		flags, pos := le.Uint32(e), at+int64(le.Uint32(e[4:]))
		ksize, vsize := int64(le.Uint32(e[8:])), int64(le.Uint32(e[12:]))
		key := s.bytes(pos, min(ksize, longestKey+1))
		if key == nil || ksize > longestKey || vsize > s.size-pos-ksize {
			return &DamageError{p, "a key or value lies outside it"}
		}
		if len(key) == 0 || !ordered([][]byte{key}, from, to) || last != nil && bytes.Compare(last, key) >= 0 {
			return &DamageError{p, "its keys are not in order"}
		}
		last = slices.Clone(key)
		switch flags {
		case 0:
		case bucketFlag:
			if err := w.bucket(p, s, pos+ksize, vsize, depth); err != nil {
				return err
			}
		default:
			return &DamageError{p, "something in it is neither value nor bucket"}
		}
	}
	return nil
}

// bucket reads a bucket whose head is the value at an offset of a leaf.
func (w *walker) bucket(p int64, s *span, at, size int64, depth int) error {
	head := s.bytes(at, bucketSize)
	if head == nil || size < bucketSize || depth >= deepest {
		return &DamageError{p, "the head of a bucket"}
	}
	if root := int64(binary.LittleEndian.Uint64(head)); root != 0 {
		if size != bucketSize {
			return &DamageError{p, "the head of a bucket"}
		}
		return w.tree(root, depth+1, nil, nil)
	}
	inline := &span{f: s.f, at: s.at + at + bucketSize, size: size - bucketSize, head: s.bytes(at+bucketSize, size-bucketSize)}
	if inline.size < pageHeader || inline.head == nil {
		return &DamageError{p, "the head of a bucket"}
	}
	h := headOf(inline.head)
	if h.flags != leafPage || h.id != 0 || h.overflow != 0 {
		return &DamageError{p, "the head of a bucket"}
	}
	return w.leaf(p, inline, h, depth+1, nil, nil)
}

// Check walks the tree as sound does, runs bbolt's own check, and returns what
// they find, at most 100 lines.
func (s *Store) Check() []string {
	h := s.use()
	if h == nil {
		return []string{berrors.ErrDatabaseNotOpen.Error()}
	}
	defer h.users.Done()
	h.readers.Add(1)
	defer h.readers.Add(-1)
	var found []string
	_ = h.db.View(func(tx *bolt.Tx) error { // View fails only when fn does
		for err := range tx.Check() {
			if len(found) < 100 {
				found = append(found, err.Error())
			}
		}
		return nil
	})
	return found
}
