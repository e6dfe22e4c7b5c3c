package aggregate

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

// mixedHit makes any kind of hit that the importer takes, by few visitors of
// few pages, so that all counters of a page move.
func mixedHit(t *testing.T, r *rand.Rand) *hit.Hit {
	t.Helper()
	h := testView(t, fmt.Sprintf("/part-%d/page-%d", r.IntN(4), r.IntN(30)), 1+r.IntN(60))
	h.Browser.Major = uint16(130 + r.IntN(20))
	if r.IntN(3) == 0 {
		from, err := hit.ParseHost(fmt.Sprintf("from%d.test", r.IntN(90)))
		if err != nil {
			t.Fatal(err)
		}
		h.Referrer = hit.ReferrerFrom(from)
	}
	switch r.IntN(8) {
	case 0:
		h.Bot = hit.BotWord
	case 1:
		h.Status = hit.StatusOf(404)
	case 2:
		h.Kind, h.Download = hit.KindFeature, h.Path
	case 3:
		h.Kind = hit.KindTiming
		h.Timing.LoadMillis, h.Timing.ReadSeconds, h.Timing.Errors = int32(r.IntN(5000)), int32(r.IntN(90)), int32(r.IntN(2))
	case 4:
		name, err := hit.ParseFeature("signup")
		if err != nil {
			t.Fatal(err)
		}
		h.Kind, h.Feature = hit.KindFeature, name
	}
	return h
}

// TestRest puts a day to rest and wakes it: it must be what it was, to the
// last field.
func TestRest(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	im, err := NewImporter(ImportOptions{Site: SiteConfig{Host: testHost(t)}, Now: at("2026-11-23 12:00:00")})
	if err != nil {
		t.Fatal(err)
	}
	start := at("2026-10-30 08:00:00")
	for i := range 3000 {
		if err := im.Add(start.Add(time.Duration(i)*10*time.Second), mixedHit(t, r)); err != nil {
			t.Fatal(err)
		}
	}
	im.journal.reset()
	d := im.awake[0]
	pages, sections, hosts, gathered := d.pages, d.sections, d.hosts, d.gather(newBuilder(nil, false, false))
	d.rest(nil)
	if !sameDay(d.gather(newBuilder(nil, false, false)), gathered) {
		t.Error("a day at rest is gathered as another than the day awake")
	}
	d.wake()
	if len(pages.rows) < 50 || len(sections.rows) < 4 || len(hosts[hostReferrer].rows) < 50 || len(hosts[hostFailed].rows) < 50 {
		t.Fatal("the day is too small to tell anything")
	}
	if !reflect.DeepEqual(d.pages, pages) || !reflect.DeepEqual(d.sections, sections) || !reflect.DeepEqual(d.hosts, hosts) {
		t.Error("the day that woke is not the one that was put to rest")
	}
	pages.rows[3].n[pageExits]++
	if reflect.DeepEqual(d.pages, pages) {
		t.Error("a count that differs is not seen")
	}
}

// sameDay compares what two gatherings give under ids in the order of texts.
func sameDay(a, b *gathering) bool {
	ranked := func(g *gathering) any {
		_, ids := sortedTexts(g)
		return g.day(ids)
	}
	return reflect.DeepEqual(ranked(a), ranked(b))
}

// TestImportInAnyOrder imports the same hits day by day, a file of each of
// two servers after the other, and in no order at all: the files of finished
// days are the same but for the order in which names were met.
func TestImportInAnyOrder(t *testing.T) {
	type moment struct {
		at  time.Time
		hit *hit.Hit
	}
	r := rand.New(rand.NewPCG(7, 2))
	var sorted, servers, shuffled []moment
	start := at("2026-09-20 00:00:10")
	for i := range 12_000 {
		h := mixedHit(t, r)
		h.Kind = hit.KindView // visits depend on the order of hits, views and visitors do not
		h.Visitor[2] = byte(i * 7 / 5)
		sorted = append(sorted, moment{start.Add(time.Duration(i) * 4 * time.Minute), h})
	}
	for parity := range 2 {
		for i, m := range sorted {
			if i%2 == parity {
				servers = append(servers, m)
			}
		}
	}
	for _, i := range r.Perm(len(sorted)) {
		shuffled = append(shuffled, sorted[i])
	}
	views := func(name string, moments []moment, most int) map[hit.Day]DayCounts {
		t.Helper()
		file := filepath.Join(t.TempDir(), "x.days")
		im, err := NewImporter(ImportOptions{Site: SiteConfig{Host: testHost(t)}, Now: at("2026-11-23 12:00:00"), File: file})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range moments {
			if err := im.Add(m.at, m.hit); err != nil {
				t.Fatal(err)
			}
		}
		if im.most > most {
			t.Errorf("%s: up to %d days were awake, want %d", name, im.most, most)
		}
		summary, err := im.Finish()
		if err != nil || summary.RefusedLines != 0 {
			t.Fatalf("%s: %v, %d lines refused", name, err, summary.RefusedLines)
		}
		if info, err := os.Stat(file); err != nil || info.Size() == 0 {
			t.Fatalf("%s: %v", name, err)
		}
		return summary.Days
	}
	want := views("sorted", sorted, fewestAwake)
	if got := views("two servers", servers, MaxImportDays); !reflect.DeepEqual(got, want) {
		t.Error("the logs of two servers, one after the other, count differently")
	}
	if got := views("no order", shuffled, MaxImportDays); !reflect.DeepEqual(got, want) {
		t.Error("a log in no order counts differently")
	}
}
