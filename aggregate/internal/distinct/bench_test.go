package distinct

import (
	"runtime"
	"testing"
	"time"
)

// BenchmarkAdd adds new keys to one set, up to the default budget and again.
func BenchmarkAdd(b *testing.B) {
	budget, r := NewBudget(0), source(1)
	s := budget.only().NewSet(0)
	worst := time.Duration(0)
	for b.Loop() {
		if s.Len() == DefaultKeys {
			s.release()
		}
		if n := s.Len(); n < 1<<16 {
			s.Add(r.Uint64())
			continue
		}
		begin := time.Now()
		s.Add(r.Uint64())
		worst = max(worst, time.Since(begin))
	}
	b.ReportMetric(float64(worst.Microseconds()), "worst-µs")
}

// BenchmarkSeen asks a full set for keys that it has.
func BenchmarkSeen(b *testing.B) {
	budget, r := NewBudget(0), source(1)
	s := budget.only().NewSet(0)
	keys := make([]uint64, 1<<17)
	for i := range DefaultKeys {
		k := r.Uint64()
		s.Add(k)
		keys[i%len(keys)] = k
	}
	i := 0
	for b.Loop() {
		if s.Weight(keys[i%len(keys)]) != 0 {
			b.Fatal("not seen")
		}
		i++
	}
}

// BenchmarkPastTheBudget adds new keys to one of 100,000 sets, when the budget
// has been spent.
func BenchmarkPastTheBudget(b *testing.B) {
	budget, r := NewBudget(0), source(1)
	sets := make([]*Set, 100_000)
	for i := range sets {
		sets[i] = budget.only().NewSet(0)
	}
	pick := func() *Set { return sets[r.IntN(1+r.IntN(len(sets)))] }
	for budget.Used() < DefaultKeys {
		pick().Add(r.Uint64())
	}
	for b.Loop() {
		pick().Add(r.Uint64())
	}
}

// BenchmarkHeap reports what the runtime takes for the default budget when it
// is full, beside what Bytes says.
func BenchmarkHeap(b *testing.B) {
	for _, bench := range []struct {
		name string
		sets int
	}{{"one set", 1}, {"1,000 sets", 1_000}, {"100,000 sets", 100_000}} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				budget, r := NewBudget(0), source(1)
				sets := make([]*Set, bench.sets)
				for i := range sets {
					sets[i] = budget.only().NewSet(0)
				}
				for i := 0; budget.Used() < DefaultKeys; i++ {
					sets[i%len(sets)].Add(r.Uint64())
				}
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
				b.ReportMetric(float64(budget.Bytes())/(1<<20), "MiB-told")
				runtime.KeepAlive(sets)
			}
		})
	}
}
