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

// WriteCSV writes the rows, and (other) last, as CSV after RFC 4180: UTF-8,
// CRLF, a header of "value" and the measures, what is withheld empty. A value
// that a spreadsheet would take for a formula gets a leading apostrophe.
func (r *Report) WriteCSV(w io.Writer) error {
	measures, rows := r.lines()
	out := csv.NewWriter(w)
	out.UseCRLF = true
	record := []string{"value"}
	for _, m := range measures {
		record = append(record, m.String())
	}
	if err := out.Write(record); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	for _, row := range rows {
		record = row.Values.cells(append(record[:0], harmless(row.Value)))
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
	if r.head.Where != "" {
		fmt.Fprintf(t, "where %s\n", r.head.Where)
	}
	fmt.Fprintf(t, "rounded, period %s, ", r.period)
	if r.bound > 0 {
		fmt.Fprintf(t, "totals within %d, ", r.bound)
	}
	fmt.Fprintf(t, "generated %s\n\n", r.generated())
	textRow(t, "", r.totals.measures, nil)
	textRow(t, "total", r.totals.measures, &r.totals)
	if measures, rows := r.lines(); r.head.By != "" {
		fmt.Fprintln(t)
		textRow(t, r.head.By, measures, nil)
		for i := range rows {
			textRow(t, rows[i].Value, measures, &rows[i].Values)
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

// textRow writes a line of a table, or its head where there are no values.
// Errors of writing come back from the Flush that follows.
func textRow(w io.Writer, value string, measures []Measure, v *Values) {
	fmt.Fprint(w, value)
	for i, m := range measures {
		switch {
		case v == nil:
			fmt.Fprintf(w, "\t%s", m)
		case m == VisitTime:
			fmt.Fprintf(w, "\t%s", v.mean)
		default:
			fmt.Fprintf(w, "\t%s", v.counts[i])
		}
	}
	fmt.Fprintln(w)
}
