package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/collector"
)

// sharedData returns the path of a file of the shared test data beside the
// repository; the test is skipped where there is none.
func sharedData(t *testing.T, name string) string {
	t.Helper()
	root := os.Getenv("FOOTFALL_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(root, "data", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Skip("shared/data is not beside the repository and FOOTFALL_SHARED does not name it")
	}
	return path
}

type truthDay struct {
	All      int64 `json:"pv_all"`
	Human    int64 `json:"pv_human"`
	Visitors int64 `json:"visitors_of_pv_human"`
}

type truth struct {
	Lines     int64               `json:"lines"`
	Parsed    int64               `json:"parsed"`
	Malformed []int64             `json:"malformed_lines"`
	Human     int64               `json:"pv_human_total"`
	UTC       map[string]truthDay `json:"by_day_utc"`
	Paris     map[string]truthDay `json:"by_day_paris"`
}

// TestImportOfRealLogs imports each log that was counted independently, with
// a clock that stands in its year, and compares what check finds in the
// database with that count: views and bots exactly, by day and zone.
func TestImportOfRealLogs(t *testing.T) {
	for _, log := range []string{"elastic_apache_2015.combined", "advertools_combined_no_errors",
		"advertools_combined_with_errors", "advertools_combined_latin1_enc"} {
		for _, zone := range []string{"UTC", "Europe/Paris"} {
			t.Run(log+"/"+filepath.Base(zone), func(t *testing.T) { importRealLog(t, log, zone) })
		}
	}
}

func importRealLog(t *testing.T, log, zoneName string) {
	name, _, _ := strings.Cut(log, ".")
	var want truth
	b, err := os.ReadFile(sharedData(t, "groundtruth/"+name+".summary.json"))
	if err == nil {
		err = json.Unmarshal(b, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		t.Fatal(err)
	}
	byDay := want.UTC
	if zoneName != "UTC" {
		byDay = want.Paris
	}
	last := slices.Max(keysOf(byDay))
	now, err := time.ParseInLocation(time.DateOnly, last, zone)
	if err != nil {
		t.Fatal(err)
	}
	raw := gunzip(t, sharedData(t, "logs/"+log+".log.gz"))
	lines, summary, stored := importAt(t, raw, zone, now.AddDate(0, 0, 2))
	if lines.Lines != want.Lines || lines.Parsed != want.Parsed || !slices.Equal(lines.MalformedAt, want.Malformed) {
		t.Errorf("lines: got %d, %d parsed, malformed at %v, want %d, %d, %v",
			lines.Lines, lines.Parsed, lines.MalformedAt, want.Lines, want.Parsed, want.Malformed)
	}
	var views int64
	for day, d := range byDay {
		parsed, err := hit.ParseDay(day)
		if err != nil {
			t.Fatal(err)
		}
		got := summary.Days[parsed]
		if summary.RefusedDays == 0 && got.Views+got.Bots != d.All {
			t.Errorf("%s: got %d views and %d bots, want %d in all", day, got.Views, got.Bots, d.All)
		}
		if stored[day] != got.Views {
			t.Errorf("%s: stored %d views, counted %d", day, stored[day], got.Views)
		}
		views += got.Views
	}
	// footfall's own bot rules differ from the words of the independent count:
	// the difference must be explained to the unit by the agents printed.
	robots := int64(0)
	if summary.RefusedDays == 0 {
		robots = differing(t, raw)
		if got := views + robots; got != want.Human {
			t.Errorf("views: got %d, and %d of agents on which the two differ, want %d in all", views, robots, want.Human)
		}
	}
	t.Logf("%d views, %d of pv_human, %d of agents on which the two differ", views, want.Human, robots)
}

// importAt imports a log into a new database and returns what was counted and
// what check finds stored.
func importAt(t *testing.T, raw []byte, zone *time.Location, now time.Time) (collector.Summary, *aggregate.ImportSummary, map[string]int64) {
	t.Helper()
	dir := t.TempDir()
	site := aggregate.SiteConfig{Host: mustHost(t, "semicomplete.com"), Zone: zone, RetentionMonths: 25}
	db, err := aggregate.Open(aggregate.Options{Path: filepath.Join(dir, "footfall.db"), Sites: []aggregate.SiteConfig{site}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	file := filepath.Join(dir, "import.days")
	importer, err := aggregate.NewImporter(aggregate.ImportOptions{Site: site, Now: now, File: file, ObjectionsUnknown: true})
	if err != nil {
		t.Fatal(err)
	}
	lines, err := collector.NewLines(collector.LinesOptions{Site: collector.Site{Host: site.Host, Zone: zone}})
	if err != nil {
		t.Fatal(err)
	}
	read, err := lines.Read(context.Background(), bytes.NewReader(raw), importer)
	if err != nil {
		t.Fatal(err)
	}
	summary, err := importer.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Merge(file, false); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "copy.db")
	if err := db.Backup(copied); err != nil {
		t.Fatal(err)
	}
	report, err := aggregate.Check(copied)
	if err != nil || !report.OK {
		t.Fatalf("check: %v, %+v", err, report)
	}
	return read, summary, report.Sites["semicomplete.com"]
}

// truthBot is the bot rule of groundtruth.py.
var truthBot = regexp.MustCompile(`(?i)bot|crawl|spider|slurp|feed|fetch|scan|curl|wget|python|perl|java/|libwww|http-client|httpclient|okhttp|` +
	`zgrab|masscan|nmap|nikto|monitor|preview|facebookexternal|rss|archiver|validator|mediapartners|apt-http|headless|phantom|lighthouse`)

// pageView is a line that groundtruth.py counts as pv_all, but for the
// extensions of static files.
var pageView = regexp.MustCompile(`^\S+ \S+ \S+ \[[^]]+\] "GET (\S+) HTTP/[0-9.]+" (?:200|304) .* "((?:[^"\\]|\\.)*)"\s*$`)

// differing prints the agents that one of the two calls a bot and the other
// does not, and returns how many page views more than footfall the
// independent count takes for people's on their account.
func differing(t *testing.T, raw []byte) (more int64) {
	t.Helper()
	agents := map[string]*bytes.Buffer{} // their page views, as a log
	for line := range bytes.SplitSeq(raw, []byte("\n")) {
		if m := pageView.FindSubmatch(line); m != nil {
			agent := string(m[2])
			if agents[agent] == nil {
				agents[agent] = new(bytes.Buffer)
			}
			agents[agent].Write(append(line, '\n'))
		}
	}
	for _, agent := range keysOf(agents) {
		lines, err := collector.NewLines(collector.LinesOptions{Site: collector.Site{Host: mustHost(t, "semicomplete.com")}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := lines.Read(context.Background(), agents[agent], discard{})
		if err != nil {
			t.Fatal(err)
		}
		theirs := agent == "" || agent == "-" || truthBot.MatchString(agent)
		switch {
		case theirs && s.Views > 0:
			more -= s.Views
		case !theirs && s.Bots > 0:
			more += s.Bots
		default:
			continue
		}
		t.Logf("bot here %t, there %t, %d views: %q", s.Bots > 0, theirs, s.Views+s.Bots, agent)
	}
	return more
}

type discard struct{}

func (discard) Add(time.Time, *hit.Hit) error { return nil }

func mustHost(t *testing.T, s string) hit.Host {
	t.Helper()
	h, err := hit.ParseHost(s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func keysOf[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func gunzip(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
