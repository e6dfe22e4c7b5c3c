package collector

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"footfall/aggregate/hit"
)

// maxChoice is how much of a choice's body is read, in bytes: more than one
// has.
const maxChoice = 64

// refusalMonths is how long a refusal is kept, in calendar months.
const refusalMonths = 13

var errOptOutDomain = errors.New("the opt-out domain is neither a site's host nor one of two labels or more above it")

// Reach tells on which pages a refusal counts that is given at a host.
type Reach uint8

// The reaches.
const (
	// ReachNone: no site's pages see the cookie of this host. Its own pages
	// and the pixel do.
	ReachNone Reach = iota
	// ReachDomain: the pages under Options.OptOutDomain see it; but the host is
	// no site's, and Safari may keep a cookie of such a host for seven days only.
	ReachDomain
	// ReachSite: the host is a site's own.
	ReachSite
)

// OptOutReach tells the reach of a refusal that is given at a host, with its
// port or without.
func (c *Collector) OptOutReach(host string) Reach {
	switch {
	case c.reduce.HasHost(host):
		return ReachSite
	case c.choice.covers(host):
		return ReachDomain
	}
	return ReachNone
}

// checkOptOutDomain holds a domain against the hosts of the sites.
func checkOptOutDomain(domain hit.Host, sites []Site) error {
	if domain.IsZero() {
		return nil
	}
	if strings.Contains(domain.String(), ".") {
		for _, s := range sites {
			for _, h := range append([]hit.Host{s.Host}, s.Aliases...) {
				if isBelow(h.String(), domain.String()) {
					return nil
				}
			}
		}
	}
	return errOptOutDomain
}

// isBelow tells whether a host is a domain or below it.
func isBelow(host, domain string) bool {
	above, ok := strings.CutSuffix(host, domain)
	return ok && (above == "" || strings.HasSuffix(above, "."))
}

// covers tells whether a host may set cookies for the opt-out domain.
func (p *choicePage) covers(host string) bool {
	if p.domain == "" {
		return false
	}
	host, _, _ = strings.Cut(host, ":")
	return isBelow(strings.ToLower(strings.TrimSuffix(host, ".")), p.domain)
}

// serveChoice answers every request to /optout. Whatever it does it counts
// nothing, and keeps nothing of who has asked.
func (c *Collector) serveChoice(w http.ResponseWriter, req *http.Request) {
	w.Header()["Cache-Control"] = noStore
	switch req.Method {
	case http.MethodGet, http.MethodHead:
		c.showChoice(w, req)
	case http.MethodPost:
		c.takeChoice(w, req)
	case http.MethodOptions:
		c.allowChoice(w, req)
	default:
		w.Header()["Allow"] = allowChoice
		say(w, http.StatusMethodNotAllowed)
	}
}

var allowChoice = []string{"GET, HEAD, OPTIONS, POST"}

// allowChoice answers a preflight: the script needs none, a page's own code may.
func (c *Collector) allowChoice(w http.ResponseWriter, req *http.Request) {
	var who chooser
	who.read(req.Header)
	if !c.mayChoose(w, req, &who) {
		say(w, http.StatusForbidden)
		return
	}
	h := w.Header()
	h["Allow"] = allowChoice
	h["Access-Control-Allow-Methods"] = allowBeacon
	h["Access-Control-Allow-Headers"] = plainHeaders
	w.WriteHeader(http.StatusNoContent)
}

// mayChoose tells whether a request may set or take back a refusal: one of
// the page itself, of a page of a configured site, or of no browser. For a
// site's page it writes that its script may see the answer. A foreign page,
// also one of another host of the same domain, may not: it would take a
// refusal back that its visitor has given elsewhere.
func (c *Collector) mayChoose(w http.ResponseWriter, req *http.Request, who *chooser) bool {
	h := w.Header()
	if c.reduce.HasOrigin(who.origin) {
		h["Access-Control-Allow-Origin"] = []string{who.origin}
		h["Access-Control-Allow-Credentials"] = yes
		return true
	}
	if who.ownPage || who.origin == "" {
		return true
	}
	_, host, ok := strings.Cut(who.origin, "://")
	return ok && strings.EqualFold(host, req.Host)
}

var yes = []string{"true"}

// takeChoice sets or takes back the refusal. The page's own form is led back
// to the page, which then tells what the browser has kept; the script gets no
// more than a status.
func (c *Collector) takeChoice(w http.ResponseWriter, req *http.Request) {
	var who chooser
	who.read(req.Header)
	if !c.mayChoose(w, req, &who) {
		say(w, http.StatusForbidden)
		return
	}
	choice := readChoice(req.Body)
	if choice == "" {
		say(w, http.StatusBadRequest)
		return
	}
	h := w.Header()
	h["Set-Cookie"] = c.refusal(req, choice == "out")
	if !strings.HasPrefix(req.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	asked := readAsked(req.URL.RawQuery, &who)
	h.Set("Location", "optout?"+asked.query()+"&asked="+choice)
	w.WriteHeader(http.StatusSeeOther)
}

// readChoice reads what was chosen, "out" or "in": the word alone, as the
// script sends it, or as a form's field. It is empty for anything else.
func readChoice(body io.Reader) string {
	b, err := io.ReadAll(io.LimitReader(body, maxChoice))
	if err != nil {
		return ""
	}
	switch strings.TrimPrefix(strings.TrimSpace(string(b)), "choice=") {
	case "out":
		return "out"
	case "in":
		return "in"
	}
	return ""
}

// refusal returns the cookies that set a refusal or take it back. Both of the
// host alone and of the domain are taken back: the configuration may have
// changed in between.
func (c *Collector) refusal(req *http.Request, out bool) []string {
	var secure, domain string
	if c.peers.Secure(req) {
		secure = "; Secure"
	}
	if c.choice.covers(req.Host) {
		domain = "; Domain=" + c.choice.domain
	}
	const attributes = "; Path=/; SameSite=Lax; Max-Age="
	if !out {
		gone := OptOutCookie + "=" + attributes + "0" + secure
		if domain == "" {
			return []string{gone}
		}
		return []string{gone, gone + domain}
	}
	now := c.now()
	age := now.AddDate(0, refusalMonths, 0).Sub(now) / time.Second
	return []string{OptOutCookie + "=" + OptOutValue + attributes + strconv.FormatInt(int64(age), 10) + secure + domain}
}

// say answers in one plain line, which holds nothing of the request.
func say(w http.ResponseWriter, status int) {
	h := w.Header()
	h["Content-Type"], h["X-Content-Type-Options"] = plainText, noSniff
	w.WriteHeader(status)
	_, _ = io.WriteString(w, http.StatusText(status)+"\n") // a client that has gone needs no answer
}

var plainText = []string{"text/plain; charset=utf-8"}
