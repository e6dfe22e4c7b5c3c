package static_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"footfall/static"
)

// get asks the handler once; headers come in pairs of name and value.
func get(t *testing.T, method string, headers ...string) *http.Response {
	t.Helper()
	return getFile(t, static.Script, method, headers...)
}

func getFile(t *testing.T, name, method string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, "/"+name, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, r)
	return w.Result()
}

// source returns a file as it lies in the repository.
func source(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func body(t *testing.T, r *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestServedAsWritten(t *testing.T) {
	tags := map[string]bool{}
	for _, name := range static.Names() {
		plain := getFile(t, name, "GET")
		if got, want := body(t, plain), source(t, name); !bytes.Equal(got, want) {
			t.Errorf("served %d bytes that are not the %d of %s", len(got), len(want), name)
		}
		packed := getFile(t, name, "GET", "Accept-Encoding", "gzip, deflate, br")
		z, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, source(t, name)) {
			t.Errorf("the gzip variant holds other bytes than %s, error %v", name, err)
		}
		for _, answer := range []*http.Response{plain, packed} {
			tag := answer.Header.Get("ETag")
			if tags[tag] = true; !strings.Contains(tag, static.Version()) {
				t.Errorf("%s: entity tag %q, want one with the version %s", name, tag, static.Version())
			}
		}
	}
	if len(tags) != 2 {
		t.Errorf("%d entity tags, want one for each coding, whatever the file", len(tags))
	}
}

// The types say what the script offers, and are no film.
func TestTypes(t *testing.T) {
	answer := getFile(t, static.Types, "GET")
	if got, want := answer.Header.Get("Content-Type"), "text/plain; charset=utf-8"; got != want {
		t.Errorf("Content-Type: got %q, want %q", got, want)
	}
	types := string(body(t, answer))
	scripts := string(source(t, static.Script)) + string(source(t, static.More))
	for _, name := range []string{"optedOut", "optOut", "optIn", "use"} {
		if !strings.Contains(scripts, name) || !regexp.MustCompile(`(?m)^  `+name+`\??\(`).MatchString(types) {
			t.Errorf("%s is not in the script and its types both", name)
		}
	}
}

func TestHeaders(t *testing.T) {
	plain, packed := get(t, "GET").Header.Get("ETag"), get(t, "GET", "Accept-Encoding", "gzip").Header.Get("ETag")
	const script, cached = "text/javascript; charset=utf-8", "public, max-age=3600"
	for _, test := range []struct {
		name                             string
		method                           string
		headers                          []string
		status                           int
		tag, encoding, kind, cache, vary string
		body                             bool
	}{
		{"plain", "GET", nil, 200, plain, "", script, cached, "Accept-Encoding", true},
		{"gzip", "GET", []string{"Accept-Encoding", "gzip"}, 200, packed, "gzip", script, cached, "Accept-Encoding", true},
		{"HEAD", "HEAD", nil, 200, plain, "", script, cached, "Accept-Encoding", false},
		{"HEAD, gzip", "HEAD", []string{"Accept-Encoding", "gzip"}, 200, packed, "gzip", script, cached, "Accept-Encoding", false},
		{"known", "GET", []string{"If-None-Match", plain}, 304, plain, "", "", cached, "Accept-Encoding", false},
		{"known, HEAD", "HEAD", []string{"If-None-Match", plain}, 304, plain, "", "", cached, "Accept-Encoding", false},
		{"known, weakened by a proxy", "GET", []string{"If-None-Match", "W/" + plain}, 304, plain, "", "", cached, "Accept-Encoding", false},
		{"known, in a list", "GET", []string{"If-None-Match", `"a", ` + plain}, 304, plain, "", "", cached, "Accept-Encoding", false},
		{"known, in a second field", "GET", []string{"If-None-Match", `"a"`, "If-None-Match", plain}, 304, plain, "", "", cached, "Accept-Encoding", false},
		{"any", "GET", []string{"If-None-Match", "*"}, 304, plain, "", "", cached, "Accept-Encoding", false},
		{"known, gzip", "GET", []string{"Accept-Encoding", "gzip", "If-None-Match", packed}, 304, packed, "", "", cached, "Accept-Encoding", false},
		{"known in the other coding", "GET", []string{"If-None-Match", packed}, 200, plain, "", script, cached, "Accept-Encoding", true},
		{"unknown", "GET", []string{"If-None-Match", `"old"`}, 200, plain, "", script, cached, "Accept-Encoding", true},
		{"POST", "POST", nil, 405, "", "", "", "no-store", "", false},
		{"OPTIONS", "OPTIONS", nil, 405, "", "", "", "no-store", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := get(t, test.method, test.headers...)
			if r.StatusCode != test.status {
				t.Errorf("status: got %d, want %d", r.StatusCode, test.status)
			}
			want := map[string]string{
				"ETag": test.tag, "Content-Encoding": test.encoding, "Content-Type": test.kind,
				"Cache-Control": test.cache, "Vary": test.vary, "Allow": "",
				"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
				"X-Content-Type-Options": "nosniff",
				"Set-Cookie":             "", "Last-Modified": "", "Access-Control-Allow-Credentials": "",
			}
			if test.status == 405 {
				want["Allow"] = "GET, HEAD"
			}
			for name, value := range want {
				if got := r.Header.Get(name); got != value {
					t.Errorf("%s: got %q, want %q", name, got, value)
				}
			}
			if n := len(body(t, r)); (n > 0) != test.body {
				t.Errorf("body of %d bytes", n)
			}
			if test.status == 200 && r.ContentLength <= 0 {
				t.Errorf("Content-Length %d, want the script's", r.ContentLength)
			}
		})
	}
}

