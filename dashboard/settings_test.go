package dashboard

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

// someSettings is what cmd might tell, with each source once.
func someSettings(site hit.Host) []Setting {
	return []Setting{
		{Key: "host", Value: `"` + site.String() + `"`, Source: FromFile, From: "f.toml:2", Lines: "host"},
		{Key: "zone", Value: `"Europe/Paris"`, Source: FromData, Lines: "zone"},
		{Key: "retention_months", Value: "6", Source: FromFlag, From: "--retention-months", Lines: "# f.toml\nretention_months = 6"},
		{Key: "paths", Value: `"all"`, Source: FromDefault, Lines: "paths"},
		{Key: "retention_months", Value: "13", Source: FromEnvironment, From: "FOOTFALL_RETENTION_MONTHS", Lines: "x", Server: true, Waits: "12"},
	}
}

func TestSettingsPage(t *testing.T) {
	s := newServer(t)
	for lang, words := range map[string][]string{
		"en": {"Settings of a.example", "f.toml:2", "the flag --retention-months", "the environment, FOOTFALL_RETENTION_MONTHS", "the default",
			"The file gives 12 by now", "# f.toml\nretention_months = 6", "--retention-months counts before the file", "The same for sites without their own"},
		"fr": {"Réglages de a.example", "l’option --retention-months", "Le fichier donne désormais 12"},
	} {
		page := s.get("/sites/a.example/settings?lang=" + lang).Body.String()
		for _, want := range words {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page lacks %q", lang, want)
			}
		}
		if strings.Contains(page, "<input") || strings.Contains(page, "<form method=\"post\" action=\"../../sites") {
			t.Errorf("%s: the page offers to change something", lang)
		}
		if strings.Count(page, "<p></p>") > 0 {
			t.Errorf("%s: a setting says nothing about itself", lang)
		}
	}
	if page := s.get("/sites/a.example").Body.String(); !strings.Contains(page, "a.example/settings") || !strings.Contains(page, "/log") {
		t.Error("a site's page does not lead to its settings and to the log")
	}
	if page := s.do(s.as("viewer", request("GET", "/sites/a.example", nil))).Body.String(); strings.Contains(page, "/settings") || strings.Contains(page, "/log\"") {
		t.Error("a viewer is led to what a viewer may not read")
	}
}

// Without a source of settings there is no page.
func TestNoSettingsPage(t *testing.T) {
	s := newServer(t, func(o *Options) { o.Settings = nil })
	if w := s.get("/sites/a.example/settings"); w.Code != http.StatusNotFound {
		t.Errorf("%d, want 404", w.Code)
	}
	if page := s.get("/sites/a.example").Body.String(); strings.Contains(page, "/settings") {
		t.Error("a link leads to a page that is not there")
	}
}

func TestLogPage(t *testing.T) {
	s := newServer(t)
	now := time.Now().UTC()
	for i := range logPerPage + 1 {
		if err := s.a.Note(By{At: now, Who: "test"}, fmt.Sprintf("entry <b>%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	page := s.get("/log").Body.String()
	if !strings.Contains(page, fmt.Sprintf("entry &lt;b&gt;%d<", logPerPage)) || strings.Contains(page, "entry &lt;b&gt;0<") ||
		strings.Count(page, "<time ") != logPerPage || !strings.Contains(page, now.Format("2006-01-02 15:04")) {
		t.Errorf("the first page: %d entries", strings.Count(page, "<time "))
	}
	if older := s.get("/log?start=200").Body.String(); !strings.Contains(older, "entry &lt;b&gt;0<") || strings.Count(older, "<time ") != 1 {
		t.Error("the second page lacks the oldest entry")
	}
	for _, start := range []string{"-1", "x", "99999999999999999999", "201"} {
		if w := s.get("/log?start=" + start); w.Code != http.StatusOK || strings.Count(w.Body.String(), "<time ") != logPerPage {
			t.Errorf("start=%s: %d", start, w.Code)
		}
	}
	// What a request reads leaves nothing in the log.
	before := len(s.a.Log())
	for _, path := range []string{"/", "/sites/a.example", "/log", "/sites/a.example/settings", question} {
		s.get(path)
	}
	if got := len(s.a.Log()); got != before {
		t.Errorf("%d entries after some reading, want %d", got, before)
	}
}

// An admin of some sites reads their settings, but not the log, which names
// others.
func TestAdminOfOneSite(t *testing.T) {
	s := newServer(t)
	if err := s.a.SetRights(By{At: time.Now(), Who: "test"}, "viewer", Admin, []string{"a.example"}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		"/sites/a.example/settings": http.StatusOK, "/sites/b.example/settings": http.StatusNotFound, "/log": http.StatusForbidden,
	} {
		w := s.do(s.as("viewer", request("GET", path, nil)))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
		if want == http.StatusOK && (strings.Contains(w.Body.String(), "b.example") || strings.Contains(w.Body.String(), `/log"`)) {
			t.Errorf("%s names another site or leads to the log", path)
		}
	}
}
