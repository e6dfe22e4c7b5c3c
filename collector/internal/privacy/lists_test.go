package privacy

import (
	"bufio"
	"encoding/hex"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"footfall/aggregate/hit"
	"footfall/collector/internal/shareddata"
)

// sharedHosts returns the lines of a shared file that are host names alone:
// of a YAML list its items, up to a path.
func sharedHosts(t *testing.T, name string) (hosts []hit.Host) {
	t.Helper()
	f, err := os.Open(shareddata.Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // read only
	for s := bufio.NewScanner(f); s.Scan(); {
		line, item := strings.CutPrefix(strings.TrimSpace(s.Text()), "- ")
		if strings.HasSuffix(name, ".yml") && !item {
			continue
		}
		line, _, _ = strings.Cut(strings.ReplaceAll(strings.Trim(line, `"'`), "{}", "fr"), "/")
		if h, ok := ParseHost(line); ok && strings.Contains(h.String(), ".") {
			hosts = append(hosts, h)
		}
	}
	return hosts
}

// TestSpam is C2 of RELIABILITY.md: the shared spam list is the operator's.
func TestSpam(t *testing.T) {
	spam := sharedHosts(t, "referrer/matomo_spammers.txt")
	if len(spam) != 2347 {
		t.Fatalf("%d hosts in the list, want 2347", len(spam))
	}
	r := newReducer(t, Options{Spam: spam})
	reduce := func(source Source, referrer string) hit.Verdict {
		raw := typicalRaw()
		if raw.Source = source; source != Beacon {
			raw.Site = "www.example.org"
		}
		raw.Referrer = referrer
		var h hit.Hit
		v := r.Reduce(noon, raw, &h)
		if v == hit.Excluded && h != (hit.Hit{Kind: hit.KindView, Timing: hit.NoTiming()}) {
			t.Errorf("%q: something is left of the hit", referrer)
		}
		return v
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, h := range spam {
		label := hex.EncodeToString([]byte{byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32())})
		for _, s := range []string{h.String(), label + "." + h.String(), "https://www." + h.String() + ":443/x?y", strings.ToUpper(h.String()), h.String() + "."} {
			for _, source := range []Source{Beacon, Pixel, Log, Typed} {
				if v := reduce(source, s); v != hit.Excluded {
					t.Fatalf("%q: got %v, want excluded", s, v)
				}
			}
		}
		if v := reduce(Beacon, "not"+h.String()); v != hit.Counted && !slices.ContainsFunc(spam, func(o hit.Host) bool { return strings.HasSuffix("not"+h.String(), o.String()) }) {
			t.Fatalf("not%s: got %v, want counted", h, v)
		}
	}
	// Two hosts of the list of search engines stand below hosts of the spam
	// list; the operator's list decides.
	both := []string{"search.fbdownloader.com", "search.iminent.com"}
	kept := 0
	for _, name := range []string{"SearchEngines", "Socials", "AIAssistants"} {
		for _, h := range sharedHosts(t, "referrer/matomo_"+name+".yml") {
			if slices.Contains(both, h.String()) {
				continue
			}
			if kept++; reduce(Beacon, h.String()) != hit.Counted {
				t.Errorf("%s of %s: dropped", h, name)
			}
		}
	}
	for _, row := range readLines[struct{ URL, Medium string }](t, "referrer-classes/referrers.jsonl") {
		listed := slices.ContainsFunc(both, func(name string) bool { return strings.Contains(row.URL, name) })
		if !listed && (row.Medium == "search" || row.Medium == "social" || row.Medium == "email") {
			if kept++; reduce(Beacon, row.URL) != hit.Counted {
				t.Errorf("%q of %s: dropped", row.URL, row.Medium)
			}
		}
	}
	if kept < 1000 {
		t.Errorf("%d hosts kept, want the thousand and more of the lists", kept)
	}
	t.Logf("%d spam hosts dropped with their subdomains, %d others kept", len(spam), kept)
}

func TestSpamEdges(t *testing.T) {
	r := newReducer(t, Options{Spam: []hit.Host{host(t, "spam.example"), host(t, "example.org"), host(t, "m.facebook.com"), host(t, "xn--bcher-kva.de")}})
	for _, c := range []struct {
		name, referrer string
		edit           func(*Raw)
		want           hit.Verdict
	}{
		{"listed", "spam.example", nil, hit.Excluded},
		{"below", "a.b.spam.example", nil, hit.Excluded},
		{"in another script", "https://BÜCHER.de/", nil, hit.Excluded},
		{"a robot's", "spam.example", func(raw *Raw) { raw.Agent = "ExampleBot/1.0" }, hit.Excluded},
		{"with a bad path", "spam.example", func(raw *Raw) { raw.Path = "" }, hit.Excluded},
		{"of a feature", "spam.example", func(raw *Raw) { raw.Kind, raw.Feature = hit.KindFeature, "signup_click" }, hit.Excluded},
		{"on an unknown site", "spam.example", func(raw *Raw) { raw.Site = "https://evil.example" }, hit.UnknownSite},
		{"an objector's", "spam.example", func(raw *Raw) { raw.DNT = true }, hit.Objected},
		{"the site itself is never spam", "www.example.org", nil, hit.Counted},
		{"before spellings are merged", "m.facebook.com", nil, hit.Excluded},
		{"and no further", "l.facebook.com", nil, hit.Counted},
		{"above", "example", nil, hit.Counted},
		{"part of a label", "notspam.example", nil, hit.Counted},
		{"none", "", nil, hit.Counted},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw := typicalRaw()
			raw.Referrer = c.referrer
			if c.edit != nil {
				c.edit(raw)
			}
			var h hit.Hit
			if v := r.Reduce(noon, raw, &h); v != c.want {
				t.Errorf("got %v, want %v", v, c.want)
			}
		})
	}
}

