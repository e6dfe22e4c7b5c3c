package publish

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"footfall/aggregate/hit"
)

// lines returns the rows as text: the rows, then (other) if there is one. A
// report without a dimension is one line, its value the first and last day.
func (r *Report) lines() (measures []Measure, rows []Row) {
	if r.head.By == "" {
		return r.totals.measures, []Row{{r.head.From.String() + "/" + r.head.To.String(), r.totals}}
	}
	rows = r.rows
	if r.other != nil {
		rows = append(rows[:len(rows):len(rows)], Row{hit.Other, *r.other})
	}
	return r.head.Measures, rows
}

// beside returns the lines of the report that this one is compared with, one for
// each of so many of its own, and their values where these are others (of time);
// nil where there is no comparison.
func (r *Report) beside(n int) (rows []Row, values bool) {
	if r.before == nil {
		return nil, false
	}
	_, rows = r.before.lines()
	rows = rows[:min(n, len(rows)):min(n, len(rows))]
	for len(rows) < n { // a month before may be shorter
		rows = append(rows, Row{})
	}
	return rows, r.other == nil && len(r.rows) > 0 && len(r.before.rows) > 0 && r.rows[0].Value != r.before.rows[0].Value || r.head.By == ""
}

// WriteCSV writes the rows, and (other) last, as CSV after RFC 4180: UTF-8,
// CRLF, a header of "value" and the measures, what is withheld empty. A value
// that a spreadsheet would take for a formula gets a leading apostrophe. A
// comparison adds columns, compare_ before the measure; where its lines have
// values of their own (days, weeks, months) compare_value comes first.
func (r *Report) WriteCSV(w io.Writer) error {
	measures, rows := r.lines()
	out := csv.NewWriter(w)
	out.UseCRLF = true
	record := []string{"value"}
	for _, m := range measures {
		record = append(record, m.String())
	}
	before, values := r.beside(len(rows))
	if values {
		record = append(record, "compare_value")
	}
	if before != nil {
		for _, m := range measures {
			record = append(record, "compare_"+m.String())
		}
	}
	width := len(record)
	if err := out.Write(record); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	for i, row := range rows {
		record = row.Values.cells(append(record[:0], harmless(row.Value)))
		if values {
			record = append(record, harmless(before[i].Value))
		}
		if before != nil {
			record = before[i].Values.cells(record)
		}
		for before != nil && before[i].Values.measures == nil && len(record) < width {
			record = append(record, "")
		}
		if err := out.Write(record); err != nil {
			return fmt.Errorf("write csv: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	return nil
}

// harmless keeps a spreadsheet from reading a value as a formula.
func harmless(s string) string {
	if s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

// WriteText writes the report as a table for a terminal.
func (r *Report) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s, %s to %s, %s\n", r.head.Site, r.head.From, r.head.To, r.zone())
	if r.head.Page != "" {
		fmt.Fprintf(t, "page %s\n", r.head.Page)
	}
	if r.head.Section != "" {
		fmt.Fprintf(t, "section %s\n", r.head.Section)
	}
	if r.head.Where != "" {
		fmt.Fprintf(t, "where %s\n", r.head.Where)
	}
	if b := r.before; b != nil {
		fmt.Fprintf(t, "in brackets %s to %s, period %s\n", b.head.From, b.head.To, b.period)
	}
	fmt.Fprintf(t, "rounded, period %s, ", r.period)
	if r.bound > 0 {
		fmt.Fprintf(t, "totals within %d, ", r.bound)
	}
	fmt.Fprintf(t, "generated %s\n\n", r.generated())
	textRow(t, "", r.totals.measures, nil, nil)
	var was *Values
	if r.before != nil {
		was = &r.before.totals
	}
	textRow(t, "total", r.totals.measures, &r.totals, was)
	if measures, rows := r.lines(); r.head.By != "" {
		fmt.Fprintln(t)
		textRow(t, r.head.By, measures, nil, nil)
		before, _ := r.beside(len(rows))
		for i := range rows {
			was = nil
			if before != nil && before[i].Values.measures != nil {
				was = &before[i].Values
			}
			textRow(t, rows[i].Value, measures, &rows[i].Values, was)
		}
	}
	if len(r.notes) > 0 {
		fmt.Fprintln(t)
	}
	for _, n := range r.notes {
		fmt.Fprintf(t, "- %s\n", n)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write text: %w", err)
	}
	return nil
}

// textRow writes a line of a table, or its head where there are no values; was
// are those of the line that it is compared with, nil for none. Errors of writing
// come back from the Flush that follows.
func textRow(w io.Writer, value string, measures []Measure, v, was *Values) {
	fmt.Fprint(w, value)
	for i, m := range measures {
		if v == nil {
			fmt.Fprintf(w, "\t%s", m)
			continue
		}
		fmt.Fprintf(w, "\t%s", v.text(i))
		if was != nil {
			fmt.Fprintf(w, " (%s)", was.text(i))
		}
	}
	fmt.Fprintln(w)
}

// text returns a measure as it stands in texts.
func (v *Values) text(i int) string {
	if v.measures[i] == VisitTime {
		return v.mean.String()
	}
	return v.counts[i].String()
}
