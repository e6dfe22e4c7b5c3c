package dashboard

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/dashboard/internal/accounts"
)

// access is who may call a route.
type access uint8

const (
	anybody access = iota // without logging in
	member                // a user who is logged in; others are sent to the log-in page
	admin                 // a member who is an admin; other members get 403
	caller                // a read token, or a user who is logged in; others get 401
	marker                // a mark token, or an admin who is logged in
)

// call is one request as a handler sees it.
type call struct {
	w     http.ResponseWriter
	r     *http.Request
	now   time.Time
	param func(name string) string
	l     *language
	lang  string // as ?lang= asked, "" if it did not
	root  string // relative path up to the first page

	refresh int // seconds after which the page asks for itself again; 0 never

	user    *accounts.User  // nil: not logged in
	session string          // the secret of the log-in session
	token   *accounts.Token // nil: no token
	outside bool            // user is who a proxy says it is
}

type handler func(c *call) error

// route is a line of the table of routes.
type route struct {
	path string
	may  access // who may read, and change where change says nothing else
	get  handler
	post handler // nil: the route is read only

	change access // who may change, where that is fewer
}

func (d *Dashboard) routes() []route {
	routes := []route{
		{path: "/", may: member, get: d.getSites},
		{path: "/sites/:host", may: member, get: d.getSite},
		{path: "/sites/:host/by/:dim", may: member, get: d.getRows},
		{path: "/sites/:host/setup", may: member, get: d.getInstall},
		{path: "/about", may: member, get: d.getAbout},
		{path: "/log", may: admin, get: d.getLog},
		{path: "/login", may: anybody, get: d.getLogin, post: d.postLogin},
		{path: "/logout", may: anybody, post: d.postLogout},
		{path: "/setup", may: anybody, get: d.getSetup, post: d.postSetup},
		{path: "/robots.txt", may: anybody, get: getRobots},
		{path: "/assets/:name", may: anybody, get: d.getAsset},
		{path: "/api/v1/sites/:host/report", may: caller, get: d.getReport},
		{path: "/api/v1/sites/:host/export", may: caller, get: d.getExport},
		{path: "/api/v1/sites/:host/marks", may: caller, get: d.getMarks, change: marker, post: d.postMark},
		{path: "/api/v1/openapi.json", may: anybody, get: getOpenAPI},
	}
	if d.sight != nil {
		routes = append(routes, route{path: "/doctor", may: admin, get: d.getDoctor})
	}
	routes = append(routes, route{path: "/sites/:host/marks", may: member, get: d.getMarkPage, change: admin, post: d.postMarkPage})
	if d.settings != nil {
		routes = append(routes, route{path: "/sites/:host/settings", may: admin, get: d.getSettings})
	}
	return routes
}

// Register adds the routes. Paths that no route takes, and methods that a path
// does not take, are echo's to refuse: set e.HTTPErrorHandler to HandleError,
// or call it from there.
func (d *Dashboard) Register(e *echo.Echo) {
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc { // for what echo answers itself, which is OPTIONS
		return func(ec echo.Context) error {
			setHeaders(ec.Response().Header())
			return next(ec)
		}
	})
	for _, r := range d.routes() {
		if r.get != nil {
			e.GET(r.path, d.serve(r.path, r.may, r.get))
			e.HEAD(r.path, d.serve(r.path, r.may, r.get))
		}
		if r.post != nil {
			e.POST(r.path, d.serve(r.path, cmp.Or(r.change, r.may), r.post))
		}
	}
}

// serve is the way of every request: headers, origin, caller, handler, and
// the one place where errors are written.
func (d *Dashboard) serve(path string, may access, h handler) echo.HandlerFunc {
	return func(ec echo.Context) error {
		c := d.newCall(ec)
		err := d.cross.Check(c.r)
		if err != nil {
			err = errForbidden
		} else if err = d.identify(c, may); err == nil {
			err = h(c)
		}
		if err != nil {
			d.writeError(c, path, err)
		}
		return nil
	}
}

func (d *Dashboard) newCall(ec echo.Context) *call {
	r := ec.Request()
	c := &call{w: ec.Response(), r: r, now: time.Now(), param: ec.Param, root: rootOf(r.URL.EscapedPath())}
	asked := r.URL.Query().Get("lang")
	if c.l = d.languages[asked]; c.l != nil {
		c.lang = asked
	} else {
		c.l = choose(d.languages, "", r.Header.Get("Accept-Language"))
	}
	setHeaders(c.w.Header())
	return c
}

// setHeaders sets what every response carries, errors included. There is no
// script, so the policy allows none.
func setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "+
		"base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Cache-Control", "no-store")
}

// identify finds out who calls, and refuses who may not.
func (d *Dashboard) identify(c *call, may access) error {
	if text, ok := bearer(c.r); ok && (may == caller || may == marker) {
		t, ok := d.accounts.Token(c.now, text)
		if !ok {
			return errUnauthorized
		}
		if (t.Kind == accounts.Read) != (may == caller) {
			return errForbidden
		}
		c.token = &t
		return d.slow(c, "token "+t.ID)
	}
	if name, ok := d.outside(c.r); ok {
		u, known := d.accounts.User(name)
		if !known && may != anybody {
			return errNoAccount
		}
		if known {
			c.user, c.outside = &u, true
		}
	} else {
		c.session = d.cookie(c.r, sessionCookie)
		if u, ok := d.accounts.Session(c.now, c.session); ok {
			c.user = &u
		}
	}
	switch {
	case may == anybody:
		return nil
	case c.user == nil && (may == caller || may == marker):
		return errUnauthorized
	case c.user == nil:
		return errLogIn
	case (may == admin || may == marker) && c.user.Role != accounts.Admin:
		return errForbidden
	}
	return d.slow(c, "user "+c.user.Name)
}

