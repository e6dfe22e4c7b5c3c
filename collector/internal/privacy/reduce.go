package privacy

import (
	"hash/maphash"
	"net/netip"
	"sync/atomic"
	"time"

	"golang.org/x/net/idna"

	"footfall/aggregate/hit"
)

// Source is how a hit arrived. It decides where the site stands and what
// becomes of a path that is none.
type Source uint8

// The sources.
const (
	Beacon Source = iota // the script: the site is the Origin header
	Pixel                // the image for pages without scripts: the site is a parameter
	Log                  // a line of a server's log: the site is the operator's, a view is never lost
	Typed                // explain: all of the hit is filled in, whatever the verdict
)

// Raw is one hit as it came. Its strings may alias a buffer that is reused
// once Reduce has returned. It is never passed by value: Go prints by-value
// arguments in crash traces.
type Raw struct {
	Source Source
	Kind   hit.Kind

	Site     string // Beacon: the Origin header; else a host
	Path     string // a path or a whole URL
	Referrer string // a host or a whole URL
	Status   int    // HTTP status of the page, 0 where not given

	Feature, Outbound, Download string // KindFeature: exactly one of them
	Timing                      hit.Timing

	Addr    netip.Addr // the resolved client address, whole; invalid where unknown
	Agent   string
	NoAgent bool // the source has no agents, as a log in common format

	Brands, Mobile, Platform string // Sec-CH-UA, Sec-CH-UA-Mobile, Sec-CH-UA-Platform

	Secure        bool   // came over https
	FetchMetadata bool   // any Sec-Fetch-* header was there
	Complete      bool   // all headers of the request are known, so that a missing one tells something
	Purpose       string // the first there is of Sec-Purpose, Purpose and X-Moz

	GPC, DNT, OptedOut bool // objections
}

// Options is what a Reducer is made from. The zero Options allow no site.
type Options struct {
	Sites   []Site
	Exclude []netip.Prefix // networks whose hits leave nothing at all
	Spam    []hit.Host     // referrers whose hits leave nothing at all, nor those of hosts below them

	PrefixV4, PrefixV6 int // bits kept of an address, 1 to 24 and 1 to 48; 0 is the most

	AnySite  bool // explain: a host that is not configured is allowed; it gets no visitor key
	ManyDays bool // import: days come in any order; the secrets of the last 41 are kept at once

	Country func(netip.Prefix) hit.Country // safe for concurrent use; nil: unknown
}

// A Reducer turns raw hits into hits. It is safe for concurrent use.
type Reducer struct {
	byHost  map[string]*site
	sites   []*site
	anySite bool

	lists        atomic.Pointer[lists]
	bits4, bits6 int
	country      func(netip.Prefix) hit.Country

	idna     *idna.Profile
	apps     map[string]string
	campaign *scanner
	agents   agentParser

	seed  maphash.Seed
	paths *cache[hit.Path]
	hosts *cache[hit.Host]
}

// New checks the options and draws the first secret of each site.
func New(o Options) (*Reducer, error) {
	if o.PrefixV4 < 0 || o.PrefixV4 > PrefixV4 || o.PrefixV6 < 0 || o.PrefixV6 > PrefixV6 {
		return nil, errPrefix
	}
	r := &Reducer{
		anySite: o.AnySite,
		bits4:   o.PrefixV4, bits6: o.PrefixV6,
		country:  o.Country,
		idna:     newProfile(),
		apps:     androidApps(),
		campaign: newScanner(campaignWords),
		agents:   newAgentParser(),
		seed:     maphash.MakeSeed(),
		paths:    newCache[hit.Path](),
		hosts:    newCache[hit.Host](),
	}
	if err := r.addSites(o.Sites, o.ManyDays); err != nil {
		return nil, err
	}
	if err := r.Replace(&o); err != nil {
		return nil, err
	}
	return r, nil
}

// Reduce fills in h with what may be counted of a raw hit that came at now,
// and says what becomes of it. h is complete for Counted and CountedBot;
// for Typed it holds all that could be told whatever the verdict; else it is
// not to be used. Nothing of raw is kept.
func (r *Reducer) Reduce(now time.Time, raw *Raw, h *hit.Hit) hit.Verdict {
	*h = hit.Hit{Kind: raw.Kind, Timing: hit.NoTiming()}
	if raw.GPC || raw.DNT || raw.OptedOut {
		return hit.Objected
	}
	l := r.lists.Load()
	if l.excludes(&raw.Addr) {
		return hit.Excluded
	}
	var stranger site
	own := r.findSite(raw, &stranger)
	verdict := hit.Counted
	if own == nil {
		if raw.Source != Typed {
			return hit.UnknownSite
		}
		verdict = hit.UnknownSite
	} else {
		h.Site = own.host
	}
	referrer, spam := r.referrer(raw.Referrer, own, l)
	if spam {
		*h = hit.Hit{Kind: raw.Kind, Timing: hit.NoTiming()}
		return hit.Excluded
	}
	h.Referrer = referrer
	prefix := Truncate(&raw.Addr, r.bits4, r.bits6)
	r.who(raw, prefix, h)
	what := r.what(raw, own, l, h)
	switch {
	case verdict != hit.Counted:
	case h.Bot != hit.NotBot:
		verdict = hit.CountedBot // whatever else it sent
	default:
		verdict = what
	}
	if verdict == hit.Counted && prefix.IsValid() && own.secrets != nil {
		var message [messageSize]byte
		keyMessage(&message, prefix, h.Browser, h.System)
		own.secrets.key(now, &message, &h.Visitor)
		clear(message[:])
	}
	return verdict
}

