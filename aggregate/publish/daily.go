package publish

import (
	"encoding/csv"
	"strconv"
	"strings"

	"footfall/aggregate/hit"
)

// A DailyTable is a file of the daily export: the published rows of one
// dimension, one day after another. Files and columns have the names of
// Plausible's export ("Import stats from CSV files", plausible.io/docs), so
// that programs that read one read the other. A column that footfall does not
// keep is there and empty: readers go by name.
type DailyTable struct {
	// Name is the table's name within the file name imported_NAME_FROM_TO.csv.
	Name string
	// By is the dimension of the rows; "" is one row a day, of totals.
	By      string
	columns []dailyColumn
}

// A dailyColumn takes its cell from the row.
type dailyColumn struct {
	name string
	cell func(day hit.Day, r *Report, row *Row) string
}

// The cells of a row. Counts are as published; what is withheld is empty.
func cellDate(day hit.Day, _ *Report, _ *Row) string  { return day.String() }
func cellHost(_ hit.Day, r *Report, _ *Row) string    { return r.head.Site.String() }
func cellValue(_ hit.Day, _ *Report, row *Row) string { return harmless(row.Value) }
func cellEmpty(hit.Day, *Report, *Row) string         { return "" }

func cellCount(m Measure) func(hit.Day, *Report, *Row) string {
	return func(_ hit.Day, _ *Report, row *Row) string {
		if c, ok := row.Values.Count(m); ok {
			return c.Cell()
		}
		return ""
	}
}

// cellSeconds is the sum of visit times: the published mean, times the
// published visits that it is the mean of.
func cellSeconds(_ hit.Day, _ *Report, row *Row) string {
	mean, _ := row.Values.VisitTime()
	seconds, ok := mean.Seconds()
	if !ok {
		return ""
	}
	return strconv.FormatInt(seconds*mean.weight, 10)
}

// cellFamily and cellMajor are the two halves of "Chrome 155".
func cellFamily(_ hit.Day, _ *Report, row *Row) string {
	family, _ := cutMajor(row.Value)
	return harmless(family)
}

func cellMajor(_ hit.Day, _ *Report, row *Row) string {
	_, major := cutMajor(row.Value)
	return major
}

func cutMajor(value string) (family, major string) {
	if i := strings.LastIndexByte(value, ' '); i > 0 {
		if _, err := strconv.ParseUint(value[i+1:], 10, 32); err == nil {
			return value[:i], value[i+1:]
		}
	}
	return value, ""
}

// cellConst is an event's name that stands for a kind of link.
func cellConst(s string) func(hit.Day, *Report, *Row) string {
	return func(hit.Day, *Report, *Row) string { return s }
}

// columns makes columns from their names, in Plausible's order: a name of
// cells is filled, any other is empty.
func columns(cells map[string]func(hit.Day, *Report, *Row) string, names ...string) []dailyColumn {
	out := make([]dailyColumn, len(names))
	for i, name := range names {
		cell := cells[name]
		switch {
		case cell != nil:
		case name == "date":
			cell = cellDate
		default:
			cell = cellEmpty
		}
		out[i] = dailyColumn{name, cell}
	}
	return out
}

type cells = map[string]func(hit.Day, *Report, *Row) string

var dailyTables = []DailyTable{
	{"visitors", "", columns(cells{"visitors": cellCount(Visitors), "pageviews": cellCount(Views), "bounces": cellCount(Bounces),
		"visits": cellCount(Visits), "visit_duration": cellSeconds},
		"date", "visitors", "pageviews", "bounces", "visits", "visit_duration")},
	{"sources", "referrer", columns(cells{"source": cellValue, "referrer": cellValue, "pageviews": cellCount(Views), "visits": cellCount(Visits)},
		"date", "source", "referrer", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term",
		"pageviews", "visitors", "visits", "visit_duration", "bounces")},
	{"pages", "page", columns(cells{"hostname": cellHost, "page": cellValue, "visits": cellCount(Visits), "visitors": cellCount(Visitors), "pageviews": cellCount(Views)},
		"date", "hostname", "page", "visits", "visitors", "pageviews")},
	{"entry_pages", "entry", columns(cells{"entry_page": cellValue, "entrances": cellCount(Entries), "bounces": cellCount(Bounces)},
		"date", "entry_page", "visitors", "entrances", "visit_duration", "bounces", "pageviews")},
	{"exit_pages", "exit", columns(cells{"exit_page": cellValue, "exits": cellCount(Exits)},
		"date", "exit_page", "visitors", "visit_duration", "exits", "bounces", "pageviews")},
	{"custom_events", "feature", eventColumns(cells{"name": cellValue, "events": cellCount(Uses)})},
	{"custom_events", "outbound", eventColumns(cells{"name": cellConst("Outbound Link: Click"), "link_url": cellValue, "events": cellCount(Uses)})},
	{"custom_events", "download", eventColumns(cells{"name": cellConst("File Download"), "link_url": cellValue, "events": cellCount(Uses)})},
	{"custom_events", "status", eventColumns(cells{"name": cellValue, "events": cellCount(Hits)})},
	{"locations", "country", rowColumns(cells{"country": cellValue}, "country", "region", "city")},
	{"devices", "device", rowColumns(cells{"device": cellValue}, "device")},
	{"browsers", "browser", rowColumns(cells{"browser": cellFamily, "browser_version": cellMajor}, "browser", "browser_version")},
	{"operating_systems", "system", rowColumns(cells{"operating_system": cellValue}, "operating_system", "operating_system_version")},
}

func eventColumns(c cells) []dailyColumn {
	return columns(c, "date", "name", "link_url", "path", "visitors", "events")
}

// rowColumns are those of the dimensions that are fixed for a visitor.
func rowColumns(c cells, names ...string) []dailyColumn {
	c["visitors"], c["visits"], c["pageviews"] = cellCount(Visitors), cellCount(Visits), cellCount(Views)
	names = append([]string{"date"}, names...)
	return columns(c, append(names, "visitors", "visits", "visit_duration", "bounces", "pageviews")...)
}

// DailyTables returns the tables of the export in order. Tables of one name
// follow each other and make one file, with one header.
func DailyTables() []DailyTable { return dailyTables }

// WriteHeader writes the names of the columns.
func (t *DailyTable) WriteHeader(w *csv.Writer) error {
	record := make([]string, len(t.columns))
	for i, c := range t.columns {
		record[i] = c.name
	}
	return w.Write(record)
}

// WriteDay writes the rows of a report of one day, (other) last if there is
// one. What has no published number at all gets no line.
func (t *DailyTable) WriteDay(w *csv.Writer, day hit.Day, r *Report) error {
	_, rows := r.lines()
	record := make([]string, len(t.columns))
	for i := range rows {
		if !rows[i].Values.shown() {
			continue
		}
		for j, c := range t.columns {
			record[j] = c.cell(day, r, &rows[i])
		}
		if err := w.Write(record); err != nil {
			return err
		}
	}
	return nil
}

// shown tells whether any of the values is more than withheld.
func (v Values) shown() bool {
	for _, c := range v.counts {
		if _, ok := c.Value(); ok {
			return true
		}
	}
	return v.mean.weight > 0
}