func TestParseHost(t *testing.T) {
	for in, want := range map[string]string{
		"a.example": "a.example", "QIWI.xyz": "qiwi.xyz", "bücher.de": "xn--bcher-kva.de", "a.example.": "a.example", "xyz": "xyz",
		"": "", ".a.example": "", "*.a.example": "", "https://a.example": "", "a.example/x": "", "a b": "", "203.0.113.7": "", "[::1]": "",
	} {
		if got, ok := ParseHost(in); got.String() != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", in, got, ok, want)
		}
	}
}

func TestReplace(t *testing.T) {
	sites := func(p Paths) []Site {
		return []Site{{Host: host(t, "www.example.org"), Paths: p}, {Host: host(t, "other.example")}}
	}
	r := newReducer(t, Options{Sites: sites(Paths{})})
	reduce := func(site, path, referrer string, a netip.Addr) string {
		raw := typicalRaw()
		raw.Site, raw.Path, raw.Referrer, raw.Addr = "https://"+site, path, referrer, a
		var h hit.Hit
		if v := r.Reduce(noon, raw, &h); v != hit.Counted {
			return v.String()
		}
		return h.Path.String()
	}
	staff := addr("198.51.100.7")
	before := [3]string{"/order/:id", "/x", "/y"}
	after := [3]string{"/order/*", "excluded", "excluded"}
	check := func(want [3]string) {
		t.Helper()
		got := [3]string{reduce("www.example.org", "/order/12345", "", addr("192.0.2.1")), reduce("www.example.org", "/x", "a.spam.example", addr("192.0.2.1")),
			reduce("other.example", "/y", "", staff)}
		if got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	check(before)
	key := visitor(t, r, noon, typicalRaw())
	next := Options{Sites: sites(Paths{Templates: []string{"/order/*"}}), Spam: []hit.Host{host(t, "spam.example")}, Exclude: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}}
	slices.Reverse(next.Sites)
	if r.Excludes(&staff) {
		t.Error("excluded before")
	}
	if err := r.Replace(&next); err != nil {
		t.Fatal(err)
	}
	check(after)
	if !r.Excludes(&staff) {
		t.Error("not excluded after")
	}
	if reduce("other.example", "/order/12345", "", addr("192.0.2.1")) != "/order/:id" {
		t.Error("a template of one site holds for another")
	}
	if visitor(t, r, noon, typicalRaw()) != key {
		t.Error("lists changed a visitor's key")
	}
	for name, bad := range map[string]Options{
		"fewer sites":  {Sites: next.Sites[:1]},
		"another site": {Sites: []Site{next.Sites[0], {Host: host(t, "new.example")}}},
		"one twice":    {Sites: []Site{next.Sites[0], next.Sites[0]}},
		"an alias":     {Sites: []Site{next.Sites[0], {Host: host(t, "www.other.example")}}},
		"template":     {Sites: sites(Paths{Templates: []string{"x"}})},
		"spam":         {Sites: next.Sites, Spam: make([]hit.Host, 1)},
		"network":      {Sites: next.Sites, Exclude: make([]netip.Prefix, 1)},
	} {
		if r.Replace(&bad) == nil {
			t.Errorf("%s: no error", name)
		}
	}
	check(after)
	if err := r.Replace(&Options{Sites: sites(Paths{})}); err != nil {
		t.Fatal(err)
	}
	check(before)
}

