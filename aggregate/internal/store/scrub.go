package store

import (
	"encoding/binary"
	"os"
	"sync/atomic"
)

// A scrubber overwrites with zeros the pages that stay free. bbolt leaves in a
// freed page what it held until it needs the page again, which on a quiet
// site may be never: five states of one record were found in a file of one
// day. A page may be overwritten once it is free in the tree of the last
// commit and in that of the one before it: neither of the two trees that the
// meta pages name can need it. So after each commit a file holds two states,
// that commit's and the one before it, whose pages were freed just now; and
// most of those the next commit takes for itself, so that only the rest costs
// a write of its own. The zeros reach the disk with the next commit's sync.
//
// While a transaction reads, nothing is overwritten: it may read an older
// tree. The commit after it catches up.
type scrubber struct {
	file     *os.File // bbolt's own
	pageSize int64

	was   []uint64 // the pages that were free after the last commit, ascending
	clean []uint64 // those among them that are zeros already
	next  []uint64 // room for was
	swept []uint64 // room for clean
	bytes []byte   // room for the list of free pages
}

// bbolt's list of free pages (bbolt internal/freelist).
const (
	flagFreelist = 0x10
	manyFree     = 0xFFFF // the count stands before the list
)

// zeros is what pages are overwritten with, as many at once as lie together.
var zeros [1 << 18]byte

// begin remembers what is free in a file just opened: it is overwritten after
// the first commit.
func (s *scrubber) begin() { s.was, s.clean = s.free(s.was[:0]), s.clean[:0] }

// committed overwrites what has been free for two commits. The caller lets no
// other transaction write meanwhile.
func (s *scrubber) committed(readers *atomic.Int64) {
	now := s.free(s.next[:0])
	swept, idle := s.swept[:0], readers.Load() == 0
	was, clean := s.was, s.clean
	var first, run uint64 // pages to overwrite that lie together
	flush := func() {
		if run == 0 {
			return
		}
		if _, err := s.file.WriteAt(zeros[:int64(run)*s.pageSize], int64(first)*s.pageSize); err != nil {
			swept = swept[:len(swept)-int(run)] // the next commit tries again, and says why it cannot
		}
		run = 0
	}
	for _, id := range now {
		for len(was) > 0 && was[0] < id {
			was = was[1:]
		}
		for len(clean) > 0 && clean[0] < id {
			clean = clean[1:]
		}
		switch {
		case len(was) == 0 || was[0] != id: // freed just now
		case len(clean) > 0 && clean[0] == id:
			flush()
			swept = append(swept, id)
		case idle:
			if run > 0 && (id != first+run || int64(run+1)*s.pageSize > int64(len(zeros))) {
				flush()
			}
			if run == 0 {
				first = id
			}
			run++
			swept = append(swept, id)
		}
	}
	flush()
	s.was, s.next = now, s.was
	s.clean, s.swept = swept, s.clean
}

// wipe overwrites all that is free and not known to be zeros, of a file whose
// last commit is on the disk and that nobody reads.
func (s *scrubber) wipe() error {
	now, clean := s.free(nil), s.clean
	for _, id := range now {
		for len(clean) > 0 && clean[0] < id {
			clean = clean[1:]
		}
		if len(clean) > 0 && clean[0] == id {
			continue
		}
		if _, err := s.file.WriteAt(zeros[:s.pageSize], int64(id)*s.pageSize); err != nil {
			return err
		}
	}
	s.was, s.clean = now, append(s.clean[:0:0], now...)
	return nil
}

// lengthen makes the file as long as its tree says: pages at its end that were
// never used have not been written.
func (s *scrubber) lengthen() error {
	info, err := s.file.Stat()
	if err != nil {
		return err
	}
	want := max(4, s.newest().high) * s.pageSize
	if info.Size() >= want {
		return nil
	}
	return s.file.Truncate(want)
}

// newest returns the meta page of the last commit; the zero value where none can be read.
func (s *scrubber) newest() (newest meta) {
	for _, at := range [2]int64{0, s.pageSize} {
		var b [pageHeader + metaSize]byte
		if _, err := s.file.ReadAt(b[:], at); err != nil {
			return meta{}
		}
		if m, ok := readMeta(b[:], 0); ok && m.pageSize == s.pageSize && m.txid >= newest.txid {
			newest = m
		}
	}
	return newest
}

// failed forgets which pages are zeros: a transaction that failed may have
// written to any that was free.
func (s *scrubber) failed() { s.clean = s.clean[:0] }

// free appends the free pages of the tree of the last commit, ascending; none
// where the list cannot be read or is not what it should be.
func (s *scrubber) free(into []uint64) []uint64 {
	newest := s.newest()
	list := newest.freelist
	if newest.pageSize == 0 || list < 2 || list >= uint64(newest.high) {
		return into
	}
	var header [pageHeader + 8]byte
	if _, err := s.file.ReadAt(header[:], int64(list)*s.pageSize); err != nil {
		return into
	}
	le := binary.LittleEndian
	if le.Uint64(header[:]) != list || le.Uint16(header[8:]) != flagFreelist {
		return into
	}
	n, at := int64(le.Uint16(header[10:])), int64(pageHeader)
	if n == manyFree {
		n, at = int64(le.Uint64(header[pageHeader:])), pageHeader+8
	}
	if n < 0 || at+8*n > (int64(le.Uint32(header[12:]))+1)*s.pageSize || n > newest.high {
		return into
	}
	if int64(cap(s.bytes)) < 8*n {
		s.bytes = make([]byte, 8*n, 12*n)
	}
	b := s.bytes[:8*n]
	if _, err := s.file.ReadAt(b, int64(list)*s.pageSize+at); err != nil {
		return into
	}
	for ; len(b) > 0; b = b[8:] {
		id := le.Uint64(b)
		if id < 2 || id >= uint64(newest.high) || len(into) > 0 && id <= into[len(into)-1] {
			return into[:0] // not a list that bbolt would write
		}
		into = append(into, id)
	}
	return into
}
