package store

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"os"
)

// bbolt's page header and meta, as bytes (bbolt internal/common).
const (
	pageHeader = 16
	metaSize   = 64
	metaMagic  = 0xED0CDAED
)

// whole refuses a file that bbolt would map past its end: it would die of
// SIGBUS, which nothing can catch. A file is whole when both meta pages are
// what was written and the high-water mark of the later one lies within it.
// One damaged meta page is refused too: bbolt would go by the other, and so
// take back the last commit, whatever was acknowledged with it.
func whole(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = metaOf(f)
	return err
}

// metaOf returns the meta page that bbolt goes by.
func metaOf(f *os.File) (meta, error) {
	info, err := f.Stat()
	if err != nil {
		return meta{}, err
	}
	if !info.Mode().IsRegular() {
		return meta{}, ErrDamaged
	}
	buf := make([]byte, 1<<16+pageHeader+metaSize)
	n, _ := f.ReadAt(buf, 0) // a short read is a short file, judged below
	buf = buf[:n]
	var newest meta
	valid := 0
	for _, at := range metaOffsets() {
		m, ok := readMeta(buf, at)
		if !ok {
			continue
		}
		valid++
		if newest.pageSize == 0 || m.txid > newest.txid {
			newest = m
		}
	}
	switch {
	case bigEndian(buf):
		return meta{}, fmt.Errorf("%w: it was written by a big-endian machine, which this program does not read", ErrDamaged)
	case valid == 0:
		return meta{}, fmt.Errorf("%w: it does not begin as a database does", ErrDamaged)
	case info.Size() < max(4, newest.high)*newest.pageSize:
		return meta{}, fmt.Errorf("%w: it is %d bytes long and should have %d", ErrDamaged, info.Size(), max(4, newest.high)*newest.pageSize)
	case valid != 2:
		return meta{}, &DamageError{metaPage(buf), "the head of the file, of which there are two, so that the last commit may be missing"}
	}
	return newest, nil
}

// metaPage returns which of the two meta pages is damaged.
func metaPage(buf []byte) int64 {
	if _, ok := readMeta(buf, 0); ok {
		return 1
	}
	return 0
}

// bigEndian tells whether a big-endian machine wrote the file.
func bigEndian(buf []byte) bool {
	return len(buf) >= pageHeader+4 && binary.BigEndian.Uint32(buf[pageHeader:]) == metaMagic
}

// meta is what matters of a meta page: root and freelist are the pages where the
// tree and the list of free pages begin, and high is the number of pages in use.
type meta struct {
	pageSize, root, high int64
	freelist, txid       uint64
}

// metaOffsets returns where the two meta pages may begin: the second's place
// depends on the page size, which only a meta page tells.
func metaOffsets() []int {
	at := []int{0}
	for size := 1 << 10; size <= 1<<16; size <<= 1 {
		at = append(at, size)
	}
	return at
}

func readMeta(buf []byte, at int) (meta, bool) {
	if at+pageHeader+metaSize > len(buf) {
		return meta{}, false
	}
	// bbolt writes its pages in the machine's order; every machine this
	// program is built for is little-endian.
	b, le := buf[at+pageHeader:at+pageHeader+metaSize], binary.LittleEndian
	sum := fnv.New64a()
	_, _ = sum.Write(b[:metaSize-8]) // a hash never fails
	if le.Uint32(b) != metaMagic || le.Uint64(b[metaSize-8:]) != sum.Sum64() {
		return meta{}, false
	}
	m := meta{
		pageSize: int64(le.Uint32(b[8:])), root: int64(le.Uint64(b[16:])), freelist: le.Uint64(b[32:]),
		high: int64(le.Uint64(b[40:])), txid: le.Uint64(b[48:]),
	}
	if at != 0 && int64(at) != m.pageSize || m.high < 0 || m.high > 1<<40 || m.pageSize < 1<<10 || m.pageSize > 1<<16 {
		return meta{}, false
	}
	return m, true
}
