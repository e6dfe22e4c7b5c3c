package collector

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"footfall/aggregate/hit"
)

func explainLine(t *testing.T, in string) map[string]any {
	t.Helper()
	fr, err := hit.ParseCountry("FR")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	sites := testSites(t)
	sites[1].Paths = Paths{Templates: []string{"/order/*"}, DeclaredOnly: true}
	err = Explain(t.Context(), strings.NewReader(in), &out, Options{
		Sites: sites, Spam: []hit.Host{host(t, "spam.example")},
		Exclude: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")},
		Country: func(p netip.Prefix) hit.Country {
			if p == netip.MustParsePrefix("192.0.2.0/24") {
				return fr
			}
			return hit.Country{}
		},
	})
	if err != nil {
		t.Fatalf("Explain: %v", err)
	}
	if n := strings.Count(out.String(), "\n"); n != 1 {
		t.Fatalf("%d lines out, want 1", n)
	}
	var answer map[string]any
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestExplain(t *testing.T) {
	const chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
	full := map[string]any{
		"verdict": "counted", "browser": "Chrome", "major": 131.0, "system": "Windows", "device": "desktop", "bot": nil,
		"country": "FR", "path": "/a", "referrer": "example.net",
	}
	with := func(pairs ...any) map[string]any {
		out := map[string]any{}
		for k, v := range full {
			out[k] = v
		}
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i].(string)] = pairs[i+1]
		}
		return out
	}
	nothing := map[string]any{
		"browser": "(unknown)", "major": 0.0, "system": "(unknown)", "device": "(unknown)", "bot": nil, "country": "(unknown)", "path": "", "referrer": "(none)",
	}
	silent := func(verdict string) map[string]any {
		out := maps.Clone(nothing)
		out["verdict"] = verdict
		return out
	}
	hitWith := func(more string) string {
		return `{"agent":"` + chrome + `","address":"192.0.2.9","url":"https://www.example.org/a?q=1#x","referrer":"https://example.net/p","site":"www.example.org"` + more + `}`
	}
	for _, c := range []struct {
		name, line string
		want       map[string]any
	}{
		{"whole", hitWith(``), full},
		{"no line feed needed", hitWith(``) + "\n", full},
		{"site by the URL", strings.Replace(hitWith(``), `,"site":"www.example.org"`, ``, 1), full},
		{"site that is not configured", strings.ReplaceAll(hitWith(``), "www.example.org", "unheard.example"), full},
		{"path alone", strings.Replace(hitWith(``), "https://www.example.org/a?q=1#x", "/a?q=1", 1), full},
		{"own referrer", strings.Replace(hitWith(``), "https://example.net/p", "https://example.org/b", 1), with("referrer", "(internal)")},
		{"agent among the headers", strings.Replace(hitWith(`,"headers":{"user-agent":"`+chrome+`"}`), `"agent":"`+chrome+`",`, ``, 1), full},
		{"unknown address", strings.Replace(hitWith(``), "192.0.2.9", "somewhere", 1), with("country", "(unknown)")},
		{"robot", strings.Replace(hitWith(``), chrome, "ExampleBot/1.0", 1),
			with("verdict", "bot", "browser", "(other)", "major", 0.0, "system", "(other)", "device", "other", "bot", "word")},
		{"no agent", strings.Replace(hitWith(``), chrome, "", 1),
			with("verdict", "bot", "browser", "(other)", "major", 0.0, "system", "(other)", "device", "other", "bot", "empty")},
		{"prefetch", hitWith(`,"headers":{"Sec-Purpose":"prefetch"}`), with("verdict", "bot", "bot", "prefetch")},
		{"a missing header tells nothing", hitWith(`,"headers":{"Accept":"*/*"}`), full},
		{"unless all are there", hitWith(`,"headers":{"Accept":"*/*"},"complete":true`), with("verdict", "bot", "bot", "metadata")},
		{"and it is not missing", hitWith(`,"headers":{"sec-fetch-site":["none"]},"complete":true`), full},
		{"bad path", strings.Replace(hitWith(``), "/a?q=1#x", "", 1), with("path", "/")},
		{"objection", hitWith(`,"headers":{"DNT":"1"}`), silent("objected")},
		{"unknown key", hitWith(`,"note":1`), full},
		{"template", strings.ReplaceAll(strings.Replace(hitWith(``), "/a?q=1", "/order/77", 1), "www.example.org", "other.example"), with("path", "/order/*")},
		{"page that was not declared", strings.ReplaceAll(hitWith(``), "www.example.org", "other.example"), with("path", "(other)")},
		{"address of IPv4 in IPv6", strings.Replace(hitWith(``), "192.0.2.9", "::ffff:192.0.2.200", 1), full},
		{"spam", strings.Replace(hitWith(``), "example.net", "a.spam.example", 1), silent("excluded")},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := explainLine(t, c.line)
			if reason, _ := got["reason"].(string); reason == "" || reason == hit.Unknown {
				t.Errorf("reason %v", got["reason"])
			}
			delete(got, "reason")
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %v\nwant %v", got, c.want)
			}
		})
	}
	for name, line := range map[string]string{
		"empty line": "\n", "text": "x", "array": "[]", "null": " null ", "cut off": `{"agent":"x"`, "number for a text": `{"agent":1}`,
		"number for a header": `{"headers":{"DNT":1}}`, "too long": strings.Repeat("x", maxLine+1),
	} {
		if got := explainLine(t, line); got["verdict"] != "malformed" || got["reason"] == "" {
			t.Errorf("%s: got %v", name, got)
		}
	}
	if got := explainLine(t, strings.Replace(hitWith(``), "192.0.2.9", "203.0.113.9", 1)); got["verdict"] != "excluded" || got["path"] != "" {
		t.Errorf("staff: got %v", got)
	}
	staff, spam := strings.Replace(hitWith(``), "192.0.2.9", "203.0.113.9", 1), strings.Replace(hitWith(``), "example.net", "spam.example", 1)
	if a, b := explainLine(t, staff)["reason"], explainLine(t, spam)["reason"]; a == b || b != spamReason {
		t.Errorf("staff: %v; spam: %v", a, b)
	}
}

func TestExplainEveryVerdict(t *testing.T) {
	for v := hit.Counted; v <= hit.Excluded; v++ {
		if v != hit.CountedBot && reasonOf(v, hit.NotBot) == hit.Unknown {
			t.Errorf("%v has no reason", v)
		}
	}
	for _, b := range hit.Bots() {
		if reasonOf(hit.CountedBot, b) == hit.Unknown {
			t.Errorf("%v has no reason", b)
		}
	}
}

func TestExplainFails(t *testing.T) {
	if err := Explain(t.Context(), strings.NewReader("x\n"), failingWriter{}, Options{}); !errors.Is(err, errFull) {
		t.Errorf("writer: got %v", err)
	}
	broken := errors.New("broken")
	if err := Explain(t.Context(), iotest.ErrReader(broken), &bytes.Buffer{}, Options{}); !errors.Is(err, broken) {
		t.Errorf("reader: got %v", err)
	}
	if err := Explain(t.Context(), strings.NewReader(""), &bytes.Buffer{}, Options{Sites: []Site{{}}}); err == nil {
		t.Error("a site without host: no error")
	}
}

var errFull = errors.New("full")

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errFull }
