package dashboard

import (
	"cmp"
	"slices"

	"footfall/aggregate"
	"footfall/aggregate/publish"
)

// panelRows is how many rows a panel shows.
const panelRows = 9

// A panel is the first rows of one dimension.
type panel struct {
	Dim, Title, Column string
	Heads              []string
	Share              bool // rows have a share
	Rows               []panelRow
	Other              *panelRow
	Empty              string
	More, CSV          string // URLs
	Big                bool   // two in a row rather than three
}

type panelRow struct {
	Value  string
	Tip    string
	URL    string
	Bar    string // a length in percent
	Cells  []string
	Share  string
	Indoor bool // one of our own words, not a visitor's
}

// panelDims are the panels in the order of the page.
var panelDims = []aggregate.Dim{
	aggregate.ByPage, aggregate.ByReferrer, aggregate.BySection, aggregate.ByEntry, aggregate.ByExit,
	aggregate.ByCountry, aggregate.ByDevice, aggregate.ByBrowser, aggregate.BySystem, aggregate.ByFeature,
	aggregate.ByOutbound, aggregate.ByDownload, aggregate.ByStatus, aggregate.ByError, aggregate.ByBot,
}

// optional panels are left out where they have nothing to show.
var optional = map[aggregate.Dim]bool{
	aggregate.ByFeature: true, aggregate.ByOutbound: true, aggregate.ByDownload: true, aggregate.ByExit: true,
	aggregate.ByEntry: true, aggregate.ByError: true, aggregate.BySection: true,
}

// columnsOf are the measures that a panel shows of a dimension: the first of
// them that exists orders the rows and draws the bars.
func columnsOf(dim aggregate.Dim) []publish.Measure {
	switch dim {
	case aggregate.ByPage, aggregate.BySection:
		return []publish.Measure{publish.Views, publish.Visitors}
	case aggregate.ByReferrer:
		return []publish.Measure{publish.Visits, publish.Views}
	case aggregate.ByBrowser, aggregate.BySystem, aggregate.ByDevice, aggregate.ByCountry:
		return []publish.Measure{publish.Visitors}
	case aggregate.ByEntry:
		return []publish.Measure{publish.Entries}
	case aggregate.ByExit:
		return []publish.Measure{publish.Exits}
	case aggregate.ByFeature, aggregate.ByOutbound, aggregate.ByDownload:
		return []publish.Measure{publish.Uses}
	}
	return []publish.Measure{publish.Hits}
}

// wholeOf returns the total that a measure is a share of; the zero Measure
// where there is none.
func wholeOf(m publish.Measure) publish.Measure {
	switch m {
	case publish.Views, publish.Visitors, publish.Visits:
		return m
	case publish.Entries, publish.Exits:
		return publish.Visits
	}
	return 0
}

// honours tells whether a dimension can be asked for under the view's filter.
func (v view) honours(dim aggregate.Dim) bool {
	switch {
	case v.page != "":
		return filterable[dim.String()]
	case v.where != "":
		return dim == aggregate.ByPage || dim == aggregate.BySection
	}
	return true
}

// panels makes the panels that honour the filter in force, and links to those
// that are counted apart from it.
func (r *reading) panels(totals publish.Values, n *notes) (out []panel, apart []link, err error) {
	l := r.c.l
	for _, dim := range panelDims {
		name := dim.String()
		if !r.view.honours(dim) {
			apart = append(apart, link{Name: l.Panels[name], URL: r.view.withPage("").link(r.c.root) + "#p-" + name})
			continue
		}
		report, err := r.top(dim)
		if err != nil {
			return nil, nil, err
		}
		n.add(report)
		p := panel{
			Dim: name, Title: l.Panels[name], Column: l.Columns[name],
			Big: dim == aggregate.ByPage || dim == aggregate.ByReferrer,
		}
		if r.fill(&p, dim, report, totals) || !optional[dim] {
			out = append(out, p)
		}
	}
	return out, apart, nil
}

