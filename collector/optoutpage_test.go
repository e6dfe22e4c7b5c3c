package collector

import (
	"reflect"
	"strings"
	"testing"
)

func TestChoicePage(t *testing.T) {
	const counted, refused = "Visits with this browser are counted.", "Visits with this browser are not counted."
	for _, c := range []struct {
		name, query string
		headers     []string
		want, not   []string
	}{
		{"plain", "", nil, []string{`<html lang="en">`, counted, `value="out"`, "not active"}, []string{refused, `value="in"`, "it is taken for an objection", `role="alert"`}},
		{"French by the browser", "", []string{"Accept-Language: de, fr-FR;q=0.9, en;q=0.8"},
			[]string{`<html lang="fr">`, "sont comptées", `href="optout?lang=en"`, `action="optout?lang=fr"`}, nil},
		{"English by the browser", "", []string{"Accept-Language: EN-gb,fr"}, []string{`<html lang="en">`, `href="optout?lang=fr"`}, nil},
		{"French by the address", "?lang=fr", []string{"Accept-Language: en"}, []string{`<html lang="fr">`}, nil},
		{"unknown language", "?lang=xx", []string{"Accept-Language: *"}, []string{`<html lang="en">`}, []string{"xx"}},
		{"opted out", "", []string{"Cookie: footfall_optout=1"}, []string{refused, `value="in"`, "<dd>not to be counted</dd>"}, []string{counted, `value="out"`}},
		{"GPC", "", []string{"Sec-GPC: 1"}, []string{refused, `value="out"`, "Control</dt>\n<dd>active", "Track</dt>\n<dd>not active", "<dd>none</dd>"}, []string{counted}},
		{"DNT", "", []string{"DNT: 1"}, []string{refused, `value="out"`, "Control</dt>\n<dd>not active", "Track</dt>\n<dd>active"}, []string{counted}},
		{"all", "", []string{"DNT: 1", "Sec-GPC: 1", "Cookie: footfall_optout=1"}, []string{refused, `value="in"`}, []string{"<dd>not active"}},
		{"team", "?team=1", nil, []string{"Leave this browser out", `action="optout?lang=en&amp;team=1"`, `href="optout?lang=fr&amp;team=1"`}, []string{"Do not count my visits"}},
		{"team, opted out", "?team=1&lang=fr", []string{"Cookie: footfall_optout=1"}, []string{"écartées", "Compter de nouveau ce navigateur"}, nil},
		{"not kept", "?asked=out", nil, []string{`role="alert"`, "refuses cookies"}, nil},
		{"kept", "?asked=out", []string{"Cookie: footfall_optout=1"}, nil, []string{`role="alert"`}},
		{"not gone", "?asked=in", []string{"Cookie: footfall_optout=1"}, []string{`role="alert"`, "still there"}, nil},
		{"gone", "?asked=in", nil, nil, []string{`role="alert"`}},
		{"what is in the address is not shown", "?lang=<b>&team=<b>&asked=<b>&x=<b>", nil, nil, []string{"<b>", "&lt;b"}},
		{"a long address", "?lang=fr&x=" + strings.Repeat("a", maxBody), nil, []string{`<html lang="en">`}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHarness(t, withDomain(t))
			for _, method := range []string{"GET", "HEAD"} {
				res := h.do(choose(method, c.query, "", c.headers...))
				if res.StatusCode != 200 {
					t.Errorf("status %d, want 200", res.StatusCode)
				}
				for name, want := range map[string]string{
					"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
					"X-Robots-Tag": "noindex", "Referrer-Policy": "same-origin", "Content-Security-Policy": choicePolicy,
					"Etag": "", "Last-Modified": "", "Set-Cookie": "", "Location": "", "Access-Control-Allow-Origin": "", "Access-Control-Allow-Credentials": "",
				} {
					if got := res.Header.Get(name); got != want {
						t.Errorf("%s is %q, want %q", name, got, want)
					}
				}
				body := text(t, res)
				if method == "HEAD" {
					if body != "" {
						t.Errorf("HEAD has a body of %d bytes", len(body))
					}
					continue
				}
				for _, s := range c.want {
					if !strings.Contains(body, s) {
						t.Errorf("%q is missing in\n%s", s, body)
					}
				}
				for _, s := range append(c.not, "<script", "style=", "onclick", "http:", "https:") {
					if strings.Contains(body, s) {
						t.Errorf("%q is in\n%s", s, body)
					}
				}
			}
		})
	}
}

