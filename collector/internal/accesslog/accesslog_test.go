package accesslog

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

const head = `192.0.2.7 - - [05/Mar/2026:10:20:30 +0100] `

func parse(t *testing.T, f Format, line string) (Record, bool) {
	t.Helper()
	p := NewParser(f)
	var r Record
	ok := p.Parse([]byte(line), &r)
	if ok {
		p.Unescape(&r)
	}
	return r, ok
}

func at(t *testing.T, s string) int64 {
	t.Helper()
	when, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return when.Unix()
}

func TestCombinedAndOwn(t *testing.T) {
	full := Record{
		Unix: at(t, "2026-03-05T10:20:30+01:00"), Client: "192.0.2.7", Method: "GET", Path: "/a/b", Status: 200,
		Referrer: "https://example.net/", Agent: "Mozilla/5.0 (X11)",
	}
	with := func(change func(*Record)) Record {
		r := full
		change(&r)
		return r
	}
	for _, c := range []struct {
		name, line string
		want       Record
	}{
		{"whole", head + `"GET /a/b HTTP/1.1" 200 12 "https://example.net/" "Mozilla/5.0 (X11)"`, full},
		{"query and fragment", head + `"GET /a/b?x=1#y HTTP/1.1" 200 12 "https://example.net/" "Mozilla/5.0 (X11)"`, full},
		{"fragment first", head + `"GET /a/b#y?x HTTP/2" 200 - "https://example.net/" "Mozilla/5.0 (X11)"`, full},
		{"white space behind", head + `"GET /a/b HTTP/1.1" 200 12 "https://example.net/" "Mozilla/5.0 (X11)"` + " \t\f\v\r", full},
		{"dashes", head + `"GET /a/b HTTP/1.1" 304 - "-" "-"`, with(func(r *Record) { r.Status, r.Referrer, r.Agent = 304, "", "" })},
		{"empty fields", head + `"GET /a/b HTTP/1.1" 200 12 "" ""`, with(func(r *Record) { r.Referrer, r.Agent = "", "" })},
		{"no request line", head + `"\x16\x03\x01" 400 12 "https://example.net/" "Mozilla/5.0 (X11)"`,
			with(func(r *Record) { r.Method, r.Path, r.Status = "", "", 400 })},
		{"empty request line", head + `"" 408 0 "-" "-"`,
			with(func(r *Record) { r.Method, r.Path, r.Status, r.Referrer, r.Agent = "", "", 408, "", "" })},
		{"space in the target", head + `"GET /a b HTTP/1.1" 400 12 "https://example.net/" "Mozilla/5.0 (X11)"`,
			with(func(r *Record) { r.Method, r.Path, r.Status = "", "", 400 })},
		{"escapes of nginx", head + `"GET /caf\xC3\xA9 HTTP/1.1" 200 12 "https://example.net/" "a\x22b\x5Cc"`,
			with(func(r *Record) { r.Path, r.Agent = "/café", `a"b\c` })},
		{"escapes of Apache", head + `"GET /a/b HTTP/1.1" 200 12 "https://example.net/" "a\"b\\c\td\q"`,
			with(func(r *Record) { r.Agent = "a\"b\\c\td\\q" })},
		{"escape at the end of a field", head + `"GET /a/b HTTP/1.1" 200 12 "https://example.net/" "a\x2"`,
			with(func(r *Record) { r.Agent = `a\x2` })},
		{"own format", head + `"GET /a/b HTTP/1.1" 200 12 "https://example.net/" "Mozilla/5.0 (X11)" ff1`,
			with(func(r *Record) { r.Own = true })},
		{"own format, white space behind", head + `"GET /a/b HTTP/1.1" 200 12 "https://example.net/" "Mozilla/5.0 (X11)" ff1 ` + "\r",
			with(func(r *Record) { r.Own = true })},
		{"IPv6 and names", strings.Replace(head, "192.0.2.7 - -", "2001:db8:1:: ident user@example.org", 1) +
			`"GET /a/b HTTP/1.1" 200 12 "https://example.net/" "Mozilla/5.0 (X11)"`, with(func(r *Record) { r.Client = "2001:db8:1::" })},
		{"NUL and high bytes", head + "\"GET /a\x00\xff HTTP/1.1\" 200 12 \"https://example.net/\" \"Mozilla/5.0 (X11)\"",
			with(func(r *Record) { r.Path = "/a\x00\xff" })},
		{"absolute form", head + `"GET http://example.org/a/b HTTP/1.1" 200 12 "https://example.net/" "Mozilla/5.0 (X11)"`,
			with(func(r *Record) { r.Path = "http://example.org/a/b" })},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, f := range []Format{Auto, Combined} {
				if got, ok := parse(t, f, c.line); !ok || got != c.want {
					t.Errorf("format %d: got %+v, %v; want %+v", f, got, ok, c.want)
				}
			}
			if _, ok := parse(t, Common, c.line); ok {
				t.Error("read as common")
			}
		})
	}
}

