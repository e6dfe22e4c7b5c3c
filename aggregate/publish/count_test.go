package publish

import (
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestCount(t *testing.T) {
	for _, c := range []struct {
		n                uint64
		text, cell, json string
	}{
		{0, "<10", "", "null"}, {1, "<10", "", "null"}, {9, "<10", "", "null"},
		{10, "10", "10", "10"}, {14, "10", "10", "10"}, {15, "20", "20", "20"}, {24, "20", "20", "20"},
		{25, "30", "30", "30"}, {94, "90", "90", "90"}, {95, "100", "100", "100"}, {1234567, "1234570", "1234570", "1234570"},
	} {
		got := NewCount(c.n)
		b, err := json.Marshal(got)
		if got.String() != c.text || got.Cell() != c.cell || string(b) != c.json || err != nil {
			t.Errorf("%d: got %q %q %s %v, want %q %q %s", c.n, got.String(), got.Cell(), b, err, c.text, c.cell, c.json)
		}
		if v, ok := got.Value(); ok != (c.n >= 10) || ok && (v%10 != 0 || got.Bound() != 5) {
			t.Errorf("%d: got %d %v within %d", c.n, v, ok, got.Bound())
		}
	}
	if v, _ := NewCount(math.MaxUint64).Value(); v%10 != 0 || v <= 0 {
		t.Errorf("the largest number: got %d", v)
	}
}

func TestCountIsWithinItsBoundAndKeepsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Uint64Range(0, 1<<40).Draw(t, "a"), rapid.Uint64Range(0, 1<<40).Draw(t, "b")
		x, y := NewCount(min(a, b)), NewCount(max(a, b))
		if x.value > y.value {
			t.Fatalf("%d became %s and %d became %s", min(a, b), x, max(a, b), y)
		}
		if v, ok := y.Value(); ok && abs(v-int64(max(a, b))) > y.Bound() {
			t.Fatalf("%d became %d", max(a, b), v)
		}
	})
}

func abs(v int64) int64 { return max(v, -v) }

func TestMean(t *testing.T) {
	for _, c := range []struct {
		seconds, visits uint64
		text, json      string
	}{
		{10000, 49, "-", "null"}, {0, 0, "-", "null"}, {0, 50, "0 s", "0"}, {124, 50, "0 s", "0"}, {125, 50, "5 s", "5"},
		{5750, 50, "115 s", "115"}, {5874, 50, "115 s", "115"}, {5875, 50, "120 s", "120"},
	} {
		got := NewMean(c.seconds, c.visits)
		b, _ := json.Marshal(got)
		if got.String() != c.text || string(b) != c.json {
			t.Errorf("%d/%d: got %s %s, want %s %s", c.seconds, c.visits, got, b, c.text, c.json)
		}
		if _, ok := got.Seconds(); ok != (got.Cell() != "") {
			t.Errorf("%d/%d: cell %q", c.seconds, c.visits, got.Cell())
		}
	}
}

func TestRatio(t *testing.T) {
	for _, c := range []struct {
		part, whole uint64
		text, json  string
	}{
		{20, 44, "-", "null"}, {9, 100, "-", "null"}, {20, 45, "40 %", "40"}, {20, 50, "40 %", "40"},
		{100, 100, "100 %", "100"}, {100, 94, "100 %", "100"}, {10, 80, "13 %", "13"},
	} {
		got := NewRatio(NewCount(c.part), NewCount(c.whole))
		b, _ := json.Marshal(got)
		if got.String() != c.text || string(b) != c.json {
			t.Errorf("%d of %d: got %s %s, want %s %s", c.part, c.whole, got, b, c.text, c.json)
		}
		if p, ok := got.Percent(); ok != (c.json != "null") || p < 0 || p > 100 {
			t.Errorf("%d of %d: got %d %v", c.part, c.whole, p, ok)
		}
	}
}

func TestQuantile(t *testing.T) {
	edges := []float64{0, 100, 200, 400}
	for _, c := range []struct {
		name  string
		q     float64
		parts [][]uint64
		want  string
	}{
		{"under fifty", 0.5, [][]uint64{{20, 20, 9}}, "null"},
		{"none", 0.5, nil, "null"},
		{"middle of one bucket", 0.5, [][]uint64{{0, 50, 0}}, "150"},
		{"interpolated, two digits", 0.75, [][]uint64{{40, 40, 20}}, "190"},
		{"cumulative counts are rounded", 0.5, [][]uint64{{24, 26, 0}}, "120"}, // 20, 50: 25 lies a sixth in
		{"last bucket", 1, [][]uint64{{10, 10, 80}}, "400"},
		{"lowest", 0, [][]uint64{{0, 60, 0}}, "100"},
		{"parts are summed, small ones left out", 0.5, [][]uint64{{0, 100}, {49}, {0, 0, 100}}, "200"},
		{"shorter than the buckets", 0.5, [][]uint64{{60}}, "50"},
	} {
		b, _ := json.Marshal(NewQuantile(c.q, edges, c.parts...))
		if string(b) != c.want {
			t.Errorf("%s: got %s, want %s", c.name, b, c.want)
		}
	}
	for _, bad := range []Quantile{NewQuantile(math.NaN(), edges, []uint64{100}), NewQuantile(2, edges, []uint64{100}),
		NewQuantile(0.5, edges[:1], []uint64{100})} {
		if _, ok := bad.Value(); ok || bad.String() != "-" {
			t.Errorf("got %v, want it withheld", bad)
		}
	}
	if got := NewQuantile(0.5, []float64{0, 0.1, 0.2, 0.3}, []uint64{0, 0, 100}).String(); got != "0.25" {
		t.Errorf("got %s, want 0.25", got)
	}
	if got := NewQuantile(0.5, []float64{800, 823}, []uint64{100}).String(); got != "810" {
		t.Errorf("got %s, want 810", got)
	}
}
