package aggregate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
)

// smallCaps are a fortieth of the design's, so that a short flood passes them.
func smallCaps() caps {
	c := designCaps()
	for i := range c.hosts {
		c.hosts[i] /= 40
	}
	c.pages, c.cells, c.values, c.visits = c.pages/40, c.cells/2, c.values/40, c.visits/80
	return c
}

// noCaps is the planted fault. Pages and sections keep some: a visit has two
// bytes for one, and one for the other.
func noCaps() caps {
	c := designCaps()
	for i := range c.hosts {
		c.hosts[i] = 1 << 30
	}
	c.pages, c.cells, c.values, c.browsers, c.visits = 60_000, 1<<30, 1<<30, 1<<30, 1<<30
	return c
}

// flooded makes hit i of a flood in which each hit brings what was never
// there, to every table at once: four views of eight hits, a failed one, an
// outbound host, a download, and the times of a page.
func flooded(t testing.TB, host hit.Host, i int, h *hit.Hit) {
	r := rand.New(rand.NewPCG(uint64(i), 3))
	*h = hit.Hit{Site: host, Timing: hit.NoTiming(), Path: testPath(t, fmt.Sprintf("/flood%d/%d", i, i))}
	name, err := hit.ParseHost(fmt.Sprintf("flood%d.example", i))
	if err != nil {
		t.Error(err)
	}
	h.Browser = hit.Browser{Family: hit.Family(1 + r.IntN(4)), Major: uint16(1 + r.IntN(hit.MaxMajor))}
	h.System, h.Device = hit.System(1+r.IntN(5)), hit.Device(2+r.IntN(3))
	h.Country = hit.CountryOf(uint32('A'+r.IntN(26))<<8 | uint32('A'+r.IntN(26)))
	h.Visitor[0], h.Visitor[1], h.Visitor[2], h.Visitor[3], h.Visitor[15] = byte(i), byte(i>>8), byte(i>>16), byte(i>>24), 1
	switch i % 8 {
	case 4:
		h.Status = hit.Status404
	case 5:
		h.Kind, h.Outbound = hit.KindFeature, name
	case 6:
		h.Kind, h.Download = hit.KindFeature, h.Path
	case 7:
		h.Kind = hit.KindTiming
		h.Timing = hit.Timing{LoadMillis: r.Int32N(60_000), LCPMillis: r.Int32N(60_000), INPMillis: r.Int32N(10_000),
			ReadSeconds: r.Int32N(3600), ScrollPct: r.Int32N(101), Errors: 1}
	default:
		h.Referrer = hit.ReferrerFrom(name)
	}
}

// overflow returns what of a flooded day is not as the caps promise.
func overflow(d *openDay, c *caps, hits int) (problems []string) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	rows := func(name string, n, most int, wants block.Flags) {
		if n > most+1 {
			bad("%s: %d rows, want at most %d and (other)", name, n, most)
		}
		if d.flags&wants == 0 {
			bad("%s: the day does not say that it was full", name)
		}
	}
	want := [hostEnd]int64{int64(hits / 8 * 4), int64(hits / 8), int64(hits / 8), int64(hits / 8)}
	for i := range d.hosts {
		rows(capNames[i], len(d.hosts[i].rows), c.hosts[i], block.CappedReferrers<<i)
		sum := int64(0)
		for _, r := range d.hosts[i].rows {
			sum += r.views
		}
		if sum != want[i] {
			bad("%s: sum %d, want %d", capNames[i], sum, want[i])
		}
	}
	for i, t := range []*table[page]{&d.pages, &d.sections} {
		most := [...]int{c.pages, c.sections}[i]
		rows(capNames[capPages+i], len(t.rows), most, block.CappedPages<<i)
		sum := int64(0)
		for _, p := range t.rows {
			sum += p.n[pageViews]
			for dim := range p.dims {
				if len(p.dims[dim]) > c.cells+1 {
					bad("a page has %d values of dimension %d, want at most %d and (other)", len(p.dims[dim]), dim, c.cells)
				}
			}
		}
		if sum != want[hostReferrer] || sum != d.site[siteViews] {
			bad("%s: %d views, want %d", capNames[capPages+i], sum, want[hostReferrer])
		}
	}
	if d.open.visits > c.visits {
		bad("%d open visits, want at most %d", d.open.visits, c.visits)
	}
	if d.open.budget.Used() > d.open.budget.Keys() {
		bad("%d distinct keys of %d", d.open.budget.Used(), d.open.budget.Keys())
	}
	return problems
}

// TestFlood floods every table of a site's day at once, FOOTFALL_FLOOD hits or
// few (D1 to D3): rows, values and visits stay within the caps, totals exact,
// memory and file within their formulas, before and after the day's close and
// a restart. Without caps the same flood fails every one of these.
func TestFlood(t *testing.T) {
	hits, long := longHits(t, 24_000)
	hits = hits / 8 * 8
	within := smallCaps()
	if long {
		within = designCaps()
	}
	if problems := flood(t, hits, within, within, long); len(problems) > 0 {
		t.Errorf("%s", strings.Join(problems, "\n"))
	}
	planted := flood(t, 32_000, noCaps(), smallCaps(), false)
	t.Logf("without caps:\n%s", strings.Join(planted, "\n"))
	for _, want := range []string{"referrers: ", "outbound: ", "downloads: ", "failed: ", "pages: ", "a page has ", "open visits", "live heap", "file of"} {
		if !strings.Contains(strings.Join(planted, "\n"), want) {
			t.Errorf("without caps nothing is found of %q", want)
		}
	}
}

