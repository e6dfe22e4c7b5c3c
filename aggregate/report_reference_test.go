package aggregate

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"

	"pgregory.net/rapid"
)

// The reference computes a report from a modelSite with maps of texts, straight
// from DESIGN.md section 6, sharing nothing with the code under test but the
// order of measures in blocks.
type reference struct {
	m *modelSite
	q *Query
}

// A refPeriod is one published period.
type refPeriod struct {
	kind     string
	from, to hit.Day
}

// refKinds lists the published periods that begin on a day, longest first.
func refKinds(d hit.Day) []refPeriod {
	at := time.Unix(int64(d)*86400, 0).UTC()
	until := func(kind string, next time.Time) refPeriod { return refPeriod{kind, d, hit.Day(next.Unix()/86400) - 1} }
	var out []refPeriod
	if at.YearDay() == 1 {
		out = append(out, until("year", at.AddDate(1, 0, 0)))
	}
	if at.Weekday() == time.Monday {
		out = append(out, until("thirteen_weeks", at.AddDate(0, 0, 91)))
	}
	if at.Day() == 1 {
		out = append(out, until("month", at.AddDate(0, 1, 0)))
	}
	if at.Weekday() == time.Monday {
		out = append(out, until("four_weeks", at.AddDate(0, 0, 28)), until("week", at.AddDate(0, 0, 7)))
	}
	return append(out, refPeriod{"day", d, d})
}

// mayAnswer tells whether every day of a period is kept, closed and readable; a
// single day may be the running one or a damaged one.
func (r *reference) mayAnswer(p refPeriod) bool {
	if p.from < r.m.first || p.to > r.m.today {
		return false
	}
	for d := p.from; d <= p.to && p.kind != "day"; d++ {
		if d == r.m.today || r.damaged(d) {
			return false
		}
	}
	return true
}

// cut returns the fewest periods that cover from..to, the longest first.
func (r *reference) cut() []refPeriod {
	from, to := max(r.q.From, r.m.first), min(r.q.To, r.m.today)
	best := map[hit.Day][]refPeriod{to + 1: nil}
	for d := to; d >= from; d-- {
		for _, p := range refKinds(d) {
			if p.to > to || !r.mayAnswer(p) {
				continue
			}
			if have, ok := best[d]; !ok || 1+len(best[p.to+1]) < len(have) {
				best[d] = append([]refPeriod{p}, best[p.to+1]...)
			}
		}
	}
	return best[from]
}

func (r *reference) damaged(d hit.Day) bool {
	for _, b := range r.m.blocks {
		if b.day == d && (b.damaged || b.flags&block.Running != 0 && d != r.m.today) {
			return true
		}
	}
	return false
}

// of returns the blocks whose sum a day is. A table that the snapshot of ten
// minutes has is read from that, others from the hour's.
func (r *reference) of(d hit.Day, tens bool) []*modelBlock {
	var closed, hour, ten []*modelBlock
	for i := range r.m.blocks {
		switch b := &r.m.blocks[i]; {
		case b.day != d || b.damaged:
		case b.flags&block.Tens != 0:
			ten = append(ten, b)
		case b.flags&block.Running != 0:
			hour = append(hour, b)
		default:
			closed = append(closed, b)
		}
	}
	if tens && ten != nil {
		return append(closed, ten...)
	}
	return append(closed, hour...)
}

// refRow is one value's raw sums in one period.
type refRow struct {
	n     map[string]uint64
	scale uint64
}

// A refExtract tells what rows a block has, each with the level of its filter.
type refExtract func(b *modelBlock, emit func(value string, level uint64, n map[string]uint64))

// raw sums up one period.
func (r *reference) raw(p refPeriod, tens bool, own bool, ex refExtract) (rows map[string]*refRow, least uint64, absent map[string]bool) {
	rows, least, absent = map[string]*refRow{}, 1, map[string]bool{}
	for d := p.from; d <= p.to; d++ {
		blocks := r.of(d, tens)
		if r.damaged(d) || d == r.m.today && len(blocks) == 0 {
			for _, m := range strings.Fields("views visitors visits bounces visit_time entries exits uses hits") {
				absent[m] = true
			}
			continue
		}
		times, level := uint64(0), uint8(0)
		for _, b := range blocks {
			times += uint64(b.restarts) + 1
			level = max(level, b.level)
			lacks := ""
			if b.flags&block.NoVisitors != 0 {
				lacks = "visitors bounces visit_time entries exits"
			}
			if b.flags&block.Running != 0 {
				lacks += " bounces visit_time exits"
			}
			for _, m := range strings.Fields(lacks) {
				absent[m] = true
			}
		}
		if own {
			least = max(least, times)
		} else {
			least = max(least, times<<level)
		}
		for _, b := range blocks {
			ex(b, func(value string, level uint64, n map[string]uint64) {
				row := rows[value]
				if row == nil {
					row = &refRow{n: map[string]uint64{}}
					rows[value] = row
				}
				for m, v := range n {
					row.n[m] += v
				}
				if own {
					row.scale = max(row.scale, times<<level)
				}
			})
		}
	}
	return rows, least, absent
}

