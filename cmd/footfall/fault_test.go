//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/collector"
)

// The faults of RELIABILITY.md, section 6, on the real binary: strace kills it
// at a system call, or answers the call in the kernel's place. What is found on
// the disk afterwards is compared with a ledger that the clients keep.

// faultRounds is how many calls of each kind are tried: 60 by the catalogue in
// long mode, otherwise a sample.
func faultRounds(t *testing.T) (n int, all bool) {
	n = envInt(t, "FOOTFALL_FAULTS", 1)
	return n, n > 1
}

// faultRand is a seeded source whose seed a failing run shows.
func faultRand(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// needTracing skips where strace is missing or may not trace.
func needTracing(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short")
	}
	if out, err := exec.Command("strace", "-f", "-qq", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO", "true").CombinedOutput(); err != nil {
		t.Skipf("strace cannot trace here: %v %s", err, out)
	}
}

// process is a command that runs, perhaps under strace, in a group of its own.
type process struct {
	cmd           *exec.Cmd
	public, admin string // of a server
	printed       lockedBuffer
	ended         chan struct{}
	err           error // once ended
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// begin starts a command. Whatever is left of its group is killed at the end
// of the test.
func begin(t *testing.T, argv ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(argv[0], argv[1:]...), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.printed, &p.printed
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.kill()
		<-p.ended
	})
	return p
}

// kill kills the whole group; strace alone would let what it traces go on.
func (p *process) kill() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) } // it may be gone

// killed tells whether the process died of SIGKILL, whoever sent it.
func (p *process) killed() bool {
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// wait waits for the end and fails the test when it does not come.
func (p *process) wait(t *testing.T, most time.Duration) (took time.Duration) {
	t.Helper()
	start := time.Now()
	select {
	case <-p.ended:
	case <-time.After(most):
		t.Fatalf("%v does not end:\n%s", p.cmd.Args, p.printed.String())
	}
	return time.Since(start)
}

// traced is a command line that runs argv with a fault injected into calls
// (a list as strace wants it). With --seccomp-bpf strace 6.1 injects no signal.
func traced(calls, fault string, argv ...string) []string {
	return append([]string{"strace", "-f", "-qq", "-o", "/dev/null",
		"-e", "trace=" + calls, "-e", "inject=" + calls + ":" + fault}, argv...)
}

// serveArgs is the command line of a server of example.test.
func serveArgs(program, dir, public, admin string, more ...string) []string {
	return append([]string{program, "serve", "--data", dir, "--site", "example.test", "--zone", "UTC",
		"--listen", public, "--admin-listen", admin}, more...)
}

// startServer starts a server; fault is "CALLS:FAULT" for strace, or "".
func startServer(t *testing.T, fault, dir string, more ...string) *process {
	t.Helper()
	return startProgram(t, "footfall", fault, dir, more...)
}

func startProgram(t *testing.T, program, fault, dir string, more ...string) *process {
	t.Helper()
	public, admin := freeAddress(t), freeAddress(t)
	argv := serveArgs(program, dir, public, admin, more...)
	if calls, what, given := strings.Cut(fault, ":"); given {
		argv = traced(calls, what, argv...)
	}
	p := begin(t, argv...)
	p.public, p.admin = public, admin
	return p
}

// under sends views to a server from n clients until the returned function is
// called.
func under(t *testing.T, p *process, n int, all *ledger) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for i := range n {
		clients.Go(func() { send(ctx, p.public, i, all) })
	}
	return func() { cancel(); clients.Wait() }
}

// counted is what check finds on each day of example.test, in a directory that
// nobody serves; every invariant must hold. A directory without a database
// holds nothing.
func counted(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, storeName)); errors.Is(err, os.ErrNotExist) {
		return map[string]int64{}
	}
	out, err := exec.Command("footfall", "check", "--format", "json", "--data", dir).Output()
	var report aggregate.CheckReport
	if jerr := json.Unmarshal(out, &report); err != nil || jerr != nil || !report.OK {
		t.Fatalf("check: %v %v\n%s", err, jerr, out)
	}
	return report.Sites["example.test"]
}

func total(days map[string]int64) (n int64) {
	for _, v := range days {
		n += v
	}
	return n
}

