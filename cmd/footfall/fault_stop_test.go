//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestStopUnderLoad ends a server while clients go on sending (RELIABILITY.md,
// A10): it ends well, and what is stored is exactly what was acknowledged.
func TestStopUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT} {
		dir := t.TempDir()
		p := startServer(t, "", dir)
		waitFor(t, "http://"+p.admin+"/readyz")
		var all ledger
		stop := under(t, p, 16, &all)
		until(t, "counting", func() bool { return all.kept.Load() > 200 })
		// These two change nothing.
		for _, harmless := range []syscall.Signal{syscall.SIGPIPE, syscall.SIGHUP} {
			if err := p.cmd.Process.Signal(harmless); err != nil {
				t.Fatal(err)
			}
		}
		until(t, "read again", func() bool { return strings.Contains(p.printed.String(), "configuration taken over") })
		if err := p.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		took := p.wait(t, time.Minute)
		stop()
		if p.err != nil {
			t.Fatalf("%v: %v\n%s", signal, p.err, p.printed.String())
		}
		if stored := total(counted(t, dir)); stored != all.kept.Load() {
			t.Errorf("%v: %d stored, %d acknowledged", signal, stored, all.kept.Load())
		}
		t.Logf("%v: ended after %v; %d acknowledged and stored, %d connections closed without an answer",
			signal, took.Round(time.Millisecond), all.kept.Load(), all.quiet.Load())
	}
}

// TestSecondSignal ends a server that waits for a client who does not go on: a
// second signal ends it at once, and nothing acknowledged is lost.
func TestSecondSignal(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	dir := t.TempDir()
	p := startServer(t, "", dir)
	waitFor(t, "http://"+p.admin+"/readyz")
	slow, err := net.Dial("tcp", p.public)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	if _, err := fmt.Fprintf(slow, "POST /hit HTTP/1.1\r\nHost: example.test\r\nContent-Length: 40\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	var all ledger
	stop := under(t, p, 8, &all)
	until(t, "counting", func() bool { return all.kept.Load() > 100 })
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	until(t, "ending", func() bool { return strings.Contains(p.printed.String(), "msg=ending") })
	select {
	case <-p.ended:
		t.Fatalf("it did not wait for what is in flight:\n%s", p.printed.String())
	case <-time.After(200 * time.Millisecond):
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	took := p.wait(t, time.Minute)
	stop()
	if code := p.cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(p.printed.String(), "ended by force") {
		t.Errorf("exit code %d:\n%s", code, p.printed.String())
	}
	stored, kept, quiet := total(counted(t, dir)), all.kept.Load(), all.quiet.Load()
	if stored < kept || stored > kept+quiet {
		t.Errorf("%d stored, %d acknowledged, %d without an answer", stored, kept, quiet)
	}
	t.Logf("ended %v after the second signal", took.Round(time.Millisecond))
}

// asOther returns footfall as a user who owns nothing can run it, and the
// credential to run it with: nil for a test that is not run by root.
func asOther(t *testing.T) (program string, who *syscall.Credential) {
	t.Helper()
	if os.Getuid() != 0 {
		return "footfall", nil
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := openTempDir(t)
	program = filepath.Join(dir, "footfall")
	if err := copyFile(self, program); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(program, 0o755); err != nil {
		t.Fatal(err)
	}
	return program, &syscall.Credential{Uid: 65534, Gid: 65534}
}

// openTempDir is a temporary directory that every user may enter.
func openTempDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestWhatIsInTheWay starts a server where its directory or its file is not
// what it must be (RELIABILITY.md, A6): a message that names the path, exit
// code 1, nothing of Go's.
func TestWhatIsInTheWay(t *testing.T) {
	program, who := asOther(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, names string // what the message must name, below the directory
		make        func(dir string)
	}{
		{"a file for the directory", "", func(dir string) { must(os.Remove(dir)); must(os.WriteFile(dir, nil, 0o600)) }},
		{"a directory that others own and only they write", "lock", func(dir string) { must(os.Chmod(dir, 0o555)) }},
		{"a directory nobody may enter", "", func(dir string) { must(os.Chmod(dir, 0)) }},
		{"a directory for the database", storeName, func(dir string) { must(os.Mkdir(filepath.Join(dir, storeName), 0o700)) }},
		{"a link for the database", storeName, func(dir string) {
			makeDay(t, dir, time.Now(), 1)
			must(os.Rename(filepath.Join(dir, storeName), filepath.Join(dir, "elsewhere")))
			must(os.Symlink("elsewhere", filepath.Join(dir, storeName)))
		}},
		{"a link to nowhere for the database", storeName, func(dir string) { must(os.Symlink("elsewhere", filepath.Join(dir, storeName))) }},
		{"a pipe for the database", storeName, func(dir string) { must(syscall.Mkfifo(filepath.Join(dir, storeName), 0o600)) }},
		{"a database that others own", storeName, func(dir string) {
			makeDay(t, dir, time.Now(), 1)
			must(os.Chmod(filepath.Join(dir, storeName), 0))
		}},
		{"a directory for the lock", lockName, func(dir string) { must(os.Mkdir(filepath.Join(dir, lockName), 0o700)) }},
		{"a directory for the accounts", "accounts.json", func(dir string) { must(os.Mkdir(filepath.Join(dir, "accounts.json"), 0o700)) }},
		{"a full directory for the socket", controlName, func(dir string) { must(os.MkdirAll(filepath.Join(dir, controlName, "x"), 0o700)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(openTempDir(t), "data")
			must(os.Mkdir(dir, 0o700))
			c.make(dir)
			t.Cleanup(func() { _ = os.Chmod(dir, 0o700) }) // or it could not be removed
			if who != nil && !strings.Contains(c.name, "others own") && !strings.Contains(c.name, "nobody") {
				must(filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
					if err == nil {
						err = os.Lchown(path, int(who.Uid), int(who.Gid))
					}
					return err
				}))
			} else if who != nil && c.names == storeName {
				must(os.Chmod(dir, 0o777))
			}
			cmd := exec.Command(program, serveArgs(program, dir, "127.0.0.1:0", "127.0.0.1:0")[1:]...)
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who}
			cmd.Dir = "/"
			start := time.Now()
			timer := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() }) // told below
			out, err := cmd.CombinedOutput()
			timer.Stop()
			said := string(out)
			if err == nil || cmd.ProcessState.ExitCode() != 1 {
				t.Fatalf("exit code %d\n%s", cmd.ProcessState.ExitCode(), said)
			}
			if !strings.Contains(said, filepath.Join(dir, c.names)) || strings.Contains(said, "goroutine") || strings.Count(said, "\n") != 1 {
				t.Errorf("the message does not name the path, or is not one line:\n%s", said)
			}
			t.Logf("after %v: %s", time.Since(start).Round(time.Millisecond), strings.TrimSpace(said))
		})
	}
}