// TestReplaceIsAtomic: a hit sees the lists of one configuration, never of
// two. Each one's template and spam list agree.
func TestReplaceIsAtomic(t *testing.T) {
	of := func(name string) *Options {
		return &Options{Sites: []Site{{Host: host(t, "www.example.org"), Paths: Paths{Templates: []string{"/" + name + "/*", "/*"}}}}, Spam: []hit.Host{host(t, name+".example")}}
	}
	a, b := of("a"), of("b")
	r := newReducer(t, *a)
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		wg.Go(func() {
			raw := typicalRaw()
			raw.Path, raw.Referrer = "/a/x", "b.example"
			for {
				select {
				case <-done:
					return
				default:
				}
				var h hit.Hit
				v := r.Reduce(noon, raw, &h)
				if v == hit.Counted && h.Path.String() != "/a/*" || v != hit.Counted && v != hit.Excluded {
					t.Errorf("got %v for %v", v, h.Path)
					return
				}
			}
		})
	}
	for range 2000 {
		for _, o := range []*Options{b, a} {
			if err := r.Replace(o); err != nil {
				t.Error(err)
			}
		}
	}
	close(done)
	wg.Wait()
}

// TestNoVisitors is the mode "none".
func TestNoVisitors(t *testing.T) {
	r := newReducer(t, Options{Sites: []Site{{Host: host(t, "www.example.org"), NoVisitors: true}, {Host: host(t, "other.example")}}})
	if r.sites[0].secrets != nil {
		t.Error("a secret was drawn")
	}
	raw := typicalRaw()
	for range 2 {
		if key := visitor(t, r, noon, raw); !key.IsZero() {
			t.Errorf("a key was made: %x", key)
		}
		r.Rotate()
		r.Turn(noon)
	}
	raw.Site = "https://other.example"
	if key := visitor(t, r, noon, raw); key.IsZero() {
		t.Error("the other site's visitors got no key")
	}
}

// TestDeclaredOnly: no name of a client gets through, of a page, of one that
// failed, of a log or of a file.
func TestDeclaredOnly(t *testing.T) {
	r := newReducer(t, Options{Sites: []Site{{Host: host(t, "www.example.org"), Paths: Paths{Templates: []string{"/clients/*", "/files/*"}, DeclaredOnly: true}}}})
	for _, c := range []struct {
		name           string
		edit           func(*Raw)
		path, download string
	}{
		{"template", func(raw *Raw) { raw.Path = "/clients/acme/bills" }, "/clients/*", ""},
		{"other", func(raw *Raw) { raw.Path = "/acme" }, hit.Other, ""},
		{"failed", func(raw *Raw) { raw.Path, raw.Status = "/acme", 404 }, hit.Other, ""},
		{"log", func(raw *Raw) { raw.Source, raw.Site, raw.Path = Log, "www.example.org", "/acme" }, hit.Other, ""},
		{"timing", func(raw *Raw) { raw.Kind, raw.Path = hit.KindTiming, "/acme" }, hit.Other, ""},
		{"download", func(raw *Raw) { raw.Kind, raw.Path, raw.Download = hit.KindFeature, "/clients/x", "/acme.pdf" }, "/clients/*", hit.Other},
		{"declared download", func(raw *Raw) { raw.Kind, raw.Path, raw.Download = hit.KindFeature, "/clients/x", "/files/acme.pdf" }, "/clients/*", "/files/*"},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw := typicalRaw()
			raw.Timing = hit.NoTiming()
			c.edit(raw)
			var h hit.Hit
			if v := r.Reduce(noon, raw, &h); v != hit.Counted || h.Path.String() != c.path || h.Download.String() != c.download {
				t.Errorf("got %v, %q, %q; want counted, %q, %q", v, h.Path, h.Download, c.path, c.download)
			}
		})
	}
}
