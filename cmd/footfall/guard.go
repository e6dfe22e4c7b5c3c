package main

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
)

// guard stands before a listener's handler: it refuses what no browser sends,
// and makes an answer and a nameless log line out of a panic.
type guard struct {
	next   http.Handler
	hosts  map[string]bool // hosts that a request target in absolute form may name
	ending *atomic.Bool    // each answer is the last of its connection; nil: never
	panics *atomic.Uint64
	log    *slog.Logger
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := begunWriter{ResponseWriter: w}
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(p) // net/http ends the connection without a word
		}
		g.panics.Add(1)
		logPanic(g.log, functions())
		if !answer.begun {
			refuse(&answer, http.StatusInternalServerError)
		}
	}()
	if g.ending != nil && g.ending.Load() {
		answer.Header().Set("Connection", "close")
	}
	if len(r.TransferEncoding) > 0 {
		// net/http hides a Content-Length beside it, so that what follows on
		// this connection is in doubt. No browser sends a beacon in chunks.
		answer.Header().Set("Connection", "close")
	}
	switch {
	case r.Method == http.MethodConnect || r.Method == http.MethodTrace:
		answer.Header().Set("Allow", "GET, HEAD, POST, OPTIONS")
		refuse(&answer, http.StatusMethodNotAllowed)
	case r.URL.Host != "" && !g.hosts[hostWithoutPort(r.URL.Host)]:
		refuse(&answer, http.StatusMisdirectedRequest) // this server is no proxy
	case len(r.Header) > maxHeaders:
		refuse(&answer, http.StatusRequestHeaderFieldsTooLarge)
	default:
		g.next.ServeHTTP(&answer, r)
	}
}

// refuse answers a request without looking at it and ends the connection.
func refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Connection", "close")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Error(w, http.StatusText(status), status)
}

func hostWithoutPort(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}

// begunWriter remembers whether an answer has begun.
type begunWriter struct {
	http.ResponseWriter
	begun bool
}

func (w *begunWriter) WriteHeader(status int) {
	w.begun = w.begun || status >= 200
	w.ResponseWriter.WriteHeader(status)
}

func (w *begunWriter) Write(p []byte) (int, error) {
	w.begun = true
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *begunWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// functions names the functions that a panic came through, innermost first.
// Neither the panic's value nor the arguments on the stack are looked at: both
// may hold what a visitor sent.
func functions() string {
	pc := make([]uintptr, 64)
	frames := runtime.CallersFrames(pc[:runtime.Callers(2, pc)])
	var names []string
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		switch {
		case f.Function == "runtime.goexit":
			continue
		case strings.HasPrefix(f.Function, "runtime."):
			names = names[:0] // the machinery of the panic stands on top of what caused it
			continue
		}
		names = append(names, f.Function)
	}
	return strings.Join(names, " < ")
}

func logPanic(log *slog.Logger, functions string) {
	log.Error("panic in a handler", "functions", functions)
}
