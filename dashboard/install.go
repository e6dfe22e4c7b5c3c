package dashboard

import (
	"net/http"
	"net/url"

	"footfall/aggregate"
	"footfall/aggregate/publish"
)

// Install is what a site's page on setting it up shows beside the snippet. The
// zero Install leaves all of it out.
type Install struct {
	Routes       string // the element of a page that keeps its routes behind #
	More         string // the element that measures times and features too
	Nginx, Caddy string // what puts footfall under the site's own host
	TestURL      string // the page on which a browser finds out why nothing arrives
}

// Arrival is what has come from a site's pages since the server started. It is
// told where nothing can be shown yet, so that who installs need not wait for
// ten views; it is no number, and says nothing of any day.
type Arrival uint8

// The arrivals.
const (
	NothingYet   Arrival = iota
	Strangers            // hits have come, from pages of a host that is no site's
	NothingToUse         // hits of the site have come; none of them could be counted as a person's
	Receiving            // hits of the site are being counted
)

// waitSeconds is after how long a page that waits for the first hit looks again.
const waitSeconds = 15

// firstBody helps where nothing has been counted yet.
type firstBody struct {
	Snippet, Setup string
	State          string
	Good           bool
}

// first returns what to do where no number is shown, neither in the period nor
// over thirteen weeks.
func (r *reading) first(totals *publish.Report) (*firstBody, error) {
	if c, _ := totals.Totals().Count(publish.Views); c.Bound() > 0 || r.view.page != "" || r.view.where != "" {
		return nil, nil
	}
	shown, err := r.shown()
	if err != nil || shown {
		return nil, err
	}
	b := &firstBody{Snippet: r.d.snippet, Setup: r.setupLink()}
	b.State, b.Good = r.arrival(false)
	r.c.refresh = waitSeconds
	return b, nil
}

// shown tells whether thirteen weeks have a number that is shown.
func (r *reading) shown() (bool, error) {
	report, err := r.ask(aggregate.Query{From: r.today - 91, To: r.today})
	if err != nil {
		return false, err
	}
	c, _ := report.Totals().Count(publish.Views)
	return c.Bound() > 0, nil
}

// arrival says in words what has come from the site; "" where nobody tells.
func (r *reading) arrival(shown bool) (state string, good bool) {
	w := &r.c.l.Install
	if shown {
		return w.Shown, true
	}
	if r.d.arrived == nil {
		return "", false
	}
	at := r.d.arrived(r.site.Host)
	return w.Arrivals[at], at == Receiving
}

func (r *reading) setupLink() string {
	return withQuery(r.c.root+"sites/"+url.PathEscape(r.site.Host.String())+"/setup", r.c.langOnly())
}

// installBody is the page on setting up a site.
type installBody struct {
	Host, HostURL string
	State         string
	Good, Waits   bool
	Snippet       string
	Install
}

func (d *Dashboard) getInstall(c *call) error {
	site, err := d.site(c)
	if err != nil {
		return err
	}
	r := d.readingOf(c, site)
	shown, err := r.shown()
	if err != nil {
		return err
	}
	b := &installBody{Host: site.Host.String(), HostURL: view{host: site.Host.String(), lang: c.lang}.link(c.root), Snippet: d.snippet, Install: d.install}
	b.State, b.Good = r.arrival(shown)
	if b.Waits = !shown; b.Waits {
		c.refresh = waitSeconds
	}
	b.TestURL = d.testURL(c)
	return d.render(c, http.StatusOK, "install", replace(c.l.Install.Title, b.Host), b)
}

// testURL is the page on which a browser is told why nothing arrives from it,
// in the language of the call; "" where there is none.
func (d *Dashboard) testURL(c *call) string {
	if d.install.TestURL == "" {
		return ""
	}
	return d.install.TestURL + "?lang=" + c.l.Lang
}

// installWords are those of the page on setting up a site.
type installWords struct {
	Title, Link              string // %s is the host
	Again                    string // that the page looks again by itself
	Shown                    string
	Arrivals                 map[Arrival]string
	Plain, PlainText         string
	Spa, SpaText, SpaHash    string
	More, MoreText, Features string
	Proxy, ProxyText         string
	NoScript, NoScriptText   string
	Test, TestText, TestLink string
}
