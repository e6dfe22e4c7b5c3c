package aggregate

import (
	"container/heap"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"footfall/aggregate/internal/block"
	"footfall/aggregate/publish"
)

// The attack of DESIGN.md section 6. An attacker asks everything that can be
// asked of a site: each published period by each dimension (any other range
// is a sum of these, TestComposedAnswersAreSums). What he knows of a series of
// days, one measure of one row, is then a system of difference constraints on
// its running sums: lo <= S[to+1] - S[from] <= hi for each period. Its tightest
// bounds are shortest paths, exactly. What ties series to one another, rows
// that sum up to the total and to (other), is propagated as intervals between.

// An interval is what the attacker knows of one sum.
type interval struct{ lo, hi int64 }

const unknown = math.MaxInt32 // no upper bound

func (i interval) with(j interval) interval { return interval{max(i.lo, j.lo), min(i.hi, j.hi)} }

// An attackRange is a range of days, by index, both included.
type attackRange struct{ from, to int }

// An attack is what has been learned of a site of n days.
type attack struct {
	n      int
	ranges []attackRange // the days first
	series []*attackSeries
	groups []*attackGroup
	pairs  [][2]*attackSeries // the first is never more than the second
	at     map[attackRange]int
}

// An attackSeries is one measure of one row.
type attackSeries struct {
	name  string
	truth []int64    // by day: what the attacker wants to know
	known []interval // by range
	sums  []int64    // running sums of the truth; they only speed the search up
	none  []bool     // by day, nil for never: there is no such cell, since the page was folded
}

// An attackGroup is the rows of a dimension that sum up to a total.
type attackGroup struct {
	total  *attackSeries
	rows   []*attackSeries
	hidden [][]bool   // by range and row: merged into (other)
	other  []interval // by range
}

func newAttack(n int, ranges []attackRange) *attack {
	a := &attack{n: n, at: map[attackRange]int{}}
	for d := range n {
		a.add(attackRange{d, d})
	}
	for _, r := range ranges {
		a.add(r)
	}
	return a
}

func (a *attack) add(r attackRange) {
	if _, ok := a.at[r]; !ok {
		a.at[r] = len(a.ranges)
		a.ranges = append(a.ranges, r)
	}
}

func (a *attack) newSeries(name string, truth []int64) *attackSeries {
	s := &attackSeries{name: name, truth: truth, known: make([]interval, len(a.ranges)), sums: make([]int64, a.n+1)}
	for i := range s.known {
		s.known[i] = interval{0, unknown}
	}
	for d, v := range truth {
		s.sums[d+1] = s.sums[d] + v
	}
	a.series = append(a.series, s)
	return s
}

// learn tells what a published count says.
func learn(c publish.Count) interval {
	v, ok := c.Value()
	if !ok {
		return interval{0, 9}
	}
	return interval{max(10, v-5), v + 4}
}

// A step is an edge of the constraint graph with its slack against the truth.
type step struct {
	to   int
	cost int64
}

// close tightens every range of a series by the others: shortest paths.
func (a *attack) close(t testing.TB, s *attackSeries) (changed bool) {
	t.Helper()
	edges := make([][]step, a.n+1)
	for i, r := range a.ranges {
		value, k := s.sums[r.to+1]-s.sums[r.from], s.known[i]
		if value < k.lo || value > k.hi {
			t.Fatalf("%s, days %v: %d is not in %v: the attack is wrong", s.name, r, value, k)
		}
		if k.hi < unknown {
			edges[r.from] = append(edges[r.from], step{r.to + 1, k.hi - value})
		}
		edges[r.to+1] = append(edges[r.to+1], step{r.from, value - k.lo})
	}
	p := newPathfinder(edges)
	for i, r := range a.ranges {
		value := s.sums[r.to+1] - s.sums[r.from]
		now := interval{value - p.cost(r.to+1, r.from), min(unknown, value+p.cost(r.from, r.to+1))}.with(s.known[i])
		changed = changed || now != s.known[i]
		s.known[i] = now
	}
	return changed
}

// A pathfinder finds cheapest paths, with Dijkstra's algorithm: against the
// truth no cost is negative.
type pathfinder struct {
	edges [][]step
	best  []int64
	round []int
	turn  int
	queue stepQueue
}

func newPathfinder(edges [][]step) *pathfinder {
	return &pathfinder{edges: edges, best: make([]int64, len(edges)), round: make([]int, len(edges))}
}

func (p *pathfinder) cost(from, to int) int64 {
	p.turn++
	p.queue = append(p.queue[:0], step{from, 0})
	p.best[from], p.round[from] = 0, p.turn
	for len(p.queue) > 0 {
		s := heap.Pop(&p.queue).(step)
		if s.to == to {
			return s.cost
		}
		if s.cost > p.best[s.to] {
			continue
		}
		for _, e := range p.edges[s.to] {
			if c := s.cost + e.cost; p.round[e.to] != p.turn || c < p.best[e.to] {
				p.best[e.to], p.round[e.to] = c, p.turn
				heap.Push(&p.queue, step{e.to, c})
			}
		}
	}
	return unknown
}

type stepQueue []step

