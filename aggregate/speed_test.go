package aggregate

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/publish"
)

// speedSite is six weeks of a site that is busy at first, then quiet, and whose
// page has too few visitors in the last two weeks.
func speedSite(t testing.TB) (*modelSite, time.Time) {
	first := modelDay(t, "2026-09-28")
	m := &modelSite{config: SiteConfig{Host: testHost(t), Zone: time.UTC}, first: first, today: first + 42}
	r := rand.New(rand.NewPCG(7, 11))
	for d := first; d < m.today; d++ {
		b := modelBlock{day: d}
		b.row(block.Site, "", 500, 300, 300, 10, 10)
		visitors := uint64(40)
		if d >= first+28 {
			visitors = 1
		}
		b.row(block.Pages, "/a", 100, visitors, 0, 0, 0, 0, 0)
		b.row(block.Sections, "/a/*", 100, visitors, 0, 0, 0, 0, 0, 0)
		for timing := range TimingEnd {
			for range 12 {
				bucket := strconv.Itoa(r.IntN(20))
				b.cell(block.DeviceLoad+block.Cross(timing), "desktop", bucket, 1+r.Uint64N(9))
				b.cell(block.PageLoad+block.Cross(timing), "/a", bucket, 1+r.Uint64N(9))
				b.cell(block.SectionLoad+block.Cross(timing), "/a/*", bucket, 1+r.Uint64N(9))
			}
			b.cell(block.DeviceLoad+block.Cross(timing), "phone", strconv.Itoa(r.IntN(20)), 2+r.Uint64N(6))
		}
		m.blocks = append(m.blocks, b)
	}
	return m, at("2026-11-09 12:00:00")
}

// recountSpeed adds up the cells of each part one by one. A part of a page or
// section is left out where its visitors are withheld.
func (m *modelSite) recountSpeed(first block.Cross, outers []string, parts []publish.Period, row SpeedRow, skip hit.Day) SpeedRow {
	out := SpeedRow{Period: row.Period, Device: row.Device}
	for timing := range TimingEnd {
		var hists [][]uint64
		for _, p := range parts {
			hist := make([]uint64, len(histEdges[histLoad+histKind(timing)]))
			visitors := uint64(0)
			for _, b := range m.blocks {
				if b.day < p.From || b.day > p.To || b.day == skip {
					continue
				}
				visitors += b.rows[block.Pages]["/a"][1]
				for key, n := range b.cells[first+block.Cross(timing)] {
					if bucket, err := strconv.Atoi(key[1]); err == nil && slices.Contains(outers, key[0]) {
						hist[bucket] += n
					}
				}
			}
			if first == block.DeviceLoad || visitors >= 10 {
				hists = append(hists, hist)
			}
		}
		q := func(q float64) publish.Quantile { return publish.NewQuantile(q, edgesOf(timing), hists...) }
		out.Timings[timing] = Quantiles{q(.05), q(.25), q(.5), q(.75), q(.95)}
	}
	return out
}

func TestSpeedRecount(t *testing.T) {
	m, now := speedSite(t)
	for _, sums := range []bool{false, true} {
		src := newMemorySource(t, m)
		if sums {
			src.rollUp()
		}
		for name, q := range map[string]SpeedQuery{
			"site":         {From: m.first, To: m.first + 27},
			"composed":     {From: m.first + 3, To: m.first + 33},
			"weekly":       {From: m.first, To: m.today - 1, Weekly: true},
			"page":         {From: m.first + 2, To: m.today - 1, Page: "/a"},
			"page weekly":  {From: m.first, To: m.today - 1, Page: "/a", Weekly: true},
			"section":      {From: m.first, To: m.today - 1, Section: "/a/*"},
			"unknown page": {From: m.first, To: m.today - 1, Page: "/b"},
		} {
			q.Site = m.config.Host
			got, err := speed(src, now, &q)
			if err != nil {
				t.Fatal(name, err)
			}
			cross, outers := block.DeviceLoad, []string{"desktop", "phone"}
			switch {
			case q.Page != "":
				cross, outers = block.PageLoad, []string{q.Page}
			case q.Section != "":
				cross, outers = block.SectionLoad, []string{q.Section}
			}
			parts := publish.Periods(q.From, q.To, m.today, m.first)
			told := false
			for i, row := range got.Rows {
				of := outers
				if row.Device != "" {
					of = []string{row.Device}
				}
				if q.Weekly {
					parts = []publish.Period{row.Period}
				}
				want := m.recountSpeed(cross, of, parts, row, 0)
				if row != want {
					t.Errorf("%s, roll-ups %v, row %d:\ngot  %v\nwant %v", name, sums, i, row, want)
				}
				// A recount that misses a day must not come to the same.
				told = told || m.recountSpeed(cross, of, parts, row, m.first+10) != want
			}
			if !told && name != "unknown page" {
				t.Errorf("%s: the recount does not notice a missing day", name)
			}
			if want := map[string]int{"weekly": 18, "page weekly": 6, "site": 3, "composed": 3}[name]; want > 0 && len(got.Rows) != want {
				t.Errorf("%s: %d rows, want %d", name, len(got.Rows), want)
			}
		}
	}
}

// Of a week in which a page has too few visitors, nothing is said.
func TestSpeedOfFewIsWithheld(t *testing.T) {
	m, now := speedSite(t)
	got, err := speed(newMemorySource(t, m), now, &SpeedQuery{Site: m.config.Host, From: m.first + 28, To: m.first + 28, Page: "/a"})
	if err != nil || len(got.Rows) != 1 || got.Rows[0] != (SpeedRow{}) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := speed(newMemorySource(t, m), now, &SpeedQuery{Site: m.config.Host, From: 2, To: 1}); err == nil {
		t.Error("days out of order are answered")
	}
}
