package dashboard

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"footfall/aggregate"
	"footfall/aggregate/hit"
)

const question = "/api/v1/sites/a.example/report?from=2026-11-01&to=2026-11-20"

func TestReportJSON(t *testing.T) {
	s := newServer(t)
	r := request("GET", question+"&by=page&limit=3", nil)
	bear(r, s.token(ReadToken, "a.example"))
	w := s.do(r)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json; charset=utf-8" {
		t.Fatalf("%d %s", w.Code, w.Header().Get("Content-Type"))
	}
	q := &aggregate.Query{Site: host("a.example"), From: hit.DayOf(2026, 11, 1), To: hit.DayOf(2026, 11, 20), By: aggregate.ByPage, Limit: 3}
	report, err := s.fake.Report(t.Context(), time.Now(), q)
	if err != nil {
		t.Fatal(err)
	}
	want, err := report.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSuffix(w.Body.String(), "\n"); got != string(want) {
		t.Errorf("got %s\nwant %s", got, want)
	}
	var parsed struct {
		Rows []struct{ Value string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &parsed); err != nil || len(parsed.Rows) != 3 {
		t.Errorf("%d rows (%v), want 3", len(parsed.Rows), err)
	}
}

func TestReportCSV(t *testing.T) {
	s := newServer(t)
	s.fake.extra[aggregate.ByReferrer] = []string{"=cmd|' /C calc'!A0"}
	w := s.get(question + "&by=referrer&format=csv")
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") {
		t.Fatalf("%d %s", w.Code, w.Header().Get("Content-Type"))
	}
	if got, want := w.Header().Get("Content-Disposition"), `attachment; filename="a.example_referrer_2026-11-01_2026-11-20.csv"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	rows, err := csv.NewReader(strings.NewReader(w.Body.String())).ReadAll()
	if err != nil || strings.Join(rows[0], ",") != "value,views,visits" || !strings.Contains(w.Body.String(), "\r\n") {
		t.Errorf("%v %q", err, rows[0])
	}
	if !strings.Contains(w.Body.String(), "'=cmd") {
		t.Error("a formula stands as it came")
	}
}

func TestReportErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		target string
		err    error
		status int
		code   string
	}{
		"no days":           {"/api/v1/sites/a.example/report", nil, 400, "bad_day"},
		"not a day":         {"/api/v1/sites/a.example/report?from=2026-11-31&to=2026-12-01", nil, 400, "bad_day"},
		"dimension":         {question + "&by=colour", nil, 400, "bad_query"},
		"where":             {question + "&by=page&where=browser", nil, 400, "bad_query"},
		"where dimension":   {question + "&by=page&where=colour:red", nil, 400, "bad_query"},
		"limit":             {question + "&limit=0", nil, 400, "bad_limit"},
		"large limit":       {question + "&limit=10001", nil, 400, "bad_limit"},
		"huge limit":        {question + "&limit=99999999999999999999", nil, 400, "bad_limit"},
		"format":            {question + "&format=xml", nil, 400, "bad_format"},
		"unknown parameter": {question + "&fliter=x", nil, 400, "unknown_parameter"},
		"twice":             {question + "&by=page&by=browser", nil, 400, "repeated_parameter"},
		"site":              {"/api/v1/sites/c.example/report?from=2026-11-01&to=2026-11-20", nil, 404, "unknown_site"},
		"no host":           {"/api/v1/sites/%20/report?from=2026-11-01&to=2026-11-20", nil, 404, "unknown_site"},
		"engine":            {question, aggregate.ErrUnavailable, 503, "unavailable"},
		"damage":            {question, errors.New("read days: block is damaged"), 503, "unavailable"},
	} {
		s := newServer(t)
		s.fake.err = tc.err
		w := s.get(tc.target)
		var body struct {
			Error struct{ Code, Message string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Errorf("%s: %q is no JSON", name, w.Body.String())
		}
		if w.Code != tc.status || body.Error.Code != tc.code || body.Error.Message == "" {
			t.Errorf("%s: got %d %+v, want %d %s", name, w.Code, body, tc.status, tc.code)
		}
		if strings.Contains(w.Body.String(), "damaged") || strings.Contains(w.Body.String(), "colour") {
			t.Errorf("%s: %s repeats what was sent or what only the operator should know", name, w.Body.String())
		}
		if told := len(s.fails) == 1; told != (tc.err != nil) {
			t.Errorf("%s: the operator was told %q", name, s.fails)
		}
	}
}

func TestUnauthorizedSaysHow(t *testing.T) {
	s := newServer(t)
	w := s.do(request("GET", question, nil))
	if w.Code != 401 || !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer") {
		t.Errorf("%d %q", w.Code, w.Header().Get("WWW-Authenticate"))
	}
	r := s.as("admin", request("GET", question, nil))
	r.Header.Set("Authorization", "Basic YWRtaW46YWRtaW4=")
	if w := s.do(r); w.Code != 401 {
		t.Errorf("another scheme beside a session: %d", w.Code)
	}
}

func TestTooManyQuestions(t *testing.T) {
	s := newServer(t)
	token, other := s.token(ReadToken), s.token(ReadToken)
	ask := func(token string) int {
		r := request("GET", question, nil)
		bear(r, token)
		w := s.do(r)
		if w.Code == 429 && w.Header().Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		return w.Code
	}
	refused := 0
	for range 200 {
		if ask(token) == 429 {
			refused++
		}
	}
	if refused < 20 {
		t.Errorf("%d of 200 questions at once were refused", refused)
	}
	if got := ask(other); got != 200 {
		t.Errorf("another token meanwhile: %d", got)
	}
}

func TestTokenIsNotedOnceADay(t *testing.T) {
	s := newServer(t)
	token := s.token(ReadToken)
	r := request("GET", question, nil)
	bear(r, token)
	s.do(r)
	if got, want := s.a.Tokens()[0].Used, time.Now().UTC().Format(time.DateOnly); got != want {
		t.Errorf("last use %q, want %q", got, want)
	}
}
