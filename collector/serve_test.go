package collector

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/gif"
	"io"
	"maps"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"footfall/aggregate/hit"
	"footfall/collector/edge"
)

const view = `{"k":"view","p":"/a","r":"example.net"}`

// checkPolicies holds what every answer of the intake must carry.
func checkPolicies(t *testing.T, res *http.Response) {
	t.Helper()
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store",
		"Set-Cookie": "", "Etag": "", "Last-Modified": "", "Location": "", "Access-Control-Allow-Credentials": "", "Vary": "",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%d: %s is %q, want %q", res.StatusCode, name, got, want)
		}
	}
	again := res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable
	if got := res.Header.Get("Retry-After"); (got != "") != again {
		t.Errorf("%d: Retry-After is %q", res.StatusCode, got)
	}
	if res.StatusCode != http.StatusOK {
		if body, err := io.ReadAll(res.Body); err != nil || len(body) > 0 {
			t.Errorf("%d: body %q, %v; want none", res.StatusCode, body, err)
		}
	}
}

func TestBeaconStatus(t *testing.T) {
	for _, c := range []struct {
		name   string
		req    *http.Request
		status int
		counts map[string]uint64
		hits   int
	}{
		{"view", request("POST", "/hit", view), 202, map[string]uint64{"counted": 1}, 1},
		{"alias", request("POST", "/hit", view, "Origin: https://example.org:8443"), 202, map[string]uint64{"counted": 1}, 1},
		{"failed page", request("POST", "/hit", `{"k":"view","p":"/a","s":404}`), 202, map[string]uint64{"counted": 1}, 1},
		{"status zero", request("POST", "/hit", `{"k":"view","p":"/a","s":0}`), 202, map[string]uint64{"counted": 1}, 1},
		{"feature", request("POST", "/hit", `{"k":"feature","p":"/a","f":"signup_click"}`), 202, map[string]uint64{"counted": 1}, 1},
		{"timing", request("POST", "/hit", `{"k":"timing","p":"/a","load":812}`), 202, map[string]uint64{"counted": 1}, 1},
		{"JSON content type", request("POST", "/hit", view, "Content-Type: application/json"), 202, map[string]uint64{"counted": 1}, 1},
		{"query of the route", request("POST", "/hit?x=1", view), 202, map[string]uint64{"counted": 1}, 1},
		{"robot", request("POST", "/hit", view, "User-Agent: ExampleBot/1.0"), 202, map[string]uint64{"bot": 1}, 1},
		{"no agent", request("POST", "/hit", view, "User-Agent:"), 202, map[string]uint64{"bot": 1}, 1},
		{"prefetch", request("POST", "/hit", view, "Sec-Purpose: prefetch;prerender"), 202, map[string]uint64{"bot": 1}, 1},
		{"prefetch, old name", request("POST", "/hit", view, "X-Moz: prefetch"), 202, map[string]uint64{"bot": 1}, 1},
		{"unknown field", request("POST", "/hit", `{"k":"view","p":"/a","t":"Title"}`), 202, map[string]uint64{"unknown_field": 1}, 0},
		{"unknown field of a robot", request("POST", "/hit", `{"k":"view","p":"/a","t":1}`, "User-Agent: ExampleBot/1.0"), 202, map[string]uint64{"unknown_field": 1}, 0},
		{"unknown kind", request("POST", "/hit", `{"k":"buy","p":"/a"}`), 202, map[string]uint64{"unknown_field": 1}, 0},
		{"no path", request("POST", "/hit", `{"k":"view"}`), 202, map[string]uint64{"bad_value": 1}, 0},
		{"bad status", request("POST", "/hit", `{"k":"view","p":"/a","s":99}`), 202, map[string]uint64{"bad_value": 1}, 0},
		{"fraction", request("POST", "/hit", `{"k":"timing","p":"/a","load":1.5}`), 202, map[string]uint64{"bad_value": 1}, 0},
		{"undeclared feature", request("POST", "/hit", `{"k":"feature","p":"/a","f":"other"}`), 202, map[string]uint64{"undeclared": 1}, 0},
		{"foreign origin", request("POST", "/hit", view, "Origin: https://evil.example"), 202, map[string]uint64{"unknown_site": 1}, 0},
		{"foreign origin, unknown field", request("POST", "/hit", `{"zz":1}`, "Origin: https://evil.example"), 202, map[string]uint64{"unknown_site": 1}, 0},
		{"no origin", request("POST", "/hit", view, "Origin:"), 202, map[string]uint64{"unknown_site": 1}, 0},
		{"null origin", request("POST", "/hit", view, "Origin: null"), 202, map[string]uint64{"unknown_site": 1}, 0},

		{"GPC", request("POST", "/hit", view, "Sec-GPC: 1"), 202, nil, 0},
		{"DNT", request("POST", "/hit", view, "DNT: 1"), 202, nil, 0},
		{"DNT zero is no objection", request("POST", "/hit", view, "DNT: 0"), 202, map[string]uint64{"counted": 1}, 1},
		{"refusal", request("POST", "/hit", view, "Cookie: a=b; footfall_optout=1;c=d"), 202, nil, 0},
		{"another cookie", request("POST", "/hit", view, "Cookie: xfootfall_optout=1; footfall_optout=0; footfall_optout_x=1"), 202, map[string]uint64{"counted": 1}, 1},
		{"staff", request("POST", "/hit", view, "X-Forwarded-For: 203.0.113.9"), 202, nil, 0},
		{"staff, IPv6 form", request("POST", "/hit", view, "X-Forwarded-For: ::ffff:203.0.113.9"), 202, nil, 0},
		{"objector, unknown field", request("POST", "/hit", `{"zz":1}`, "DNT: 1"), 202, nil, 0},
		{"objector, unknown site", request("POST", "/hit", view, "DNT: 1", "Origin: https://evil.example"), 202, nil, 0},
		{"objector, not JSON", request("POST", "/hit", `x`, "DNT: 1"), 400, nil, 0},
		{"staff, not JSON", request("POST", "/hit", `x`, "X-Forwarded-For: 203.0.113.9"), 400, nil, 0},
		{"objector, too large", request("POST", "/hit", strings.Repeat(" ", maxBody+1), "DNT: 1"), 413, nil, 0},
		{"objector, encoded", request("POST", "/hit", view, "DNT: 1", "Content-Encoding: gzip"), 415, nil, 0},

		{"not JSON", request("POST", "/hit", `k=view`), 400, map[string]uint64{"malformed": 1}, 0},
		{"no body", request("POST", "/hit", ``), 400, map[string]uint64{"malformed": 1}, 0},
		{"largest body", request("POST", "/hit", view+strings.Repeat(" ", maxBody-len(view))), 202, map[string]uint64{"counted": 1}, 1},
		{"body too large", request("POST", "/hit", view+strings.Repeat(" ", maxBody-len(view)+1)), 413, map[string]uint64{"malformed": 1}, 0},
		{"body far too large", request("POST", "/hit", strings.Repeat("x", 10<<20)), 413, map[string]uint64{"malformed": 1}, 0},
		{"gzip", request("POST", "/hit", view, "Content-Encoding: gzip"), 415, map[string]uint64{"malformed": 1}, 0},
		{"identity", request("POST", "/hit", view, "Content-Encoding: identity"), 415, map[string]uint64{"malformed": 1}, 0},

		{"preflight", request("OPTIONS", "/hit", ``), 204, nil, 0},
		{"GET", request("GET", "/hit", ``), 405, nil, 0},
		{"HEAD", request("HEAD", "/hit", ``), 405, nil, 0},
		{"PUT", request("PUT", "/hit", view), 405, nil, 0},
		{"DELETE", request("DELETE", "/hit", ``), 405, nil, 0},
		{"PATCH", request("PATCH", "/hit", view), 405, nil, 0},
		{"TRACE", request("TRACE", "/hit", ``), 405, nil, 0},
		{"CONNECT", request("CONNECT", "/hit", ``), 405, nil, 0},
		{"unknown method", request("BREW", "/hit", view), 405, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHarness(t, nil)
			res := h.do(c.req)
			if res.StatusCode != c.status {
				t.Errorf("status %d, want %d", res.StatusCode, c.status)
			}
			checkPolicies(t, res)
			if got := h.verdicts("www.example.org"); !maps.Equal(got, c.counts) {
				t.Errorf("counts %v, want %v", got, c.counts)
			}
			if got := len(h.rec.hits); got != c.hits {
				t.Errorf("%d hits recorded, want %d", got, c.hits)
			}
			if c.status == 405 || c.status == 204 {
				if got := res.Header.Get("Allow"); got != "OPTIONS, POST" {
					t.Errorf("Allow is %q", got)
				}
			}
		})
	}
}

