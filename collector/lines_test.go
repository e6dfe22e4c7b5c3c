package collector

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"footfall/aggregate/hit"
)

// days counts what a log gives, by day of a zone.
type days struct {
	zone     *time.Location
	views    map[string]int
	bots     map[string]int
	statuses map[string]int
	paths    map[string]int
	visitors map[hit.Visitor]int
	err      error
}

func newDays(t testing.TB, zone string) *days {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return &days{location, map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}, map[hit.Visitor]int{}, nil}
}

func (d *days) Add(at time.Time, h *hit.Hit) error {
	day := hit.DayAt(at, d.zone).String()
	switch {
	case h.Bot != hit.NotBot:
		d.bots[day]++
		return d.err
	case h.Status != hit.StatusOK:
		d.statuses[day]++
	default:
		d.views[day]++
	}
	d.paths[h.Path.String()]++
	if !h.Visitor.IsZero() {
		d.visitors[h.Visitor]++
	}
	return d.err
}

func newLines(t testing.TB, change func(*LinesOptions)) *Lines {
	t.Helper()
	o := LinesOptions{Site: Site{Host: host(t, "www.example.org")}}
	if change != nil {
		change(&o)
	}
	l, err := NewLines(o)
	if err != nil {
		t.Fatalf("NewLines: %v", err)
	}
	return l
}

func TestLines(t *testing.T) {
	log, err := os.ReadFile("testdata/access.log")
	if err != nil {
		t.Fatal(err)
	}
	sum := Summary{
		Lines: 31, Parsed: 26, Malformed: 5, MalformedAt: []int64{21, 22, 23, 24, 25},
		Views: 10, Bots: 3, Statuses: 3, Measured: 2, Ordinary: 24,
	}
	for _, c := range []struct {
		zone                  string
		views, bots, statuses map[string]int
	}{
		{"UTC", map[string]int{"2016-12-31": 1, "2026-03-28": 3, "2026-03-29": 2, "2026-03-30": 4}, map[string]int{"2026-03-29": 3},
			map[string]int{"2026-03-29": 2, "2026-03-30": 1}},
		{"Europe/Paris", map[string]int{"2017-01-01": 1, "2026-03-28": 1, "2026-03-29": 4, "2026-03-30": 4}, map[string]int{"2026-03-30": 3},
			map[string]int{"2026-03-29": 1, "2026-03-30": 2}},
	} {
		t.Run(c.zone, func(t *testing.T) {
			got := newDays(t, c.zone)
			lines := newLines(t, func(o *LinesOptions) { o.Site.Zone = got.zone })
			s, err := lines.Read(t.Context(), bytes.NewReader(log), got)
			if err != nil || !reflect.DeepEqual(s, sum) {
				t.Errorf("got %+v, %v; want %+v", s, err, sum)
			}
			if !maps.Equal(got.views, c.views) || !maps.Equal(got.bots, c.bots) || !maps.Equal(got.statuses, c.statuses) {
				t.Errorf("got views %v, bots %v, statuses %v; want %v, %v, %v", got.views, got.bots, got.statuses, c.views, c.bots, c.statuses)
			}
			for path, want := range map[string]int{"/": 2, "/café": 2, "/missing": 1, "/own": 2} {
				if got.paths[path] != want {
					t.Errorf("%s: %d, want %d", path, got.paths[path], want)
				}
			}
			if got := s.MalformedAt[0]; got != 21 {
				t.Errorf("first malformed line %d, want 21", got)
			}
		})
	}
}

// However the bytes come, the lines are the same.
func TestLinesHoweverTheyCome(t *testing.T) {
	log, err := os.ReadFile("testdata/access.log")
	if err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	for _, half := range [][]byte{log[:len(log)/2], log[len(log)/2:]} { // gzip files may be put one behind the other
		z := gzip.NewWriter(&zipped)
		if _, err := z.Write(half); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	want, wantDays := Summary{}, newDays(t, "UTC")
	if want, err = newLines(t, nil).Read(t.Context(), bytes.NewReader(log), wantDays); err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]io.Reader{
		"one byte at a time": iotest.OneByteReader(bytes.NewReader(log)),
		"end with the data":  iotest.DataErrReader(bytes.NewReader(log)),
		"gzip":               bytes.NewReader(zipped.Bytes()),
		"final line feed":    io.MultiReader(bytes.NewReader(log), strings.NewReader("\n")),
		"CRLF":               bytes.NewReader(bytes.ReplaceAll(log, []byte("\n"), []byte("\r\n"))),
	} {
		got := newDays(t, "UTC")
		s, err := newLines(t, nil).Read(t.Context(), in, got)
		if err != nil || !reflect.DeepEqual(s, want) || !maps.Equal(got.paths, wantDays.paths) {
			t.Errorf("%s: got %+v, %v; want %+v", name, s, err, want)
		}
	}
}

