package static_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"footfall/static"
)

// view is the body of a view without a referrer.
func view(path string) string { return fmt.Sprintf(`{"k":"view","p":%q}`, path) }

// inner is the body of a view that follows another on the site.
func inner(path string) string { return fmt.Sprintf(`{"k":"view","p":%q,"r":"127.0.0.1"}`, path) }

// A cookie of the site reaches every port of its host unless the script and its
// element keep it back, so the site has one, and a query, and a fragment.
func TestNothingButTheHitLeaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{header: http.Header{
		"Set-Cookie":      {"session=SECRET; Path=/"},
		"Referrer-Policy": {"unsafe-url"},
	}})
	w.open("/one?mail=SECRET#SECRET")
	hits := w.expect(view("/one"))
	w.open("/two?mail=SECRET")
	w.run(`history.pushState(null, '', '/one?mail=SECRET')`)
	w.run(`history.pushState(null, '', '/two#SECRET')`)
	w.expect(view("/two"), inner("/one"), inner("/two"))
	w.works()

	h := hits[0]
	if h.method != "POST" || h.uri != "/hit" {
		t.Errorf("request line %s %s, want POST /hit", h.method, h.uri)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/plain;charset=UTF-8",
		"Origin":       w.site.url,
		"Cookie":       "",
		"Referer":      "",
	} {
		if got := strings.Join(h.header[name], ", "); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	raw := w.collector.bytes()
	for _, secret := range []string{"SECRET", "session", "/hit?", "Cookie:", "Referer:", "OPTIONS"} {
		if strings.Contains(raw, secret) {
			t.Errorf("%q reached the collector:\n%s", secret, raw)
		}
	}
}

func TestNothingIsStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.open("/one")
	w.run(`history.pushState(null, '', '/two')`)
	w.expect(view("/one"), inner("/two"))
	cookies, err := chromedp.CallBrowser(w.ctx, storage.GetCookies, storage.GetCookiesParams{})
	if err != nil {
		t.Fatal(err)
	}
	if len(cookies.Cookies) != 0 {
		t.Errorf("cookies: %d, want none", len(cookies.Cookies))
	}
	kept := ask[[]int](w, `Promise.all([indexedDB.databases(), caches.keys(), navigator.serviceWorker.getRegistrations()])
		.then(all => all.map(x => x.length).concat(localStorage.length, sessionStorage.length, document.cookie.length))`)
	if got, want := fmt.Sprint(kept), "[0 0 0 0 0 0]"; got != want {
		t.Errorf("databases, caches, workers, local, session, cookie: got %s, want %s", got, want)
	}
}

// The name and the place of the script are the publisher's.
func TestCollectorIsWhereTheScriptCameFrom(t *testing.T) {
	t.Parallel()
	browser := newWorld(t, setup{})
	for _, test := range []struct{ name, element, hit string }{
		{"sub-path of the site", `<script async src="/stats/beacon.js"></script>`, "/stats/hit"},
		{"renamed, with a query", `<script src="/a/b/count.js?v=3"></script>`, "/a/b/hit"},
		{"deferred", `<script defer src="/beacon.js"></script>`, "/hit"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := *browser
			w.t = t
			site := pages(func(string) string { return test.element }, nil)
			w.collector = serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method == "POST":
					rw.WriteHeader(http.StatusAccepted)
				case strings.HasSuffix(r.URL.Path, ".js") && r.URL.Path != "/own.js":
					static.Handler().ServeHTTP(rw, r)
				default:
					site.ServeHTTP(rw, r)
				}
			}))
			w.do(chromedp.Navigate(w.collector.url + "/deep/page?q=1"))
			h := w.expect(view("/deep/page"))[0]
			if h.uri != test.hit {
				t.Errorf("hit went to %s, want %s", h.uri, test.hit)
			}
			if got := h.header.Get("Origin"); got != w.collector.url {
				t.Errorf("Origin of a request to the same origin: got %q, want %q", got, w.collector.url)
			}
			if got := h.header.Get("Referer") + h.header.Get("Cookie"); got != "" {
				t.Errorf("Referer and Cookie: got %q, want none", got)
			}
		})
	}
}

