package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// damagedHistory is a database of made-up days, and what is in it.
func damagedHistory(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("footfall", "demo", "--data", dir, "--days", "40", "--views", "300", "--pages", "30").CombinedOutput(); err != nil {
		t.Fatalf("demo: %v\n%s", err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, storeName))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// dataOf makes a data directory that holds a database.
func dataOf(t *testing.T, b []byte) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	file = filepath.Join(dir, storeName)
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, file
}

// blockHead is how a block begins.
var blockHead = []byte("ffb\x01")

// next returns where the block after the one at an offset begins; -1 for none.
func next(b []byte, at int) int {
	i := bytes.Index(b[at+1:], blockHead)
	if i < 0 {
		return -1
	}
	return at + 1 + i
}

// TestServeAroundADamagedDay damages one day: the server names it, serves the
// others, and shows it as damaged.
func TestServeAroundADamagedDay(t *testing.T) {
	whole := damagedHistory(t)
	dir, file := dataOf(t, whole)
	var v quickVerdict
	heads := 0
	for at := bytes.Index(whole, blockHead); at >= 0; at = next(whole, at) { // of days, and of roll-ups, whose days answer instead
		b := bytes.Clone(whole)
		b[at+10] ^= 4
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("footfall", "quick-check", file).Output()
		v = quickVerdict{}
		if err != nil || json.Unmarshal(out, &v) != nil {
			t.Fatalf("quick check: %v\n%s", err, out)
		}
		if heads++; len(v.Damaged) == 1 && strings.HasPrefix(v.Damaged[0], "demo.example 20") || heads > 100 {
			break
		}
	}
	if len(v.Damaged) != 1 {
		t.Fatalf("the quick check names %v, want one day", v)
	}
	day := strings.Fields(v.Damaged[0])[1]
	admin := freeAddress(t)
	server := exec.Command("footfall", "serve", "--data", dir, "--site", "demo.example", "--listen", freeAddress(t), "--admin-listen", admin)
	var stderr bytes.Buffer
	server.Stderr = &stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Process.Kill() }() // it has ended when all went well
	waitFor(t, "http://"+admin+"/readyz")
	report := exec.Command("footfall", "report", "--data", dir, "--site", "demo.example", "--from", day, "--to", day, "--format", "json")
	out, err := report.Output()
	if err != nil || !strings.Contains(string(out), "damaged, and not counted: "+day) || !strings.Contains(string(out), `"views":null`) {
		t.Errorf("the damaged day is not shown as damaged: %v\n%s", err, out)
	}
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("the server ended with %v\n%s", err, stderr.String())
	}
	if !strings.Contains(stderr.String(), "damaged and shown as damaged") || !strings.Contains(stderr.String(), day) {
		t.Errorf("the log does not name %s:\n%s", day, stderr.String())
	}
}

// TestDamagedFilesAreRefused runs every command that opens the database on
// files that cannot be served (RELIABILITY.md, A8): one sentence, exit code 1,
// no trace of Go, and the file as it was.
func TestDamagedFilesAreRefused(t *testing.T) {
	whole := damagedHistory(t)
	root := bytes.Clone(whole)
	for page := 2; page*4096 < len(root); page++ { // no tree can be walked
		root[page*4096] ^= 1
	}
	head := bytes.Clone(whole)
	head[16+30] ^= 1
	cases := map[string][]byte{
		"cut": whole[:len(whole)/2/4096*4096], "cut short": whole[:5000], "empty": {}, "five bytes": []byte("bytes"),
		"noise": bytes.Repeat([]byte("noise"), 20_000), "pages": root, "one head": head,
	}
	for name, b := range cases {
		t.Run(name, func(t *testing.T) {
			dir, file := dataOf(t, b)
			other := t.TempDir()
			for _, args := range [][]string{
				{"serve", "--data", dir, "--site", "demo.example", "--listen", freeAddress(t), "--admin-listen", freeAddress(t)},
				{"check", "--data", dir}, {"compact", "--data", dir}, {"backup", filepath.Join(other, "b.db"), "--data", dir},
				{"restore", file, "--data", other}, {"report", "--data", dir, "--site", "demo.example", "--from", "2026-11-01", "--to", "2026-11-02"},
			} {
				var stdout, stderr bytes.Buffer
				command := exec.Command("footfall", args...)
				command.Stdout, command.Stderr = &stdout, &stderr
				err := command.Run()
				var exit *exec.ExitError
				said := stderr.String() + stdout.String()
				if !errors.As(err, &exit) || exit.ExitCode() != 1 || strings.Count(said, "\n") != 1 ||
					!strings.Contains(said, "damaged") || strings.Contains(said, "goroutine") {
					t.Errorf("%s: got %v and\n%s", args[0], err, said)
				}
				if after, err := os.ReadFile(file); err != nil || !slices.Equal(after, b) {
					t.Errorf("%s has changed the file: %v", args[0], err)
				}
			}
			if left, err := filepath.Glob(filepath.Join(other, "*.db*")); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}
