package collector

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

// nowhere keeps no hit.
type nowhere struct{}

func (nowhere) Record(context.Context, time.Time, *hit.Hit) error { return nil }
func (nowhere) Add(time.Time, *hit.Hit) error                     { return nil }

// sameBody gives one body again and again.
type sameBody struct {
	text string
	at   int
}

func (b *sameBody) Read(p []byte) (int, error) {
	n := copy(p, b.text[b.at:])
	if b.at += n; b.at == len(b.text) {
		return n, io.EOF
	}
	return n, nil
}

func (b *sameBody) Close() error { return nil }

// writer forgets what it is given.
type writer struct {
	header http.Header
	status int
}

func (w *writer) Header() http.Header         { return w.header }
func (w *writer) Write(p []byte) (int, error) { return len(p), nil }
func (w *writer) WriteHeader(status int)      { w.status = status }

// beacon returns a function that sends one beacon to a handler, with the
// headers that loadgen sends.
func beacon(b testing.TB, serve func(http.ResponseWriter, *http.Request)) func() {
	body := &sameBody{text: `{"k":"view","p":"/product/guide-howto-price-1234","r":"www.google.com"}`}
	req := request("POST", "/hit", body.text, "Accept: */*", "Accept-Language: fr-FR", "Accept-Encoding: gzip, deflate, br",
		"Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty",
		"User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36")
	w := &writer{header: http.Header{}}
	return func() {
		body.at, req.Body = 0, body
		clear(w.header)
		serve(w, req)
		if w.status != http.StatusAccepted {
			b.Fatalf("status %d", w.status)
		}
	}
}

func BenchmarkHit(b *testing.B) {
	h := newHarness(b, func(o *Options) { o.Recorder, o.Rate = nowhere{}, 62_500; o.Burst = 1 << 30 })
	for _, c := range []struct {
		name  string
		serve func(http.ResponseWriter, *http.Request)
	}{{"handler", h.serveBeacon}, {"echo", h.echo.ServeHTTP}} {
		b.Run(c.name, func(b *testing.B) {
			send := beacon(b, c.serve)
			b.ReportAllocs()
			for b.Loop() {
				send()
			}
		})
	}
}

func TestHitAllocatesNothing(t *testing.T) {
	h := newHarness(t, func(o *Options) { o.Recorder = nowhere{} })
	send := beacon(t, h.serveBeacon)
	if n := testing.AllocsPerRun(1000, send); n > 0 {
		t.Errorf("%v allocations a hit, want none", n)
	}
}
