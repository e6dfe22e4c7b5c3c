package collector

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/goleak"

	"footfall/aggregate/hit"
	"footfall/collector/edge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder keeps the hits it is given.
type recorder struct {
	mu    sync.Mutex // guards hits
	hits  []hit.Hit
	err   error
	panic string
}

func (r *recorder) Record(_ context.Context, _ time.Time, h *hit.Hit) error {
	if r.panic != "" {
		panic(r.panic)
	}
	if r.err != nil {
		return r.err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hits = append(r.hits, *h)
	return nil
}

func host(t testing.TB, s string) hit.Host {
	t.Helper()
	h, err := hit.ParseHost(s)
	if err != nil {
		t.Fatalf("ParseHost(%q): %v", s, err)
	}
	return h
}

func testSites(t testing.TB) []Site {
	t.Helper()
	signup, err := hit.ParseFeature("signup_click")
	if err != nil {
		t.Fatal(err)
	}
	return []Site{
		{Host: host(t, "www.example.org"), Aliases: []hit.Host{host(t, "example.org")}, Features: []hit.FeatureName{signup}},
		{Host: host(t, "other.example")},
	}
}

type harness struct {
	*Collector
	echo *echo.Echo
	rec  *recorder
}

func newHarness(t testing.TB, change func(*Options)) *harness {
	t.Helper()
	rec := &recorder{}
	o := Options{
		Sites: testSites(t), Recorder: rec,
		Peers:   edge.NewResolver([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}),
		Exclude: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")},
	}
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	e := echo.New()
	e.Any("/*", func(c echo.Context) error { return c.String(http.StatusTeapot, "another route") })
	c.Register(e)
	return &harness{c, e, rec}
}

const person = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"

// request makes a person's request; each header is "Name: value", and one
// without a value is taken away.
func request(method, target, body string, headers ...string) *http.Request {
	req := httptest.NewRequest(method, target, strings.NewReader(body))
	req.RemoteAddr = "127.0.0.1:4711"
	for _, h := range append([]string{
		"Origin: https://www.example.org", "User-Agent: " + person, "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https",
		"Sec-Fetch-Site: same-site", "Content-Type: text/plain;charset=UTF-8",
	}, headers...) {
		name, value, _ := strings.Cut(h, ":")
		if value = strings.TrimSpace(value); value == "" {
			req.Header.Del(name)
		} else {
			req.Header.Set(name, value)
		}
	}
	return req
}

func (h *harness) do(req *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.echo.ServeHTTP(w, req)
	return w.Result()
}

// verdicts returns one site's counts that are not zero, and those of no site.
func (h *harness) verdicts(site string) map[string]uint64 {
	stats, out := h.Stats(), map[string]uint64{}
	for _, s := range stats.Sites {
		if s.Host.String() != site {
			continue
		}
		for _, v := range s.Verdicts {
			if v.N > 0 {
				out[v.Verdict.String()] = v.N
			}
		}
	}
	for name, n := range map[string]uint64{
		"unknown_site": stats.UnknownSite, "malformed": stats.Malformed, "limited": stats.Limited,
		"unavailable": stats.Unavailable, "panics": stats.Panics,
	} {
		if n > 0 {
			out[name] = n
		}
	}
	return out
}
