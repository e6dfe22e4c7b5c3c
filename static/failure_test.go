package static_test

import (
	"net"
	"net/http"
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
		return `<script src="` + collector + `/beacon.js" data-hit="` + down + `/hit"></script>`
	}})
	w.open("/one") // the script cannot be had
	w.works()
	w.open("/two") // the script can, its hits are refused
	if !ask[bool](w, `!!window.footfall`) {
		t.Fatal("the script did not run: the test proves nothing")
	}
	w.run(`history.pushState(null, '', '/three')`)
	time.Sleep(settle)
	w.works()
}

// Three seconds for the script and three more for each hit: the page is ready
// and answers long before, and the view is counted when the script comes.
func TestCollectorSlow(t *testing.T) {
	t.Parallel()
	const delay = 3 * time.Second
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

func TestContentSecurityPolicy(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, script, connect string
		want                  []string
	}{
		{"allowed, with Trusted Types", "'self' COLLECTOR", "COLLECTOR", []string{view("/one"), inner("/two")}},
		{"hits blocked", "'self' COLLECTOR", "'self'", nil},
		{"script blocked", "'self'", "COLLECTOR", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			header := http.Header{}
			w := newWorld(t, setup{header: header})
			policy := "default-src 'none'; script-src " + test.script + "; connect-src " + test.connect +
				"; require-trusted-types-for 'script'; trusted-types 'none'"
			header.Set("Content-Security-Policy", strings.ReplaceAll(policy, "COLLECTOR", w.collector.url))
			w.open("/one")
			w.run(`history.pushState(null, '', '/two')`)
			w.expect(test.want...)
			if lines := w.console.all(); (len(lines) == 0) != (test.want != nil) {
				t.Errorf("console: %v; want something if and only if the policy blocks", lines)
			}
			w.works()
		})
	}
}

// A page may have broken what the script stands on; it must not break further.
func TestHostilePage(t *testing.T) {
	t.Parallel()
	script := "" // of the case at hand
	w := newWorld(t, setup{head: func(collector, _ string) string {
		return `<script>` + script + `</script>` + static.Snippet(collector)
	}})
	for _, test := range []struct {
		name, script string
		want         []string
	}{
		{"fetch throws", `window.fetch = () => { throw new Error('no'); }`, nil},
		{"fetch rejects", `window.fetch = () => Promise.reject(new Error('no'))`, nil},
		{"fetch returns nothing", `window.fetch = () => {}`, nil},
		{"fetch is gone", `delete window.fetch`, nil},
		{"URL is gone", `delete window.URL`, nil},
		{"cookies are refused", `Object.defineProperty(document, 'cookie', {get() { throw new Error('no'); }})`, nil},
		{"referrer is garbage", `Object.defineProperty(document, 'referrer', {get: () => 'garbage'})`, nil},
		{"an element is called footfall",
			`addEventListener('DOMContentLoaded', () => { document.getElementById('part').id = 'footfall'; })`,
			[]string{view("/one"), inner("/two")}},
	} {
		script = test.script
		w.open("/one")
		w.run(`history.pushState(null, '', '/two')`)
		w.expect(test.want...)
		if got := ask[string](w, `location.pathname`); got != "/two" {
			t.Errorf("pushState led to %s, want /two", got)
		}
		w.works()
		if t.Failed() {
			t.Fatal(test.name)
		}
	}
}