// A body that comes in chunks has no length beforehand.
func TestChunkedBody(t *testing.T) {
	for _, c := range []struct {
		body   io.Reader
		status int
	}{
		{iotest.OneByteReader(strings.NewReader(view)), 202},
		{iotest.OneByteReader(strings.NewReader(strings.Repeat(" ", maxBody+1))), 413},
		{io.MultiReader(strings.NewReader(view), iotest.ErrReader(io.ErrClosedPipe)), 400},
	} {
		h := newHarness(t, nil)
		req := request("POST", "/hit", "")
		req.Body, req.ContentLength = io.NopCloser(c.body), -1
		if res := h.do(req); res.StatusCode != c.status {
			t.Errorf("status %d, want %d", res.StatusCode, c.status)
		}
	}
}

func TestRecordedHit(t *testing.T) {
	h := newHarness(t, nil)
	h.do(request("POST", "/hit", `{"k":"view","p":"/a?q=secret","r":"https://www.example.net/private","s":404}`))
	if len(h.rec.hits) != 1 {
		t.Fatalf("%d hits recorded, want 1", len(h.rec.hits))
	}
	got := h.rec.hits[0]
	if got.Site.String() != "www.example.org" || got.Kind != hit.KindView || got.Path.String() != "/a" || got.Status != hit.Status404 ||
		got.Browser.Family != hit.Firefox || got.System != hit.Linux || got.Visitor.IsZero() || strings.Contains(got.Referrer.String(), "private") {
		t.Errorf("got %+v", got)
	}
}

