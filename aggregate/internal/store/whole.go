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
// SIGBUS, which nothing can catch. A file is whole when a valid meta page's
// high-water mark lies within it.
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
	for _, at := range metaOffsets(buf) {
		pageSize, high, ok := readMeta(buf, at)
		if ok && info.Size() >= 4*pageSize && info.Size() >= high*pageSize {
			return nil
		}
	}
	return ErrDamaged
}

// metaOffsets returns where the two meta pages may begin: the second's place
// depends on the page size, which only a meta page tells.
func metaOffsets(buf []byte) []int {
	at := []int{0}
	for size := 1 << 10; size <= 1<<16; size <<= 1 {
		at = append(at, size)
	}
	return at
}

func readMeta(buf []byte, at int) (pageSize, high int64, ok bool) {
	if at+pageHeader+metaSize > len(buf) {
		return 0, 0, false
	}
	// bbolt writes its pages in the machine's order; every machine this
	// program is built for is little-endian.
	m, le := buf[at+pageHeader:at+pageHeader+metaSize], binary.LittleEndian
	sum := fnv.New64a()
	_, _ = sum.Write(m[:metaSize-8]) // a hash never fails
	if le.Uint32(m) != metaMagic || le.Uint64(m[metaSize-8:]) != sum.Sum64() {
		return 0, 0, false
	}
	pageSize, high = int64(le.Uint32(m[8:])), int64(le.Uint64(m[40:]))
	if at != 0 && int64(at) != pageSize || high < 0 || high > 1<<40 || pageSize < 1<<10 || pageSize > 1<<16 {
		return 0, 0, false
	}
	return pageSize, high, true
}
