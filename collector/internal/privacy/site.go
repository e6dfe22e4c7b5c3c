package privacy

import (
	"errors"
	"strings"
	"time"

	"footfall/aggregate/hit"
)

// Site is one site whose hits may be counted.
type Site struct {
	Host     hit.Host          // its name in the counters
	Aliases  []hit.Host        // further hosts that are the same site; www. of any of them is implied
	Zone     *time.Location    // whose midnight ends a day and its secret; nil is UTC
	Features []hit.FeatureName // what it declares; any other feature is Undeclared

	// Paths names its pages.
	Paths Paths
	// NoVisitors is the mode "none": no secret is drawn, no visitor gets a key.
	NoVisitors bool
}

// What New answers. No configured value is part of an error.
var (
	errNoHost    = errors.New("a site or an alias without a host")
	errTwoSites  = errors.New("one host stands for two sites")
	errPrefix    = errors.New("an address prefix longer than 24 bits for IPv4 or 48 for IPv6, or negative")
	errNetwork   = errors.New("an excluded network is not valid")
	errNoFeature = errors.New("a feature without a name")
)

// A site is a Site as hits need it.
type site struct {
	host     hit.Host
	index    int      // its place in Reducer.sites, -1 for one that is not configured
	secrets  *secrets // nil where no visitor gets a key
	features map[string]hit.FeatureName
}

// addSites builds the allow-list: first what is configured, then the www.
// spellings, which never take a host from a site that names it.
func (r *Reducer) addSites(sites []Site, many bool) error {
	r.byHost = make(map[string]*site)
	for i := range sites {
		if err := r.addSite(&sites[i], many); err != nil {
			return err
		}
	}
	for i := range sites {
		s := r.byHost[sites[i].Host.String()]
		for _, h := range append([]hit.Host{s.host}, sites[i].Aliases...) {
			www := "www." + h.String()
			if r.byHost[www] == nil {
				r.byHost[www] = s
			}
		}
	}
	return nil
}

func (r *Reducer) addSite(c *Site, many bool) error {
	zone := c.Zone
	if zone == nil {
		zone = time.UTC
	}
	s := &site{host: c.Host, index: len(r.sites), features: make(map[string]hit.FeatureName)}
	if !c.NoVisitors {
		s.secrets = newSecrets(zone, many)
	}
	for _, f := range c.Features {
		if f.IsZero() {
			return errNoFeature
		}
		s.features[f.String()] = f
	}
	for _, h := range append([]hit.Host{c.Host}, c.Aliases...) {
		if h.IsZero() {
			return errNoHost
		}
		if other := r.byHost[h.String()]; other != nil && other != s {
			return errTwoSites
		}
		r.byHost[h.String()] = s
	}
	r.sites = append(r.sites, s)
	return nil
}

// findSite fills in whose hit it is. With any site allowed, one that is not
// configured has no secret, no features and no rules.
func (r *Reducer) findSite(raw *Raw, stranger *site) *site {
	if raw.Source != Beacon {
		if s := r.byHost[raw.Site]; s != nil { // spelt as it is kept
			return s
		}
	}
	name, ok := r.siteName(raw)
	if !ok {
		return nil
	}
	if s := r.byHost[name]; s != nil || !r.anySite {
		return s
	}
	h, ok := r.internHost(name)
	if !ok {
		return nil
	}
	stranger.host, stranger.index = h, -1
	return stranger
}

// siteName returns the clean name of the host that a hit is about.
func (r *Reducer) siteName(raw *Raw) (string, bool) {
	host := raw.Site
	if raw.Source == Beacon {
		scheme, rest, ok := cutScheme(host)
		if !ok || !isWeb(scheme) || strings.ContainsAny(rest, `/\?#@`) {
			return "", false // absent, "null", or no origin
		}
		host = rest
	}
	name, kind := r.cleanHost(cutPort(host))
	return name, kind == aName
}

// HasOrigin tells whether an Origin header names a host of a configured site.
func (r *Reducer) HasOrigin(origin string) bool {
	name, ok := r.siteName(&Raw{Source: Beacon, Site: origin})
	return ok && r.byHost[name] != nil
}

// HasHost tells whether a host, with its port or without, is one of a
// configured site.
func (r *Reducer) HasHost(host string) bool {
	name, ok := r.siteName(&Raw{Source: Pixel, Site: host})
	return ok && r.byHost[name] != nil
}

// owns tells whether a clean host name is the site itself.
func (r *Reducer) owns(s *site, name string) bool {
	if s == nil {
		return false
	}
	if owner := r.byHost[name]; owner != nil {
		return owner == s
	}
	own := s.host.String()
	return name == own || len(name) == len(own)+4 && strings.HasPrefix(name, "www.") && name[4:] == own
}
