package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
)

// guesses is how many there are of each sort; FOOTFALL_GUESSES asks for more.
func guesses(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("FOOTFALL_GUESSES"))
	if err != nil {
		return 1_000
	}
	return n
}

// TestGuessesOverHTTP sends guesses from one address and from as many as there
// are guesses: all but a few are refused unseen, and the owner's own browser
// still logs in, from the attacked address too (I4). The arithmetic of ten
// thousand seconds is held by TestGuessing of package accounts.
func TestGuessesOverHTTP(t *testing.T) {
	s := newServer(t)
	first := s.do(request("POST", "/login", loginForm("admin", word)))
	mark := cookieOf(first, "__Host-footfall-browser")
	if mark == nil {
		t.Fatal("the owner cannot log in before the attack")
	}
	n := guesses(t)
	attack := func(from func(i int) string, name string) (looked int) {
		t.Helper()
		for i := range n {
			r := request("POST", "/login", loginForm(name, "guess "+strconv.Itoa(i)))
			r.Header.Set("X-Forwarded-For", from(i))
			switch w := s.do(r); w.Code {
			case http.StatusForbidden:
				looked++
			case http.StatusTooManyRequests:
			default:
				t.Fatalf("guess %d: %d", i, w.Code)
			}
		}
		return looked
	}
	start := time.Now()
	one := attack(func(int) string { return "203.0.113.9" }, "admin")
	many := attack(func(i int) string { return fmt.Sprintf("198.%d.%d.9", 18+i>>8&1, i&255) }, "admin")
	spread := attack(func(i int) string { return fmt.Sprintf("2001:db8:%x::9", i) }, "admin")
	refill := int(time.Since(start)/(20*time.Second)) + 1 // the name's purse
	for what, looked := range map[string]int{"one address": one, "many addresses": many, "as many addresses as guesses": spread} {
		if most := 20 + refill; looked > most {
			t.Errorf("%s: %d of %d guesses looked at, want at most %d", what, looked, n, most)
		}
	}
	t.Logf("looked at, of %d each: %d, %d, %d", n, one, many, spread)
	for _, from := range []string{"203.0.113.9", "192.0.2.7"} {
		r := request("POST", "/login", loginForm("admin", word))
		r.Header.Set("X-Forwarded-For", from)
		if w := s.do(r); w.Code != http.StatusTooManyRequests {
			t.Errorf("a stranger's browser with the right password, from %s: %d", from, w.Code)
		}
		r = request("POST", "/login", loginForm("admin", word))
		r.Header.Set("X-Forwarded-For", from)
		r.Header.Set("Cookie", mark.Name+"="+mark.Value)
		if w := s.do(r); w.Code != http.StatusSeeOther || cookieOf(w, "__Host-footfall") == nil {
			t.Errorf("the owner's browser during the attack, from %s: %d", from, w.Code)
		}
	}
}

// at returns the status of a page with a session's cookie.
func (s *server) at(path, secret string) int {
	r := request("GET", path, nil)
	r.Header.Set("Cookie", "__Host-footfall="+secret)
	return s.do(r).Code
}

