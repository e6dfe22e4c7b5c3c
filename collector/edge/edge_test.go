package edge

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// request makes a request from a peer with forwarding headers, each
// "Name: value".
func request(peer string, headers ...string) *http.Request {
	req := httptest.NewRequest(http.MethodPost, "http://stats.example.org:8080/hit", nil)
	req.RemoteAddr = peer
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Add(name, value)
	}
	return req
}

func resolver(trusted ...string) *Resolver {
	var prefixes []netip.Prefix
	for _, s := range trusted {
		prefixes = append(prefixes, netip.MustParsePrefix(s))
	}
	return NewResolver(prefixes)
}

func TestAddress(t *testing.T) {
	none := resolver()
	one := resolver("10.0.0.0/8", "2001:db8:aaaa::/48")
	many := strings.Repeat("10.0.0.9, ", 10000)
	for _, c := range []struct {
		name    string
		r       *Resolver
		req     *http.Request
		want    string
		trusted bool
	}{
		{"no proxy", none, request("203.0.113.7:1234"), "203.0.113.7", false},
		{"no proxy, IPv6", none, request("[2001:db8::7]:1234"), "2001:db8::7", false},
		{"mapped", none, request("[::ffff:203.0.113.7]:1234"), "203.0.113.7", false},
		{"zone", none, request("[fe80::7%eth0]:1234"), "fe80::7", false},
		{"a stranger's header", none, request("203.0.113.7:1", "X-Forwarded-For: 198.51.100.1"), "203.0.113.7", false},
		{"a stranger beside a proxy", one, request("203.0.113.7:1", "X-Forwarded-For: 198.51.100.1"), "203.0.113.7", false},
		{"loopback is not trusted by itself", none, request("127.0.0.1:1", "X-Forwarded-For: 198.51.100.1"), "127.0.0.1", false},
		{"a private network is not trusted by itself", none, request("192.168.1.1:1", "X-Forwarded-For: 198.51.100.1"), "192.168.1.1", false},
		{"through the proxy", one, request("10.1.2.3:1", "X-Forwarded-For: 203.0.113.7"), "203.0.113.7", true},
		{"through the proxy, IPv6", one, request("[2001:db8:aaaa::1]:1", "X-Forwarded-For: 2001:db8::7"), "2001:db8::7", true},
		{"through the proxy, mapped", one, request("[::ffff:10.1.2.3]:1", "X-Forwarded-For: ::ffff:203.0.113.7"), "203.0.113.7", true},
		{"through two proxies", one, request("10.1.2.3:1", "X-Forwarded-For: 203.0.113.7, 10.9.9.9"), "203.0.113.7", true},
		{"a forged entry in front", one, request("10.1.2.3:1", "X-Forwarded-For: 198.51.100.1, 203.0.113.7"), "203.0.113.7", true},
		{"a forged proxy in front", one, request("10.1.2.3:1", "X-Forwarded-For: 198.51.100.1, 10.0.0.1, 203.0.113.7"), "203.0.113.7", true},
		{"a forged header in front", one, request("10.1.2.3:1", "X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 203.0.113.7"), "203.0.113.7", true},
		{"two headers of proxies", one, request("10.1.2.3:1", "X-Forwarded-For: 203.0.113.7", "X-Forwarded-For: 10.9.9.9"), "203.0.113.7", true},
		{"proxies alone", one, request("10.1.2.3:1", "X-Forwarded-For: 10.7.7.7, 10.9.9.9"), "10.7.7.7", true},
		{"no header from the proxy", one, request("10.1.2.3:1"), "10.1.2.3", true},
		{"empty header", one, request("10.1.2.3:1", "X-Forwarded-For: "), "10.1.2.3", true},
		{"port", one, request("10.1.2.3:1", "X-Forwarded-For: 203.0.113.7:4711"), "203.0.113.7", true},
		{"brackets", one, request("10.1.2.3:1", "X-Forwarded-For: [2001:db8::7]"), "2001:db8::7", true},
		{"brackets and port", one, request("10.1.2.3:1", "X-Forwarded-For: [2001:db8::7]:4711"), "2001:db8::7", true},
		{"malformed", one, request("10.1.2.3:1", "X-Forwarded-For: unknown"), "10.1.2.3", true},
		{"malformed before a proxy", one, request("10.1.2.3:1", "X-Forwarded-For: 198.51.100.1, nonsense, 10.9.9.9"), "10.9.9.9", true},
		{"empty entry", one, request("10.1.2.3:1", "X-Forwarded-For: 198.51.100.1, , 10.9.9.9"), "10.9.9.9", true},
		{"trailing comma", one, request("10.1.2.3:1", "X-Forwarded-For: 198.51.100.1,"), "10.1.2.3", true},
		{"bracket alone", one, request("10.1.2.3:1", "X-Forwarded-For: ["), "10.1.2.3", true},
		{"long entry", one, request("10.1.2.3:1", "X-Forwarded-For: "+strings.Repeat("1", 5000)), "10.1.2.3", true},
		{"endless chain", one, request("10.1.2.3:1", "X-Forwarded-For: 198.51.100.1, "+many+"10.0.0.9"), "10.0.0.9", true},
		{"other headers do not count", one, request("10.1.2.3:1", "X-Real-IP: 203.0.113.7", "Forwarded: for=203.0.113.7"), "10.1.2.3", true},
		{"a network that is mapped", resolver("::ffff:10.0.0.0/104"), request("10.1.2.3:1", "X-Forwarded-For: 203.0.113.7"), "203.0.113.7", true},
		{"socket in the file system", one, request("@", "X-Forwarded-For: 203.0.113.7"), "invalid IP", false},
		{"no peer", one, request(""), "invalid IP", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var a netip.Addr
			if trusted := c.r.Address(c.req, &a); a.String() != c.want || trusted != c.trusted {
				t.Errorf("got %v, trusted %v, want %s, %v", a, trusted, c.want, c.trusted)
			}
		})
	}
}

