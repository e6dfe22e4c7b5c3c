package dashboard

import (
	"context"

	"footfall/aggregate"
	"footfall/aggregate/publish"
)

// speedBody is how fast the pages were, a table for each timing.
type speedBody struct{ Tables []speedTable }

type speedTable struct {
	Name string
	Rows []speedRow
}

// A speedRow is one device class; its drawing is a line from the fifth to the
// 95th percentile, a box from the 25th to the 75th, and the median in it.
type speedRow struct {
	Device         string
	Half, P75, P95 string
	Shape          *speedShape
}

type speedShape struct{ Line, LineWidth, Box, BoxWidth, Middle string }

// speedWidth is the width of the drawing of a row, in its own units.
const speedWidth = 200

// askSpeed asks how fast pages were as soon as a place is free.
func (r *reading) askSpeed(q aggregate.SpeedQuery) (*aggregate.Speed, error) {
	q.Site = r.site.Host
	ctx := r.c.r.Context()
	select {
	case r.d.asking <- struct{}{}:
		defer func() { <-r.d.asking }()
		return r.d.reports.Speed(ctx, r.c.now, &q)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// speed returns the panel of the page's days; nil under a filter that the
// timings are not counted by.
func (r *reading) speed() (*speedBody, error) {
	if r.view.where != "" {
		return nil, nil
	}
	answer, err := r.askSpeed(aggregate.SpeedQuery{From: r.view.span.from, To: r.view.span.to, Page: r.view.page})
	if err != nil {
		return nil, err
	}
	return r.c.l.speedBody(answer), nil
}

func (l *language) speedBody(answer *aggregate.Speed) *speedBody {
	b := &speedBody{}
	for t := range aggregate.TimingEnd {
		table := speedTable{Name: l.Speed.Timings[t.String()]}
		longest := 0.0
		for _, row := range answer.Rows {
			v, _ := row.Timings[t].P95.Value()
			longest = max(longest, v)
		}
		for _, row := range answer.Rows {
			q := row.Timings[t]
			if _, ok := q.P75.Value(); !ok {
				continue
			}
			name := l.Speed.All
			if row.Device != "" {
				name = l.value("device", row.Device)
			}
			table.Rows = append(table.Rows, speedRow{name, l.milli(q.P50), l.milli(q.P75), l.milli(q.P95), shapeOf(q, longest)})
		}
		if len(table.Rows) > 0 {
			b.Tables = append(b.Tables, table)
		}
	}
	return b
}

// milli writes a quantile: 850 ms, 1.2 s.
func (l *language) milli(q publish.Quantile) string {
	v, ok := q.Value()
	if !ok {
		return ""
	}
	return replace(l.Speed.Milli, l.group(int64(v)))
}

// shapeOf places a row's quantiles between zero and the longest.
func shapeOf(q aggregate.Quantiles, longest float64) *speedShape {
	at := func(q publish.Quantile) float64 {
		v, _ := q.Value()
		return min(1, v/longest) * speedWidth
	}
	if longest <= 0 {
		return nil
	}
	return &speedShape{
		Line: coordinate(at(q.P5)), LineWidth: coordinate(max(1, at(q.P95)-at(q.P5))),
		Box: coordinate(at(q.P25)), BoxWidth: coordinate(max(2, at(q.P75)-at(q.P25))), Middle: coordinate(at(q.P50)),
	}
}
