package dashboard

import (
	"net/url"
	"strings"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
)

// chartBody is a chart with its words.
type chartBody struct {
	Title   string
	Series  []series
	Grid    []gridLine
	Columns []column
	Band    *band // days after the period
	Summary []string
	Heads   []string
	Empty   bool
	CSV     string
	Export  string // of the page's days, once they are over
	Dense   bool   // columns too narrow for a word each
}

// A column is one day, week, month or hour of a chart.
type column struct {
	Name  string // for the tip and the table
	Tick  string // on the axis, "" for most
	Minor bool   // the tick goes where there is little room
	Side  string // where the tip opens: "", "left" or "right"
	Open  bool
	After bool // after the period
	Cells []cell
}

type cell struct{ Class, Name, Value string }

type band struct{ X, Width string }

// drawn returns the measures that a chart's name in the URL draws, and what
// they are called together.
func (l *language) drawn(name string) ([]publish.Measure, string) {
	if m := map[string]publish.Measure{"visits": publish.Visits, "bounces": publish.Bounces, "time": publish.VisitTime}[name]; m != 0 {
		return []publish.Measure{m}, l.Measures[m]
	}
	return []publish.Measure{publish.Views, publish.Visitors}, l.Chart.ViewsAndVisitors
}

var dimOfGrain = map[string]aggregate.Dim{
	"hour": aggregate.ByHour, "day": aggregate.ByDay, "week": aggregate.ByWeek, "month": aggregate.ByMonth,
}

// chart draws the page's days, under its page if it has one.
func (r *reading) chart() (*chartBody, error) {
	g := grainOf(r.view.span, r.today, r.kept)
	if g.by == "hour" && (r.view.page != "" || r.view.chart != "") {
		g = grain{"day", span{custom, r.view.span.to - 13, r.view.span.to}}
	}
	report, err := r.ask(aggregate.Query{
		From: max(g.span.from, r.kept), To: g.span.to, By: dimOfGrain[g.by], Page: r.view.page, Limit: aggregate.MaxLimit,
	})
	if err != nil {
		return nil, err
	}
	return r.plot(report, g), nil
}

func (r *reading) plot(report *publish.Report, g grain) *chartBody {
	l, rows := r.c.l, report.Rows()
	measures, title := l.drawn(r.view.chart)
	format := map[string]string{
		"hour": l.Chart.PerHour, "day": l.Chart.PerDay, "week": l.Chart.PerWeek, "month": l.Chart.PerMonth,
	}[g.by]
	if g.by == "hour" {
		measures, title = measures[:1], l.Measures[publish.Views]
	}
	b := &chartBody{Title: replace(format, title), Heads: []string{l.Chart.When}, Dense: len(rows) > 45}
	points := make([][]point, len(measures))
	for _, row := range rows {
		col := r.column(g.by, row.Value)
		for i, m := range measures {
			p, text := l.point(row.Values, m)
			p.open = col.Open
			p.known = p.known && (!p.open || p.shown()) // a day that has only begun is no fall to nothing
			points[i] = append(points[i], p)
			col.Cells = append(col.Cells, cell{m.String(), l.Measures[m], text})
		}
		b.Columns = append(b.Columns, col)
	}
	r.finish(b, points, measures, g)
	own := r.view.withSpan(g.span)
	b.CSV = own.report(r.c.root, g.by, "csv", 0)
	b.Export = r.export()
	return b
}

// point returns a measure of a row as it is drawn and as it is written.
func (l *language) point(v publish.Values, m publish.Measure) (point, string) {
	if m == publish.VisitTime {
		t, ok := v.VisitTime()
		if _, shown := t.Seconds(); ok && shown {
			return point{mean: t, known: true}, l.mean(t)
		}
		return point{}, ""
	}
	c, ok := v.Count(m)
	if !ok {
		return point{}, ""
	}
	return point{value: c, known: c.Known()}, l.count(c)
}

func (r *reading) finish(b *chartBody, points [][]point, measures []publish.Measure, g grain) {
	l := r.c.l
	s := newScale(chartHeight, points...)
	text := l.group
	if measures[0] == publish.VisitTime {
		text = l.duration
	}
	b.Grid = s.grid(text)
	b.Empty = !s.drawn
	for i, m := range measures {
		b.Heads = append(b.Heads, l.Measures[m])
		if g.by == "hour" || g.by == "month" || len(b.Columns) == 1 {
			b.Series = append(b.Series, bars(m.String(), l.Measures[m], points[i], s))
		} else {
			b.Series = append(b.Series, line(m.String(), l.Measures[m], points[i], s))
		}
	}
	if !b.Empty {
		b.Summary = l.extremes(b.Columns, points[len(points)-1], len(points)-1)
	}
	ticks(b.Columns, g.by)
	b.Band = bandOf(b.Columns)
	for i := range b.Columns {
		switch {
		case 3*i < len(b.Columns):
			b.Columns[i].Side = "left"
		case 3*i >= 2*len(b.Columns):
			b.Columns[i].Side = "right"
		}
	}
}