func TestAcceptEncoding(t *testing.T) {
	for _, test := range []struct {
		accept string
		want   string
	}{
		{"", ""},
		{"gzip", "gzip"},
		{"GZIP", "gzip"},
		{"x-gzip", "gzip"},
		{"br, gzip;q=0.1", "gzip"},
		{"br , gzip ; q=1.000", "gzip"},
		{"*", "gzip"},
		{"br;q=1, *;q=0.5", "gzip"},
		{"gzip;q=0", ""},
		{"gzip;q=0.0, *", ""},
		{"*, gzip;q=0", ""},
		{"*;q=0", ""},
		{"identity", ""},
		{"br, zstd", ""},
		{"gzipped", ""},
		{"gzip;q=", ""},
		{"gzip;q=2", ""},
		{"gzip;q=NaN", ""},
		{"gzip;x=1", ""},
		{",,;;", ""},
	} {
		if got := get(t, "GET", "Accept-Encoding", test.accept).Header.Get("Content-Encoding"); got != test.want {
			t.Errorf("Accept-Encoding %q: got %q, want %q", test.accept, got, test.want)
		}
	}
}

func TestElements(t *testing.T) {
	const rest = ` crossorigin="anonymous" referrerpolicy="no-referrer"`
	for _, test := range []struct{ base, src string }{
		{"https://stats.example.org", "https://stats.example.org/beacon.js"},
		{"https://stats.example.org/", "https://stats.example.org/beacon.js"},
		{"https://www.example.org/stats/", "https://www.example.org/stats/beacon.js"},
		{"/stats", "/stats/beacon.js"},
		{"", "/beacon.js"},
		{`https://a.example/"><script>`, `https://a.example/%22%3e%3cscript%3e/beacon.js`},
		{"javascript:alert(1)", "#ZgotmplZ"},
	} {
		if got, want := static.Snippet(test.base), `<script async src="`+test.src+`"`+rest+`></script>`; got != want {
			t.Errorf("Snippet(%q):\n got %s\nwant %s", test.base, got, want)
		}
	}
	whole := static.Embed{Base: "/stats", More: true, Routes: []string{"/user/*", `/"><b>`}}
	if got, want := whole.Element(), `<script async src="/stats/beacon.js"`+rest+` data-more data-routes="/user/* /&#34;&gt;&lt;b&gt;"></script>`; got != want {
		t.Errorf("Element:\n got %s\nwant %s", got, want)
	}
	if got, want := static.Pixel("/stats/", "www.example.org", "/a&b"),
		`<img src="/stats/hit.gif?s=www.example.org&amp;p=%2fa%26b" alt="" width="1" height="1" referrerpolicy="no-referrer">`; got != want {
		t.Errorf("Pixel:\n got %s\nwant %s", got, want)
	}
}