// Safari keeps a cookie of a host that is not the site's for seven days, and a
// host that has no domain in common with the site cannot reach it.
func TestChoiceSaysWhatHolds(t *testing.T) {
	const seven, nowhere = "after seven days", "do not see cookies of this address"
	domain := withDomain(t)
	for _, c := range []struct {
		name, host  string
		domain      bool
		reach       Reach
		want, never []string
	}{
		{"site", "www.example.org", true, ReachSite, nil, []string{seven, nowhere}},
		{"site in capitals, with a port", "WWW.Example.ORG:8443", true, ReachSite, nil, []string{seven, nowhere}},
		{"site without a domain", "www.example.org", false, ReachSite, nil, []string{seven, nowhere}},
		{"alias", "example.org", true, ReachSite, nil, []string{seven, nowhere}},
		{"a site of another domain", "other.example", true, ReachSite, nil, []string{seven, nowhere}},
		{"beside the site", "stats.example.org", true, ReachDomain, []string{seven}, []string{nowhere}},
		{"beside the site, with a port", "Stats.Example.Org.:8443", true, ReachDomain, []string{seven}, []string{nowhere}},
		{"beside the site without a domain", "stats.example.org", false, ReachNone, []string{seven, nowhere}, nil},
		{"elsewhere", "collector.example.net", true, ReachNone, []string{seven, nowhere}, nil},
		{"a name that ends like it", "notexample.org", true, ReachNone, []string{seven, nowhere}, nil},
		{"an address", "[2001:db8::1]:80", true, ReachNone, []string{seven, nowhere}, nil},
		{"none", "", true, ReachNone, []string{seven, nowhere}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHarness(t, func(o *Options) {
				if c.domain {
					domain(o)
				}
			})
			if got := h.OptOutReach(c.host); got != c.reach {
				t.Errorf("reach %v, want %v", got, c.reach)
			}
			req := choose("GET", "", "")
			req.Host = c.host
			body := text(t, h.do(req))
			for _, s := range c.want {
				if !strings.Contains(body, s) {
					t.Errorf("%q is missing", s)
				}
			}
			for _, s := range c.never {
				if strings.Contains(body, s) {
					t.Errorf("%q is there", s)
				}
			}
		})
	}
}

// No text of a language is missing, and each says what the other says of the
// cookie.
func TestChoiceWords(t *testing.T) {
	var walk func(name string, v reflect.Value)
	walk = func(name string, v reflect.Value) {
		if v.Kind() == reflect.Struct {
			for i := range v.NumField() {
				walk(name+"."+v.Type().Field(i).Name, v.Field(i))
			}
			return
		}
		s := v.String()
		if s == "" || strings.TrimSpace(s) != s || strings.ContainsAny(s, "<>'") && name != "en" && strings.HasPrefix(name, "fr") {
			t.Errorf("%s is %q", name, s)
		}
		for _, word := range []string{"certifi", "anonym", "exempt", "CNIL"} {
			if strings.Contains(strings.ToLower(s), strings.ToLower(word)) {
				t.Errorf("%s says %q", name, word)
			}
		}
	}
	for _, w := range []*choiceWords{choiceEnglish(), choiceFrench()} {
		walk(w.Lang, reflect.ValueOf(*w))
		if !strings.Contains(w.Cookie, OptOutCookie) || !strings.Contains(w.Cookie, "13") {
			t.Errorf("%s: %q", w.Lang, w.Cookie)
		}
	}
}
