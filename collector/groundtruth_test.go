package collector

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"footfall/collector/internal/shareddata"
)

// truth is what groundtruth.py counted.
type truth struct {
	Lines     int64          `json:"lines"`
	Parsed    int64          `json:"parsed"`
	Malformed []int64        `json:"malformed_lines"`
	All       int64          `json:"pv_all_total"`
	UTC       map[string]day `json:"by_day_utc"`
	Paris     map[string]day `json:"by_day_paris"`
}

type day struct {
	All     int `json:"pv_all"`
	Clients int `json:"distinct_client_ua"`
}

func readTruth(t testing.TB, name string) (out truth) {
	t.Helper()
	b, err := os.ReadFile(shareddata.Path(t, "groundtruth/"+name+".summary.json"))
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// statusesByDay counts the failed requests for pages, by UTC day, in the
// records that groundtruth.py wrote.
func statusesByDay(t testing.TB, name string) map[string]int {
	t.Helper()
	rows := strings.Split(strings.TrimSuffix(string(readGzip(t, "groundtruth/"+name+".records.tsv.gz")), "\n"), "\n")
	out := map[string]int{}
	for _, row := range rows[1:] {
		f := strings.Split(row, "\t") // line day_utc day_paris day_file method status bytes path has_query static ...
		if f[4] == "GET" && f[5] >= "400" && f[5] < "600" && f[9] == "0" {
			out[f[1]]++
		}
	}
	return out
}

func readGzip(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(shareddata.Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // read only
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// groundTruths are the logs and their names in groundtruth/.
var groundTruths = []struct{ log, name string }{
	{"elastic_apache_2015.combined.log.gz", "elastic_apache_2015"},
	{"advertools_combined_no_errors.log.gz", "advertools_combined_no_errors"},
	{"advertools_combined_with_errors.log.gz", "advertools_combined_with_errors"},
	{"advertools_combined_latin1_enc.log.gz", "advertools_combined_latin1_enc"},
	{"advertools_nginx_custom_date.log.gz", "advertools_nginx_custom_date"},
	{"ddoser_http_flood_2023.combined.log.gz", "ddoser_http_flood_2023"},
}

// Each log gives exactly the lines, the malformed ones among them and, by day
// and zone, the views that an independent program counted: those of people
// and those set apart as robots' together.
func TestGroundTruth(t *testing.T) {
	for _, c := range groundTruths {
		want := readTruth(t, c.name)
		for zone, byDay := range map[string]map[string]day{"UTC": want.UTC, "Europe/Paris": want.Paris} {
			for _, format := range []string{"auto", "combined"} {
				t.Run(c.name+"/"+zone+"/"+format, func(t *testing.T) {
					f, err := os.Open(shareddata.Path(t, "logs/"+c.log))
					if err != nil {
						t.Fatal(err)
					}
					defer func() { _ = f.Close() }() // read only
					got := newDays(t, zone)
					lines := newLines(t, func(o *LinesOptions) { o.Site.Zone, o.Format = got.zone, format })
					s, err := lines.Read(t.Context(), f, got)
					if err != nil {
						t.Fatal(err)
					}
					checkTruth(t, &s, got, &want, byDay)
					visitors := 0
					for _, d := range byDay {
						visitors += d.Clients
					}
					if len(got.visitors) > visitors {
						t.Errorf("%d visitors, more than the %d pairs of client and agent", len(got.visitors), visitors)
					}
					t.Logf("views %v, bots %v, statuses %v, visitors %d", got.views, got.bots, got.statuses, len(got.visitors))
				})
			}
		}
	}
}

func checkTruth(t *testing.T, s *Summary, got *days, want *truth, byDay map[string]day) {
	t.Helper()
	if s.Lines != want.Lines || s.Parsed != want.Parsed || s.Malformed != int64(len(want.Malformed)) || !slices.Equal(s.MalformedAt, want.Malformed) {
		t.Errorf("%d lines, %d parsed, malformed %v; want %d, %d, %v", s.Lines, s.Parsed, s.MalformedAt, want.Lines, want.Parsed, want.Malformed)
	}
	if s.Views+s.Bots != want.All || s.Ordinary != s.Parsed || s.Measured != 0 {
		t.Errorf("%d views and %d bots of %d lines, want %d of %d", s.Views, s.Bots, s.Ordinary, want.All, s.Parsed)
	}
	sum := maps.Clone(got.views)
	for d, n := range got.bots {
		sum[d] += n
	}
	for d, n := range byDay {
		if sum[d] != n.All {
			t.Errorf("%s: %d views of people and robots, want %d", d, sum[d], n.All)
		}
		delete(sum, d)
	}
	if len(sum) > 0 {
		t.Errorf("days that the log has not: %v", sum)
	}
}

// The same logs in common format have no agents: every view is a person's,
// every failed request for a page counts, and the figures stay.
func TestGroundTruthInCommonFormat(t *testing.T) {
	agents := regexp.MustCompile(`(?m) "(?:[^"\\\n]|\\.)*" "(?:[^"\\\n]|\\.)*"$`)
	for _, c := range groundTruths {
		t.Run(c.name, func(t *testing.T) {
			want := readTruth(t, c.name)
			log := agents.ReplaceAll(readGzip(t, "logs/"+c.log), nil)
			for _, format := range []string{"auto", "common"} {
				got := newDays(t, "UTC")
				s, err := newLines(t, func(o *LinesOptions) { o.Format = format }).Read(t.Context(), bytes.NewReader(log), got)
				if err != nil {
					t.Fatal(err)
				}
				checkTruth(t, &s, got, &want, want.UTC)
				if s.Bots != 0 {
					t.Errorf("%d bots in a log without agents", s.Bots)
				}
				if statuses := statusesByDay(t, c.name); !maps.Equal(got.statuses, statuses) {
					t.Errorf("statuses %v, want %v", got.statuses, statuses)
				}
			}
		})
	}
}
