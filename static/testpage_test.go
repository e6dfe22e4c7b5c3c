package static_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"footfall/static"
	"footfall/static/browsertest"
)

// explain runs beacon-test.js in the page, as an operator does in its console,
// and returns what was wrong; none of it is counted.
func (p *publication) explain(base string) []string {
	p.t.Helper()
	before := fmt.Sprint(p.intake.Stats())
	wrong := ask[[]string](p.world, `import('`+base+`/beacon-test.js?`+fmt.Sprint(nonce.Add(1))+`')
		.then(m => m.default.filter(x => !x.ok).map(x => x.id))`)
	if got := fmt.Sprint(p.intake.Stats()); got != before {
		p.t.Errorf("the test left a trace: %s, before %s", got, before)
	}
	return wrong
}

var nonce atomic.Int64 // a module that is loaded twice runs once

// hostedHead is a site whose pages have a head of the test's.
func (p *publication) hostedHead(head func(path string) string) {
	p.site = serve(p.t, pages(head, nil))
	p.site.url = strings.Replace(p.site.url, "127.0.0.1", "www.example.test", 1)
}

func TestExplainsFromThePage(t *testing.T) {
	t.Parallel()
	p := publish(t, browsertest.Options{})
	stats := p.collector.url
	policy := func(p string) string { return `<meta http-equiv="Content-Security-Policy" content="` + p + `">` }
	p.hostedHead(func(path string) string {
		switch path {
		case "/missing":
			return ""
		case "/csp":
			return static.Snippet(stats) + policy("connect-src 'self'")
		case "/idle":
			return strings.Replace(static.Snippet(stats), "<script", `<script type="text/blocked"`, 1)
		}
		return static.Snippet(stats)
	})
	for _, tt := range []struct {
		host, path, before string
		want               []string
	}{
		{"www.example.test", "/fine", "", nil},
		{"www.example.test", "/missing", "", []string{"missing"}},
		{"www.example.test", "/idle", "", []string{"idle"}},
		{"www.example.test", "/csp", "", []string{"csp"}},
		{"blog.example.test", "/fine", "", []string{"stranger"}},
		{"www.other.test", "/fine", "", []string{"foreign", "stranger"}},
		{"www.example.test", "/fine", `window.fetch = () => Promise.reject(new TypeError('blocked'))`, []string{"blocked"}},
		{"www.example.test", "/fine", `document.cookie = 'footfall_optout=1'`, []string{"cookie"}},
	} {
		p.do(chromedp.Navigate(strings.Replace(p.site.url, "www.example.test", tt.host, 1) + tt.path))
		time.Sleep(settle)
		if tt.before != "" {
			p.run(tt.before)
		}
		if got := p.explain(stats); !slices.Equal(got, tt.want) {
			t.Errorf("%s%s %s: got %q, want %q", tt.host, tt.path, tt.before, got, tt.want)
		}
	}
	objector := publish(t, browsertest.Options{GPC: true, DNT: true})
	objector.visit("www.example.test", "/one")
	if got, want := objector.explain(objector.collector.url), []string{"gpc", "dnt"}; !slices.Equal(got, want) {
		t.Errorf("under objections: got %q, want %q", got, want)
	}
}

// Under a path of the site's own origin, the page /test reads the site's page;
// and a proxy that hands on the scripts alone, or an old one, is seen.
func TestExplainsFromTheTestPage(t *testing.T) {
	t.Parallel()
	p := publish(t, browsertest.Options{})
	intake := p.collector.url
	home, header := static.Snippet("/stats"), http.Header{}
	var scriptsAlone, old atomic.Bool
	site := pages(func(string) string { return home }, header)
	target := newFrontTo(t, intake)
	p.site = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, below := strings.CutPrefix(r.URL.Path, "/stats")
		switch {
		case below && old.Load() && rest == "/beacon.js" && r.URL.RawQuery == "":
			w.Header().Set("Content-Type", "text/javascript")
			w.Header().Set("ETag", `"0123456789abcdef01234567"`)
		case below && (!scriptsAlone.Load() || strings.Contains(rest, ".js") || rest == "/test"):
			http.StripPrefix("/stats", target).ServeHTTP(w, r)
		default:
			site.ServeHTTP(w, r)
		}
	}))
	p.site.url = strings.Replace(p.site.url, "127.0.0.1", "www.example.test", 1)
	check := func(want ...string) {
		t.Helper()
		before := fmt.Sprint(p.intake.Stats())
		p.do(chromedp.Navigate(p.site.url + "/stats/test?lang=fr"))
		wait(t, "the page to answer", func() bool {
			return ask[bool](p.world, `document.querySelectorAll('#footfall-test .bad, #footfall-test li:nth-child(5)').length > 0`)
		})
		p.run(`new Promise(f => setTimeout(f, 100))`)
		got := ask[[]string](p.world, `[...document.querySelectorAll('#footfall-test .bad')].map(x => x.textContent)`)
		for i, w := range want {
			if i >= len(got) || !strings.Contains(got[i], w) {
				t.Errorf("got %q, want %q", got, want)
				break
			}
		}
		if len(got) != len(want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if after := fmt.Sprint(p.intake.Stats()); after != before {
			t.Errorf("the test left a trace: %s, before %s", after, before)
		}
	}
	check()
	if line := ask[string](p.world, `document.getElementById('footfall-line').textContent`); line != `import('`+p.site.url+`/stats/beacon-test.js?lang=fr')` {
		t.Errorf("the line to enter is %s", line)
	}
	header.Set("Content-Security-Policy", "script-src 'self'; connect-src https://elsewhere.example")
	check("connect-src")
	header.Del("Content-Security-Policy")
	home = ""
	check("pas d’élément script")
	home = static.Snippet("/stats")
	scriptsAlone.Store(true)
	check("pas footfall")
	scriptsAlone.Store(false)
	old.Store(true)
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.ClearBrowserCache, cdp.Empty{})
		return err
	}))
	check("ancienne copie")
}

// newFrontTo is a proxy as a publisher's server would be.
func newFrontTo(t *testing.T, to string) http.Handler {
	t.Helper()
	// The name is the browser's alone, so the port is reached by address.
	u, err := url.Parse(strings.Replace(to, "stats.example.test", "127.0.0.1", 1))
	if err != nil {
		t.Fatal(err)
	}
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(u)
		r.Out.Host = r.In.Host
	}}
}