func TestCommon(t *testing.T) {
	line := head + `"GET /a HTTP/1.0" 404 -`
	want := Record{Unix: at(t, "2026-03-05T09:20:30Z"), Client: "192.0.2.7", Method: "GET", Path: "/a", Status: 404, NoAgent: true}
	for _, f := range []Format{Auto, Common} {
		for _, behind := range []string{"", " ", "\r"} {
			if got, ok := parse(t, f, line+behind); !ok || got != want {
				t.Errorf("format %d, %q behind: got %+v, %v; want %+v", f, behind, got, ok, want)
			}
		}
	}
	if _, ok := parse(t, Combined, line); ok {
		t.Error("read as combined")
	}
}

// A combined line that was cut off behind its bytes looks like common: once
// agents have been seen, it is malformed.
func TestAutoTellsACutLine(t *testing.T) {
	var r Record
	common, combined := []byte(head+`"GET /a HTTP/1.0" 200 1`), []byte(head+`"GET /a HTTP/1.0" 200 1 "-" "-"`)
	p := NewParser(Auto)
	for i, step := range []struct {
		line []byte
		want bool
	}{{common, true}, {combined, true}, {common, false}, {combined, true}} {
		if got := p.Parse(step.line, &r); got != step.want {
			t.Errorf("line %d: got %v, want %v", i, got, step.want)
		}
	}
}