// column names a row of time.
func (r *reading) column(by, value string) column {
	l := r.c.l
	switch by {
	case "hour":
		return column{Name: value + ":00–" + value + ":59", Tick: value}
	case "week":
		// The first day of ISO week 1 is the Monday of the week with 4 January.
		if y, w, ok := isoWeek(value); ok {
			monday := hit.DayOf(y, 1, 4).Monday() + hit.Day(7*(w-1))
			return column{Name: l.days(monday, monday+6), Tick: l.tick(monday)}
		}
	case "month":
		if d, err := hit.ParseDay(value + "-01"); err == nil {
			_, m, _ := d.Date()
			return column{Name: l.month(d.Month()), Tick: l.MonthsShort[m-1], Open: d.Month() == r.today.Month()}
		}
	case "day":
		if d, err := hit.ParseDay(value); err == nil {
			return column{Name: l.dayBrief(d), Tick: l.tick(d), Open: d == r.today, After: d > r.view.span.to || d < r.view.span.from}
		}
	}
	return column{Name: value, Tick: value}
}

func isoWeek(s string) (year, week int, ok bool) {
	if len(s) != 8 || s[4:6] != "-W" {
		return 0, 0, false
	}
	for i, c := range []byte(s) {
		if i == 4 || i == 5 {
			continue
		}
		if c < '0' || c > '9' {
			return 0, 0, false
		}
		if i < 4 {
			year = year*10 + int(c-'0')
		} else {
			week = week*10 + int(c-'0')
		}
	}
	return year, week, true
}

// ticks leaves at most 14 words on the axis, of which at most five stay on a
// narrow screen. More days than that are ticked by the week, so that the words
// of whole weeks fall on Mondays.
func ticks(cols []column, by string) {
	step := (len(cols) + 13) / 14
	if by == "day" && len(cols) > 14 {
		step = (len(cols) + 55) / 56 * 7
	}
	if by == "hour" {
		step = 3
	}
	words := (len(cols) + step - 1) / max(step, 1)
	keep := max(1, (words+4)/5)
	for i := range cols {
		if i%step != 0 {
			cols[i].Tick = ""
		}
		cols[i].Minor = i/step%keep != 0
	}
}

// bandOf spans the columns that are not in the totals.
func bandOf(cols []column) *band {
	from, to := -1, -1
	for i, c := range cols {
		if c.After {
			if from < 0 {
				from = i
			}
			to = i
		}
	}
	if from < 0 {
		return nil
	}
	width := float64(chartWidth) / float64(len(cols))
	return &band{coordinate(float64(from) * width), coordinate(float64(to-from+1) * width)}
}

// extremes says the highest and the lowest shown value of the days that are
// over, in words beside the chart.
func (l *language) extremes(cols []column, points []point, series int) []string {
	high, low := -1, -1
	for i, p := range points {
		if !p.shown() || p.open {
			continue
		}
		if high < 0 || p.height() > points[high].height() {
			high = i
		}
		if low < 0 || p.height() < points[low].height() {
			low = i
		}
	}
	if high < 0 || high == low {
		return nil
	}
	say := func(text string, i int) string {
		cell := cols[i].Cells[series]
		return replace(text, cols[i].Name, strings.TrimSpace(cell.Value+" "+l.Lower[cell.Class]))
	}
	return []string{say(l.Chart.Highest, high), say(l.Chart.Lowest, low)}
}

// export returns the URL of the zip of daily files of the page's days; "" where
// one of them is not over, where none is kept, or under a filter.
func (r *reading) export() string {
	s := r.view.span
	from := max(s.from, r.kept)
	if s.to >= r.today || from > s.to || r.view.page != "" || r.view.where != "" {
		return ""
	}
	q := url.Values{"from": {from.String()}, "to": {s.to.String()}}
	return withQuery(r.c.root+"api/v1/sites/"+url.PathEscape(r.view.host)+"/export", q)
}