const line = `192.0.2.7 - - [05/Mar/2026:10:20:30 +0100] "GET /a HTTP/1.1" 200 12 "-" "` + person + `"`

func TestOddFiles(t *testing.T) {
	long := func(n int) string { return strings.Replace(line, "/a", "/"+strings.Repeat("a", n-len(line)+1), 1) }
	for _, c := range []struct {
		name, text       string
		lines, malformed int64
		at               []int64
	}{
		{name: "empty", text: ""},
		{name: "one line feed", text: "\n", lines: 1, malformed: 1, at: []int64{1}},
		{name: "no final line feed", text: line, lines: 1},
		{name: "longest line", text: long(maxLine) + "\n" + line, lines: 2},
		{name: "too long by one", text: long(maxLine+1) + "\n" + line, lines: 2, malformed: 1, at: []int64{1}},
		{name: "a mebibyte in the middle", text: line + "\n" + long(1<<20) + "\n" + line + "\n", lines: 3, malformed: 1, at: []int64{2}},
		{name: "a mebibyte at the end", text: line + "\n" + long(1<<20), lines: 2, malformed: 1, at: []int64{2}},
		{name: "a mebibyte without line feed", text: strings.Repeat("\x00", 1<<20), lines: 1, malformed: 1, at: []int64{1}},
		{name: "NUL", text: strings.Replace(line, "/a", "/a\x00b", 1) + "\n\x00\n" + line, lines: 3, malformed: 1, at: []int64{2}},
		{name: "white space behind", text: line + " \t\r\n" + line + "\v\f\n", lines: 2},
		{name: "bytes of gzip behind", text: line + "\n\x1f\x8b\x08\x00\n", lines: 2, malformed: 1, at: []int64{2}},
		{name: "mixed formats", text: line + "\n" +
			`{"ts":1772702430,"logger":"http.log.access.footfall","request":{"client_ip":"192.0.2.0","method":"GET","uri":"/","headers":{"User-Agent":["` + person + `"]}},"status":200}` +
			"\n2026-03-05T10:20:30Z GET /a 200\n" + line + " ff1\n", lines: 4, malformed: 1, at: []int64{3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := newLines(t, nil).Read(t.Context(), strings.NewReader(c.text), newDays(t, "UTC"))
			if err != nil || s.Lines != c.lines || s.Malformed != c.malformed || s.Parsed != c.lines-c.malformed ||
				s.Views != s.Parsed || !slices.Equal(s.MalformedAt, c.at) {
				t.Errorf("got %+v, %v; want %d lines, malformed %v", s, err, c.lines, c.at)
			}
		})
	}
}

func TestManyMalformedLines(t *testing.T) {
	s, err := newLines(t, nil).Read(t.Context(), strings.NewReader(strings.Repeat("x\n", 1000)), newDays(t, "UTC"))
	if err != nil || s.Malformed != 1000 || len(s.MalformedAt) != maxMalformedAt || s.MalformedAt[0] != 1 {
		t.Errorf("got %d malformed, %d numbers, %v", s.Malformed, len(s.MalformedAt), err)
	}
}

