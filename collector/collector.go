// Package collector takes in hits: beacons, pixels and the lines of access
// logs. It also takes objections, on a page that needs no script.
//
// What enters: requests to the public routes, the bytes of a log, and what
// the operator configured. What leaves: a [hit.Hit] for each hit that counts,
// handed to a [Recorder] or a [Sink]; the same answer for every well-formed
// hit whatever became of it; numbers of verdicts; and the refusal cookie, for
// who asks for it.
//
// Guaranteed:
//   - what a visitor's request says of the visitor is read in headers.go, the
//     address in package edge, and both are reduced in internal/privacy before
//     anything else sees them; what was read is wiped when the hit has been
//     recorded;
//   - an objection (Sec-GPC, DNT, the refusal cookie), an excluded network and
//     a referrer on the list of spam leave nothing: no hit, and no trace in any
//     number of [Stats]; nor does a visit to the page of objections;
//   - no answer to a hit sets a cookie; no answer has an ETag, and every one
//     forbids to store it; those to hits may be read from any origin;
//   - a refusal is set and taken back at the request of the server's own page
//     and of the sites' pages alone, its cookie is the same for everybody;
//   - a hit that counts is answered 202 only after the Recorder kept it, and a
//     503 means that it was not;
//   - no error, panic text or number carries what a visitor sent;
//   - everything a stranger can make grow has a fixed size.
//
// Not guaranteed: that a hit is true. A request can name any page of an
// allowed site; the limit for one source and the list of hosts bound what a
// fake can do, and nothing proves it away. A request that is sent again
// counts again.
//
// # Readings of the protocol (DESIGN.md, section 3)
//
// A known field whose value is of another type, null included, is well-formed
// JSON: it drops the hit as a bad value.
// Numbers are whole and in plain digits; one with a fraction, an exponent or
// a value outside its range drops the hit as a bad value. A status of zero is
// what browsers say where they cannot tell, and counts as not given. The
// names of unknown fields are held against each other too, those inside their
// values are not. A kind has the fields that DESIGN.md shows for it; one of
// another kind is an unknown field.
//
// HEAD of the pixel is answered like GET and not counted.
package collector

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"footfall/aggregate/hit"
	"footfall/collector/edge"
	"footfall/collector/internal/privacy"
)

// Site is one site whose hits are taken in.
type Site struct {
	Host     hit.Host          // its name in the counters
	Aliases  []hit.Host        // further hosts of the same site; www. of any of them is implied
	Zone     *time.Location    // whose midnight ends a day; nil is UTC
	Features []hit.FeatureName // what it declares
	Paths    Paths             // names its pages

	// NoVisitors is the mode "none": no secret is drawn and no visitor gets a
	// key, so that hit.Visitor is zero in all of the site's hits.
	NoVisitors bool
}

// Paths says under which names a site's pages are counted. The zero Paths
// names every page by its path, with what identifies in it replaced.
//
// A template is a path in which * stands for any one segment, and a * at the
// end for one or more. One without a * is that page alone. A segment that is
// no * is compared with what was sent and with what is kept of it, so that
// /user/:id/* says what it looks like. The first template that fits counts. A
// site has at most 500.
type Paths struct {
	// Templates name pages: whatever fits /order/* is the one page "/order/*".
	Templates []string
	// Numbers are templates under whose * a segment of digits names an article
	// and stays, instead of becoming :id.
	Numbers []string
	// DeclaredOnly counts every page that fits no template as (other), and
	// every download: the advice for signed-in applications, whose paths name
	// their clients.
	DeclaredOnly bool
}

// ParseTemplate tells whether s can be a template of Paths.
func ParseTemplate(s string) error { return privacy.ParseTemplate(s) }

// A Recorder keeps hits. Record returns nil once the hit is kept for good and
// an error where it is not; it must not use h after it has returned.
type Recorder interface {
	Record(ctx context.Context, now time.Time, h *hit.Hit) error
}