// document.referrer may hold a whole address; its host alone is sent, and only
// of the first view.
func TestReferrerIsAHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{header: http.Header{"Referrer-Policy": {"unsafe-url"}}})
	from := strings.Replace(w.site.url, "127.0.0.1", "localhost", 1)
	w.do(chromedp.Navigate(from + "/search?q=SECRET"))
	w.expect(view("/search"))
	w.run(`location.href = '` + w.site.url + `/one'`)
	w.expect(`{"k":"view","p":"/one","r":"localhost"}`)
	if got, want := ask[string](w, `document.referrer`), from+"/search?q=SECRET"; got != want {
		t.Fatalf("document.referrer: got %q, want %q: the test proves nothing", got, want)
	}
	w.run(`history.pushState(null, '', '/two')`)
	w.expect(inner("/two"))
	w.do(chromedp.Click(chromedp.ID("home")))
	w.expect(inner("/"))
}

func TestHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.open("/")
	w.expect(view("/"))
	for _, step := range []struct {
		name, script string
		want         []string
	}{
		{"two quick pushState", `history.pushState(1, '', '/one'); history.pushState(2, '', '/two')`,
			[]string{inner("/one"), inner("/two")}},
		{"replaceState, same path", `history.replaceState(3, '', '/two?tab=2')`, nil},
		{"replaceState, no address", `history.replaceState(4, '')`, nil},
		{"replaceState, other path", `history.replaceState(5, '', '/one')`, []string{inner("/one")}},
		{"pushState, same path", `history.pushState(6, '', '/one?sort=up')`, nil},
		{"fragment", `document.getElementById('part').click(); location.hash = 'part'`, nil},
		{"popstate, same path", `history.back()`, nil},
		{"popstate, other path", `history.go(-3)`, []string{inner("/")}},
		{"forward", `history.forward()`, []string{inner("/one")}},
	} {
		w.run(step.script)
		if step.want == nil {
			w.silence()
		} else {
			w.expect(step.want...)
		}
		if t.Failed() {
			t.Fatal(step.name)
		}
	}
	w.works()
}

// A page that fails to push a state must learn it from its own call.
func TestHistoryKeepsItsContract(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.open("/")
	w.expect(view("/"))
	got := ask[string](w, `(() => {
		history.pushState({n: 1}, '', '/one');
		const state = history.state.n;
		try { history.pushState(null, '', 'https://elsewhere.example/'); } catch (e) { return state + ' ' + e.name; }
		return 'nothing was thrown';
	})()`)
	if want := "1 SecurityError"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	w.expect(inner("/one"))
	w.works()
}

func TestBackFromTheCacheIsAView(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.open("/one")
	w.expect(view("/one"))
	w.run(`addEventListener('pageshow', e => { window.restored = e.persisted; })`)
	w.do(chromedp.Click(chromedp.ID("two")))
	w.expect(inner("/two"))
	w.run(`setTimeout(() => history.back())`)
	w.expect(inner("/one"))
	if !ask[bool](w, `window.restored === true`) {
		t.Fatal("the page was loaded anew and not restored: the test proves nothing")
	}
	w.works()
}

func TestHiddenTabWaitsUntilShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.open("/")
	w.expect(view("/"))
	created, err := chromedp.CallBrowser(w.ctx, target.CreateTarget,
		target.CreateTargetParams{URL: w.site.url + "/one", Background: new(true)})
	if err != nil {
		t.Fatal(err)
	}
	tab, cancel := chromedp.NewContext(w.ctx, chromedp.WithTargetID(created.TargetID))
	defer cancel()
	hidden := *w
	hidden.ctx = tab
	hidden.do(chromedp.WaitReady(chromedp.ID("part")))
	if got := ask[string](&hidden, `document.visibilityState`); got != "hidden" {
		t.Fatalf("the tab is %s: the test proves nothing", got)
	}
	hidden.silence()
	hidden.run(`history.pushState(null, '', '/two')`)
	hidden.silence()
	show := target.ActivateTargetParams(created)
	if _, err := chromedp.CallBrowser(w.ctx, target.ActivateTarget, show); err != nil {
		t.Fatal(err)
	}
	w.expect(view("/two"))
}

func TestStatusOfTheDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{head: func(collector, path string) string {
		return `<meta name="footfall-status" content="` + path[1:] + `">` + static.Snippet(collector)
	}})
	for _, test := range []struct{ path, want string }{
		{"/404", `{"k":"view","p":"/404","s":404}`},
		{"/200", `{"k":"view","p":"/200","s":200}`},
		{"/", view("/")},
		{"/gone", view("/gone")},
	} {
		w.open(test.path)
		w.expect(test.want)
		w.run(`history.pushState(null, '', '/found')`)
		w.expect(inner("/found"))
	}
}

func TestIncludedTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{head: func(collector, _ string) string {
		return static.Snippet(collector) + static.Snippet(collector)
	}})
	w.open("/one")
	w.run(`history.pushState(null, '', '/two')`)
	w.expect(view("/one"), inner("/two"))
	w.works()
}
