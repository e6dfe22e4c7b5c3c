package privacy

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"footfall/aggregate/hit"
)

// hostKind is what stands where a host is expected.
type hostKind uint8

const (
	noHost hostKind = iota // nothing, or nothing that could be a host
	aName                  // a name that hit.ParseHost accepts
	anIP                   // a literal address, in any spelling that browsers take for one
)

// cleanHost brings a host to the spelling that hit.ParseHost accepts: lower
// case, international names in ASCII, percent escapes decoded, no final dot.
// A port must have been cut off. The answer may alias s.
func (r *Reducer) cleanHost(s string) (string, hostKind) {
	if s == "" || len(s) > 1024 {
		return "", noHost
	}
	if s[0] == '[' {
		if len(s) > 2 && s[len(s)-1] == ']' {
			if _, err := netip.ParseAddr(s[1 : len(s)-1]); err == nil {
				return "", anIP
			}
		}
		return "", noHost
	}
	plain, ascii := true, true
	for i := range len(s) {
		c := s[i]
		plain = plain && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-')
		ascii = ascii && c < 0x80 && c != '%'
	}
	if !plain {
		if !ascii {
			var ok bool
			if s, ok = r.toASCII(s); !ok {
				return "", noHost
			}
		}
		s = strings.ToLower(s)
	}
	s = strings.TrimSuffix(s, ".")
	if endsInNumber(s) {
		return "", anIP
	}
	if _, err := hit.ParseHost(s); err != nil {
		return "", noHost
	}
	return s, aName
}

// toASCII decodes percent escapes once, as browsers do, and maps an
// international name to its ASCII form.
func (r *Reducer) toASCII(s string) (string, bool) {
	if strings.IndexByte(s, '%') >= 0 {
		decoded := make([]byte, 0, len(s))
		for i := 0; i < len(s); i++ {
			if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
				decoded = append(decoded, unhex(s[i+1])<<4|unhex(s[i+2]))
				i += 2
				continue
			}
			decoded = append(decoded, s[i])
		}
		s = string(decoded)
	}
	if !utf8.ValidString(s) {
		return "", false
	}
	s = strings.ReplaceAll(s, "\u1e9e", "\u00df") // capital sharp s, which older tables write ss
	s, err := r.idna.ToASCII(s)
	return s, err == nil
}

// endsInNumber tells whether browsers would take the name for an IPv4
// address: its last label is of digits, or is a hexadecimal number.
func endsInNumber(s string) bool {
	last := s[strings.LastIndexByte(s, '.')+1:]
	if last == "" {
		return false
	}
	if strings.HasPrefix(last, "0x") {
		for i := 2; i < len(last); i++ {
			if !isHex(last[i]) {
				return false
			}
		}
		return true
	}
	for i := range len(last) {
		if last[i] < '0' || last[i] > '9' {
			return false
		}
	}
	return true
}

// authority returns the host of what stands between a scheme and a path:
// without user info and port.
func authority(s string) string {
	if i := strings.IndexAny(s, `/\?#`); i >= 0 {
		s = s[:i]
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = s[i+1:]
	}
	return cutPort(s)
}

// cutPort drops a port, digits up to 65535; any other colon outside brackets
// stays and makes the host invalid.
func cutPort(s string) string {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || strings.IndexByte(s[i:], ']') >= 0 {
		return s
	}
	port := 0
	for _, c := range []byte(s[i+1:]) {
		port = port*10 + int(c) - '0'
		if c < '0' || c > '9' || port > 65535 {
			return s
		}
	}
	return s[:i]
}

// cutScheme splits "scheme://rest"; the scheme is as it was written.
func cutScheme(s string) (scheme, rest string, ok bool) {
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		case c == ':' && i > 0 && strings.HasPrefix(s[i:], "://"):
			return s[:i], s[i+3:], true
		default:
			return "", "", false
		}
	}
	return "", "", false
}

func isWeb(scheme string) bool {
	return strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http")
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}