func TestInvalidNetworks(t *testing.T) {
	r := NewResolver(make([]netip.Prefix, 1))
	var a netip.Addr
	if r.Address(request("203.0.113.7:1", "X-Forwarded-For: 198.51.100.1"), &a) || a.String() != "203.0.113.7" {
		t.Errorf("the zero network trusted a peer: got %v", a)
	}
}

func TestPrefix(t *testing.T) {
	r := resolver("10.0.0.0/8")
	for _, c := range []struct{ peer, header, want string }{
		{"203.0.113.7:1", "", "203.0.113.0/24"},
		{"[2001:db8:1:2::7]:1", "", "2001:db8:1::/48"},
		{"10.0.0.1:1", "203.0.113.7", "203.0.113.0/24"},
		{"203.0.113.7:1", "198.51.100.1", "203.0.113.0/24"},
	} {
		if got := r.Prefix(request(c.peer, "X-Forwarded-For: "+c.header)).String(); got != c.want {
			t.Errorf("peer %s, header %q: got %s, want %s", c.peer, c.header, got, c.want)
		}
	}
}

func TestSecure(t *testing.T) {
	r := resolver("10.0.0.0/8")
	direct := request("203.0.113.7:1")
	direct.TLS = &tls.ConnectionState{}
	for _, c := range []struct {
		name string
		req  *http.Request
		want bool
	}{
		{"plain", request("203.0.113.7:1"), false},
		{"TLS", direct, true},
		{"the proxy says so", request("10.0.0.1:1", "X-Forwarded-Proto: https"), true},
		{"the proxy says so in capitals", request("10.0.0.1:1", "X-Forwarded-Proto: HTTPS"), true},
		{"the proxy says no", request("10.0.0.1:1", "X-Forwarded-Proto: http"), false},
		{"the proxy says nothing", request("10.0.0.1:1"), false},
		{"a stranger says so", request("203.0.113.7:1", "X-Forwarded-Proto: https"), false},
		{"a forged header before the proxy's", request("10.0.0.1:1", "X-Forwarded-Proto: https", "X-Forwarded-Proto: http"), false},
		{"a forged entry before the proxy's", request("10.0.0.1:1", "X-Forwarded-Proto: https, http"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := r.Secure(c.req); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestUntrusted(t *testing.T) {
	r := resolver("10.0.0.0/8")
	var a netip.Addr
	r.Address(request("203.0.113.7:1"), &a)
	r.Address(request("10.0.0.1:1", "X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https"), &a)
	r.Secure(request("10.0.0.1:1", "X-Forwarded-Proto: https"))
	if r.Untrusted() {
		t.Error("ordinary requests were taken for those of an unnamed proxy")
	}
	for _, header := range []string{"X-Forwarded-For: 198.51.100.1", "X-Forwarded-Proto: https", "Forwarded: for=198.51.100.1"} {
		r.Address(request("203.0.113.7:1", header), &a)
		if !r.Untrusted() {
			t.Errorf("%s from an unnamed peer was not noticed", header)
		}
		if r.Untrusted() {
			t.Error("the mark was read twice")
		}
	}
	r.Secure(request("203.0.113.7:1", "X-Forwarded-Proto: https"))
	if !r.Untrusted() {
		t.Error("X-Forwarded-Proto from an unnamed peer was not noticed")
	}
}

func TestLoopback(t *testing.T) {
	for peer, want := range map[string]bool{
		"127.0.0.1:1": true, "127.9.9.9:1": true, "[::1]:1": true, "[::ffff:127.0.0.1]:1": true,
		"203.0.113.7:1": false, "10.0.0.1:1": false, "": false, "@": false,
	} {
		if got := Loopback(request(peer, "X-Forwarded-For: 127.0.0.1")); got != want {
			t.Errorf("peer %q: got %v, want %v", peer, got, want)
		}
	}
}

func TestHost(t *testing.T) {
	r := resolver("10.0.0.0/8")
	for in, want := range map[string]string{
		"stats.example.org": "stats.example.org", "stats.example.org:8080": "stats.example.org",
		"[::1]:8080": "[::1]", "[::1]": "[::1]", "": "",
	} {
		req := request("10.0.0.1:1", "X-Forwarded-Host: evil.example")
		req.Host = in
		if got := r.Host(req); got != want {
			t.Errorf("host %q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzForwardedFor(f *testing.F) {
	for _, s := range []string{"", ",", "203.0.113.7", "[::1]:1", "[", "]", "[]", ":", "1:2", "::1%eth0", "a, 10.0.0.1", "\x00"} {
		f.Add(s, s)
	}
	r := resolver("10.0.0.0/8")
	f.Fuzz(func(t *testing.T, first, second string) {
		req := request("10.0.0.1:1")
		req.Header["X-Forwarded-For"] = []string{first, second}
		req.Header["X-Forwarded-Proto"] = []string{second}
		var a netip.Addr
		if !r.Address(req, &a) || !a.IsValid() || a.Is4In6() || a.Zone() != "" {
			t.Errorf("got %v, want an address, unmapped and without a zone", a)
		}
		r.Secure(req)
		var stranger netip.Addr
		req.RemoteAddr = "203.0.113.7:1"
		if r.Address(req, &stranger) || stranger.String() != "203.0.113.7" {
			t.Errorf("a stranger chose the address %v", stranger)
		}
	})
}

func BenchmarkAddress(b *testing.B) {
	r := resolver("10.0.0.0/8")
	req := request("10.0.0.1:4711", "X-Forwarded-For: 198.51.100.1, 203.0.113.7")
	var a netip.Addr
	b.ReportAllocs()
	for b.Loop() {
		r.Address(req, &a)
	}
}