// who fills in country, browser, system, device and robot.
func (r *Reducer) who(raw *Raw, prefix netip.Prefix, h *hit.Hit) {
	if r.country != nil && prefix.IsValid() {
		h.Country = r.country(prefix)
	}
	if raw.NoAgent {
		return
	}
	a := r.agents.parse(raw)
	h.Browser, h.System, h.Device = a.browser, a.system, a.device
	h.Bot = a.bot
	if h.Bot == hit.NotBot {
		h.Bot = requestBot(raw, a.chromium)
	}
}

// what fills in the page and what the hit tells of it.
func (r *Reducer) what(raw *Raw, own *site, l *lists, h *hit.Hit) hit.Verdict {
	verdict := hit.Counted
	path, ok := r.pathOnce(raw.Path, l.of(own), l.memory(own))
	switch {
	case ok:
		h.Path = path
	case raw.Source == Log:
		h.Path = hit.OtherPath()
	default:
		verdict = hit.BadValue
	}
	if raw.Source != Log && raw.Status != 0 && (raw.Status < 100 || raw.Status > 599) {
		verdict = hit.BadValue
	}
	h.Status = hit.StatusOf(raw.Status)
	switch raw.Kind {
	case hit.KindView:
	case hit.KindFeature:
		if v := r.feature(raw, own, l, h); verdict == hit.Counted {
			verdict = v
		}
	case hit.KindTiming:
		if !raw.Timing.Valid() {
			verdict = hit.BadValue
			break
		}
		h.Timing = raw.Timing
	default:
		verdict = hit.UnknownField
	}
	return verdict
}

// feature fills in the one of the three kinds of use that was sent.
func (r *Reducer) feature(raw *Raw, own *site, l *lists, h *hit.Hit) hit.Verdict {
	switch {
	case raw.Feature != "" && raw.Outbound == "" && raw.Download == "":
		if own == nil {
			return hit.Undeclared
		}
		name, declared := own.features[raw.Feature]
		if declared {
			h.Feature = name
			return hit.Counted
		}
		if _, err := hit.ParseFeature(raw.Feature); err == nil {
			return hit.Undeclared
		}
	case raw.Outbound != "" && raw.Feature == "" && raw.Download == "":
		if name, kind := r.cleanHost(cutPort(raw.Outbound)); kind == aName {
			if host, ok := r.internHost(name); ok {
				h.Outbound = host
				return hit.Counted
			}
		}
	case raw.Download != "" && raw.Feature == "" && raw.Outbound == "":
		if path, ok := r.pathOnce(raw.Download, l.of(own), l.memory(own)); ok {
			h.Download = path
			return hit.Counted
		}
	}
	return hit.BadValue
}

// Rotate replaces the secret of every site at once; whoever returns after it
// counts as another visitor.
func (r *Reducer) Rotate() {
	for _, s := range r.sites {
		if s.secrets != nil {
			s.secrets.rotate()
		}
	}
}

// Turn replaces the secrets of the sites whose day has ended by now. Reduce
// does so with the first hit of a day; a site without visitors at midnight
// needs a clock that calls Turn.
func (r *Reducer) Turn(now time.Time) {
	for _, s := range r.sites {
		if s.secrets == nil || s.secrets.many {
			continue
		}
		s.secrets.mu.Lock()
		s.secrets.turn(now)
		s.secrets.mu.Unlock()
	}
}

// internPath returns the checked path of scrubbed bytes, the same string for
// the same path as long as it is seen often.
func (r *Reducer) internPath(b []byte) (hit.Path, bool) {
	key := maphash.Bytes(r.seed, b)
	if p, ok := r.paths.get(key); ok && p.String() == string(b) {
		return p, true
	}
	p, err := hit.ParsePath(string(b))
	if err != nil {
		return hit.Path{}, false
	}
	r.paths.put(key, p)
	return p, true
}

// internHost does for hosts what internPath does for paths; name may alias
// what was sent.
func (r *Reducer) internHost(name string) (hit.Host, bool) {
	key := maphash.String(r.seed, name)
	if h, ok := r.hosts.get(key); ok && h.String() == name {
		return h, true
	}
	h, err := hit.ParseHost(string(append([]byte(nil), name...)))
	if err != nil {
		return hit.Host{}, false
	}
	r.hosts.put(key, h)
	return h, true
}
