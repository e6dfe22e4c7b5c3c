package dashboard

import (
	"strings"
	"testing"
)

func TestSpeedPanel(t *testing.T) {
	s := newServer(t)
	for path, want := range map[string][]string{
		"/sites/a.example?period=4w":          {"Speed", "All devices", "Phone", "75% within", "\u00a0ms"},
		"/sites/a.example?period=4w&lang=fr":  {"Vitesse", "Tous les appareils", "Téléphone", "\u00a0ms"},
		"/sites/a.example?period=4w&page=%2F": {"All devices"},
	} {
		body := s.get(path).Body.String()
		_, panel, ok := strings.Cut(body, `id="p-speed"`)
		panel, _, _ = strings.Cut(panel, "</section>")
		for _, w := range want {
			if !ok || !strings.Contains(panel, w) {
				t.Errorf("%s: the panel says nothing of %q", path, w)
			}
		}
	}
	if body := s.get("/sites/a.example?period=4w&where=device:phone").Body.String(); strings.Contains(body, `id="p-speed"`) {
		t.Error("the panel stands under a filter that it cannot honour")
	}
	s.fake.daily = 0
	if l := s.get("/sites/a.example?period=4w").Body.String(); strings.Contains(l, "75% within") {
		t.Error("times of nothing")
	}
}

func TestExportLink(t *testing.T) {
	s := newServer(t)
	for path, want := range map[string]bool{"?period=4w": true, "?period=today": false, "?period=4w&page=%2F": false} {
		body := s.get("/sites/a.example" + path).Body.String()
		_, link, has := strings.Cut(body, "sites/a.example/export?")
		if has != want {
			t.Errorf("%s: link to the export %v, want %v", path, has, want)
			continue
		}
		if has {
			link, _, _ = strings.Cut(link, "\"")
			if w := s.get("/api/v1/sites/a.example/export?" + strings.ReplaceAll(link, "&amp;", "&")); w.Code != 200 {
				t.Errorf("%s: %d", link, w.Code)
			}
		}
	}
}
