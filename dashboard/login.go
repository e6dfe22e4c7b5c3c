package dashboard

import (
	"errors"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"footfall/collector/edge"
	"footfall/dashboard/internal/accounts"
)

// Cookies of people who log in, by their plain names. Under TLS the names
// begin with __Host-, which browsers give to this host over HTTPS alone.
const (
	sessionCookie = "footfall"
	browserCookie = "footfall-browser" // says that this browser has logged in before
)

// browserLife is how long a browser keeps the mark that it has logged in.
const browserLife = 180 * 24 * time.Hour

// maxForm is the largest form, in bytes: a name and two passwords.
const maxForm = 16 << 10

// mayType tells whether a password may be typed here: under TLS, or on the
// machine itself. A proxy on this machine speaks from it too, so the client
// behind it and the host it asked for must be the machine as well.
func (d *Dashboard) mayType(r *http.Request) bool {
	if d.peers.Secure(r) {
		return true
	}
	client := d.peers.Prefix(r)
	here := client.Addr().IsLoopback() || client.Contains(netip.IPv6Loopback())
	return here && edge.Loopback(r) && isLocal(r.Host)
}

// isLocal tells whether a Host header names this machine as such.
func isLocal(hostPort string) bool {
	host := (&url.URL{Host: hostPort}).Hostname()
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

func (d *Dashboard) cookieName(r *http.Request, name string) string {
	if d.peers.Secure(r) {
		return "__Host-" + name
	}
	return name
}

// cookie reads a cookie where it may be sent: a plain one from the machine
// itself only.
func (d *Dashboard) cookie(r *http.Request, name string) string {
	if !d.mayType(r) {
		return ""
	}
	c, err := r.Cookie(d.cookieName(r, name))
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie gives a cookie to the browser; a life of 0 takes it away.
func (d *Dashboard) setCookie(c *call, name, value string, life time.Duration) {
	age := int(life / time.Second)
	if life == 0 {
		age = -1
	}
	http.SetCookie(c.w, &http.Cookie{
		Name: d.cookieName(c.r, name), Value: value, Path: "/", MaxAge: age,
		Secure: d.peers.Secure(c.r), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// form reads a posted form of bounded size.
func (c *call) form() error {
	kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return badRequest("bad_form", "the form is not of the type it should be")
	}
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, maxForm)
	if err := c.r.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return errTooLarge
		}
		return badRequest("bad_form", "the form cannot be read")
	}
	return nil
}

// loginBody is the log-in page.
type loginBody struct {
	Insecure bool
	Name     string // as typed before
	Message  string // why the last attempt failed
}

func (d *Dashboard) getLogin(c *call) error {
	if c.user != nil {
		c.redirect("")
		return nil
	}
	return d.loginPage(c, http.StatusOK, loginBody{})
}

func (d *Dashboard) loginPage(c *call, status int, b loginBody) error {
	b.Insecure = !d.mayType(c.r)
	return d.render(c, status, "login", c.l.Login.Title, b)
}

func (d *Dashboard) postLogin(c *call) error {
	if !d.mayType(c.r) {
		return d.loginPage(c, http.StatusForbidden, loginBody{})
	}
	if err := c.form(); err != nil {
		return err
	}
	a := &accounts.Attempt{
		Name: c.r.PostForm.Get("name"), Password: c.r.PostForm.Get("password"),
		From: d.peers.Prefix(c.r), Device: d.cookie(c.r, browserCookie),
	}
	in, err := d.accounts.LogIn(c.r.Context(), c.now, a)
	if err != nil {
		return d.refuseLogin(c, a.Name, err)
	}
	d.welcome(c, in)
	return nil
}

// welcome gives a session to the browser and ends the one it had.
func (d *Dashboard) welcome(c *call, in accounts.LoggedIn) {
	if c.user != nil {
		if err := d.accounts.LogOut(c.session); err != nil {
			d.failed("/login", err)
		}
	}
	d.setCookie(c, sessionCookie, in.Secret, in.Expires.Sub(c.now))
	d.setCookie(c, browserCookie, in.Device, browserLife)
	c.redirect("")
}

func (d *Dashboard) refuseLogin(c *call, name string, err error) error {
	var late *accounts.ThrottledError
	w := &c.l.Login
	switch {
	case errors.Is(err, accounts.ErrCredentials):
		return d.loginPage(c, http.StatusForbidden, loginBody{Name: name, Message: w.Wrong})
	case errors.As(err, &late):
		c.w.Header().Set("Retry-After", seconds(late.Wait))
		return d.loginPage(c, http.StatusTooManyRequests, loginBody{Name: name, Message: replace(w.Throttled, seconds(late.Wait))})
	case errors.Is(err, accounts.ErrBusy):
		c.w.Header().Set("Retry-After", "1")
		return d.loginPage(c, http.StatusServiceUnavailable, loginBody{Name: name, Message: w.Busy})
	}
	d.failed("/login", err)
	return d.loginPage(c, http.StatusServiceUnavailable, loginBody{Name: name, Message: w.Failed})
}

// postLogout ends the session here and takes the cookie from the browser,
// even where the file could not be written.
func (d *Dashboard) postLogout(c *call) error {
	if c.session != "" {
		if err := d.accounts.LogOut(c.session); err != nil {
			d.failed("/logout", err)
		}
	}
	d.setCookie(c, sessionCookie, "", 0)
	c.redirect("login")
	return nil
}

// setupBody is the page that makes the first user.
type setupBody struct {
	Insecure bool
	Gone     bool
	Token    string
	Name     string
	Least    string // characters of a password
	Message  string
}

func (d *Dashboard) getSetup(c *call) error {
	token := c.r.URL.Query().Get("token")
	if !d.accounts.SetupValid(token) {
		return d.setupPage(c, http.StatusNotFound, setupBody{Gone: true})
	}
	return d.setupPage(c, http.StatusOK, setupBody{Token: token, Name: "admin"})
}

func (d *Dashboard) setupPage(c *call, status int, b setupBody) error {
	b.Insecure = !d.mayType(c.r)
	b.Least = strconv.Itoa(accounts.MinPassword)
	return d.render(c, status, "setup", c.l.Setup.Title, b)
}

func (d *Dashboard) postSetup(c *call) error {
	if !d.mayType(c.r) {
		return d.setupPage(c, http.StatusForbidden, setupBody{})
	}
	if err := c.form(); err != nil {
		return err
	}
	f := c.r.PostForm
	b := setupBody{Token: f.Get("token"), Name: f.Get("name")}
	if !d.accounts.SetupValid(b.Token) {
		return d.setupPage(c, http.StatusNotFound, setupBody{Gone: true})
	}
	if f.Get("password") != f.Get("again") {
		b.Message = c.l.Setup.Differ
		return d.setupPage(c, http.StatusBadRequest, b)
	}
	in, err := d.accounts.SetUp(c.r.Context(), c.now, b.Token, b.Name, f.Get("password"))
	switch {
	case errors.Is(err, accounts.ErrSetup):
		return d.setupPage(c, http.StatusNotFound, setupBody{Gone: true})
	case errors.Is(err, accounts.ErrPassword):
		b.Message = c.l.Setup.PasswordHint
		return d.setupPage(c, http.StatusBadRequest, b)
	case errors.Is(err, accounts.ErrName):
		b.Message = c.l.Setup.NameHint
		return d.setupPage(c, http.StatusBadRequest, b)
	case err != nil:
		return err
	}
	d.welcome(c, in)
	return nil
}
