package static_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
	"github.com/labstack/echo/v4"

	"footfall/aggregate/hit"
	"footfall/collector"
	"footfall/collector/edge"
	"footfall/static"
	"footfall/static/browsertest"
)

// recorder counts the hits it is given.
type recorder struct{ n atomic.Int64 }

func (r *recorder) Record(context.Context, time.Time, *hit.Hit) error {
	r.n.Add(1)
	return nil
}

// A publication is the site www.example.test with the collector itself beside
// it, at stats.example.test.
type publication struct {
	*world
	intake   *collector.Collector
	recorder *recorder
	cookies  atomic.Int64 // forced hits that came with the refusal
}

func publish(t *testing.T, visitor browsertest.Options) *publication {
	t.Helper()
	name := func(s string) hit.Host {
		h, err := hit.ParseHost(s)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	p := &publication{recorder: &recorder{}}
	var err error
	p.intake, err = collector.New(collector.Options{
		Sites:    []collector.Site{{Host: name("www.example.test"), Aliases: []hit.Host{name("shop.example.test")}}},
		Recorder: p.recorder, Peers: edge.NewResolver(nil), OptOutDomain: name("example.test"),
	})
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	p.intake.Register(e)
	for _, file := range static.Names() {
		e.GET("/"+file, echo.WrapHandler(static.Handler()))
	}
	p.world = newWorld(t, setup{visitor: visitor})
	under := func(s *server, host string) string { return strings.Replace(s.url, "127.0.0.1", host, 1) }
	p.collector = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/hit") && strings.Contains(r.Header.Get("Cookie"), "footfall_optout=1") {
			p.cookies.Add(1)
		}
		e.ServeHTTP(w, r)
	}))
	p.collector.url = under(p.collector, "stats.example.test")
	p.site = serve(t, pages(func(string) string { return static.Snippet(p.collector.url) }, nil))
	p.site.url = under(p.site, "www.example.test")
	return p
}

// visit opens a page of one of the site's hosts and waits until what it sends
// has arrived.
func (p *publication) visit(host, path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(strings.Replace(p.site.url, "www.example.test", host, 1) + path))
	p.run(`fetch('` + p.collector.url + `/optout.css', {mode: 'no-cors'})`)
	time.Sleep(settle)
}

// hits returns how many hits have reached the collector and how many of them
// it has recorded, since the last call.
func (p *publication) hits() (sent int, recorded int64) {
	for _, r := range p.collector.take() {
		if strings.HasPrefix(r.uri, "/hit") {
			sent++
		}
	}
	return sent, p.recorder.n.Swap(0)
}

func (p *publication) wantHits(sent int, recorded int64) {
	p.t.Helper()
	if s, r := p.hits(); s != sent || r != recorded {
		p.t.Errorf("%d hits sent and %d recorded, want %d and %d", s, r, sent, recorded)
	}
}

// kept returns the browser's cookies.
func (p *publication) kept() []*network.Cookie {
	p.t.Helper()
	all, err := chromedp.CallBrowser(p.ctx, storage.GetCookies, storage.GetCookiesParams{})
	if err != nil {
		p.t.Fatal(err)
	}
	return all.Cookies
}

func (p *publication) wantRefusal(there bool) {
	p.t.Helper()
	cookies := p.kept()
	if !there {
		if len(cookies) != 0 {
			p.t.Errorf("%d cookies, want none", len(cookies))
		}
		return
	}
	if len(cookies) != 1 {
		p.t.Fatalf("%d cookies, want the refusal alone", len(cookies))
	}
	c := cookies[0]
	days := time.Until(time.Unix(int64(c.Expires), 0)).Hours() / 24
	if c.Name != "footfall_optout" || c.Value != "1" || c.Domain != ".example.test" || c.Path != "/" || c.HTTPOnly || c.Session || days < 393 || days > 400 {
		p.t.Errorf("cookie %+v for %.0f days, want the refusal for thirteen months", c, days)
	}
}

// noCookieWrites notes what a script does to document.cookie.
const noCookieWrites = `{
	const cookie = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
	window.written = 0;
	Object.defineProperty(Document.prototype, 'cookie', {get: cookie.get, set() { window.written++; }});
}`