// TestFirstStartOnFullDisk starts on file systems of a few pages (RELIABILITY.md,
// finding 2): a clear error, and the next start, with room, succeeds.
func TestFirstStartOnFullDisk(t *testing.T) {
	disk := fullDisk()
	dir := disk.dir(t)
	for _, size := range []string{"4k", "8k", "16k", "24k", "32k"} {
		sub := filepath.Join(dir, "data")
		if err := os.RemoveAll(sub); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("mount", "-o", "remount,size="+size, dir).CombinedOutput(); err != nil {
			t.Fatalf("remount: %v %s", err, out)
		}
		out, err := exec.Command("footfall", "import", "--data", sub, "--site", "example.test", "--zone", "UTC", os.DevNull).CombinedOutput()
		if err == nil || strings.Contains(string(out), "goroutine") {
			t.Errorf("%s: %v\n%s", size, err, out)
		}
		t.Logf("%s: %s", size, strings.TrimSpace(string(out)))
		if out, err := exec.Command("mount", "-o", "remount,size=8m", dir).CombinedOutput(); err != nil {
			t.Fatalf("remount: %v %s", err, out)
		}
		p := startServer(t, "", sub)
		waitFor(t, "http://"+p.admin+"/readyz")
		p.kill()
		<-p.ended
		counted(t, sub)
	}
}

// TestOutOfDescriptors takes a running server's descriptors away: those who
// are connected are served on, others wait or are turned away, nothing ends,
// and with room again all is as before.
func TestOutOfDescriptors(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	dir := t.TempDir()
	p := startServer(t, "", dir)
	waitFor(t, "http://"+p.admin+"/readyz")
	var got answers
	stop := got.ask(t, p.public, 8)
	until(t, "counting", func() bool { return got.kept.Load() > 50 })
	limit := func(n string) {
		t.Helper()
		out, err := exec.Command("prlimit", "--pid", fmt.Sprint(p.cmd.Process.Pid), "--nofile="+n+":").CombinedOutput()
		if err != nil {
			t.Skipf("prlimit: %v %s", err, out)
		}
	}
	limit("8") // fewer than are open: no call that makes one succeeds
	compact := begin(t, "footfall", "compact", "--data", dir)
	at := got.kept.Load()
	until(t, "serving those who are connected", func() bool { return got.kept.Load() > at+50 })
	turned := 0
	for range 20 {
		conn, err := net.DialTimeout("tcp", p.public, time.Second)
		if err != nil {
			turned++
			continue
		}
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			turned++
		}
		_ = conn.Close()
	}
	select {
	case <-p.ended:
		t.Fatalf("the server ended:\n%s", p.printed.String())
	default:
	}
	limit("1024")
	back := until(t, "answering strangers", func() bool { return statusOf("http://"+p.admin+"/readyz") == 200 })
	if compact.wait(t, time.Minute); compact.err != nil {
		t.Logf("the compaction: %s", compact.printed.String())
	}
	if out, err := exec.Command("footfall", "compact", "--data", dir).CombinedOutput(); err != nil {
		t.Errorf("compact with descriptors again: %v\n%s", err, out)
	}
	stop()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if p.wait(t, time.Minute); p.err != nil {
		t.Fatalf("the end: %v\n%s", p.err, p.printed.String())
	}
	if stored := total(counted(t, dir)); stored != got.kept.Load() {
		t.Errorf("%d stored, %d acknowledged", stored, got.kept.Load())
	}
	t.Logf("%d of 20 strangers not served; answering again after %v", turned, back.Round(time.Millisecond))
}
