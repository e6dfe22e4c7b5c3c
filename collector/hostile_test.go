package collector

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"footfall/aggregate/hit"
	"footfall/collector/internal/shareddata"
)

// hostile are texts that have broken others.
var hostile = []string{
	"", " ", "\x00", "\u0000a", "\u202eevil", "\u200b", "\ufeff", "\u2028", "\U000e0041", "Ω≈ç√", "<script>alert(1)</script>",
	"javascript:alert(1)", "//evil.example", "/\\evil", "/%2e%2e/%2e%2e/etc/passwd", "/..;/", "/a?x#y", "/%00", "/%ff", "/%", "%zz",
	"${jndi:ldap://x}", "{{7*7}}", "=1+1", "' OR 1=1 --", "http://[::1]:80/", "https://user:pass@evil.example/", "data:text/html,x",
	"xn--ls8h.la", "münchen.example", strings.Repeat("a", 1500), "/" + strings.Repeat("a/", 700), strings.Repeat("%2F", 500), "null", "-1",
}

// checkHit holds what every recorded hit must be, whatever was sent.
func checkHit(t *testing.T, h *hit.Hit) {
	t.Helper()
	for name, s := range map[string]string{
		"path": h.Path.String(), "referrer": h.Referrer.String(), "outbound": h.Outbound.String(),
		"download": h.Download.String(), "feature": h.Feature.String(), "site": h.Site.String(),
	} {
		if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\n\r<>\"") && name != "path" && name != "download" {
			t.Errorf("%s is %q", name, s)
		}
	}
	for _, p := range []hit.Path{h.Path, h.Download} {
		if _, err := hit.ParsePath(p.String()); err != nil && !p.IsZero() {
			t.Errorf("path %q is none", p)
		}
	}
	if !h.Timing.Valid() {
		t.Errorf("timing %+v", h.Timing)
	}
}

// Every text in every field and header: answered 202, or 413 where it is too
// long, and what is recorded keeps the grammar.
func TestHostileTexts(t *testing.T) {
	texts := append([]string(nil), hostile...)
	t.Run("own list", func(t *testing.T) { sendEverywhere(t, texts) })
	t.Run("naughty strings", func(t *testing.T) {
		b, err := os.ReadFile(shareddata.Path(t, "strings/blns.json"))
		if err == nil {
			err = json.Unmarshal(b, &texts)
		}
		if err != nil {
			t.Fatal(err)
		}
		sendEverywhere(t, texts)
	})
	t.Run("scripts", func(t *testing.T) {
		sendEverywhere(t, strings.Split(string(readGzip(t, "strings/xss_payloadbox.txt.gz")), "\n")[:500])
	})
}

func sendEverywhere(t *testing.T, texts []string) {
	t.Helper()
	h := newHarness(t, func(o *Options) { o.Rate = -1 })
	var requests []*http.Request
	for _, text := range texts {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range []string{
			`{"k":"view","p":@}`, `{"k":"view","p":"/a","r":@}`, `{"k":@,"p":"/a"}`, `{"k":"feature","p":"/a","f":@}`, `{"k":"feature","p":"/a","o":@}`,
			`{"k":"feature","p":"/a","d":@}`, `{"k":"view","p":"/a","title":@}`, `{"k":"view","p":"/a","z"` + `:{"a":[@]}}`,
		} {
			requests = append(requests, request("POST", "/hit", strings.Replace(body, "@", string(quoted), 1)))
		}
		query := url.QueryEscape(text)
		requests = append(requests, request("GET", "/hit.gif?s=www.example.org&p="+query+"&r="+query, ""), request("GET", "/hit.gif?p=/&s="+query, ""))
		for _, name := range []string{"User-Agent", "Origin", "Cookie", "Referer", "Sec-CH-UA", "Sec-CH-UA-Platform", "X-Forwarded-For", "X-Forwarded-Proto", "Sec-GPC", "DNT"} {
			req := request("POST", "/hit", view)
			req.Header.Set(name, text)
			requests = append(requests, req)
		}
	}
	for _, req := range requests {
		res := h.do(req)
		if s := res.StatusCode; s != 202 && s != 200 && s != 413 {
			t.Errorf("status %d", s)
		}
		checkPolicies(t, res)
	}
	if len(h.rec.hits) == 0 || h.Stats().Panics > 0 {
		t.Errorf("%d hits recorded, %d panics", len(h.rec.hits), h.Stats().Panics)
	}
	for i := range h.rec.hits {
		checkHit(t, &h.rec.hits[i])
	}
}

