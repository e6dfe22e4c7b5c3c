package store

import (
	"encoding/binary"
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
// SIGBUS, which nothing can catch. A file is whole when the valid meta page's
// high-water mark lies within it, of the two that of the later transaction.
func whole(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return ErrDamaged
	}
	buf := make([]byte, 1<<16+pageHeader+metaSize)
	n, _ := f.ReadAt(buf, 0) // a short read is a short file, judged below
	buf = buf[:n]
	var newest meta
	for _, at := range metaOffsets() {
		if m, ok := readMeta(buf, at); ok && m.txid >= newest.txid { // the one bbolt will go by
			newest = m
		}
	}
	if newest.pageSize == 0 || info.Size() < max(4, newest.high)*newest.pageSize {
		return ErrDamaged
	}
	return nil
}

// meta is what matters of a meta page: high is the number of pages in use,
// freelist the page that lists those that are free.
type meta struct {
	pageSize, high int64
	freelist, txid uint64
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
	m := meta{pageSize: int64(le.Uint32(b[8:])), high: int64(le.Uint64(b[40:])), freelist: le.Uint64(b[32:]), txid: le.Uint64(b[48:])}
	if at != 0 && int64(at) != m.pageSize || m.high < 0 || m.high > 1<<40 || m.pageSize < 1<<10 || m.pageSize > 1<<16 {
		return meta{}, false
	}
	return m, true
}
