package edge

import (
	"net/http"
	"net/netip"

	"footfall/collector/internal/privacy"
)

// Rule is what decided which address is taken for the client's.
type Rule uint8

// The rules.
const (
	NoAddress Rule = iota // the peer has none, as on a socket in the file system
	Direct                // the peer is the client
	Ignored               // the peer is no trusted proxy: it is taken for the client, whatever it forwards
	Forwarded             // a trusted proxy forwarded the client's address
	Proxy                 // a trusted proxy forwarded no address: its own is taken
)

var ruleNames = [...]string{"no_address", "direct", "ignored", "forwarded", "proxy"}

// String returns the rule's name.
func (r Rule) String() string {
	if int(r) < len(ruleNames) {
		return ruleNames[r]
	}
	return ""
}

// Sight is what the server sees of a request: what an operator is shown who
// asks whether the list of trusted proxies is right.
type Sight struct {
	Prefix netip.Prefix // the client's address, truncated to at most 24 or 48 bits; zero where there is none
	Rule   Rule         // by which it was found
	Scheme string       // "https" or "http"
	Host   string       // as the client, or the proxy, wrote it, without the port
}

// Explain returns what the server sees of a request. Unlike Address and
// Secure it does not move what Untrusted tells.
func (r *Resolver) Explain(req *http.Request) Sight {
	var whole netip.Addr
	sight := Sight{Rule: r.resolve(req, &whole), Scheme: "http", Host: r.Host(req)}
	sight.Prefix = privacy.Truncate(&whole, privacy.PrefixV4, privacy.PrefixV6)
	if secure, _ := r.secure(req); secure {
		sight.Scheme = "https"
	}
	return sight
}
