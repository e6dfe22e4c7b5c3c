package main

import (
	"errors"
	"flag"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/collector"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}

// someIntake is the counts of a site after n hits of each verdict.
func someIntake(t *testing.T, n uint64) collector.Stats {
	t.Helper()
	stats := collector.Stats{UnknownSite: n, Malformed: n, Limited: n, Unavailable: n, Panics: 1}
	site := collector.SiteStats{Host: mustHost(t, "www.example.org")}
	for _, v := range hit.CountableVerdicts() {
		if v != hit.UnknownSite {
			site.Verdicts = append(site.Verdicts, collector.VerdictCount{Verdict: v, N: n})
		}
	}
	stats.Sites = append(stats.Sites, site)
	return stats
}

// exposition scrapes metrics of a process that has taken n hits of each kind.
func exposition(t *testing.T, n uint64) string {
	t.Helper()
	m := newMetrics()
	for range n / 10 {
		m.observeCommit(3 * time.Millisecond)
	}
	m.watch(measured{
		intake: func() collector.Stats { return someIntake(t, n) },
		sizes: func() aggregate.Sizes {
			return aggregate.Sizes{FileBytes: 1 << 20, FreeBytes: 5000, BlockBytes: 12345, OpenDayBytes: 70_000}
		},
		store: func() aggregate.Stats {
			return aggregate.Stats{CompactionFailures: 5, Caps: []aggregate.CapStats{
				{Table: "pages", Share: 1, Reached: 2}, {Table: "open_visits", Share: 0.01}, {Table: "distinct_keys", Share: 0.37},
			}}
		},
		connections: func() uint64 { return 3 },
		transport:   func() uint64 { return 4 },
		panics:      func() uint64 { return 1 },
		lag:         func() time.Duration { return 300 * time.Millisecond },
		ready:       func() error { return errors.New("not ready") },
	})
	for _, problem := range lint(t, m) {
		t.Errorf("promlint: %s", problem)
	}
	recorder := httptest.NewRecorder()
	m.handler().ServeHTTP(recorder, httptest.NewRequest("GET", "/metrics", nil))
	text, err := io.ReadAll(recorder.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`version="[^"]*"`).ReplaceAllString(string(text), `version="*"`)
}

func lint(t *testing.T, m *metrics) (out []string) {
	t.Helper()
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		out = append(out, p.Metric+": "+p.Text)
	}
	return out
}

func TestMetricsExposition(t *testing.T) {
	golden(t, "metrics.golden", exposition(t, 29))
}

// TestMetricsMoveInTens holds that no single hit shows (B-07): between two
// tens the exposition is the same, byte for byte.
func TestMetricsMoveInTens(t *testing.T) {
	if exposition(t, 20) != exposition(t, 29) {
		t.Error("a hit shows between two tens")
	}
	if exposition(t, 29) == exposition(t, 30) {
		t.Error("the tenth hit does not show")
	}
}

// TestMetricsSayNothingOfVisitors holds that no series counts visits,
// visitors, keys or cells, and that no label is a visitor's.
func TestMetricsSayNothingOfVisitors(t *testing.T) {
	for line := range strings.Lines(exposition(t, 30)) {
		name, _, _ := strings.Cut(line, " ")
		if strings.HasPrefix(line, "#") || strings.Contains(name, "_ratio") || strings.HasPrefix(name, "footfall_caps_reached_total") {
			continue
		}
		for _, word := range []string{"visit", "visitor", "keys", "cells", "path", "referrer", "browser", "country"} {
			if strings.Contains(name, word) {
				t.Errorf("a series of %s: %s", word, line)
			}
		}
	}
}

func TestMinuteLogsInTens(t *testing.T) {
	before, after := minuteOf(someIntake(t, 9)), minuteOf(someIntake(t, 19))
	if line := before.since(minute{}); len(line) != 1 || line[0].Key != "dropped" {
		t.Errorf("nine hits of each kind: got %v, want the sum of what was dropped alone", line)
	}
	if line := after.since(after); len(line) != 0 {
		t.Errorf("nothing has moved: got %v", line)
	}
	for _, attr := range after.since(before) {
		if n := attr.Value.Uint64(); n == 0 || n%10 != 0 {
			t.Errorf("%s moved by %d, want tens", attr.Key, n)
		}
	}
}
