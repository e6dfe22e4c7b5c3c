// Package edge tells who is at the other end of a request. It is the one
// place that reads RemoteAddr and the forwarding headers, for intake and
// dashboard alike.
//
// What enters: a request and the operator's list of trusted proxies. What
// leaves: the address of the client, for the privacy boundary alone; its
// truncated prefix, for throttles; whether it speaks over TLS; and, for an
// operator's own request, by which rule that was decided.
// Guaranteed: a header counts only if the peer that sent it is on the list,
// which is empty by default, and of X-Forwarded-For only as far back as
// trusted proxies wrote it, so that nobody can choose the address he is
// counted under. Nothing is logged, kept, or put into an error.
// Not guaranteed: that a trusted proxy tells the truth, or that it appends to
// X-Forwarded-For what it should.
package edge

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"

	"footfall/collector/internal/privacy"
)

// maxHops is how many entries of X-Forwarded-For are looked at, from the
// right. Chains of trusted proxies are short; what a stranger writes in front
// of them is not read.
const maxHops = 32

// A Resolver resolves requests by a list of trusted proxies. It is safe for
// concurrent use.
type Resolver struct {
	trusted   []netip.Prefix
	untrusted atomic.Bool
}

// NewResolver returns a resolver that trusts the proxies of these networks
// and no others. Networks of v4-mapped addresses are the IPv4 networks they
// hold; an invalid one matches nothing.
func NewResolver(trusted []netip.Prefix) *Resolver {
	r := &Resolver{}
	for _, p := range trusted {
		if p.IsValid() {
			r.trusted = append(r.trusted, privacy.UnmapPrefix(p))
		}
	}
	return r
}

// Address resolves the client's address: the peer itself, or, where the peer
// is a trusted proxy, the rightmost entry of X-Forwarded-For that is not one.
// An entry that is no address ends the search at the hop before it. trusted
// tells whether the peer is a trusted proxy. The zero Addr means that the
// peer has no address, as on a socket in the file system.
func (r *Resolver) Address(req *http.Request, into *netip.Addr) (trusted bool) {
	rule := r.resolve(req, into)
	if rule == Ignored {
		r.noteUntrusted()
	}
	return rule == Forwarded || rule == Proxy
}

// resolve resolves the client's address and tells by which rule.
func (r *Resolver) resolve(req *http.Request, into *netip.Addr) Rule {
	*into = peer(req)
	headers := req.Header["X-Forwarded-For"]
	if !r.trusts(*into) {
		switch {
		case len(headers) > 0 || len(req.Header["X-Forwarded-Proto"]) > 0 || len(req.Header["Forwarded"]) > 0:
			return Ignored
		case !into.IsValid():
			return NoAddress
		}
		return Direct
	}
	rule := Proxy
	for i, hops := len(headers)-1, 0; i >= 0; i-- {
		for list, more := headers[i], true; more; hops++ {
			var entry string
			if list, entry, more = cutLast(list); hops == maxHops {
				return rule
			}
			hop, ok := parseHop(entry)
			if !ok {
				return rule
			}
			*into, rule = hop, Forwarded
			if !r.trusts(hop) {
				return rule
			}
		}
	}
	return rule
}

// Prefix returns the client's truncated address, for throttles: neighbours
// share it. The zero Prefix means that the peer has no address.
func (r *Resolver) Prefix(req *http.Request) netip.Prefix {
	var a netip.Addr
	r.Address(req, &a)
	return privacy.Truncate(&a, privacy.PrefixV4, privacy.PrefixV6)
}

// Secure tells whether the client speaks over TLS: with this server, or with
// the trusted proxy before it, which says so in X-Forwarded-Proto.
func (r *Resolver) Secure(req *http.Request) bool {
	secure, ignored := r.secure(req)
	if ignored {
		r.noteUntrusted()
	}
	return secure
}

// secure also tells whether a header was ignored because of who sent it.
func (r *Resolver) secure(req *http.Request) (secure, ignored bool) {
	if req.TLS != nil {
		return true, false
	}
	protos := req.Header["X-Forwarded-Proto"]
	if len(protos) == 0 {
		return false, false
	}
	if !r.trusts(peer(req)) {
		return false, true
	}
	_, last, _ := cutLast(protos[len(protos)-1])
	return strings.EqualFold(last, "https"), false
}

// Untrusted tells whether a peer that is on no list has sent forwarding
// headers since the last call: most likely a proxy that the operator forgot
// to name, behind which all visitors have one address.
func (r *Resolver) Untrusted() bool { return r.untrusted.Swap(false) }

// noteUntrusted writes only at a change, so that a flood does not move the
// cache line between processors.
func (r *Resolver) noteUntrusted() {
	if !r.untrusted.Load() {
		r.untrusted.Store(true)
	}
}

func (r *Resolver) trusts(a netip.Addr) bool {
	if !a.IsValid() {
		return false
	}
	for _, p := range r.trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// Loopback tells whether the peer is this machine itself; a proxy on it is
// one too.
func Loopback(req *http.Request) bool { return peer(req).IsLoopback() }

// Among tells whether the peer itself is in one of the networks. No header is
// looked at: it is asked before a header of the peer's is believed.
func Among(req *http.Request, networks []netip.Prefix) bool {
	a := peer(req)
	return a.IsValid() && slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(a) })
}

// Host returns the host that the client asked for, as it wrote it, without
// the port. No forwarding header changes it.
func (r *Resolver) Host(req *http.Request) string {
	host := req.Host
	if i := strings.LastIndexByte(host, ':'); i >= 0 && strings.IndexByte(host[i:], ']') < 0 {
		host = host[:i]
	}
	return host
}

// peer returns the address at the other end of the connection, unmapped and
// without its zone.
func peer(req *http.Request) netip.Addr {
	p, err := netip.ParseAddrPort(req.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return p.Addr().Unmap().WithZone("")
}

// cutLast splits a list at its last comma. more is false when the entry was
// the first.
func cutLast(list string) (rest, entry string, more bool) {
	if i := strings.LastIndexByte(list, ','); i >= 0 {
		return list[:i], strings.TrimSpace(list[i+1:]), true
	}
	return "", strings.TrimSpace(list), false
}

// parseHop reads one entry of X-Forwarded-For: an address, as some proxies
// write it with a port or in brackets.
func parseHop(s string) (netip.Addr, bool) {
	if len(s) == 0 || len(s) > 64 {
		return netip.Addr{}, false
	}
	a, ok := parseAddr(s)
	if !ok {
		return netip.Addr{}, false
	}
	return a.Unmap().WithZone(""), true
}

// parseAddr tells the forms apart first: a failed attempt allocates an error.
func parseAddr(s string) (netip.Addr, bool) {
	colons := strings.Count(s, ":")
	switch {
	case s[0] == '[' && s[len(s)-1] == ']':
		s = s[1 : len(s)-1]
	case s[0] == '[' || colons == 1:
		p, err := netip.ParseAddrPort(s)
		return p.Addr(), err == nil
	}
	a, err := netip.ParseAddr(s)
	return a, err == nil
}
