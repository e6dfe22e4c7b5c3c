package privacy

import (
	"net/netip"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

// seedStrings are hostile and ordinary strings that every fuzz target starts
// from.
var seedStrings = []string{
	"", "/", "//", "/a/../b", "/%2e%2e/", "/%252e", "/a;b=c/d", "/a?b#c", "/x@y.example", "/x@123456789", "/+33612345678",
	"/550e8400-e29b-41d4-a716-446655440000", "/a-550e8400-e29b-41d4-a716-446655440000-1234567890.html", "/.&a=b", "/..&a=b",
	"/dGhpcyBpcyBhIHRlc3Q=", "/\xff\xfe%ff", "/\u202e\u200b", "/%4\u200b1", "/%E2%80%8\u200bB", "/(at)x", "/tel:1234567",
	"/1234-12-12-12-12", "/::1", "/aa:bb:cc:dd:ee:ff", "/1.2.3.4", "/utm_", "/=a", "/a==", "/12345.html", "/١٢٣٤٥",
	"https://u:p@[::1]:80/a", "https://example.org", "HTTPS://EXAMPLE.ORG:443", "android-app://com.slack/x", "//a.b",
	"http://0x7f.1/", `\\a`, "https://www.www.a.example/", "http://b\u00fccher.example", "http://xn--a.example",
	"http://%65xample.org", "www.google.fr", "l.facebook.com", "null", "about:blank", "data:text/html,x", "a.b:99999",
	chromeAgent, iphoneAgent, "-", "Mozilla/5.0 (((((", "Opera/9.80 ()", "Mozilla/5.0 (Linux; U; ) AppleWebKit (", "Dalvik/",
	`"Not)A;Brand";v="99", "Brave";v="155"`, `"";v="`, "?1", `"Android"`,
}

func FuzzPath(f *testing.F) {
	for _, s := range seedStrings {
		f.Add(s)
	}
	r := newReducer(f, Options{})
	f.Fuzz(func(t *testing.T, s string) { checkScrubbed(t, r, s) })
}

func FuzzReferrer(f *testing.F) {
	for _, s := range seedStrings {
		f.Add(s)
		f.Add("https://" + s)
	}
	r := newReducer(f, Options{})
	f.Fuzz(func(t *testing.T, s string) {
		checkScrubbed(t, r, s)
		checkScrubbed(t, r, "https://"+s+"/x")
	})
}

func FuzzAgent(f *testing.F) {
	for _, s := range seedStrings {
		f.Add(s, "", "", "")
		f.Add(chromeAgent, s, "?1", s)
	}
	p := newAgentParser()
	f.Fuzz(func(t *testing.T, ua, brands, mobile, platform string) {
		raw := &Raw{Agent: ua, Brands: brands, Mobile: mobile, Platform: platform}
		a := p.parse(raw)
		checkAgent(t, &a)
		if again := p.parse(raw); again != a {
			t.Errorf("parsed again: got %+v, want %+v", again, a)
		}
	})
}

// checkAgent holds what is true of every agent: it stands in closed lists.
func checkAgent(t *testing.T, a *agent) {
	t.Helper()
	if a.browser.Family == hit.FamilyUnknown || a.browser.Family > hit.Snapchat || a.browser.Major > hit.MaxMajor {
		t.Errorf("browser %+v is not in the list", a.browser)
	}
	if a.system == hit.SystemUnknown || a.system > hit.ChromeOS {
		t.Errorf("system %d is not in the list", a.system)
	}
	if a.device == hit.DeviceUnknown || a.device > hit.TV {
		t.Errorf("device %d is not in the list", a.device)
	}
	if a.bot > hit.BotMetadata {
		t.Errorf("bot %d is not in the list", a.bot)
	}
}

func FuzzReduce(f *testing.F) {
	for i, s := range seedStrings {
		f.Add(uint8(i), uint8(i), s, s, s, s, s, []byte{203, 0, 113, 7}, int64(i))
		f.Add(uint8(i), uint8(0), "https://other.example", "/a/"+s, "x.spam.example", chromeAgent, s, []byte(s), int64(i))
		f.Add(uint8(i), uint8(1), "https://www.example.org", "/a", s, chromeAgent, "signup_click", []byte(s), int64(0))
	}
	r := newReducer(f, Options{AnySite: true, Exclude: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")},
		Spam: []hit.Host{host(f, "spam.example")}, Sites: []Site{
			{Host: host(f, "www.example.org"), Paths: Paths{Templates: []string{"/a/*", "/:id/*"}, Numbers: []string{"/*"}}},
			{Host: host(f, "other.example"), NoVisitors: true},
		}})
	f.Fuzz(func(t *testing.T, source, kind uint8, site, path, referrer, ua, feature string, address []byte, at int64) {
		raw := &Raw{
			Source: Source(source % 4), Kind: hit.Kind(kind % 4), Site: site, Path: path, Referrer: referrer, Agent: ua,
			Purpose: referrer, Status: int(kind), Timing: hit.NoTiming(), Complete: true, Secure: kind%2 == 0,
		}
		switch source % 3 {
		case 0:
			raw.Feature = feature
		case 1:
			raw.Outbound = feature
		case 2:
			raw.Download = feature
		}
		raw.Addr, _ = netip.AddrFromSlice(address)
		var h hit.Hit
		now := time.Unix(at%4e9, 0)
		v := r.Reduce(now, raw, &h)
		if v == hit.Objected {
			t.Error("objected without an objection")
		}
		if v == hit.Counted || v == hit.CountedBot {
			checkHit(t, raw, &h, v)
			if h.Site.String() == "other.example" && !h.Visitor.IsZero() || h.Referrer.String() == "spam.example" {
				t.Errorf("referrer %s, visitor %v of %s", h.Referrer, !h.Visitor.IsZero(), h.Site)
			}
		}
		raw.GPC = true
		if v := r.Reduce(now, raw, &h); v != hit.Objected {
			t.Errorf("with GPC: got %v, want objected", v)
		}
	})
}

// checkHit holds what is true of every hit that is passed on.
func checkHit(t *testing.T, raw *Raw, h *hit.Hit, v hit.Verdict) {
	t.Helper()
	if _, err := hit.ParseHost(h.Site.String()); err != nil {
		t.Error("the site is not accepted")
	}
	if (v == hit.CountedBot) != (h.Bot != hit.NotBot) {
		t.Errorf("verdict %v with bot %v", v, h.Bot)
	}
	if v != hit.Counted {
		if !h.Visitor.IsZero() {
			t.Error("a robot was given a visitor key")
		}
		return
	}
	if _, err := hit.ParsePath(h.Path.String()); err != nil && h.Path != hit.OtherPath() {
		t.Errorf("the path %q is not accepted", h.Path)
	}
	if h.Path == hit.OtherPath() && raw.Source != Log {
		t.Error("a page without a name that is not of a log")
	}
	if !h.Timing.Valid() {
		t.Error("the timing is out of range")
	}
	if h.Kind == hit.KindFeature {
		set := 0
		for _, there := range []bool{!h.Feature.IsZero(), !h.Outbound.IsZero(), !h.Download.IsZero()} {
			if there {
				set++
			}
		}
		if set != 1 {
			t.Errorf("%d kinds of use in one hit, want 1", set)
		}
	}
}