// flood runs one flood under caps and returns what breaks the promises of
// want. A short one has a fortieth of the keys, and little beside its tables.
func flood(t *testing.T, hits int, under, want caps, long bool) (problems []string) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(MemoryLimit(1, 0))) // as serve does
	keys, heapBase, fileBase := 2_000_000, int64(32<<20), int64(32<<20)
	if !long {
		keys, heapBase, fileBase = 50_000, 4<<20, 1<<20
	}
	now := at("2026-11-23 00:00:01")
	dir := t.TempDir()
	open := func(now time.Time) *DB {
		db, err := Open(Options{Path: filepath.Join(dir, "footfall.db"), Sites: []SiteConfig{{Host: testHost(t)}}, DistinctKeys: keys, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		db.shared.caps = under
		return db
	}
	db := open(now)
	host := testHost(t)
	before, start := live(), time.Now()
	drive(t, db, now, hits, func(i int, h *hit.Hit) { flooded(t, host, i, h) })
	took := time.Since(start)
	keepProfile(t)
	held, most := live()-before, want.memory(1, keys)-32<<20+heapBase
	if held > most {
		problems = append(problems, fmt.Sprintf("live heap %d, want at most %d", held, most))
	}
	day := db.sites[host].day
	problems = append(problems, overflow(day, &want, hits)...)
	flags, site := day.flags, day.site
	closeAndCheck(t, db)
	running := fileSize(t, dir)

	db = open(now)
	if again := db.sites[host].day; again.flags != flags || again.site != site {
		problems = append(problems, "after a restart the day does not say which tables were full")
	}
	problems = append(problems, overflow(db.sites[host].day, &want, hits)...)
	db.tick(at("2026-11-24 00:00:01"), false)
	blocks, err := db.blocks(host, hit.DayAt(now, time.UTC), hit.DayAt(now, time.UTC))
	if err != nil || len(blocks) != 1 || blocks[0].Block.Flags()&flags != flags {
		problems = append(problems, fmt.Sprintf("the closed day does not say which tables were full: %v", err))
	}
	asked := db.askFlooded(t)
	closeAndCheck(t, db)
	closed, biggest := fileSize(t, dir), want.disk(1, 1)-32<<20+fileBase
	t.Logf("%d hits in %s: live heap %d KiB of at most %d; resident at most %d MiB; file %d KiB while running, %d closed, of at most %d; slowest answer and its export %s",
		hits, took.Round(time.Millisecond), held>>10, most>>10, memory("VmHWM")>>20, running>>10, closed>>10, biggest>>10, asked.Round(time.Millisecond))
	for _, size := range []int64{running, closed} {
		if size > biggest {
			problems = append(problems, fmt.Sprintf("file of %d bytes, want at most %d", size, biggest))
		}
	}
	return problems
}

func fileSize(t *testing.T, dir string) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, "footfall.db"))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// askFlooded asks everything of the flooded day and returns how long the
// slowest answer and its export took (D6).
func (db *DB) askFlooded(t *testing.T) (slowest time.Duration) {
	day := hit.DayAt(at("2026-11-23 00:00:01"), time.UTC)
	for _, by := range append(Dims(), NoDim) {
		if by.time() {
			continue
		}
		start := time.Now()
		r, err := db.Report(t.Context(), at("2026-11-24 00:00:01"), &Query{Site: testHost(t), From: day, To: day, By: by, Limit: MaxLimit})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Fatal(err)
		}
		slowest = max(slowest, time.Since(start))
	}
	return slowest
}

// TestFloodAtMidnight begins a flood at 00:00:01 (D4): pages, referrers,
// outbound hosts and downloads of the days before keep rows of their own.
// Where nothing is known of those days, which is the planted fault, the flood
// gets every place.
func TestFloodAtMidnight(t *testing.T) {
	for _, planted := range []bool{false, true} {
		if lost := midnight(t, planted); (lost > 0) != planted {
			t.Errorf("planted %v: %d values of the day before lost their row", planted, lost)
		}
	}
}

func midnight(t *testing.T, planted bool) (lost int) {
	now, host := at("2026-11-22 10:00:00"), testHost(t)
	db := openTest(t, t.TempDir(), now)
	db.shared.caps = smallCaps()
	// Each of 20 values is brought by 16 visitors.
	usual := func(i int, h *hit.Hit) {
		flooded(t, host, i%20, h)
		h.Status, h.Outbound, h.Download, h.Kind, h.Timing = hit.StatusOK, hit.Host{}, hit.Path{}, hit.KindView, hit.NoTiming()
		h.Path = testPath(t, fmt.Sprintf("/usual/%d", i%20))
		name, _ := hit.ParseHost(fmt.Sprintf("usual%d.example", i%20))
		h.Referrer = hit.ReferrerFrom(name)
		h.Visitor[0], h.Visitor[1], h.Visitor[14] = byte(i), byte(i>>8), 7
		switch i / 320 {
		case 1:
			h.Kind, h.Outbound = hit.KindFeature, name
		case 2:
			h.Kind, h.Download = hit.KindFeature, h.Path
		case 3:
			h.Status = hit.Status404
		}
	}
	drive(t, db, now, 4*320, usual)
	now = at("2026-11-23 00:00:01")
	db.tick(now, false)
	day := db.sites[host].day
	if planted {
		day.pages.known = nil
		for i := range day.hosts {
			day.hosts[i].known = nil
		}
	}
	drive(t, db, now, 8_000, func(i int, h *hit.Hit) { flooded(t, host, i, h) })
	drive(t, db, now, 4*320, usual)
	for i := range 20 {
		path, name := fmt.Sprintf("/usual/%d", i), fmt.Sprintf("usual%d.example", i)
		if _, ok := day.pages.byLabel[path]; !ok {
			lost++
		}
		for table, label := range [hostEnd]string{name, name, path, path} {
			if _, ok := day.hosts[table].byLabel[label]; !ok {
				lost++
			}
		}
	}
	return lost
}
