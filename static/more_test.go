package static_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"footfall/static"
	"footfall/static/browsertest"
)

// withMore is the head of a page that measures times and features too.
func withMore(collector, _ string) string {
	return (&static.Embed{Base: collector, More: true}).Element()
}

// loaded waits until beacon-more.js runs.
func (w *world) loaded() {
	w.t.Helper()
	w.run(`(async () => { while (!window.footfall?.use) await new Promise(f => setTimeout(f, 5)); })()`)
}

// A timing is one as it arrives; what was not sent is nil.
type timing struct {
	K, P                              string
	Load, Read, Scroll, LCP, INP, Err *int
}

// arrived waits for n hits, makes sure that there are no more, and parts them:
// times are not the test's to choose.
func (w *world) arrived(n int) (others []string, times []timing) {
	w.t.Helper()
	for end := time.Now().Add(30 * time.Second); w.collector.count() < n && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	time.Sleep(settle)
	for _, h := range w.collector.take() {
		var one timing
		d := json.NewDecoder(strings.NewReader(h.body))
		d.DisallowUnknownFields()
		if d.Decode(&one) == nil && one.K == "timing" {
			times = append(times, one)
			for name, header := range map[string]string{"Cookie": h.header.Get("Cookie"), "Referer": h.header.Get("Referer")} {
				if header != "" {
					w.t.Errorf("a timing came with %s: %q", name, header)
				}
			}
			continue
		}
		others = append(others, h.body)
	}
	if slices.Sort(others); len(others)+len(times) != n {
		w.t.Fatalf("%d hits, want %d: %q and %+v", len(others)+len(times), n, others, times)
	}
	return others, times
}

// within holds that a measure was sent and lies between two values.
func within(t *testing.T, name string, got *int, least, most int) {
	t.Helper()
	switch {
	case got == nil:
		t.Errorf("%s was not sent", name)
	case *got < least || *got > most:
		t.Errorf("%s: got %d, want %d to %d", name, *got, least, most)
	}
}

// focus gives the page the focus, as a person's click on its window does, or
// takes it away.
func (w *world) focus(on bool) {
	w.t.Helper()
	w.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: on})
		return err
	}))
	if ask[bool](w, `document.hasFocus()`) != on {
		w.t.Fatalf("the page's focus is not %t: the test proves nothing", on)
	}
}

// long makes a page of four screens.
const long = `document.body.style.height = '400vh'`

func TestTiming(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{head: withMore})
	w.open("/one")
	w.focus(true)
	w.loaded()
	w.run(long)
	w.run(`new Promise(f => { addEventListener('scroll', f); scrollTo(0, innerHeight); })`)
	w.run(`setTimeout(() => { throw 1; }); Promise.reject(2); new Image().src = '/nothing'; new Promise(f => setTimeout(f, 1100))`)
	w.do(chromedp.Click(chromedp.ID("button")))
	w.run(`new Promise(f => setTimeout(f, 200))`) // a frame after the click
	if got, _ := w.arrived(1); got[0] != view("/one") {
		t.Errorf("got %s before the page hides", got)
	}
	w.do(chromedp.Evaluate[chromedp.Void](`document.getElementById('two').click()`))
	others, times := w.arrived(2)
	if want := []string{inner("/two")}; !slices.Equal(others, want) || len(times) != 1 {
		t.Fatalf("got %s and %d timings, want %s and one", others, len(times), want)
	}
	first := times[0]
	if first.P != "/one" {
		t.Errorf("the timing is of %s, want /one", first.P)
	}
	within(t, "load", first.Load, 0, 60_000)
	within(t, "lcp", first.LCP, 0, 60_000)
	within(t, "inp", first.INP, 0, 60_000)
	within(t, "read", first.Read, 1, 60)
	within(t, "scroll", first.Scroll, 45, 55)
	within(t, "err", first.Err, 2, 2)

	w.loaded()
	w.run(`history.pushState(null, '', '/three'); history.pushState(null, '', '/four')`)
	others, times = w.arrived(4)
	if want := []string{inner("/four"), inner("/three")}; !slices.Equal(others, want) || len(times) != 2 {
		t.Fatalf("got %s and %d timings, want %s and two", others, len(times), want)
	}
	for _, one := range times {
		if (one.P != "/two" || one.Load == nil) && (one.P != "/three" || one.Load != nil || one.LCP != nil) {
			t.Errorf("a timing of %s with load %v and LCP %v; they are of the document's first page", one.P, one.Load, one.LCP)
		}
		within(t, "err", one.Err, 0, 0)
		within(t, "scroll", one.Scroll, 100, 100)
	}
}

