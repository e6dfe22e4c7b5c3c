package privacy

import (
	"hash/maphash"
	"unicode"
	"unicode/utf8"

	"footfall/aggregate/hit"
)

// Placeholders for what a path held and a counter must not.
const (
	idMark    = ":id"    // a number, UUID, hash or token that names one thing or person
	emailMark = ":email" // an address of mail
	phoneMark = ":phone" // a telephone number
	paramMark = ":param" // key=value, or a campaign's or session's parameter
	longMark  = ":long"  // all that did not fit
)

// maxRawPath is how much of a path is read. The rest could not change what is
// kept but by dot segments, and reading stays short whatever is sent.
const maxRawPath = 8192

// path reduces the path of a page, or a whole URL, to what hit.ParsePath
// accepts, and to a name that the site's rules have for it. It is false for
// what is neither: nothing, "*", a bare word.
func (r *Reducer) path(s string, rules *pathRules) (hit.Path, bool) {
	s, ok := pathOf(s)
	if !ok {
		return hit.Path{}, false
	}
	var read, written [1024]byte
	decoded := decodePath(read[:0], s)
	if rules == nil {
		return r.internPath(capPath(scrubPath(written[:0], decoded, r.campaign, nil)))
	}
	var way trail
	scrubbed := scrubPath(written[:0], decoded, r.campaign, &way)
	if t := firstFit(rules.templates, &way, decoded, scrubbed); t != nil {
		return t.name, true
	}
	if rules.declaredOnly {
		return hit.OtherPath(), true
	}
	if t := firstFit(rules.numbers, &way, decoded, scrubbed); t != nil {
		var again [1024]byte
		if kept, ok := t.keepNumbers(again[:0], &way, decoded, scrubbed); ok {
			return r.internPath(kept)
		}
	}
	return r.internPath(capPath(scrubbed))
}

// pathOnce is path with the answer remembered in m, unless that is nil.
func (r *Reducer) pathOnce(s string, rules *pathRules, m *memory) (hit.Path, bool) {
	if m == nil {
		return r.path(s, rules)
	}
	key := maphash.String(r.seed, s)
	if kept, ok := m.paths.get(key); ok {
		return kept.path, kept.ok
	}
	path, ok := r.path(s, rules)
	m.paths.put(key, keptPath{path, ok})
	return path, ok
}

// pathOf takes the path of a URL, and what is read of a path. It is false for
// what is neither.
func pathOf(s string) (string, bool) {
	if scheme, rest, ok := cutScheme(s); ok {
		if !isWeb(scheme) {
			return "", false
		}
		if s = afterAuthority(rest); s == "" || s[0] != '/' {
			s = "/"
		}
	}
	if s == "" || s[0] != '/' {
		return "", false
	}
	return s[:min(len(s), maxRawPath)], true
}

// scrubPath appends what may be kept of a decoded path to dst, which must be
// empty. With a trail it notes there where each segment is.
//
// In this order, decodePath and this: of a URL the path alone is taken; query,
// fragment and matrix parameters are dropped, escapes decoded until none is
// left, control and format characters dropped and all this again where
// decoding brought them to light; invalid UTF-8 becomes U+FFFD; dot segments
// and empty ones go; identifiers are replaced by placeholders; the final slash
// goes. What is longer than hit.MaxPath then ends, by capPath, in :long after
// the last segment that fits.
func scrubPath(dst, decoded []byte, campaign *scanner, way *trail) []byte {
	for start := 0; start < len(decoded); {
		end := start
		for end < len(decoded) && decoded[end] != '/' {
			end++
		}
		before := len(dst)
		dst = appendSegment(dst, decoded[start:end], campaign)
		if way != nil {
			way.follow(start, end, before, len(dst))
		}
		start = end + 1
	}
	if len(dst) == 0 {
		dst = append(dst, '/')
	}
	return dst
}

// afterAuthority returns what follows the host of a URL.
func afterAuthority(s string) string {
	for i := range len(s) {
		switch s[i] {
		case '/', '?', '#':
			return s[i:]
		case '\\':
			return "/" + s[i+1:]
		}
	}
	return ""
}

// decodePath appends s to out with percent escapes undone until none is left,
// and what must not be in a path left out. It is one pass: a byte that
// completes an escape at the end of what is written so far is replaced there
// and then, so the output never holds one, and time is linear.
func decodePath(out []byte, s string) []byte {
	matrix := false // within a matrix parameter, up to the next slash as it was sent
	for i := 0; i < len(s); i++ {
		c := s[i]
		if matrix && c != '/' && c != '\\' {
			continue
		}
		var next effect
		out, next = putByte(out, c)
		if next == endPath {
			break
		}
		matrix = next == endSegment
	}
	return out
}

// An effect is what a byte does to those that follow it.
type effect uint8

const (
	noEffect   effect = iota
	endSegment        // a matrix parameter begins
	endPath           // a query or fragment begins
)

// putByte appends one byte of a path, and undoes the escape that it completes.
func putByte(out []byte, c byte) ([]byte, effect) {
	for {
		switch {
		case c == '?' || c == '#':
			return out, endPath
		case c == ';':
			return out, endSegment
		case c < 0x20 || c == 0x7f:
			return out, noEffect
		case c == '\\':
			c = '/'
		}
		out = append(out, c)
		n := len(out)
		if c >= utf8.RuneSelf {
			if r, size := utf8.DecodeLastRune(out); size > 1 && hidden(r) {
				out = out[:n-size]
			}
			return out, noEffect
		}
		if n < 3 || out[n-3] != '%' || !isHex(out[n-2]) || !isHex(c) {
			return out, noEffect
		}
		c = unhex(out[n-2])<<4 | unhex(c)
		out = out[:n-3]
	}
}

// hidden tells whether a rune cannot be seen or rearranges what is seen, as
// hit's grammar has it.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp)
}

// appendSegment appends a slash and the scrubbed segment, or takes a segment
// back for "..".
func appendSegment(dst, seg []byte, campaign *scanner) []byte {
	before := len(dst)
	dst = append(dst, '/')
	dst = appendScrubbed(dst, seg, campaign)
	switch string(dst[before+1:]) {
	case "", ".":
		return dst[:before]
	case "..":
		for before > 0 {
			if before--; dst[before] == '/' {
				break
			}
		}
		return dst[:before]
	}
	return dst
}

// appendValid appends b with each run of invalid UTF-8 replaced by U+FFFD.
func appendValid(dst, b []byte) []byte {
	bad := false
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			dst, bad = append(dst, b[i]), false
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			if !bad {
				dst = utf8.AppendRune(dst, utf8.RuneError)
			}
			bad = true
		} else {
			dst, bad = append(dst, b[i:i+n]...), false
		}
		i += n
	}
	return dst
}

// capPath replaces the end of a path that is too long, whole segments of it.
func capPath(p []byte) []byte {
	if len(p) <= hit.MaxPath {
		return p
	}
	end := 0
	for i := 0; i <= hit.MaxPath-len(longMark)-1; i++ {
		if p[i] == '/' {
			end = i
		}
	}
	return append(p[:end+1], longMark...)
}