func TestPixel(t *testing.T) {
	for _, c := range []struct {
		name, method, query string
		headers             []string
		status              int
		counts              map[string]uint64
		path, referrer      string
	}{
		{name: "view", query: "s=www.example.org&p=/a", status: 200, counts: map[string]uint64{"counted": 1}, path: "/a", referrer: "(none)"},
		{name: "referrer", query: "s=www.example.org&p=/a&r=example.net", status: 200, counts: map[string]uint64{"counted": 1}, path: "/a", referrer: "example.net"},
		{name: "escapes", query: "r=&p=%2Fcaf%C3%A9&&s=example.org", status: 200, counts: map[string]uint64{"counted": 1}, path: "/café", referrer: "(none)"},
		{name: "no origin needed", query: "s=www.example.org&p=/a", headers: []string{"Origin:"}, status: 200, counts: map[string]uint64{"counted": 1}, path: "/a", referrer: "(none)"},
		{name: "robot", query: "s=www.example.org&p=/a", headers: []string{"User-Agent: curl/8.0"}, status: 200, counts: map[string]uint64{"bot": 1}, path: "/a", referrer: "(none)"},
		{name: "unknown parameter", query: "s=www.example.org&p=/a&utm_source=x", status: 200, counts: map[string]uint64{"unknown_field": 1}},
		{name: "parameter in another case", query: "S=www.example.org&s=www.example.org&p=/a", status: 200, counts: map[string]uint64{"unknown_field": 1}},
		{name: "parameter twice", query: "s=www.example.org&p=/a&p=/b", status: 200, counts: map[string]uint64{"bad_value": 1}},
		{name: "no path", query: "s=www.example.org", status: 200, counts: map[string]uint64{"bad_value": 1}},
		{name: "bad escape", query: "s=www.example.org&p=/a%zz", status: 200, counts: map[string]uint64{"bad_value": 1}},
		{name: "escape cut off", query: "s=www.example.org&p=/a%2", status: 200, counts: map[string]uint64{"bad_value": 1}},
		{name: "not UTF-8", query: "s=www.example.org&p=/a%ff", status: 200, counts: map[string]uint64{"bad_value": 1}},
		{name: "too long", query: "s=www.example.org&p=/" + strings.Repeat("a", maxBody), status: 200, counts: map[string]uint64{"unknown_site": 1}},
		{name: "nothing", query: "", status: 200, counts: map[string]uint64{"unknown_site": 1}},
		{name: "foreign site", query: "s=evil.example&p=/a", status: 200, counts: map[string]uint64{"unknown_site": 1}},
		{name: "objector", query: "s=www.example.org&p=/a", headers: []string{"Cookie: footfall_optout=1"}, status: 200},
		{name: "staff", query: "s=www.example.org&p=/a", headers: []string{"X-Forwarded-For: 203.0.113.1"}, status: 200},
		{name: "HEAD", method: "HEAD", query: "s=www.example.org&p=/a", status: 200},
		{name: "OPTIONS", method: "OPTIONS", query: "s=www.example.org&p=/a", status: 204},
		{name: "POST", method: "POST", query: "s=www.example.org&p=/a", status: 405},
		{name: "unknown method", method: "BREW", query: "s=www.example.org&p=/a", status: 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHarness(t, nil)
			method := c.method
			if method == "" {
				method = "GET"
			}
			res := h.do(request(method, "/hit.gif?"+c.query, "", c.headers...))
			if res.StatusCode != c.status {
				t.Errorf("status %d, want %d", res.StatusCode, c.status)
			}
			checkPolicies(t, res)
			if got := h.verdicts("www.example.org"); !maps.Equal(got, c.counts) {
				t.Errorf("counts %v, want %v", got, c.counts)
			}
			if c.path != "" {
				if len(h.rec.hits) != 1 || h.rec.hits[0].Path.String() != c.path || h.rec.hits[0].Referrer.String() != c.referrer {
					t.Errorf("recorded %+v; want %s from %s", h.rec.hits, c.path, c.referrer)
				}
			}
			if c.status == 405 || c.status == 204 {
				if got := res.Header.Get("Allow"); got != "GET, HEAD, OPTIONS" {
					t.Errorf("Allow is %q", got)
				}
				return
			}
			body, err := io.ReadAll(res.Body)
			if err != nil || res.Header.Get("Content-Type") != "image/gif" || res.Header.Get("Content-Length") != "43" {
				t.Errorf("headers %v, %v", res.Header, err)
			}
			if method == "HEAD" {
				if len(body) != 0 {
					t.Errorf("body of %d bytes", len(body))
				}
				return
			}
			picture, err := gif.Decode(bytes.NewReader(body))
			if len(body) != 43 || err != nil || picture.Bounds().Dx() != 1 || picture.Bounds().Dy() != 1 {
				t.Fatalf("%d bytes, %v", len(body), err)
			}
			if _, _, _, alpha := picture.At(0, 0).RGBA(); alpha != 0 {
				t.Error("the picture can be seen")
			}
		})
	}
}

