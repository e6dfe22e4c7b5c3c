// Package dashboard is what the publisher's staff read: pages, exports and
// the JSON API, and who may read them.
//
// What enters: requests of people who log in and of programs with a token;
// published reports. What leaves: HTML, SVG, CSV and JSON in which every
// number, length and coordinate comes from a type of package publish.
//
// Guaranteed:
//   - every route names who may call it, and a test asks each of them as
//     everybody;
//   - an unsafe request from another site is refused, a site that a caller
//     may not read is not told from one that does not exist;
//   - text that came from visitors is only ever text: html/template alone
//     writes markup, and the only URLs are the dashboard's own;
//   - pages work without JavaScript, of which there is none: the policy of
//     every response allows no script at all.
//
// Not guaranteed: anything about the network path. Over plain HTTP from
// elsewhere than the machine itself no password is taken.
//
// The package reads cookies, Accept-Language and addresses of its own users,
// never of measured visitors. It logs nothing: what fails is told to
// Options.Failed.
package dashboard

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"time"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
	"footfall/collector/edge"
	"footfall/dashboard/internal/accounts"
)

// Reports answers questions; *aggregate.DB does.
type Reports interface {
	Report(ctx context.Context, now time.Time, q *aggregate.Query) (*publish.Report, error)
	Speed(ctx context.Context, now time.Time, q *aggregate.SpeedQuery) (*aggregate.Speed, error)
	Sites() []aggregate.SiteConfig
}

// Peers tells who is at the other end of a request; *edge.Resolver does.
type Peers interface {
	// Secure tells whether the request came over TLS, here or at a trusted proxy.
	Secure(*http.Request) bool
	// Prefix returns the truncated address of the client.
	Prefix(*http.Request) netip.Prefix
}

// Options say what a dashboard shows and to whom.
type Options struct {
	// Reports answers every question. Required.
	Reports Reports
	// Accounts decides who may ask. Required.
	Accounts *Accounts
	// Peers is asked for scheme and truncated address. Required.
	Peers Peers
	// PublicURL is where the public listener is reached, as in the snippet
	// that pages embed: https://www.example.org/footfall. It begins the set-up
	// URL too, unless DashboardURL is given. May be "".
	PublicURL string
	// DashboardURL is where the dashboard is reached, where that is another
	// address than PublicURL. May be "".
	DashboardURL string
	// Snippet is the element that the pages of a site embed, shown where
	// nothing has been counted yet; static.Snippet makes it. "" makes one of the
	// same form from PublicURL.
	Snippet string
	// Install is what a site's page on setting it up shows beside the snippet.
	Install Install
	// Arrived tells what has come from a site's pages since the start, where
	// nothing can be shown yet. nil: nobody is told.
	Arrived func(site hit.Host) Arrival
	// Version stands at the foot of pages. May be "".
	Version string
	// Attribution names the source and licence of the data that tell countries,
	// in a sentence of the page about the method. "" leaves it out.
	Attribution string
	// Sight tells what the server sees of a request, for the page /doctor, which
	// admins may read; Explain of *edge.Resolver does. nil: there is no such page.
	Sight func(*http.Request) edge.Sight
	// Excludes tells whether hits from the address of a request are left out of
	// the numbers; it counts nothing. nil: /doctor does not speak of it.
	Excludes func(*http.Request) bool
	// Reach tells the reach of a refusal that is given at a host, which comes
	// without its port and as the client wrote it. nil: /doctor does not speak
	// of it, as it should not where the intake is not at the dashboard's host.
	Reach func(host string) Reach
	// LoginHeader is the header in which a proxy that LoginProxy knows gives the
	// name of the user it has let in. "" believes no header.
	LoginHeader string
	// LoginProxy tells whether a request's peer is such a proxy. Required where
	// LoginHeader is given.
	LoginProxy func(*http.Request) bool
	// Settings tells every setting that concerns a site, for the page
	// /sites/HOST/settings, which admins may read. nil: there is no such page.
	Settings func(site hit.Host) []Setting
	// Failed is told what went wrong behind a route's template. The error
	// holds nothing that a client sent. nil tells nobody.
	Failed func(route string, err error)
}

