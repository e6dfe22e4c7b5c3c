package aggregate

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"footfall/aggregate/internal/block"
)

// benchSource is 25 months of a site of 10,000 pages, of which each day has a
// share. Thirty-one days are encoded and stand in turn for all.
func benchSource(b *testing.B, share float64) *memorySource {
	b.Helper()
	const pages = 10_000
	r := rand.New(rand.NewPCG(1, 2))
	d := newModelDictionary()
	for i := range pages {
		d.id(fmt.Sprintf("/section-%d/some-article-%d", i%40, i))
	}
	m := &modelSite{config: SiteConfig{Host: modelHost(b, "www.example.org"), Zone: time.UTC}}
	m.first, m.today = modelDay(b, "2024-11-01"), modelDay(b, "2026-11-23")
	s := &memorySource{t: b, model: m}
	var all [][]byte
	for range 31 {
		day := &block.Day{}
		rows := &day.Rows[block.Pages]
		for i := range pages {
			if r.Float64() >= share {
				continue
			}
			visitors := uint64(1 + 2000/(1+i) + r.IntN(3))
			views := visitors + r.Uint64N(visitors)
			rows.Labels = append(rows.Labels, uint32(i))
			rows.N = append(rows.N, views, visitors, visitors/2, visitors/2, visitors/4, 0, 0)
			for c, values := range [2]int{8, 12} {
				cells := &day.Cells[block.PageReferrers+block.Cross(c)]
				for v := range min(values, int(visitors)/4) {
					cells.Outer, cells.Inner = append(cells.Outer, uint32(i)), append(cells.Inner, uint32(v))
					cells.N = append(cells.N, 1+r.Uint64N(visitors))
				}
			}
		}
		day.Rows[block.Site] = block.Rows{Labels: []uint32{0}, N: []uint64{50_000, 20_000, 22_000, 9_000, 2_000_000}}
		encoded, err := block.Encode(day)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, encoded)
	}
	for x := m.first; x < m.today; x++ {
		s.stored = append(s.stored, memoryBlock{x, all[int(x)%len(all)], d})
	}
	return s
}

func BenchmarkReport(b *testing.B) {
	for _, share := range []float64{1, 0.2} {
		s := benchSource(b, share)
		now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		for _, q := range []Query{
			{By: ByPage}, {By: ByDay}, {Page: "/section-7/some-article-7", By: ByReferrer},
			{By: ByPage, Where: &Where{ByReferrer, "/section-3/some-article-3"}},
		} {
			q.Site, q.From, q.To = s.model.config.Host, modelDay(b, "2024-11-01"), modelDay(b, "2026-11-23")
			b.Run(fmt.Sprintf("share=%v/by=%v,page=%t,where=%t", share, q.By, q.Page != "", q.Where != nil), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := report(s, now, &q); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
