package static_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"footfall/static"
	"footfall/static/browsertest"
)

// settle is how long a test waits for a hit that must not come, after the
// network has answered something asked later.
const settle = 200 * time.Millisecond

// A request is one that reached a server.
type request struct {
	method, uri string
	header      http.Header
	body        string
}

// A server listens on a loopback port and keeps all that reaches it.
type server struct {
	url    string
	hangUp atomic.Bool // a POST gets no answer

	mu   sync.Mutex // guards raw and hits; held for an append or a copy
	raw  []byte     // every byte of every connection
	hits []request  // every POST
}

// serve starts a server whose answers come from h.
func serve(t *testing.T, h http.Handler) *server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{url: "http://" + ln.Addr().String()}
	srv := &http.Server{Handler: s.record(h)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(tap{ln, s}) // ends with Close
	}()
	t.Cleanup(func() {
		_ = srv.Close() // the listener is gone with it
		<-done
	})
	return s
}

func (s *server) record(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body) // a body cut short fails the comparison
			s.mu.Lock()
			s.hits = append(s.hits, request{r.Method, r.RequestURI, r.Header, string(body)})
			s.mu.Unlock()
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			if s.hangUp.Load() {
				panic(http.ErrAbortHandler)
			}
		}
		h.ServeHTTP(w, r)
	})
}

// take returns the hits so far and forgets them.
func (s *server) take() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	hits := s.hits
	s.hits = nil
	return hits
}

func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.hits)
}

// bytes returns all that came over the wire.
func (s *server) bytes() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.raw)
}

// A tap is a listener that shows its server every byte read.
type tap struct {
	net.Listener
	s *server
}

func (l tap) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return tapped{c, l.s}, err
}

type tapped struct {
	net.Conn
	s *server
}

func (c tapped) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.raw = append(c.s.raw, b[:n]...)
	return n, err
}

// A setup varies the world; its zero value is a site that follows the README
// and a collector that works.
type setup struct {
	visitor browsertest.Options
	head    func(collector, path string) string // of the page at path; nil: the snippet
	header  http.Header                         // of the site's pages
	delay   time.Duration                       // of every answer of the collector
}

// A world is a site of three pages, a collector on another port, and a browser.
type world struct {
	t               *testing.T
	ctx             context.Context
	site, collector *server
	console         *console
}

func newWorld(t *testing.T, o setup) *world {
	t.Helper()
	w := &world{t: t, ctx: browsertest.Start(t, o.visitor), console: &console{}}
	w.collector = serve(t, collect(o.delay))
	w.site = serve(t, pages(func(path string) string {
		if o.head == nil {
			return static.Snippet(w.collector.url)
		}
		return o.head(w.collector.url, path)
	}, o.header))
	if err := chromedp.Listen(w.ctx, w.console.hear); err != nil {
		t.Fatal(err)
	}
	return w
}

// collect answers as a collector does, and tries to leave a cookie.
func collect(delay time.Duration) http.Handler {
	mux := http.NewServeMux()
	for _, name := range static.Names() {
		mux.Handle("GET /"+name, static.Handler())
	}
	mux.HandleFunc("POST /hit", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Set-Cookie", "trap=1; Path=/")
		w.WriteHeader(http.StatusAccepted)
	})
	mux.HandleFunc("GET /sentinel", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(delay):
			mux.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
}

// ownScript is the site's: it notes what goes wrong, when the page was ready
// and that its button works.
const ownScript = `
window.trouble = [];
addEventListener('error', e => { if (e.message) trouble.push(e.message); });
addEventListener('unhandledrejection', e => trouble.push(String(e.reason)));
addEventListener('DOMContentLoaded', () => {
  window.ready = performance.now();
  document.getElementById('button').onclick = e => { e.target.textContent = 'pressed'; };
});`

// pages is a site: /, /one and /two link to each other, and every other path is
// a page like them.
func pages(head func(path string) string, header http.Header) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /own.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(w, ownScript) // a lost answer fails the test elsewhere
	})
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><head><title>%s</title>
<script src="/own.js"></script>%s</head><body><button id="button">press</button>
<a id="home" href="/">home</a> <a id="one" href="/one">one</a> <a id="two" href="/two">two</a>
<a id="part" href="#part">part</a><h2 id="part">part</h2></body></html>`, r.URL.Path, head(r.URL.Path))
	})
	return mux
}

// do runs steps in the tab.
func (w *world) do(steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	if err := chromedp.Do(w.ctx, steps...); err != nil {
		w.t.Fatal(err)
	}
}

// open navigates to a path of the site and waits for its load event.
func (w *world) open(path string) {
	w.t.Helper()
	w.do(chromedp.Navigate(w.site.url + path))
}

// run runs a script in the page.
func (w *world) run(script string) {
	w.t.Helper()
	w.do(chromedp.Evaluate[chromedp.Void](script, chromedp.EvalAwaitPromise))
}

// ask runs an expression in the page and returns its value.
func ask[T any](w *world, expression string) T {
	w.t.Helper()
	v, err := chromedp.Run(w.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// expect waits for as many hits as there are bodies, makes sure that there are
// no more, and compares them as sets: what a page sends without a pause goes over
// several connections and arrives in any order.
func (w *world) expect(bodies ...string) []request {
	w.t.Helper()
	for end := time.Now().Add(30 * time.Second); w.collector.count() < len(bodies) && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	time.Sleep(settle)
	hits := w.collector.take()
	got := make([]string, len(hits))
	for i := range hits {
		got[i] = hits[i].body
	}
	want := slices.Sorted(slices.Values(bodies))
	if slices.Sort(got); !slices.Equal(got, want) {
		w.t.Fatalf("hits:\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
	return hits
}

// silence makes sure that the page has sent nothing, by asking the collector
// something after it.
func (w *world) silence() {
	w.t.Helper()
	w.run(`fetch('` + w.collector.url + `/sentinel', {credentials: 'omit', referrerPolicy: 'no-referrer'})`)
	w.expect()
}

// works makes sure that the page noticed nothing: its own scripts run, and no
// error, rejection or console message came from the script.
func (w *world) works() {
	w.t.Helper()
	w.run(`document.getElementById('button').click()`)
	if got := ask[string](w, `document.getElementById('button').textContent`); got != "pressed" {
		w.t.Errorf("the page's button says %q, want pressed", got)
	}
	if got := ask[[]string](w, `trouble`); len(got) != 0 {
		w.t.Errorf("the page saw %q", got)
	}
	for _, m := range w.console.all() {
		if m.source == "exception" || m.source == "console" {
			w.t.Errorf("console: %v", m)
		}
	}
}

// A message is a line of the console. Its source is "exception" or "console"
// for what a script did or said; else it is the part of the browser that speaks,
// such as "network" of a request that failed.
type message struct{ source, text string }

// A console keeps what the tab's console was told.
type console struct {
	mu       sync.Mutex // guards messages; held for an append
	messages []message
}

func (c *console) hear(event any) {
	var m message
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		m = message{"exception", e.ExceptionDetails.Text}
	case *runtime.EventConsoleAPICalled:
		m = message{"console", string(e.Type)}
	case *log.EventEntryAdded:
		m = message{cmp.Or(string(e.Entry.Source), "log"), e.Entry.Text}
	default:
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.messages = append(c.messages, m)
}

// all returns every message since the browser started.
func (c *console) all() []message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.messages)
}
