package static_test

import (
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"footfall/static"
)

// closedPort returns the address of a port on which nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }() // it was never used
	return "http://" + ln.Addr().String()
}

func TestCollectorDown(t *testing.T) {
	t.Parallel()
	down := closedPort(t)
	w := newWorld(t, setup{head: func(collector, path string) string {
		if path == "/one" {
			return static.Snippet(down)
		}
		return static.Snippet(collector)
	}})
	w.open("/one") // the script cannot be had
	w.works()
	w.open("/two")
	w.expect(view("/two"))
	w.collector.hangUp.Store(true) // the script can, its hits find nobody
	w.run(`history.pushState(null, '', '/three')`)
	time.Sleep(settle)
	if len(w.collector.take()) == 0 { // a browser may try more than once
		t.Fatal("no hit was sent: the test proves nothing")
	}
	w.works()
	if got := ask[string](w, `footfall.optOut().catch(e => e.name)`); got != "TypeError" {
		t.Errorf("a refusal that reached nobody: got %q, want a rejection", got)
	}
	w.works()
}

// Ten seconds for the script and ten more for each hit: the page is ready and
// answers long before, and the view is counted when the script comes.
func TestCollectorSlow(t *testing.T) {
	t.Parallel()
	const delay = 10 * time.Second
	w := newWorld(t, setup{delay: delay})
	w.run(`location.href = '` + w.site.url + `/one'`) // without waiting for the load event
	w.do(chromedp.WaitReady(chromedp.ID("part")))
	if got, limit := ask[float64](w, `ready`), float64(delay.Milliseconds()); got >= limit {
		t.Errorf("DOMContentLoaded after %.0f ms, as if it waited for the script's %.0f", got, limit)
	}
	w.works()
	w.expect(view("/one"))
	w.run(`history.pushState(null, '', '/two')`)
	w.works()
	w.expect(inner("/two"))
}

// The strictest policies that let the collector in: its origin, or a nonce, with
// what it loads in turn, and Trusted Types without any policy to make them.
func TestContentSecurityPolicy(t *testing.T) {
	t.Parallel()
	const strict = "default-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'; "
	policies := map[string]struct {
		policy string
		want   []string
	}{
		"/allowed": {"script-src 'self' COLLECTOR; connect-src COLLECTOR", []string{view("/allowed"), inner("/two")}},
		"/nonce":   {"script-src 'self' 'nonce-r4nd0m'; connect-src COLLECTOR", []string{view("/nonce"), inner("/two")}},
		"/dynamic": {"script-src 'nonce-r4nd0m' 'strict-dynamic'; connect-src COLLECTOR", []string{view("/dynamic"), inner("/two")}},
		"/hits":    {"script-src 'self' COLLECTOR; connect-src 'self'", nil},
		"/script":  {"script-src 'self'; connect-src COLLECTOR", nil},
	}
	w := newWorld(t, setup{head: func(collector, path string) string {
		return `<meta http-equiv="Content-Security-Policy" content="` + strict +
			strings.ReplaceAll(policies[path].policy, "COLLECTOR", collector) + `">` +
			strings.Replace(withMore(collector, path), "<script", `<script nonce="r4nd0m"`, 1)
	}})
	for path, one := range policies {
		before := len(w.console.all())
		w.open(path)
		if one.want != nil {
			w.loaded()
		}
		w.run(`history.pushState(null, '', '/two')`)
		if one.want == nil {
			w.expect()
		} else if others, times := w.arrived(len(one.want) + 1); len(times) != 1 || !slices.Equal(slices.Sorted(slices.Values(one.want)), others) {
			t.Errorf("%s: got %q and %d timings, want %q and one", path, others, len(times), one.want)
		}
		if lines := w.console.all()[before:]; (len(lines) == 0) != (one.want != nil) {
			t.Errorf("%s: console: %v; want something if and only if the policy blocks", path, lines)
		}
		w.works()
		w.open("/own.js") // the page ends, and so do its timings
		time.Sleep(settle)
		w.collector.take()
	}
}

// A page may have broken what the script stands on; it must not break further.
func TestHostilePage(t *testing.T) {
	t.Parallel()
	scripts := map[string]string{
		"/fetch-throws":   `window.fetch = () => { throw new Error('no'); }`,
		"/fetch-rejects":  `window.fetch = () => Promise.reject(new Error('no'))`,
		"/fetch-empty":    `window.fetch = () => {}`,
		"/fetch-gone":     `delete window.fetch`,
		"/url-gone":       `delete window.URL`,
		"/cookie-refused": `Object.defineProperty(document, 'cookie', {get() { throw new Error('no'); }})`,
		"/referrer-wrong": `Object.defineProperty(document, 'referrer', {get: () => 'garbage'})`,
		"/named-footfall": `document.documentElement.id = 'footfall'`,
	}
	w := newWorld(t, setup{head: func(collector, path string) string {
		return `<script>` + scripts[path] + `</script>` + static.Snippet(collector)
	}})
	for path := range scripts {
		w.open(path)
		w.run(`history.pushState(null, '', '/two')`)
		if path == "/named-footfall" || path == "/referrer-wrong" {
			w.expect(view(path), inner("/two"))
		} else {
			w.expect()
		}
		if got := ask[string](w, `location.pathname`); got != "/two" {
			t.Errorf("%s: pushState led to %s, want /two", path, got)
		}
		w.works()
		if t.Failed() {
			t.Fatal(path)
		}
	}
}

// A page that lets nobody touch its history is counted when it loads, though
// not when it moves on within.
func TestFrozenHistoryIsCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{head: func(collector, _ string) string {
		return `<script>Object.freeze(history)</script>` + static.Snippet(collector)
	}})
	w.open("/one")
	w.expect(view("/one"))
}
