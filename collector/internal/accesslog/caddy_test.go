package accesslog

import (
	"strings"
	"testing"
)

var caddyLines = []string{
	`{"level":"info","ts":1772702430.7564995,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"192.0.2.7","remote_port":"44790","client_ip":"198.51.100.9","proto":"HTTP/2.0","method":"GET","host":"www.example.org","uri":"/a/b?x=1","headers":{"Accept":["*/*"],"User-Agent":["Mozilla/5.0 (X11)","second"],"Referer":["https://example.net/?q=\u0022"]}},"bytes_read":0,"user_id":"","duration":0.000002701,"size":12,"status":200,"resp_headers":{"Server":["Caddy"],"Content-Type":["text/html"]}}`,
}

func TestCaddy(t *testing.T) {
	full := Record{
		Unix: at(t, "2026-03-05T09:20:30Z"), Client: "198.51.100.9", Method: "GET", Path: "/a/b", Status: 200,
		Referrer: `https://example.net/?q="`, Agent: "Mozilla/5.0 (X11)",
	}
	with := func(change func(*Record)) *Record {
		r := full
		change(&r)
		return &r
	}
	const line, ts = 0, `"ts":1772702430.7564995`
	change := func(old, new string) string {
		t.Helper()
		out := strings.Replace(caddyLines[line], old, new, 1)
		if old != "" && out == caddyLines[line] {
			t.Fatalf("%s is not in the line", old)
		}
		return out
	}
	for _, c := range []struct {
		name, line string
		want       *Record // nil: malformed
	}{
		{"whole", change("", ""), &full},
		{"white space behind", change("", "") + " \r", &full},
		{"the other order of addresses", change(`"remote_ip":"192.0.2.7","remote_port":"44790","client_ip":"198.51.100.9"`,
			`"client_ip":"198.51.100.9","remote_ip":"192.0.2.7"`), &full},
		{"before Caddy 2.7", change(`"client_ip":"198.51.100.9",`, ``), with(func(r *Record) { r.Client = "192.0.2.7" })},
		{"footfall's logger", change("http.log.access.log0", "http.log.access.footfall"), with(func(r *Record) { r.Own = true })},
		{"no logger", change(`"logger":"http.log.access.log0",`, ``), &full},
		{"another logger", change("http.log.access.log0", "http.log.error.log0"), nil},
		{"no agent sent", change(`"User-Agent":["Mozilla/5.0 (X11)","second"],`, ``), with(func(r *Record) { r.Agent = "" })},
		{"empty list of agents", change(`["Mozilla/5.0 (X11)","second"]`, `[]`), with(func(r *Record) { r.Agent = "" })},
		{"headers not logged", change(`,"headers":{"Accept":["*/*"],"User-Agent":["Mozilla/5.0 (X11)","second"],"Referer":["https://example.net/?q=\u0022"]}`, ``),
			with(func(r *Record) { r.Agent, r.Referrer, r.NoAgent = "", "", true })},
		{"seconds", change(ts, `"ts":1772702430`), &full},
		{"milliseconds", change(ts, `"ts":1772702430756.4995`), &full},
		{"nanoseconds", change(ts, `"ts":1772702430756499500`), &full},
		{"RFC 3339", change(ts, `"ts":"2026-03-05T10:20:30+01:00"`), &full},
		{"RFC 3339 with a fraction", change(ts, `"time":"2026-03-05T09:20:30.756Z"`), &full},
		{"ISO 8601", change(ts, `"ts":"2026-03-05T10:20:30.756+0100"`), &full},
		{"date of the common format", change(ts, `"ts":"05/Mar/2026:10:20:30 +0100"`), &full},
		{"wall clock", change(ts, `"ts":"2026/03/05 09:20:30.756"`), nil},
		{"exponent", change(ts, `"ts":1.772702430e9`), nil},
		{"exponent that looks whole", change(ts, `"ts":123456789012e1`), nil},
		{"before 1970", change(ts, `"ts":-1`), nil},
		{"far future", change(ts, `"ts":99999999999999999999999999`), nil},
		{"time null", change(ts, `"ts":null`), nil},
		{"no time", change(ts+",", ``), nil},
		{"no status", change(`"status":200,`, ``), nil},
		{"status null", change(`"status":200`, `"status":null`), nil},
		{"status text", change(`"status":200`, `"status":"200"`), nil},
		{"status of four digits", change(`"status":200`, `"status":2000`), nil},
		{"no uri", change(`"uri":"/a/b?x=1",`, ``), nil},
		{"agent not a list", change(`["Mozilla/5.0 (X11)","second"]`, `"Mozilla"`), nil},
		{"cut off", change("", "")[:300], nil},
		{"two objects", change("", "") + "{}", nil},
		{"an array", "[]", nil},
		{"empty object", "{}", nil},
		{"empty", "", nil},
		{"a log message", `{"level":"info","ts":1772702430.7,"logger":"admin","msg":"admin endpoint started","address":"localhost:2019"}`, nil},
		{"traefik", `{"ClientHost":"192.0.2.7","RequestMethod":"GET","RequestPath":"/","time":"2026-03-05T10:20:30Z"}`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, f := range []Format{Auto, Caddy} {
				got, ok := parse(t, f, c.line)
				if ok != (c.want != nil) || ok && got != *c.want {
					t.Errorf("format %d: got %+v, %v; want %+v", f, got, ok, c.want)
				}
			}
			for _, f := range []Format{Combined, Common} {
				if _, ok := parse(t, f, c.line); ok {
					t.Errorf("format %d read it", f)
				}
			}
		})
	}
}