// FuzzIntake: no bytes bring forth a panic or a hit that breaks the grammar.
func FuzzIntake(f *testing.F) {
	for _, s := range append([]string{view, `{"k":"feature","p":"/a","d":"/x.pdf"}`, "s=www.example.org&p=/a&r=%2Fb"}, hostile...) {
		f.Add([]byte(s), s)
	}
	h := newHarness(f, func(o *Options) { o.Rate = -1 })
	w := &writer{header: http.Header{}}
	f.Fuzz(func(t *testing.T, body []byte, header string) {
		h.rec.hits = h.rec.hits[:0]
		for _, name := range []string{"User-Agent", "Cookie", "X-Forwarded-For", "Sec-CH-UA"} {
			req := request("POST", "/hit", string(body))
			req.Header.Set(name, header)
			h.serveBeacon(w, req)
			if s := w.status; s != 202 && s != 400 && s != 413 {
				t.Fatalf("status %d", s)
			}
		}
		req := request("GET", "/hit.gif", "")
		req.URL.RawQuery = string(body)
		h.servePixel(w, req)
		if w.status != 200 || h.Stats().Panics > 0 {
			t.Fatalf("status %d, %d panics", w.status, h.Stats().Panics)
		}
		for i := range h.rec.hits {
			checkHit(t, &h.rec.hits[i])
		}
	})
}

// Over a real connection: an empty body that says so, and a connection that
// lives on where the request was read whole.
func TestOverAConnection(t *testing.T) {
	h := newHarness(t, nil)
	server := httptest.NewServer(h.echo)
	defer server.Close()
	client := server.Client()
	defer client.CloseIdleConnections()
	for _, c := range []struct {
		body   io.Reader
		status int
	}{
		{strings.NewReader(view), 202},
		{io.MultiReader(strings.NewReader(view)), 202}, // in chunks
		{strings.NewReader(strings.Repeat(" ", 5000)), 413},
		{io.MultiReader(strings.NewReader(strings.Repeat(" ", 5000))), 413},
		{strings.NewReader(""), 400},
		{strings.NewReader(view), 202},
	} {
		req, err := http.NewRequest("POST", server.URL+"/hit", c.body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", "https://www.example.org")
		req.Header.Set("User-Agent", person)
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != c.status || res.ContentLength != 0 || res.Header.Get("Content-Type") != "" {
			t.Errorf("status %d, length %d, type %q; want %d, 0 and none", res.StatusCode, res.ContentLength, res.Header.Get("Content-Type"), c.status)
		}
		checkPolicies(t, res)
		_ = res.Body.Close() // empty
	}
	if got := len(h.rec.hits); got != 3 {
		t.Errorf("%d hits recorded, want 3", got)
	}
}

// What a visitor's request says of the visitor is read in headers.go alone,
// and the address nowhere in this package.
func TestHeadersAreReadInOneFile(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if name == "headers.go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				text, err := strconv.Unquote(n.Value)
				if n.Kind != token.STRING || err != nil {
					break
				}
				switch lower := strings.ToLower(text); {
				case lower == "user-agent", lower == "referer", lower == "origin", lower == "cookie", lower == "dnt", lower == "forwarded",
					strings.HasPrefix(lower, "sec-"), strings.HasPrefix(lower, "x-"):
					if text != "X-Content-Type-Options" && text != "X-Robots-Tag" { // of answers
						t.Errorf("%s names the header %q", name, text)
					}
				}
			case *ast.SelectorExpr:
				switch n.Sel.Name {
				case "RemoteAddr", "UserAgent", "Referer", "Cookies", "Cookie", "RealIP":
					t.Errorf("%s uses %s", name, n.Sel.Name)
				}
			}
			return true
		})
	}
}
