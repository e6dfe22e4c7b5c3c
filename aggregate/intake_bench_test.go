package aggregate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

// BenchmarkRecord measures acknowledged hits, 256 at a time, on a site of
// 5,000 pages (Zipf) and 60,000 visitors.
func BenchmarkRecord(b *testing.B) {
	now := at("2026-11-23 10:15:00")
	db, err := Open(Options{Path: filepath.Join(b.TempDir(), "footfall.db"), Sites: []SiteConfig{{Host: testHost(b)}}, Now: now})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	hits := benchHits(b, 100_000)
	var next atomic.Int64
	b.SetParallelism(128)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			h := *hits[int(next.Add(1))%len(hits)]
			if err := db.Record(context.Background(), now.Add(time.Duration(next.Load())*time.Microsecond), &h); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func benchHits(b *testing.B, n int) []*hit.Hit {
	r := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(r, 1.1, 1, 4_999)
	out := make([]*hit.Hit, n)
	for i := range out {
		page := zipf.Uint64()
		h := testView(b, fmt.Sprintf("/section%d/some-page-%d", page%40, page), r.IntN(60_000))
		host, _ := hit.ParseHost(fmt.Sprintf("referrer%d.example", int(r.ExpFloat64()*20)))
		h.Referrer = hit.ReferrerFrom(host)
		h.Browser.Major = uint16(100 + r.IntN(40))
		h.Device = hit.Device(2 + r.IntN(3))
		out[i] = h
	}
	return out
}

// BenchmarkApply measures the counters alone.
func BenchmarkApply(b *testing.B) {
	d := newTestDay(b, "2026-11-23 00:00:00")
	hits := benchHits(b, 100_000)
	now := at("2026-11-23 10:15:00")
	var j journal
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		j.reset()
		d.apply(&j, now.Add(time.Duration(i)*time.Microsecond), hits[i%len(hits)])
	}
}
