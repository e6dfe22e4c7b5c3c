package dashboard

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestMarkPage: an admin adds and removes marks by the form, in the site's
// time; a viewer sees them and gets no form; what is refused is said, and what
// was typed stays.
func TestMarkPage(t *testing.T) {
	s := newServer(t)
	post := func(form url.Values) (int, string) {
		w := s.do(s.as("admin", request("POST", "/sites/a.example/marks", form)))
		return w.Code, w.Body.String()
	}
	if code, _ := post(url.Values{"label": {"v1.4"}, "at": {"2026-10-20T10:00"}}); code != http.StatusSeeOther {
		t.Fatalf("adding: %d", code)
	}
	marks := s.a.Marks(host("a.example"))
	if len(marks) != 1 || marks[0].At.Format("15:04") != "08:00" {
		t.Fatalf("got %v, want one at ten in Paris", marks)
	}
	for form, want := range map[string]string{
		"label=ana%40example.org":                 s.d.languages["en"].Marks.BadLabel,
		"label=v1&at=2001-01-01T00:00":            s.d.languages["en"].Marks.BadTime,
		"label=v1&at=yesterday":                   s.d.languages["en"].Marks.BadTime,
		"label=%3Cscript%3Ealert(1)%3C/script%3E": s.d.languages["en"].Marks.BadLabel,
	} {
		values, err := url.ParseQuery(form)
		if err != nil {
			t.Fatal(err)
		}
		code, page := post(values)
		if code != http.StatusBadRequest || !strings.Contains(page, strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(want)) || strings.Contains(page, "<script") {
			t.Errorf("%s: %d, and the page does not say why", form, code)
		}
	}
	page := s.do(s.as("viewer", request("GET", "/sites/a.example/marks", nil))).Body.String()
	if !strings.Contains(page, "v1.4") || !strings.Contains(page, "2026-10-20 10:00") || strings.Contains(page, `name="label"`) || strings.Contains(page, `name="remove"`) {
		t.Error("a viewer's page lacks the mark, or has a form")
	}
	if code, _ := post(url.Values{"remove": {marks[0].ID}}); code != http.StatusSeeOther || len(s.a.Marks(host("a.example"))) != 0 {
		t.Errorf("removing: %d", code)
	}
	if log := s.a.Log(); log[0].Who != "admin" || !strings.HasSuffix(log[0].What, "removed") {
		t.Errorf("the log says %v", log[0])
	}
}
