//go:build linux

package main

import (
	"fmt"
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

// answers is what clients were answered, and when.
type answers struct {
	kept, refused, quiet atomic.Int64
	later                atomic.Int64 // of the refused, those that were told when to come again
	lastKept             atomic.Int64 // when, in nanoseconds since 1970
}

// ask sends views one after the other until the returned function is called.
func (a *answers) ask(t *testing.T, address string, clients int) (stop func()) {
	over := make(chan struct{})
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
			defer client.CloseIdleConnections()
			for n := 0; ; n++ {
				select {
				case <-over:
					return
				default:
				}
				a.one(client, address, fmt.Sprintf(`{"k":"view","p":"/client/%d/%d"}`, i, n%2500))
			}
		})
	}
	return func() { close(over); all.Wait() }
}

func (a *answers) one(client *http.Client, address, body string) {
	req, err := http.NewRequest(http.MethodPost, "http://"+address+"/hit", strings.NewReader(body))
	if err != nil {
		panic(err) // the URL is ours
	}
	req.Header.Set("Origin", "https://example.test")
	req.Header.Set("User-Agent", firefox)
	answer, err := client.Do(req)
	switch {
	case err != nil && refused(err):
		time.Sleep(time.Millisecond)
	case err != nil:
		a.quiet.Add(1)
	case answer.StatusCode == http.StatusAccepted:
		a.kept.Add(1)
		a.lastKept.Store(time.Now().UnixNano())
	case answer.StatusCode == http.StatusServiceUnavailable:
		a.refused.Add(1)
		if answer.Header.Get("Retry-After") != "" {
			a.later.Add(1)
		}
		time.Sleep(2 * time.Millisecond) // somebody who is told to wait does not hammer
	}
	if err == nil {
		_ = answer.Body.Close() // it is empty
	}
}

