package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed" // the script is a file of its own, as it is served
	"encoding/hex"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

//go:embed beacon.js
var beacon string

// A variant is the script in one content coding.
type variant struct {
	body     []byte
	tag      string // strong, so each coding has its own
	encoding string // "" is identity
}

// Handler returns the handler of beacon.js. It answers GET and HEAD, whatever
// the path, with 200 or 304, and any other method with 405. It is safe for
// concurrent use and does no I/O but the answer.
func Handler() http.Handler {
	sum := sha256.Sum256([]byte(beacon))
	name := hex.EncodeToString(sum[:12])
	plain := &variant{body: []byte(beacon), tag: `"` + name + `"`}
	packed := &variant{body: compress([]byte(beacon)), tag: `"` + name + `-gzip"`, encoding: "gzip"}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			h.Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		v := plain
		if acceptsGzip(r.Header["Accept-Encoding"]) {
			v = packed
		}
		h.Set("Cache-Control", "public, max-age=3600")
		h.Set("Vary", "Accept-Encoding")
		h.Set("ETag", v.tag)
		if matches(r.Header["If-None-Match"], v.tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Type", "text/javascript; charset=utf-8")
		h.Set("Content-Length", strconv.Itoa(len(v.body)))
		if v.encoding != "" {
			h.Set("Content-Encoding", v.encoding)
		}
		w.WriteHeader(http.StatusOK)
		if r.Method == http.MethodGet {
			_, _ = w.Write(v.body) // the client is gone; there is nobody to tell
		}
	})
}

// compress packs b as tightly as gzip can.
func compress(b []byte) []byte {
	var buf bytes.Buffer
	z, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant of the package
	}
	_, _ = z.Write(b) // a bytes.Buffer takes everything
	_ = z.Close()     // likewise
	return buf.Bytes()
}

// acceptsGzip tells whether the Accept-Encoding fields allow gzip: named, or
// covered by *, with a weight above zero.
func acceptsGzip(fields []string) bool {
	star := false
	for _, field := range fields {
		for item := range strings.SplitSeq(field, ",") {
			coding, parameters, _ := strings.Cut(item, ";")
			switch strings.ToLower(strings.TrimSpace(coding)) {
			case "gzip", "x-gzip":
				return weight(parameters) > 0
			case "*":
				star = weight(parameters) > 0
			}
		}
	}
	return star
}

// weight reads "q=0.5"; what is no weight between 0 and 1 counts as 0 and an
// absent one as 1.
func weight(parameters string) float64 {
	name, value, found := strings.Cut(strings.TrimSpace(parameters), "=")
	if !found {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !strings.EqualFold(strings.TrimSpace(name), "q") || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}

// matches tells whether the If-None-Match fields name the tag, compared weakly
// as RFC 9110 asks, or are "*". Our tags hold no comma.
func matches(fields []string, tag string) bool {
	for _, field := range fields {
		for item := range strings.SplitSeq(field, ",") {
			item = strings.TrimSpace(item)
			if item == "*" || strings.TrimPrefix(item, "W/") == tag {
				return true
			}
		}
	}
	return false
}

// Snippet returns the element that a page embeds, on one line without its end.
// base is the collector's address, with or without a final slash:
// "https://stats.example.org", or "/stats" below the site's own host; "" is the
// site's own root.
//
// The element is async: a slow collector then holds back neither the parsing of
// the page nor DOMContentLoaded. crossorigin and referrerpolicy keep the site's
// cookies and the page's address out of the request for the script itself.
func Snippet(base string) string {
	t := template.Must(template.New("snippet").Parse(
		`<script async src="{{.}}" crossorigin="anonymous" referrerpolicy="no-referrer"></script>`))
	var b strings.Builder
	if err := t.Execute(&b, strings.TrimRight(base, "/")+"/beacon.js"); err != nil {
		panic(err) // a strings.Builder takes everything and the template has one value
	}
	return b.String()
}
