package dashboard

import (
	"strings"
	"testing"

	"footfall/aggregate/publish"
)

// points makes points of exact counts, -1 for a gap.
func pointsOf(exact ...int64) []point {
	var out []point
	for _, n := range exact {
		if n < 0 {
			out = append(out, point{})
			continue
		}
		out = append(out, point{value: publish.NewCount(uint64(n)), known: true})
	}
	return out
}

func TestLine(t *testing.T) {
	for name, tc := range map[string]struct {
		points []point
		open   bool // the last one is not over
		want   series
	}{
		"rounded":                     {pointsOf(101, 49), false, series{Line: "M250 0L750 120", Area: "M250 240L250 0L750 120L750 240Z"}},
		"withheld stands on the base": {pointsOf(100, 9), false, series{Line: "M250 0L750 240", Area: "M250 240L250 0L750 240L750 240Z"}},
		"gap": {pointsOf(100, -1, 100, 100), false,
			series{Line: "M125 0M625 0L875 0", Area: "M625 240L625 0L875 0L875 240Z", Dots: "M125 0h0"}},
		"not over": {pointsOf(100, 50, 20), true,
			series{Line: "M166.7 0L500 120", Open: "M500 120L833.3 192", Area: "M166.7 240L166.7 0L500 120L833.3 192L833.3 240Z"}},
		"nothing": {nil, false, series{}},
	} {
		if tc.open {
			tc.points[len(tc.points)-1].open = true
		}
		got := line("", "", tc.points, newScale(chartHeight, tc.points))
		if got.Line != tc.want.Line || got.Open != tc.want.Open || got.Area != tc.want.Area || got.Dots != tc.want.Dots {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, tc.want)
		}
	}
}

// Two days whose exact counts differ and whose published ones do not are drawn
// alike: no coordinate tells more than the number beside it.
func TestCoordinatesComeFromPublishedValues(t *testing.T) {
	draw := func(exact ...int64) string {
		p := pointsOf(exact...)
		s := newScale(chartHeight, p)
		l, b := line("", "", p, s), bars("", "", p, s)
		out := l.Line + l.Area + l.Open + l.Dots
		for _, x := range b.Bars {
			out += x.X + x.Y + x.Width + x.Height
		}
		return out + length(p[0].value, p[1].value)
	}
	if a, b := draw(95, 104, 0, 9), draw(99, 100, 9, 1); a != b {
		t.Errorf("drawn apart:\n%s\n%s", a, b)
	}
}

func TestScale(t *testing.T) {
	for n, want := range map[int64]int64{0: 20, 10: 20, 20: 20, 30: 40, 50: 60, 70: 80, 90: 100, 110: 200, 4_010: 6_000, 999_990: 1_000_000} {
		if got := roundTop(n); got != want {
			t.Errorf("top of %d: got %d, want %d", n, got, want)
		}
	}
	l := languages()["en"]
	s := newScale(chartHeight, pointsOf(3_900))
	var got []string
	for _, g := range s.grid(l.group) {
		got = append(got, g.Y+"="+g.Text)
	}
	if want := "0=4,000 60=3,000 120=2,000 180=1,000 240=0"; strings.Join(got, " ") != want {
		t.Errorf("grid %v, want %s", got, want)
	}
	for n, want := range map[int64]int64{0: 60, 60: 60, 65: 120, 110: 120, 125: 240, 3_000: 3_840} {
		if got := roundMinutes(n); got != want {
			t.Errorf("top of %d seconds: got %d, want %d", n, got, want)
		}
	}
	if n := len(newScale(chartHeight, pointsOf(12)).grid(l.group)); n != 3 {
		t.Errorf("%d lines under twenty, want 3", n)
	}
}

func TestLength(t *testing.T) {
	for name, tc := range map[string]struct {
		n, of uint64
		want  string
	}{
		"half": {50, 100, "50.0%"}, "withheld": {9, 100, "0%"}, "no longest": {50, 0, "0%"}, "longest": {100, 100, "100.0%"},
	} {
		if got := length(publish.NewCount(tc.n), publish.NewCount(tc.of)); got != tc.want {
			t.Errorf("%s: got %s, want %s", name, got, tc.want)
		}
	}
}

func TestTicks(t *testing.T) {
	for name, tc := range map[string]struct {
		n          int
		by         string
		all, small int
	}{
		"a week": {7, "day", 7, 4}, "two weeks": {14, "day", 14, 5}, "four weeks": {30, "day", 5, 5}, "thirteen weeks": {93, "day", 7, 4},
		"hours": {24, "hour", 8, 4}, "a year of weeks": {47, "week", 12, 4}, "none": {0, "day", 0, 0},
	} {
		cols := make([]column, tc.n)
		for i := range cols {
			cols[i].Tick = "x"
		}
		ticks(cols, tc.by)
		all, small := 0, 0
		for _, c := range cols {
			if c.Tick != "" {
				all++
				if !c.Minor {
					small++
				}
			}
		}
		if all != tc.all || small != tc.small {
			t.Errorf("%s: %d words, %d on a narrow screen, want %d and %d", name, all, small, tc.all, tc.small)
		}
	}
}
