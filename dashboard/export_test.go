package dashboard

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"footfall/aggregate"
	"footfall/aggregate/publish"
)

const exported = "/api/v1/sites/a.example/export?from=2026-11-01&to=2026-11-03"

// unzip returns the files of an export by their names.
func unzip(t *testing.T, b []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(text)
	}
	return out
}

// plausibleColumns are those of PEERS.md section 4.1, copied there from
// plausible/analytics: lib/plausible/exports.ex.
var plausibleColumns = map[string]string{
	"visitors":          "date,visitors,pageviews,bounces,visits,visit_duration",
	"sources":           "date,source,referrer,utm_source,utm_medium,utm_campaign,utm_content,utm_term,pageviews,visitors,visits,visit_duration,bounces",
	"pages":             "date,hostname,page,visits,visitors,pageviews",
	"entry_pages":       "date,entry_page,visitors,entrances,visit_duration,bounces,pageviews",
	"exit_pages":        "date,exit_page,visitors,visit_duration,exits,bounces,pageviews",
	"custom_events":     "date,name,link_url,path,visitors,events",
	"locations":         "date,country,region,city,visitors,visits,visit_duration,bounces,pageviews",
	"devices":           "date,device,visitors,visits,visit_duration,bounces,pageviews",
	"browsers":          "date,browser,browser_version,visitors,visits,visit_duration,bounces,pageviews",
	"operating_systems": "date,operating_system,operating_system_version,visitors,visits,visit_duration,bounces,pageviews",
}

// hostileValues would be formulas, break a line or end a cell.
var hostileValues = []string{"/=HYPERLINK(\"http://evil.example\")", "/a,b", "/quote\"d", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\ttab", "/é/ü", "/l\u2028s"}

func TestExport(t *testing.T) {
	s := newServer(t)
	s.fake.extra[aggregate.ByPage] = hostileValues
	s.fake.extra[aggregate.ByReferrer] = []string{"=cmd.example"}
	w := s.get(exported)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/zip" {
		t.Fatalf("%d %s", w.Code, w.Header().Get("Content-Type"))
	}
	if got, want := w.Header().Get("Content-Disposition"), `attachment; filename="a.example_20261101_20261103.zip"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	files := unzip(t, w.Body.Bytes())
	for table, columns := range plausibleColumns {
		name := "imported_" + table + "_20261101_20261103.csv"
		rows, err := csv.NewReader(strings.NewReader(files[name])).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Errorf("%s: %d rows, %v", name, len(rows), err)
			continue
		}
		if got := strings.Join(rows[0], ","); got != columns {
			t.Errorf("%s: columns %s, want %s", name, got, columns)
		}
		s.checkExported(t, table, rows)
		delete(files, name)
	}
	if files["README.txt"] == "" || !strings.HasPrefix(files["notes.csv"], "date,note\r\n") || len(files) != 2 {
		t.Errorf("beside the tables there are %d files", len(files))
	}
}

// checkExported holds each row of a table to the report of its day.
func (s *server) checkExported(t *testing.T, table string, rows [][]string) {
	t.Helper()
	days := map[string]int{}
	for _, row := range rows[1:] {
		days[row[0]]++
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("%s: a cell begins with %q", table, cell[0])
			}
		}
	}
	for day := range days {
		want := 0
		for _, one := range publish.DailyTables() {
			if one.Name == table {
				report := s.get("/api/v1/sites/a.example/report?limit=10000&format=csv&from=" + day + "&to=" + day + "&by=" + one.By)
				lines, err := csv.NewReader(report.Body).ReadAll()
				if err != nil {
					t.Fatal(err)
				}
				for _, line := range lines[1:] {
					if !slices.ContainsFunc(line[1:], func(cell string) bool { return cell != "" }) {
						continue // nothing of it is published
					}
					want++
					if table == "pages" && !slices.ContainsFunc(rows, func(row []string) bool {
						return row[0] == day && row[2] == line[0] && row[5] == line[1] && row[4] == line[2]
					}) {
						t.Errorf("%s of %s: views %s, visitors %s are not in the export", line[0], day, line[1], line[2])
					}
				}
			}
		}
		if days[day] != want {
			t.Errorf("%s of %s: %d rows, want %d", table, day, days[day], want)
		}
	}
}

// TestExportForAnIndependentReader: Python's csv reads the same cells.
func TestExportForAnIndependentReader(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("needs python3")
	}
	s := newServer(t)
	s.fake.extra[aggregate.ByPage] = hostileValues
	w := s.get(exported)
	files := unzip(t, w.Body.Bytes())
	const name = "imported_pages_20261101_20261103.csv"
	cmd := exec.Command(python, "-c", `
import csv, io, sys, json
text = sys.stdin.buffer.read().decode("utf-8")
rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
print(json.dumps([r[2] for r in rows[1:] if r[0] == "2026-11-01"]))`)
	cmd.Stdin = strings.NewReader(files[name])
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var pages []string
	if err := json.Unmarshal(out, &pages); err != nil {
		t.Fatal(err)
	}
	for _, v := range hostileValues {
		want := v
		if strings.ContainsRune("=+-@\t\r", rune(v[0])) {
			want = "'" + v
		}
		if !slices.Contains(pages, want) {
			t.Errorf("Python does not find %q", want)
		}
	}
}

func TestExportErrors(t *testing.T) {
	s := newServer(t)
	for target, want := range map[string]string{
		"/api/v1/sites/a.example/export":                                    "bad_day",
		"/api/v1/sites/a.example/export?from=2026-11-05&to=2026-11-01":      "bad_day",
		"/api/v1/sites/a.example/export?from=2020-01-01&to=2026-11-01":      "bad_day",
		"/api/v1/sites/a.example/export?from=2026-11-01&to=2999-11-01":      "bad_day",
		"/api/v1/sites/nobody.example/export?from=2026-11-01&to=2026-11-01": "unknown_site",
		exported + "&by=page":       "unknown_parameter",
		exported + "&to=2026-11-03": "repeated_parameter",
	} {
		w := s.get(target)
		var body struct{ Error struct{ Code string } }
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Error.Code != want {
			t.Errorf("%s: %q (%v), want %s", target, body.Error.Code, err, want)
		}
	}
	s.fake.err = errors.New("a planted failure")
	if w := s.get(exported); w.Code != http.StatusServiceUnavailable {
		t.Errorf("with nothing sent: %d, want 503", w.Code)
	}
}

// TestExportCutOff: where a later day cannot be told, the connection ends and
// no zip is complete.
func TestExportCutOff(t *testing.T) {
	s := newServer(t)
	s.fake.fail = 40 // the fortieth question and all after it
	server := httptest.NewServer(s.e)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+exported, nil)
	if err != nil {
		t.Fatal(err)
	}
	bear(r, s.token(ReadToken, "a.example"))
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		return // cut off before anything came
	}
	defer w.Body.Close()
	b, err := io.ReadAll(w.Body)
	if err == nil {
		t.Error("the body ended as if it were whole")
	}
	if _, err := zip.NewReader(bytes.NewReader(b), int64(len(b))); err == nil {
		t.Error("half an export opens as a zip")
	}
	if len(s.fails) != 1 {
		t.Errorf("the operator was told %q", s.fails)
	}
}
