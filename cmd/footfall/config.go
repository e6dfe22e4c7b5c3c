package main

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"footfall/aggregate/hit"
	"footfall/collector"
)

// Defaults and limits of the settings.
const (
	defaultData        = "./footfall-data"
	defaultListen      = ":8080"
	defaultAdmin       = "127.0.0.1:9464"
	defaultZone        = "Europe/Paris"
	defaultLoginHeader = "Remote-User"
	defaultRetention   = 13 // months
	mostRetention      = 25 // months; the grid's limit
	mostSites          = 1000
	mostFeatures       = 100 // per site
	mostSections       = 200 // per site; what the store keeps in a day
)

// Config is every setting there is, and its comments are the manual. A
// setting is given by a flag (--admin-listen), by its twin in the environment
// (FOOTFALL_ADMIN_LISTEN, lists separated by commas) or by its key in the
// file of --config (admin_listen); the first of these that is there counts,
// else the default. The file is TOML; a key it does not know is an error.
// The configuration without a single setting is the most private one; what
// loosens it is printed by serve and by config check.
type Config struct {
	// Data is the directory of everything that is kept: footfall.db with the
	// counters, accounts.json with those who may read them, lock and
	// control.sock. Made with mode 0700 where it is missing.
	// Flag --data, key data, default ./footfall-data.
	Data string

	// Listen is the address of the public listener: the beacon, the script,
	// the objection page and, unless DashboardListen is given, the dashboard.
	// HOST:PORT or :PORT. Flag --listen, key listen, default :8080.
	Listen string

	// AdminListen is the address of /metrics, /healthz and /readyz, which
	// answer to anyone who reaches them. Nothing that changes state is there.
	// Flag --admin-listen, key admin_listen, default 127.0.0.1:9464; an
	// address beyond the machine itself is a loosening.
	AdminListen string

	// DashboardListen moves the dashboard and its API to an address of their
	// own, so that the public one holds intake alone.
	// Flag --dashboard-listen, key dashboard_listen, default none.
	DashboardListen string

	// PublicURL is where visitors' browsers reach the public listener, with
	// the path under which a proxy puts it: https://www.example.org/footfall.
	// It is printed in the snippet and in links, and never fetched.
	// Flag --public-url, key public_url, default none.
	PublicURL string

	// TrustedProxies are the networks whose X-Forwarded-For and
	// X-Forwarded-Proto are believed. Without one the peer is the visitor.
	// Flag --trusted-proxy (repeat it), key trusted_proxy, default none.
	TrustedProxies []netip.Prefix

	// LoginProxies are the networks of proxies that have asked who somebody is
	// (oauth2-proxy, Authelia, nginx with auth_basic) and say so in LoginHeader.
	// The proxy must set or remove that header in every request. Rights are
	// those of the user of that name: footfall user add NAME --no-password.
	// Flag --login-proxy (repeat it), key login_proxy, default none: then no
	// header says who anybody is.
	LoginProxies []netip.Prefix

	// LoginHeader is the header in which LoginProxies give a user's name.
	// Flag --login-header, key login_header, default Remote-User.
	LoginHeader string

	// ExcludeNetworks are networks whose hits leave no trace: the
	// publisher's own staff. Flag --exclude-network (repeat it), key
	// exclude_network, default none.
	ExcludeNetworks []netip.Prefix

	// PrefixV4 and PrefixV6 are how many bits of a visitor's address are kept
	// for the length of one call, before anything else is made of it: at most
	// 24 and 48, less is stricter (and tells countries worse).
	// Flags --prefix-v4 and --prefix-v6, keys prefix_v4 and prefix_v6,
	// default 24 and 48.
	PrefixV4, PrefixV6 int

	// GeoipMMDB is a country database in MaxMind's format that is used instead
	// of the embedded table; read again on SIGHUP.
	// Flag --geoip-mmdb, key geoip_mmdb, default none.
	GeoipMMDB string

	// SpamList is a file of referrer hosts, one a line, whose hits leave
	// nothing, nor those of the hosts below them; read again on SIGHUP.
	// Flag --spam-list, key spam_list, default none.
	SpamList string

	// OptOutDomain is the domain for which a refusal is kept, so that one given
	// at the collector's host is known on the pages of its siblings: a site's
	// host or one above it. Flag --optout-domain, key optout_domain, default:
	// the host alone at which it was given.
	OptOutDomain hit.Host

	// Controller is who answers for the measurement, for the information text
	// and the record: footfall notice, footfall record. Table [controller],
	// without flags; what it lacks is told by config check.
	Controller Controller

	// Sites are the sites that are counted, at most 1,000: --site HOST for
	// each, or a [[site]] table in the file, which can say more. Where both
	// are there the flag says which sites, the file what else is known of
	// them. Flag --site (repeat it), key [[site]], default: the sites that
	// the data directory knows.
	Sites []Site

	newZone *time.Location // of a site without a zone that nobody knows yet; nil is the default

	zone      *time.Location // of sites without their own; nil: none was given
	retention int            // months, of sites without their own

	from map[string]string // setting, by its key: where its value came from, and its key
	file string            // the file read, "" for none
}

