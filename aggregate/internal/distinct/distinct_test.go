package distinct

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// only returns the share of a budget that has one.
func (b *Budget) only() *Share {
	if len(b.shares) == 0 {
		return b.NewShare()
	}
	return b.shares[0]
}

// inspect holds what must be true of a budget and all of its sets at any time.
func inspect(t interface {
	Helper()
	Fatalf(string, ...any)
}, b *Budget, sets []*Set) {
	t.Helper()
	used, slots, holding := 0, 0, 0
	for i, s := range sets {
		n := 0
		for _, k := range s.keys {
			if k == 0 {
				continue
			}
			if n++; !s.sampled(k) || !s.Has(k) {
				t.Fatalf("set %d: a key outside the sample or not to be found", i)
			}
		}
		if n != s.Len() || (n > 0 && s != s.share.main) != (s.place > 0) || cap(s.keys) > 2*n {
			t.Fatalf("set %d: %d keys, Len %d, place %d, room %d", i, n, s.Len(), s.place, cap(s.keys))
		}
		if used, slots = used+n, slots+cap(s.keys); n > 0 {
			holding++
		}
	}
	if used != b.Used() || used > b.Keys() || slots != b.slots || holding != b.sets {
		t.Fatalf("%d keys, Used %d of %d; %d slots, counted %d; %d sets hold keys, counted %d",
			used, b.Used(), b.Keys(), slots, b.slots, holding, b.sets)
	}
	for _, share := range b.shares {
		of := 0
		if share.main != nil {
			of = share.main.Len()
		}
		for i, s := range share.heap {
			if of += s.Len(); int(s.place) != i+1 || s.rank() > share.heap[max(0, (i-1)/2)].rank() {
				t.Fatalf("heap: set of %d keys at %d, its place %d", s.n, i, s.place)
			}
		}
		if of != share.used {
			t.Fatalf("a share of %d keys, counted %d", of, share.used)
		}
	}
	if got, most := b.Bytes(), int64(16*used+64*holding); got > most {
		t.Fatalf("%d bytes, want at most %d", got, most)
	}
}

// TestModel compares sets below the budget with maps.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := NewBudget(1000)
		sets, models := make([]*Set, 3), make([]map[uint64]bool, 3)
		for i := range sets {
			sets[i], models[i] = b.only().NewSet(0), map[uint64]bool{}
		}
		which := rapid.IntRange(0, 2)
		key := rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(1, 30),
			rapid.Map(rapid.Uint64Range(0, 30), func(k uint64) uint64 { return ^k }))
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				i, k := which.Draw(t, "set"), key.Draw(t, "key")
				want := int64(1)
				if models[i][k] {
					want = 0
				}
				if got := sets[i].Weight(k); got != want {
					t.Fatalf("Weight %d, want %d", got, want)
				}
				if got := sets[i].Add(k); got != want {
					t.Fatalf("Add %d, want %d", got, want)
				}
				models[i][k] = true
			},
			"add many": func(t *rapid.T) {
				i := which.Draw(t, "set")
				for _, k := range rapid.SliceOfNDistinct(key, 5, 40, rapid.ID[uint64]).Draw(t, "keys") {
					if got := sets[i].Add(k); (got == 1) == models[i][k] {
						t.Fatalf("Add %d, seen before: %v", got, models[i][k])
					}
					models[i][k] = true
				}
			},
			"remove many": func(t *rapid.T) {
				i := which.Draw(t, "set")
				for _, k := range sample(models[i]) {
					if rapid.Bool().Draw(t, "remove") {
						sets[i].Remove(k)
						delete(models[i], k)
					}
				}
			},
			"remove": func(t *rapid.T) {
				i := which.Draw(t, "set")
				k := key.Draw(t, "key")
				if known := sample(models[i]); len(known) > 0 && rapid.Bool().Draw(t, "known") {
					k = rapid.SampledFrom(known).Draw(t, "key")
				}
				sets[i].Remove(k)
				delete(models[i], k)
			},
			"release": func(t *rapid.T) {
				if i := which.Draw(t, "set"); rapid.IntRange(0, 9).Draw(t, "rarely") == 0 {
					sets[i].release()
					clear(models[i])
				}
			},
			"": func(t *rapid.T) {
				inspect(t, b, sets)
				for i, s := range sets {
					if s.Len() != len(models[i]) || s.Level() != 0 {
						t.Fatalf("set %d: %d keys at level %d, want %d", i, s.Len(), s.Level(), len(models[i]))
					}
					for k := range models[i] {
						if !s.Has(k) || s.Weight(k) != 0 {
							t.Fatalf("set %d has lost a key", i)
						}
					}
				}
			},
		})
	})
}

