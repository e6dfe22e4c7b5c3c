package dashboard

import (
	"net/http"
	"slices"
	"strings"

	"footfall/aggregate"
	"footfall/aggregate/publish"
)

// rowsPerPage is how many rows the page of one dimension shows at once.
const rowsPerPage = 200

// rowsBody is the page with all rows of one dimension.
type rowsBody struct {
	periodBody
	Title, Column string
	Filter        *filterBody
	Heads         []head
	Rows          []panelRow
	Other         *panelRow
	Totals        []string
	Count         string
	Query         string
	Search        []field // hidden fields of the search form
	CSV, JSON     string
	Back          string
	Previous      string
	Next          string
	Notes         []string
	Empty         string
	Zone          string
}

type head struct {
	Name, URL string
	On        bool
}

func (d *Dashboard) getRows(c *call) error {
	dim, err := aggregate.ParseDim(c.param("dim"))
	if err != nil || !slices.Contains(panelDims, dim) {
		return errNotFound
	}
	r, err := d.read(c)
	if err != nil {
		return err
	}
	r.view.dim = dim.String()
	if !r.view.honours(dim) {
		return badRequest("bad_filter", "the dimension is counted apart from the filter")
	}
	report, err := r.within(dim, aggregate.MaxLimit)
	if err != nil {
		return err
	}
	title := c.l.Panels[dim.String()]
	return d.render(c, http.StatusOK, "rows", title+" – "+r.view.host, r.rowsBody(dim, report))
}

func (r *reading) rowsBody(dim aggregate.Dim, report *publish.Report) *rowsBody {
	l, v := r.c.l, r.view
	b := &rowsBody{
		periodBody: r.periodBody(), Title: l.Panels[v.dim], Column: l.Columns[v.dim], Filter: r.filterBody(),
		Query: v.query, Search: v.fields("q"), Zone: r.zone.String(),
		CSV: v.report(r.c.root, v.dim, "csv", aggregate.MaxLimit), JSON: v.report(r.c.root, v.dim, "json", aggregate.MaxLimit),
		Back: v.withDim("").link(r.c.root),
	}
	measures := report.Head().Measures
	rows := r.sorted(b, dim, report, measures)
	if v.query != "" {
		rows = r.matching(dim, rows)
	}
	r.cut(b, len(rows))
	start := min(v.start, len(rows))
	rows = rows[start:min(start+rowsPerPage, len(rows))]
	for _, row := range rows {
		b.Rows = append(b.Rows, r.panelRow(dim, row, measures))
	}
	if other, ok := report.Other(); ok && v.query == "" && other.Measures() != nil {
		pr := r.panelRow(dim, publish.Row{Value: "(other)", Values: other}, measures)
		b.Other = &pr
	}
	if len(b.Rows) == 0 {
		b.Empty = l.Empty
	}
	n := r.newNotes()
	n.add(report)
	b.Notes = n.text
	return b
}

// sorted orders the rows by the measure that the URL names, else as a panel
// does, and makes the heads that choose it.
func (r *reading) sorted(b *rowsBody, dim aggregate.Dim, report *publish.Report, measures []publish.Measure) []publish.Row {
	by := existing(columnsOf(dim), measures)[0]
	for _, m := range measures {
		if m.String() == r.view.sort {
			by = m
		}
	}
	for _, m := range measures {
		b.Heads = append(b.Heads, head{r.c.l.Measures[m], r.view.withSort(m.String()).link(r.c.root), m == by})
	}
	return byMeasure(report.Rows(), by)
}

// matching returns the rows whose value, as it is shown or as it is stored,
// contains what is searched for.
func (r *reading) matching(dim aggregate.Dim, rows []publish.Row) []publish.Row {
	want := strings.ToLower(r.view.query)
	var out []publish.Row
	for _, row := range rows {
		if strings.Contains(strings.ToLower(row.Value), want) ||
			strings.Contains(strings.ToLower(r.c.l.value(dim.String(), row.Value)), want) {
			out = append(out, row)
		}
	}
	return out
}

// cut makes the links to the rows before and after those shown.
func (r *reading) cut(b *rowsBody, n int) {
	l, start := r.c.l, min(r.view.start, n)
	end := min(start+rowsPerPage, n)
	if n > 0 {
		b.Count = replace(l.Rows, l.group(int64(start+1)), l.group(int64(end)), l.group(int64(n)))
	}
	if start > 0 {
		b.Previous = r.view.withStart(max(0, start-rowsPerPage)).link(r.c.root)
	}
	if end < n {
		b.Next = r.view.withStart(end).link(r.c.root)
	}
}
