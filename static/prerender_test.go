package static_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"footfall/static"
)

// prerenderHead makes /one prerender /two and go there when the site answers
// /go; /two then reports how long it had been prerendered.
const prerenderHead = `<script type="speculationrules">
{"prerender": [{"urls": ["/two"], "eagerness": "immediate"}]}</script>
<script>
if (location.pathname === '/one') {
  fetch('/go').then(() => { location.href = '/two'; });
}
document.addEventListener('prerenderingchange', () => fetch('/activated', {method: 'POST',
  body: performance.getEntriesByType('navigation')[0].activationStart}));
</script>`

// A page that is prerendered runs its script long before it is shown, if ever.
// Chromium does not prerender under a debugger, so the test watches a tab that
// it is not attached to from its two servers.
func TestPrerenderedPageWaitsUntilShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	shown := make(chan struct{})
	site := pages(func(string) string { return prerenderHead + static.Snippet(w.collector.url) }, nil)
	w.site = serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/go":
			select {
			case <-shown:
			case <-r.Context().Done():
			}
		case "/activated":
		default:
			site.ServeHTTP(rw, r)
		}
	}))
	tab := target.CreateTargetParams{URL: w.site.url + "/one"}
	if _, err := chromedp.CallBrowser(w.ctx, target.CreateTarget, tab); err != nil {
		t.Fatal(err)
	}
	w.expect(view("/one"))
	wait(t, "the browser to prerender /two", func() bool {
		return strings.Contains(w.site.bytes(), "Sec-Purpose: prefetch;prerender")
	})
	wait(t, "the prerendered page to fetch its script", func() bool {
		return strings.Count(w.site.bytes(), "GET /own.js") == 2
	})
	time.Sleep(2 * settle)
	w.expect()
	close(shown)
	// A hit sent in the last moments of prerendering would still say so, and be
	// dropped by the collector.
	if got := w.expect(inner("/two"))[0].header.Get("Sec-Purpose"); got != "" {
		t.Errorf("Sec-Purpose: got %q, want none", got)
	}

	wait(t, "the page to report its activation", func() bool { return w.site.count() == 1 })
	started := w.site.take()[0].body
	if ms, err := strconv.ParseFloat(started, 64); err != nil || ms < float64(settle.Milliseconds()) {
		t.Errorf("activated after %q ms: the test proves nothing", started)
	}
}

// wait waits for a condition.
func wait(t *testing.T, what string, met func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !met(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
