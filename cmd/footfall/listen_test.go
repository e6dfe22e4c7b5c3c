package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// serveGuarded serves a handler as the public listener does and returns its
// address.
func serveGuarded(t *testing.T, next http.Handler, places int) (address string, l *cappedListener) {
	t.Helper()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l = capped(plain, places)
	var panics atomic.Uint64
	server := newHTTPServer(&guard{
		next: next, hosts: map[string]bool{"www.example.org": true}, panics: &panics, log: slog.New(slog.DiscardHandler),
	}, io.Discard)
	go func() { _ = server.Serve(l) }() // it ends with Close
	t.Cleanup(func() { _ = server.Close() })
	return plain.Addr().String(), l
}

var ok = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })

// exchange sends raw bytes and returns the status lines of all answers, and
// whether the server closed the connection.
func exchange(t *testing.T, address, request string) (answers []string, closed bool) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.WriteString(conn, request) }() // a server that has answered may not read the rest
	all, err := io.ReadAll(conn)
	closed = err == nil || !strings.Contains(err.Error(), "timeout")
	for line := range strings.Lines(string(all)) {
		if strings.HasPrefix(line, "HTTP/") {
			answers = append(answers, strings.TrimSpace(line))
		}
	}
	return answers, closed
}

// TestFraming holds that one request has one answer, and that whatever is
// ambiguous ends the connection (RELIABILITY.md, E2 and E9).
func TestFraming(t *testing.T) {
	address, _ := serveGuarded(t, ok, 100)
	many := new(strings.Builder)
	for i := range 1000 {
		fmt.Fprintf(many, "X-%d: 1\r\n", i)
	}
	tests := []struct {
		name, request string
		status        string
		closed        bool
	}{
		{"plain", "GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n", "204", false},
		{"own host, absolute", "GET http://WWW.example.org:80/ HTTP/1.1\r\nHost: www.example.org\r\n\r\n", "204", false},
		{"foreign host, absolute", "GET http://other.example/ HTTP/1.1\r\nHost: other.example\r\n\r\n", "421", true},
		{"CONNECT", "CONNECT other.example:443 HTTP/1.1\r\nHost: other.example\r\n\r\n", "405", true},
		{"TRACE", "TRACE / HTTP/1.1\r\nHost: www.example.org\r\n\r\n", "405", true},
		{"headers over 16 KiB", "GET / HTTP/1.1\r\nHost: x\r\nX-A: " + strings.Repeat("a", 22<<10) + "\r\n\r\n", "431", true},
		{"a thousand headers", "GET / HTTP/1.1\r\nHost: x\r\n" + many.String() + "\r\n", "431", true},
		{"length and chunks", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n", "204", true},
		{"two lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", "400", true},
		{"signed length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd", "400", true},
		{"no host", "GET / HTTP/1.1\r\n\r\n", "400", true},
		{"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400", true},
		{"space before colon", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n", "400", true},
		{"unknown coding", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", "501", true},
		{"NUL in a header", "GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n", "400", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			answers, closed := exchange(t, address, tt.request)
			if len(answers) != 1 || !strings.Contains(answers[0], " "+tt.status+" ") || closed != tt.closed {
				t.Errorf("got %q, closed %v; want one answer %s, closed %v", answers, closed, tt.status, tt.closed)
			}
		})
	}
}

func TestEveryTimeoutIsSet(t *testing.T) {
	s := newHTTPServer(ok, io.Discard)
	for _, name := range []string{"ReadHeaderTimeout", "ReadTimeout", "WriteTimeout", "IdleTimeout", "MaxHeaderBytes", "ErrorLog"} {
		if reflect.ValueOf(s).Elem().FieldByName(name).IsZero() {
			t.Errorf("%s is not set", name)
		}
	}
}

// TestErrorLogIsCounted holds that net/http's own words, which name peers,
// are never printed.
func TestErrorLogIsCounted(t *testing.T) {
	var c lineCounter
	newHTTPServer(ok, &c).ErrorLog.Printf("http: panic serving 192.0.2.7:4711")
	if c.n.Load() != 1 {
		t.Errorf("got %d lines counted, want 1", c.n.Load())
	}
}

// TestConnectionCap holds that connections beyond the cap wait, are counted,
// and are served when there is room.
func TestConnectionCap(t *testing.T) {
	address, l := serveGuarded(t, ok, 2)
	var held []net.Conn
	for range 2 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		held = append(held, conn)
		answered(t, conn)
	}
	third, err := net.Dial("tcp", address) // the kernel takes it
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	if _, err := io.WriteString(third, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := third.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := third.Read(make([]byte, 1)); err == nil {
		t.Fatalf("read %d bytes from a connection beyond the cap", n)
	}
	if l.waits.Load() == 0 {
		t.Error("reaching the cap was not counted")
	}
	_ = held[0].Close() // makes room
	if err := third.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	status, err := bufio.NewReader(third).ReadString('\n')
	if err != nil || !strings.Contains(status, "204") {
		t.Errorf("after room was made: got %q, %v", status, err)
	}
}

// answered sends a request and reads its answer, so that the connection has
// been accepted.
func answered(t *testing.T, conn net.Conn) {
	t.Helper()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 512)
	n, err := conn.Read(b)
	if err != nil || !bytes.Contains(b[:n], []byte("204")) {
		t.Fatalf("got %q, %v", b[:n], err)
	}
}

// TestCappedListenerCloses holds that closing ends an Accept that waits for
// room.
func TestCappedListenerCloses(t *testing.T) {
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := capped(plain, 1)
	l.places <- struct{}{} // full
	ended := make(chan error, 1)
	go func() {
		_, err := l.Accept()
		ended <- err
	}()
	time.Sleep(10 * time.Millisecond)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err == nil {
			t.Error("got a connection from a closed listener")
		}
	case <-time.After(5 * time.Second):
		t.Error("Accept goes on waiting")
	}
}

