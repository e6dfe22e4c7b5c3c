package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"footfall/aggregate"
)

// ledger is what clients know of their hits, kept apart from the server.
type ledger struct {
	kept  atomic.Int64 // answered 202
	quiet atomic.Int64 // sent, and never answered
}

// TestKill kills the server at random moments under load, and stops it in
// order: what is stored afterwards is what was acknowledged, and after a kill
// at most what was left without an answer besides.
func TestKill(t *testing.T) {
	rounds := 20
	if testing.Short() {
		rounds = 3
	}
	rounds = envInt(t, "FOOTFALL_KILLS", rounds)
	dir := t.TempDir()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	var all ledger
	for round := range rounds {
		end := syscall.SIGKILL
		if round%4 == 3 {
			end = syscall.SIGTERM
		}
		before := all.quiet.Load()
		serveUnder(t, dir, &all, end, time.Duration(50+r.IntN(400))*time.Millisecond)
		stored, kept, quiet := storedViews(t, dir), all.kept.Load(), all.quiet.Load()
		if stored < kept || stored > kept+quiet {
			t.Fatalf("round %d: stored %d, acknowledged %d, without an answer %d", round, stored, kept, quiet)
		}
		// What was acknowledged without an answer so far is known now.
		all.kept.Store(stored)
		all.quiet.Store(0)
		if end == syscall.SIGTERM && quiet != before {
			t.Fatalf("round %d: an orderly stop left %d requests without an answer", round, quiet-before)
		}
	}
	if all.kept.Load() == 0 {
		t.Fatal("nothing was ever acknowledged")
	}
	t.Logf("%d rounds, %d views", rounds, all.kept.Load())
}

func envInt(t *testing.T, name string, otherwise int) int {
	t.Helper()
	s, given := os.LookupEnv(name)
	if !given {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("%s: a number of one or more", name)
	}
	return n
}

// serveUnder runs a server under load and ends it by a signal after a while.
func serveUnder(t *testing.T, dir string, all *ledger, end syscall.Signal, after time.Duration) {
	t.Helper()
	public, admin := freeAddress(t), freeAddress(t)
	server := exec.Command("footfall", "serve", "--data", dir, "--site", "example.test", "--zone", "UTC",
		"--listen", public, "--admin-listen", admin)
	var stderr strings.Builder
	server.Stderr = &stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Process.Kill() }() // it has ended when all went well
	waitFor(t, "http://"+admin+"/readyz")
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var clients sync.WaitGroup
	for i := range 16 {
		clients.Go(func() { send(ctx, public, i, all) })
	}
	time.Sleep(after)
	if end == syscall.SIGTERM {
		stop() // in order: no client is cut off
		clients.Wait()
	}
	if err := server.Process.Signal(end); err != nil {
		t.Fatal(err)
	}
	err := server.Wait()
	stop()
	clients.Wait()
	if end == syscall.SIGTERM && err != nil {
		t.Fatalf("orderly stop: %v\n%s", err, stderr.String())
	}
}

// send posts views until ctx ends, one after the other, and keeps the ledger.
func send(ctx context.Context, address string, client int, all *ledger) {
	c := &http.Client{Transport: &http.Transport{}, Timeout: 5 * time.Second}
	defer c.CloseIdleConnections()
	for i := 0; ctx.Err() == nil; i++ {
		body := fmt.Sprintf(`{"k":"view","p":"/client/%d"}`, client*7+i%5)
		req, err := http.NewRequest(http.MethodPost, "http://"+address+"/hit", strings.NewReader(body))
		if err != nil {
			panic(err) // the URL is ours
		}
		req.Header.Set("Origin", "https://example.test")
		req.Header.Set("User-Agent", firefox)
		answer, err := c.Do(req)
		if err != nil {
			if !refused(err) {
				all.quiet.Add(1)
			}
			if ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
			continue
		}
		_ = answer.Body.Close() // its body is empty
		if answer.StatusCode == http.StatusAccepted {
			all.kept.Add(1)
		}
	}
}

// storedViews is what check counts in a directory that nobody serves.
func storedViews(t *testing.T, dir string) (views int64) {
	t.Helper()
	out, err := exec.Command("footfall", "check", "--format", "json", "--data", dir).Output()
	if err != nil {
		t.Fatalf("check: %v\n%s", err, out)
	}
	var report aggregate.CheckReport
	if err := json.Unmarshal(out, &report); err != nil || !report.OK {
		t.Fatalf("check: %v\n%s", err, out)
	}
	for _, n := range report.Sites["example.test"] {
		views += n
	}
	return views
}
