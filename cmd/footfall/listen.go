package main

import (
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"footfall/collector"
)

// Limits of the listeners that strangers reach.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	writeTimeout      = 10 * time.Second
	idleTimeout       = 60 * time.Second
	maxHeaderBytes    = 12 << 10 // net/http adds 4 KiB of its own: 16 KiB in all
	maxHeaders        = 100      // distinct names; a browser sends some twenty

	mostConnections    = 8192 // at once, of a listener
	reserveDescriptors = 40   // kept for the database, its compaction, the other listeners and the log
)

// newHTTPServer returns a server with every timeout set, which echo leaves open.
func newHTTPServer(h http.Handler, logged io.Writer) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          log.New(logged, "", 0),
	}
}

// silent takes what net/http would log. Its lines name the peer's address
// ("http: panic serving 192.0.2.7:4711"), so none of them is ever printed.
func silent() *log.Logger { return log.New(io.Discard, "", 0) }

// lineCounter counts lines instead of printing them.
type lineCounter struct{ n atomic.Uint64 }

func (c *lineCounter) Write(p []byte) (int, error) {
	c.n.Add(1)
	return len(p), nil
}

// connectionCap returns how many connections fit under the process's limit of
// descriptors.
func connectionCap() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return mostConnections
	}
	room := int64(min(uint64(limit.Cur), 1<<30)) - reserveDescriptors //nolint:unconvert // FreeBSD's limit is signed
	return int(max(4, min(room, mostConnections)))
}

// cappedListener accepts no more connections than its cap; further ones wait
// in the kernel's queue until one ends.
type cappedListener struct {
	net.Listener
	places chan struct{}
	waits  atomic.Uint64 // times that a connection found no place

	closed chan struct{}
	once   sync.Once
}

func capped(l net.Listener, places int) *cappedListener {
	return &cappedListener{Listener: l, places: make(chan struct{}, places), closed: make(chan struct{})}
}

func (l *cappedListener) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	default:
		l.waits.Add(1)
		select {
		case l.places <- struct{}{}:
		case <-l.closed:
			return nil, net.ErrClosed
		}
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &cappedConn{Conn: conn, release: func() { <-l.places }}, nil
}

// Close ends a waiting Accept as well.
func (l *cappedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// ended waits until every connection that was accepted has ended, or ctx has.
func (l *cappedListener) ended(ctx context.Context) {
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for len(l.places) > 0 {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
	}
}

type cappedConn struct {
	net.Conn
	once    sync.Once
	release func()
	beacon  bool // what was read last begins with a beacon; net/http never reads twice at once
}

// beaconLine is how a beacon begins.
var beaconLine = []byte("POST " + collector.BeaconRoute + " ")

// Read reads as the connection does, but for one thing. While a handler runs,
// net/http reads one byte in a goroutine of its own, to learn that the client
// has gone. A beacon's hit is kept whether its sender waits or not, so that
// goroutine is told that there is nothing, and ends: two changes of goroutine,
// a system call and three changes of a timer less for each hit. Who reads once
// more, reads.
func (c *cappedConn) Read(p []byte) (int, error) {
	if len(p) == 1 && c.beacon {
		c.beacon = false
		return 0, nil
	}
	n, err := c.Conn.Read(p)
	c.beacon = bytes.HasPrefix(p[:n], beaconLine)
	return n, err
}

func (c *cappedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.release)
	return err
}
