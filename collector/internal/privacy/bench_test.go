package privacy

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

const (
	chromeAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/155.0.0.0 Safari/537.36"
	iphoneAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
		"Version/26.5 Mobile/15E148 Safari/604.1"
)

func benchReducer(b *testing.B) *Reducer {
	r, err := New(Options{
		Sites:   []Site{{Host: host(b, "www.example.org"), Zone: time.UTC}},
		Exclude: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8:ffff::/48")},
	})
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func typicalRaw() *Raw {
	return &Raw{
		Source: Beacon, Kind: hit.KindView,
		Site: "https://www.example.org", Path: "/blog/2026/11/how-we-count-visits", Referrer: "www.google.com",
		Addr: netip.MustParseAddr("203.0.113.77"), Agent: chromeAgent,
		Brands:   `"Google Chrome";v="155", "Chromium";v="155", "Not/A)Brand";v="24"`,
		Mobile:   "?0",
		Platform: `"Windows"`,
		Secure:   true, FetchMetadata: true, Complete: true,
	}
}

// BenchmarkReduce is a typical hit whose agent, path and referrer were seen
// before. The bar is 3 µs and no allocation.
func BenchmarkReduce(b *testing.B) {
	r, raw, now := benchReducer(b), typicalRaw(), time.Now()
	var h hit.Hit
	b.ReportAllocs()
	for b.Loop() {
		if v := r.Reduce(now, raw, &h); v != hit.Counted {
			b.Fatal(v)
		}
	}
}

// BenchmarkReduceCold is a hit whose agent, path and referrer are new. The bar
// is 15 µs.
func BenchmarkReduceCold(b *testing.B) {
	r, raw, now := benchReducer(b), typicalRaw(), time.Now()
	var h hit.Hit
	var agents, paths, referrers [10000]string
	for i := range agents {
		agents[i] = fmt.Sprintf("Mozilla/5.0 (Linux; Android 16; SM-%d) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/155.0.0.%d Mobile Safari/537.36", i, i)
		paths[i] = fmt.Sprintf("/shop/item-%d/d%%C3%%A9tails", i)
		referrers[i] = fmt.Sprintf("https://r%d.example.com/a", i)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		raw.Agent, raw.Path, raw.Referrer = agents[i], paths[i], referrers[i]
		if i++; i == len(agents) {
			i = 0
		}
		if v := r.Reduce(now, raw, &h); v != hit.Counted {
			b.Fatal(v)
		}
	}
}

func BenchmarkParts(b *testing.B) {
	r := benchReducer(b)
	raw := typicalRaw()
	b.Run("agent warm", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.agents.parse(raw)
		}
	})
	b.Run("agent cold", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.agents.read(raw.Agent, raw)
		}
	})
	b.Run("path", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.path(raw.Path, nil)
		}
	})
	b.Run("referrer", func(b *testing.B) {
		lists := r.lists.Load()
		b.ReportAllocs()
		for b.Loop() {
			r.referrer(raw.Referrer, r.sites[0], lists)
		}
	})
	b.Run("key", func(b *testing.B) {
		b.ReportAllocs()
		now := time.Now()
		var v hit.Visitor
		var m [messageSize]byte
		for b.Loop() {
			r.sites[0].secrets.key(now, &m, &v)
		}
	})
}

// BenchmarkReduceParallel shows what the locks cost.
func BenchmarkReduceParallel(b *testing.B) {
	r, now := benchReducer(b), time.Now()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		raw := typicalRaw()
		var h hit.Hit
		for pb.Next() {
			r.Reduce(now, raw, &h)
		}
	})
}

func host(t testing.TB, s string) hit.Host {
	t.Helper()
	h, err := hit.ParseHost(s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}
