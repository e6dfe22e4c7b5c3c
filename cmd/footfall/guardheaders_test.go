package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestHeadersOfRefusals holds that what is refused before anything looks at it
// carries the headers of every answer (RELIABILITY.md, I9).
func TestHeadersOfRefusals(t *testing.T) {
	address, _ := serveGuarded(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("planted") }), 10)
	for name, tt := range map[string]struct {
		request string
		status  int
	}{
		"TRACE":        {"TRACE / HTTP/1.1\r\nHost: www.example.org\r\n\r\n", http.StatusMethodNotAllowed},
		"foreign host": {"GET http://other.example/ HTTP/1.1\r\nHost: other.example\r\n\r\n", http.StatusMisdirectedRequest},
		"a panic":      {"GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n", http.StatusInternalServerError},
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, tt.request); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		h := answer.Header
		if answer.StatusCode != tt.status || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") ||
			!strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" || h.Get("Server") != "" {
			t.Errorf("%s: %s with %v", name, answer.Status, h)
		}
	}
}
