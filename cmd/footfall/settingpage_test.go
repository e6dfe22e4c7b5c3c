package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/dashboard"
)

// loaded reads a configuration of a file with these lines and flags.
func loaded(t *testing.T, text string, flags settingFlags) *Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := loadConfig(path, nil, &flags, func(flag string) string { return "--" + flag })
	if err != nil {
		t.Fatal(err)
	}
	for key, from := range c.from {
		c.from[key] = strings.ReplaceAll(from, path, "f.toml")
	}
	c.file = "f.toml"
	return c
}

const settingsFile = `retention_months = 12

[[site]]
host = "a.example"
templates = ["/order/*"]
aliases = ["x.example"]

[[site]]
host = "b.example"
retention_months = 3
`

func TestSettingsOfASite(t *testing.T) {
	listen := "127.0.0.1:1"
	w := &web{zones: func() map[hit.Host]*time.Location {
		return map[hit.Host]*time.Location{mustHost(t, "a.example"): paris}
	}}
	start := loaded(t, settingsFile, settingFlags{Listen: &listen})
	w.inForce.Store(&configurations{start, start})
	rows := func(host string) map[string]dashboard.Setting {
		out := make(map[string]dashboard.Setting)
		for _, s := range w.settingsOf(mustHost(t, host)) {
			key := s.Key
			if s.Server {
				key = "server " + key
			}
			out[key] = s
		}
		return out
	}
	check := func(when, host string, want map[string]dashboard.Setting) {
		t.Helper()
		got := rows(host)
		for key, s := range want {
			s.Key = strings.TrimPrefix(key, "server ")
			s.Server = s.Key != key
			if got[key] != s {
				t.Errorf("%s, %s, %s:\ngot  %+v\nwant %+v", when, host, key, got[key], s)
			}
		}
	}
	check("at the start", "a.example", map[string]dashboard.Setting{
		"host":                    {Value: `"a.example"`, Source: dashboard.FromFile, From: "f.toml:4", Lines: "# f.toml:4\nhost = \"a.example\""},
		"zone":                    {Value: `"Europe/Paris"`, Source: dashboard.FromData, Lines: "# under [[site]] with the host of f.toml:4\nzone = \"Europe/Paris\""},
		"retention_months":        {Value: "12", Source: dashboard.FromFile, From: "f.toml:1", Lines: "# under [[site]] with the host of f.toml:4\nretention_months = 12"},
		"templates":               {Value: `["/order/*"]`, Source: dashboard.FromFile, From: "f.toml:5", Lines: "# f.toml:5\ntemplates = [\"/order/*\"]"},
		"visitors":                {Value: `"hash"`, Source: dashboard.FromDefault, Lines: "# under [[site]] with the host of f.toml:4\nvisitors = \"hash\""},
		"server listen":           {Value: `"127.0.0.1:1"`, Source: dashboard.FromFlag, From: "--listen", Lines: "# f.toml, above the first [[site]]\nlisten = \"127.0.0.1:1\""},
		"server retention_months": {Value: "12", Source: dashboard.FromFile, From: "f.toml:1", Lines: "# f.toml:1\nretention_months = 12"},
	})
	check("at the start", "b.example", map[string]dashboard.Setting{
		"retention_months": {Value: "3", Source: dashboard.FromFile, From: "f.toml:10", Lines: "# f.toml:10\nretention_months = 3"},
	})
	// Read again: a template counts at once, an alias waits, lines are the newer.
	latest := loaded(t, "# moved\n"+strings.NewReplacer("/order/*", "/basket/*", "x.example", "y.example").Replace(settingsFile), settingFlags{Listen: &listen})
	w.inForce.Store(&configurations{start, latest})
	check("read again", "a.example", map[string]dashboard.Setting{
		"templates":        {Value: `["/basket/*"]`, Source: dashboard.FromFile, From: "f.toml:6", Lines: "# f.toml:6\ntemplates = [\"/basket/*\"]"},
		"aliases":          {Value: `["x.example"]`, Source: dashboard.FromFile, From: "f.toml:6", Waits: `["y.example"]`, Lines: "# f.toml:6\naliases = [\"x.example\"]"},
		"retention_months": {Value: "12", Source: dashboard.FromFile, From: "f.toml:2", Lines: "# under [[site]] with the host of f.toml:5\nretention_months = 12"},
	})
	// A site that is kept and not counted any more, and no file at all.
	host := "c.example"
	bare, err := loadConfig("", nil, &settingFlags{Site: []string{host}}, func(flag string) string { return "--" + flag })
	if err != nil {
		t.Fatal(err)
	}
	w.inForce.Store(&configurations{bare, bare})
	check("without a file", host, map[string]dashboard.Setting{
		"host":     {Value: `"c.example"`, Source: dashboard.FromFlag, From: "--site", Lines: "# a file, named with --config, at its end\n[[site]]\nhost = \"c.example\""},
		"features": {Value: "[]", Source: dashboard.FromDefault, Lines: "# a file, named with --config, at its end\n[[site]]\nhost = \"c.example\"\nfeatures = []"},
	})
	check("not counted", "a.example", map[string]dashboard.Setting{
		"zone": {Value: `"Europe/Paris"`, Source: dashboard.FromData, Lines: "# a file, named with --config, at its end\n[[site]]\nhost = \"a.example\"\nzone = \"Europe/Paris\""},
	})
}

