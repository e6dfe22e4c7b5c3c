package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"footfall/collector"
)

// sortFiles puts the files in the order of their first lines: a shell lists
// rotated logs newest first, and visits are told in the order of time. Where
// standard input is among them their order stands.
func (j *importJob) sortFiles(ctx context.Context, lines *collector.Lines) error {
	if len(j.File) < 2 || slices.Contains(j.File, "-") {
		return nil
	}
	first := make(map[string]time.Time, len(j.File))
	for _, name := range j.File {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		t, ok, err := lines.First(ctx, f)
		_ = f.Close() // only read from
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if ok {
			first[name] = t
		}
	}
	slices.SortStableFunc(j.File, func(a, b string) int { return first[a].Compare(first[b]) })
	return nil
}

func (j *importJob) readFile(ctx context.Context, lines *collector.Lines, sink collector.Sink, name string) error {
	in := j.app.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	s, err := lines.Read(ctx, in, sink)
	j.lines.Lines += s.Lines
	j.lines.Parsed += s.Parsed
	j.lines.Malformed += s.Malformed
	j.lines.Measured += s.Measured
	j.lines.Ordinary += s.Ordinary
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if !j.JSON {
		fmt.Fprintf(j.app.stdout, "%s: %d lines, %d read, %d malformed%s\n", name, s.Lines, s.Parsed, s.Malformed, firstOf(&s))
	}
	return nil
}

// firstOf names the first malformed lines by their numbers.
func firstOf(s *collector.Summary) string {
	if len(s.MalformedAt) == 0 {
		return ""
	}
	var numbers []string
	for _, n := range s.MalformedAt[:min(5, len(s.MalformedAt))] {
		numbers = append(numbers, fmt.Sprint(n))
	}
	more := ""
	if s.Malformed > int64(len(numbers)) {
		more = ", ..."
	}
	return fmt.Sprintf(" (at %s%s)", strings.Join(numbers, ", "), more)
}

// progress is a line on a terminal that tells how much has been read.
type progress struct {
	w           io.Writer // nil: nobody watches
	total, base int64
	sizes       []int64
}

// newProgress adds up the files' sizes, if w is a terminal.
func newProgress(w io.Writer, files []string) *progress {
	p := new(progress)
	f, ok := w.(*os.File)
	if !ok {
		return p
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return p
	}
	p.w = w
	for _, name := range files {
		size := int64(0)
		if info, err := os.Stat(name); err == nil {
			size = info.Size()
		}
		p.sizes = append(p.sizes, size)
		p.total += size
	}
	return p
}

func (p *progress) read(bytes int64) {
	if p.w == nil {
		return
	}
	if p.total == 0 {
		fmt.Fprintf(p.w, "\r%d MiB read ", (p.base+bytes)>>20)
		return
	}
	fmt.Fprintf(p.w, "\r%d of %d MiB read ", (p.base+bytes)>>20, p.total>>20)
}

// next is told that a file has ended.
func (p *progress) next() {
	if p.w != nil && len(p.sizes) > 0 {
		p.base += p.sizes[0]
		p.sizes = p.sizes[1:]
	}
}

func (p *progress) done() {
	if p.w != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
