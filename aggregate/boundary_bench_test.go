package aggregate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

// BenchmarkBoundary measures how long the hit waits that crosses a boundary of
// the largest day there can be, 20,000 pages, all with dimension rows, and how
// long the slowest of those that come while Run does what the boundary has left
// to do (worst-ms, and all-ms for all of that). It fills the day anew for each
// turn: run it with -benchtime 1x.
func BenchmarkBoundary(b *testing.B) {
	for _, c := range []struct{ name, from, at string }{
		{"plain", "2026-11-23 10:15:00", "2026-11-23 10:16:00"},
		{"ten-minutes", "2026-11-23 10:15:00", "2026-11-23 10:20:00"},
		{"hour", "2026-11-23 10:15:00", "2026-11-23 11:00:00"},
		{"midnight", "2026-11-23 23:55:00", "2026-11-24 00:00:00"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				db := fullDay(b, at(c.from))
				db.runs.Store(true) // or Record would do it
				h := testView(b, "/some/page", 1)
				b.StartTimer()
				began := time.Now()
				if err := db.Record(context.Background(), at(c.at), h); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				worst := time.Since(began)
				done := make(chan error, 1)
				go func() {
					closed, err := db.settle()
					if closed {
						err = errors.Join(err, db.erase(at(c.at)))
					}
					done <- err
				}()
				for running := true; running; {
					select {
					case err := <-done:
						if err != nil {
							b.Fatal(err)
						}
						running = false
					default:
						sent := time.Now()
						if err := db.Record(context.Background(), at(c.at), testView(b, "/some/page", 1)); err != nil {
							b.Fatal(err)
						}
						worst = max(worst, time.Since(sent))
					}
				}
				b.ReportMetric(float64(worst.Microseconds())/1000, "worst-ms")
				b.ReportMetric(float64(time.Since(began).Microseconds())/1000, "all-ms")
				if err := db.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}

// fullDay returns a database whose running day has 20,000 pages of 25
// visitors each, from 300 referrers.
func fullDay(b *testing.B, now time.Time) *DB {
	db, err := Open(Options{Path: filepath.Join(b.TempDir(), "footfall.db"), Sites: []SiteConfig{{Host: testHost(b)}}, Now: now})
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	var referrers [300]hit.Referrer
	for i := range referrers {
		host, _ := hit.ParseHost(fmt.Sprintf("referrer%d.example", i))
		referrers[i] = hit.ReferrerFrom(host)
	}
	db.commit.Lock()
	defer db.commit.Unlock()
	s := db.sites[testHost(b)]
	if err := db.cross(s, now); err != nil {
		b.Fatal(err)
	}
	var batch []arrival
	for page := range MaxPages {
		path := fmt.Sprintf("/section%d/some-page-of-the-site-%d", page%150, page)
		for range 25 {
			h := testView(b, path, r.IntN(60_000))
			h.Referrer = referrers[int(r.ExpFloat64()*30)%len(referrers)]
			h.Browser.Major = uint16(100 + r.IntN(40))
			h.Device = hit.Device(2 + r.IntN(3))
			batch = append(batch, arrival{now, *h})
		}
		if len(batch) >= 20_000 || page == MaxPages-1 {
			if err := db.commitHits(batch); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	return db
}
