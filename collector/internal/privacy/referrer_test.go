package privacy

import (
	"fmt"
	"strings"
	"testing"

	"footfall/aggregate/hit"
)

// referrerOf returns the referrer of a hit that is on no list.
func referrerOf(r *Reducer, s string, own *site) hit.Referrer {
	ref, _ := r.referrer(s, own, r.lists.Load())
	return ref
}

func TestReferrer(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", hit.None},
		{"dash", "-", hit.None},
		{"everything a URL can hold", "https://user:pw@a.example:8443/p?q=mail@x#f", "a.example"},
		{"host", "a.example", "a.example"},
		{"host and port", "a.example:8080", "a.example"},
		{"host and path", "a.example/x?y", "a.example"},
		{"capitals", "HTTP://A.Example/", "a.example"},
		{"final dot", "https://a.example./", "a.example"},
		{"no scheme", "//a.example/x", "a.example"},
		{"own host", "https://www.example.org/x", hit.Internal},
		{"own host in capitals", "https://WWW.EXAMPLE.ORG/x", hit.Internal},
		{"alias", "https://example.org/", hit.Internal},
		{"www of an alias", "https://www.xn--bcher-kva.example/", hit.Internal},
		{"own international host", "https://bücher.example/", hit.Internal},
		{"another site of the publisher", "https://other.example/", "other.example"},
		{"part of its own name", "https://notexample.org/", "notexample.org"},
		{"www", "https://www.a.example/", "a.example"},
		{"www twice", "https://www.www.a.example/", "a.example"},
		{"international", "https://BÜCHER.de/x", "xn--bcher-kva.de"},
		{"percent escapes", "https://%61.ex%61mple/", "a.example"},
		{"single label", "http://intranet/x", "intranet"},
		{"IPv4", "http://203.0.113.7/x", hit.Other},
		{"IPv4 in one number", "http://3405803783/", hit.Other},
		{"IPv4 in hexadecimal", "http://0xcb.0x71.0x07", hit.Other},
		{"IPv6", "http://[2001:db8::1]:80/", hit.Other},
		{"broken IPv6", "http://[2001:db8::", hit.None},
		{"mail", "alice@example.net", hit.None},
		{"words", "my newsletter", hit.None},
		{"no host", "https:///x", hit.None},
		{"bad port", "https://a.example:port/", hit.None},
		{"script", "javascript:alert(1)", hit.None},
		{"data", "data:text/html,<p>", hit.None},
		{"blank page", "about:blank", hit.None},
		{"file", "file:///home/alice/x.html", hit.None},
		{"extension", "chrome-extension://abcdefghijklmnop/x", hit.Other},
		{"application", "android-app://com.google.android.googlequicksearchbox/", "google.com"},
		{"application of mail", "android-app://com.google.android.gm", "mail.google.com"},
		{"application in capitals", "android-app://com.Slack/x", "slack.com"},
		{"unknown application", "android-app://com.example.private/", hit.Other},
		{"link shim", "https://l.facebook.com/l.php?u=x", "facebook.com"},
		{"other shim", "https://lm.facebook.com/", "facebook.com"},
		{"mobile pages", "https://m.facebook.com/", "facebook.com"},
		{"language", "https://fr-fr.facebook.com/", "facebook.com"},
		{"another service of a name", "https://business.facebook.com/", "business.facebook.com"},
		{"instagram", "https://l.instagram.com/", "instagram.com"},
		{"google of a country", "https://www.google.fr/", "google.com"},
		{"google of a country in two parts", "https://www.google.co.uk/search?q=secret", "google.com"},
		{"google without www", "google.com.br", "google.com"},
		{"another google", "https://news.google.com/", "news.google.com"},
		{"not google", "https://google.example/", "google.example"},
		{"yahoo of a country", "https://fr.search.yahoo.com/", "search.yahoo.com"},
		{"shortener", "https://t.co/abc", "t.co"},
		{"spaces", "  https://a.example/ ", "a.example"},
		{"tabs", "https://a.ex\tample/", "a.example"},
		{"too long", "https://" + strings.Repeat("a.", 200) + "example/", hit.None},
		{"injection", "https://a.example%00.evil.example/", hit.None},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newReducer(t, Options{})
			if got := referrerOf(r, c.in, r.sites[0]).String(); got != c.want {
				t.Errorf("referrer: got %q, want %q", got, c.want)
			}
		})
	}
}

