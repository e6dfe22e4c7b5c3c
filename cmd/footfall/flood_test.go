package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"footfall/aggregate"
	"footfall/aggregate/hit"
)

// TestFlood sends a server hits that bring a new address, path and referrer
// each, through a trusted proxy: IPv4 networks, IPv6 networks, and addresses
// of one /64, which are one visitor (D2), to every table, one site after the
// other, and to sites that are none. Memory stays within the formula, visitors
// within their error, and /metrics has the series it had before (D5).
// FOOTFALL_FLOOD is how many hits; where control groups of version 1 may be
// made, a long one lives in 128 MiB.
func TestFlood(t *testing.T) {
	hits, long := 4_000, false
	if given := os.Getenv("FOOTFALL_FLOOD"); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil {
			t.Fatal(err)
		}
		hits, long = n, true
	}
	public, admin, dir := freeAddress(t), freeAddress(t), t.TempDir()
	command := "exec footfall serve"
	if group := memoryGroup(t, long, 128<<20); group != "" {
		command = "echo $$ > " + group + "/cgroup.procs; " + command
	}
	server := exec.Command("sh", "-c", command+` "$@"`, "sh", "--data", dir, "--site", "example.test", "--zone", "UTC",
		"--listen", public, "--admin-listen", admin, "--trusted-proxy", "127.0.0.0/8")
	var printed bytes.Buffer
	server.Stdout, server.Stderr = &printed, &printed
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Process.Kill() }() // it has ended when all went well
	waitFor(t, "http://"+admin+"/readyz")
	before := series(t, admin)
	day := hit.DayAt(time.Now(), time.UTC)

	var peak atomic.Int64
	stop, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for tick := time.NewTicker(100 * time.Millisecond); ; {
			select {
			case <-stop:
				return
			case <-tick.C:
				peak.Store(max(peak.Load(), statusBytes(server.Process.Pid, "RssAnon")))
			}
		}
	}()
	start := time.Now()
	sendFlood(t, public, hits)
	took := time.Since(start)
	close(stop)
	<-watched
	if after := series(t, admin); after != before {
		t.Errorf("series of /metrics: got %d, want the %d from before the flood", after, before)
	}
	resident := statusBytes(server.Process.Pid, "VmHWM")
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Fatalf("the end: %v\n%s", err, printed.String())
	}
	most := aggregate.MemoryLimit(1, 0)
	info, err := os.Stat(filepath.Join(dir, storeName))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d hits in %s: anonymous memory at most %d MiB, the formula says %d; resident at most %d MiB with pages of the file; file %d KiB",
		hits, took.Round(time.Millisecond), peak.Load()>>20, most>>20, resident>>20, info.Size()>>10)
	if peak.Load() > most && !raced {
		t.Errorf("anonymous memory of %d bytes, want at most %d", peak.Load(), most)
	}
	if day == hit.DayAt(time.Now(), time.UTC) { // else its visitors stand in two days
		checkFlood(t, filepath.Join(dir, storeName), day, hits)
	}
}

// memoryGroup makes a control group for the server of a long flood; "" where
// that may not be done.
func memoryGroup(t *testing.T, long bool, limit int64) string {
	t.Helper()
	if !long {
		return ""
	}
	group := fmt.Sprintf("/sys/fs/cgroup/memory/footfall-%d", os.Getpid())
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Logf("no control group: %v", err)
		return ""
	}
	t.Cleanup(func() { _ = os.Remove(group) }) // empty: the server has ended
	if err := os.WriteFile(group+"/memory.limit_in_bytes", []byte(strconv.FormatInt(limit, 10)), 0o644); err != nil {
		t.Logf("no control group: %v", err)
		return ""
	}
	return group
}

// statusBytes returns a figure of /proc/PID/status, 0 where there is none.
func statusBytes(pid int, name string) int64 {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // the process may have ended
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64) // the kernel's own
			return n << 10
		}
	}
	return 0
}

// series counts the series of /metrics.
func series(t *testing.T, admin string) (n int) {
	t.Helper()
	answer, err := http.Get("http://" + admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("/metrics: %d %v", answer.StatusCode, err)
	}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			n++
		}
	}
	return n
}

