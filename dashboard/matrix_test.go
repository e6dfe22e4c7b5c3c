package dashboard

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"footfall/collector/edge"
)

// callers of every route, in the order of the table below.
var callers = []struct {
	name string
	with func(s *server, r *http.Request)
}{
	{"anonymous", func(*server, *http.Request) {}},
	{"expired", func(s *server, r *http.Request) {
		r.Header.Add("Cookie", "__Host-footfall="+s.session("admin", time.Now().Add(-8*24*time.Hour)))
	}},
	{"logged out", func(s *server, r *http.Request) {
		secret := s.session("admin", time.Now())
		if err := s.a.LogOut(secret); err != nil {
			s.t.Fatal(err)
		}
		r.Header.Add("Cookie", "__Host-footfall="+secret)
	}},
	{"plain cookie", func(s *server, r *http.Request) { // a cookie of plain HTTP counts for nothing under TLS
		r.Header.Add("Cookie", "footfall="+s.session("admin", time.Now()))
	}},
	{"viewer", func(s *server, r *http.Request) { s.as("viewer", r) }},
	{"admin", func(s *server, r *http.Request) { s.as("admin", r) }},
	{"wrong site", func(s *server, r *http.Request) { s.as("other", r) }},
	{"token", func(s *server, r *http.Request) { bear(r, s.token(ReadToken, "a.example")) }},
	{"token of b", func(s *server, r *http.Request) { bear(r, s.token(ReadToken, "b.example")) }},
	{"mark token", func(s *server, r *http.Request) { bear(r, s.token(MarkToken)) }},
	{"no token", func(s *server, r *http.Request) { s.as("admin", r); bear(r, "fft_"+strings.Repeat("A", 43)) }},
	{"cross-site", func(s *server, r *http.Request) { s.as("admin", r); r.Header.Set("Sec-Fetch-Site", "cross-site") }},
	{"same-site", func(s *server, r *http.Request) { s.as("admin", r); r.Header.Set("Sec-Fetch-Site", "same-site") }},
	{"foreign", func(s *server, r *http.Request) { s.as("admin", r); r.Header.Set("Origin", "https://www.evil.example") }},
	{"by proxy", func(_ *server, r *http.Request) { // the log-in proxy says who it is
		r.RemoteAddr = "10.1.0.1:4000"
		r.Header.Set("Remote-User", "viewer")
	}},
	{"forged", func(_ *server, r *http.Request) { r.Header.Set("Remote-User", "admin") }},          // from another proxy, which says so of nobody
	{"wrong host", func(s *server, r *http.Request) { s.as("admin", r); r.Host = "evil.example" }}, // the host decides nothing
}

func bear(r *http.Request, token string) { r.Header.Set("Authorization", "Bearer "+token) }