// A refusal through the script, from another host than the collector's, works
// on all of the site's hosts, lasts, and can be taken back; and no hit that is
// forced all the same leaves a trace.
func TestRefusalThroughTheScript(t *testing.T) {
	t.Parallel()
	p := publish(t, browsertest.Options{Script: noCookieWrites})
	p.visit("www.example.test", "/one")
	p.wantHits(1, 1)
	p.wantRefusal(false)
	if got := ask[string](p.world, `footfall.optOut().then(r => r.status + ' ' + footfall.optedOut())`); got != "204 true" {
		t.Fatalf("footfall.optOut(): got %s, want 204 true", got)
	}
	p.wantRefusal(true)
	p.run(`history.pushState(null, '', '/two')`)
	for _, host := range []string{"www.example.test", "shop.example.test"} {
		p.visit(host, "/one")
		p.run(`history.pushState(null, '', '/two')`)
		p.visit(host, "/two")
	}
	p.wantHits(0, 0)

	before := fmt.Sprint(p.intake.Stats())
	p.run(`(async () => {
		for (let i = 0; i < 500; i++) await Promise.all([
			fetch('` + p.collector.url + `/hit', {method: 'POST', mode: 'no-cors', credentials: 'include', body: '{"k":"view","p":"/forced"}'}),
			fetch('` + p.collector.url + `/hit.gif?s=www.example.test&p=/forced', {mode: 'no-cors', credentials: 'include'})]);
	})()`)
	p.wantHits(500, 0)
	if got := p.cookies.Load(); got != 1000 {
		t.Errorf("%d forced hits came with the refusal, want 1000", got)
	}
	if got := fmt.Sprint(p.intake.Stats()); got != before {
		t.Errorf("the forced hits left a trace:\n%s, before\n%s", got, before)
	}

	p.visit("blog.example.test", "/one") // no host of a configured site
	if got := ask[string](p.world, `footfall.optIn().catch(e => e.name)`); got != "TypeError" {
		t.Errorf("a foreign page took the refusal back: %s", got)
	}
	p.wantRefusal(true)

	p.visit("shop.example.test", "/one")
	if got := ask[string](p.world, `footfall.optIn().then(r => r.status + ' ' + footfall.optedOut())`); got != "204 false" {
		t.Fatalf("footfall.optIn(): got %s, want 204 false", got)
	}
	p.wantRefusal(false)
	if n := ask[int](p.world, `window.written`); n != 0 {
		t.Errorf("the script wrote document.cookie %d times", n)
	}
	p.visit("www.example.test", "/two")
	p.wantHits(1, 1)
	p.works()
}

// The page itself, in a browser that runs no script: one click out, one in.
func TestRefusalWithoutAScript(t *testing.T) {
	t.Parallel()
	p := publish(t, browsertest.Options{})
	disable := func(v bool) {
		p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: v})
			return err
		}))
	}
	page := func() string { return ask[string](p.world, `document.body.innerText`) }
	disable(true)
	p.do(chromedp.Navigate(p.collector.url + "/optout?lang=fr"))
	if got := page(); !strings.Contains(got, "sont comptées.") || !strings.Contains(got, "Safari") {
		t.Errorf("the page says\n%s", got)
	}
	if got := ask[string](p.world, `getComputedStyle(document.querySelector('.state')).fontWeight`); got != "700" {
		t.Errorf("the style is not there: weight %s", got)
	}
	p.do(chromedp.Click(chromedp.CSS("button")))
	p.do(chromedp.WaitReady(chromedp.CSS("button[value=in]")))
	if got := page(); !strings.Contains(got, "ne sont pas comptées.") {
		t.Errorf("after a click out the page says\n%s", got)
	}
	p.wantRefusal(true)
	disable(false)
	p.visit("www.example.test", "/one")
	p.wantHits(0, 0)
	disable(true)
	p.do(chromedp.Navigate(p.collector.url + "/optout"))
	p.do(chromedp.Click(chromedp.CSS("button")))
	p.do(chromedp.WaitReady(chromedp.CSS("button[value=out]")))
	p.wantRefusal(false)
	disable(false)
	p.visit("www.example.test", "/one")
	p.wantHits(1, 1)
	for _, m := range p.console.all() {
		if !strings.Contains(m.text, "favicon") {
			t.Errorf("console: %v", m)
		}
	}
}