// Who is idle reads for half a minute more, who is elsewhere does not read.
func TestReadingPauses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{head: withMore, visitor: browsertest.Options{Script: `
		window.skipped = 0;
		const now = performance.now.bind(performance);
		performance.now = () => now() + skipped;`}})
	w.open("/one")
	w.focus(true)
	w.loaded()
	sign := `dispatchEvent(new Event('pointermove'));`
	w.run(sign + `skipped += 20e3;` + sign)      // 20 s of reading
	w.run(`skipped += 600e3;` + sign)            // 30 s, and then idle
	w.focus(false)                               // elsewhere
	w.run(sign + `skipped += 25e3;` + sign)      // 0 s
	w.run(`history.pushState(null, '', '/two')`) // the end
	_, times := w.arrived(3)
	within(t, "read", times[0].Read, 50, 59)
}

// A tab that is hidden, shown and hidden again has one timing for its view;
// one that is closed has sent it; one that comes back has another view.
func TestTimingIsSentOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{head: withMore})
	w.open("/one")
	w.loaded()
	w.arrived(1)
	blank, err := chromedp.CallBrowser(w.ctx, target.CreateTarget, target.CreateTargetParams{URL: "about:blank"})
	if err != nil {
		t.Fatal(err)
	}
	show := func(id target.ID) {
		t.Helper()
		if _, err := chromedp.CallBrowser(w.ctx, target.ActivateTarget, target.ActivateTargetParams{TargetID: id}); err != nil {
			t.Fatal(err)
		}
	}
	if _, times := w.arrived(1); times[0].P != "/one" { // the new tab hides this one
		t.Errorf("a timing of %s", times[0].P)
	}
	own := chromedp.FromContext(w.ctx).Target.TargetID
	for range 2 {
		show(own)
		w.run(`new Promise(f => setTimeout(f, 50))`)
		show(blank.TargetID)
	}
	w.arrived(0)
	show(own)
	w.do(chromedp.Evaluate[chromedp.Void](`document.getElementById('two').click()`))
	w.arrived(1) // the next view, and no second timing
	w.loaded()
	w.run(`setTimeout(() => history.back())`)
	others, times := w.arrived(2)
	if others[0] != inner("/one") || times[0].P != "/two" {
		t.Errorf("got %s and a timing of %s, want the view of /one and the timing of /two", others, times[0].P)
	}
	if _, err := chromedp.CallBrowser(w.ctx, target.CloseTarget, target.CloseTargetParams{TargetID: own}); err != nil {
		t.Fatal(err)
	}
	if _, times = w.arrived(1); times[0].P != "/one" || times[0].Load != nil {
		t.Errorf("a closed tab that had come back: %+v, want the timing of /one without load", times[0])
	}
}

// A page that failed has no times, nor has one whose visitor objects meanwhile;
// and who objects, or is no person, does not even load the second script.
func TestTimingKeepsQuiet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{head: func(collector, path string) string {
		return `<meta name="footfall-status" content="` + path[1:] + `">` + withMore(collector, path)
	}})
	w.open("/404")
	w.loaded()
	w.run(`history.pushState(null, '', '/found')`)
	w.expect(`{"k":"view","p":"/404","s":404}`, inner("/found"))
	w.run(`document.cookie = 'footfall_optout=1'; history.pushState(null, '', '/two')`)
	w.run(`footfall.use('clicked')`)
	w.silence()
	before := strings.Count(w.collector.bytes(), "GET /beacon-more.js")
	w.open("/one")
	w.silence()
	if n := strings.Count(w.collector.bytes(), "GET /beacon-more.js"); before != 1 || n != 1 {
		t.Errorf("beacon-more.js was asked for %d times, then %d, want once and no more", before, n)
	}
	w.works()

	driven := newWorld(t, setup{head: withMore, visitor: browsertest.Options{Automated: true}})
	driven.open("/one")
	driven.silence()
	if strings.Contains(driven.collector.bytes(), "beacon-more.js") {
		t.Error("an automated browser loads beacon-more.js")
	}
}

// layoutReads notes each layout that a script reads.
const layoutReads = `window.reads = [];
for (const [owner, name] of [[window, 'scrollY'], [window, 'innerHeight'], [Element.prototype, 'scrollHeight'],
		[Element.prototype, 'clientHeight'], [HTMLElement.prototype, 'offsetHeight']]) {
	const get = Object.getOwnPropertyDescriptor(owner, name).get;
	Object.defineProperty(owner, name, {configurable: true, get() { reads.push(name); return get.call(this); }});
}`

func TestNoLayoutIsReadAtLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{head: withMore, visitor: browsertest.Options{Script: layoutReads}})
	w.open("/one")
	w.loaded()
	w.expect(view("/one"))
	if got := ask[[]string](w, `reads`); len(got) != 0 {
		t.Errorf("read at load: %q", got)
	}
	w.run(`history.pushState(null, '', '/two')`)
	if got := ask[[]string](w, `reads`); len(got) == 0 {
		t.Error("nothing was read at the end: the test proves nothing")
	}
	w.arrived(2)
}

// featurePage has one of everything that might be a feature.
const featurePage = `<!doctype html><html lang="en"><head><title>features</title>HEAD</head><body>
<button id="plain" name="plain">no feature</button>
<button id="button" data-footfall="signup_click"><span id="inside">nested <svg id="svg" width="9" height="9"><circle id="circle" r="4"/></svg></span></button>
<div data-footfall="outer"><b id="nearest" data-footfall="nearest">nearest</b><i id="in-outer">outer</i></div>
<a id="out" href="https://other.example:8443/path?q=SECRET#SECRET">out</a>
<a id="declared-out" data-footfall="partner" href="http://partner.example/">out</a>
<a id="file" href="/files/report.PDF?token=SECRET">file</a>
<a id="near-file" href="/files/report.pdf.html">no file</a>
<a id="own" href="/two">own</a>
<a id="mail" href="mailto:somebody@other.example">mail</a>
<a id="tel" href="tel:+33123456789">tel</a>
<a id="app" href="app://open/something">app</a>
<a id="script" href="javascript:void 0">script</a>
<form id="secret_id" name="secret_name"><input name="dataset"><button id="submit-unnamed">send</button></form>
<form id="named" data-footfall="newsletter"><input name="mail" value="SECRET"><button id="submit-named">send</button></form>
<div id="host"></div>
<script>
addEventListener('click', e => { if (e.target.closest?.('a')) e.preventDefault(); });
addEventListener('submit', e => e.preventDefault());
host.attachShadow({mode: 'open'}).innerHTML = '<p data-footfall="in_shadow">shadow</p>';
</script></body></html>`

func TestFeatures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.site = serve(t, http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(rw, strings.Replace(featurePage, "HEAD", withMore(w.collector.url, ""), 1))
	}))
	w.open("/shop")
	w.loaded()
	w.expect(view("/shop"))
	use := func(what string) string { return `{"k":"feature","p":"/shop",` + what + `}` }
	for _, step := range []struct {
		script string
		want   []string
	}{
		{`plain.click()`, nil},
		{`button.click()`, []string{use(`"f":"signup_click"`)}},
		{`circle.dispatchEvent(new MouseEvent('click', {bubbles: true}))`, []string{use(`"f":"signup_click"`)}},
		{`nearest.click()`, []string{use(`"f":"nearest"`)}},
		{`document.getElementById('in-outer').click()`, []string{use(`"f":"outer"`)}},
		{`out.click()`, []string{use(`"o":"other.example"`)}},
		{`out.dispatchEvent(new MouseEvent('auxclick', {bubbles: true, button: 1}))`, []string{use(`"o":"other.example"`)}},
		{`out.dispatchEvent(new MouseEvent('auxclick', {bubbles: true, button: 2}))`, nil},
		{`document.getElementById('declared-out').click()`, []string{use(`"f":"partner"`), use(`"o":"partner.example"`)}},
		{`file.click()`, []string{use(`"d":"/files/report.PDF"`)}},
		{`document.getElementById('near-file').click(); own.click()`, nil},
		{`mail.click(); tel.click(); app.click(); script.click()`, nil},
		{`document.getElementById('submit-unnamed').click()`, nil},
		{`document.getElementById('submit-named').click()`, []string{use(`"f":"newsletter"`)}},
		{`host.shadowRoot.querySelector('p').click()`, []string{use(`"f":"in_shadow"`)}},
		{`footfall.use('search')`, []string{use(`"f":"search"`)}},
		{`footfall.use(''); footfall.use()`, nil},
		{`button.addEventListener('click', e => e.stopImmediatePropagation(), true); button.click()`, []string{use(`"f":"signup_click"`)}},
	} {
		w.run(step.script)
		if step.want == nil {
			w.silence()
		} else {
			w.expect(step.want...)
		}
		if t.Failed() {
			t.Fatal(step.script)
		}
	}
	for _, secret := range []string{"SECRET", "secret_", "mailto", "33123", "somebody"} {
		if strings.Contains(w.collector.bytes(), secret) {
			t.Errorf("%q reached the collector", secret)
		}
	}
	for _, m := range w.console.all() {
		if m.source == "exception" || m.source == "console" {
			t.Errorf("console: %v", m)
		}
	}
}