// TestBeaconIsNotWatched holds that while a beacon waits for its commit
// nothing reads from its connection, and that this loses no byte: neither of
// beacons one after another, nor of two sent at once, nor of one that comes in
// pieces. Of any other request the handler learns that the client has gone.
func TestBeaconIsNotWatched(t *testing.T) {
	inside, ends := make(chan *http.Request), make(chan chan struct{}, 1)
	address, _ := serveGuarded(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.RawQuery == "" && r.Header.Get("X-Wait") != "" {
			gone := <-ends
			inside <- r
			<-gone
		}
		w.WriteHeader(http.StatusNoContent)
	}), 10)
	const beacon = "POST /hit HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	for _, sent := range [][]string{{beacon}, {beacon}, {beacon + beacon}, {beacon[:30], beacon[30:]}, {beacon[:len(beacon)-1], "}"}, {beacon}} {
		for _, piece := range sent {
			if _, err := io.WriteString(conn, piece); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond) // so that the pieces come apart; all is well if they do not
		}
		for range strings.Count(strings.Join(sent, ""), "POST") {
			r, err := http.ReadResponse(answers, nil)
			if err != nil || r.StatusCode != http.StatusNoContent {
				t.Fatalf("beacons %q: got %v, %v", sent, r, err)
			}
		}
	}
	for line, watched := range map[string]bool{"POST /hit HTTP/1.1": false, "POST /login HTTP/1.1": true} {
		gone := make(chan struct{})
		ends <- gone
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, line+"\r\nHost: x\r\nX-Wait: 1\r\nContent-Length: 2\r\n\r\n{}"); err != nil {
			t.Fatal(err)
		}
		r := <-inside
		_ = conn.Close()
		select {
		case <-r.Context().Done():
			if !watched {
				t.Errorf("%s: its connection was read while it waited", line)
			}
		case <-time.After(map[bool]time.Duration{true: 10 * time.Second, false: 50 * time.Millisecond}[watched]):
			if watched {
				t.Errorf("%s: nobody noticed that the client had gone", line)
			}
		}
		close(gone)
	}
}