// Whether a hit counts must not show in the answer.
func TestAnswersAreTheSame(t *testing.T) {
	var first string
	for name, req := range map[string]*http.Request{
		"counted":       request("POST", "/hit", view),
		"bot":           request("POST", "/hit", view, "User-Agent: ExampleBot"),
		"unknown site":  request("POST", "/hit", view, "Origin: https://evil.example"),
		"unknown field": request("POST", "/hit", `{"zz":1}`),
		"bad value":     request("POST", "/hit", `{"k":"view","p":"x y"}`),
		"undeclared":    request("POST", "/hit", `{"k":"feature","p":"/","f":"x"}`),
		"objected":      request("POST", "/hit", view, "DNT: 1"),
		"excluded":      request("POST", "/hit", view, "X-Forwarded-For: 203.0.113.1"),
	} {
		res := newHarness(t, nil).do(req)
		got := fmt.Sprint(res.StatusCode, res.Header)
		if first == "" {
			first = got
		}
		if got != first {
			t.Errorf("%s is answered %s, another %s", name, got, first)
		}
	}
}

func TestUnavailable(t *testing.T) {
	h := newHarness(t, nil)
	h.rec.err = errors.New("disk full")
	for _, req := range []*http.Request{request("POST", "/hit", view), request("GET", "/hit.gif?s=www.example.org&p=/a", "")} {
		res := h.do(req)
		if res.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("status %d, want 503", res.StatusCode)
		}
		checkPolicies(t, res)
	}
	if res := h.do(request("POST", "/hit", view, "DNT: 1")); res.StatusCode != 202 {
		t.Errorf("an objector is answered %d, want 202", res.StatusCode)
	}
	if got, want := h.verdicts("www.example.org"), map[string]uint64{"unavailable": 2}; !maps.Equal(got, want) {
		t.Errorf("counts %v, want %v", got, want)
	}
}

