package dashboard

import (
	"fmt"
	"strconv"
	"strings"

	"footfall/aggregate/publish"
)

// Charts are geometry: functions of this file turn published counts into
// coordinates, which a template writes as SVG. Columns have equal widths, so
// that the boxes over them, which hold the words, need no coordinates at all.

// The drawing's own units; style stretches them.
const (
	chartWidth  = 1000
	chartHeight = 240
	sparkHeight = 44
)

// A point is one value of a series.
type point struct {
	value publish.Count // withheld is drawn on the base line
	mean  publish.Mean  // drawn in the place of value where it is shown
	known bool          // false: there is no value, the line has a gap
	open  bool          // the day is not over: what leads to it is dashed
}

// height returns the published number that is drawn, 0 for a withheld one.
func (p point) height() int64 {
	if s, ok := p.mean.Seconds(); ok {
		return s
	}
	n, _ := p.value.Value()
	return n
}

// shown tells whether there is a number to draw.
func (p point) shown() bool {
	_, isMean := p.mean.Seconds()
	_, isCount := p.value.Value()
	return isMean || isCount
}

// A series is one measure as it is drawn.
type series struct {
	Class string // of the style
	Name  string
	Line  string // path of what is closed
	Open  string // path to what is not over
	Area  string // path under the line
	Dots  string // path of points that have no neighbour
	Bars  []bar
}

type bar struct {
	X, Y, Width, Height string
	Open                bool
}

// A grid line and its word.
type gridLine struct {
	Y    string
	Text string
}

// columns places n values in the width.
type columns struct{ n int }

func (c columns) middle(i int) float64 { return (float64(i) + 0.5) * chartWidth / float64(c.n) }

// scale is the height of values from 0 to top.
type scale struct {
	top, height float64
	drawn       bool // some value is shown
	steps       int64
}

// newScale returns a scale that holds the largest value, with a round top.
func newScale(height float64, all ...[]point) scale {
	s := scale{height: height}
	most, timed := int64(0), false
	for _, points := range all {
		for _, p := range points {
			_, isMean := p.mean.Seconds()
			timed = timed || isMean
			most, s.drawn = max(most, p.height()), s.drawn || p.shown()
		}
	}
	s.top, s.steps = float64(roundTop(most)), 4
	switch {
	case timed:
		s.top = float64(roundMinutes(most))
	case s.top < 80:
		s.steps = 2
	}
	return s
}

// roundMinutes returns the smallest of 1, 2, 4, 8 and so on minutes that is
// not under n, both in seconds: a quarter of it is a round time too.
func roundMinutes(n int64) int64 {
	top := int64(60)
	for top < n {
		top *= 2
	}
	return top
}

// roundTop returns the smallest of 1, 2, 4, 6, 8 times a power of ten that is
// not under n, at least 20: it halves and quarters into round numbers.
func roundTop(n int64) int64 {
	for power := int64(10); ; power *= 10 {
		for _, m := range []int64{2, 4, 6, 8, 10} {
			if top := m * power; top >= n {
				return top
			}
		}
	}
}

func (s scale) y(p point) float64 {
	return s.height - float64(p.height())/s.top*s.height
}

// grid returns five lines from the top down to zero, three where the top is
// too small to quarter.
func (s scale) grid(text func(int64) string) []gridLine {
	var out []gridLine
	for i := s.steps; i >= 0; i-- {
		v := int64(s.top) * i / s.steps
		out = append(out, gridLine{coordinate(s.height - float64(v)/s.top*s.height), text(v)})
	}
	return out
}

// line draws a series as a line. A gap or a lone point becomes a dot.
func line(class, name string, points []point, s scale) series {
	out := series{Class: class, Name: name}
	var closed, open, area, dots strings.Builder
	at := func(i int) (x, y float64) { return columns{len(points)}.middle(i), s.y(points[i]) }
	for i := 0; i < len(points); {
		if !points[i].known {
			i++
			continue
		}
		end := i
		for end+1 < len(points) && points[end+1].known {
			end++
		}
		run(points, i, end, at, &closed, &open)
		if i == end {
			x, y := at(i)
			fmt.Fprintf(&dots, "M%s %sh0", coordinate(x), coordinate(y))
		} else {
			under(i, end, s.height, at, &area)
		}
		i = end + 1
	}
	out.Line, out.Open, out.Area, out.Dots = closed.String(), open.String(), area.String(), dots.String()
	return out
}

// run draws the line from one point through another, a segment that ends at
// an open point apart.
func run(points []point, from, to int, at func(int) (float64, float64), closed, open *strings.Builder) {
	for i := from; i <= to; i++ {
		x, y := at(i)
		switch {
		case i == from:
			fmt.Fprintf(closed, "M%s %s", coordinate(x), coordinate(y))
		case points[i].open:
			x0, y0 := at(i - 1)
			fmt.Fprintf(open, "M%s %sL%s %s", coordinate(x0), coordinate(y0), coordinate(x), coordinate(y))
		default:
			fmt.Fprintf(closed, "L%s %s", coordinate(x), coordinate(y))
		}
	}
}

func under(from, to int, base float64, at func(int) (float64, float64), area *strings.Builder) {
	x, _ := at(from)
	fmt.Fprintf(area, "M%s %s", coordinate(x), coordinate(base))
	for i := from; i <= to; i++ {
		x, y := at(i)
		fmt.Fprintf(area, "L%s %s", coordinate(x), coordinate(y))
	}
	x, _ = at(to)
	fmt.Fprintf(area, "L%s %sZ", coordinate(x), coordinate(base))
}

// bars draws a series as bars, for values that stand beside rather than after
// one another.
func bars(class, name string, points []point, s scale) series {
	out := series{Class: class, Name: name}
	width := float64(chartWidth) / float64(max(1, len(points)))
	for i, p := range points {
		if !p.known {
			continue
		}
		y := s.y(p)
		out.Bars = append(out.Bars, bar{
			X: coordinate((float64(i) + 0.15) * width), Y: coordinate(y),
			Width: coordinate(0.7 * width), Height: coordinate(s.height - y), Open: p.open,
		})
	}
	return out
}

// spark draws a small line without axes.
func spark(points []point) series {
	return line("views", "", points, newScale(sparkHeight, points))
}

// length returns a bar's length among rows, as a percentage of the longest.
func length(c, longest publish.Count) string {
	n, ok := c.Value()
	most, some := longest.Value()
	if !ok || !some {
		return "0%"
	}
	return strconv.FormatFloat(100*min(1, float64(n)/float64(most)), 'f', 1, 64) + "%"
}

// coordinate writes a number with at most one decimal.
func coordinate(v float64) string {
	s := strconv.FormatFloat(v, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0")
}