// Dashboard serves the pages and the API.
type Dashboard struct {
	reports  Reports
	accounts *Accounts
	peers    Peers
	snippet  string
	install  Install
	arrived  func(hit.Host) Arrival
	settings func(hit.Host) []Setting
	ownURL   string
	version  string
	source   string // of the countries
	failed   func(route string, err error)

	loginHeader string
	loginProxy  func(*http.Request) bool

	sight    func(*http.Request) edge.Sight
	excludes func(*http.Request) bool
	reach    func(host string) Reach

	languages map[string]*language
	pages     map[string]*template.Template
	assets    map[string]asset  // by name in the URL
	names     map[string]string // name in the URL by file
	cross     *http.CrossOriginProtection
	calls     *accounts.Buckets // questions per user or token
	asking    chan struct{}     // places for questions under way
}

//go:embed templates/*.html assets/*
var files embed.FS

// New makes a dashboard. It fails where an option is missing or malformed, or
// where the embedded templates are incomplete.
func New(o Options) (*Dashboard, error) {
	if o.Reports == nil || o.Accounts == nil || o.Peers == nil {
		return nil, errors.New("dashboard: Reports, Accounts and Peers are required")
	}
	if o.LoginHeader != "" && o.LoginProxy == nil {
		return nil, errors.New("dashboard: LoginHeader needs LoginProxy")
	}
	d := &Dashboard{
		reports: o.Reports, accounts: o.Accounts, peers: o.Peers, version: o.Version, failed: o.Failed,
		loginHeader: o.LoginHeader, loginProxy: o.LoginProxy,
		source: o.Attribution, sight: o.Sight, excludes: o.Excludes, reach: o.Reach,
		snippet: o.Snippet, install: o.Install, arrived: o.Arrived, settings: o.Settings, ownURL: strings.TrimSuffix(o.DashboardURL, "/"),
		languages: languages(), cross: http.NewCrossOriginProtection(),
		calls:  accounts.NewBuckets(1024, 120, 500*time.Millisecond),
		asking: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
	}
	publicURL := strings.TrimSuffix(o.PublicURL, "/")
	for _, u := range []string{publicURL, d.ownURL} {
		if p, err := url.Parse(u); u != "" && (err != nil || p.Scheme != "http" && p.Scheme != "https" || p.Host == "") {
			return nil, errors.New("dashboard: a URL is not an absolute http or https URL")
		}
	}
	if d.failed == nil {
		d.failed = func(string, error) {}
	}
	if d.ownURL == "" {
		d.ownURL = publicURL
	}
	if d.snippet == "" {
		d.snippet = `<script async src="` + publicURL + `/beacon.js" crossorigin="anonymous" referrerpolicy="no-referrer"></script>`
	}
	if err := d.loadAssets(); err != nil {
		return nil, err
	}
	return d, d.loadTemplates()
}

// SetupURL returns the one-time URL that makes the first user, "" once there
// is a user. fallback begins it where no URL is configured, such as
// http://localhost:8080.
func (d *Dashboard) SetupURL(fallback string) string {
	secret := d.accounts.SetupSecret()
	if secret == "" {
		return ""
	}
	base := d.ownURL
	if base == "" {
		base = strings.TrimSuffix(fallback, "/")
	}
	return base + "/setup?token=" + url.QueryEscape(secret)
}

// pageNames are the pages; each is a file beside the layout.
var pageNames = []string{"sites", "site", "rows", "login", "setup", "install", "about", "doctor", "settings", "marks", "log", "error"}

func (d *Dashboard) loadTemplates() error {
	layout, err := template.New("").Option("missingkey=error").ParseFS(files, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return err
	}
	d.pages = map[string]*template.Template{}
	for _, name := range pageNames {
		t, err := layout.Clone()
		if err == nil {
			t, err = t.ParseFS(files, "templates/"+name+".html")
		}
		if err != nil {
			return err
		}
		d.pages[name] = t.Lookup("layout")
	}
	return nil
}

// An asset is a file whose name in the URL holds its content's hash, so that
// browsers may keep it for ever.
type asset struct {
	kind string
	body []byte
}

func (d *Dashboard) loadAssets() error {
	d.assets, d.names = map[string]asset{}, map[string]string{}
	for file, kind := range map[string]string{"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"} {
		body, err := files.ReadFile("assets/" + file)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		base, ext, _ := strings.Cut(file, ".")
		name := base + "-" + hex.EncodeToString(sum[:6]) + "." + ext
		d.assets[name], d.names[file] = asset{kind, body}, name
	}
	return nil
}