func TestPanic(t *testing.T) {
	var told string
	h := newHarness(t, func(o *Options) { o.OnPanic = func(frames string) { told = frames } })
	h.rec.panic = "visitor 192.0.2.7 " + person
	res := h.do(request("POST", "/hit", view))
	if res.StatusCode != http.StatusInternalServerError {
		t.Errorf("status %d, want 500", res.StatusCode)
	}
	checkPolicies(t, res)
	want := "footfall/collector.(*recorder).Record < footfall/collector.(*Collector).record < footfall/collector.takeBeacon < footfall/collector.(*Collector).serve"
	if told != want {
		t.Errorf("frames %q, want %q", told, want)
	}
	h.rec.panic = ""
	if res := h.do(request("POST", "/hit", view)); res.StatusCode != 202 {
		t.Errorf("status %d after a panic, want 202", res.StatusCode)
	}
	if got, want := h.verdicts("www.example.org"), map[string]uint64{"panics": 1, "counted": 1}; !maps.Equal(got, want) {
		t.Errorf("counts %v, want %v", got, want)
	}
}

// The memory of a request must hold nothing of the one before.
func TestMemoryIsWiped(t *testing.T) {
	h := newHarness(t, nil)
	x := new(exchange)
	h.pool.New = func() any { return x }
	h.do(request("POST", "/hit", view, "Sec-CH-UA: brands", "Sec-CH-UA-Platform: plat"))
	if x.raw != (exchange{}).raw || x.hit != (hit.Hit{}) || x.body != [maxBody + 1]byte{} {
		t.Errorf("left over: %+v, %+v, %q", x.raw, x.hit, bytes.TrimRight(x.body[:], "\x00"))
	}
}

func TestConcurrentHits(t *testing.T) {
	h := newHarness(t, nil)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 200 {
				req := request("POST", "/hit", fmt.Sprintf(`{"k":"view","p":"/page-%c/%c"}`, 'a'+i, 'a'+n%20))
				if res := h.do(req); res.StatusCode != 202 {
					t.Errorf("status %d, want 202", res.StatusCode)
				}
			}
		})
	}
	wg.Wait()
	if got := h.verdicts("www.example.org")["counted"]; got != 1600 {
		t.Errorf("%d counted, want 1600", got)
	}
	byPath := map[string]int{}
	for i := range h.rec.hits {
		byPath[h.rec.hits[i].Path.String()]++
	}
	if len(byPath) != 160 || byPath["/page-a/a"] != 10 {
		t.Errorf("%d paths, %d of the first; want 160 and 10", len(byPath), byPath["/page-a/a"])
	}
}

func TestNewRefuses(t *testing.T) {
	good := func() Options {
		return Options{Sites: testSites(t), Recorder: &recorder{}, Peers: edge.NewResolver(nil)}
	}
	for name, change := range map[string]func(*Options){
		"no recorder":    func(o *Options) { o.Recorder = nil },
		"no peers":       func(o *Options) { o.Peers = nil },
		"no host":        func(o *Options) { o.Sites = []Site{{}} },
		"one host twice": func(o *Options) { o.Sites = append(o.Sites, o.Sites[0]) },
		"long prefix":    func(o *Options) { o.PrefixV4 = 25 },
		"no network":     func(o *Options) { o.Exclude = []netip.Prefix{{}} },
	} {
		o := good()
		if change(&o); true {
			if _, err := New(o); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
	}
	if _, err := New(good()); err != nil {
		t.Errorf("New: %v", err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 26*time.Hour)
		defer cancel()
		if err := h.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Run: %v", err)
		}
	})
}
