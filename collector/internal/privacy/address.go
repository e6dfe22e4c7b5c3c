package privacy

import (
	"encoding/binary"
	"net/netip"

	"footfall/aggregate/hit"
)

// The longest prefixes that are ever kept of an address, in bits.
const (
	PrefixV4 = 24
	PrefixV6 = 48
)

// Truncate cuts an address to a prefix of at most bits4 or bits6 bits, and
// never of more than PrefixV4 or PrefixV6; zero or less means the longest
// allowed. A v4-mapped address is taken for the IPv4 address it holds, and a
// zone is dropped. The invalid address gives the zero Prefix.
func Truncate(a *netip.Addr, bits4, bits6 int) netip.Prefix {
	whole := a.Unmap().WithZone("")
	bits := clampBits(bits6, PrefixV6)
	if whole.Is4() {
		bits = clampBits(bits4, PrefixV4)
	}
	p, err := whole.Prefix(bits)
	if err != nil { // only the invalid address
		return netip.Prefix{}
	}
	return p
}

func clampBits(bits, most int) int {
	if bits <= 0 || bits > most {
		return most
	}
	return bits
}

// UnmapPrefix turns a network of v4-mapped addresses into the IPv4 network it
// holds, so that it contains addresses that are unmapped before they are
// compared. The invalid Prefix stays invalid.
func UnmapPrefix(p netip.Prefix) netip.Prefix {
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(a.Unmap(), p.Bits()-96).Masked()
	}
	return p.Masked()
}

// messageSize is the length of what a visitor key is the hash of.
const messageSize = 16 + 1 + 1 + 2 + 1

// keyMessage lays out what a visitor is known by within one day: truncated
// address and its length, browser family and major version, system.
func keyMessage(m *[messageSize]byte, p netip.Prefix, b hit.Browser, s hit.System) {
	address := p.Addr().As16()
	copy(m[:], address[:])
	m[16] = byte(p.Bits())
	m[17] = byte(b.Family)
	binary.BigEndian.PutUint16(m[18:], b.Major)
	m[20] = byte(s)
}
