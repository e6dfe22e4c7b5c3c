package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
)

// holds checks that a page has each of the texts.
func holds(t *testing.T, w *httptest.ResponseRecorder, texts ...string) {
	t.Helper()
	if w.Code != http.StatusOK {
		t.Errorf("status %d", w.Code)
	}
	for _, text := range texts {
		if !strings.Contains(w.Body.String(), text) {
			t.Errorf("the page lacks %q", text)
		}
	}
}

func lacks(t *testing.T, w *httptest.ResponseRecorder, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(w.Body.String(), text) {
			t.Errorf("the page holds %q", text)
		}
	}
}

func TestSitePage(t *testing.T) {
	s := newServer(t)
	w := s.get("/sites/a.example?period=4w")
	holds(t, w, `<html lang="en">`, "4 whole weeks", "± 5", "sum of daily visitors", "Bounce rate", "Views and visitors per day",
		"Highest: ", "Today so far", `<bdi>www.google.com</bdi>`, "No referrer", "Other, together", "Desktop", "Chrome 155",
		"Views by weekday and hour", "Europe/Paris", "kept for 13 months", "somebody who comes on two days counts twice",
		`<th scope="row">`, "outside the period", `/by/referrer?period=4w`, "format=csv")
	lacks(t, w, "<script", " style=", "<no value>", "%!", "ZgotmplZ")
	w = s.get("/sites/a.example?period=4w&lang=fr")
	holds(t, w, `<html lang="fr">`, "4 semaines entières", "somme des visiteurs de chaque jour", "Sans provenance", "Ordinateur", "lang=fr")
	lacks(t, w, "No referrer", "Visitors", "Bounce")
}

// No page of any state breaks its template, runs a script or styles inline.
func TestEveryState(t *testing.T) {
	s := newServer(t)
	s.fake.quiet = map[string]float64{"b.example": 40}
	for _, host := range []string{"a.example", "b.example"} {
		for _, period := range append(append([]string{""}, firstPeriods...), morePeriods...) {
			for _, more := range []string{
				"", "&page=%2Fpricing", "&where=browser%3AFirefox+157", "&where=referrer%3A(none)", "&chart=visits", "&chart=bounces", "&chart=time", "&lang=fr",
			} {
				target := "/sites/" + host + "?period=" + period + more
				w := s.get(target)
				if w.Code != http.StatusOK {
					t.Errorf("%s: %d", target, w.Code)
				}
				lacks(t, w, "<script", " style=", "<no value>", "%!", "ZgotmplZ")
			}
		}
	}
	for _, dim := range panelDims {
		for _, more := range []string{"", "&sort=views", "&q=chrome", "&start=5000", "&lang=fr"} {
			target := fmt.Sprintf("/sites/a.example/by/%s?period=4w%s", dim, more)
			w := s.get(target)
			if w.Code != http.StatusOK {
				t.Errorf("%s: %d", target, w.Code)
			}
			lacks(t, w, "<no value>", "%!", "ZgotmplZ")
		}
	}
	if len(s.fails) > 0 {
		t.Errorf("failures: %q", s.fails)
	}
}

func TestFiltersShowWhatTheyCan(t *testing.T) {
	s := newServer(t)
	w := s.get("/sites/a.example?period=4w&page=%2Fpricing")
	holds(t, w, `<bdi>/pricing</bdi>`, "Counted apart", `id="p-browser"`, `id="p-referrer"`, "one at a time")
	lacks(t, w, `id="p-page"`, `id="p-entry"`, `id="p-feature"`, "weekday and hour")
	w = s.get("/sites/a.example?period=4w&where=browser%3AFirefox+157")
	holds(t, w, `<bdi>Firefox 157</bdi>`, "Counted apart", `id="p-page"`, `id="p-section"`)
	lacks(t, w, `id="p-browser"`, `class="chart"`)
}

func TestBadParameters(t *testing.T) {
	s := newServer(t)
	for _, q := range []string{
		"period=fortnight", "from=2026-11-20&to=2026-11-01", "from=x&to=y", "from=2026-11-01", "page=pricing", "page=%2Fa%3Fb", "where=browser",
		"where=colour%3Ared", "where=feature%3Asearch", "page=%2F&where=browser%3AChrome", "where=" + strings.Repeat("x", 700),
	} {
		if w := s.get("/sites/a.example?" + q); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d, want 400", q, w.Code)
		}
	}
	if w := s.get("/sites/a.example/by/entry?period=4w&page=%2F"); w.Code != http.StatusBadRequest {
		t.Errorf("a dimension under a filter it cannot honour: %d", w.Code)
	}
}

func TestUsualPeriod(t *testing.T) {
	for name, tc := range map[string]struct {
		daily float64
		age   hit.Day // days since the first view
		want  string
	}{
		"busy": {1800, 400, "7 days"}, "middling": {500, 400, "4 weeks"}, "quiet": {60, 400, "13 weeks"},
		"silent": {0, 400, "13 weeks"}, "first day": {1800, 0, "Today"}, "first week": {60, 4, "7 days"}, "quiet, two weeks old": {60, 15, "4 weeks"},
	} {
		s := newServer(t)
		s.fake.daily = tc.daily
		s.fake.since = hit.DayAt(time.Now(), paris) - tc.age
		w := s.get("/sites/a.example")
		if want := `aria-current="true">` + tc.want + `<`; !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: the page is not about %s", name, tc.want)
		}
	}
}

