package privacy

import (
	"net/netip"
	"strings"
	"testing"
	"time"
	"unsafe"

	"footfall/aggregate/hit"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestSite(t *testing.T) {
	for _, c := range []struct {
		name   string
		source Source
		in     string
		want   string // "" is an unknown site
	}{
		{"origin", Beacon, "https://www.example.org", "www.example.org"},
		{"origin over http", Beacon, "http://www.example.org", "www.example.org"},
		{"origin with a port", Beacon, "https://www.example.org:8443", "www.example.org"},
		{"origin in capitals", Beacon, "HTTPS://WWW.Example.ORG", "www.example.org"},
		{"alias", Beacon, "https://example.org", "www.example.org"},
		{"international alias", Beacon, "https://bücher.example", "www.example.org"},
		{"alias in ASCII", Beacon, "https://xn--bcher-kva.example", "www.example.org"},
		{"www of an alias", Beacon, "https://www.xn--bcher-kva.example", "www.example.org"},
		{"www of a site", Beacon, "https://www.other.example", "other.example"},
		{"final dot", Beacon, "https://other.example.", "other.example"},
		{"foreign", Beacon, "https://evil.example", ""},
		{"part of a name", Beacon, "https://notother.example", ""},
		{"subdomain", Beacon, "https://a.other.example", ""},
		{"absent", Beacon, "", ""},
		{"null", Beacon, "null", ""},
		{"no scheme", Beacon, "www.example.org", ""},
		{"another scheme", Beacon, "app://www.example.org", ""},
		{"path", Beacon, "https://www.example.org/x", ""},
		{"user", Beacon, "https://a@www.example.org", ""},
		{"address", Beacon, "https://203.0.113.7", ""},
		{"pixel", Pixel, "www.example.org", "www.example.org"},
		{"pixel with a port", Pixel, "example.org:8080", "www.example.org"},
		{"pixel in capitals", Pixel, "Example.ORG", "www.example.org"},
		{"pixel of another", Pixel, "evil.example", ""},
		{"log", Log, "www.example.org", "www.example.org"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newReducer(t, Options{})
			raw := typicalRaw()
			raw.Source, raw.Site = c.source, c.in
			var h hit.Hit
			v := r.Reduce(noon, raw, &h)
			if c.want == "" {
				if v != hit.UnknownSite {
					t.Errorf("got %v for %v, want unknown_site", v, h.Site)
				}
				return
			}
			if v != hit.Counted || h.Site.String() != c.want {
				t.Errorf("got %v for %v, want counted for %s", v, h.Site, c.want)
			}
		})
	}
}