// Site is one site that is counted.
type Site struct {
	// Host is the site's host name, its id in paths, flags and the API: lower
	// case, punycode where it is not ASCII. Key host.
	Host hit.Host

	// Aliases are other host names of the same site; www. before Host is one
	// without saying. Key aliases.
	Aliases []hit.Host

	// Zone is the time zone that the site's days are cut in, a name of the
	// IANA data base. It is fixed when the site is first opened: another one
	// later is refused. Flag --zone (for sites without their own), key zone,
	// default: the zone that is stored, for a new site Europe/Paris. Nil
	// means that none was given.
	Zone *time.Location

	// Features are the names of features that the pages may report, a to z, 0
	// to 9 and _, at most 32 characters each and 100 names; any other is
	// dropped. Key features, default none.
	Features []hit.FeatureName

	// Sections are path templates that pages are counted together under, such
	// as /blog/*; at most 200. Key sections, default: the first segment of
	// the path.
	Sections []string

	// Paths says under which names pages are counted. Key templates: /order/*
	// is one page for all orders. Key numbers: templates under which digits
	// name articles and are kept. Key paths: "declared" counts by name only
	// what a template names, the rest as (other): the advice for signed-in
	// applications; default "all". Read again on SIGHUP.
	Paths collector.Paths

	// NoVisitors makes no visitor key at all: only views are counted, and
	// visits as views that came from elsewhere. Key visitors = "none", default
	// "hash".
	NoVisitors bool

	// RetentionMonths is for how many whole calendar months counters are
	// kept, 1 to 25. More than 13 is a loosening.
	// Flag --retention-months (for sites without their own), key
	// retention_months at the top or in the site's table, default 13.
	RetentionMonths int
}

// canonical returns the host of the site that a host name means: its own, an
// alias, or www. before either; a name of no site is returned as it is.
func (c *Config) canonical(name hit.Host) hit.Host {
	if c == nil {
		return name
	}
	bare := strings.TrimPrefix(name.String(), "www.")
	for i := range c.Sites {
		if c.Sites[i].Host == name {
			return name // before any alias
		}
	}
	for i := range c.Sites {
		s := &c.Sites[i]
		for _, known := range append([]hit.Host{s.Host}, s.Aliases...) {
			if known == name || known.String() == bare {
				return s.Host
			}
		}
	}
	return name
}

// loosened tells, a line each, which settings depart from the most private
// configuration.
func (c *Config) loosened() []string {
	var out []string
	if !loopbackAddress(c.AdminListen) {
		out = append(out, fmt.Sprintf("%s: /metrics answers beyond this machine, on %s", c.source("admin_listen"), c.AdminListen))
	}
	for _, p := range c.TrustedProxies {
		if p.Bits() == 0 {
			out = append(out, fmt.Sprintf("%s: %s lets every client say which address it has", c.source("trusted_proxy"), p))
		}
	}
	for _, p := range c.LoginProxies {
		if p.Bits() == 0 {
			out = append(out, fmt.Sprintf("%s: %s lets everybody be any user of the dashboard", c.source("login_proxy"), p))
		}
	}
	for i := range c.Sites {
		if s := &c.Sites[i]; s.RetentionMonths > defaultRetention {
			out = append(out, fmt.Sprintf("%s keeps its counters for %d months instead of %d", s.Host, s.RetentionMonths, defaultRetention))
		}
	}
	return out
}