// TestSessionsAreNewAndDie holds the life of a session (I5): each log-in makes
// a new one of 256 bits, one that was planted is ignored, and log-out, another
// password, other rights and removal end it, also across a restart.
func TestSessionsAreNewAndDie(t *testing.T) {
	dir := t.TempDir()
	s := newServerIn(t, dir)
	by := By{At: time.Now(), Who: "test"}
	for _, name := range []string{"ana", "bob", "eve", "zoe"} {
		if err := s.a.AddUser(t.Context(), by, name, Viewer, nil, word); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	logIn := func(name string, cookies ...string) string {
		t.Helper()
		r := request("POST", "/login", loginForm(name, word))
		r.Header.Set("Cookie", strings.Join(cookies, "; "))
		c := cookieOf(s.do(r), "__Host-footfall")
		if c == nil || len(c.Value) != 43 || seen[c.Value] {
			t.Fatalf("%s: cookie %+v", name, c)
		}
		seen[c.Value] = true
		return c.Value
	}
	for _, planted := range []string{strings.Repeat("A", 43), "x", "", logIn("ana")} { // the last is a session that somebody else holds
		got := logIn("bob", "__Host-footfall="+planted, "footfall="+planted)
		if got == planted || s.at("/", planted) == http.StatusOK {
			t.Errorf("planted %q: the session is the planted one, or that lives on", planted)
		}
	}
	lives, out, password, rights, gone := logIn("ana"), logIn("ana"), logIn("bob"), logIn("eve"), logIn("zoe")
	r := request("POST", "/logout", url.Values{})
	r.Header.Set("Cookie", "__Host-footfall="+out)
	s.do(r)
	for what, err := range map[string]error{
		"password": s.a.SetPassword(t.Context(), by, "bob", word+"!"), "rights": s.a.SetRights(by, "eve", Admin, nil), "gone": s.a.RemoveUser(by, "zoe"),
	} {
		if err != nil {
			t.Fatal(what, err)
		}
	}
	for range 2 {
		for what, secret := range map[string]string{"log-out": out, "another password": password, "other rights": rights, "removal": gone} {
			if got := s.at("/", secret); got != http.StatusSeeOther {
				t.Errorf("after %s: %d", what, got)
			}
		}
		if got := s.at("/", lives); got != http.StatusOK {
			t.Errorf("a session that nothing ended: %d", got)
		}
		s = newServerIn(t, dir) // a restart
	}
	b, err := os.ReadFile(filepath.Join(dir, "accounts.json"))
	if err != nil || strings.Contains(string(b), lives) {
		t.Errorf("a session's secret is on the disk (%v)", err)
	}
}

// TestCrossOriginChangesNothing sends each change with all it needs, but from
// elsewhere (I6). The same from here works: the refusal is the origin's.
func TestCrossOriginChangesNothing(t *testing.T) {
	for name, header := range map[string][2]string{
		"cross-site": {"Sec-Fetch-Site", "cross-site"}, "same-site": {"Sec-Fetch-Site", "same-site"},
		"another origin": {"Origin", "https://www.evil.example"}, "no origin": {"Origin", "null"}, "ours": {"Origin", "https://stats.example.org"},
	} {
		want := name == "ours"
		send := func(s *server, path, secret string, form url.Values) *httptest.ResponseRecorder {
			r := request("POST", path, form)
			r.Header.Set(header[0], header[1])
			if secret != "" {
				r.Header.Set("Cookie", "__Host-footfall="+secret)
			}
			return s.do(r)
		}
		s := newServer(t)
		if got := cookieOf(send(s, "/login", "", loginForm("admin", word)), "__Host-footfall") != nil; got != want {
			t.Errorf("%s: logged in: %v", name, got)
		}
		secret := s.session("admin", time.Now())
		send(s, "/logout", secret, url.Values{})
		if got := s.at("/", secret) == http.StatusSeeOther; got != want {
			t.Errorf("%s: logged out: %v", name, got)
		}
		empty := newServerIn(t, t.TempDir())
		token := empty.a.SetupSecret()
		send(empty, "/setup", "", url.Values{"token": {token}, "name": {"eve"}, "password": {word}, "again": {word}})
		if got := len(empty.a.Users()) == 1; got != want {
			t.Errorf("%s: a first user made: %v", name, got)
		}
	}
}

// TestNoRedirectElsewhere looks for a way off the dashboard (I7): in
// parameters that others have for it, in forms, in hosts and in the path.
func TestNoRedirectElsewhere(t *testing.T) {
	evil := []string{"//evil.example", "/%09/evil.example", `/\evil.example`, "https:evil.example", "https://evil.example/", "javascript:alert(1)", "\r\nLocation: //evil.example"}
	s := newServer(t)
	check := func(what string, w *httptest.ResponseRecorder) {
		t.Helper()
		to := w.Header().Values("Location")
		if w.Code >= 300 && w.Code < 400 && len(to) != 1 || len(to) > 1 {
			t.Errorf("%s: %d to %q", what, w.Code, to)
		}
		for _, l := range to {
			u, err := url.Parse(l)
			if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(l, "./") && !strings.HasPrefix(l, "../") ||
				!slices.Contains([]string{"", "login"}, strings.TrimLeft(u.Path, "./")) {
				t.Errorf("%s: leads to %q", what, l)
			}
		}
		if strings.Contains(strings.Join(w.Header()["Refresh"], ""), "evil") {
			t.Errorf("%s: is refreshed elsewhere", what)
		}
	}
	for _, v := range evil {
		for _, name := range []string{"next", "redirect", "return", "returnTo", "url", "continue", "goto", "rd", "lang", "period", "token", "name"} {
			q := "?" + url.Values{name: {v}}.Encode()
			form := loginForm("admin", word)
			form.Set(name, cmpOr(form.Get(name), v))
			check("anonymous, "+name+"="+v, s.do(request("GET", "/"+q, nil)))
			check("log-in page, "+name+"="+v, s.do(s.with(request("GET", "/login"+q, nil))))
			if name == "next" || name == "lang" {
				s.d.calls.Fill("user admin")
				check("log in, "+name+"="+v, s.do(request("POST", "/login"+q, form)))
				check("log out, "+name+"="+v, s.do(request("POST", "/logout"+q, url.Values{name: {v}})))
			}
		}
		for _, header := range []string{"Host", "X-Forwarded-Host", "X-Original-URL", "Forwarded", "Referer"} {
			r := request("GET", "/sites/a.example", nil)
			r.Header.Set(header, v)
			if header == "Host" {
				r.Host = "evil.example"
			}
			check(header+": "+v, s.do(r))
		}
		for _, path := range []string{v, "/sites/" + v, "/sites/a.example/" + v + "/.."} {
			r := request("GET", "/", nil)
			r.URL = &url.URL{Path: path}
			check("path "+path, s.do(r))
		}
	}
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// TestHeadersOfErrors holds the headers on answers that the table of routes
// does not reach (I9): too large, too many, too slow, broken.
func TestHeadersOfErrors(t *testing.T) {
	s := newServer(t)
	s.get("/") // logs in before the guesses
	got := map[int]bool{}
	check := func(what string, w *httptest.ResponseRecorder) {
		t.Helper()
		got[w.Code] = true
		checkHeaders(t, fmt.Sprintf("%s (%d)", what, w.Code), w)
		for _, c := range w.Result().Cookies() {
			if !c.HttpOnly || !c.Secure || !strings.HasPrefix(c.Name, "__Host-") {
				t.Errorf("%s: cookie %s", what, c.Name)
			}
		}
		if v := w.Header().Get("Server") + w.Header().Get("X-Powered-By"); v != "" {
			t.Errorf("%s: says what it runs on: %s", what, v)
		}
	}
	check("a large form", s.do(request("POST", "/login", loginForm("admin", strings.Repeat("x", maxForm)))))
	r := request("POST", "/login", loginForm("admin", word))
	r.Header.Set("Content-Type", "text/plain")
	check("another type", s.do(r))
	for range 30 {
		check("guesses", s.do(request("POST", "/login", loginForm("admin", "a wrong password"))))
	}
	for range 200 {
		r := request("GET", question, nil)
		bear(r, "fft_"+strings.Repeat("A", 43))
		check("no token", s.do(r))
	}
	token := s.token(ReadToken)
	for range 130 {
		r := request("GET", "/api/v1/sites/a.example/marks", nil)
		bear(r, token)
		check("many questions", s.do(r))
	}
	for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "CONNECT", "NONSENSE"} {
		for _, path := range []string{"/", "/login", "/nowhere", "/api/v1/nowhere", "/assets/" + s.d.names["style.css"]} {
			check(method+" "+path+" ", s.do(request(method, path, nil)))
		}
	}
	check("a page with another host", s.get("/sites/nobody.example"))
	e := echo.New()
	for _, err := range []error{errors.New("broken"), echo.NewHTTPError(http.StatusTeapot), echo.ErrStatusRequestEntityTooLarge} {
		w := httptest.NewRecorder()
		s.d.HandleError(err, e.NewContext(request("GET", "/", nil), w))
		check(err.Error(), w)
	}
	for _, status := range []int{400, 401, 403, 404, 405, 413, 429, 500, 503} {
		if !got[status] {
			t.Errorf("no answer was %d", status)
		}
	}
}
