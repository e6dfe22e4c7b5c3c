package dashboard

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"footfall/aggregate"
)

// canaries are texts that would do something if a page took them for markup.
var canaries = []string{
	`<img src=x onerror=hit(1)>`, `/<svg onload=hit(2)>`, `<details open ontoggle=hit(3)>`, `"autofocus onfocus="hit(4)`,
	`</script><script>hit(5)</script>`, `</title><script>hit(6)</script>`, `javascript:hit(7)`, `/{{.L.Skip}}${hit(8)}`,
	"/line\u2028hit(9)", `data:text/html,<script>hit(10)</script>`, `/x');background:url(//evil.example/11`, "/\u202egnp.exe",
	`'><base href=//evil.example/>`, `</bdi></a><a href=javascript:hit(13)>x`, `--><script>hit(14)</script><!--`, `]]><script>hit(15)</script>`,
	`<meta http-equiv=refresh content=0;url=//evil.example>`, `<link rel=stylesheet href=//evil.example/x.css>`, "`onmouseover=hit(16)`",
	`//evil.example/a`, `/\evil.example`, `&lt;script&gt;hit(17)&lt;/script&gt;`, "\x00\x01\x1b[31m", "\xff\xfe<b>",
}

// payloads returns the canaries and the public lists of shared/data.
func payloads(t *testing.T) []string {
	t.Helper()
	out := append([]string{}, canaries...)
	dir := os.Getenv("FOOTFALL_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared")
	}
	dir = filepath.Join(dir, "data", "strings")
	naughty, err := os.ReadFile(filepath.Join(dir, "blns.json"))
	if err != nil {
		t.Logf("only the canaries: no lists in %s", dir)
		return out
	}
	var list []string
	if err := json.Unmarshal(naughty, &list); err != nil {
		t.Fatal(err)
	}
	out = append(out, list...)
	f, err := os.Open(filepath.Join(dir, "xss_payloadbox.txt.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read from
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		out = append(out, lines.Text())
	}
	return out
}

// spread gives every dimension the values, unique ones.
func (f *fake) spread(values []string) {
	seen := map[string]bool{"": true}
	var unique []string
	for _, v := range values {
		if !seen[v] && !special(v) {
			seen[v] = true
			unique = append(unique, v)
		}
	}
	f.only = true
	for _, dim := range panelDims {
		f.extra[dim] = unique
	}
}

var (
	tagPattern  = regexp.MustCompile(`<[^>]*>`)
	attrPattern = regexp.MustCompile(`([a-zA-Z-]+)="[^"]*"`)
	linkPattern = regexp.MustCompile(`(?:href|src|action)="([^"]*)"`)
	pathPattern = regexp.MustCompile(`^(\./|(\.\./)+|\?|#)`)
)

// skeleton is a page's markup without text, attribute values and links, whose
// number depends on which values may be followed.
func skeleton(page string) string {
	var b strings.Builder
	for _, tag := range tagPattern.FindAllString(page, -1) {
		tag = attrPattern.ReplaceAllString(tag, "$1")
		if tag == "<a href>" || tag == "</a>" || tag == "<i title>" {
			continue
		}
		b.WriteString(tag + "\n")
	}
	return b.String()
}

// checkInert holds a page to the markup of a harmless one, and its links to
// the dashboard's own pages.
func checkInert(t *testing.T, what, page, harmless string) {
	t.Helper()
	got, want := skeleton(page), skeleton(harmless)
	if got != want {
		g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
		for i := range g {
			if i >= len(w) || g[i] != w[i] {
				t.Errorf("%s: tag %d is %q, which the harmless page lacks", what, i, g[i])
				break
			}
		}
		if len(g) < len(w) {
			t.Errorf("%s: %d tags, the harmless page has %d", what, len(g), len(w))
		}
	}
	for _, m := range linkPattern.FindAllStringSubmatch(page, -1) {
		if !pathPattern.MatchString(m[1]) {
			t.Errorf("%s: a link leads to %q", what, m[1])
		}
	}
	for _, bad := range []string{"<script", " style=", " onerror", " onload"} {
		if strings.Contains(strings.ToLower(strings.Join(tagPattern.FindAllString(page, -1), "")), bad) {
			t.Errorf("%s: a tag holds %q", what, bad)
		}
	}
}

func TestHostileValuesAreText(t *testing.T) {
	var paths []string
	for _, period := range []string{"4w", "yesterday", "today", "year"} {
		paths = append(paths, "/sites/a.example?period="+period)
	}
	for _, dim := range panelDims {
		paths = append(paths, "/sites/a.example/by/"+dim.String()+"?period=4w")
	}
	holdInert(t, canaries, paths)
	if testing.Short() {
		return
	}
	values := payloads(t)
	paths = nil
	for _, dim := range []string{"page", "referrer", "device"} { // a link of its own, a filter, a word of ours
		for start := 0; start < len(values); start += rowsPerPage {
			paths = append(paths, fmt.Sprintf("/sites/a.example/by/%s?period=lastweek&start=%d", dim, start))
		}
	}
	holdInert(t, values, paths)
}

// holdInert compares pages that show the values with those that show harmless
// ones.
func holdInert(t *testing.T, values, paths []string) {
	t.Helper()
	harmless := make([]string, len(values))
	for i := range values {
		harmless[i] = fmt.Sprintf("v%04d", i)
	}
	evil, tame := newServer(t), newServer(t)
	evil.fake.spread(values)
	tame.fake.spread(harmless[:len(evil.fake.extra[aggregate.ByPage])])
	for _, path := range paths {
		e, h := evil.get(path), tame.get(path)
		if e.Code != http.StatusOK || h.Code != http.StatusOK {
			t.Errorf("%s: %d and %d", path, e.Code, h.Code)
		}
		checkInert(t, path, e.Body.String(), h.Body.String())
	}
	if len(evil.fails)+len(tame.fails) > 0 {
		t.Errorf("failures: %q %q", evil.fails, tame.fails)
	}
}

func TestHostileParametersAreText(t *testing.T) {
	s := newServer(t)
	for _, base := range []string{"/sites/a.example", "/sites/a.example/by/referrer", "/login", "/setup", "/", "/about", "/doctor", "/nowhere"} {
		for _, name := range []string{"page", "where", "q", "sort", "start", "chart", "period", "from", "to", "lang", "token", "name"} {
			for i, v := range canaries {
				if name == "where" {
					v = "referrer:" + v
				}
				if i%4 != 0 && base != "/sites/a.example" { // a sample for the pages that read little
					continue
				}
				q := url.Values{name: {v}}
				if name != "period" && name != "from" && name != "to" {
					q.Set("period", "4w")
				}
				w := s.do(s.with(request("GET", base+"?"+q.Encode(), nil)))
				page := w.Body.String()
				for _, m := range linkPattern.FindAllStringSubmatch(page, -1) {
					if !pathPattern.MatchString(m[1]) {
						t.Errorf("%s %s: a link leads to %q", base, q.Encode(), m[1])
					}
				}
				if strings.Contains(page, v) && strings.ContainsAny(v, `<"`) {
					t.Errorf("%s: %s=%q stands in the page as it came", base, name, v)
				}
				if w.Code >= 500 {
					t.Errorf("%s: %s=%q gives %d", base, name, v, w.Code)
				}
			}
		}
	}
}