func TestNothingYet(t *testing.T) {
	s := newServer(t, func(o *Options) { o.PublicURL = "https://www.a.example/footfall/" })
	s.fake.daily = 0
	w := s.get("/sites/a.example")
	holds(t, w, "Nothing to show yet", `https://www.a.example/footfall/beacon.js`, "&lt;script async")
	lacks(t, w, `id="p-page"`, "<script")
}

func TestChanges(t *testing.T) {
	l := languages()["en"]
	for name, tc := range map[string]struct {
		now, was uint64
		want     string
		up, down bool
	}{
		"doubled":              {2_000, 1_000, "100%", true, false},
		"halved":               {500, 1_000, "50%", false, true},
		"chance":               {1_050, 1_000, "no clear change", false, false},
		"rounding":             {100, 90, "no clear change", false, false},
		"small, but too small": {200, 40, "", false, false},
		"withheld before":      {200, 5, "", false, false},
		"withheld now":         {5, 200, "", false, false},
	} {
		got := l.change(publish.NewCount(tc.now), publish.NewCount(tc.was), "than before")
		switch {
		case got == nil:
			if tc.want != "" {
				t.Errorf("%s: nothing, want %q", name, tc.want)
			}
		case got.Text != tc.want || got.Up != tc.up || got.Down != tc.down:
			t.Errorf("%s: %+v, want %q", name, got, tc.want)
		}
	}
}

func TestRowsPage(t *testing.T) {
	s := newServer(t)
	var many []string
	for i := range 450 {
		many = append(many, fmt.Sprintf("host%03d.example", i))
	}
	s.fake.extra[aggregate.ByReferrer] = many
	w := s.get("/sites/a.example/by/referrer?period=4w")
	holds(t, w, "Rows 1 to 200 of 461", "start=200", "Other, together", "JSON")
	w = s.get("/sites/a.example/by/referrer?period=4w&start=400")
	holds(t, w, "Rows 401 to 461 of 461", "start=200")
	lacks(t, w, "start=600")
	w = s.get("/sites/a.example/by/referrer?period=4w&q=HOST44")
	holds(t, w, "Rows 1 to 10 of 10", `value="HOST44"`)
	lacks(t, w, "Other, together", "host001")
	w = s.get("/sites/a.example/by/country?period=4w&q=allem&lang=fr")
	holds(t, w, "Lignes 1 à 1 sur 1", "Allemagne")
	w = s.get("/sites/a.example/by/referrer?period=4w&sort=views")
	holds(t, w, `aria-sort="descending"><a href="../../../sites/a.example/by/referrer?period=4w&amp;sort=views"`)
}

func TestSitesPage(t *testing.T) {
	s := newServer(t)
	w := s.get("/")
	holds(t, w, "a.example", "b.example", "Last 4 weeks", "Yesterday", `class="spark"`)
	w = s.do(s.as("viewer", request("GET", "/", nil)))
	holds(t, w, "a.example")
	lacks(t, w, "b.example")
	s.fake.sites = nil
	holds(t, s.get("/"), "No site is configured")
	s = newServer(t)
	s.fake.sites = s.fake.sites[1:]
	w = s.do(s.as("viewer", request("GET", "/", nil)))
	holds(t, w, "may read none")
}

func TestManySites(t *testing.T) {
	s := newServer(t)
	var hosts []string
	for i := range 60 {
		hosts = append(hosts, fmt.Sprintf("s%02d.example", i))
	}
	s.fake.sites = newFake(1, hosts...).sites
	holds(t, s.get("/"), "s00.example", "./?start=24")
	holds(t, s.get("/?start=48"), "s59.example", "./?start=24")
	holds(t, s.get("/?start=4800"), "s00.example")
	holds(t, s.get("/?start=-1&lang=fr"), "s00.example", "lang=fr&amp;start=24")
}

func TestTroubleIsTold(t *testing.T) {
	s := newServer(t)
	s.fake.err = errors.New("read days: block is damaged")
	for _, target := range []string{"/", "/sites/a.example?period=4w", "/sites/a.example/by/page?period=4w"} {
		w := s.get(target)
		if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "damaged") || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	if len(s.fails) != 3 || !strings.HasPrefix(s.fails[1], "/sites/:host: ") {
		t.Errorf("the operator was told %q", s.fails)
	}
}

func TestNew(t *testing.T) {
	a, err := OpenAccounts(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]Options{
		"nothing":    {},
		"no peers":   {Reports: newFake(1), Accounts: a},
		"odd URL":    {Reports: newFake(1), Accounts: a, Peers: newServer(t).d.peers, PublicURL: "stats.example.org"},
		"script URL": {Reports: newFake(1), Accounts: a, Peers: newServer(t).d.peers, DashboardURL: "javascript:x"},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The empty engine itself stands behind the pages as the fake does.
func TestRealEngine(t *testing.T) {
	dir := t.TempDir()
	db, err := aggregate.Open(aggregate.Options{Path: dir + "/footfall.db", Sites: newFake(1, "a.example", "b.example").sites})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s := newServer(t, func(o *Options) { o.Reports = db })
	holds(t, s.get("/"), "a.example")
	for _, period := range append(append([]string{""}, firstPeriods...), morePeriods...) {
		holds(t, s.get("/sites/a.example?period="+period), "Nothing to show yet")
	}
	for _, dim := range aggregate.Dims() {
		w := s.get("/api/v1/sites/a.example/report?from=2026-11-02&to=2026-11-08&by=" + dim.String())
		if w.Code != http.StatusOK && dim != aggregate.ByWeekdayHour {
			t.Errorf("%s: %d %s", dim, w.Code, w.Body)
		}
	}
	if len(s.fails) > 0 {
		t.Errorf("failures: %q", s.fails)
	}
}
