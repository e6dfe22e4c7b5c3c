package distinct

import (
	"math"
	"testing"
)

// TestOneFloodThinsNoOther floods one site, over many of its pages, past the
// budget: another site that holds less than its part stays exact. The planted
// fault keeps both in one share, as if sites shared by nothing but size.
func TestOneFloodThinsNoOther(t *testing.T) {
	for _, planted := range []bool{false, true} {
		const budget, pages, visitors = 20_000, 1_000, 4_500
		b, r := NewBudget(budget), source(10)
		flooded, small := b.NewShare(), b.NewShare()
		visit := small.Main()
		if planted {
			small = flooded
			visit = small.NewSet(0)
		}
		page := make([]*Set, pages)
		for i := range page {
			page[i] = flooded.NewSet(0)
		}
		other := make([]*Set, 20)
		for i := range other {
			other[i] = small.NewSet(0)
		}
		var counted int64
		for i := range 20 * visitors {
			for range 10 {
				flooded.Main().Add(r.Uint64())
				page[r.IntN(pages)].Add(r.Uint64())
			}
			if i%20 == 0 {
				counted += visit.Add(r.Uint64())
				other[r.IntN(len(other))].Add(r.Uint64())
			}
			if i%10_000 == 0 && b.Used() > budget {
				t.Fatalf("%d keys of %d", b.Used(), budget)
			}
		}
		exact := counted == visitors && visit.Level() == 0
		for _, s := range other {
			exact = exact && s.Level() == 0
		}
		t.Logf("planted %v: %d of %d visitors at level %d; the flood's site at level %d with %d keys", planted,
			counted, visitors, visit.Level(), flooded.Main().Level(), flooded.used)
		if exact == planted {
			t.Errorf("planted %v: the small site is exact: %v", planted, exact)
		}
	}
}

// TestPagesGiveWayBeforeVisitors spends a share on many pages: its main set
// stays exact up to half of it, sections thin later than pages, and levels
// follow the number of visitors.
func TestPagesGiveWayBeforeVisitors(t *testing.T) {
	const budget = 20_000
	b, r := NewBudget(budget), source(11)
	share := b.NewShare()
	var pages []*Set
	for range 2_000 {
		pages = append(pages, share.NewSet(0))
	}
	section := share.NewSet(4)
	for i := range 90_000 {
		if i%10 == 0 {
			share.Main().Add(r.Uint64())
			section.Add(r.Uint64())
		}
		pages[r.IntN(1+r.IntN(len(pages)))].Add(r.Uint64())
	}
	if got := share.Main(); got.Level() != 0 || got.Len() != 9_000 {
		t.Errorf("main set: %d keys at level %d, want all 9,000", got.Len(), got.Level())
	}
	if pages[0].Level() == 0 || section.Len() < 4*pages[0].Len() {
		t.Errorf("the first page keeps %d keys at level %d, the section %d", pages[0].Len(), pages[0].Level(), section.Len())
	}
	for range 100_000 {
		share.Main().Add(r.Uint64())
	}
	if got := share.Main(); got.Level() == 0 || got.Len() < budget/5 {
		t.Errorf("main set past half of the budget: %d keys at level %d", got.Len(), got.Level())
	}
	inspect(t, b, append(pages, section, share.Main()))
}

// spread counts over many seeds how far counts are off: on average, in
// standard errors of that average, which must be nothing; and those of sampled
// sets squared, in units of (2^k-1)n, which must be at most one.
func spread(seeds int, weigh func(s *Set, key uint64) int64) (mean, square float64) {
	var off, off2, all, sampled float64
	for seed := range seeds {
		b, r := NewBudget(2_000), source(uint64(seed))
		shares := []*Share{b.NewShare(), b.NewShare()}
		type counted struct {
			set          *Set
			total, truth int64
		}
		var sets []*counted
		for _, s := range shares {
			sets = append(sets, &counted{set: s.Main()})
			for i := range 30 {
				sets = append(sets, &counted{set: s.NewSet(uint8(i % 2 * 4))})
			}
		}
		for range 40_000 {
			c := sets[r.IntN(1+r.IntN(len(sets)))]
			c.total += weigh(c.set, r.Uint64())
			c.truth++
		}
		for _, c := range sets {
			if c.truth == 0 {
				continue
			}
			d := float64(c.total-c.truth) / float64(c.truth)
			off, off2, all = off+d, off2+d*d, all+1
			if k := c.set.Level(); k > 0 {
				square += d * d * float64(c.truth) / float64(int64(1)<<k-1)
				sampled++
			}
		}
	}
	return off / math.Sqrt(off2), square / sampled
}

// TestSharesStayUnbiased holds the error of sampled sets in shares, and that
// the test sees two ways to be wrong: to count few keys twice, and to weigh
// none.
func TestSharesStayUnbiased(t *testing.T) {
	seeds := 60
	mean, square := spread(seeds, (*Set).Add)
	t.Logf("mean %+.2f standard errors, mean square %.2f", mean, square)
	if math.Abs(mean) > 4 || square > 1.1 {
		t.Errorf("mean %.2f standard errors off, mean square %.2f, want within 4 and at most 1.1", mean, square)
	}
	twice, _ := spread(seeds, func(s *Set, key uint64) int64 {
		w := s.Add(key)
		if key>>56 < 8 { // 3 %
			return 2 * w
		}
		return w
	})
	never, _ := spread(seeds, func(s *Set, key uint64) int64 { return min(s.Add(key), 1) })
	t.Logf("planted: a few counted twice %+.1f, not weighed %+.1f standard errors", twice, never)
	if math.Abs(twice) < 4 || math.Abs(never) < 4 {
		t.Errorf("a bias is not seen: %.1f and %.1f standard errors", twice, never)
	}
}