// opens opens a database for writing, as the next start would, and returns how
// long that took.
func opens(t *testing.T, dir string) time.Duration {
	t.Helper()
	start := time.Now()
	if out, err := exec.Command("footfall", "site", "list", "--data", dir).CombinedOutput(); err != nil && !strings.Contains(string(out), errNoData.Error()) {
		t.Fatalf("open again: %v\n%s", err, out)
	}
	return time.Since(start)
}

// faultView is a view of one of forty pages, by one of a hundred visitors.
func faultView(t *testing.T, i int) *hit.Hit {
	t.Helper()
	host, err := hit.ParseHost("example.test")
	if err != nil {
		t.Fatal(err)
	}
	path, err := hit.ParsePath(fmt.Sprintf("/section-%d/page-%d", i%4, i%40))
	if err != nil {
		t.Fatal(err)
	}
	h := &hit.Hit{Site: host, Path: path, Timing: hit.NoTiming()}
	h.Visitor[0], h.Visitor[15] = byte(i%100), 1
	return h
}

func faultSite(t *testing.T) aggregate.SiteConfig {
	t.Helper()
	return aggregate.SiteConfig{Host: faultView(t, 0).Site, Zone: time.UTC, RetentionMonths: aggregate.MaxRetention}
}

// makeDay leaves a directory whose running day is that of now, with n views.
func makeDay(t *testing.T, dir string, now time.Time, n int) {
	t.Helper()
	db, err := aggregate.Open(aggregate.Options{Path: filepath.Join(dir, storeName), Sites: []aggregate.SiteConfig{faultSite(t)}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range n {
		h := faultView(t, i)
		all.Go(func() {
			if err := db.Record(t.Context(), now, h); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// makeDays leaves a directory with closed days, n views each, that an import
// brought.
func makeDays(t *testing.T, dir string, now time.Time, n int, days ...time.Time) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "days")
	im, err := aggregate.NewImporter(aggregate.ImportOptions{Site: faultSite(t), Now: now, File: file})
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range days {
		for i := range n {
			if err := im.Add(day.Add(time.Duration(i)*time.Second), faultView(t, i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := im.Finish(); err != nil {
		t.Fatal(err)
	}
	db, err := aggregate.Open(aggregate.Options{Path: filepath.Join(dir, storeName), Sites: []aggregate.SiteConfig{faultSite(t)}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if merged, err := db.Merge(file, false); err != nil || merged != len(days) {
		t.Fatalf("Merge: %d, %v", merged, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// copyDir copies the files of a directory of a server that has ended.
func copyDir(t *testing.T, from string) (to string) {
	t.Helper()
	to = t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// sameDays tells whether two counts agree on the days before today.
func sameDays(a, b map[string]int64) bool { return maps.Equal(a, b) }

// early is a planted fault: it acknowledges a hit before it is written. A
// harness that finds nothing wrong with it finds nothing.
type early struct{ next collector.Recorder }

func (e early) Record(_ context.Context, now time.Time, h *hit.Hit) error {
	kept := *h
	go func() { _ = e.next.Record(context.Background(), now, &kept) }() // the fault
	return nil
}

// serveEarly is the program footfall-early: serve with the planted fault. It
// lives in the tests, so that no build of footfall can hold it.
func serveEarly() {
	var flags settingFlags
	var data string
	for i := 2; i+1 < len(os.Args); i += 2 {
		value := os.Args[i+1]
		switch os.Args[i] {
		case "--data":
			data = value
		case "--site":
			flags.Site = append(flags.Site, value)
		case "--zone":
			flags.Zone = &value
		case "--listen":
			flags.Listen = &value
		case "--admin-listen":
			flags.AdminListen = &value
		}
	}
	config, err := loadConfig("", &data, &flags, func(flag string) string { return "--" + flag })
	if err == nil {
		var s *server
		if s, err = newServer(config, slog.New(slog.DiscardHandler)); err == nil {
			s.web.recorder.next = early{s.session.db}
			err = s.run(make(chan os.Signal), make(chan os.Signal))
		}
	}
	os.Exit(tell(os.Stderr, err))
}