// access by route: what each caller gets. 303 leads to the log-in page unless
// said otherwise.
var matrix = map[string][]int{
	//                                    anon exp  out  plain view adm  wrong tok  tokb mark none cross same foreign proxy forged host
	"GET /":                             {303, 303, 303, 303, 200, 200, 200, 303, 303, 303, 200, 200, 200, 200, 200, 303, 200},
	"GET /sites/:host":                  {303, 303, 303, 303, 200, 200, 404, 303, 303, 303, 200, 200, 200, 200, 200, 303, 200},
	"GET /sites/:host/by/:dim":          {303, 303, 303, 303, 200, 200, 404, 303, 303, 303, 200, 200, 200, 200, 200, 303, 200},
	"GET /sites/:host/setup":            {303, 303, 303, 303, 200, 200, 404, 303, 303, 303, 200, 200, 200, 200, 200, 303, 200},
	"GET /about":                        {303, 303, 303, 303, 200, 200, 200, 303, 303, 303, 200, 200, 200, 200, 200, 303, 200},
	"GET /log":                          {303, 303, 303, 303, 403, 200, 403, 303, 303, 303, 200, 200, 200, 200, 403, 303, 200},
	"GET /sites/:host/marks":            {303, 303, 303, 303, 200, 200, 404, 303, 303, 303, 200, 200, 200, 200, 200, 303, 200},
	"POST /sites/:host/marks":           {303, 303, 303, 303, 403, 400, 403, 303, 303, 303, 400, 403, 403, 403, 403, 303, 400},
	"GET /sites/:host/settings":         {303, 303, 303, 303, 403, 200, 403, 303, 303, 303, 200, 200, 200, 200, 403, 303, 200},
	"GET /doctor":                       {303, 303, 303, 303, 403, 200, 403, 303, 303, 303, 200, 200, 200, 200, 403, 303, 200},
	"GET /login":                        {200, 200, 200, 200, 303, 303, 303, 200, 200, 200, 303, 303, 303, 303, 303, 200, 303},
	"POST /login":                       {403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403},
	"POST /logout":                      {303, 303, 303, 303, 303, 303, 303, 303, 303, 303, 303, 403, 403, 403, 303, 303, 303},
	"GET /setup":                        {404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404},
	"POST /setup":                       {404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 403, 403, 403, 404, 404, 404},
	"GET /robots.txt":                   {200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200},
	"GET /assets/:name":                 {200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200},
	"GET /api/v1/sites/:host/report":    {401, 401, 401, 401, 200, 200, 404, 200, 404, 403, 401, 200, 200, 200, 200, 401, 200},
	"GET /api/v1/sites/:host/export":    {401, 401, 401, 401, 200, 200, 404, 200, 404, 403, 401, 200, 200, 200, 200, 401, 200},
	"GET /api/v1/sites/:host/marks":     {401, 401, 401, 401, 200, 200, 404, 200, 404, 403, 401, 200, 200, 200, 200, 401, 200},
	"POST /api/v1/sites/:host/marks":    {401, 401, 401, 401, 403, 201, 403, 403, 403, 200, 401, 403, 403, 403, 403, 401, 200},
	"GET /api/v1/openapi.json":          {200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200},
	"GET /nowhere (no such route)":      {404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404},
	"PUT /sites/:host (no such method)": {405, 405, 405, 405, 405, 405, 405, 405, 405, 405, 405, 405, 405, 405, 405, 405, 405},
}

func init() {
	for _, path := range []string{
		"/", "/sites/:host", "/sites/:host/by/:dim", "/sites/:host/setup", "/about", "/log", "/sites/:host/settings", "/sites/:host/marks", "/doctor", "/login", "/setup", "/robots.txt", "/assets/:name", "/api/v1/sites/:host/report",
		"/api/v1/sites/:host/export", "/api/v1/sites/:host/marks", "/api/v1/openapi.json",
	} {
		matrix["HEAD "+path] = matrix["GET "+path]
	}
}

func TestEveryRouteAsEverybody(t *testing.T) {
	s := newServer(t)
	listed := map[string]bool{"PUT /sites/:host (no such method)": true, "GET /nowhere (no such route)": true}
	for _, r := range s.e.Routes() {
		name := r.Method + " " + r.Path
		if matrix[name] == nil {
			t.Errorf("route %s is in no table: who may call it?", name)
		}
		listed[name] = true
	}
	for name := range matrix {
		if !listed[name] {
			t.Errorf("%s is in the table and is no route", name)
		}
	}
	for name, want := range matrix {
		s := newServer(t, func(o *Options) {
			o.LoginHeader = "Remote-User"
			o.LoginProxy = func(r *http.Request) bool { return edge.Among(r, []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}) }
		})
		for i, who := range callers {
			method, path, _ := strings.Cut(strings.Split(name, " (")[0], " ")
			w := s.do(s.caller(method, path, who.with))
			if w.Code != want[i] {
				t.Errorf("%s as %s: got %d, want %d", name, who.name, w.Code, want[i])
			}
			checkHeaders(t, name+" as "+who.name, w)
			checkWhere(t, name+" as "+who.name, path, w)
			if len(s.fails) > 0 {
				t.Errorf("%s as %s told the operator %q", name, who.name, s.fails)
			}
		}
	}
}

// caller makes the request of a route.
func (s *server) caller(method, path string, with func(*server, *http.Request)) *http.Request {
	path = strings.NewReplacer(":host", "a.example", ":dim", "referrer", ":name", s.d.names["style.css"]).Replace(path)
	switch {
	case strings.HasSuffix(path, "/report"):
		path += "?from=2026-11-01&to=2026-11-20&by=page"
	case strings.HasSuffix(path, "/export"):
		path += "?from=2026-11-01&to=2026-11-02"
	}
	var form url.Values
	if method == "POST" {
		form = url.Values{"name": {"admin"}, "password": {"a wrong password"}, "token": {"x"}, "again": {"a wrong password"}}
	}
	r := request(method, path, form)
	if method == "POST" && strings.HasPrefix(path, "/api/") && strings.HasSuffix(path, "/marks") {
		r.Header.Set("Content-Type", "application/json")
		r.Body = io.NopCloser(strings.NewReader(`{"at": "2026-11-20T10:00:00Z", "label": "v1.4"}`))
	}
	with(s, r)
	return r
}