func (q stepQueue) Len() int           { return len(q) }
func (q stepQueue) Less(i, j int) bool { return q[i].cost < q[j].cost }
func (q stepQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *stepQueue) Push(x any)        { *q = append(*q, x.(step)) }
func (q *stepQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// tie tightens rows by their total and by (other).
func (g *attackGroup) tie(i int) {
	all := make([]int, len(g.rows))
	var merged []int
	for r := range g.rows {
		all[r] = r
		if g.hidden[i][r] {
			merged = append(merged, r)
		}
	}
	g.share(i, merged, &g.other[i], interval{})
	rest := g.other[i]
	var shown []int
	for _, r := range all {
		if !g.hidden[i][r] {
			shown = append(shown, r)
		}
	}
	g.share(i, shown, &g.total.known[i], rest)
	g.share(i, all, &g.total.known[i], interval{})
}

// share tightens rows that, with an extra, sum up to a whole; and the whole.
func (g *attackGroup) share(i int, rows []int, whole *interval, extra interval) {
	sum := extra
	for _, r := range rows {
		sum.lo += g.rows[r].known[i].lo
		sum.hi = min(unknown, sum.hi+g.rows[r].known[i].hi)
	}
	*whole = whole.with(sum)
	for _, r := range rows {
		k := &g.rows[r].known[i]
		now := interval{0, whole.hi - (sum.lo - k.lo)}
		if sum.hi < unknown {
			now.lo = whole.lo - (sum.hi - k.hi)
		}
		*k = k.with(now)
	}
}

// solve lets everything follow that follows.
func (a *attack) solve(t testing.TB, rounds int) {
	t.Helper()
	for range rounds {
		changed := false
		for _, s := range a.series {
			changed = a.close(t, s) || changed
		}
		if !changed || len(a.groups) == 0 {
			return
		}
		for _, p := range a.pairs {
			for i := range a.ranges {
				less, more := &p[0].known[i], &p[1].known[i]
				less.hi, more.lo = min(less.hi, more.hi), max(more.lo, less.lo)
			}
		}
		for _, g := range a.groups {
			for i := range a.ranges {
				g.tie(i)
			}
		}
	}
}

// known names some of the cells under ten that are known exactly.
func (a *attack) known() string {
	var out []string
	for _, s := range a.series {
		for d, v := range s.truth {
			if k := s.known[d]; v < 10 && k.lo == k.hi && len(out) < 8 {
				out = append(out, fmt.Sprintf("%s on day %d is %d", s.name, d, v))
			}
		}
	}
	return strings.Join(out, "; ")
}

// near counts the cells known within one by series.
func (a *attack) near() map[string]int {
	out := map[string]int{}
	for _, s := range a.series {
		for d := range s.truth {
			if k := s.known[d]; k.hi-k.lo <= 1 && (s.none == nil || !s.none[d]) {
				out[fmt.Sprintf("%s %v", s.name, k)]++
			}
		}
	}
	return out
}

// found counts what the attack gave away: cells of a day under ten known
// exactly, and cells known within one.
func (a *attack) found() (exact, within, cells int) {
	for _, s := range a.series {
		for d, v := range s.truth {
			if s.none != nil && s.none[d] {
				continue
			}
			k := s.known[d]
			cells++
			if v < 10 && k.lo == k.hi {
				exact++
			}
			if k.hi-k.lo <= 1 {
				within++
			}
		}
	}
	return exact, within, cells
}

// Sites of 0.5, 13, 130 and 500 views a day: FOOTFALL_ATTACK asks each over 25
// months, the gate over 120 days.
func TestAttack(t *testing.T) {
	for _, c := range []struct {
		name  string
		times float64
	}{{"0.5", 0.004}, {"13", 0.1}, {"130", 1}, {"500", 3.8}} {
		t.Run(c.name+" views a day", func(t *testing.T) {
			days := 120
			if os.Getenv("FOOTFALL_ATTACK") != "" {
				days = 752 // 25 months but for the running day
			}
			a := attackPublished(t, attackSiteOf(t, days, 1, c.times))
			a.solve(t, 3)
			exact, within, cells := a.found()
			t.Logf("%d series, %d ranges: of %d cells of a day %d under ten are known exactly, %d within one",
				len(a.series), len(a.ranges), cells, exact, within)
			if exact > 0 {
				t.Errorf("%d cells under ten are known exactly: %s", exact, a.known())
			}
			if 200*within > cells {
				t.Errorf("%d of %d cells are known within one: %v", within, cells, a.near())
			}
		})
	}
}

// The same attack must find what a build gives away that rounds any range.
func TestAttackFindsFreeRanges(t *testing.T) {
	const days = 120
	m := attackSite(t, days, 1)
	var ranges []attackRange
	for from := range days {
		for to := from; to < days; to++ {
			ranges = append(ranges, attackRange{from, to})
		}
	}
	a := newAttack(days, ranges)
	for _, path := range []string{"/c", "/d", "/e"} {
		truth := make([]int64, days)
		for _, b := range m.blocks {
			if n := b.rows[block.Pages][path]; n != nil {
				truth[b.day-m.first] = int64(n[0])
			}
		}
		s := a.newSeries(path, truth)
		for i, r := range a.ranges {
			s.known[i] = learn(publish.NewCount(uint64(s.sums[r.to+1] - s.sums[r.from])))
		}
	}
	a.solve(t, 1)
	exact, within, cells := a.found()
	t.Logf("of %d cells of a day %d under ten are known exactly, %d within one", cells, exact, within)
	if exact < cells/2 {
		t.Errorf("of %d cells only %d are known exactly: the attack is too weak to prove anything", cells, exact)
	}
}
