package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/dashboard"
	"footfall/static"
	"footfall/static/browsertest"
)

// A wired server is all of footfall but its loops, under a clock of the test's.
type wired struct {
	web     *web
	session *session
	now     atomic.Int64 // Unix seconds

	mu   sync.Mutex // guards hits; held for an append
	hits []*http.Request
}

const browserPassword = "correct horse battery"

// wire serves the site localhost, with the clock at now.
func wire(t *testing.T, now time.Time) *wired {
	t.Helper()
	w := &wired{}
	w.now.Store(now.Unix())
	host := mustHost(t, "localhost")
	signup, err := hit.ParseFeature("signup_click")
	if err != nil {
		t.Fatal(err)
	}
	features := []hit.FeatureName{signup}
	config := &Config{Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0", Data: t.TempDir(),
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Sites: []Site{{Host: host, Zone: time.UTC, Features: features}}}
	db, err := aggregate.Open(aggregate.Options{Path: filepath.Join(config.Data, storeName), Now: now,
		Sites: []aggregate.SiteConfig{{Host: host, Zone: time.UTC, Features: features}}})
	if err != nil {
		t.Fatal(err)
	}
	people, err := dashboard.OpenAccounts(config.Data)
	if err == nil {
		err = people.EnsureAdmin(t.Context(), dashboard.By{At: now, Who: "test"}, browserPassword)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.web = &web{config: config, log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	clock := func() time.Time { return time.Unix(w.now.Load(), 0) }
	w.session = &session{db: db, people: people, dir: config.Data, now: clock}
	if err := w.web.open(w.session, newMetrics()); err != nil {
		t.Fatal(err)
	}
	next := w.web.public.http.Handler
	w.web.public.http.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/hit") {
			w.mu.Lock()
			w.hits = append(w.hits, r.Clone(context.Background()))
			w.mu.Unlock()
		}
		next.ServeHTTP(rw, r)
	})
	w.web.serve(make(chan error, 8))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		w.web.shutdown(ctx)
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// sent returns the requests to /hit so far.
func (w *wired) sent() []*http.Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]*http.Request(nil), w.hits...)
}

// waitSent waits until n requests have been answered at /hit.
func (w *wired) waitSent(t *testing.T, n int) {
	t.Helper()
	for range 500 {
		if len(w.sent()) >= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("requests to /hit: got %d, want %d", len(w.sent()), n)
}

// threePages is a site whose pages link on to each other.
func threePages(t *testing.T, collector string) (origin string) {
	t.Helper()
	next := map[string]string{"/one": "/two?mail=a@b.example", "/two": "/three#part", "/three": "/one"}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if next[r.URL.Path] == "" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "SECRET", Path: "/"})
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><title>%s</title>%s<h1>%s</h1><a id="next" href="%s">next</a></html>`,
			r.URL.Path, static.Snippet(collector), r.URL.Path, next[r.URL.Path]) // a lost page fails the test elsewhere
	}))
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
}

// A front is a proxy before footfall, as a publisher's would be; it says that
// its client has the address that the test sets.
type front struct {
	url    string
	client atomic.Pointer[string]
}

func newFront(t *testing.T, behind string) *front {
	t.Helper()
	to, err := url.Parse(behind)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{}
	s := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		if client := f.client.Load(); client != nil {
			r.Out.Header.Set("X-Forwarded-For", *client)
		}
	}})
	t.Cleanup(s.Close)
	f.url = s.URL
	return f
}

func (f *front) from(address string) { f.client.Store(&address) }

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// TestBrowser is the main job: ten visitors click through a site of three
// pages in a real browser; when the hour has closed the dashboard, in the same
// browser after log-in, shows what they did.
func TestBrowser(t *testing.T) {
	present := time.Now()
	w := wire(t, present.Add(-time.Hour)) // the clock of the server under test
	collector := w.web.publicURL()
	proxy := newFront(t, collector)
	site := threePages(t, proxy.url)
	ctx := browsertest.Start(t, browsertest.Options{})
	const visitors = 10
	for i := range visitors {
		proxy.from(fmt.Sprintf("198.51.%d.7", i))
		do(t, ctx, chromedp.Navigate(site+"/one?utm_source=SECRET"))
		w.waitSent(t, 3*i+1)
		for step := 2; step <= 3; step++ {
			do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.getElementById('next').click()`))
			w.waitSent(t, 3*i+step)
		}
	}
	onTheWire(t, w.sent(), 3*visitors, site)

	w.now.Store(present.Unix()) // the hour has closed; the next hit says so
	late, err := http.NewRequest(http.MethodPost, collector+"/hit", strings.NewReader(`{"k":"view","p":"/one"}`))
	if err != nil {
		t.Fatal(err)
	}
	late.Header.Set("Origin", "http://localhost")
	late.Header.Set("User-Agent", firefox)
	answer, err := http.DefaultClient.Do(late)
	if err != nil || answer.StatusCode != http.StatusAccepted {
		t.Fatalf("the hit of the next hour: %v, %v", answer, err)
	}
	_ = answer.Body.Close() // it is empty
	day := hit.DayAt(present.Add(-time.Hour), time.UTC)
	text := readDashboard(t, ctx, collector, fmt.Sprintf("/sites/localhost?from=%s&to=%s", day, hit.DayAt(present, time.UTC)))
	for _, want := range []string{"Views\n30\n", "Visitors\n10\n", "/one\n\t10\t10", "/two\n\t10\t10", "/three\n\t10\t10",
		"No referrer\n\t10\t10", "Desktop\n\t10", "Linux\n\t10", "Chrome "} {
		if !strings.Contains(text, want) {
			t.Errorf("the dashboard does not show %q:\n%s", want, text)
		}
	}
}