func sample(m map[uint64]bool) (keys []uint64) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// TestExactUpToTheBudget fills a budget to its last place, then adds one key.
func TestExactUpToTheBudget(t *testing.T) {
	const keys = 10_000
	b, r := NewBudget(keys), source(1)
	s := b.only().NewSet(0)
	for i := range keys {
		k := r.Uint64()
		if s.Has(k) || s.Weight(k) != 1 || s.Add(k) != 1 || s.Add(k) != 0 || s.Weight(k) != 0 || !s.Has(k) {
			t.Fatalf("key %d: not exact", i)
		}
	}
	if s.Len() != keys || s.Level() != 0 || b.Used() != keys {
		t.Fatalf("%d keys at level %d, %d used", s.Len(), s.Level(), b.Used())
	}
	if got := s.Add(r.Uint64()); got != 1 {
		t.Errorf("the key past the budget entered at %d, want the weight from before it", got)
	}
	if s.Level() != 1 || math.Abs(float64(s.Len())-keys/2) > 5*math.Sqrt(keys/4) {
		t.Errorf("%d keys at level %d, want half at level 1", s.Len(), s.Level())
	}
	inspect(t, b, []*Set{s})
}

// TestUnbiased counts many times the budget over many seeds.
func TestUnbiased(t *testing.T) {
	const budget = 400
	seeds := 1_000
	if testing.Short() {
		seeds = 200
	}
	for _, truth := range []int{500, 3_000, 20_000} {
		var sum, squares float64
		for seed := range seeds {
			b, r := NewBudget(budget), source(uint64(seed))
			s := b.only().NewSet(0)
			total := int64(0)
			for range truth {
				total += s.Add(r.Uint64())
			}
			off := float64(total)/float64(truth) - 1
			sum, squares = sum+off, squares+off*off
			if b.Used() > budget {
				t.Fatalf("%d keys of %d", b.Used(), budget)
			}
		}
		mean, deviation := sum/float64(seeds), math.Sqrt(squares/float64(seeds))
		t.Logf("%d keys: mean off by %+.4f, standard error %.3f/sqrt(budget)", truth, mean, deviation*math.Sqrt(budget))
		if most := 1.2 / math.Sqrt(budget); deviation > most {
			t.Errorf("%d keys: standard error %.4f, want at most %.4f", truth, deviation, most)
		}
		if most := 4 * deviation / math.Sqrt(float64(seeds)); math.Abs(mean) > most {
			t.Errorf("%d keys: mean off by %.4f, want within %.4f of nothing", truth, mean, most)
		}
	}
}

// TestEveryKeyCountsOnce sends keys again and again while k rises: none may
// count after its first time.
func TestEveryKeyCountsOnce(t *testing.T) {
	b, r := NewBudget(500), source(2)
	s := b.only().NewSet(0)
	counted, first := map[uint64]int64{}, map[uint64]bool{}
	keys := make([]uint64, 20_000)
	for i := range keys {
		keys[i] = r.Uint64()
	}
	for i := range 200_000 {
		k := keys[r.IntN(1+i/10)]
		w := s.Add(k)
		if first[k] && w != 0 {
			t.Fatalf("key %x counted %d at a later time, %d before", k, w, counted[k])
		}
		first[k] = true
		counted[k] += w
	}
	if s.Level() < 4 {
		t.Errorf("level %d: the budget was not passed", s.Level())
	}
}

