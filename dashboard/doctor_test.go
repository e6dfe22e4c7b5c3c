package dashboard

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/collector/edge"
)

// doctor returns the page as the admin sees it who comes from peer, over TLS,
// with these headers ("Name: value"). The cookie of the log-in is one that TLS
// alone carries, so a request that is not secure shows the log-in page.
func (s *server) doctor(query, peer string, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := s.with(httptest.NewRequest("GET", "https://stats.example.org/doctor"+query, nil))
	r.RemoteAddr = peer
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
		} else {
			r.Header.Add(name, value)
		}
	}
	return s.do(r)
}

// trusting makes a dashboard believe the proxies of 10.0.0.0/8.
func trusting(o *Options) {
	r := edge.NewResolver([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
	o.Peers, o.Sight = r, r.Explain
}

func TestDoctorByRule(t *testing.T) {
	const act = `<p class="message">`
	s := newServer(t, trusting)
	for name, tc := range map[string]struct {
		peer    string
		headers []string
		address string
		rule    edge.Rule
		act     bool
	}{
		"direct":             {"203.0.113.77:4711", nil, "203.0.113.0/24", edge.Direct, false},
		"direct, IPv6":       {"[2001:db8:1:2::77]:4711", nil, "2001:db8:1::/48", edge.Direct, false},
		"ignored":            {"203.0.113.77:4711", []string{"X-Forwarded-For: 198.51.100.77"}, "203.0.113.0/24", edge.Ignored, true},
		"ignored, standard":  {"203.0.113.77:4711", []string{"Forwarded: for=198.51.100.77"}, "203.0.113.0/24", edge.Ignored, true},
		"forwarded":          {"10.0.0.77:4711", []string{"X-Forwarded-For: 198.51.100.77"}, "198.51.100.0/24", edge.Forwarded, false},
		"proxy":              {"10.0.0.77:4711", nil, "10.0.0.0/24", edge.Proxy, true},
		"proxy, not read":    {"10.0.0.77:4711", []string{"X-Forwarded-For: unknown"}, "10.0.0.0/24", edge.Proxy, true},
		"socket in the file": {"@", nil, "", edge.NoAddress, true},
	} {
		for query, l := range map[string]*language{"": s.d.languages["en"], "?lang=fr": s.d.languages["fr"]} {
			w := s.doctor(query, tc.peer, tc.headers...)
			want := tc.address
			if want == "" {
				want = l.Doctor.NoAddress
			}
			rule := l.Doctor.Rules[tc.rule]
			holds(t, w, "<bdi>"+want+"</bdi>", "<bdi>"+rule.Value+"</bdi>", html.EscapeString(rule.Says), html.EscapeString(rule.Do),
				"<bdi>https</bdi>", "<bdi>stats.example.org</bdi>", `lang="`+l.Lang+`"`)
			lacks(t, w, l.Doctor.Excluded, l.Doctor.Reach, "77", "4711", "<no value>", "%!", "%s")
			if got := strings.Contains(w.Body.String(), act); got != tc.act {
				t.Errorf("%s in %s: something to be done: got %v, want %v", name, l.Lang, got, tc.act)
			}
			for other, words := range l.Doctor.Rules {
				if other != tc.rule {
					lacks(t, w, html.EscapeString(words.Says))
				}
			}
		}
	}
	w := s.doctor("", "203.0.113.77:4711", "X-Forwarded-For: 198.51.100.77")
	holds(t, w, "--trusted-proxy is missing: every visitor has the proxy&#39;s address")
}

// Somebody on the machine itself comes over plain HTTP.
func TestDoctorWithoutTLS(t *testing.T) {
	s := newServer(t, trusting, func(o *Options) { o.Reach = func(string) Reach { return ReachNone } })
	secret := s.session("admin", time.Now())
	r := httptest.NewRequest("GET", "http://localhost:8080/doctor", nil)
	r.RemoteAddr = "127.0.0.1:4711"
	r.Header.Set("Cookie", "footfall="+secret)
	w := s.do(r)
	holds(t, w, "<bdi>127.0.0.0/24</bdi>", "<bdi>http</bdi>", "<bdi>localhost</bdi>", "reaches no site")
	lacks(t, w, "127.0.0.1", "8080", `class="message"`)
}

func TestDoctorSaysWhoIsExcluded(t *testing.T) {
	var excluded bool
	s := newServer(t, trusting, func(o *Options) { o.Excludes = func(*http.Request) bool { return excluded } })
	en := &s.d.languages["en"].Doctor
	for name, tc := range map[string]struct {
		excluded bool
		peer     string
		want     factWords
	}{
		"counted":               {false, "203.0.113.77:1", en.ExcludedNo},
		"excluded":              {true, "203.0.113.77:1", en.ExcludedYes},
		"all behind the proxy":  {true, "10.0.0.77:1", en.ExcludedAll},
		"a proxy, not excluded": {false, "10.0.0.77:1", en.ExcludedNo},
	} {
		excluded = tc.excluded
		t.Run(name, func(t *testing.T) {
			w := s.doctor("", tc.peer)
			holds(t, w, en.Excluded, "<bdi>"+tc.want.Value+"</bdi>", html.EscapeString(tc.want.Says), html.EscapeString(tc.want.Do))
		})
	}
}

func TestDoctorSaysWhereARefusalReaches(t *testing.T) {
	var at Reach
	var asked string
	s := newServer(t, trusting, func(o *Options) { o.Reach = func(host string) Reach { asked = host; return at } })
	en := &s.d.languages["en"].Doctor
	for at = ReachNone; at <= ReachSite; at++ {
		w := s.doctor("", "203.0.113.77:1", "Host: Stats.Example.org:8443")
		holds(t, w, en.Reach, "<bdi>"+en.Reaches[at].Value+"</bdi>", html.EscapeString(en.Reaches[at].Do))
		if got := strings.Contains(w.Body.String(), `class="message"`); got != (at == ReachNone) {
			t.Errorf("reach %d: something to be done: %v", at, got)
		}
	}
	if asked != "Stats.Example.org" {
		t.Errorf("asked for the reach of %q", asked)
	}
	lacks(t, s.doctor("", "203.0.113.77:1"), en.Reach) // a reach that has no words
}

// The page shows no whole address and no header as it came, whoever is
// believed.
func TestDoctorCanary(t *testing.T) {
	headers := []string{
		"X-Forwarded-For: 198.51.100.77, 2001:db8:9:2::77", "X-Forwarded-Proto: https", "Forwarded: for=192.0.2.77;host=canary.example",
		"X-Forwarded-Host: canary.example", "X-Forwarded-Port: 4477", "X-Forwarded-Prefix: /canary", "X-Real-IP: 192.0.2.77", "CF-Connecting-IP: 192.0.2.77",
		"CF-IPCountry: canary", "True-Client-IP: 192.0.2.77", "X-Client-IP: 192.0.2.77", "X-Request-ID: canary", "Traceparent: canary",
		"Via: 1.1 canary", "User-Agent: canary/77", "Accept: text/canary", "Accept-Language: de-canary", "Accept-Encoding: canary",
		"Referer: https://canary.example/77", "Cookie: canary=canary77", "DNT: canary77", "Sec-CH-UA: canary77", "Sec-GPC: canary77", "X-Canary: canary77",
	}
	for _, trusted := range [][]netip.Prefix{nil, {netip.MustParsePrefix("203.0.113.0/24")}, {netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}} {
		s := newServer(t, func(o *Options) {
			r := edge.NewResolver(trusted)
			o.Peers, o.Sight = r, r.Explain
			o.Excludes = func(*http.Request) bool { return true }
			o.Reach = func(string) Reach { return ReachDomain }
		})
		ours := strings.NewReplacer(s.d.names["style.css"], "", s.d.names["icon.svg"], "") // hashes of our own files
		for _, peer := range []string{"203.0.113.77:4711", "[2001:db8:1:2:3:4:5:77]:4711", "[::ffff:203.0.113.77]:4711", "[fe80::77%canary]:4711"} {
			for _, host := range []string{
				"stats.example.org", "203.0.113.77", "203.0.113.77:4711", "[2001:db8:1:2::77]", "[2001:db8:1:2::77]:4711", "2001:db8:1:2::77",
				"canary 77.example", "canary77@stats.example.org", "canary77,stats.example.org", "<b>canary77</b>", "canary%77", strings.Repeat("canary77.", 40) + "example", "",
			} {
				for _, query := range []string{"", "?lang=fr"} {
					w := s.doctor(query, peer, append(headers, "Host: "+host)...)
					holds(t, w, "<h1>")
					all := ours.Replace(w.Body.String())
					w.Header().Del("Content-Length") // digits of its own
					for name, values := range w.Header() {
						all += name + strings.Join(values, " ")
					}
					for _, bad := range []string{"77", "4711", "canary", "192.0.2", "::2", ":2:"} {
						if i := strings.Index(all, bad); i >= 0 {
							t.Errorf("from %s to %q: the page holds %q in %q", peer, host, bad, all[max(0, i-60):min(len(all), i+60)])
						}
					}
					if len(s.fails) > 0 {
						t.Fatalf("the operator was told %q", s.fails)
					}
				}
			}
		}
	}
}

// Who may not read the page is not led to it, and without Sight there is none.
func TestDoctorIsLinkedForAdmins(t *testing.T) {
	s := newServer(t)
	holds(t, s.get("/"), `<a href="./doctor">What the server sees</a>`)
	holds(t, s.get("/sites/a.example?period=4w&lang=fr"), `<a href="../doctor?lang=fr">Ce que voit le serveur</a>`)
	lacks(t, s.do(s.as("viewer", request("GET", "/", nil))), "doctor", "What the server sees")
	lacks(t, s.do(request("GET", "/login", nil)), "doctor", "What the server sees")
	w := s.do(s.as("viewer", request("GET", "/doctor", nil)))
	lacks(t, w, "192.0.2", "What the server sees")

	s = newServer(t, func(o *Options) { o.Sight = nil })
	lacks(t, s.get("/"), "doctor", "What the server sees")
	if w := s.get("/doctor"); w.Code != http.StatusNotFound {
		t.Errorf("without Sight: got %d, want 404", w.Code)
	}
}

func TestDoctorHasWordsForEveryRule(t *testing.T) {
	for _, l := range languages() {
		for rule := edge.NoAddress; rule.String() != ""; rule++ {
			if l.Doctor.Rules[rule].Do == "" {
				t.Errorf("%s: rule %s has no words", l.Lang, rule)
			}
		}
		for reach := ReachNone; reach <= ReachSite; reach++ {
			if l.Doctor.Reaches[reach].Do == "" {
				t.Errorf("%s: reach %d has no words", l.Lang, reach)
			}
		}
	}
}

func TestAboutNamesTheSourceOfCountries(t *testing.T) {
	const source = "Countries: a database of <somebody>, CC BY-SA 4.0."
	s := newServer(t, func(o *Options) { o.Attribution = source })
	holds(t, s.get("/about"), `<a href="#countries">Where countries come from</a>`, "<p>"+html.EscapeString(source)+"</p>")
	holds(t, s.get("/about?lang=fr"), "D’où viennent les pays", html.EscapeString(source))
	s = newServer(t)
	lacks(t, s.get("/about"), "Where countries come from", "#countries")
}

// A site without numbers waits in sight of its owner: the page asks for itself
// again until hits arrive, and says what to do.
func TestSetUpPageWaits(t *testing.T) {
	at := NothingYet
	s := newServer(t, func(o *Options) {
		o.Snippet = `<script async src="/footfall/beacon.js"></script>`
		o.Install = Install{Routes: "ROUTES", More: "MORE", Nginx: "NGINX", Caddy: "CADDY", TestURL: "https://www.a.example/footfall/test"}
		o.Arrived = func(hit.Host) Arrival { return at }
	})
	const path, again = "/sites/a.example/setup", `<meta http-equiv="refresh" content="15">`
	full := s.get(path)
	holds(t, full, "Receiving: the site has numbers.", "ROUTES", "MORE", "NGINX", "CADDY", "/footfall/beacon.js",
		`href="https://www.a.example/footfall/test?lang=en"`, "--pixel --site a.example")
	lacks(t, full, again)
	s.fake.quiet = map[string]float64{"a.example": 0}
	for _, tt := range []struct {
		at         Arrival
		text, lang string
	}{
		{NothingYet, "Waiting for the first hit.", ""},
		{Strangers, "a host that no site is called", ""},
		{NothingToUse, "none that counts", ""},
		{Receiving, "Receiving: hits from the site are being counted.", ""},
		{Receiving, "Réception : les envois du site sont comptés.", "?lang=fr"},
	} {
		at = tt.at
		for _, page := range []string{path, "/sites/a.example"} {
			holds(t, s.get(page+tt.lang), tt.text, again)
		}
	}
	holds(t, s.get("/sites/a.example"), `a.example/setup"`)
}