// top asks for the rows that a panel shows. The measures that exist are known
// only from an answer: under a filter there may be one alone.
func (r *reading) top(dim aggregate.Dim) (*publish.Report, error) {
	sort := columnsOf(dim)[0]
	if r.view.page != "" || r.view.where != "" {
		sort = 0
	}
	return r.ordered(dim, panelRows, sort)
}

// fill puts the first rows of a report into a panel; false if there are none.
func (r *reading) fill(p *panel, dim aggregate.Dim, report *publish.Report, totals publish.Values) bool {
	l := r.c.l
	measures := existing(columnsOf(dim), report.Head().Measures)
	if len(measures) == 0 {
		return false
	}
	main := measures[0]
	for _, m := range measures {
		p.Heads = append(p.Heads, l.Measures[m])
	}
	whole, hasWhole := totals.Count(wholeOf(main))
	p.Share = hasWhole
	rows := byMeasure(report.Rows(), main)
	rows = rows[:min(panelRows, len(rows))]
	longest := publish.Count{}
	if len(rows) > 0 {
		longest, _ = rows[0].Values.Count(main)
	}
	some := false
	for _, row := range rows {
		pr := r.panelRow(dim, row, measures)
		c, _ := row.Values.Count(main)
		_, shown := c.Value()
		some = some || shown
		pr.Bar = length(c, longest)
		if hasWhole {
			pr.Share = l.ratio(publish.NewRatio(c, whole))
		}
		p.Rows = append(p.Rows, pr)
	}
	if other, ok := report.Other(); ok {
		if c, _ := other.Count(main); c.Bound() > 0 {
			pr := r.panelRow(dim, publish.Row{Value: "(other)", Values: other}, measures)
			if hasWhole {
				pr.Share = l.ratio(publish.NewRatio(c, whole))
			}
			p.Other, some = &pr, true
		}
	}
	if !some {
		p.Empty = l.Empty
		if r.view.page != "" || r.view.where != "" {
			p.Empty = l.EmptyFilter
		}
	}
	p.More = r.view.withDim(p.Dim).link(r.c.root)
	p.CSV = r.view.report(r.c.root, p.Dim, "csv", aggregate.MaxLimit)
	return some
}

func (r *reading) panelRow(dim aggregate.Dim, row publish.Row, measures []publish.Measure) panelRow {
	l := r.c.l
	pr := panelRow{
		Value: l.value(dim.String(), row.Value), Tip: l.ValueTips[row.Value],
		URL: r.view.rowLink(r.c.root, dim.String(), row.Value), Indoor: special(row.Value),
	}
	if !special(row.Value) {
		pr.Tip = ""
	}
	for _, m := range measures {
		pr.Cells = append(pr.Cells, l.measure(row.Values, m))
	}
	return pr
}

// existing returns the wanted measures that there are, in the order wanted.
func existing(wanted, have []publish.Measure) []publish.Measure {
	var out []publish.Measure
	for _, m := range wanted {
		if slices.Contains(have, m) {
			out = append(out, m)
		}
	}
	if len(out) == 0 {
		return have
	}
	return out
}

// byMeasure returns the rows by a published measure, descending; equal ones
// stay in the report's order.
func byMeasure(rows []publish.Row, m publish.Measure) []publish.Row {
	out := slices.Clone(rows)
	slices.SortStableFunc(out, func(a, b publish.Row) int { return cmp.Compare(number(b.Values, m), number(a.Values, m)) })
	return out
}

// number is what rows are ordered by: the published number, -1 if withheld.
func number(v publish.Values, m publish.Measure) int64 {
	if m == publish.VisitTime {
		t, _ := v.VisitTime()
		if s, ok := t.Seconds(); ok {
			return s
		}
		return -1
	}
	c, _ := v.Count(m)
	if n, ok := c.Value(); ok {
		return n
	}
	return -1
}