// TestNesting raises k of sets with the same keys by different ways: what a
// higher level keeps is what a lower one keeps of its sample.
func TestNesting(t *testing.T) {
	r := source(3)
	keys := make([]uint64, 5_000)
	for i := range keys {
		keys[i] = r.Uint64()
	}
	var before map[uint64]bool
	for _, budget := range []int{5_000, 2_000, 700, 200, 50} {
		s := NewBudget(budget).only().NewSet(0)
		r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		for _, k := range keys {
			s.Add(k)
		}
		kept := map[uint64]bool{}
		for _, k := range keys {
			if s.Has(k) {
				kept[k] = true
			}
			want := k&(1<<s.Level()-1) == 0
			if s.Has(k) != want {
				t.Fatalf("budget %d, level %d: key %x kept %v, want %v", budget, s.Level(), k, s.Has(k), want)
			}
			if before != nil && s.Has(k) && !before[k] {
				t.Fatalf("budget %d: a key that the larger sample lacks", budget)
			}
		}
		before = kept
	}
}

// TestLargestThinsFirst fills small sets and a large one past the budget: the
// small ones stay exact, and of two large ones neither takes the other's places.
func TestLargestThinsFirst(t *testing.T) {
	b, r := NewBudget(10_000), source(4)
	var sets []*Set
	for range 100 {
		s := b.only().NewSet(0)
		for range 30 {
			s.Add(r.Uint64())
		}
		sets = append(sets, s)
	}
	large := []*Set{b.only().NewSet(0), b.only().NewSet(0)}
	sets = append(sets, large...)
	for i := range 200_000 {
		large[min(1, i%5)].Add(r.Uint64()) // the second has four times the visitors
		if i%997 == 0 {
			inspect(t, b, sets)
		}
	}
	inspect(t, b, sets)
	for i, s := range sets[:100] {
		if s.Level() != 0 || s.Len() != 30 {
			t.Fatalf("small set %d: %d keys at level %d", i, s.Len(), s.Level())
		}
	}
	for i, s := range large {
		if share := float64(s.Len()) / 7_000; share < 0.24 || share > 0.76 {
			t.Errorf("large set %d holds %.2f of what the small ones leave", i, share)
		}
	}
	if got, want := large[1].Level()-large[0].Level(), uint8(2); got != want {
		t.Errorf("levels %d and %d, want %d apart", large[0].Level(), large[1].Level(), want)
	}
}

// TestRemove takes back the Adds of a batch whose commit failed.
func TestRemove(t *testing.T) {
	for _, budget := range []int{10_000, 300} { // k stays, k rises within the batch
		t.Run(fmt.Sprint(budget), func(t *testing.T) {
			b, r := NewBudget(budget), source(5)
			sets := []*Set{b.only().NewSet(0), b.only().NewSet(0)}
			total, truth := int64(0), 0
			for range 200 {
				for i := range 37 {
					total += sets[i%2].Add(r.Uint64())
					truth++
				}
				before := [2]map[uint64]bool{keysOf(sets[0]), keysOf(sets[1])}
				type added struct {
					s *Set
					k uint64
					w int64
				}
				var batch []added
				for i := range 40 {
					s, k := sets[i%2], r.Uint64()
					if w := s.Add(k); w != 0 {
						batch = append(batch, added{s, k, w})
						total += w
					}
				}
				for _, a := range batch {
					a.s.Remove(a.k)
					total -= a.w
				}
				for i, s := range sets {
					for k := range before[i] {
						if s.Has(k) != s.sampled(k) {
							t.Fatal("a key from before the batch is not as its level wants it")
						}
					}
					for k := range keysOf(s) {
						if !before[i][k] {
							t.Fatal("a key of the batch is left")
						}
					}
				}
				inspect(t, b, sets)
			}
			if budget == 10_000 && total != int64(truth) {
				t.Errorf("total %d, want %d", total, truth)
			}
			if off := float64(total)/float64(truth) - 1; math.Abs(off) > 4*1.2/math.Sqrt(float64(budget)) {
				t.Errorf("total %d of %d", total, truth)
			}
		})
	}
}

func keysOf(s *Set) map[uint64]bool {
	out := map[uint64]bool{}
	for _, k := range s.keys {
		if k != 0 {
			out[k] = true
		}
	}
	return out
}