// checkHeaders holds every response to what all of them carry.
func checkHeaders(t *testing.T, what string, w *httptest.ResponseRecorder) {
	t.Helper()
	h := w.Result().Header
	csp := h.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
		if !strings.Contains(csp, part) {
			t.Errorf("%s: the policy lacks %s", what, part)
		}
	}
	if strings.Contains(csp, "unsafe") || strings.Contains(csp, "script-src") || strings.Contains(csp, "*") {
		t.Errorf("%s: policy %q is too wide", what, csp)
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow",
		"X-Frame-Options": "DENY", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %s is %q, want %q", what, name, got, want)
		}
	}
	cache := h.Get("Cache-Control")
	if asset := strings.Contains(what, "/assets/:name"); !asset && cache != "no-store" || asset && !strings.Contains(cache, "immutable") {
		t.Errorf("%s: Cache-Control is %q", what, cache)
	}
	for _, name := range []string{"Access-Control-Allow-Origin", "ETag", "Last-Modified"} {
		if h.Get(name) != "" {
			t.Errorf("%s: has %s", what, name)
		}
	}
}

// checkWhere holds redirects to the dashboard's own pages and errors of the
// API to JSON.
func checkWhere(t *testing.T, what, path string, w *httptest.ResponseRecorder) {
	t.Helper()
	if to := w.Header().Get("Location"); w.Code == http.StatusSeeOther && !slices.Contains([]string{
		"./login", "./", "../login", "../../login", "../../../login",
	}, to) {
		t.Errorf("%s: leads to %q", what, to)
	}
	kind := w.Header().Get("Content-Type")
	if strings.HasPrefix(path, "/api/") && !strings.HasPrefix(kind, "application/json") &&
		(kind != "application/zip" || w.Code != http.StatusOK || !strings.HasSuffix(path, "/export")) {
		t.Errorf("%s: answers in %q", what, kind)
	}
}

// Paths that other software may read otherwise never reach a site.
func TestOddPaths(t *testing.T) {
	for _, path := range []string{
		"/sites/a.example/", "/sites//a.example", "//sites/a.example", "/sites/A.EXAMPLE", "/SITES/a.example", "/sites/a.example;x=1",
		"/sites/a.example%2f", "/sites/%2e%2e/about", "/sites/a.example%00", "/sites/a.example./", "/sites/../about", "/sites/a.example/by/day",
		"/sites/a.example/by/", "/sites/a.example/by/nothing", "/api/v1/sites/a.example/report/", "/api/v1/sites/a.example%2freport",
		"/assets/../dashboard.go", "/assets/style.css", "/assets/", "/metrics", "/debug/pprof/", "/footfall.db", "/accounts.json",
		"//evil.example", "/%09/evil.example", "/\\evil.example", "/https:evil.example",
	} {
		s := newServer(t)
		r := request("GET", "/", nil)
		u, err := url.ParseRequestURI("http://stats.example.org" + path)
		if err != nil {
			t.Fatalf("%q: %v", path, err)
		}
		r.URL, r.RequestURI = u, path
		w := s.do(s.as("admin", r))
		if w.Code != http.StatusNotFound {
			t.Errorf("%q: got %d, want 404", path, w.Code)
		}
		if to := w.Header().Get("Location"); to != "" {
			t.Errorf("%q: leads to %q", path, to)
		}
		checkHeaders(t, path+" ", w)
	}
}

// The table of who may call what, for somebody who reads it: -v prints it.
func TestPrintMatrix(t *testing.T) {
	names := make([]string, 0, len(matrix))
	for name := range matrix {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		line := fmt.Sprintf("%-36s", name)
		for i, who := range callers {
			line += fmt.Sprintf(" %s=%d", strings.ReplaceAll(who.name, " ", "-"), matrix[name][i])
		}
		t.Log(line)
		if len(matrix[name]) != len(callers) {
			t.Errorf("%s: %d columns, want %d", name, len(matrix[name]), len(callers))
		}
	}
}
