package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func mustOpenDir(t *testing.T, path string) *dataDir {
	t.Helper()
	d, err := openDir(path, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.close)
	return d
}

func TestDataDirIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b")
	d := mustOpenDir(t, path)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("got mode %v, %v, want 0700", info.Mode(), err)
	}
	if d.exposed() {
		t.Error("a private directory is called exposed")
	}
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if !d.exposed() {
		t.Error("a directory that others read is not called exposed")
	}
}

// TestLockNamesItsOwner holds that a second taker learns who holds the
// directory, soon.
func TestLockNamesItsOwner(t *testing.T) {
	path := t.TempDir()
	d := mustOpenDir(t, path)
	start := time.Now()
	_, err := openDir(path, true)
	var held *heldError
	if !errors.As(err, &held) || held.pid != os.Getpid() {
		t.Fatalf("got %v, want the lock held by %d", err, os.Getpid())
	}
	t.Logf("waited %v of a second", time.Since(start))
	d.close()
	again, err := openDir(path, true)
	if err != nil {
		t.Fatalf("after the owner has gone: %v", err)
	}
	again.close()
}

func TestOpenDirMakesNothingToRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "absent")
	if _, err := openDir(path, false); !errors.Is(err, errNoData) {
		t.Errorf("got %v, want %v", err, errNoData)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a directory was made")
	}
}

// TestSweep holds that leftovers go, and that what another process is writing
// stays.
func TestSweep(t *testing.T) {
	d := mustOpenDir(t, t.TempDir())
	old, fresh := filepath.Join(d.path, "footfall-old.tmp"), filepath.Join(d.path, "footfall-fresh.tmp")
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	dead := filepath.Join(d.path, fmt.Sprintf("footfall-%d-1.tmp", gone.Process.Pid))
	mine := filepath.Join(d.path, fmt.Sprintf("footfall-%d-1.tmp", os.Getpid()))
	for _, name := range []string{old, fresh, dead, mine} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-leftoverAge - time.Hour)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	if err := d.sweep(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the leftover is still there")
	}
	if _, err := os.Stat(dead); !errors.Is(err, fs.ErrNotExist) {
		t.Error("what a killed process left is still there")
	}
	for _, name := range []string{fresh, mine} {
		if _, err := os.Stat(name); err != nil {
			t.Errorf("what another process writes is gone: %v", err)
		}
	}
}

// TestControlSocket holds that the socket is its owner's, also where the path
// is longer than a socket's may be, and that a leftover is no obstacle.
func TestControlSocket(t *testing.T) {
	for _, name := range []string{"short", strings.Repeat("long", 40)} {
		t.Run(name[:4], func(t *testing.T) {
			d := mustOpenDir(t, filepath.Join(t.TempDir(), name))
			for range 2 { // the second time over what the first left
				l, err := listenControl(d)
				if err != nil {
					t.Fatal(err)
				}
				info, err := os.Stat(filepath.Join(d.path, controlName))
				if err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("got %v, %v, want mode 0600", info, err)
				}
				conn, err := dialControl(t.Context(), d.path)
				if err != nil {
					t.Fatal(err)
				}
				_ = conn.Close()
				_ = l.Close() // leaves the file behind
			}
			if _, err := dialControl(t.Context(), d.path); !errors.Is(err, errNoServer) {
				t.Errorf("nobody listens: got %v, want %v", err, errNoServer)
			}
		})
	}
}

// TestControlRefuses holds that a command this version does not know, or one
// that is no command, is refused in words.
func TestControlRefuses(t *testing.T) {
	d := mustOpenDir(t, t.TempDir())
	l, err := listenControl(d)
	if err != nil {
		t.Fatal(err)
	}
	server := controlServer(new(session))
	go func() { _ = server.Serve(l) }() // it ends with Close
	t.Cleanup(func() { _ = server.Close() })
	_, err = ask(t.Context(), d.path, "frobnicate", struct{}{})
	if err == nil || !strings.Contains(err.Error(), `has no command "frobnicate"`) {
		t.Errorf("got %v", err)
	}
	_, err = ask(t.Context(), d.path, "report", []int{1})
	if err == nil || !strings.Contains(err.Error(), `arguments of "report"`) {
		t.Errorf("got %v", err)
	}
}

// TestAskEndsWithItsContext holds that an interrupt ends the waiting for a
// server that does not answer.
func TestAskEndsWithItsContext(t *testing.T) {
	d := mustOpenDir(t, t.TempDir())
	l, err := listenControl(d)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			accepted <- conn
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := ask(ctx, d.path, "report", struct{}{}); err == nil {
		t.Error("got an answer from a silent server")
	}
	_ = (<-accepted).Close() // nothing was ever said on it
}

// TestMoveFile holds that a file arrives whole and replaces nothing.
func TestMoveFile(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	if err := os.WriteFile(from, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := moveFile(from, to); err != nil {
		t.Fatal(err)
	}
	if err := moveFile(from, to); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file: got %v, want %v", err, fs.ErrExist)
	}
	if err := copyFile(from, filepath.Join(dir, "copy")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"to", "copy"} {
		if b := readFile(t, filepath.Join(dir, name)); string(b) != "text" {
			t.Errorf("%s holds %q", name, b)
		}
	}
	if err := moveFile(from, filepath.Join(dir, "absent", "to")); err == nil {
		t.Error("got no error for a directory that is not there")
	}
}