func TestMalformed(t *testing.T) {
	good := head + `"GET / HTTP/1.1" 200 12 "-" "x"`
	for _, c := range []struct{ name, line string }{
		{"empty", ""},
		{"white", " "},
		{"text", "nothing of the kind"},
		{"two fields before the date", strings.Replace(good, "- - ", "- ", 1)},
		{"four fields before the date", strings.Replace(good, "- - ", "- - - ", 1)},
		{"double space", strings.Replace(good, "- - ", "-  - ", 1)},
		{"tab in the client", "192.0\t.2.7" + good[9:]},
		{"space first", " " + good},
		{"no brackets", strings.NewReplacer("[", "", "]", "").Replace(good)},
		{"two spaces behind the date", strings.Replace(good, "] ", "]  ", 1)},
		{"request without quotes", strings.Replace(good, `"GET / HTTP/1.1"`, `GET`, 1)},
		{"status of two digits", strings.Replace(good, " 200 ", " 20 ", 1)},
		{"status of four digits", strings.Replace(good, " 200 ", " 2000 ", 1)},
		{"status in letters", strings.Replace(good, " 200 ", " 2OO ", 1)},
		{"no bytes", strings.Replace(good, " 12 ", " ", 1)},
		{"negative bytes", strings.Replace(good, " 12 ", " -12 ", 1)},
		{"two spaces before the referrer", strings.Replace(good, " 12 ", " 12  ", 1)},
		{"cut in the agent", good[:len(good)-1]},
		{"cut behind a backslash", good[:len(good)-1] + `\`},
		{"cut behind an escaped quote", good[:len(good)-1] + `\"`},
		{"cut before the agent", good[:len(good)-4]},
		{"text behind", good + ` "192.0.2.9"`},
		{"text stuck to the end", good + `x`},
		{"another marker", good + ` ff2`},
		{"marker and more", good + ` ff1x`},
		{"two spaces before the marker", good + `  ff1`},
		{"marker in quotes", good + ` "ff1"`},
		{"marker twice", good + ` ff1 ff1`},
		{"day and month turned", strings.Replace(good, "05/Mar", "Mar/05", 1)},
		{"month in capitals", strings.Replace(good, "Mar", "MAR", 1)},
		{"month unknown", strings.Replace(good, "Mar", "Mrz", 1)},
		{"30 February", strings.Replace(good, "05/Mar", "30/Feb", 1)},
		{"29 February of a common year", strings.Replace(good, "05/Mar", "29/Feb", 1)},
		{"day zero", strings.Replace(good, "05/Mar", "00/Mar", 1)},
		{"day 32", strings.Replace(good, "05/Mar", "32/Mar", 1)},
		{"year zero", strings.Replace(good, "2026", "0000", 1)},
		{"hour 24", strings.Replace(good, ":10:20", ":24:20", 1)},
		{"minute 60", strings.Replace(good, ":20:30", ":60:30", 1)},
		{"second 61", strings.Replace(good, ":20:30", ":20:61", 1)},
		{"no offset", strings.Replace(good, " +0100", "", 1)},
		{"offset without sign", strings.Replace(good, "+0100", "00100", 1)},
		{"offset of 24 hours", strings.Replace(good, "+0100", "+2400", 1)},
		{"offset of 60 minutes", strings.Replace(good, "+0100", "+0160", 1)},
		{"foreign date", strings.Replace(good, "05/Mar/2026:10:20:30 +0100", "March 05, 2026T10:20:30 +0", 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, f := range []Format{Auto, Combined, Common, Caddy} {
				if r, ok := parse(t, f, c.line); ok {
					t.Errorf("format %d read it: %+v", f, r)
				}
			}
		})
	}
}

func TestDates(t *testing.T) {
	for _, c := range []struct{ stamp, want string }{
		{"29/Feb/2024:00:00:00 +0000", "2024-02-29T00:00:00Z"},
		{"31/Dec/2016:23:59:60 +0000", "2016-12-31T23:59:59Z"},
		{"01/Jan/2017:05:29:60 +0530", "2016-12-31T23:59:59Z"},
		{"29/Mar/2026:02:30:00 +0100", "2026-03-29T01:30:00Z"},
		{"25/Oct/2026:02:30:00 +0200", "2026-10-25T00:30:00Z"},
		{"25/Oct/2026:02:30:00 +0100", "2026-10-25T01:30:00Z"},
		{"01/Jan/1970:00:00:00 -2359", "1970-01-01T23:59:00Z"},
		{"31/Dec/9999:23:59:59 +1400", "9999-12-31T09:59:59Z"},
	} {
		var s stamp
		got, ok := s.unix(c.stamp)
		if want := at(t, c.want); !ok || got != want {
			t.Errorf("%s: got %d, %v; want %d", c.stamp, got, ok, want)
		}
	}
}

// The memory of the day must never outlive a change of day or zone, and a
// refused date must not spoil it.
func TestStampMemory(t *testing.T) {
	var s stamp
	for _, c := range []struct {
		stamp string
		want  string
	}{
		{"05/Mar/2026:10:20:30 +0100", "2026-03-05T09:20:30Z"},
		{"05/Mar/2026:23:59:59 +0100", "2026-03-05T22:59:59Z"},
		{"05/Mar/2026:10:20:30 +0000", "2026-03-05T10:20:30Z"},
		{"31/Feb/2026:10:20:30 +0000", ""},
		{"05/Mar/2026:10:20:31 +0000", "2026-03-05T10:20:31Z"},
		{"06/Mar/2026:00:00:00 +0000", "2026-03-06T00:00:00Z"},
	} {
		got, ok := s.unix(c.stamp)
		if ok != (c.want != "") || ok && got != at(t, c.want) {
			t.Errorf("%s: got %d, %v; want %s", c.stamp, got, ok, c.want)
		}
	}
}

func TestParseFormat(t *testing.T) {
	for name, want := range map[string]Format{"auto": Auto, "combined": Combined, "common": Common, "json": Caddy, "caddy": Caddy} {
		if got, ok := ParseFormat(name); !ok || got != want {
			t.Errorf("ParseFormat(%q) = %d, %v; want %d", name, got, ok, want)
		}
	}
	if _, ok := ParseFormat("Combined"); ok {
		t.Error("a name in another case was accepted")
	}
}

func TestNoAllocation(t *testing.T) {
	lines := [][]byte{
		[]byte(head + `"GET /caf\xC3\xA9?x HTTP/1.1" 200 12 "https://example.net/\x22" "a\"b"`),
		[]byte(head + `"GET /a HTTP/1.1" 200 12 "https://example.net/" "Mozilla/5.0 (X11)" ff1`),
		[]byte(strings.Replace(head, "05/Mar", "06/Mar", 1) + `"GET /a HTTP/1.1" 200 12 "https://example.net/" "Mozilla/5.0 (X11)"`),
		[]byte(caddyLines[0]),
		[]byte("junk"),
	}
	p, r := NewParser(Auto), new(Record)
	work := make([]byte, 4096)
	if n := testing.AllocsPerRun(100, func() {
		for _, line := range lines {
			if p.Parse(append(work[:0], line...), r) {
				p.Unescape(r)
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// The parser must neither read beyond a line nor write to one that is not JSON.
func TestLineIsLeftAlone(t *testing.T) {
	line := []byte(head + `"GET /caf\xC3\xA9 HTTP/1.1" 200 12 "-" "a\"b"`)
	before := bytes.Clone(line)
	p, r := NewParser(Auto), new(Record)
	p.Parse(line, r)
	p.Unescape(r)
	if !bytes.Equal(line, before) {
		t.Errorf("line is now %q", line)
	}
}

func BenchmarkParse(b *testing.B) {
	for _, c := range []struct{ name, line string }{
		{"combined", head + `"GET /product/guide-howto-price-1234 HTTP/1.1" 200 21345 "https://www.google.com/" "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"`},
		{"escapes", head + `"GET /caf\xC3\xA9/guide HTTP/1.1" 200 21345 "https://www.google.com/" "Mozilla/5.0 \"x\" (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"`},
		{"caddy", caddyLines[0]},
	} {
		b.Run(c.name, func(b *testing.B) {
			p, r := NewParser(Auto), new(Record)
			line, work := []byte(c.line), make([]byte, 0, 4096)
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				if !p.Parse(append(work, line...), r) {
					b.Fatal("malformed")
				}
				p.Unescape(r)
			}
		})
	}
}
