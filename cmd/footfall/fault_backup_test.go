//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"footfall/aggregate"
)

// A teller is one client with a site of its own, whose hits go out one after
// the other: how many are stored tells up to which of them.
type teller struct {
	site string

	mu    sync.Mutex
	sent  []time.Time // when each went out
	acked []time.Time // and when it was acknowledged
}

func (c *teller) tell(ctx context.Context, address string) {
	client := &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
	defer client.CloseIdleConnections()
	for ctx.Err() == nil {
		req, err := http.NewRequest(http.MethodPost, "http://"+address+"/hit", strings.NewReader(`{"k":"view","p":"/page"}`))
		if err != nil {
			panic(err) // the URL is ours
		}
		req.Header.Set("Origin", "https://"+c.site)
		req.Header.Set("User-Agent", firefox)
		c.mu.Lock()
		c.sent = append(c.sent, time.Now())
		c.mu.Unlock()
		answer, err := client.Do(req)
		if err == nil && answer.StatusCode == http.StatusTooManyRequests { // not taken in: it is as if it had not been sent
			_ = answer.Body.Close() // of no interest
			c.mu.Lock()
			c.sent = c.sent[:len(c.sent)-1]
			c.mu.Unlock()
			time.Sleep(20 * time.Millisecond)
			continue
		}
		if err != nil || answer.StatusCode != http.StatusAccepted {
			return // the next look at the ledger tells
		}
		_ = answer.Body.Close() // it is empty
		c.mu.Lock()
		c.acked = append(c.acked, time.Now())
		c.mu.Unlock()
	}
}

// latencies returns how long the hits took that were acknowledged in a time.
func (c *teller) latencies(from, to time.Time) (out []time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, at := range c.acked {
		if at.After(from) && c.sent[i].Before(to) {
			out = append(out, at.Sub(c.sent[i]))
		}
	}
	return out
}

// moment tells whether stored is what the tellers had done at one moment
// between from and to: after the last stored hit went out, and before the next
// was acknowledged, for all of them at once.
func moment(tellers []*teller, stored map[string]int64, from, to time.Time) error {
	for _, c := range tellers {
		c.mu.Lock()
		n := int(stored[c.site])
		if n > len(c.sent) {
			c.mu.Unlock()
			return fmt.Errorf("%s: %d stored, %d sent", c.site, n, len(c.sent))
		}
		if n > 0 && c.sent[n-1].After(from) {
			from = c.sent[n-1]
		}
		if n < len(c.acked) && c.acked[n].Before(to) {
			to = c.acked[n]
		}
		c.mu.Unlock()
	}
	if to.Before(from) {
		return fmt.Errorf("no moment has these counts: %v passes between the last that is in and the first that is not", from.Sub(to))
	}
	return nil
}

// viewsBySite adds up what check finds in a file of a directory, or restored
// from a backup.
func viewsBySite(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	out, err := exec.Command("footfall", "check", "--format", "json", "--data", dir).Output()
	var report aggregate.CheckReport
	if jerr := json.Unmarshal(out, &report); err != nil || jerr != nil || !report.OK {
		t.Fatalf("check: %v %v\n%s", err, jerr, out)
	}
	sites := map[string]int64{}
	for host, days := range report.Sites {
		sites[host] = total(days)
	}
	return sites
}

func startTellers(t *testing.T, dir string, n int) (p *process, tellers []*teller, stop func()) {
	t.Helper()
	var sites []string
	for i := range n {
		c := &teller{site: fmt.Sprintf("site-%d.test", i)}
		tellers = append(tellers, c)
		sites = append(sites, "--site", c.site)
	}
	p = startServer(t, "", dir, sites...)
	waitFor(t, "http://"+p.admin+"/readyz")
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for _, c := range tellers {
		all.Go(func() { c.tell(ctx, p.public) })
	}
	return p, tellers, func() { cancel(); all.Wait() }
}

