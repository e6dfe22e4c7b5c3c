package dashboard

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"footfall/collector/edge"
)

func loginForm(name, password string) url.Values {
	return url.Values{"name": {name}, "password": {password}}
}

// cookieOf returns a cookie that a response sets.
func cookieOf(w *httptest.ResponseRecorder, name string) *http.Cookie {
	for _, c := range w.Result().Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func TestLogInAndOut(t *testing.T) {
	s := newServer(t)
	r := request("POST", "/login", loginForm("viewer", word))
	planted := strings.Repeat("A", 43)
	r.Header.Set("Cookie", "__Host-footfall="+planted)
	w := s.do(r)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "./" {
		t.Fatalf("log in: %d to %q", w.Code, w.Header().Get("Location"))
	}
	c := cookieOf(w, "__Host-footfall")
	if c == nil || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode ||
		c.MaxAge <= 0 || c.MaxAge > 7*86400 || c.Value == planted || len(c.Value) < 43 {
		t.Fatalf("cookie %+v", c)
	}
	if d := cookieOf(w, "__Host-footfall-browser"); d == nil || !d.HttpOnly || !d.Secure {
		t.Errorf("mark of the browser %+v", d)
	}
	page := func(path string) *httptest.ResponseRecorder {
		r := request("GET", path, nil)
		r.Header.Set("Cookie", "__Host-footfall="+c.Value)
		return s.do(r)
	}
	if w := page("/"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "a.example") || strings.Contains(w.Body.String(), "b.example") {
		t.Errorf("the viewer's first page: %d", w.Code)
	}
	r = request("POST", "/logout", url.Values{})
	r.Header.Set("Cookie", "__Host-footfall="+c.Value)
	w = s.do(r)
	if gone := cookieOf(w, "__Host-footfall"); w.Code != http.StatusSeeOther || gone == nil || gone.MaxAge >= 0 || gone.Value != "" {
		t.Errorf("log out: %d, cookie %+v", w.Code, gone)
	}
	if w := page("/"); w.Code != http.StatusSeeOther {
		t.Errorf("after log-out: %d", w.Code)
	}
}

func TestLogInAgainEndsTheSessionBefore(t *testing.T) {
	s := newServer(t)
	old := s.session("viewer", time.Now())
	r := request("POST", "/login", loginForm("admin", word))
	r.Header.Set("Cookie", "__Host-footfall="+old)
	if w := s.do(r); w.Code != http.StatusSeeOther {
		t.Fatalf("got %d", w.Code)
	}
	if _, ok := s.a.Session(time.Now(), old); ok {
		t.Error("the session before lives on")
	}
}

func TestWrongPassword(t *testing.T) {
	s := newServer(t)
	for _, name := range []string{"admin", "nobody"} {
		w := s.do(request("POST", "/login", loginForm(name, "a wrong password")))
		if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "do not match") || cookieOf(w, "__Host-footfall") != nil {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	late := 0
	for range 40 {
		w := s.do(request("POST", "/login", loginForm("nobody", "a wrong password")))
		if w.Code == http.StatusTooManyRequests {
			late++
			if w.Header().Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		}
	}
	if late < 15 {
		t.Errorf("%d of 40 further guesses were refused, want most", late)
	}
}

func TestKnownBrowserIsNotLockedOut(t *testing.T) {
	s := newServer(t)
	first := s.do(request("POST", "/login", loginForm("admin", word)))
	mark := cookieOf(first, "__Host-footfall-browser")
	for range 30 {
		s.do(request("POST", "/login", loginForm("admin", "a wrong password")))
	}
	if w := s.do(request("POST", "/login", loginForm("admin", word))); w.Code != http.StatusTooManyRequests {
		t.Fatalf("a stranger after thirty guesses: %d", w.Code)
	}
	r := request("POST", "/login", loginForm("admin", word))
	r.Header.Set("Cookie", mark.Name+"="+mark.Value)
	if w := s.do(r); w.Code != http.StatusSeeOther {
		t.Errorf("the owner's browser: %d", w.Code)
	}
}

// Where a password may be typed, by how the request came.
func TestWhereAPasswordIsTaken(t *testing.T) {
	for name, tc := range map[string]struct {
		peer, host string
		header     map[string]string
		cookie     string // "" : no password is taken
	}{
		"plain, from afar":              {"203.0.113.9:1", "stats.example.org", nil, ""},
		"forged https from afar":        {"203.0.113.9:1", "stats.example.org", map[string]string{"X-Forwarded-Proto": "https"}, ""},
		"https through a trusted proxy": {"10.0.0.1:1", "stats.example.org", map[string]string{"X-Forwarded-Proto": "https"}, "__Host-footfall"},
		"http through a trusted proxy":  {"10.0.0.1:1", "stats.example.org", map[string]string{"X-Forwarded-Proto": "http", "X-Forwarded-For": "203.0.113.9"}, ""},
		"the machine itself":            {"127.0.0.1:1", "localhost:8080", nil, "footfall"},
		"the machine itself, IPv6":      {"[::1]:1", "[::1]:8080", nil, "footfall"},
		"a proxy here, not named":       {"127.0.0.1:1", "stats.example.org", map[string]string{"X-Forwarded-Proto": "https"}, ""},
	} {
		s := newServer(t)
		send := func(method string, form url.Values) *httptest.ResponseRecorder {
			r := request(method, "/login", form)
			r.RemoteAddr, r.Host = tc.peer, tc.host
			r.Header.Del("X-Forwarded-Proto")
			r.Header.Del("X-Forwarded-For")
			for k, v := range tc.header {
				r.Header.Set(k, v)
			}
			return s.do(r)
		}
		page := send("GET", nil).Body.String()
		if got := strings.Contains(page, `type="password"`); got != (tc.cookie != "") {
			t.Errorf("%s: the page has a password field: %v", name, got)
		}
		if tc.cookie == "" && !strings.Contains(page, "--trusted-proxy") {
			t.Errorf("%s: the page does not say what is missing", name)
		}
		w := send("POST", loginForm("admin", word))
		if got := cookieOf(w, tc.cookie) != nil; got != (tc.cookie != "") {
			t.Errorf("%s: logged in: %v, status %d", name, got, w.Code)
		}
	}
}

func TestForms(t *testing.T) {
	s := newServer(t)
	r := request("POST", "/login", loginForm("admin", strings.Repeat("x", maxForm)))
	if w := s.do(r); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a large form: %d", w.Code)
	}
	for _, kind := range []string{"", "multipart/form-data; boundary=x", "application/json", "text/plain"} {
		r := request("POST", "/login", loginForm("admin", word))
		r.Header.Set("Content-Type", kind)
		if w := s.do(r); w.Code != http.StatusBadRequest {
			t.Errorf("Content-Type %q: %d", kind, w.Code)
		}
	}
	r = request("POST", "/login?name=admin&password="+url.QueryEscape(word), url.Values{})
	if w := s.do(r); w.Code != http.StatusForbidden {
		t.Errorf("a password in the URL: %d", w.Code)
	}
}

func TestSetup(t *testing.T) {
	s := newServerIn(t, t.TempDir(), func(o *Options) { o.PublicURL = "https://stats.example.org/footfall/" })
	link, ok := strings.CutPrefix(s.d.SetupURL("http://localhost:8080"), "https://stats.example.org/footfall")
	if !ok {
		t.Fatal("the set-up URL does not begin with the public one")
	}
	w := s.do(request("GET", link, nil))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `type="password"`) {
		t.Fatalf("set-up page: %d", w.Code)
	}
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	form := func(password, again string) url.Values {
		return url.Values{"token": {u.Query().Get("token")}, "name": {"ana"}, "password": {password}, "again": {again}}
	}
	for name, f := range map[string]url.Values{
		"short": form("short", "short"), "differ": form(word, word+"x"),
	} {
		if w := s.do(request("POST", "/setup", f)); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	w = s.do(request("POST", "/setup", form(word, word)))
	if w.Code != http.StatusSeeOther || cookieOf(w, "__Host-footfall") == nil {
		t.Fatalf("set up: %d", w.Code)
	}
	if w := s.do(request("POST", "/setup", form(word, word))); w.Code != http.StatusNotFound {
		t.Errorf("the link a second time: %d", w.Code)
	}
	if s.d.SetupURL("") != "" {
		t.Error("there is a set-up URL beside a user")
	}
	if u := s.a.Users(); len(u) != 1 || u[0].Name != "ana" || u[0].Role != Admin {
		t.Errorf("users %+v", u)
	}
}

func TestSetupOverPlainHTTP(t *testing.T) {
	s := newServerIn(t, t.TempDir())
	r := request("GET", strings.TrimPrefix(s.d.SetupURL("http://x"), "http://x"), nil)
	r.Header.Set("X-Forwarded-Proto", "http")
	if w := s.do(r); strings.Contains(w.Body.String(), `type="password"`) {
		t.Error("the page takes a password over plain HTTP")
	}
}

// A full disk refuses log-ins with 503, names itself to the operator alone,
// and does not keep anybody logged in who wants out.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	s := newServerIn(t, dir)
	if err := s.a.EnsureAdmin(t.Context(), By{At: time.Now(), Who: "test"}, word); err != nil {
		t.Fatal(err)
	}
	secret := s.session("admin", time.Now())
	if err := os.Mkdir(filepath.Join(dir, "accounts.json.tmp"), 0o700); err != nil { // nothing can be written there now
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "accounts.json.tmp", "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w := s.do(request("POST", "/login", loginForm("admin", word)))
	if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), dir) {
		t.Errorf("log in: %d", w.Code)
	}
	r := request("POST", "/logout", url.Values{})
	r.Header.Set("Cookie", "__Host-footfall="+secret)
	if w := s.do(r); w.Code != http.StatusSeeOther {
		t.Errorf("log out: %d", w.Code)
	}
	if _, ok := s.a.Session(time.Now(), secret); ok {
		t.Error("the session lives on")
	}
	if len(s.fails) != 2 {
		t.Errorf("the operator was told %q, want two failures", s.fails)
	}
}

