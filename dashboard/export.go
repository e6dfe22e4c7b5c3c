package dashboard

import (
	"archive/zip"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
)

const (
	// mostExported is how many days one export may hold: 25 months and a bit.
	mostExported = 800
	// exportPatience is how long a client may take over the rows of one day
	// before the export is ended.
	exportPatience = 30 * time.Second
)

// An export is a zip of daily tables on its way to a client.
type export struct {
	d        *Dashboard
	c        *call
	site     hit.Host
	from, to hit.Day
	zip      *zip.Writer
	notes    []exportNote
	noted    map[exportNote]bool
}

type exportNote struct{ day, text string }

// getExport answers GET /api/v1/sites/HOST/export: whole days as a zip of
// CSV files, each row a published value of one day. It is sent while it is
// made: nothing of it is kept, and no question stays open while the client
// reads. A connection that ends without the zip's directory is how a client
// learns that a later day could not be told.
func (d *Dashboard) getExport(c *call) error {
	site, err := d.site(c)
	if err != nil {
		return err
	}
	x := &export{d: d, c: c, site: site.Host, noted: map[exportNote]bool{}}
	if x.from, x.to, err = parseExport(c.r.URL.Query(), hit.DayAt(c.now, site.Zone)); err != nil {
		return err
	}
	// The first question is asked before anything is sent, so that what is
	// wrong with all of them has a status of its own.
	if _, err := x.ask("", x.from); err != nil {
		return err
	}
	name := fmt.Sprintf("%s_%s_%s.zip", x.site, compact(x.from), compact(x.to))
	c.w.Header().Set("Content-Type", "application/zip")
	c.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	if c.r.Method == http.MethodHead {
		c.w.WriteHeader(http.StatusOK)
		return nil
	}
	x.zip = zip.NewWriter(c.w)
	if err := x.write(); err != nil {
		if c.r.Context().Err() == nil && d.failed != nil {
			d.failed("/api/v1/sites/:host/export", err)
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}

// parseExport reads from and to. The running day is refused: its rows are
// those of a snapshot, and would stand in the file as if it were over.
func parseExport(v url.Values, today hit.Day) (from, to hit.Day, err error) {
	for name, values := range v {
		switch name {
		case "from", "to", "lang":
		default:
			return 0, 0, badRequest("unknown_parameter", "parameters are from and to")
		}
		if len(values) > 1 {
			return 0, 0, badRequest("repeated_parameter", "a parameter is given once")
		}
	}
	if from, err = hit.ParseDay(v.Get("from")); err == nil {
		to, err = hit.ParseDay(v.Get("to"))
	}
	switch {
	case err != nil:
		return 0, 0, badRequest("bad_day", "from and to are days of the form 2026-11-23")
	case from > to:
		return 0, 0, badRequest("bad_day", "the first day is after the last")
	case to >= today:
		return 0, 0, badRequest("bad_day", "an export is of days that are over: to is yesterday or before")
	case int(to-from)+1 > mostExported:
		return 0, 0, badRequest("bad_day", "an export is of 800 days at most")
	}
	return from, to, nil
}

// compact writes a day as 20261123, as Plausible's file names do.
func compact(d hit.Day) string { return strings.ReplaceAll(d.String(), "-", "") }

func (x *export) ask(by string, day hit.Day) (*publish.Report, error) {
	dim, err := aggregate.ParseDim(by)
	if err != nil {
		return nil, err
	}
	return x.d.ask(x.c, &aggregate.Query{Site: x.site, From: day, To: day, By: dim, Limit: aggregate.MaxLimit})
}

func (x *export) write() error {
	about, err := x.create("README.txt")
	if err != nil {
		return err
	}
	if _, err := io.WriteString(about, exportAbout); err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	tables := publish.DailyTables()
	for len(tables) > 0 {
		n := 1
		for n < len(tables) && tables[n].Name == tables[0].Name {
			n++
		}
		if err := x.file(tables[:n]); err != nil {
			return err
		}
		tables = tables[n:]
	}
	if err := x.writeNotes(); err != nil {
		return err
	}
	if err := x.zip.Close(); err != nil {
		return fmt.Errorf("end export: %w", err)
	}
	return nil
}

func (x *export) create(name string) (io.Writer, error) {
	w, err := x.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: x.c.now.UTC()})
	if err != nil {
		return nil, fmt.Errorf("begin a file of the export: %w", err)
	}
	return w, nil
}

// file writes the tables that make one file, day by day.
func (x *export) file(tables []publish.DailyTable) error {
	w, err := x.create(fmt.Sprintf("imported_%s_%s_%s.csv", tables[0].Name, compact(x.from), compact(x.to)))
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := tables[0].WriteHeader(out); err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	deadline := http.NewResponseController(x.c.w)
	for day := x.from; day <= x.to; day++ {
		for i := range tables {
			report, err := x.ask(tables[i].By, day)
			if err != nil {
				return err
			}
			_ = deadline.SetWriteDeadline(time.Now().Add(exportPatience)) // a writer without deadlines waits
			if err := tables[i].WriteDay(out, day, report); err != nil {
				return fmt.Errorf("write export: %w", err)
			}
			x.note(day, report)
		}
		out.Flush()
		if err := out.Error(); err != nil {
			return fmt.Errorf("write export: %w", err)
		}
	}
	return nil
}

// note keeps what a report says of a day, once.
func (x *export) note(day hit.Day, report *publish.Report) {
	for _, n := range report.Notes() {
		note := exportNote{day.String(), n.String()}
		if !x.noted[note] {
			x.noted[note] = true
			x.notes = append(x.notes, note)
		}
	}
}

func (x *export) writeNotes() error {
	w, err := x.create("notes.csv")
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	_ = out.Write([]string{"date", "note"})
	for _, n := range x.notes {
		_ = out.Write([]string{n.day, n.text})
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	return nil
}

const exportAbout = `footfall: daily export

Every number is a published one: nothing under ten is told, all else is rounded to the nearest ten,
once for each day. An empty cell is under ten, not told, or not kept. Sums of these rows are therefore
not what a report of the same days says; ask the report for a month to know a month.

Files and columns have the names of Plausible's CSV export. Columns that footfall does not keep are
there and empty: campaigns, regions, cities, versions of systems, visitors of a referrer.

(none)      no referrer          (internal)  a page of the site itself
(other)     what may not stand in a row of its own, or found no place
(unknown)   could not be told    (folded)    visitors of too small a group to break down

visit_duration is the published mean visit time, times the published visits, in seconds.
source and referrer are the referrer's host. 404, 4xx and 5xx among the events are answers of the
site, link_url of "Outbound Link: Click" a host, of "File Download" a path of the site.
notes.csv says what is to be known of single days: damaged, imported, restarted, sampled.
A cell that begins with = + - @ TAB or CR has an apostrophe before it, so that no spreadsheet takes
it for a formula.
`