// Options is what a Collector is made from.
type Options struct {
	Sites    []Site
	Recorder Recorder       // required
	Peers    *edge.Resolver // required: whose forwarding headers are believed

	Exclude            []netip.Prefix // networks whose hits leave nothing at all
	Spam               []hit.Host     // referrers whose hits leave nothing at all, with the hosts below them
	PrefixV4, PrefixV6 int            // bits kept of an address, at most 24 and 48; 0 is that
	Country            func(netip.Prefix) hit.Country

	// OptOutDomain is the domain for which a refusal is kept, so that one given
	// at stats.example.org is known on www.example.org: the host of a site or
	// one above it, of two labels or more. Browsers keep nothing for a domain
	// under which anybody can have a name, such as co.uk. The zero Host keeps
	// a refusal for the host alone at which it was given.
	OptOutDomain hit.Host

	// Rate and Burst limit what one source, a truncated address, may send: so
	// many hits a second, so many at once after a silence. Zero is 500 and
	// 20,000, a negative Rate is no limit, more than 62,500 is 62,500.
	Rate, Burst int

	// Now tells the time at which a hit arrived; nil is time.Now.
	Now func() time.Time

	// OnPanic is told of a panic in a handler by the names of the functions on
	// the stack, innermost first; nil drops them.
	OnPanic func(frames string)
}

var (
	errNoRecorder = errors.New("no recorder")
	errNoPeers    = errors.New("no resolver of peers")
)

// A Collector answers the public routes. It is safe for concurrent use.
type Collector struct {
	reduce   *privacy.Reducer
	recorder Recorder
	peers    *edge.Resolver
	limit    *limiter
	counts   *counts
	choice   *choicePage
	now      func() time.Time
	onPanic  func(frames string)
	pool     sync.Pool // of *exchange
}

// New checks the options and draws the first secret of each site.
func New(o Options) (*Collector, error) {
	if o.Recorder == nil {
		return nil, errNoRecorder
	}
	if o.Peers == nil {
		return nil, errNoPeers
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	reduce, err := privacy.New(o.privacy())
	if err != nil {
		return nil, err
	}
	choice, err := newChoicePage(&o)
	if err != nil {
		return nil, err
	}
	return &Collector{
		reduce: reduce, recorder: o.Recorder, peers: o.Peers,
		limit:   newLimiter(o.Rate, o.Burst, o.Now()),
		counts:  newCounts(o.Sites),
		choice:  choice,
		now:     o.Now,
		onPanic: o.OnPanic,
		pool:    sync.Pool{New: func() any { return new(exchange) }},
	}, nil
}

// privacy returns what of the options is the privacy boundary's.
func (o *Options) privacy() privacy.Options {
	return privacy.Options{
		Sites: privacySites(o.Sites), Exclude: o.Exclude, Spam: o.Spam,
		PrefixV4: o.PrefixV4, PrefixV6: o.PrefixV6, Country: o.Country,
	}
}

func privacySites(sites []Site) []privacy.Site {
	out := make([]privacy.Site, len(sites))
	for i, s := range sites {
		out[i] = privacy.Site{
			Host: s.Host, Aliases: s.Aliases, Zone: s.Zone, Features: s.Features,
			Paths: privacy.Paths(s.Paths), NoVisitors: s.NoVisitors,
		}
	}
	return out
}

// Replace takes over what may change while the program runs: Exclude, Spam,
// and the Paths of each site. The sites must be those that New was given.
// Everything changes at once, between two hits, or after an error nothing.
// Nothing else of o is looked at.
func (c *Collector) Replace(o *Options) error {
	p := o.privacy()
	return c.reduce.Replace(&p)
}

// Excludes tells whether hits from where a request came leave nothing because
// its address lies in one of the networks of Exclude.
func (c *Collector) Excludes(req *http.Request) bool {
	var whole netip.Addr
	c.peers.Address(req, &whole)
	return c.reduce.Excludes(&whole)
}

// Rotate replaces the day's secret of every site at once: whoever returns
// after it counts as another visitor.
func (c *Collector) Rotate() { c.reduce.Rotate() }

// Run replaces each site's secret within a second of the end of its day, also
// where no hit comes, until ctx ends; it returns why it stopped.
func (c *Collector) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-tick.C:
			c.reduce.Turn(now)
		}
	}
}
