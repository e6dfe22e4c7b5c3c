package table

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"time"

	"footfall/aggregate/hit"
)

const (
	magic      = "ffctry1\n"
	headerSize = len(magic) + 4 + 4
	maxPayload = 16 << 20 // many times what all addresses take today
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// What Decode answers.
var (
	errPacked    = errors.New("not a packed table of countries")
	errChecksum  = errors.New("packed table of countries: wrong length or checksum")
	errCanonical = errors.New("packed table of countries: not as it would have been written")
)

// Encode packs a table. Equal tables give equal bytes under one version of Go,
// and under every version bytes that unpack equally.
func Encode(t *Table) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(encode(t)); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// encode lays a table out, see the package comment.
func encode(t *Table) []byte {
	b := make([]byte, headerSize, 1<<20)
	b = binary.AppendUvarint(b, uint64(t.made.Unix()))
	countries := t.countries[min(1, len(t.countries)):]
	b = binary.AppendUvarint(b, uint64(len(countries)))
	for _, c := range countries {
		b = append(b, c.String()...)
	}
	b = appendRanges(b, t.v4)
	b = appendRanges(b, t.v6)
	copy(b, magic)
	body := b[headerSize:]
	binary.BigEndian.PutUint32(b[len(magic):], uint32(len(body)))
	binary.BigEndian.PutUint32(b[len(magic)+4:], crc32.Checksum(body, castagnoli))
	return b
}

func appendRanges[T uint32 | uint64](b []byte, entries []T) []byte {
	b = binary.AppendUvarint(b, uint64(len(entries)))
	var before T
	for _, e := range entries {
		b = binary.AppendUvarint(b, uint64(e>>8-before))
		before = e >> 8
	}
	for _, e := range entries {
		b = append(b, byte(e))
	}
	return b
}

// Decode unpacks what Encode packed.
func Decode(packed []byte) (*Table, error) {
	payload, err := inflate(packed)
	if err != nil {
		return nil, fmt.Errorf("packed table of countries: %w", err)
	}
	return decode(payload)
}

// inflate undoes the compression of exactly one gzip member.
func inflate(packed []byte) ([]byte, error) {
	in := bytes.NewReader(packed)
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	var out bytes.Buffer
	out.Grow(min(4*len(packed), maxPayload))
	switch n, err := io.Copy(&out, io.LimitReader(z, maxPayload+1)); {
	case err != nil:
		return nil, err
	case n > maxPayload || in.Len() > 0:
		return nil, errPacked
	}
	return out.Bytes(), nil
}

// decode reads what encode laid out and refuses everything else.
func decode(payload []byte) (*Table, error) {
	if len(payload) < headerSize || string(payload[:len(magic)]) != magic {
		return nil, errPacked
	}
	length := binary.BigEndian.Uint32(payload[len(magic):])
	sum := binary.BigEndian.Uint32(payload[len(magic)+4:])
	r := reader{rest: payload[headerSize:], ok: true}
	if uint64(length) != uint64(len(r.rest)) || sum != crc32.Checksum(r.rest, castagnoli) {
		return nil, errChecksum
	}
	t := &Table{}
	made := r.varint(1 << 40)
	t.made = time.Unix(int64(made), 0).UTC()
	t.countries = r.countries()
	used := make([]bool, len(t.countries))
	t.v4 = readRanges[uint32](&r, GrainV4, used)
	t.v6 = readRanges[uint64](&r, GrainV6, used)
	for _, u := range used[1:] {
		r.ok = r.ok && u
	}
	if !r.ok || len(r.rest) > 0 {
		return nil, errCanonical
	}
	return t, nil
}

// reader takes a body apart; once something was not as Encode writes it, ok
// stays false and what is read is zero.
type reader struct {
	rest []byte
	ok   bool
}

// varint reads an integer of at most most.
func (r *reader) varint(most uint64) uint64 {
	v, n := binary.Uvarint(r.rest)
	if !r.ok || n <= 0 || v > most || n > 1 && r.rest[n-1] == 0 {
		r.ok = false
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// take reads n bytes, as many as a varint promised.
func (r *reader) take(n uint64) []byte {
	if !r.ok || n > uint64(len(r.rest)) {
		r.ok = false
		return nil
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

// countries reads the list and puts unknown before it.
func (r *reader) countries() []hit.Country {
	out := []hit.Country{{}}
	list := r.take(2 * r.varint(uint64(len(codes)/2)))
	for ; len(list) > 0; list = list[2:] {
		code := string(list[:2])
		c := ParseCountry(code)
		if c.String() != code || c.Code() <= out[len(out)-1].Code() {
			r.ok = false
		}
		out = append(out, c)
	}
	return out
}

// readRanges reads the ranges of one family, whose starts have so many bits,
// and notes which countries they have.
func readRanges[T uint32 | uint64](r *reader, bits int, used []bool) []T {
	n := r.varint(uint64(len(r.rest)) / 2) // two bytes each at least
	if n == 0 {
		return nil
	}
	out := make([]T, n)
	var start uint64
	for i := range out {
		least, most := uint64(min(i, 1)), uint64(1)<<bits-1-start
		gap := r.varint(most)
		if gap < least {
			r.ok = false
		}
		start += gap
		out[i] = T(start << 8)
	}
	before := byte(0)
	for i, c := range r.take(n) {
		if int(c) >= len(used) || c == before {
			r.ok = false
			break
		}
		used[c] = true
		out[i] |= T(c)
		before = c
	}
	return out
}