// TestLoginByHeader: a name in the header counts from the proxy alone, once,
// and only for who has an account; rights are the account's.
func TestLoginByHeader(t *testing.T) {
	s := newServer(t, func(o *Options) {
		o.LoginHeader = "Remote-User"
		o.LoginProxy = func(r *http.Request) bool { return edge.Among(r, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}) }
	})
	if err := s.a.AddOutsideUser(By{At: time.Now(), Who: "test"}, "ana", Viewer, []string{"a.example"}); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		method, path, peer string
		names              []string
		want               int
	}{
		"known":              {"GET", "/sites/a.example", "", []string{"ana"}, http.StatusOK},
		"capitals":           {"GET", "/sites/a.example", "", []string{"Ana"}, http.StatusOK},
		"another's site":     {"GET", "/sites/b.example", "", []string{"ana"}, http.StatusNotFound},
		"the API":            {"GET", question, "", []string{"ana"}, http.StatusOK},
		"unknown":            {"GET", "/", "", []string{"eve-nobody"}, http.StatusForbidden},
		"twice":              {"GET", "/", "", []string{"ana", "admin"}, http.StatusForbidden},
		"not a name":         {"GET", "/", "", []string{"ana, admin"}, http.StatusForbidden},
		"empty":              {"GET", "/", "", []string{""}, http.StatusSeeOther},
		"none":               {"GET", "/", "", nil, http.StatusSeeOther},
		"no admin":           {"GET", "/doctor", "", []string{"ana"}, http.StatusForbidden},
		"admin":              {"GET", "/doctor", "", []string{"admin"}, http.StatusOK},
		"not the proxy":      {"GET", "/", "192.0.2.7:4000", []string{"admin"}, http.StatusSeeOther},
		"not the proxy, API": {"GET", question, "192.0.2.7:4000", []string{"admin"}, http.StatusUnauthorized},
		"login":              {"GET", "/login", "", []string{"ana"}, http.StatusSeeOther},
	} {
		r := request(tc.method, tc.path, nil)
		if tc.peer != "" {
			r.RemoteAddr = tc.peer
		}
		r.Header["Remote-User"] = tc.names
		w := s.do(r)
		if w.Code != tc.want {
			t.Errorf("%s: %d, want %d", name, w.Code, tc.want)
		}
		if name == "known" && strings.Contains(w.Body.String(), s.d.languages["en"].LogOut) {
			t.Error("a page offers to log out whom the proxy lets in again")
		}
		if strings.Contains(w.Body.String(), "eve-nobody") {
			t.Errorf("%s: the page repeats a name that has no account", name)
		}
	}
	r := request("POST", "/api/v1/sites/a.example/marks", nil)
	r.Header.Set("Remote-User", "admin")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if w := s.do(r); w.Code != http.StatusForbidden {
		t.Errorf("a change from another site, let in by the proxy: %d", w.Code)
	}
}

// TestNoHeaderUnlessConfigured: without the setting the header is nobody's.
func TestNoHeaderUnlessConfigured(t *testing.T) {
	s := newServer(t)
	r := request("GET", "/", nil)
	r.Header.Set("Remote-User", "admin")
	if w := s.do(r); w.Code != http.StatusSeeOther {
		t.Errorf("%d, want the log-in page", w.Code)
	}
}