// refSum is a value composed of periods.
type refSum struct {
	value              map[string]int64
	shown, parts       map[string]int64
	seconds, secondsOf int64 // of visit_time: sum of mean x visits, sum of visits
}

func newRefSum() *refSum {
	return &refSum{value: map[string]int64{}, shown: map[string]int64{}, parts: map[string]int64{}}
}

// add publishes one period's numbers, or hides them.
func (s *refSum) add(measures []string, n map[string]uint64, absent map[string]bool, show bool) {
	round := func(v uint64) int64 {
		if v < 10 {
			return 0
		}
		return int64(v+5) / 10 * 10
	}
	for _, m := range measures {
		if absent[m] {
			continue
		}
		s.parts[m]++
		if !show {
			continue
		}
		if m == "visit_time" {
			if n["visits"] >= 50 {
				mean := float64(n["visit_time"]) / float64(n["visits"])
				s.seconds += round(n["visits"]) * 5 * int64(mean/5+0.5)
				s.secondsOf += round(n["visits"])
			}
			continue
		}
		v := round(n[m])
		if m == "visitors" && slices.Contains(measures, "views") {
			v = min(v, round(n["views"]))
		}
		if v > 0 {
			s.value[m] += v
			s.shown[m]++
		}
	}
}

func (s *refSum) json(measures []string) map[string]any {
	out := map[string]any{}
	for _, m := range measures {
		out[m] = nil
		if m == "visit_time" {
			if s.secondsOf > 0 {
				out[m] = float64(5 * int64(float64(s.seconds)/float64(s.secondsOf)/5+0.5))
			}
		} else if s.shown[m] > 0 {
			out[m] = float64(s.value[m])
		}
	}
	return out
}

// bound is five for each shown part and nine for each hidden one; of the totals
// the largest. A part that cannot be read is neither.
func (s *refSum) bound() float64 {
	most, hidden := int64(0), int64(0)
	for m, parts := range s.parts {
		hidden = max(hidden, 9*parts)
		if shown := s.shown[m]; shown > 0 {
			most = max(most, 5*shown+9*(parts-shown))
		}
	}
	if most == 0 {
		most = hidden
	}
	return float64(most)
}

// refEnough tells whether a row is shown.
func refEnough(behind string, n map[string]uint64, scale uint64) bool {
	need := uint64(10)
	switch behind {
	case "":
		return true
	case "visitors", "visits", "entries", "exits":
		need *= scale
	}
	return n[behind] >= need
}

func TestReportIsTheReference(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := drawSite(t, rt)
		src := newMemorySource(t, m)
		if rapid.Bool().Draw(rt, "roll-ups") {
			src.rollUp()
		}
		for range 6 {
			compareReports(t, rt, m, src, drawQuery(rt, m))
		}
	})
}

func compareReports(t *testing.T, rt *rapid.T, m *modelSite, src *memorySource, q *Query) {
	t.Helper()
	got, err := report(src, time.Unix(int64(m.today)*86400+43200, 0), q)
	want := (&reference{m, q}).report()
	if want == nil {
		if !errors.Is(err, ErrBadQuery) {
			rt.Fatalf("%+v: got error %v, want a bad query", q, err)
		}
		return
	}
	if err != nil {
		rt.Fatalf("%+v: %v", q, err)
	}
	b, err := json.Marshal(got)
	if err != nil {
		rt.Fatal(err)
	}
	var have map[string]any
	if err := json.Unmarshal(b, &have); err != nil {
		rt.Fatal(err)
	}
	for key, w := range want {
		if !reflect.DeepEqual(have[key], w) {
			rt.Fatalf("%s of by=%s page=%q where=%s %s..%s (kept from %s, today %s)\ngot  %v\nwant %v", key, q.By, q.Page, q.Where,
				q.From, q.To, m.first, m.today, have[key], w)
		}
	}
}
