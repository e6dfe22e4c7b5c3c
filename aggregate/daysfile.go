package aggregate

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"

	"footfall/aggregate/hit"
)

// A file of finished days is what an import hands to the process that owns
// the database:
//
//	"footfall days 2\n"
//	length and bytes of the host, then of the zone     uvarint
//	for each day: 'D', the day (varint), length (uvarint), what gathering.append writes
//	'E', how many days (uvarint), CRC-32C of all before, 4 bytes big-endian
//
// Without its end nothing of it counts.
const daysMagic = "footfall days 2\n"

// maxFinished is the most bytes that a day of a file may have.
const maxFinished = 1 << 28

// ErrDaysFile means that a file is no whole file of finished days.
var ErrDaysFile = errors.New("not a whole file of finished days")

type daysFile struct {
	f    *os.File
	w    *bufio.Writer
	sum  hash.Hash32
	days int
}

func createDays(path string, host hit.Host, zone string) (*daysFile, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	sum := crc32.New(castagnoli)
	d := &daysFile{f: f, sum: sum, w: bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<16)}
	b := []byte(daysMagic)
	for _, s := range []string{host.String(), zone} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	if _, err := d.w.Write(b); err != nil {
		return nil, errors.Join(err, d.discard())
	}
	return d, nil
}

func (d *daysFile) add(day hit.Day, finished []byte) error {
	b := binary.AppendVarint([]byte{'D'}, int64(day))
	b = binary.AppendUvarint(b, uint64(len(finished)))
	d.days++
	if _, err := d.w.Write(b); err != nil {
		return err
	}
	_, err := d.w.Write(finished)
	return err
}

// end writes the trailer and syncs the file.
func (d *daysFile) end() error {
	b := binary.AppendUvarint([]byte{'E'}, uint64(d.days))
	if _, err := d.w.Write(b); err != nil {
		return err
	}
	if err := d.w.Flush(); err != nil {
		return err
	}
	if _, err := d.f.Write(binary.BigEndian.AppendUint32(nil, d.sum.Sum32())); err != nil {
		return err
	}
	return errors.Join(d.f.Sync(), d.f.Close())
}

func (d *daysFile) discard() error {
	_ = d.f.Close() // closed already when end failed late
	return os.Remove(d.f.Name())
}

// readDays calls fn for each day of a file, after the whole file has been
// found to be what was written when fn is called at all.
func readDays(path string, fn func(host hit.Host, zone string, day hit.Day, finished []byte) error) error {
	verify := func(hit.Host, string, hit.Day, []byte) error { return nil }
	if err := scanDays(path, verify); err != nil {
		return err
	}
	return scanDays(path, fn)
}

func scanDays(path string, fn func(host hit.Host, zone string, day hit.Day, finished []byte) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := &summedReader{r: bufio.NewReaderSize(f, 1<<16), sum: crc32.New(castagnoli)}
	if string(r.bytes(uint64(len(daysMagic)))) != daysMagic {
		return ErrDaysFile
	}
	name := string(r.bytes(r.uvarint()))
	zone := string(r.bytes(r.uvarint()))
	host, err := hit.ParseHost(name)
	if err != nil || r.err != nil {
		return ErrDaysFile
	}
	for days := uint64(0); ; days++ {
		switch kind := r.byte(); {
		case r.err != nil:
			return ErrDaysFile
		case kind == 'E':
			if n := r.uvarint(); n != days {
				return ErrDaysFile
			}
			want := r.sum.Sum32()
			if got := r.bytes(4); r.err != nil || binary.BigEndian.Uint32(got) != want {
				return ErrDaysFile
			}
			return nil
		case kind != 'D':
			return ErrDaysFile
		}
		day := hit.Day(r.varint())
		finished := r.bytes(r.uvarint())
		if r.err != nil {
			return ErrDaysFile
		}
		if err := fn(host, zone, day, finished); err != nil {
			return err
		}
	}
}

// summedReader reads and sums what it has read; its first error stays.
type summedReader struct {
	r   *bufio.Reader
	sum hash.Hash32
	err error
	buf []byte // of bytes
}

func (r *summedReader) ReadByte() (byte, error) {
	b, err := r.r.ReadByte()
	if err == nil {
		_, _ = r.sum.Write([]byte{b}) // a hash never fails
	}
	return b, err
}

func (r *summedReader) byte() byte {
	b, err := r.ReadByte()
	r.note(err)
	return b
}

func (r *summedReader) uvarint() uint64 {
	v, err := binary.ReadUvarint(r)
	r.note(err)
	return v
}

func (r *summedReader) varint() int64 {
	v, err := binary.ReadVarint(r)
	r.note(err)
	return v
}

// bytes returns the next bytes; they stay as they are until the next call.
func (r *summedReader) bytes(n uint64) []byte {
	if n > maxFinished {
		r.note(ErrDaysFile)
	}
	if r.err != nil {
		return nil
	}
	if n > uint64(cap(r.buf)) {
		r.buf = make([]byte, n+n/4)
	}
	b := r.buf[:n]
	_, err := io.ReadFull(r.r, b)
	r.note(err)
	_, _ = r.sum.Write(b) // as above
	return b
}

func (r *summedReader) note(err error) {
	if r.err == nil && err != nil {
		r.err = fmt.Errorf("%w: %w", ErrDaysFile, err)
	}
}
