package dashboard

import (
	"fmt"

	"footfall/aggregate"
	"footfall/aggregate/publish"
)

// heatBody is the week by its hours: seven rows of 24 cells.
type heatBody struct {
	Title string
	Hours []string
	Rows  []heatRow
	CSV   string
}

type heatRow struct {
	Day   string
	Cells []heatCell
}

// A heatCell's shade is one of five, from the published value and the largest.
type heatCell struct {
	Shade int
	Value string
	Tip   string
}

// shades is how many steps of shade a value can have, besides none.
const shades = 5

// heat returns the hours of the week where the page's days are four or
// thirteen whole weeks that are over, and no filter is in force; else nil.
func (r *reading) heat() (*heatBody, error) {
	s := r.view.span
	weeks := s.from == s.from.Monday() && (s.days() == 28 || s.days() == 91)
	if !weeks || s.to >= r.today || s.from < r.kept || r.view.page != "" || r.view.where != "" {
		return nil, nil
	}
	report, err := r.ask(aggregate.Query{From: s.from, To: s.to, By: aggregate.ByWeekdayHour, Limit: aggregate.MaxLimit})
	if err != nil {
		return nil, err
	}
	return r.heatBody(report), nil
}

func (r *reading) heatBody(report *publish.Report) *heatBody {
	l, rows := r.c.l, report.Rows()
	if len(rows) != 7*24 {
		return nil
	}
	most := int64(0)
	for _, row := range rows {
		most = max(most, number(row.Values, publish.Views))
	}
	if most <= 0 {
		return nil
	}
	b := &heatBody{Title: l.HeatTitle, CSV: r.view.report(r.c.root, aggregate.ByWeekdayHour.String(), "csv", aggregate.MaxLimit)}
	for h := range 24 {
		b.Hours = append(b.Hours, fmt.Sprintf("%02d", h))
	}
	for day := range 7 {
		name := l.WeekdaysShort[(day+1)%7]
		hr := heatRow{Day: name}
		for h := range 24 {
			v := rows[day*24+h].Values
			c := heatCell{Value: l.measure(v, publish.Views)}
			if n := number(v, publish.Views); n > 0 {
				c.Shade = int((n*shades + most - 1) / most)
			}
			c.Tip = fmt.Sprintf("%s %02d:00%s %s", name, h, l.Colon, c.Value)
			hr.Cells = append(hr.Cells, c)
		}
		b.Rows = append(b.Rows, hr)
	}
	return b
}
