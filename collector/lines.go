package collector

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"footfall/aggregate/hit"
	"footfall/collector/internal/accesslog"
	"footfall/collector/internal/privacy"
)

// A Sink takes the hits of a log, in the order of its lines. A line that is
// too old for it is its own to count; an error ends the reading. It must not
// use h after it has returned.
type Sink interface {
	Add(t time.Time, h *hit.Hit) error
}

// LinesOptions is what Lines are made from.
type LinesOptions struct {
	Site   Site   // whose log it is; what the lines say of hosts is not read
	Format string // auto, combined, common, json or caddy; empty is auto

	Exclude            []netip.Prefix // networks whose hits leave nothing at all
	Spam               []hit.Host     // referrers whose hits leave nothing at all, with the hosts below them
	PrefixV4, PrefixV6 int            // bits kept of an address, at most 24 and 48; 0 is that
	Country            func(netip.Prefix) hit.Country

	// Progress is told, about every mebibyte, how many bytes of a file have
	// been read, before any decompression; nil is told nothing.
	Progress func(bytes int64)
}

// A Summary is what the lines of one log were. Lines of excluded networks, and
// with a referrer on the list of spam, are in Lines and Parsed, as they would be in wc -l, and in no other number.
type Summary struct {
	Lines  int64
	Parsed int64

	// Malformed lines, and the numbers, from 1, of the first of them: at most
	// 50. A line of more than 64 KiB is malformed.
	Malformed   int64
	MalformedAt []int64

	Views    int64 // GET of a page answered 200 or 304
	Bots     int64 // the same, by machines
	Statuses int64 // GET of a page answered 400 to 599, by people

	// Measured lines are of footfall's own format, which leaves objectors out;
	// from Ordinary lines nobody can tell who objected.
	Measured, Ordinary int64
}

const maxMalformedAt = 50

func (s *Summary) malformed() {
	s.Malformed++
	if len(s.MalformedAt) < maxMalformedAt {
		s.MalformedAt = append(s.MalformedAt, s.Lines)
	}
}

var errFormat = errors.New("no such log format: auto, combined, common, json or caddy")

// Lines reads access logs of one site. All files of one import go through one
// Lines, so that a visitor whose day is spread over two files is one. Not for
// concurrent use.
type Lines struct {
	format   accesslog.Format
	site     string
	reduce   *privacy.Reducer
	progress func(int64)

	lines  lineReader
	record accesslog.Record
	raw    privacy.Raw
	hit    hit.Hit
}

// NewLines checks the options and draws secrets that live as long as the
// Lines do.
func NewLines(o LinesOptions) (*Lines, error) {
	format := accesslog.Auto
	if o.Format != "" {
		var ok bool
		if format, ok = accesslog.ParseFormat(o.Format); !ok {
			return nil, errFormat
		}
	}
	reduce, err := privacy.New(privacy.Options{
		Sites: privacySites([]Site{o.Site}), Exclude: o.Exclude, Spam: o.Spam,
		PrefixV4: o.PrefixV4, PrefixV6: o.PrefixV6, Country: o.Country, ManyDays: true,
	})
	if err != nil {
		return nil, err
	}
	return &Lines{format: format, site: o.Site.Host.String(), reduce: reduce, progress: o.Progress}, nil
}

// Read reads one file, plain or compressed by gzip or bzip2, to its end and
// hands its hits to the sink. It returns what it has read so far where the
// file, the sink or ctx end it early.
func (l *Lines) Read(ctx context.Context, in io.Reader, sink Sink) (Summary, error) {
	var s Summary
	plain, err := decompress(&counter{in: in, progress: l.progress})
	if err != nil {
		return s, fmt.Errorf("read log: %w", err)
	}
	l.lines.reset(plain)
	parser := accesslog.NewParser(l.format)
	for {
		line, fits, err := l.lines.next(ctx)
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return s, fmt.Errorf("read log, line %d: %w", s.Lines+1, err)
		}
		s.Lines++
		if !fits || !parser.Parse(line, &l.record) {
			s.malformed()
			continue
		}
		s.Parsed++
		if l.record.Own {
			s.Measured++
		} else {
			s.Ordinary++
		}
		if err := l.add(parser, sink, &s); err != nil {
			return s, fmt.Errorf("add line %d: %w", s.Lines, err)
		}
	}
}