// TestRemoveLeavesOthers removes what was never added, or lies outside the sample.
func TestRemoveLeavesOthers(t *testing.T) {
	b, r := NewBudget(100), source(6)
	s := b.only().NewSet(0)
	for range 1_000 {
		s.Add(r.Uint64())
	}
	n := s.Len()
	for range 1_000 {
		s.Remove(r.Uint64())
	}
	if s.Len() != n {
		t.Errorf("%d keys, want %d", s.Len(), n)
	}
	inspect(t, b, []*Set{s})
}

func TestRelease(t *testing.T) {
	b, r := NewBudget(1_000), source(7)
	var sets []*Set
	for range 40 {
		s := b.only().NewSet(0)
		for range 1 + r.IntN(200) {
			s.Add(r.Uint64())
		}
		sets = append(sets, s)
	}
	inspect(t, b, sets)
	r.Shuffle(len(sets), func(i, j int) { sets[i], sets[j] = sets[j], sets[i] })
	for _, s := range sets {
		used, n := b.Used(), s.Len()
		s.release()
		if b.Used() != used-n || s.Len() != 0 || s.Level() != 0 {
			t.Fatalf("%d used, %d before with %d here; %d keys at level %d left", b.Used(), used, n, s.Len(), s.Level())
		}
		s.release() // twice is once
		inspect(t, b, sets)
	}
	if b.Used() != 0 || b.Bytes() != 0 {
		t.Errorf("%d keys and %d bytes left", b.Used(), b.Bytes())
	}
	if s := sets[0]; s.Add(5) != 1 || !s.Has(5) {
		t.Error("a released set is not as new")
	}
}

// TestZero holds that the key which looks like a free slot is kept all the same.
func TestZero(t *testing.T) {
	b, r := NewBudget(100), source(8)
	s := b.only().NewSet(0)
	if s.Add(0) != 1 || s.Add(0) != 0 || !s.Has(0) || s.Len() != 1 {
		t.Error("key 0 is not kept")
	}
	for range 1_000 {
		s.Add(r.Uint64())
	}
	if !s.Has(0) || !s.Has(1<<63) {
		t.Error("key 0 is in every sample, and lost")
	}
	s.Remove(0)
	if s.Has(0) {
		t.Error("key 0 is not removed")
	}
}

// TestNotUniform adds keys that are in every sample: no answer is promised,
// but it ends.
func TestNotUniform(t *testing.T) {
	b := NewBudget(1)
	s := b.only().NewSet(0)
	s.Add(1 << 63)
	s.Add(1 << 62)
	if s.Add(1<<62|1<<63) < 0 || s.Level() > maxLevel {
		t.Errorf("level %d", s.Level())
	}
}

// TestThinnedToNothing drops a set's only key for the sake of another set.
func TestThinnedToNothing(t *testing.T) {
	b := NewBudget(1)
	sets := []*Set{b.only().NewSet(0), b.only().NewSet(0)}
	if sets[0].Add(0b01) != 1 || sets[1].Add(0b10) != 1 {
		t.Error("a key past the budget did not enter at the weight from before")
	}
	inspect(t, b, sets)
	if sets[0].Len() != 0 || sets[0].Level() == 0 || !sets[1].Has(0b10) {
		t.Errorf("%d and %d keys", sets[0].Len(), sets[1].Len())
	}
	sets[0].release()
	if sets[0].Level() != 0 {
		t.Error("a set thinned to nothing keeps its level when released")
	}
}

// TestSmallSets holds what a page filter of a few visitors costs.
func TestSmallSets(t *testing.T) {
	r := source(9)
	for _, n := range []int{1, 3, 8, 20, 1_000} {
		b := NewBudget(0)
		const sets = 200
		for range sets {
			s := b.only().NewSet(0)
			for range n {
				s.Add(r.Uint64())
			}
		}
		each := b.Bytes() / sets
		t.Logf("%d keys: %d bytes a set", n, each)
		if most := int64(16*n + 64); each > most {
			t.Errorf("%d keys: %d bytes a set, want at most %d", n, each, most)
		}
	}
}

func TestDefault(t *testing.T) {
	for _, keys := range []int{0, -1} {
		if got := NewBudget(keys).Keys(); got != DefaultKeys {
			t.Errorf("NewBudget(%d) allows %d", keys, got)
		}
	}
}