// onTheWire asserts on what the browser sent: the hits and nothing else of
// the visitor.
func onTheWire(t *testing.T, hits []*http.Request, want int, site string) {
	t.Helper()
	if len(hits) != want {
		t.Errorf("requests to /hit: got %d, want %d", len(hits), want)
	}
	for _, r := range hits {
		if r.Method != http.MethodPost || r.URL.RawQuery != "" {
			t.Errorf("got %s %s, want POST without a query", r.Method, r.URL)
		}
		for _, name := range []string{"Cookie", "Referer"} {
			if got := r.Header.Get(name); got != "" {
				t.Errorf("%s: got %q, want none", name, got)
			}
		}
		if got := r.Header.Get("Origin"); got != site {
			t.Errorf("Origin: got %q, want %q", got, site)
		}
	}
}

// readDashboard logs in and returns the text of a page.
func readDashboard(t *testing.T, ctx context.Context, base, page string) string {
	t.Helper()
	do(t, ctx,
		chromedp.Navigate(base+"/login"),
		chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector('[name=name]').value = 'admin';
			document.querySelector('[name=password]').value = %q`, browserPassword)))
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.querySelector('form').requestSubmit()`))
	for tries := 0; evaluate(t, ctx, `location.pathname`) == "/login"; tries++ {
		if tries == 200 {
			t.Fatalf("log-in did not work:\n%s", evaluate(t, ctx, `document.body.innerText`))
		}
		time.Sleep(25 * time.Millisecond)
	}
	do(t, ctx, chromedp.Navigate(base+page))
	return evaluate(t, ctx, `document.body.innerText`)
}

func evaluate(t *testing.T, ctx context.Context, expression string) string {
	t.Helper()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestBrowserObjects opens the same pages with Global Privacy Control on.
func TestBrowserObjects(t *testing.T) {
	w := wire(t, time.Now())
	site := threePages(t, w.web.publicURL())
	ctx := browsertest.Start(t, browsertest.Options{GPC: true})
	for _, page := range []string{"/one", "/two", "/three"} {
		do(t, ctx, chromedp.Navigate(site+page))
	}
	time.Sleep(300 * time.Millisecond)
	if got := w.sent(); len(got) != 0 {
		t.Errorf("requests to /hit under GPC: got %d, want none", len(got))
	}
}