func TestNew(t *testing.T) {
	a, b := host(t, "a.example"), host(t, "b.example")
	for _, c := range []struct {
		name string
		o    Options
		want error
	}{
		{"nothing", Options{}, nil},
		{"stricter prefixes", Options{PrefixV4: 16, PrefixV6: 32}, nil},
		{"longer IPv4 prefix", Options{PrefixV4: 25}, errPrefix},
		{"longer IPv6 prefix", Options{PrefixV6: 64}, errPrefix},
		{"negative prefix", Options{PrefixV4: -1}, errPrefix},
		{"site without a host", Options{Sites: []Site{{}}}, errNoHost},
		{"one site twice", Options{Sites: []Site{{Host: a}, {Host: a}}}, errTwoSites},
		{"alias of two", Options{Sites: []Site{{Host: a}, {Host: b, Aliases: []hit.Host{a}}}}, errTwoSites},
		{"alias of itself", Options{Sites: []Site{{Host: a, Aliases: []hit.Host{a}}}}, nil},
		{"feature without a name", Options{Sites: []Site{{Host: a, Features: make([]hit.FeatureName, 1)}}}, errNoFeature},
		{"invalid network", Options{Exclude: make([]netip.Prefix, 1)}, errNetwork},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := New(c.o); err != c.want {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// TestNamedSiteBeatsWww asks that the implied www. takes no host from a site
// that names it.
func TestNamedSiteBeatsWww(t *testing.T) {
	for _, order := range [][]string{{"a.example", "www.a.example"}, {"www.a.example", "a.example"}} {
		r := newReducer(t, Options{Sites: []Site{{Host: host(t, order[0])}, {Host: host(t, order[1])}}})
		for _, name := range order {
			raw := typicalRaw()
			raw.Site = "https://" + name
			var h hit.Hit
			if v := r.Reduce(noon, raw, &h); v != hit.Counted || h.Site.String() != name {
				t.Errorf("%s: got %v for %v", name, v, h.Site)
			}
		}
	}
}

func TestVerdicts(t *testing.T) {
	network := []netip.Prefix{netip.MustParsePrefix("203.0.113.128/26"), netip.MustParsePrefix("::ffff:198.51.100.0/120"),
		netip.MustParsePrefix("2001:db8:1::/64")}
	feature := func(f, o, d string) func(*Raw) {
		return func(raw *Raw) {
			raw.Kind, raw.Feature, raw.Outbound, raw.Download = hit.KindFeature, f, o, d
		}
	}
	for _, c := range []struct {
		name string
		edit func(*Raw)
		want hit.Verdict
	}{
		{"a view", func(*Raw) {}, hit.Counted},
		{"GPC", func(raw *Raw) { raw.GPC = true }, hit.Objected},
		{"DNT", func(raw *Raw) { raw.DNT = true }, hit.Objected},
		{"refusal", func(raw *Raw) { raw.OptedOut = true }, hit.Objected},
		{"refusal on another's site", func(raw *Raw) { raw.OptedOut, raw.Site = true, "https://evil.example" }, hit.Objected},
		{"refusal of a robot", func(raw *Raw) { raw.OptedOut, raw.Agent = true, "curl/8" }, hit.Objected},
		{"refusal from an excluded network", func(raw *Raw) { raw.GPC, raw.Addr = true, addr("203.0.113.130") }, hit.Objected},
		{"excluded", func(raw *Raw) { raw.Addr = addr("203.0.113.130") }, hit.Excluded},
		{"excluded, mapped", func(raw *Raw) { raw.Addr = addr("::ffff:203.0.113.130") }, hit.Excluded},
		{"excluded by a mapped network", func(raw *Raw) { raw.Addr = addr("198.51.100.9") }, hit.Excluded},
		{"excluded IPv6 in a zone", func(raw *Raw) { raw.Addr = addr("2001:db8:1::7%eth0") }, hit.Excluded},
		{"excluded on another's site", func(raw *Raw) { raw.Addr, raw.Site = addr("203.0.113.130"), "null" }, hit.Excluded},
		{"a neighbour of the excluded", func(raw *Raw) { raw.Addr = addr("203.0.113.5") }, hit.Counted},
		{"a robot on another's site", func(raw *Raw) { raw.Agent, raw.Site = "curl/8", "https://evil.example" }, hit.UnknownSite},
		{"a robot with a bad path", func(raw *Raw) { raw.Agent, raw.Path = "curl/8", "*" }, hit.CountedBot},
		{"no path", func(raw *Raw) { raw.Path = "" }, hit.BadValue},
		{"a path that is none", func(raw *Raw) { raw.Path = "here" }, hit.BadValue},
		{"a path that is none, in a log", func(raw *Raw) { raw.Source, raw.Site, raw.Path = Log, "www.example.org", "*" }, hit.Counted},
		{"no referrer that parses", func(raw *Raw) { raw.Referrer = "://\x00" }, hit.Counted},
		{"status", func(raw *Raw) { raw.Status = 404 }, hit.Counted},
		{"status that is none", func(raw *Raw) { raw.Status = 4040 }, hit.BadValue},
		{"negative status", func(raw *Raw) { raw.Status = -1 }, hit.BadValue},
		{"odd status in a log", func(raw *Raw) { raw.Source, raw.Site, raw.Status = Log, "www.example.org", 999 }, hit.Counted},
		{"feature", feature("signup_click", "", ""), hit.Counted},
		{"undeclared feature", feature("other_click", "", ""), hit.Undeclared},
		{"feature out of the grammar", feature("Signup Click", "", ""), hit.BadValue},
		{"feature with a mail address", feature("alice@example.org", "", ""), hit.BadValue},
		{"long feature", feature(strings.Repeat("a", 33), "", ""), hit.BadValue},
		{"outbound", feature("", "Other.Example", ""), hit.Counted},
		{"outbound address", feature("", "203.0.113.7", ""), hit.BadValue},
		{"outbound that is no host", feature("", "a b", ""), hit.BadValue},
		{"download", feature("", "", "/files/a.pdf"), hit.Counted},
		{"download that is no path", feature("", "", "a.pdf"), hit.BadValue},
		{"two uses", feature("signup_click", "", "/files/a.pdf"), hit.BadValue},
		{"no use", feature("", "", ""), hit.BadValue},
		{"timing", func(raw *Raw) { raw.Kind, raw.Timing = hit.KindTiming, hit.NoTiming() }, hit.Counted},
		{"timing out of range", func(raw *Raw) { raw.Kind, raw.Timing.ScrollPct = hit.KindTiming, 101 }, hit.BadValue},
		{"unknown kind", func(raw *Raw) { raw.Kind = 3 }, hit.UnknownField},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newReducer(t, Options{Exclude: network})
			raw := typicalRaw()
			c.edit(raw)
			var h hit.Hit
			if got := r.Reduce(noon, raw, &h); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
			if c.want.Silent() && (!h.Site.IsZero() || h.Browser.Family != hit.FamilyUnknown || !h.Visitor.IsZero()) {
				t.Error("a hit that must leave nothing was read")
			}
		})
	}
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func TestWholeHit(t *testing.T) {
	france, err := hit.ParseCountry("FR")
	if err != nil {
		t.Fatal(err)
	}
	var asked netip.Prefix
	r := newReducer(t, Options{Country: func(p netip.Prefix) hit.Country { asked = p; return france }})
	raw := typicalRaw()
	raw.Status, raw.Path = 503, "/a?b=c"
	var h hit.Hit
	if v := r.Reduce(noon, raw, &h); v != hit.Counted {
		t.Fatalf("got %v, want counted", v)
	}
	if asked != netip.MustParsePrefix("203.0.113.0/24") {
		t.Errorf("the country was asked of %v, want the truncated prefix", asked)
	}
	if h.Visitor.IsZero() {
		t.Error("no visitor key")
	}
	h.Visitor = hit.Visitor{}
	path, _ := r.path("/a", nil)
	want := hit.Hit{
		Site: host(t, "www.example.org"), Path: path, Referrer: hit.ReferrerFrom(host(t, "google.com")),
		Browser: hit.Browser{Family: hit.Chrome, Major: 155}, System: hit.Windows, Device: hit.Desktop, Country: france,
		Status: hit.Status5xx, Timing: hit.NoTiming(),
	}
	if h != want {
		t.Errorf("got %+v, want %+v", h, want)
	}
}

func TestNoAgent(t *testing.T) {
	r := newReducer(t, Options{})
	raw := typicalRaw()
	raw.Source, raw.Site, raw.Agent, raw.NoAgent = Log, "www.example.org", "", true
	var h hit.Hit
	if v := r.Reduce(noon, raw, &h); v != hit.Counted {
		t.Fatalf("got %v, want counted", v)
	}
	if got := h.Browser.String() + h.System.String() + h.Device.String(); got != strings.Repeat(hit.Unknown, 3) {
		t.Errorf("got %s, want three times (unknown)", got)
	}
	if h.Visitor.IsZero() {
		t.Error("no visitor key")
	}
}

func TestNoAddress(t *testing.T) {
	r := newReducer(t, Options{Country: func(netip.Prefix) hit.Country { panic("asked of no address") }})
	raw := typicalRaw()
	raw.Addr = netip.Addr{}
	var h hit.Hit
	if v := r.Reduce(noon, raw, &h); v != hit.Counted || !h.Visitor.IsZero() {
		t.Errorf("got %v, key %v, want counted without a key", v, !h.Visitor.IsZero())
	}
}

// TestTyped asks that explain sees all that could be told of a hit, whatever
// its verdict.
func TestTyped(t *testing.T) {
	r := newReducer(t, Options{AnySite: true, Sites: []Site{}})
	raw := &Raw{Source: Typed, Site: "Any.Example", Path: "/x", Referrer: "https://any.example/y", Agent: chromeAgent,
		Addr: addr("203.0.113.7")}
	var h hit.Hit
	if v := r.Reduce(noon, raw, &h); v != hit.Counted || h.Site.String() != "any.example" {
		t.Errorf("got %v for %v, want counted for any.example", v, h.Site)
	}
	if !h.Referrer.IsInternal() || !h.Visitor.IsZero() {
		t.Errorf("got referrer %v, key %v, want (internal) and no key", h.Referrer, !h.Visitor.IsZero())
	}
	for _, c := range []struct {
		site, path string
		want       hit.Verdict
	}{
		{"", "/x", hit.UnknownSite}, {"203.0.113.7", "/x", hit.UnknownSite}, {"any.example", "", hit.BadValue},
	} {
		raw.Site, raw.Path = c.site, c.path
		if v := r.Reduce(noon, raw, &h); v != c.want || h.Browser.Family != hit.Chrome {
			t.Errorf("site %q, path %q: got %v with browser %v, want %v with Chrome", c.site, c.path, v, h.Browser, c.want)
		}
	}
}

// TestNothingIsKept overwrites the buffer that a hit's strings lay in and
// asks that no result changes.
func TestNothingIsKept(t *testing.T) {
	r := newReducer(t, Options{AnySite: true})
	var buf []byte
	alias := func(s string) string {
		start := len(buf)
		buf = append(buf, s...)
		return unsafe.String(unsafe.SliceData(buf[start:]), len(s))
	}
	buf = make([]byte, 0, 4096)
	raw := typicalRaw()
	raw.Site, raw.Path, raw.Referrer = alias("https://new.example"), alias("/some/page"), alias("https://from.example/x")
	raw.Agent, raw.Brands, raw.Platform = alias(raw.Agent), alias(raw.Brands), alias(raw.Platform)
	var h hit.Hit
	if v := r.Reduce(noon, raw, &h); v != hit.Counted {
		t.Fatalf("got %v, want counted", v)
	}
	before := h.Site.String() + h.Path.String() + h.Referrer.String()
	before = strings.Clone(before)
	for i := range buf {
		buf[i] = 'Z'
	}
	if after := h.Site.String() + h.Path.String() + h.Referrer.String(); after != before {
		t.Errorf("after the buffer was reused: got %q, want %q", after, before)
	}
	again := typicalRaw()
	again.Site, again.Path, again.Referrer = "https://new.example", "/some/page", "https://from.example/x"
	var h2 hit.Hit
	if v := r.Reduce(noon, again, &h2); v != hit.Counted || h2 != h {
		t.Errorf("the same hit again: got %v, %+v, want %+v", v, h2, h)
	}
}

// TestReduceAllocates holds a typical hit to no allocation.
func TestReduceAllocates(t *testing.T) {
	r := newReducer(t, Options{Exclude: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	raw := typicalRaw()
	var h hit.Hit
	if n := testing.AllocsPerRun(100, func() { r.Reduce(noon, raw, &h) }); n != 0 {
		t.Errorf("got %v allocations a hit, want 0", n)
	}
}

func TestTruncate(t *testing.T) {
	for _, c := range []struct {
		name, in     string
		bits4, bits6 int
		want         string
	}{
		{"IPv4", "203.0.113.77", 0, 0, "203.0.113.0/24"},
		{"IPv6", "2001:db8:1:2::3", 0, 0, "2001:db8:1::/48"},
		{"mapped", "::ffff:203.0.113.77", 0, 0, "203.0.113.0/24"},
		{"zone", "fe80::1%eth0", 0, 0, "fe80::/48"},
		{"stricter", "203.0.113.77", 16, 0, "203.0.0.0/16"},
		{"stricter IPv6", "2001:db8:1:2::3", 0, 32, "2001:db8::/32"},
		{"looser is not given", "203.0.113.77", 32, 128, "203.0.113.0/24"},
		{"looser IPv6 is not given", "2001:db8:1:2::3", 32, 128, "2001:db8:1::/48"},
		{"negative", "203.0.113.77", -1, -1, "203.0.113.0/24"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := addr(c.in)
			if got := Truncate(&a, c.bits4, c.bits6).String(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	var none netip.Addr
	if got := Truncate(&none, 0, 0); got.IsValid() {
		t.Errorf("the invalid address: got %v, want the zero prefix", got)
	}
}