// slow refuses a caller who asks faster than two questions a second for long.
func (d *Dashboard) slow(c *call, who string) error {
	if wait := d.calls.Take(c.now, who); wait > 0 {
		return &failure{status: http.StatusTooManyRequests, code: "too_many_requests", wait: wait}
	}
	return nil
}

// outside returns the name that a proxy says somebody has; ok is false where
// none is believed. A name that comes twice is nobody's.
func (d *Dashboard) outside(r *http.Request) (name string, ok bool) {
	if d.loginHeader == "" || !d.loginProxy(r) {
		return "", false
	}
	switch names := r.Header[d.loginHeader]; {
	case len(names) == 1 && names[0] != "":
		return strings.ToLower(names[0]), true
	case len(names) > 1:
		return "", true
	}
	return "", false
}

func bearer(r *http.Request) (text string, ok bool) {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if r.Header.Get("Authorization") == "" {
		return "", false
	}
	if !strings.EqualFold(scheme, "Bearer") {
		return "", true // another scheme is a token that nobody has
	}
	return strings.TrimSpace(text), true
}

// rights are those of the caller.
func (c *call) rights() accounts.Rights {
	if c.token != nil {
		return c.token.Rights
	}
	return c.user.Rights
}

// site returns the site named in the path, if it exists and the caller may
// read it; nobody is told which of the two failed.
func (d *Dashboard) site(c *call) (aggregate.SiteConfig, error) {
	host, err := hit.ParseHost(c.param("host"))
	if err != nil {
		return aggregate.SiteConfig{}, errUnknownSite
	}
	for _, s := range d.sites(c) {
		if s.Host == host {
			return s, nil
		}
	}
	return aggregate.SiteConfig{}, errUnknownSite
}

// sites returns the sites that the caller may read.
func (d *Dashboard) sites(c *call) []aggregate.SiteConfig {
	var out []aggregate.SiteConfig
	for _, s := range d.reports.Sites() {
		if c.rights().May(s.Host) {
			out = append(out, s)
		}
	}
	return out
}

// frame is what every page has around it.
type frame struct {
	L           *language
	Root        string
	Title       string
	Style, Icon string
	User        string
	Outside     bool   // a proxy said so, and only it can log the user out
	Here        string // host of the page's site
	Sites       []link
	LangLink    string
	LogOut      string
	AboutLink   string
	DoctorLink  string // "" for who may not follow it, as the next two
	SettingLink string
	LogLink     string
	MarksLink   string
	HomeLink    string
	Version     string
	Refresh     int // seconds, 0 never
	Body        any
}

type link struct {
	Name, URL string
	On        bool
	Narrow    bool // of two places for one link, a narrow screen shows the second
}

// render writes a page: to a buffer, then headers, status and body.
func (d *Dashboard) render(c *call, status int, name, title string, body any) error {
	f := frame{
		L: c.l, Root: c.root, Title: title, Style: d.names["style.css"], Icon: d.names["icon.svg"],
		Version: d.version, Body: body, Refresh: c.refresh,
		HomeLink: withQuery(c.root, c.langOnly()), AboutLink: withQuery(c.root+"about", c.langOnly()),
		LogOut: withQuery(c.root+"logout", c.langOnly()),
	}
	if c.user != nil {
		f.User, f.Outside = c.user.Name, c.outside
		if d.sight != nil && c.user.Role == accounts.Admin {
			f.DoctorLink = withQuery(c.root+"doctor", c.langOnly())
		}
		d.adminLinks(c, &f)
		for _, s := range d.sites(c) {
			on := s.Host.String() == c.param("host")
			if on {
				f.Here = s.Host.String()
			}
			v := view{host: s.Host.String(), lang: c.lang, span: span{name: c.r.URL.Query().Get("period")}}
			if !known(v.span.name) {
				v.span.name = ""
			}
			f.Sites = append(f.Sites, link{Name: s.Host.String(), URL: v.link(c.root), On: on})
		}
	}
	q := c.r.URL.Query()
	q.Set("lang", c.l.OtherLang)
	f.LangLink = "?" + q.Encode()
	var b bytes.Buffer
	if err := d.pages[name].Execute(&b, &f); err != nil {
		return fmt.Errorf("render page %s", name) // the template's own text may hold what the page shows
	}
	c.reply(status, "text/html; charset=utf-8", b.Bytes())
	return nil
}

func known(period string) bool {
	_, err := spanOf(period, 0)
	return err == nil
}

func (c *call) langOnly() url.Values {
	if c.lang == "" {
		return nil
	}
	return url.Values{"lang": {c.lang}}
}

// reply writes a whole body. A client that is gone is nobody's error.
func (c *call) reply(status int, kind string, body []byte) {
	h := c.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.w.WriteHeader(status)
	if c.r.Method != http.MethodHead {
		_, _ = c.w.Write(body)
	}
}

// redirect sends the browser to one of our own pages, by a relative path.
func (c *call) redirect(path string) {
	c.w.Header().Set("Location", withQuery(c.root+path, c.langOnly()))
	c.w.WriteHeader(http.StatusSeeOther)
}

func getRobots(c *call) error {
	c.reply(http.StatusOK, "text/plain; charset=utf-8", []byte("User-agent: *\nDisallow: /\n"))
	return nil
}

func (d *Dashboard) getAsset(c *call) error {
	a, ok := d.assets[c.param("name")]
	if !ok {
		return errNotFound
	}
	c.w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	c.reply(http.StatusOK, a.kind, a.body)
	return nil
}
