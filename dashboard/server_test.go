package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"footfall/aggregate"
	"footfall/collector/edge"
	"footfall/dashboard/internal/accounts"
)

var _ Reports = (*aggregate.DB)(nil)

// word is the password of every test user; cheapPHC hashes it at a cost that
// lets tests log in often.
const (
	word     = "correct horse battery"
	cheapPHC = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aVw+uxzwdEqVo4tlI8TS7Q"
)

// server is a dashboard behind an echo, with users and tokens.
type server struct {
	t     testing.TB
	e     *echo.Echo
	d     *Dashboard
	a     *Accounts
	fake  *fake
	fails []string // what was told to Failed

	secret string // of the admin's session, for many requests
}

// newServer starts a dashboard of a.example and b.example with the users
// admin, viewer (of a.example) and other (of b.example).
func newServer(t testing.TB, o ...func(*Options)) *server {
	t.Helper()
	dir := t.TempDir()
	user := func(name, role, site string) string {
		sites := "[]"
		if site != "" {
			sites = `["` + site + `"]`
		}
		return fmt.Sprintf(`{"name":%q,"role":%q,"sites":%s,"password":%q,"created":"2026-11-24"}`, name, role, sites, cheapPHC)
	}
	text := `{"version":1,"device_key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","users":[` +
		user("admin", "admin", "") + "," + user("viewer", "viewer", "a.example") + "," + user("other", "viewer", "b.example") +
		`],"sessions":[],"tokens":[]}`
	if err := os.WriteFile(filepath.Join(dir, "accounts.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return newServerIn(t, dir, o...)
}

func newServerIn(t testing.TB, dir string, o ...func(*Options)) *server {
	t.Helper()
	a, err := OpenAccounts(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, a: a, fake: newFake(1800, "a.example", "b.example")}
	peers := edge.NewResolver([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
	options := Options{
		Reports: s.fake, Accounts: a, Version: "test",
		Peers: peers, Sight: peers.Explain, Settings: someSettings,
		Failed: func(route string, err error) { s.fails = append(s.fails, route+": "+err.Error()) },
	}
	for _, f := range o {
		f(&options)
	}
	if s.d, err = New(options); err != nil {
		t.Fatal(err)
	}
	s.e = echo.New()
	s.e.HTTPErrorHandler = s.d.HandleError
	s.d.Register(s.e)
	return s
}

// request is a request over TLS, as a trusted proxy hands it on.
func request(method, target string, form url.Values) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	r.Host = "stats.example.org"
	r.RemoteAddr = "10.0.0.1:4000"
	r.Header.Set("X-Forwarded-Proto", "https")
	r.Header.Set("X-Forwarded-For", "192.0.2.7")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

func (s *server) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.e.ServeHTTP(w, r)
	return w
}

// session begins a log-in session of a user at some time.
func (s *server) session(name string, at time.Time) string {
	s.t.Helper()
	in, err := s.a.LogIn(context.Background(), at, &accounts.Attempt{Name: name, Password: word})
	if err != nil {
		s.t.Fatalf("log in as %s: %v", name, err)
	}
	return in.Secret
}

// as adds a log-in session of the user to the request.
func (s *server) as(name string, r *http.Request) *http.Request {
	r.Header.Add("Cookie", "__Host-footfall="+s.session(name, time.Now()))
	return r
}

func (s *server) token(kind Kind, sites ...string) string {
	s.t.Helper()
	text, _, err := s.a.AddToken(By{At: time.Now(), Who: "test"}, kind, sites)
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

// get returns a page as the admin sees it.
func (s *server) get(target string) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.do(s.with(request("GET", target, nil)))
}

// with logs the admin in once for many requests, and does not slow them down.
func (s *server) with(r *http.Request) *http.Request {
	if s.secret == "" {
		s.secret = s.session("admin", time.Now())
	}
	s.d.calls.Fill("user admin")
	r.Header.Set("Cookie", "__Host-footfall="+s.secret)
	return r
}