// TestWhatwgURLs compares with the URL test of the web platform (F2): the host
// is the one browsers see, or it is refused, and the path is accepted.
func TestWhatwgURLs(t *testing.T) {
	var cases []any
	readJSON(t, "url/urltestdata.json", &cases)
	r := newReducer(t, Options{})
	equal, literal, refused, failures, wrong, other := 0, 0, 0, 0, 0, 0
	for _, entry := range cases {
		c, ok := entry.(map[string]any)
		if !ok {
			continue // a comment
		}
		input, _ := c["input"].(string)
		checkScrubbed(t, r, input)
		if href, ok := c["href"].(string); ok {
			checkScrubbed(t, r, href)
		}
		want, _ := c["hostname"].(string)
		protocol, _ := c["protocol"].(string)
		scheme, _, hasScheme := cutScheme(strings.TrimSpace(input))
		if !hasScheme || !isWeb(scheme) {
			other++ // relative, or no web page
			continue
		}
		got := referrerOf(r, input, nil).String()
		switch {
		case c["failure"] == true:
			if failures++; got != hit.None && got != hit.Other {
				wrong++
				t.Logf("%q: browsers refuse it, got %q", input, got)
			}
		case !strings.HasPrefix(protocol, "http"):
			other++
		case got == spelling(strings.TrimSuffix(want, ".")):
			equal++
		case got == hit.Other && (strings.HasPrefix(want, "[") || endsInNumber(want)):
			literal++
		case got == hit.None:
			refused++
		default:
			wrong++
			t.Errorf("%q: got %q, want %q or a refusal", input, got, want)
		}
	}
	t.Logf("http(s) URLs: %d equal, %d addresses, %d refused; %d that browsers refuse; %d wrong; %d others", equal, literal, refused,
		failures, wrong, other)
	if equal < 130 || wrong > 0 {
		t.Errorf("got %d equal and %d wrong, want at least 130 and 0", equal, wrong)
	}
}

// TestWhatwgHosts compares with the test of domain to ASCII (F2).
func TestWhatwgHosts(t *testing.T) {
	var cases []any
	readJSON(t, "url/toascii.json", &cases)
	r := newReducer(t, Options{})
	equal, refused, failures := 0, 0, 0
	for _, entry := range cases {
		c, ok := entry.(map[string]any)
		if !ok {
			continue
		}
		input, want := fmt.Sprint(c["input"]), c["output"]
		got, kind := r.cleanHost(input)
		switch {
		case kind != aName && want == nil:
			failures++
		case kind != aName:
			refused++
		case got == want:
			equal++
		default:
			t.Errorf("host %q: got %q, want %v or a refusal", input, got, want)
		}
	}
	t.Logf("hosts: %d equal, %d refused though browsers take them, %d refused by both", equal, refused, failures)
	if equal < 40 {
		t.Errorf("got %d equal, want at least 40", equal)
	}
}

// TestKnownReferrers asks that every search engine, social network and
// assistant of the shared lists keeps a host.
func TestKnownReferrers(t *testing.T) {
	r := newReducer(t, Options{})
	for _, row := range readLines[struct{ URL, Medium string }](t, "referrer-classes/referrers.jsonl") {
		switch got := referrerOf(r, row.URL, r.sites[0]).String(); got {
		case hit.None, hit.Internal, hit.Other:
			if row.Medium != "spam" {
				t.Errorf("referrer %q of %s: got %q, want a host", row.URL, row.Medium, got)
			}
		}
	}
}