// TestHotBackups makes backups under load (RELIABILITY.md, A11): each can be
// restored and is what the clients had done at one moment between its start
// and its end; the last, at rest, is what they had done in all.
func TestHotBackups(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds of load, and -short is given")
	}
	backups, whole := faultRounds(t)
	if !whole {
		backups = 3
	}
	dir, out := t.TempDir(), t.TempDir()
	p, tellers, stop := startTellers(t, dir, 8)
	time.Sleep(time.Second / 2)
	quietly := latenciesOf(tellers, time.Time{}, time.Now())
	var during []time.Duration
	check := func(i int, atRest bool) {
		t.Helper()
		file, restored := filepath.Join(out, fmt.Sprintf("%d.db", i)), t.TempDir()
		from := time.Now()
		if printed, err := exec.Command("footfall", "backup", "--data", dir, file).CombinedOutput(); err != nil {
			t.Fatalf("backup %d: %v\n%s", i, err, printed)
		}
		to := time.Now()
		during = append(during, latenciesOf(tellers, from, to)...)
		if printed, err := exec.Command("footfall", "restore", "--data", restored, file).CombinedOutput(); err != nil {
			t.Fatalf("restore %d: %v\n%s", i, err, printed)
		}
		stored := viewsBySite(t, restored)
		if err := moment(tellers, stored, from, to); err != nil {
			t.Errorf("backup %d: %v", i, err)
		}
		for _, c := range tellers {
			if atRest && stored[c.site] < int64(len(c.acked)) {
				t.Errorf("the last backup: %s: %d stored, %d acknowledged", c.site, stored[c.site], len(c.acked))
			}
		}
	}
	for i := range backups {
		check(i, false)
	}
	stop()
	check(backups, true)
	// The comparison must see a mixture of two moments.
	mixed := map[string]int64{}
	for i, c := range tellers {
		mixed[c.site] = int64(len(c.acked)) * int64(i%2)
	}
	if moment(tellers, mixed, time.Time{}, time.Now()) == nil {
		t.Error("a mixture of two moments was taken for one")
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.wait(t, time.Minute)
	t.Logf("%d backups; a hit took %v at the 99th percentile without, %v during one", backups+1, percentile99(quietly), percentile99(during))
}

func latenciesOf(tellers []*teller, from, to time.Time) (all []time.Duration) {
	for _, c := range tellers {
		all = append(all, c.latencies(from, to)...)
	}
	return all
}

func percentile99(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)*99/100].Round(10 * time.Microsecond)
}

// TestStalledReaders asks for exports and backups and reads the answers a byte
// a second, while hits come in (RELIABILITY.md, A14): every hit is taken in,
// and what the slowest waited is printed. The clients' writes end at the
// server's deadline. FOOTFALL_STALL is how long.
func TestStalledReaders(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds of load, and -short is given")
	}
	length := 2 * time.Second
	if s, given := os.LookupEnv("FOOTFALL_STALL"); given {
		d, err := time.ParseDuration(s)
		if err != nil {
			t.Fatal("FOOTFALL_STALL: a duration")
		}
		length = d
	}
	dir := t.TempDir()
	now := time.Now().UTC()
	var days []time.Time
	for back := 40; back >= 1; back-- {
		days = append(days, time.Date(now.Year(), now.Month(), now.Day()-back, 10, 0, 0, 0, time.UTC))
	}
	makeDays(t, dir, now, 200, days...)
	size := sizeOf(t, dir)
	p := startServer(t, "", dir)
	waitFor(t, "http://"+p.admin+"/readyz")
	token, err := exec.Command("footfall", "token", "add", "--data", dir, "--site", "example.test").Output()
	if err != nil {
		t.Fatal(err)
	}
	span := "from=" + days[0].Format(time.DateOnly) + "&to=" + days[39].Format(time.DateOnly) + "&limit=10000&by=page"
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var readers sync.WaitGroup
	for i := range 20 {
		readers.Go(func() {
			format := []string{"json", "csv"}[i%2]
			for ctx.Err() == nil {
				stall(ctx, p.public, "GET /api/v1/sites/example.test/report?"+span+"&format="+format+" HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "+strings.TrimSpace(string(token))+"\r\n\r\n")
			}
		})
	}
	stalledBackup(t, p, dir)
	var got answers
	stop := got.ask(t, p.public, 7)
	worst := &teller{site: "example.test"}
	worst.tell(ctx, p.public)
	stop()
	cancel()
	readers.Wait()
	if got.refused.Load() != 0 || got.quiet.Load() != 0 {
		t.Errorf("%d hits were refused, %d not answered", got.refused.Load(), got.quiet.Load())
	}
	took := worst.latencies(time.Time{}, time.Now())
	if len(took) == 0 {
		t.Fatal("no hit was taken in")
	}
	for line := range strings.Lines(string(read(t, "http://"+p.admin+"/metrics"))) {
		if strings.Contains(line, "commit_duration_seconds") && !strings.HasPrefix(line, "#") {
			t.Log(strings.TrimSpace(line))
		}
	}
	t.Logf("20 readers of a byte a second for %v: %d hits, the slowest of %d waited %v, 99 of 100 at most %v; the file has %d KiB, had %d",
		length, got.kept.Load()+int64(len(took)), len(took), slices.Max(took).Round(10*time.Microsecond), percentile99(took), sizeOf(t, dir)>>10, size>>10)
}

// stall sends a request and reads a byte a second of its answer.
func stall(ctx context.Context, address, request string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.(*net.TCPConn).SetReadBuffer(1) // the kernel rounds it up to what it must
	if _, err := io.WriteString(conn, request); err != nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			return
		}
	}
}

// stalledBackup asks the server for a copy, as the command backup does, and
// then does nothing with it.
func stalledBackup(t *testing.T, p *process, dir string) {
	t.Helper()
	if _, err := ask(t.Context(), dir, "copy", new(copyCommand)); err != nil {
		t.Fatalf("ask process %d for a copy: %v", p.cmd.Process.Pid, err)
	}
}

func sizeOf(t *testing.T, dir string) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, storeName))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
