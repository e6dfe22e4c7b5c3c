package dashboard

import (
	"math"
	"strconv"

	"footfall/aggregate"
	"footfall/aggregate/publish"
)

// A card is one figure of the totals.
type card struct {
	Name, Tip string
	Value     string
	Within    string
	Missing   string // why there is no value
	Change    *change
	URL       string // draws it
	Draw      string
	On        bool
}

type change struct {
	Up, Down bool
	Text     string
	Than     string
}

// cards shows the totals, and how their counts changed.
func (r *reading) cards(report *publish.Report) ([]card, error) {
	l, t := r.c.l, report.Totals()
	earlier := r.view.span.before()
	var before publish.Values
	if r.view.where == "" && earlier.from >= r.kept && r.view.span.to < r.today {
		was, err := r.ask(aggregate.Query{From: earlier.from, To: earlier.to, Page: r.view.page})
		if err != nil {
			return nil, err
		}
		before = was.Totals()
	}
	than := replace(l.Change.Than, l.days(earlier.from, earlier.to))
	var out []card
	for _, m := range []publish.Measure{publish.Views, publish.Visitors, publish.Visits} {
		c, ok := t.Count(m)
		if !ok {
			continue
		}
		k := card{Name: l.Measures[m], Tip: l.MeasureTips[m.String()], Value: l.count(c)}
		if c.Bound() > 0 {
			k.Within = replace(l.Within, l.group(c.Bound()))
		}
		if was, ok := before.Count(m); ok {
			k.Change = l.change(c, was, than)
		}
		out = append(out, r.drawn(k, map[publish.Measure]string{publish.Visits: "visits"}[m]))
	}
	if visits, ok := t.Count(publish.Visits); ok {
		views, _ := t.Count(publish.Views)
		k := card{Name: l.PerVisit, Tip: l.MeasureTips["pervisit"], Value: l.perVisit(views, visits)}
		out = append(out, r.missing(k))
	}
	if bounces, ok := t.Count(publish.Bounces); ok {
		visits, _ := t.Count(publish.Visits)
		k := card{Name: l.BounceRate, Tip: l.MeasureTips["bounces"], Value: l.ratio(publish.NewRatio(bounces, visits))}
		out = append(out, r.drawn(r.missing(k), "bounces"))
	}
	if mean, ok := t.VisitTime(); ok {
		k := card{Name: l.Measures[publish.VisitTime], Tip: l.MeasureTips["time"], Value: l.mean(mean)}
		out = append(out, r.drawn(r.missing(k), "time"))
	}
	return out, nil
}

// missing says why a figure is not there: the day is not over, or there are
// too few visits.
func (r *reading) missing(k card) card {
	if k.Value == "" && r.view.span.from == r.today {
		k.Missing = r.c.l.NotYet
	}
	return k
}

// drawn links a card to the chart that draws it; "" draws views and visitors.
func (r *reading) drawn(k card, chart string) card {
	if r.view.where != "" || r.view.page != "" && chart != "" {
		return k
	}
	k.URL, k.On = r.view.withChart(chart).link(r.c.root), r.view.chart == chart
	k.Draw = replace(r.c.l.Chart.ShowThis, k.Name)
	if chart == "" {
		k.Draw = replace(r.c.l.Chart.ShowThis, r.c.l.Chart.ViewsAndVisitors)
	}
	return k
}

// change compares two published counts. What rounding and chance may explain,
// two standard deviations of the difference, is no change.
func (l *language) change(now, was publish.Count, than string) *change {
	n, ok1 := now.Value()
	w, ok2 := was.Value()
	if !ok1 || !ok2 || w < 50 {
		return nil
	}
	diff := n - w
	if noise := float64(now.Bound()+was.Bound()) + 2*math.Sqrt(float64(n+w)); math.Abs(float64(diff)) <= noise {
		return &change{Text: l.Change.None, Than: than}
	}
	percent := int64(math.Round(100 * float64(diff) / float64(w)))
	out := &change{Up: diff > 0, Down: diff < 0, Than: than}
	if out.Down {
		percent = -percent
	}
	out.Text = l.group(percent) + l.Percent
	return out
}

// todayBody is the line about the running day.
type todayBody struct {
	Views, Visitors string
	AsOf            string
	URL             string
}

func (r *reading) todaySoFar() (*todayBody, error) {
	if r.view.span.from == r.today || r.view.page != "" || r.view.where != "" {
		return nil, nil
	}
	report, err := r.ask(aggregate.Query{From: r.today, To: r.today})
	if err != nil {
		return nil, err
	}
	t := report.Totals()
	s, err := spanOf("today", r.today)
	if err != nil {
		return nil, err
	}
	return &todayBody{
		Views: r.c.l.measure(t, publish.Views), Visitors: r.c.l.measure(t, publish.Visitors),
		AsOf: replace(r.c.l.AsOf, report.Head().Generated.In(r.zone).Format("15:04")),
		URL:  r.view.withSpan(s).link(r.c.root),
	}, nil
}

// perVisit returns views for each visit to one decimal, of published counts;
// "" under fifty visits.
func (l *language) perVisit(views, visits publish.Count) string {
	n, ok := views.Value()
	of, some := visits.Value()
	if !ok || !some || of < 50 {
		return ""
	}
	tenths := int64(math.Round(10 * float64(n) / float64(of)))
	return l.group(tenths/10) + l.Decimal + strconv.FormatInt(tenths%10, 10)
}
