package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// queries are the expressions of the printed dashboard and rules.
func queries(t *testing.T) []string {
	t.Helper()
	var board struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	if err := json.Unmarshal([]byte(grafanaBoard), &board); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range board.Panels {
		for _, q := range p.Targets {
			out = append(out, q.Expr)
		}
	}
	if len(out) < 10 {
		t.Fatalf("the dashboard has %d queries", len(out))
	}
	return append(out, alertRules)
}

// TestPrintedMetricsExist: whatever the printed dashboard and rules ask for is
// a series of /metrics, with the labels that they name.
func TestPrintedMetricsExist(t *testing.T) {
	golden, err := os.ReadFile("testdata/metrics.golden")
	if err != nil {
		t.Fatal(err)
	}
	series := map[string]string{}
	for line := range strings.Lines(string(golden)) {
		if !strings.HasPrefix(line, "#") {
			name, _, _ := strings.Cut(line, " ")
			base, labels, _ := strings.Cut(name, "{")
			series[base] += labels
		}
	}
	named := regexp.MustCompile(`footfall_[a-z_]+`)
	for _, q := range queries(t) {
		for _, name := range named.FindAllString(q, -1) {
			_, plain := series[name]
			if _, histogram := series[name+"_bucket"]; !plain && !histogram {
				t.Errorf("%s is no series", name)
			}
		}
	}
	for name, labels := range map[string][]string{
		"footfall_hits_total": {"site", "verdict"}, "footfall_hits_refused_total": {"reason"}, "footfall_cap_ratio": {"table"},
		"footfall_caps_reached_total": {"table"}, "footfall_build_info": {"version"},
	} {
		for _, l := range labels {
			if !strings.Contains(series[name], l+"=") {
				t.Errorf("%s has no label %s", name, l)
			}
		}
	}
}

// TestAlertRules: promtool takes the rules.
func TestAlertRules(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("no promtool on this machine")
	}
	file := filepath.Join(t.TempDir(), "alerts.yml")
	if err := os.WriteFile(file, []byte(alertRules), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(promtool, "check", "rules", file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestPrometheusScrapes runs a real Prometheus against a running server: the
// target is up and each query of the dashboard has an answer.
func TestPrometheusScrapes(t *testing.T) {
	prometheus, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skip("no prometheus on this machine")
	}
	dir, public, admin, listen := t.TempDir(), freeAddress(t), freeAddress(t), freeAddress(t)
	begin(t, serveArgs("footfall", filepath.Join(dir, "data"), public, admin)...)
	waitFor(t, "http://"+admin+"/healthz")
	file := filepath.Join(dir, "prometheus.yml")
	text := "global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [alerts.yml]\n" +
		"scrape_configs: [{job_name: footfall, static_configs: [{targets: ['" + admin + "']}]}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "alerts.yml"), []byte(alertRules), 0o600); err != nil {
		t.Fatal(err)
	}
	begin(t, prometheus, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "tsdb"), "--web.listen-address="+listen, "--log.level=error")
	waitFor(t, "http://"+listen+"/-/ready")
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(grafanaBoard), &board); err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer(`$job`, "footfall", `$__rate_interval`, "1m")
	for _, p := range board.Panels {
		for _, q := range p.Targets {
			if !hasSeries(t, listen, fill.Replace(q.Expr)) {
				t.Errorf("%s: %s has no answer", p.Title, q.Expr)
			}
		}
	}
	if !hasSeries(t, listen, `ALERTS{alertname="FootfallDown"} or up == 1`) {
		t.Error("the target is not up")
	}
}

// hasSeries asks until there is a series, for some scrapes.
func hasSeries(t *testing.T, listen, query string) bool {
	t.Helper()
	for range 60 {
		r, err := http.NewRequest("GET", "http://"+listen+"/api/v1/query", nil)
		if err != nil {
			t.Fatal(err)
		}
		q := r.URL.Query()
		q.Set("query", query)
		r.URL.RawQuery = q.Encode()
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var body struct{ Data struct{ Result []any } }
		err = json.NewDecoder(answer.Body).Decode(&body)
		_ = answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if len(body.Data.Result) > 0 {
			return true
		}
		time.Sleep(250 * time.Millisecond)
	}
	return false
}

// TestUnits: systemd reads the units without a complaint, and finds little
// that the service may do.
func TestUnits(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd-analyze on this machine")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"footfall.service": systemdService, "footfall.socket": systemdSocket} {
		text = strings.ReplaceAll(text, "/usr/local/bin/footfall", "/bin/true") // verify looks for the program
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	service := filepath.Join(dir, "footfall.service")
	out, err := exec.Command(analyze, "verify", service, filepath.Join(dir, "footfall.socket")).CombinedOutput()
	if strings.Contains(string(out), "Failed to initialize manager") || strings.Contains(string(out), "Failed to connect") {
		t.Skipf("systemd-analyze does not work here: %s", out)
	}
	if err != nil || strings.Contains(string(out), "footfall.") {
		t.Errorf("%v\n%s", err, out)
	}
	out, err = exec.Command(analyze, "security", "--offline=true", "--threshold=20", service).CombinedOutput()
	if err != nil {
		t.Errorf("more than 2.0 of exposure: %v\n%s", err, out)
	}
}
