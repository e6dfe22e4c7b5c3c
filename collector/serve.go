package collector

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"footfall/aggregate/hit"
	"footfall/collector/internal/privacy"
)

// maxBody is the largest body of a beacon and the longest query of a pixel,
// in bytes.
const maxBody = 2048

// An exchange is the memory of one request. It is wiped before another
// request uses it.
type exchange struct {
	body   [maxBody + 1]byte
	used   int // of body
	decode decoder
	raw    privacy.Raw
	hit    hit.Hit
}

func (x *exchange) wipe() {
	clear(x.body[:x.used])
	x.used, x.raw, x.hit = 0, privacy.Raw{}, hit.Hit{}
	x.decode.scan.Reset(nil)
}

// serve runs one of the two kinds of intake and returns the status to answer.
// The memory of a request that ended in a panic is not used again.
func (c *Collector) serve(take func(*Collector, *exchange, *http.Request, time.Time) int, req *http.Request) (status int) {
	defer func() {
		if recover() != nil {
			c.panicked()
			status = http.StatusInternalServerError
		}
	}()
	x := c.pool.Get().(*exchange)
	status = take(c, x, req, c.now())
	x.wipe()
	c.pool.Put(x)
	return status
}

// takeBeacon takes in a POST of /hit.
func takeBeacon(c *Collector, x *exchange, req *http.Request, now time.Time) int {
	x.raw.Source = privacy.Beacon
	readOrigin(req.Header, &x.raw)
	c.readVisitor(req, &x.raw)
	if !c.limit.allow(now, &x.raw.Addr) {
		return c.refuse(x, now, http.StatusTooManyRequests)
	}
	if _, encoded := req.Header["Content-Encoding"]; encoded {
		return c.refuse(x, now, http.StatusUnsupportedMediaType)
	}
	if status := x.read(req); status != 0 {
		return c.refuse(x, now, status)
	}
	verdict, ok := x.decode.decode(x.body[:x.used], &x.raw)
	if !ok {
		return c.refuse(x, now, http.StatusBadRequest)
	}
	return c.record(x, now, verdict, http.StatusAccepted)
}

// takePixel takes in a GET of /hit.gif.
func takePixel(c *Collector, x *exchange, req *http.Request, now time.Time) int {
	x.raw.Source = privacy.Pixel
	c.readVisitor(req, &x.raw)
	if !c.limit.allow(now, &x.raw.Addr) {
		return c.refuse(x, now, http.StatusTooManyRequests)
	}
	verdict := x.readQuery(req.URL.RawQuery)
	return c.record(x, now, verdict, http.StatusOK)
}

func (c *Collector) readVisitor(req *http.Request, raw *privacy.Raw) {
	readHeaders(req.Header, raw)
	c.peers.Address(req, &raw.Addr)
	raw.Secure = c.peers.Secure(req)
}

// read reads the body, and returns the status to refuse it with, or zero.
func (x *exchange) read(req *http.Request) int {
	if req.ContentLength > maxBody {
		return http.StatusRequestEntityTooLarge
	}
	for {
		n, err := req.Body.Read(x.body[x.used:])
		x.used += n
		switch {
		case x.used > maxBody:
			return http.StatusRequestEntityTooLarge
		case errors.Is(err, io.EOF):
			return 0
		case err != nil:
			return http.StatusBadRequest
		}
	}
}

// record reduces the hit and has it kept if it counts. said is what the
// decoder holds of its fields; whether the site is known, or there must be no
// trace at all, comes before that.
func (c *Collector) record(x *exchange, now time.Time, said hit.Verdict, done int) int {
	verdict := c.reduce.Reduce(now, &x.raw, &x.hit)
	if said != hit.Counted && !verdict.Silent() && verdict != hit.UnknownSite {
		verdict = said
	}
	if verdict == hit.Counted || verdict == hit.CountedBot {
		// It is kept whether or not its sender still waits for an answer.
		if err := c.recorder.Record(context.Background(), now, &x.hit); err != nil {
			// Why is the recorder's to report; it knows, and the visitor must not.
			c.counts.unavailable.Add(1)
			return http.StatusServiceUnavailable
		}
	}
	c.counts.add(x.hit.Site, verdict)
	return done
}

// refuse counts a request that was not taken in, unless it must leave no
// trace, and returns the status.
func (c *Collector) refuse(x *exchange, now time.Time, status int) int {
	if c.reduce.Reduce(now, &x.raw, &x.hit).Silent() {
		return status
	}
	if status == http.StatusTooManyRequests {
		c.counts.limited.Add(1)
	} else {
		c.counts.malformed.Add(1)
	}
	return status
}

// Values of headers that are the same in every answer. A slice that is set
// as a header's value is never written to.
var (
	anyOrigin    = []string{"*"}
	noStore      = []string{"no-store"}
	plainHeaders = []string{"Content-Type"}
	oneDay       = []string{"86400"}
	afterLimit   = []string{"1"}
	afterOutage  = []string{"5"}
	noSniff      = []string{"nosniff"}
	crossOrigin  = []string{"cross-origin"}
	gifType      = []string{"image/gif"}
	gifLength    = []string{"43"}
)

// pixelGIF is the smallest transparent picture: 43 bytes.
var pixelGIF = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")

// answer writes an answer without a body.
func answer(w http.ResponseWriter, status int) {
	h := w.Header()
	h["Access-Control-Allow-Origin"] = anyOrigin
	h["Cache-Control"] = noStore
	switch status {
	case http.StatusTooManyRequests:
		h["Retry-After"] = afterLimit
	case http.StatusServiceUnavailable:
		h["Retry-After"] = afterOutage
	}
	w.WriteHeader(status)
}

// serveBeacon answers every request to /hit.
func (c *Collector) serveBeacon(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodPost {
		other(w, req, allowBeacon)
		return
	}
	answer(w, c.serve(takeBeacon, req))
}

// servePixel answers every request to /hit.gif.
func (c *Collector) servePixel(w http.ResponseWriter, req *http.Request) {
	status := http.StatusOK
	switch req.Method {
	case http.MethodGet:
		status = c.serve(takePixel, req)
	case http.MethodHead:
	default:
		other(w, req, allowPixel)
		return
	}
	if status != http.StatusOK {
		answer(w, status)
		return
	}
	h := w.Header()
	h["Content-Type"], h["Content-Length"] = gifType, gifLength
	h["X-Content-Type-Options"] = noSniff
	h["Cross-Origin-Resource-Policy"] = crossOrigin // a page may ask it of every image
	answer(w, status)
	if req.Method == http.MethodGet {
		_, _ = w.Write(pixelGIF) // a client that has gone needs no picture
	}
}

// The methods of the two routes.
var (
	allowBeacon = []string{"OPTIONS, POST"}
	allowPixel  = []string{"GET, HEAD, OPTIONS"}
)

// other answers OPTIONS with 204 and every method that a route has not with
// 405.
func other(w http.ResponseWriter, req *http.Request, allow []string) {
	h := w.Header()
	h["Allow"] = allow
	if req.Method != http.MethodOptions {
		answer(w, http.StatusMethodNotAllowed)
		return
	}
	h["Access-Control-Allow-Methods"] = allow
	h["Access-Control-Allow-Headers"] = plainHeaders
	h["Access-Control-Max-Age"] = oneDay
	answer(w, http.StatusNoContent)
}
