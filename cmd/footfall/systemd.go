package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// What a service manager that speaks systemd's protocol gives and is told:
// listeners that stay open over a restart (sd_listen_fds(3)), and what the
// process is about (sd_notify(3)). Without one all of this does nothing.

// firstInherited is the first descriptor that a service manager passes.
const firstInherited = 3

// inheritedListeners takes the listeners that the service manager opened, by
// the names of the settings: a socket with FileDescriptorName=admin or
// dashboard is that one's, any other the public one. A name twice, or a
// descriptor that is no listening TCP socket, is an error.
func inheritedListeners() (map[string]net.Listener, error) {
	pid, fds, names := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS"), os.Getenv("LISTEN_FDNAMES")
	if pid != strconv.Itoa(os.Getpid()) || fds == "" {
		return nil, nil
	}
	n, err := strconv.Atoi(fds)
	if err != nil || n < 0 || n > 16 {
		return nil, fmt.Errorf("LISTEN_FDS is no number of listeners")
	}
	name := strings.Split(names, ":")
	out := make(map[string]net.Listener)
	for i := range n {
		what := "public"
		if i < len(name) && (name[i] == "admin" || name[i] == "dashboard") {
			what = name[i]
		}
		syscall.CloseOnExec(firstInherited + i)
		file := os.NewFile(uintptr(firstInherited+i), what)
		l, err := net.FileListener(file)
		_ = file.Close() // the listener has a descriptor of its own
		if err == nil && out[what] != nil {
			_ = l.Close()
			err = fmt.Errorf("two sockets for it")
		} else if _, tcp := l.(*net.TCPListener); err == nil && !tcp {
			_ = l.Close()
			err = fmt.Errorf("not a TCP socket")
		}
		if err != nil {
			for _, l := range out {
				_ = l.Close()
			}
			return nil, fmt.Errorf("%s listener from the service manager: %w", what, err)
		}
		out[what] = l
	}
	return out, nil
}

// notify tells the service manager a state, as "READY=1". What it does not
// hear is its own affair: the error is for tests.
func notify(state string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	if path[0] != '/' && path[0] != '@' {
		return fmt.Errorf("NOTIFY_SOCKET is no path")
	}
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer func() { _ = syscall.Close(fd) }()
	syscall.CloseOnExec(fd)
	// An @ is the abstract name space's mark; syscall makes it the zero byte.
	return syscall.Sendto(fd, []byte(state), 0, &syscall.SockaddrUnix{Name: path})
}

// watchdog tells the service manager, twice in the time it allows, that the
// database still answers, until ctx ends. One that hangs is restarted.
func watchdog(ctx context.Context, alive func() error) {
	usec, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64)
	if pid := os.Getenv("WATCHDOG_PID"); err != nil || usec <= 0 || pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return
	}
	every := time.NewTicker(time.Duration(usec) * time.Microsecond / 2)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		_ = alive() // not ready is an answer too: a restart gives a full disk no room
		_ = notify("WATCHDOG=1")
	}
}