// floodHit returns hit i: the address it comes from, its site and its body.
func floodHit(i int) (address, site, body string) {
	switch {
	case i%64 == 3:
		address = fmt.Sprintf("2001:db8:1:1::%x", i)
	case i%4 == 2:
		address = fmt.Sprintf("2a%02x:%x:%x::1", 1+(i>>24), i>>12&0xfff, i&0xfff)
	default:
		address = fmt.Sprintf("%d.%d.%d.7", 24+(i>>16)%76, i>>8&255, i&255)
	}
	site = "example.test"
	switch i % 16 {
	case 1:
		body = fmt.Sprintf(`{"k":"view","p":"/missing/%d","s":404}`, i)
	case 3:
		body = fmt.Sprintf(`{"k":"feature","p":"/flood%d/%d","f":"undeclared_%d"}`, i, i, i)
	case 5:
		body = fmt.Sprintf(`{"k":"feature","p":"/","o":"outbound%d.example"}`, i)
	case 7:
		body = fmt.Sprintf(`{"k":"feature","p":"/","d":"/files/%d.pdf"}`, i)
	case 9:
		body = fmt.Sprintf(`{"k":"timing","p":"/flood%d/%d","load":%d,"read":%d,"scroll":%d,"err":1}`, i, i, i%9000, i%900, i%100)
	case 11:
		site, body = fmt.Sprintf("unknown%d.test", i), `{"k":"view","p":"/"}`
	default:
		body = fmt.Sprintf(`{"k":"view","p":"/flood%d/%d","r":"referrer%d.example"}`, i, i, i)
	}
	return address, site, body
}

// sendFlood sends hits 0 to n-1 over many connections.
func sendFlood(t *testing.T, public string, n int) {
	t.Helper()
	var next, refused atomic.Int64
	var clients sync.WaitGroup
	for range 256 {
		clients.Go(func() {
			c, err := net.Dial("tcp", public)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			answers := bufio.NewReader(c)
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				address, site, body := floodHit(i)
				if _, err := fmt.Fprintf(c, "POST /hit HTTP/1.1\r\nHost: stats.test\r\nOrigin: https://%s\r\nX-Forwarded-For: %s\r\n"+
					"User-Agent: %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", site, address, firefox, len(body), body); err != nil {
					t.Error(err)
					return
				}
				answer, err := http.ReadResponse(answers, nil)
				if err != nil {
					t.Error(err)
					return
				}
				_ = answer.Body.Close() // it is empty
				if answer.StatusCode != http.StatusAccepted {
					refused.Add(1)
				}
			}
		})
	}
	clients.Wait()
	if n := refused.Load(); n > 0 {
		t.Errorf("%d hits were not answered 202", n)
	}
}

// checkFlood closes the day and compares views, visitors and the rows of
// undeclared features with what was sent.
func checkFlood(t *testing.T, path string, day hit.Day, hits int) {
	t.Helper()
	next := time.Now().Add(26 * time.Hour)
	db, err := aggregate.Open(aggregate.Options{Path: path, Sites: []aggregate.SiteConfig{{Host: mustHost(t, "example.test")}}, Now: next})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	views, visitors := 0.0, map[string]bool{}
	for i := range hits {
		address, site, body := floodHit(i)
		if site != "example.test" || !strings.Contains(body, `"view"`) || strings.Contains(body, `"s"`) {
			continue
		}
		views++
		if strings.HasPrefix(address, "2001:") {
			address = "one"
		}
		visitors[address] = true
	}
	var got struct {
		Totals struct{ Views, Visitors float64 }
		Rows   []json.RawMessage
		Notes  []string
	}
	for _, by := range []aggregate.Dim{aggregate.NoDim, aggregate.ByFeature} {
		r, err := db.Report(t.Context(), next, &aggregate.Query{Site: mustHost(t, "example.test"), From: day, To: day, By: by})
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
	}
	want := float64(len(visitors))
	t.Logf("%.0f views of %.0f; %.0f visitors of %.0f (%+.2f %%); notes %q", got.Totals.Views, views, got.Totals.Visitors, want, 100*(got.Totals.Visitors/want-1), got.Notes)
	if d := got.Totals.Views - views; d > 5 || d < -5 {
		t.Errorf("%.0f views, want %.0f to the nearest ten", got.Totals.Views, views)
	}
	if d := got.Totals.Visitors - want; d > 5+want/100 || d < -5-want/100 {
		t.Errorf("%.0f visitors, want %.0f within one percent", got.Totals.Visitors, want)
	}
	if len(got.Rows) > 0 {
		t.Errorf("undeclared features have %d rows", len(got.Rows))
	}
}
