package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed" // the files are served as they lie in this directory
	"encoding/hex"
	"net/http"
	"path"
	"strconv"
	"strings"
)

var (
	//go:embed beacon.js
	beacon string
	//go:embed beacon-more.js
	more string
	//go:embed beacon-test.js
	test string
	//go:embed beacon.d.ts
	types string
)

// Names of the files, in the directory in which pages find the script.
const (
	Script = "beacon.js"      // views, routes, objections
	More   = "beacon-more.js" // times and features, loaded where data-more is set
	Test   = "beacon-test.js" // explains on a page why nothing arrives from it
	Types  = "beacon.d.ts"    // the types of window.footfall
)

// Names returns the names of all files.
func Names() []string { return []string{Script, More, Test, Types} }

// A file is one of them in each content coding.
type file struct {
	kind          string // Content-Type
	plain, packed variant
}

// A variant is a file in one content coding.
type variant struct {
	body     []byte
	tag      string // strong, so each coding has its own
	encoding string // "" is identity
}

// Version is the name that all files share, and which is in their entity tags:
// 24 hexadecimal digits that change when any of them does.
func Version() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{beacon, more, test, types}, "\x00")))
	return hex.EncodeToString(sum[:12])
}

func files() map[string]*file {
	version := Version()
	out := make(map[string]*file)
	for name, text := range map[string]string{Script: beacon, More: more, Test: test, Types: types} {
		f := &file{kind: "text/javascript; charset=utf-8"}
		if name == Types {
			f.kind = "text/plain; charset=utf-8" // .ts is a kind of film elsewhere
		}
		f.plain = variant{body: []byte(text), tag: `"` + version + `"`}
		f.packed = variant{body: compress([]byte(text)), tag: `"` + version + `-gzip"`, encoding: "gzip"}
		out[name] = f
	}
	return out
}

// Handler returns the handler of the files. The last segment of the path names
// the file; any other name is the script, which a publisher may rename. It
// answers GET and HEAD with 200 or 304, and any other method with 405. It is
// safe for concurrent use and does no I/O but the answer.
func Handler() http.Handler {
	all := files()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", "ETag")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			h.Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		f := all[path.Base(r.URL.Path)]
		if f == nil {
			f = all[Script]
		}
		v := &f.plain
		if acceptsGzip(r.Header["Accept-Encoding"]) {
			v = &f.packed
		}
		h.Set("Cache-Control", "public, max-age=3600")
		h.Set("Vary", "Accept-Encoding")
		h.Set("ETag", v.tag)
		if matches(r.Header["If-None-Match"], v.tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Type", f.kind)
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