// TestEverySettingIsExplained holds that the dashboard has words for all keys,
// those of the file's struct, in both languages.
func TestEverySettingIsExplained(t *testing.T) {
	w := wire(t, time.Now())
	for _, lang := range []string{"en", "fr"} {
		page := string(asStaffAt(t, w.web.publicURL(), "/sites/localhost/settings?lang="+lang))
		if got, want := strings.Count(page, "<h3"), len(w.web.config.server())+len(siteKeys); got != want {
			t.Errorf("%s: %d settings, want %d", lang, got, want)
		}
		if strings.Contains(page, "<p></p>") {
			t.Errorf("%s: a setting is not explained", lang)
		}
	}
}

// TestNotedSettings holds what the log of changes tells of settings: what was
// given, and no network.
func TestNotedSettings(t *testing.T) {
	long := strings.Repeat("/a", 60)
	c := loaded(t, `exclude_network = ["198.51.100.0/24", "2001:db8::/32"]
[[site]]
host = "a.example"
sections = ["`+long+`"]
`, settingFlags{})
	got := c.noted()
	if len(got) != 3 || got["site a.example: host"] != `"a.example"` || !strings.HasPrefix(got["exclude_network"], "a list of 2, digest ") {
		t.Errorf("got %q", got)
	}
	if s := got["site a.example: sections"]; len(s) > 90 || !strings.HasPrefix(s, `["/a/a`) {
		t.Errorf("a long list is told as %q", s)
	}
	for key, value := range got {
		if strings.Contains(value, "198.51") || strings.Contains(value, "2001:db8") {
			t.Errorf("%s tells a network: %s", key, value)
		}
	}
	other := loaded(t, `exclude_network = ["198.51.101.0/24", "2001:db8::/32"]
[[site]]
host = "a.example"
sections = ["`+long+`b"]
`, settingFlags{}).noted()
	for _, key := range []string{"exclude_network", "site a.example: sections"} {
		if got[key] == other[key] {
			t.Errorf("%s: another value is told the same", key)
		}
	}
}

// TestPurgesAreNoted holds that what retention deletes is told once.
func TestPurgesAreNoted(t *testing.T) {
	people, err := dashboard.OpenAccounts(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &session{people: people, now: time.Now, purged: new(purges)}
	before := hit.DayOf(2025, time.October, 1)
	s.purged.add(mustHost(t, "a.example"), before, 30)
	s.purged.add(mustHost(t, "b.example"), before, 2)
	for range 2 {
		s.notePurges(newLog(os.Stderr))
	}
	log := people.Log()
	if len(log) != 2 || log[1].What != "retention deleted of site a.example all before 2025-10-01: 30 blocks of days" || log[1].Who != "server" {
		t.Errorf("got %v", log)
	}
}

// asStaffAt logs in and returns one page.
func asStaffAt(t *testing.T, base, path string) []byte {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	answer, err := client.PostForm(base+"/login", url.Values{"name": {"admin"}, "password": {browserPassword}})
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close() // only who is logged in afterwards matters
	if answer, err = client.Get(base + path); err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", path, answer.Status, err)
	}
	return body
}