// maxBeforeFirst is how many lines First looks at.
const maxBeforeFirst = 10_000

// First returns the time of the first line that can be read, so that files can
// be read in the order of time; ok is false where there is none among the
// first 10,000 lines. Nothing is counted.
func (l *Lines) First(ctx context.Context, in io.Reader) (t time.Time, ok bool, err error) {
	plain, err := decompress(in)
	if err != nil {
		return t, false, fmt.Errorf("read log: %w", err)
	}
	l.lines.reset(plain)
	parser := accesslog.NewParser(l.format)
	for range maxBeforeFirst {
		line, fits, err := l.lines.next(ctx)
		if errors.Is(err, io.EOF) {
			return t, false, nil
		}
		if err != nil {
			return t, false, fmt.Errorf("read log: %w", err)
		}
		if fits && parser.Parse(line, &l.record) {
			return time.Unix(l.record.Unix, 0).UTC(), true, nil
		}
	}
	return t, false, nil
}

// add decides what the record is and hands it to the sink if it counts. The
// rule is the one of shared/data/PROVENANCE.md: GET, answered 200 or 304, no
// static file. Of failed requests those for pages count in status; a machine's
// do not, so that the robots of a day are views set apart and no more.
func (l *Lines) add(parser *accesslog.Parser, sink Sink, s *Summary) error {
	r := &l.record
	failed := hit.StatusOf(r.Status) != hit.StatusOK
	if r.Method != "GET" || !failed && r.Status != 200 && r.Status != 304 || isStatic(r.Path) {
		return nil
	}
	parser.Unescape(r)
	l.fill()
	t := time.Unix(r.Unix, 0).UTC()
	verdict := l.reduce.Reduce(t, &l.raw, &l.hit)
	l.raw = privacy.Raw{}
	switch {
	case verdict == hit.Counted && failed:
		s.Statuses++
	case verdict == hit.Counted:
		s.Views++
	case verdict == hit.CountedBot && !failed:
		s.Bots++
	default:
		return nil
	}
	return sink.Add(t, &l.hit)
}

// fill makes a raw hit of the record. Its strings alias the line, which stays
// as it is until the next one is read.
func (l *Lines) fill() {
	r := &l.record
	l.raw.Source, l.raw.Kind = privacy.Log, hit.KindView
	l.raw.Site, l.raw.Path, l.raw.Referrer, l.raw.Status = l.site, r.Path, r.Referrer, r.Status
	l.raw.Agent, l.raw.NoAgent = r.Agent, r.NoAgent
	l.raw.Timing = hit.NoTiming()
	if addr, err := netip.ParseAddr(r.Client); err == nil { // else a name, or a dash: nobody knows
		l.raw.Addr = addr
	}
}

// isStatic tells whether a path, as it was sent, is that of a file that
// belongs to pages: by what follows the last dot of its last segment.
func isStatic(path string) bool {
	var low [5]byte
	for i := len(path) - 1; i >= 0 && len(path)-1-i <= len(low); i-- {
		c := path[i]
		if c == '/' {
			return false
		}
		if c == '.' {
			return isStaticExtension(low[i+1-len(path)+len(low):])
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if at := i - len(path) + len(low); at >= 0 {
			low[at] = c
		}
	}
	return false
}

func isStaticExtension(ext []byte) bool {
	switch string(ext) {
	case "css", "js", "mjs", "map", "png", "jpg", "jpeg", "gif", "svg", "ico", "webp", "avif", "bmp",
		"woff", "woff2", "ttf", "eot", "otf", "mp3", "mp4", "webm", "ogg", "avi", "mov",
		"pdf", "zip", "gz", "tgz", "bz2", "xz", "tar", "rar", "7z", "deb", "rpm", "exe", "dmg", "iso", "jar", "swf",
		"xml", "rss", "atom", "txt", "json", "csv":
		return true
	}
	return false
}