func TestLinesStop(t *testing.T) {
	text := strings.Repeat(line+"\n", 3)
	full := newDays(t, "UTC")
	full.err = errors.New("no room")
	if s, err := newLines(t, nil).Read(t.Context(), strings.NewReader(text), full); !errors.Is(err, full.err) || s.Lines != 1 {
		t.Errorf("sink: got %+v, %v", s, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newLines(t, nil).Read(ended, strings.NewReader(text), newDays(t, "UTC")); !errors.Is(err, context.Canceled) {
		t.Errorf("context: got %v", err)
	}
	failing := io.MultiReader(strings.NewReader(text), iotest.ErrReader(io.ErrClosedPipe))
	if s, err := newLines(t, nil).Read(t.Context(), failing, newDays(t, "UTC")); !errors.Is(err, io.ErrClosedPipe) || s.Lines != 3 {
		t.Errorf("reader: got %+v, %v", s, err)
	}
	if _, err := newLines(t, nil).Read(t.Context(), strings.NewReader("\x1f\x8b\x00"), newDays(t, "UTC")); err == nil {
		t.Error("a cut gzip file: no error")
	}
	if _, err := NewLines(LinesOptions{Site: Site{Host: host(t, "www.example.org")}, Format: "iis"}); !errors.Is(err, errFormat) {
		t.Errorf("unknown format: got %v", err)
	}
	if _, err := NewLines(LinesOptions{}); err == nil {
		t.Error("no site: no error")
	}
}

// One visitor of a day is one in two files, and two on two days.
func TestLinesShareADay(t *testing.T) {
	got, lines := newDays(t, "UTC"), newLines(t, nil)
	for _, text := range []string{line, strings.Replace(line, "05/Mar", "06/Mar", 1), strings.Replace(line, "192.0.2.7", "192.0.2.200", 1)} {
		if _, err := lines.Read(t.Context(), strings.NewReader(text), got); err != nil {
			t.Fatal(err)
		}
	}
	if len(got.visitors) != 2 {
		t.Errorf("%d visitors, want 2", len(got.visitors))
	}
}

func TestLinesExclude(t *testing.T) {
	lines := newLines(t, func(o *LinesOptions) { o.Exclude = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	s, err := lines.Read(t.Context(), strings.NewReader(line), newDays(t, "UTC"))
	if err != nil || s.Parsed != 1 || s.Views+s.Bots+s.Statuses != 0 {
		t.Errorf("got %+v, %v", s, err)
	}
}

// A log is read under the rules of its site and the operator's list of spam.
func TestLinesRules(t *testing.T) {
	const line = `192.0.2.1 - - [24/Nov/2026:10:00:00 +0000] "GET %s HTTP/1.1" 200 1 "%s" "` + person + `"` + "\n"
	log := fmt.Sprintf(line, "/order/7", "-") + fmt.Sprintf(line, "/acme", "https://example.net/") + fmt.Sprintf(line, "/order/8", "https://a.spam.example/")
	d := newDays(t, "UTC")
	sum, err := newLines(t, func(o *LinesOptions) {
		o.Spam = []hit.Host{host(t, "spam.example")}
		o.Site.Paths = Paths{Templates: []string{"/order/*"}, DeclaredOnly: true}
		o.Site.NoVisitors = true
	}).Read(t.Context(), strings.NewReader(log), d)
	if err != nil || sum.Lines != 3 || sum.Parsed != 3 || sum.Views != 2 {
		t.Errorf("%+v, %v; want three lines and two views", sum, err)
	}
	if want := map[string]int{"/order/*": 1, "(other)": 1}; !maps.Equal(d.paths, want) || len(d.visitors) > 0 {
		t.Errorf("pages %v and %d visitors, want %v and none", d.paths, len(d.visitors), want)
	}
}

func TestProgress(t *testing.T) {
	var told []int64
	lines := newLines(t, func(o *LinesOptions) { o.Progress = func(n int64) { told = append(told, n) } })
	text := strings.Repeat(line+"\n", 20_000)
	if _, err := lines.Read(t.Context(), strings.NewReader(text), nowhere{}); err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(told) || len(told) != len(text)>>20+1 || told[len(told)-1] != int64(len(text)) {
		t.Errorf("told %v of %d bytes", told, len(text))
	}
}

func TestIsStatic(t *testing.T) {
	for path, want := range map[string]bool{
		"": false, "/": false, "/a": false, "/a.css": true, "/A.CSS": true, "/a.css/": false, "/a.css/b": false, "/.css": true,
		"/a.b/c": false, "/a.woff2": true, "/a.xwoff2": false, "/a.min.js": true, "/a.": false, "/a.html": false, "a.7z": true,
		"/a.jsonx": false, "/a.jso": false, "/a.JPEG": true, ".gz": true, "/a.éss": false, "*": false, "/a%2ecss": false, "/a;b.txt": true,
	} {
		if got := isStatic(path); got != want {
			t.Errorf("isStatic(%q) = %v, want %v", path, got, want)
		}
	}
}

func TestLinesMemoryIsFlat(t *testing.T) {
	text := strings.Repeat(line+"\n", 1000)
	lines := newLines(t, nil)
	n := testing.AllocsPerRun(10, func() {
		if _, err := lines.Read(t.Context(), strings.NewReader(text), nowhere{}); err != nil {
			t.Fatal(err)
		}
	})
	if n > 10 {
		t.Errorf("%v allocations for 1,000 lines, want a few for the file", n)
	}
}

func BenchmarkLines(b *testing.B) {
	path := os.Getenv("FOOTFALL_BENCH_LOG")
	var log []byte
	if path != "" {
		var err error
		if log, err = os.ReadFile(path); err != nil {
			b.Fatal(err)
		}
	} else {
		for i := range 10_000 {
			log = fmt.Appendf(log, "%s\n", strings.Replace(line, "/a", fmt.Sprintf("/guide/page-%d", i%500), 1))
		}
	}
	n := bytes.Count(log, []byte("\n"))
	lines := newLines(b, nil)
	b.SetBytes(int64(len(log)))
	for b.Loop() {
		if _, err := lines.Read(b.Context(), bytes.NewReader(log), nowhere{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}
