package dashboard

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"footfall/static/browsertest"
)

// hooks count what a page must not do, from before its first byte is parsed.
const hooks = `
window.hits = [];
for (const name of ['hit', 'alert', 'confirm', 'prompt', 'print']) window[name] = x => hits.push(name + ' ' + x);
document.addEventListener('securitypolicyviolation', e => hits.push('policy ' + e.violatedDirective));
`

// state is what a page did: calls of the hooks, requests for other origins, and
// its elements by name.
const state = `({
	Hits: window.hits,
	Elsewhere: performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith(location.origin + '/')),
	Elements: [...new Set([...document.querySelectorAll('*')].map(e => e.localName))].sort().join(' '),
	Wide: document.documentElement.scrollWidth > innerWidth,
})`

type pageState struct {
	Hits, Elsewhere []string
	Elements        string
	Wide            bool
}

// serveLoggedIn serves a dashboard on this machine to somebody who is logged
// in, with or without its policy.
func serveLoggedIn(t *testing.T, s *server, policy bool) string {
	t.Helper()
	secret := s.session("admin", time.Now())
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/login" {
			r.Header.Set("Cookie", "footfall="+secret)
		}
		s.d.calls.Fill("user admin")
		if !policy {
			w = &without{ResponseWriter: w, header: "Content-Security-Policy"}
		}
		s.e.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	return web.URL
}

// without drops a header before it is written.
type without struct {
	http.ResponseWriter
	header string
}

func (w *without) WriteHeader(status int) {
	w.Header().Del(w.header)
	w.ResponseWriter.WriteHeader(status)
}

func look(t *testing.T, ctx context.Context, target string) pageState {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate(target)); err != nil {
		t.Fatalf("open a page: %v", err)
	}
	got, err := chromedp.Run(ctx, chromedp.Evaluate[pageState](state))
	if err != nil {
		t.Fatalf("look at a page: %v", err)
	}
	if got.Hits == nil || !strings.Contains(got.Elements, "main") {
		t.Fatalf("the page is not there: %+v", got)
	}
	return got
}

// Hostile text in every place does nothing in a real browser, with the policy
// and without it.
func TestHostileTextInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	ctx := browsertest.Start(t, browsertest.Options{Script: hooks})
	tame := newServer(t)
	tame.fake.spread(strings.Fields("v1 v2 v3 v4 v5 v6 v7 v8 v9 v10 v11 v12"))
	harmless := serveLoggedIn(t, tame, true)
	for _, policy := range []bool{true, false} {
		s := newServer(t)
		s.fake.spread(canaries)
		base := serveLoggedIn(t, s, policy)
		paths := []string{"/", "/sites/a.example?period=4w", "/sites/a.example?period=today&lang=fr", "/nowhere%3Cscript%3Ehit(1)%3C/script%3E"}
		for _, dim := range []string{"page", "referrer", "browser", "download", "error"} {
			paths = append(paths, "/sites/a.example/by/"+dim+"?period=4w")
		}
		for i, c := range canaries {
			if i%3 == 0 {
				paths = append(paths, "/sites/a.example/by/referrer?period=4w&q="+url.QueryEscape(c),
					"/sites/a.example?period=4w&where="+url.QueryEscape("referrer:"+c))
			}
		}
		for _, path := range paths {
			got := look(t, ctx, base+path)
			if len(got.Hits) > 0 || len(got.Elsewhere) > 0 {
				t.Errorf("policy %v, %s: %q, requests %q", policy, path, got.Hits, got.Elsewhere)
			}
			if strings.Contains(path, "where=") || strings.Contains(path, "q=") {
				continue
			}
			if want := look(t, ctx, harmless+path); got.Elements != want.Elements && !strings.Contains(path, "nowhere") {
				t.Errorf("policy %v, %s: elements %s\nwant %s", policy, path, got.Elements, want.Elements)
			}
		}
	}
}

// The page a phone gets is no wider than the phone, and its policy lets its own
// style in.
func TestPagesFitAPhone(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	ctx := browsertest.Start(t, browsertest.Options{Script: hooks})
	s := newServer(t)
	base := serveLoggedIn(t, s, true)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(390, 844)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"/", "/sites/a.example?period=4w", "/sites/a.example?period=yesterday&lang=fr", "/sites/a.example?period=4w&page=%2Fpricing",
		"/sites/a.example/by/page?period=4w&lang=fr", "/login", "/about?lang=fr", "/doctor", "/doctor?lang=fr", "/sites/a.example/setup", "/sites/a.example/setup?lang=fr", "/nowhere",
	} {
		if got := look(t, ctx, base+path); got.Wide || len(got.Hits) > 0 {
			t.Errorf("%s: wider than the screen: %v, %q", path, got.Wide, got.Hits)
		}
	}
	size, err := chromedp.Run(ctx, chromedp.Evaluate[string](`getComputedStyle(document.body).margin`))
	if err != nil || size != "0px" {
		t.Errorf("the style is not applied: margin %q (%v)", size, err)
	}
}
