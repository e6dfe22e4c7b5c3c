package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// noticeOf serves the information text of a configuration.
func noticeOf(t *testing.T, file string) *noticePage {
	t.Helper()
	path := filepath.Join(t.TempDir(), "footfall.toml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := loadConfig(path, nil, new(settingFlags), func(flag string) string { return flag })
	if err != nil {
		t.Fatal(err)
	}
	p, err := newNoticePage(config, siteConfigs(config), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNoticePage(t *testing.T) {
	p := noticeOf(t, `
[controller]
name = "Example SAS"
[[site]]
host = "www.example.org"
retention_months = 7
[[site]]
host = "shop.example.org"
retention_months = 25
`)
	tests := []struct {
		name, target, host, languages string
		want, absent                  string
	}{
		{"of its host", "/notice", "www.example.org:8080", "", "kept for 7 calendar months", "shop.example.org"},
		{"with www.", "/notice", "www.shop.example.org", "", "kept for 25 calendar months", "kept for 7"},
		{"of the site named", "/notice?site=Shop.example.org", "stats.example", "", "kept for 25 calendar months", "kept for 7"},
		{"of all", "/notice", "stats.example", "", "kept for 7 calendar months", "kept for 13"},
		{"of a stranger's host", "/notice?site=evil.example", "evil.example", "", "shop.example.org", "evil"},
		{"in French by the address", "/notice?lang=fr", "www.example.org", "en", "Ne pas compter mes visites", "Do not count"},
		{"in French by the header", "/notice", "www.example.org", "de, fr-CA;q=0.8, en;q=0.5", "conservés 7 mois", "calendar months"},
		{"in English for others", "/notice?lang=<b>", "www.example.org", "de", `action="optout?lang=en"`, "<b>"},
		{"what is missing", "/notice", "www.example.org", "", "[to be completed by the publisher: controller.contact]", "controller.name]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, tt.target, nil)
			r.Host = tt.host
			r.Header.Set("Accept-Language", tt.languages)
			answer := httptest.NewRecorder()
			p.ServeHTTP(answer, r)
			body := answer.Body.String()
			if answer.Code != http.StatusOK || !strings.Contains(body, tt.want) || strings.Contains(body, tt.absent) {
				t.Errorf("got %d without %q or with %q: %s", answer.Code, tt.want, tt.absent, body)
			}
			h := answer.Header()
			if h.Get("Cache-Control") != "public, max-age=3600" || h.Get("Vary") != "Accept-Language" || h["Set-Cookie"] != nil {
				t.Errorf("headers: %v", h)
			}
			if strings.Contains(body, "<script") || strings.Contains(body, "style=") || strings.Contains(body, "<style") {
				t.Error("the page holds what its policy refuses")
			}
		})
	}
	for method, want := range map[string]int{http.MethodHead: http.StatusOK, http.MethodPost: http.StatusMethodNotAllowed} {
		answer := httptest.NewRecorder()
		p.ServeHTTP(answer, httptest.NewRequest(method, "/notice", nil))
		if answer.Code != want || method == http.MethodHead && answer.Body.Len() > 0 {
			t.Errorf("%s: got %d and %d bytes, want %d", method, answer.Code, answer.Body.Len(), want)
		}
	}
}

// TestNoticeIsServed asks the running listeners: the page is there beside the
// dashboard, and its objection leads to the page of objections.
func TestNoticeIsServed(t *testing.T) {
	w := wire(t, time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	page := string(read(t, w.web.publicURL()+noticeRoute+"?lang=fr"))
	if !strings.Contains(page, `<form method="post" action="optout?lang=fr">`) {
		t.Errorf("no button to object: %s", page)
	}
	r, err := http.NewRequest(http.MethodPost, w.web.publicURL()+"/optout?lang=fr", strings.NewReader("choice=out"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", w.web.publicURL())
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close() // only its head matters
	if answer.StatusCode != http.StatusSeeOther || !strings.Contains(answer.Header.Get("Set-Cookie"), "footfall_optout=1") {
		t.Errorf("the button: got %d and %v", answer.StatusCode, answer.Header)
	}
}
