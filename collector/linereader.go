package collector

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"errors"
	"io"
)

// maxLine is the longest line that is read, in bytes, without its line feed.
const maxLine = 64 << 10

// A lineReader cuts a stream at its line feeds, within memory of a fixed
// size.
type lineReader struct {
	in         io.Reader
	buf        []byte
	start, end int   // what is read and not yet given is buf[start:end]
	err        error // what in has ended with
}

func (r *lineReader) reset(in io.Reader) {
	if r.buf == nil {
		r.buf = make([]byte, 4*maxLine)
	}
	r.in, r.start, r.end, r.err = in, 0, 0, nil
}

// next returns the next line, which stays as it is until the call after. fits
// is false, and the line empty, for one of more than maxLine bytes. The error
// is io.EOF at the end.
func (r *lineReader) next(ctx context.Context) (line []byte, fits bool, err error) {
	searched, fits := 0, true
	for {
		if i := bytes.IndexByte(r.buf[r.start+searched:r.end], '\n'); i >= 0 {
			line = r.buf[r.start : r.start+searched+i]
			r.start += searched + i + 1
			return r.checked(line, fits)
		}
		searched = r.end - r.start
		if searched > maxLine {
			r.start, r.end, searched, fits = 0, 0, 0, false
		}
		if r.err != nil {
			if r.err != io.EOF || searched == 0 && fits {
				return nil, false, r.err
			}
			line = r.buf[r.start:r.end]
			r.start = r.end
			return r.checked(line, fits)
		}
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		r.fill()
	}
}

func (r *lineReader) checked(line []byte, fits bool) ([]byte, bool, error) {
	if !fits || len(line) > maxLine {
		return nil, false, nil
	}
	return line, true, nil
}

// fill reads more behind what is there.
func (r *lineReader) fill() {
	if r.start > 0 {
		copy(r.buf, r.buf[r.start:r.end])
		r.start, r.end = 0, r.end-r.start
	}
	for range 100 { // a reader that gives nothing so often gives nothing any more
		n, err := r.in.Read(r.buf[r.end:])
		r.end += n
		r.err = err
		if n > 0 || err != nil {
			return
		}
	}
	r.err = io.ErrNoProgress
}

// decompress returns what gzip or bzip2 made, told by the first bytes, or
// what is there.
func decompress(in io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(in, 64<<10)
	magic, err := b.Peek(3)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(magic, []byte("\x1f\x8b")):
		return gzip.NewReader(b)
	case string(magic) == "BZh":
		return bzip2.NewReader(b), nil
	}
	return b, nil
}

// A counter tells how much has been read, about every mebibyte.
type counter struct {
	in       io.Reader
	progress func(int64)
	n, told  int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	if c.progress != nil && (c.n-c.told >= 1<<20 || errors.Is(err, io.EOF) && c.n > c.told) {
		c.told = c.n
		c.progress(c.n)
	}
	return n, err
}
