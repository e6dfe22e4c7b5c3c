package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// activated starts the program on a listener that somebody else keeps, as
// systemd and systemd-socket-activate do: the descriptor is the third, and
// LISTEN_PID names the process, which a shell knows of itself.
func activated(t *testing.T, l *os.File, notify string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("/bin/sh", append([]string{"-c", `LISTEN_PID=$$ exec "$0" "$@"`, "footfall"}, args...)...)
	cmd.Env = append(os.Environ(), "LISTEN_FDS=1", "LISTEN_FDNAMES=footfall.socket", "NOTIFY_SOCKET="+notify, "WATCHDOG_USEC=400000")
	cmd.ExtraFiles = []*os.File{l}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// notices listens where the program tells its states.
func notices(t *testing.T) (path string, states <-chan string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenPacket("unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	out := make(chan string, 1000)
	go func() {
		b := make([]byte, 1024)
		for {
			n, _, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			out <- string(b[:n])
		}
	}()
	return path, out
}

func await(t *testing.T, states <-chan string, want string) {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		select {
		case s := <-states:
			if s == want {
				return
			}
		case <-late:
			t.Fatalf("no %s within 20 s", want)
		}
	}
}

// TestRestartsRefuseNobody restarts the program under load on a listener that
// stays: every hit is answered 202, each on a connection of its own, and all
// are there in the end.
func TestRestartsRefuseNobody(t *testing.T) {
	restarts := envInt(t, "FOOTFALL_RESTARTS", 4)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	path, states := notices(t)
	data := filepath.Join(t.TempDir(), "data")
	args := []string{"serve", "--site", "example.test", "--zone", "UTC", "--data", data, "--admin-listen", freeAddress(t)}

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var sent atomic.Int64
	var load sync.WaitGroup
	begin := sync.OnceFunc(func() {
		for range 4 {
			load.Go(func() {
				client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
				for ctx.Err() == nil {
					r, err := http.NewRequest("POST", "http://"+listener.Addr().String()+"/hit", strings.NewReader(`{"k":"view","p":"/restarts"}`))
					if err != nil {
						t.Error(err)
						return
					}
					r.Header.Set("Origin", "https://example.test")
					r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:157.0) Gecko/20100101 Firefox/157.0")
					answer, err := client.Do(r)
					if err != nil {
						t.Errorf("a request failed: %v", err)
						return
					}
					_ = answer.Body.Close()
					if answer.StatusCode != http.StatusAccepted {
						t.Errorf("status %d", answer.StatusCode)
						return
					}
					sent.Add(1)
				}
			})
		}
	})
	for range restarts {
		cmd := activated(t, file, path, args...)
		await(t, states, "READY=1")
		begin()
		await(t, states, "WATCHDOG=1")
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		await(t, states, "STOPPING=1")
		if err := cmd.Wait(); err != nil {
			t.Fatalf("the end: %v", err)
		}
	}
	last := activated(t, file, path, args...)
	await(t, states, "READY=1")
	stop()
	load.Wait()
	if err := last.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := last.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := storedViews(t, data); got != sent.Load() {
		t.Errorf("%d views are stored, %d were acknowledged", got, sent.Load())
	}
	t.Logf("%d restarts, %d hits, none refused", restarts, sent.Load())
}

// TestInheritedRefused: what is no listening TCP socket is named.
func TestInheritedRefused(t *testing.T) {
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd := activated(t, file, "", "serve", "--site", "example.test", "--data", filepath.Join(t.TempDir(), "data"), "--admin-listen", freeAddress(t))
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("%v, want exit 1", err)
	}
}
