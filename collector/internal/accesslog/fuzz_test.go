package accesslog

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The grammar as it stands in shared/data/PROVENANCE.md, for bytes.
var (
	grammarHead   = `^[^ \t\n\r\f\v]+ [^ \t\n\r\f\v]+ [^ \t\n\r\f\v]+ \[(\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4})\] "((?:[^"\\]|\\.)*)" (\d{3}) (?:\d+|-)`
	grammarQuoted = ` "((?:[^"\\]|\\.)*)"`
	combinedRule  = regexp.MustCompile(`(?s)` + grammarHead + grammarQuoted + grammarQuoted + `( ff1)?[ \t\n\r\f\v]*$`)
	commonRule    = regexp.MustCompile(`(?s)` + grammarHead + `[ \t\n\r\f\v]*$`)
	requestRule   = regexp.MustCompile(`(?s)^([A-Z]{3,10}) ([^ \t\n\r\f\v]+) HTTP/\d(?:\.\d)?$`)
)

// unixOf reads a date that has the grammar's form.
func unixOf(stamp string) (int64, bool) {
	if stamp[22:24] >= "24" || stamp[24:] >= "60" {
		return 0, false
	}
	if stamp[17:20] == ":60" {
		stamp = stamp[:17] + ":59" + stamp[20:]
	}
	t, err := time.Parse("02/Jan/2006:15:04:05 -0700", stamp)
	return t.Unix(), err == nil && t.Year() > 0 && stamp[7:11] != "0000"
}

// FuzzLine holds the parser to the grammar as regular expressions state it.
func FuzzLine(f *testing.F) {
	for _, tail := range []string{
		`"GET / HTTP/1.1" 200 12 "-" "x"`, `"GET / HTTP/1.1" 200 12`, `"\x16\"" 400 - "\\" "a\"b" ff1`, `"GET /a?b#c HTTP/2" 304 0 "" ""` + " \r", `"`,
	} {
		f.Add([]byte(head + tail))
	}
	f.Add([]byte("2001:db8:: a b [31/Dec/2016:23:59:60 -0230] \"POST /\x00\xff HTTP/1.0\" 499 0"))
	f.Add([]byte{0x1f, 0x8b, 8, 0, '\n', ' ', '"'})
	f.Fuzz(func(t *testing.T, line []byte) {
		for format, rules := range map[Format][]*regexp.Regexp{
			Auto: {combinedRule, commonRule}, Combined: {combinedRule}, Common: {commonRule},
		} {
			if format == Auto && bytes.HasPrefix(line, []byte("{")) {
				continue
			}
			var m [][]byte
			for _, rule := range rules {
				if m == nil {
					m = rule.FindSubmatch(line)
				}
			}
			want, unix := m != nil, int64(0)
			if want {
				unix, want = unixOf(string(m[1]))
			}
			p, r := NewParser(format), new(Record)
			if got := p.Parse(line, r); got != want {
				t.Fatalf("format %d, %q: parsed %v, the grammar says %v", format, line, got, want)
			}
			if !want {
				continue
			}
			method, path := "", ""
			if q := requestRule.FindSubmatch(m[2]); q != nil {
				method, path = string(q[1]), string(q[2])
				if i := strings.IndexAny(path, "?#"); i >= 0 {
					path = path[:i]
				}
			}
			if r.Unix != unix || r.Method != method || r.Path != path {
				t.Fatalf("format %d, %q: got %+v, want %d %q %q", format, line, *r, unix, method, path)
			}
			p.Unescape(r)
		}
	})
}

// FuzzCaddy: what is read as a record is valid JSON, and nothing panics.
func FuzzCaddy(f *testing.F) {
	for _, line := range caddyLines {
		f.Add([]byte(line))
	}
	f.Add([]byte(`{"ts":"x","request":{"headers":{"User-Agent":["\ud834\udd1e"]}}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r := new(Record)
		if NewParser(Caddy).Parse(bytes.Clone(line), r) && !json.Valid(line) {
			t.Fatalf("%q: read as a record", line)
		}
	})
}

// Worst inputs must take linear time: a line of 64 KiB well under a
// millisecond's order, whatever it holds.
func TestWorstLinesAreLinear(t *testing.T) {
	for name, unit := range map[string]string{
		"quotes": `"`, "backslashes": `\`, "escaped quotes": `\"`, "spaces": ` `, "brackets": `[`, "objects": `{"a":`, "NUL": "\x00", "marks": `?#`,
	} {
		long := strings.Repeat(unit, 64<<10/len(unit))
		for _, line := range []string{long, head + `"` + long, head + `"GET /` + long + ` HTTP/1.1" 200 1 "` + long + `"`, "{" + long} {
			start := time.Now()
			p, r := NewParser(Auto), new(Record)
			if p.Parse([]byte(line), r) {
				p.Unescape(r)
			}
			if d := time.Since(start); d > time.Second {
				t.Errorf("%s: %v for a line of %d bytes", name, d, len(line))
			}
		}
	}
}
