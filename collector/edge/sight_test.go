package edge

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

func TestExplain(t *testing.T) {
	r := resolver("10.0.0.0/8")
	secure := request("203.0.113.7:1")
	secure.TLS = &tls.ConnectionState{}
	for _, c := range []struct {
		name           string
		req            *http.Request
		prefix, scheme string
		rule           Rule
	}{
		{"direct", request("203.0.113.7:1"), "203.0.113.0/24", "http", Direct},
		{"direct over TLS", secure, "203.0.113.0/24", "https", Direct},
		{"IPv6", request("[2001:db8:1:2::7]:1"), "2001:db8:1::/48", "http", Direct},
		{"forwarded", request("10.0.0.1:1", "X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https"), "203.0.113.0/24", "https", Forwarded},
		{"forwarded twice", request("10.0.0.1:1", "X-Forwarded-For: 203.0.113.7, 10.9.9.9"), "203.0.113.0/24", "http", Forwarded},
		{"proxies alone", request("10.0.0.1:1", "X-Forwarded-For: 10.9.9.9"), "10.9.9.0/24", "http", Forwarded},
		{"the proxy alone", request("10.0.0.1:1"), "10.0.0.0/24", "http", Proxy},
		{"the proxy forwards no address", request("10.0.0.1:1", "X-Forwarded-For: unknown"), "10.0.0.0/24", "http", Proxy},
		{"ignored", request("203.0.113.7:1", "X-Forwarded-For: 198.51.100.1"), "203.0.113.0/24", "http", Ignored},
		{"ignored scheme", request("203.0.113.7:1", "X-Forwarded-Proto: https"), "203.0.113.0/24", "http", Ignored},
		{"ignored standard header", request("203.0.113.7:1", "Forwarded: for=198.51.100.1"), "203.0.113.0/24", "http", Ignored},
		{"socket in the file system", request("@"), "invalid Prefix", "http", NoAddress},
		{"socket behind a proxy", request("@", "X-Forwarded-For: 198.51.100.1"), "invalid Prefix", "http", Ignored},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := r.Explain(c.req)
			if got.Prefix.String() != c.prefix || got.Rule != c.rule || got.Scheme != c.scheme || got.Host != "stats.example.org" {
				t.Errorf("got %+v, want %s by %v over %s", got, c.prefix, c.rule, c.scheme)
			}
			var a netip.Addr
			if trusted := r.Address(c.req, &a); trusted != (c.rule == Forwarded || c.rule == Proxy) || c.req.TLS == nil && r.Secure(c.req) != (c.scheme == "https") {
				t.Error("intake sees another request than Explain")
			}
		})
	}
	r.Untrusted()
	r.Explain(request("203.0.113.7:1", "X-Forwarded-For: 198.51.100.1", "X-Forwarded-Proto: https"))
	if r.Untrusted() {
		t.Error("an operator's question was taken for a forgotten proxy")
	}
	if Rule(99).String() != "" || Proxy.String() != "proxy" {
		t.Error("names of rules")
	}
}

// An operator's screen shows no whole address, and no header that was not
// believed.
func TestExplainIsTruncated(t *testing.T) {
	for _, r := range []*Resolver{resolver(), resolver("203.0.113.0/24"), resolver("0.0.0.0/0", "::/0")} {
		for _, peer := range []string{"203.0.113.77:4711", "[2001:db8:1:2:3:4:5:77]:4711"} {
			got := fmt.Sprintf("%+v", r.Explain(request(peer, "X-Forwarded-For: 198.51.100.77, 2001:db8:9:2::77", "X-Forwarded-Proto: https",
				"Forwarded: for=192.0.2.77", "X-Forwarded-Host: canary.example", "X-Real-IP: 192.0.2.77", "CF-Connecting-IP: 192.0.2.77",
				"True-Client-IP: 192.0.2.77", "X-Client-IP: 192.0.2.77", "Via: 1.1 canary", "Cookie: canary", "Authorization: canary")))
			if strings.Contains(got, "77") || strings.Contains(got, "canary") || strings.Contains(got, "4711") || strings.Contains(got, "192.0.2") {
				t.Errorf("got %s", got)
			}
		}
	}
}