// until waits for a condition and tells how long it took; it fails the test
// when a minute does not bring it.
func until(t *testing.T, what string, is func() bool) time.Duration {
	t.Helper()
	start := time.Now()
	for !is() {
		if time.Since(start) > time.Minute {
			t.Fatalf("after a minute: not yet %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return time.Since(start)
}

func statusOf(url string) int {
	answer, err := http.Get(url)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close() // only the status matters
	return answer.StatusCode
}

// attach puts a fault into a server that runs; the returned function ends it.
func attach(t *testing.T, p *process, calls, fault string) (detach func()) {
	t.Helper()
	s := begin(t, "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace="+calls, "-e", "inject="+calls+":"+fault, "-p", fmt.Sprint(p.cmd.Process.Pid))
	until(t, "traced", func() bool {
		select {
		case <-p.ended:
			return true // the fault has ended it already
		case <-s.ended:
			t.Skipf("strace may not attach here (yama's ptrace_scope?): %s", s.printed.String())
		default:
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
		return err == nil && !strings.Contains(string(status), "TracerPid:\t0\n")
	})
	return func() {
		t.Helper()
		if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		s.wait(t, 30*time.Second)
	}
}

// outage is how a disk fails and comes back.
type outage struct {
	name string
	on   func(t *testing.T, p *process, dir string) (off func())
	dir  func(t *testing.T) string
}

// TestDiskFailsAndRecovers lets every write fail for a while (RELIABILITY.md,
// A4 and A5): hits are answered 503 with Retry-After, questions go on, health
// and readiness tell the two apart, the log stays short, and once the cause has
// gone hits are taken in again without a restart. What is stored is exactly
// what was acknowledged.
func TestDiskFailsAndRecovers(t *testing.T) {
	needTracing(t)
	length := time.Second
	if _, whole := faultRounds(t); whole {
		length = 5 * time.Second
	}
	inject := func(errno string) outage {
		return outage{"pwrite64 gives " + errno, func(t *testing.T, p *process, _ string) func() {
			return attach(t, p, "pwrite64", "error="+errno)
		}, func(t *testing.T) string { return t.TempDir() }}
	}
	for _, o := range []outage{inject("EIO"), inject("ENOSPC"), fullDisk()} {
		t.Run(o.name, func(t *testing.T) {
			dir := o.dir(t)
			p := startServer(t, "", dir)
			waitFor(t, "http://"+p.admin+"/readyz")
			var got answers
			stop := got.ask(t, p.public, 8)
			until(t, "counting", func() bool { return got.kept.Load() > 100 })
			before := len(p.printed.String())
			off := o.on(t, p, dir)
			until(t, "refusing", func() bool { return got.refused.Load() > 0 })
			start := time.Now()
			until(t, "unready", func() bool { return statusOf("http://"+p.admin+"/readyz") == http.StatusServiceUnavailable })
			kept := got.kept.Load()
			for time.Since(start) < length {
				if s := statusOf("http://" + p.admin + "/healthz"); s != http.StatusOK {
					t.Fatalf("/healthz: %d", s)
				}
				day := time.Now().UTC().Format(time.DateOnly)
				out, err := exec.Command("footfall", "report", "--data", dir, "--site", "example.test", "--from", day, "--to", day).CombinedOutput()
				if err != nil {
					t.Fatalf("a question: %v\n%s", err, out)
				}
				time.Sleep(50 * time.Millisecond)
			}
			lines := strings.Count(p.printed.String()[before:], "\n")
			if most := int(time.Since(start)/time.Second) + 1; lines > most {
				t.Errorf("%d lines were logged, want at most one a second:\n%s", lines, p.printed.String()[before:])
			}
			during := got.kept.Load() - kept
			refusedThen := got.refused.Load()
			off()
			at := got.kept.Load()
			back := until(t, "counting again", func() bool { return got.kept.Load() > at })
			until(t, "ready", func() bool { return statusOf("http://"+p.admin+"/readyz") == http.StatusOK })
			stop()
			if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if p.wait(t, time.Minute); p.err != nil {
				t.Fatalf("the end: %v\n%s", p.err, p.printed.String())
			}
			if got.refused.Load() != got.later.Load() {
				t.Errorf("%d of %d refusals without Retry-After", got.refused.Load()-got.later.Load(), got.refused.Load())
			}
			if stored := total(counted(t, dir)); stored != got.kept.Load() || got.quiet.Load() != 0 {
				t.Errorf("%d stored, %d acknowledged, %d without an answer: want the same and none", stored, got.kept.Load(), got.quiet.Load())
			}
			t.Logf("%d acknowledged, %d while it failed, %d refused, %d lines logged, counting again after %v",
				got.kept.Load(), during, refusedThen, lines, back.Round(time.Millisecond))
		})
	}
}

// fullDisk is a file system of a few megabytes that fills up and is made
// larger. It takes root.
func fullDisk() outage {
	mount := func(t *testing.T, args ...string) bool {
		out, err := exec.Command("mount", args...).CombinedOutput()
		if err != nil {
			t.Logf("mount: %v %s", err, out)
		}
		return err == nil
	}
	return outage{name: "a full disk", dir: func(t *testing.T) string {
		dir := t.TempDir()
		if os.Getuid() != 0 || !mount(t, "-t", "tmpfs", "-o", "size=8m", "tmpfs", dir) {
			t.Skip("a file system can be mounted by root only, and not everywhere")
		}
		t.Cleanup(func() {
			if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
				t.Errorf("umount: %v %s", err, out)
			}
		})
		return dir
	}, on: func(t *testing.T, _ *process, dir string) func() {
		fill, err := os.Create(filepath.Join(dir, "fill"))
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = fill.Write(make([]byte, 4096)) // until there is no room
		}
		_ = fill.Close() // what it holds does not matter
		return func() {
			if !mount(t, "-o", "remount,size=64m", dir) {
				t.Fatal("no room could be made")
			}
		}
	}}
}

// TestSyncFails lets syncs fail (RELIABILITY.md, finding 1 and A5): nothing
// more is acknowledged, the process ends with one clear line, and what is
// stored exceeds the acknowledged by at most the hits that were in its hands.
func TestSyncFails(t *testing.T) {
	needTracing(t)
	rounds, whole := faultRounds(t)
	if !whole {
		rounds = 2
	}
	committed := 0
	for n := 1; n <= rounds; n++ { // the nth of a thread: data pages or, after them, the meta page
		dir := t.TempDir()
		p := startServer(t, "", dir)
		waitFor(t, "http://"+p.admin+"/readyz")
		var got answers
		stop := got.ask(t, p.public, 8)
		until(t, "counting", func() bool { return got.kept.Load() > 20 })
		attach(t, p, "fdatasync", fmt.Sprintf("error=EIO:when=%d+", n))
		p.wait(t, 30*time.Second)
		took := time.Since(time.Unix(0, got.lastKept.Load()))
		stop()
		if code := p.cmd.ProcessState.ExitCode(); code != 1 {
			t.Fatalf("exit code %d, want 1", code)
		}
		var words []string
		for line := range strings.Lines(p.printed.String()) {
			if strings.Contains(line, "error") || strings.HasPrefix(line, "footfall:") || strings.Contains(line, "goroutine") {
				words = append(words, line)
			}
		}
		if len(words) != 1 || !strings.Contains(words[0], "sync of the database failed, outcome unknown: input/output error") {
			t.Errorf("the last words, want one clear line:\n%s", strings.Join(words, ""))
		}
		stored, kept, unknown := total(counted(t, dir)), got.kept.Load(), got.quiet.Load()+got.refused.Load()
		if stored < kept || stored > kept+min(unknown, 8) { // each client has one in flight
			t.Fatalf("%d stored, %d acknowledged, %d not", stored, kept, unknown)
		}
		if stored > kept {
			committed++
		}
		t.Logf("sync %d of a thread: ended %v after the last acknowledgement; %d stored, %d acknowledged, %d in its hands",
			n, took.Round(time.Millisecond), stored, kept, unknown)
	}
	t.Logf("in %d of %d the batch whose sync failed was stored all the same", committed, rounds)
}

// TestDirectorySyncFails lets the sync of the directory fail after compaction's
// rename: a power cut could bring the old file back, without what would be
// written from then on, so the process ends.
func TestDirectorySyncFails(t *testing.T) {
	needTracing(t)
	dir := t.TempDir()
	p := startServer(t, "", dir)
	waitFor(t, "http://"+p.admin+"/readyz")
	var got answers
	stop := got.ask(t, p.public, 1)
	until(t, "counting", func() bool { return got.kept.Load() > 20 })
	attach(t, p, "fsync", "error=EIO")
	out, err := exec.Command("footfall", "compact", "--data", dir).CombinedOutput()
	if err == nil {
		t.Errorf("compact went well: %s", out)
	}
	p.wait(t, 30*time.Second)
	stop()
	if code := p.cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d, want 1\n%s", code, p.printed.String())
	}
	stored, kept := total(counted(t, dir)), got.kept.Load()
	if stored < kept || stored > kept+1 {
		t.Errorf("%d stored, %d acknowledged by the one client", stored, kept)
	}
}

// TestImportWhoseSyncFails runs an import with each of its syncs failing, and
// then again: the days are exactly the log's (RELIABILITY.md, A5 and K4).
func TestImportWhoseSyncFails(t *testing.T) {
	needTracing(t)
	_, whole := faultRounds(t)
	log := filepath.Join(t.TempDir(), "access.log")
	if err := os.WriteFile(log, accessLog(time.Now(), 3, " ff1"), 0o600); err != nil {
		t.Fatal(err)
	}
	again := func(dir string) {
		argv := []string{"import", "--data", dir, "--site", "example.test", log}
		out, err := exec.Command("footfall", argv...).CombinedOutput()
		if err != nil && strings.Contains(string(out), "counted already") { // the transaction was in
			out, err = exec.Command("footfall", append([]string{argv[0], "--replace"}, argv[1:]...)...).CombinedOutput()
		}
		if err != nil {
			t.Fatalf("import again: %v\n%s", err, out)
		}
	}
	first := t.TempDir()
	again(first)
	want := counted(t, first)
	if total(want) != 72 {
		t.Fatalf("%v, want three days of 24 views", want)
	}
	tried := 0
	for _, call := range []string{"fdatasync", "fsync"} {
		for n := 1; whole || n <= 2; n++ {
			dir := t.TempDir()
			p := begin(t, traced(call, fmt.Sprintf("error=EIO:when=%d", n), "footfall", "import", "--data", dir, "--site", "example.test", log)...)
			p.wait(t, time.Minute)
			if p.err == nil { // past its last sync; or one that only removes a copy's bytes
				if got := counted(t, dir); !sameDays(got, want) {
					t.Fatalf("%s %d: an import that went well left %v, want %v", call, n, got, want)
				}
				break
			}
			tried++
			if strings.Contains(p.printed.String(), "goroutine") || !strings.Contains(p.printed.String(), "input/output error") {
				t.Errorf("%s %d: the words are not clear:\n%s", call, n, p.printed.String())
			}
			again(dir)
			if got := counted(t, dir); !sameDays(got, want) {
				t.Fatalf("%s %d: %v, want %v", call, n, got, want)
			}
		}
	}
	if tried == 0 {
		t.Error("no sync ever failed")
	}
	t.Logf("%d imports failed at a sync and were exact when run again", tried)
}
