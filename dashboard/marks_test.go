package dashboard

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// mark posts a body as a deployment pipeline does.
func (s *server) mark(body string) (status int, answer string) {
	r := request("POST", "/api/v1/sites/a.example/marks", nil)
	r.Header.Set("Content-Type", "application/json")
	r.Body = io.NopCloser(strings.NewReader(body))
	bear(r, s.token(MarkToken, "a.example"))
	w := s.do(r)
	return w.Code, w.Body.String()
}

func TestMarkFromAPipeline(t *testing.T) {
	s := newServer(t)
	at := time.Now().Add(-3 * time.Hour).UTC().Truncate(time.Minute)
	body := fmt.Sprintf(`{"at": %q, "label": "v1.4"}`, at.Format(time.RFC3339))
	status, first := s.mark(body)
	if status != http.StatusCreated {
		t.Fatalf("%d %s", status, first)
	}
	if status, again := s.mark(body); status != http.StatusOK || again != first {
		t.Errorf("the same again: %d %s, want %s", status, again, first)
	}
	if status, _ := s.mark(`{"label": "an incident"}`); status != http.StatusCreated {
		t.Errorf("without a time: %d", status)
	}
	var list struct{ Marks []markJSON }
	if err := json.Unmarshal(s.get("/api/v1/sites/a.example/marks").Body.Bytes(), &list); err != nil || len(list.Marks) != 2 {
		t.Fatal(list, err)
	}
	if list.Marks[0].Label != "an incident" || list.Marks[1].At != at.In(paris).Format(time.RFC3339) {
		t.Errorf("got %v", list.Marks)
	}
	if log := s.a.Log(); len(log) < 2 || !strings.HasPrefix(log[0].Who, "token ") || strings.Contains(log[0].Who, "fft_") {
		t.Errorf("the log begins with %v", log[:min(2, len(log))])
	}
}

func TestMarksRefused(t *testing.T) {
	s := newServer(t)
	for body, want := range map[string]string{
		``:                                  "bad_body",
		`[]`:                                "bad_body",
		`{"label": "v1"} {}`:                "bad_body",
		`{"label": "v1", "url": "x"}`:       "bad_body",
		`{"at": "yesterday", "label": "v"}`: "bad_body",
		`{"at": "2026-11-20T10:00:00Z"}`:    "bad_body",
		`{"label": ""}`:                     "bad_label",
		`{"label": "ana@example.org"}`:      "bad_label",
		`{"label": "<script>"}`:             "bad_label",
		`{"at": "2001-01-01T00:00:00Z", "label": "v1"}`:  "bad_time",
		`{"label": "` + strings.Repeat("x", 2000) + `"}`: "too_large",
	} {
		status, answer := s.mark(body)
		if status < 400 || !strings.Contains(answer, `"`+want+`"`) {
			t.Errorf("%.40s: %d %s, want %s", body, status, answer, want)
		}
	}
	if len(s.a.Marks(host("a.example"))) != 0 {
		t.Error("what was refused left a mark")
	}
}
