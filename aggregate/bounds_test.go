package aggregate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

// longHits returns how many hits FOOTFALL_FLOOD asks for, else few.
func longHits(t testing.TB, few int) (hits int, long bool) {
	t.Helper()
	given := os.Getenv("FOOTFALL_FLOOD")
	if given == "" {
		return few, false
	}
	n, err := strconv.Atoi(given)
	if err != nil {
		t.Fatalf("FOOTFALL_FLOOD: %v", err)
	}
	return n, true
}

// drive records hits 0 to n-1, many at a time.
func drive(t testing.TB, db *DB, now time.Time, n int, make func(i int, h *hit.Hit)) {
	t.Helper()
	var next atomic.Int64
	var clients sync.WaitGroup
	for range 2048 {
		clients.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				var h hit.Hit
				make(i, &h)
				if err := db.Record(context.Background(), now, &h); err != nil {
					t.Errorf("Record: %v", err)
					return
				}
			}
		})
	}
	clients.Wait()
}

// memory returns a figure of /proc/self/status in bytes, 0 where there is none.
func memory(name string) int64 {
	b, _ := os.ReadFile("/proc/self/status") // absent elsewhere than on Linux
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64) // the kernel's own
			return n << 10
		}
	}
	return 0
}

// live returns the bytes that the heap holds, without garbage.
func live() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// keepProfile writes a heap profile where FOOTFALL_PROFILE says.
func keepProfile(t testing.TB) {
	if path := os.Getenv("FOOTFALL_PROFILE"); path != "" {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := pprof.WriteHeapProfile(f); err != nil {
			t.Fatal(err)
		}
	}
}

// TestMemoryOfALargeDay counts a million visitors and five million pairs of
// visitor and page in a day (FOOTFALL_FLOOD, five hits a visitor; few without)
// and holds the live heap to MemoryLimit.
func TestMemoryOfALargeDay(t *testing.T) {
	hits, long := longHits(t, 20_000)
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(MemoryLimit(1, 0))) // as serve does
	now := at("2026-11-23 10:00:00")
	db, err := Open(Options{Path: filepath.Join(t.TempDir(), "footfall.db"), Sites: []SiteConfig{{Host: testHost(t)}}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	host := testHost(t)
	paths := make([]hit.Path, 19_000)
	for i := range paths {
		paths[i] = testPath(t, fmt.Sprintf("/section%d/a-page-of-usual-length-%d", i%40, i))
	}
	referrers := make([]hit.Referrer, 500)
	for i := range referrers {
		h, _ := hit.ParseHost(fmt.Sprintf("referrer%d.example", i))
		referrers[i] = hit.ReferrerFrom(h)
	}
	before := live()
	drive(t, db, now, hits, func(i int, h *hit.Hit) {
		visitor := i / 5
		r := rand.New(rand.NewPCG(uint64(visitor), 1))
		*h = hit.Hit{Site: host, Timing: hit.NoTiming(), Referrer: referrers[int(r.ExpFloat64()*20)%500]}
		h.Browser = hit.Browser{Family: hit.Family(1 + r.IntN(4)), Major: uint16(140 - min(int(r.ExpFloat64()*3), 100))}
		h.System, h.Device = hit.System(1+r.IntN(5)), hit.Device(2+r.IntN(3))
		h.Visitor[0], h.Visitor[1], h.Visitor[2], h.Visitor[15] = byte(visitor), byte(visitor>>8), byte(visitor>>16), 1
		z := rand.New(rand.NewPCG(uint64(i), 2))
		h.Path = paths[rand.NewZipf(z, 1.05, 5, uint64(len(paths)-1)).Uint64()]
		if i%5 == 4 {
			h.Kind = hit.KindTiming
			h.Timing = hit.Timing{LoadMillis: int32(z.ExpFloat64() * 900), LCPMillis: int32(z.ExpFloat64() * 1500),
				INPMillis: int32(z.ExpFloat64() * 80), ReadSeconds: int32(z.ExpFloat64() * 60), ScrollPct: int32(z.IntN(101))}
		}
	})
	keepProfile(t)
	held, most := live()-before, MemoryLimit(1, 0)
	b := db.shared.budget
	day := db.sites[host].day
	t.Logf("%d hits: live heap %d MiB of at most %d; resident at most %d MiB with %d MiB of file, anonymous %d MiB; %d keys in %d MiB, site at level %d; %d open visits; %d pages",
		hits, held>>20, most>>20, memory("VmHWM")>>20, db.Sizes().FileBytes>>20, memory("RssAnon")>>20, b.Used(), b.Bytes()>>20, day.k(), db.shared.visits, len(day.pages.rows))
	if held > most {
		t.Errorf("live heap %d, want at most %d", held, most)
	}
	if anon := memory("RssAnon"); long && anon > 200_000_000 {
		t.Errorf("anonymous memory of %d bytes, want at most 200 MB", anon)
	}
	closeAndCheck(t, db)
}
