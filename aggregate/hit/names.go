package hit

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of length, in bytes.
const (
	MaxPath = 512
	MaxHost = 253
)

// What a constructor answers for a value outside the grammar. The value
// itself is never part of the error.
var (
	ErrPath    = errors.New("not a checked path")
	ErrHost    = errors.New("not a checked host")
	ErrFeature = errors.New("not a feature name: a to z, 0 to 9 and _, at most 32")
	ErrCountry = errors.New("not a country code")
)

// A Path is the path of a page: it begins with a slash and holds no query,
// fragment, matrix parameter, percent escape, control or format character,
// no empty, "." or ".." segment (but for one trailing slash), and at most
// MaxPath bytes of UTF-8. The zero Path is no path; OtherPath is every page
// past a cap.
type Path struct{ s string }

// ParsePath accepts a path or refuses it.
func ParsePath(s string) (Path, error) {
	if !validPath(s) {
		return Path{}, ErrPath
	}
	return Path{s}, nil
}

// OtherPath stands for every page that has no row of its own.
func OtherPath() Path { return Path{Other} }

// String returns the path, or (other).
func (p Path) String() string { return p.s }

// IsZero tells whether there is no path.
func (p Path) IsZero() bool { return p.s == "" }

func validPath(s string) bool {
	if len(s) == 0 || len(s) > MaxPath || s[0] != '/' {
		return false
	}
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < 0x20 || c == 0x7f || c == '?' || c == '#' || c == ';' || c == '\\' {
				return false
			}
			if c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || hidden(r) {
			return false
		}
		i += n
	}
	for rest := s[1:]; rest != ""; {
		segment, after, more := strings.Cut(rest, "/")
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
		if !more {
			break
		}
		rest = after
	}
	return true
}

// hidden tells whether a rune cannot be seen or rearranges what is seen.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// A Host is a host name in lower-case ASCII (punycode where it was not): labels
// of letters, digits, hyphens and underscores, at most 63 bytes each, at most
// MaxHost in all. It is never an IP literal and has no port and no final dot.
type Host struct{ s string }

// ParseHost accepts a host name or refuses it.
func ParseHost(s string) (Host, error) {
	if !validHost(s) {
		return Host{}, ErrHost
	}
	return Host{s}, nil
}

// String returns the host, "" for the zero Host.
func (h Host) String() string { return h.s }

// IsZero tells whether there is no host.
func (h Host) IsZero() bool { return h.s == "" }

func validHost(s string) bool {
	if len(s) == 0 || len(s) > MaxHost {
		return false
	}
	start, numeric := 0, true
	for i := 0; i <= len(s); i++ {
		if i == len(s) || s[i] == '.' {
			n := i - start
			if n == 0 || n > 63 || s[start] == '-' || s[i-1] == '-' {
				return false
			}
			start = i + 1
			if i < len(s) {
				numeric = true
			}
			continue
		}
		switch c := s[i]; {
		case '0' <= c && c <= '9':
		case 'a' <= c && c <= 'z', c == '-', c == '_':
			numeric = false
		default:
			return false
		}
	}
	return !numeric // a last label of digits alone is an address
}

// A Referrer is the host a visitor came from, or one of (none), (internal),
// (other). The zero Referrer is (none).
type Referrer struct{ s string }

// ReferrerFrom is the referrer of a host; the zero Host gives (none).
func ReferrerFrom(h Host) Referrer { return Referrer(h) }

// InternalReferrer is a page of the site itself.
func InternalReferrer() Referrer { return Referrer{Internal} }

// OtherReferrer is a referrer without a row of its own.
func OtherReferrer() Referrer { return Referrer{Other} }

// String returns the host or the special label.
func (r Referrer) String() string {
	if r.s == "" {
		return None
	}
	return r.s
}

// IsInternal tells whether the visitor came from the site itself.
func (r Referrer) IsInternal() bool { return r.s == Internal }

// A FeatureName is what a publisher calls a feature in the configuration.
type FeatureName struct{ s string }

// ParseFeature accepts ^[a-z0-9_]{1,32}$ or refuses.
func ParseFeature(s string) (FeatureName, error) {
	if len(s) == 0 || len(s) > 32 {
		return FeatureName{}, ErrFeature
	}
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_') {
			return FeatureName{}, ErrFeature
		}
	}
	return FeatureName{s}, nil
}

// String returns the name, "" for the zero FeatureName.
func (f FeatureName) String() string { return f.s }

// IsZero tells whether there is no feature.
func (f FeatureName) IsZero() bool { return f.s == "" }

// A Country is an ISO 3166 alpha-2 code; the zero Country is (unknown).
type Country struct{ a, b byte }

// ParseCountry accepts two capital letters or refuses.
func ParseCountry(s string) (Country, error) {
	if len(s) != 2 || s[0] < 'A' || s[0] > 'Z' || s[1] < 'A' || s[1] > 'Z' {
		return Country{}, ErrCountry
	}
	return Country{s[0], s[1]}, nil
}

// String returns the code, or (unknown).
func (c Country) String() string {
	if c.a == 0 {
		return Unknown
	}
	return string([]byte{c.a, c.b})
}

// Code returns the country as a number that CountryOf takes back; 0 is (unknown).
func (c Country) Code() uint32 { return uint32(c.a)<<8 | uint32(c.b) }

// CountryOf returns the country of a Code; anything else is (unknown).
func CountryOf(code uint32) Country {
	c, err := ParseCountry(string([]byte{byte(code >> 8), byte(code)}))
	if err != nil || code > 0xffff {
		return Country{}
	}
	return c
}
