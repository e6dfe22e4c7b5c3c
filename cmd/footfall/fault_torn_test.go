//go:build linux

package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"footfall/aggregate"
)

// A diskEvent is what a process did to its database file, or an answer that it
// gave, in the order of strace's record.
type diskEvent struct {
	kind byte // 'w' write, 't' truncate, 's' sync that has returned, 'a' acknowledgement
	at   int64
	data []byte
}

var (
	callLine  = regexp.MustCompile(`^(\d+) +(\w+)\(\d+<([^>]*)>(.*)$`)
	callData  = regexp.MustCompile(`^, "([^"]*)", (\d+)(?:, (\d+))?`)
	callSize  = regexp.MustCompile(`^, (\d+)`)
	resumed   = regexp.MustCompile(`^(\d+) +<\.\.\. (?:fdatasync|fsync) resumed>.*= 0`)
	accepting = hex.EncodeToString([]byte("HTTP/1.1 202"))
)

// readTrace reads strace's record of a server's calls.
func readTrace(t *testing.T, path string) (events []diskEvent) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	syncing := map[string]bool{} // threads whose sync of the database has not returned
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		if m := resumed.FindStringSubmatch(lines.Text()); m != nil && syncing[m[1]] {
			delete(syncing, m[1])
			events = append(events, diskEvent{kind: 's'})
		}
		m := callLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		ours := strings.HasSuffix(strings.ReplaceAll(m[3], `\x`, ""), hex.EncodeToString([]byte("/"+storeName)))
		switch d := callData.FindStringSubmatch(m[4]); {
		case m[2] == "write" && d != nil && strings.HasPrefix(strings.ReplaceAll(d[1], `\x`, ""), accepting):
			events = append(events, diskEvent{kind: 'a'})
		case !ours:
		case m[2] == "pwrite64" && d != nil:
			data, err := hex.DecodeString(strings.ReplaceAll(d[1], `\x`, ""))
			if err != nil || int64(len(data)) != number(d[2]) {
				t.Fatalf("a write that strace did not record whole: %v", err)
			}
			events = append(events, diskEvent{'w', number(d[3]), data})
		case m[2] == "ftruncate":
			events = append(events, diskEvent{kind: 't', at: number(callSize.FindStringSubmatch(m[4])[1])})
		case (m[2] == "fdatasync" || m[2] == "fsync") && strings.Contains(m[4], "= 0"):
			events = append(events, diskEvent{kind: 's'})
		case m[2] == "fdatasync" || m[2] == "fsync":
			syncing[m[1]] = true
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return events
}

// An image is what a disk may hold.
type image []byte

func (i *image) size(n int64) {
	for int64(len(*i)) < n {
		*i = append(*i, make([]byte, n-int64(len(*i)))...)
	}
	*i = (*i)[:n]
}

func (i *image) write(at int64, data []byte) {
	i.size(max(int64(len(*i)), at+int64(len(data))))
	copy((*i)[at:], data)
}

// left builds a disk as a power cut after n events may leave it: what was
// synced is there, of the rest a random part, in pieces of a sector, a page or
// a whole write. Where syncs do nothing that is all of it.
func left(base image, events []diskEvent, r *rand.Rand, syncs bool) (disk image, acked int64) {
	disk = append(image{}, base...)
	durable := 0
	for i, e := range events {
		switch {
		case e.kind == 's' && syncs:
			durable = i
		case e.kind == 'a':
			acked++
		}
	}
	piece, share := []int64{512, 4096, 1 << 40}[r.IntN(3)], []float64{0, 0.5, 0.9, 1}[r.IntN(4)]
	if !syncs {
		share /= 2 // with all of it there nothing would be wrong
	}
	for i, e := range events {
		switch {
		case e.kind == 't' && (i < durable || r.Float64() < share):
			disk.size(e.at)
		case e.kind == 'w' && i < durable:
			disk.write(e.at, e.data)
		case e.kind == 'w':
			for from := int64(0); from < int64(len(e.data)); from += piece {
				if r.Float64() < share {
					disk.write(e.at+from, e.data[from:min(from+piece, int64(len(e.data)))])
				}
			}
		}
	}
	return disk, acked
}

// TestTornWrites records what a server writes and syncs, and builds the disks
// that a power cut at any moment could leave: unsynced writes there, gone, or
// torn, in any mixture. No acknowledged view is lost, check finds nothing
// wrong. The same disks of a server whose syncs did nothing must show losses.
func TestTornWrites(t *testing.T) {
	needTracing(t)
	rounds, whole := faultRounds(t)
	if rounds *= 50; !whole { // 3,000 in long mode
		rounds = 8
	}
	r := faultRand(t)
	dir := t.TempDir()
	makeDay(t, dir, time.Now().UTC(), 10)
	base := image(readFile(t, filepath.Join(dir, storeName)))
	trace := filepath.Join(t.TempDir(), "trace")
	public, admin := freeAddress(t), freeAddress(t)
	p := begin(t, append([]string{"strace", "-f", "-qq", "-y", "-xx", "-s", "1048576", "-o", trace, "-e", "trace=pwrite64,ftruncate,fdatasync,fsync,write"},
		serveArgs("footfall", dir, public, admin)...)...)
	waitFor(t, "http://"+admin+"/readyz")
	var got answers
	hits := 15
	if whole {
		hits = 400
	}
	client := &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
	for i := range hits {
		got.one(client, public, `{"k":"view","p":"/torn/`+strconv.Itoa(i%97)+`"}`)
	}
	client.CloseIdleConnections()
	p.kill()
	<-p.ended
	events := readTrace(t, trace)
	acks, syncs := 0, 0
	for _, e := range events {
		if e.kind == 'a' {
			acks++
		} else if e.kind == 's' {
			syncs++
		}
	}
	if int64(acks) != got.kept.Load() || syncs < 2*acks {
		t.Fatalf("strace saw %d acknowledgements and %d syncs, the client %d", acks, syncs, got.kept.Load())
	}
	lost := func(syncs bool) bool {
		n := r.IntN(len(events) + 1)
		disk, acked := left(base, events[:n], r, syncs)
		at := t.TempDir()
		if err := os.WriteFile(filepath.Join(at, storeName), disk, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("footfall", "check", "--format", "json", "--data", at).CombinedOutput()
		var report aggregate.CheckReport
		if err != nil || json.Unmarshal(out, &report) != nil || !report.OK {
			if syncs {
				t.Errorf("a cut after %d events: %v\n%s", n, err, out)
			}
			return true
		}
		// One client: at most one hit beyond the acknowledged.
		stored := total(report.Sites["example.test"]) - 10
		if syncs && (stored < acked || stored > acked+1) {
			t.Errorf("a cut after %d events: %d stored, %d acknowledged", n, stored, acked)
		}
		return stored < acked
	}
	for range rounds {
		if lost(true) {
			break
		}
	}
	planted, tries := 0, min(rounds, 200)
	for range tries {
		if lost(false) {
			planted++
		}
	}
	if 4*planted < tries {
		t.Errorf("of %d disks without syncs %d lost something: the test sees nothing", tries, planted)
	}
	t.Logf("%d events, %d acknowledged; %d disks without a loss; without syncs %d of %d disks lost something", len(events), acks, rounds, planted, tries)
}
