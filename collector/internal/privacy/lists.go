package privacy

import (
	"errors"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"

	"footfall/aggregate/hit"
)

var (
	errNoSpam   = errors.New("a spam host without a name")
	errNewSites = errors.New("the sites are not those of the start")
)

// lists are what an operator may change while the program runs. They are
// never written to: other lists take their place.
type lists struct {
	exclude []netip.Prefix
	spam    map[string]struct{} // hosts, which stand for their subdomains too
	paths   []*pathRules        // by site.index
	known   []memory            // by site.index
}

// A memory remembers what paths and referrers of one site were reduced to
// under these lists, by a seeded hash of what was sent.
type memory struct {
	paths     *cache[keptPath]
	referrers *cache[keptReferrer]
}

type keptPath struct {
	path hit.Path
	ok   bool
}

type keptReferrer struct {
	referrer hit.Referrer
	spam     bool
}

// memory returns what is remembered for a site, nil for one that is not
// configured.
func (l *lists) memory(s *site) *memory {
	if s == nil || s.index < 0 {
		return nil
	}
	return &l.known[s.index]
}

// of returns the rules for the paths of a site; one that is not configured
// has none.
func (l *lists) of(s *site) *pathRules {
	if s == nil || s.index < 0 {
		return nil
	}
	return l.paths[s.index]
}

func (r *Reducer) newLists(o *Options) (*lists, error) {
	l := &lists{spam: make(map[string]struct{}, len(o.Spam)), paths: make([]*pathRules, len(r.sites)),
		known: make([]memory, len(r.sites))}
	for i := range l.known {
		l.known[i] = memory{newCache[keptPath](), newCache[keptReferrer]()}
	}
	for _, p := range o.Exclude {
		if !p.IsValid() {
			return nil, errNetwork
		}
		l.exclude = append(l.exclude, UnmapPrefix(p))
	}
	for _, h := range o.Spam {
		if h.IsZero() {
			return nil, errNoSpam
		}
		l.spam[h.String()] = struct{}{}
	}
	if len(o.Sites) != len(r.sites) {
		return nil, errNewSites
	}
	seen := make([]bool, len(r.sites))
	for i := range o.Sites {
		s := r.byHost[o.Sites[i].Host.String()]
		if s == nil || s.host != o.Sites[i].Host || seen[s.index] {
			return nil, errNewSites
		}
		seen[s.index] = true
		rules, err := newPathRules(&o.Sites[i].Paths)
		if err != nil {
			return nil, err
		}
		l.paths[s.index] = rules
	}
	return l, nil
}

// Replace takes over the lists of o: its Exclude and Spam, and the Paths of
// each of its sites, which must be those that New was given. All of them
// change at once, between two hits; after an error none has. Nothing else of
// o is looked at.
func (r *Reducer) Replace(o *Options) error {
	l, err := r.newLists(o)
	if err != nil {
		return err
	}
	r.lists.Store(l)
	return nil
}

// Excludes tells whether the hits of an address leave nothing because it lies
// in one of the operator's networks. This is the one use of an address that
// was not truncated.
func (r *Reducer) Excludes(a *netip.Addr) bool { return r.lists.Load().excludes(a) }

func (l *lists) excludes(a *netip.Addr) bool {
	if len(l.exclude) == 0 || !a.IsValid() {
		return false
	}
	whole := a.Unmap().WithZone("")
	for _, p := range l.exclude {
		if p.Contains(whole) {
			return true
		}
	}
	return false
}

// isSpam tells whether a clean host name, or a host above it, is on the
// operator's list.
func (l *lists) isSpam(name string) bool {
	if len(l.spam) == 0 {
		return false
	}
	for {
		if _, ok := l.spam[name]; ok {
			return true
		}
		_, above, ok := strings.Cut(name, ".")
		if !ok {
			return false
		}
		name = above
	}
}

// ParseHost reads a host as an operator writes it: in any case, in any
// script, with a final dot or without. An address is none.
func ParseHost(s string) (hit.Host, bool) {
	r := Reducer{idna: newProfile()}
	name, kind := r.cleanHost(s)
	if kind != aName {
		return hit.Host{}, false
	}
	h, err := hit.ParseHost(strings.Clone(name))
	return h, err == nil
}

func newProfile() *idna.Profile {
	return idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false),
		idna.CheckHyphens(false), idna.BidiRule(), idna.VerifyDNSLength(false))
}
