package privacy

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// appendScrubbed appends one segment of a path with what identifies in it
// replaced. A mail address, a telephone number and a parameter replace
// the whole segment; a number or token replaces itself, so that the words
// around it still tell one page from another.
func appendScrubbed(dst, seg []byte, campaign *scanner) []byte {
	if isPlain(seg) {
		return append(dst, seg...)
	}
	if i := parameterAt(seg); i >= 0 {
		seg = seg[:i]
	}
	switch {
	case isEmail(seg):
		return append(dst, emailMark...)
	case isKeyValue(seg), campaign.matches(seg):
		if isPadded(seg) {
			return append(dst, idMark...)
		}
		return append(dst, paramMark...)
	case isNetworkAddress(seg):
		return append(dst, idMark...)
	case isPhone(seg):
		return append(dst, phoneMark...)
	}
	if stem := stemLength(seg); isNumber(seg[:stem]) || isToken(seg[:stem], wideToken) {
		return append(append(dst, idMark...), seg[stem:]...)
	}
	return appendTokens(dst, seg)
}

// isPlain tells whether a segment is a short one of letters and hyphens, in
// which nothing is ever replaced. Most are.
func isPlain(seg []byte) bool {
	if len(seg) > 48 {
		return false
	}
	letters := 0
	for _, c := range seg {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			if letters++; letters >= minToken {
				return false
			}
		case c == '-', c == '.':
			letters = 0
		default:
			return false
		}
	}
	return !bytes.Contains(seg, []byte("clid")) && !bytes.Contains(seg, []byte("sess"))
}

// parameterAt finds "&key=" in a segment: the rest of a query whose question
// mark was lost.
func parameterAt(seg []byte) int {
	for i, c := range seg {
		if c == '&' && isKeyValue(seg[i+1:]) {
			return i
		}
	}
	return -1
}

// isKeyValue tells whether a segment begins with a name and an equals sign.
func isKeyValue(seg []byte) bool {
	for i, c := range seg {
		switch {
		case c == '=':
			return i > 0
		case i >= 64 || c != '_' && c != '-' && c != '.' && c != '[' && c != ']' && !isAlnum(c):
			return false
		}
	}
	return false
}

// isPadded tells whether a segment is base64 with its padding.
func isPadded(seg []byte) bool {
	body := bytes.TrimRight(seg, "=")
	return len(seg)-len(body) <= 2 && len(seg) > len(body) && len(body) >= 8 && len(seg)%4 == 0 &&
		bytes.IndexByte(body, '=') < 0
}

// isEmail tells whether something stands on both sides of an at sign. A
// version (react@18.2.0) and a handle (@name) are none.
func isEmail(seg []byte) bool {
	for _, at := range []string{"@", "\uff20", "\ufe6b", "(at)", "[at]"} {
		i := bytes.LastIndex(seg, []byte(at))
		if i > 0 && i+len(at) < len(seg) && !isVersion(seg[i+len(at):]) {
			return true
		}
	}
	return false
}

// isVersion tells whether s is numbers of at most four digits with dots.
func isVersion(s []byte) bool {
	width := 0
	for _, c := range s {
		switch {
		case c == '.':
			width = 0
		case c < '0' || c > '9' || width == 4:
			return false
		default:
			width++
		}
	}
	return true
}

// isPhone tells whether a segment is a telephone number: nine to fifteen
// digits, seven with a plus, in groups or after a plus.
func isPhone(seg []byte) bool {
	seg = bytes.TrimPrefix(seg, []byte("tel:"))
	digits, groups, plus, inGroup := 0, 0, false, false
	for i, c := range seg {
		switch {
		case c >= '0' && c <= '9':
			digits++
			if !inGroup {
				groups++
			}
			inGroup = true
			continue
		case c == '+' && i == 0:
			plus = true
		case c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '_' || c == '+':
		default:
			return false
		}
		inGroup = false
	}
	if digits > 15 || dateAhead(seg) {
		return false
	}
	return plus && digits >= 7 || groups >= 2 && digits >= 9
}

// dateAhead tells whether a segment begins with a date in three groups, year
// first or last.
func dateAhead(seg []byte) bool {
	var n [3]int
	var width [3]int
	g := 0
	for _, c := range seg {
		if c >= '0' && c <= '9' {
			n[g] = n[g]*10 + int(c-'0')
			if width[g]++; width[g] > 4 {
				return false
			}
			continue
		}
		if g == 2 || width[g] == 0 || c != '-' && c != '.' && c != '_' && c != ' ' {
			break
		}
		g++
	}
	if g < 2 || width[2] == 0 {
		return false
	}
	if width[0] == 4 {
		return isDate(n[0], n[1], n[2])
	}
	return width[2] == 4 && isDate(n[2], n[1], n[0])
}

// isDate tells whether numbers are a date that a page may be about.
func isDate(year, month, day int) bool {
	return year >= 1900 && year < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31
}

// isNetworkAddress tells whether a segment is an IPv4 or IPv6 address or that
// of a network card.
func isNetworkAddress(seg []byte) bool {
	colons, dots, octet, width := 0, 0, 0, 0
	ipv4 := true
	for _, c := range seg {
		switch {
		case c == ':':
			colons++
		case c == '.':
			ipv4 = ipv4 && width > 0
			dots++
			octet, width = 0, 0
		case c >= '0' && c <= '9':
			octet, width = octet*10+int(c-'0'), width+1
			if octet > 255 {
				ipv4, octet = false, 256
			}
		case !isHex(c):
			return false
		default:
			ipv4 = false
		}
	}
	if colons > 0 {
		return colons >= 5 || len(seg) > 2 && bytes.Contains(seg, []byte("::"))
	}
	return ipv4 && dots == 3 && width > 0
}

// stemLength returns the length of a segment without its extension: a dot, a
// letter and at most four more letters and digits.
func stemLength(seg []byte) int {
	i := bytes.LastIndexByte(seg, '.')
	if i <= 0 || len(seg)-i < 2 || len(seg)-i > 6 || seg[i+1] >= '0' && seg[i+1] <= '9' {
		return len(seg)
	}
	for _, c := range seg[i+1:] {
		if !isAlnum(c) {
			return len(seg)
		}
	}
	return i
}

// isNumber tells whether s is five or more digits, of any script, that are no
// date.
func isNumber(s []byte) bool {
	digits, n, ascii := 0, 0, true
	for i := 0; i < len(s); digits++ {
		c, size := utf8.DecodeRune(s[i:])
		if !unicode.IsDigit(c) {
			return false
		}
		ascii = ascii && size == 1
		n = n*10%1_000_000_000 + int(c-'0')
		i += size
	}
	switch {
	case digits < 5:
		return false
	case ascii && digits == 8:
		return !isDate(n/10000, n/100%100, n%100)
	case ascii && digits == 6:
		return !isDate(n/100, n%100, 1)
	}
	return true
}

// Lengths from which a run of characters may be a token.
const (
	minToken  = 16 // mixed characters
	minHex    = 12 // hexadecimal with letters and digits
	minNumber = 9  // digits in a row within a segment that holds words too
)

// appendTokens appends a segment with each run of letters and digits that is
// a token, and each UUID, replaced.
func appendTokens(dst, seg []byte) []byte {
	for i := 0; i < len(seg); {
		if n := uuidAhead(seg[i:]); n > 0 && (i == 0 || !isAlnum(seg[i-1])) {
			dst = append(dst, idMark...)
			i += n
			continue
		}
		end := i
		for end < len(seg) && isAlnum(seg[end]) {
			end++
		}
		switch {
		case end > i && isToken(seg[i:end], narrowToken):
			dst = append(dst, idMark...)
		case end > i:
			dst = append(dst, seg[i:end]...)
		default:
			for end < len(seg) && !isAlnum(seg[end]) {
				end++
			}
			dst = appendValid(dst, seg[i:end])
		}
		i = end
	}
	return dst
}

// uuidAhead returns the length of a UUID at the start of b, or zero.
func uuidAhead(b []byte) int {
	const size = 36
	if len(b) < size || len(b) > size && isAlnum(b[size]) {
		return 0
	}
	for i, c := range b[:size] {
		if hyphen := i == 8 || i == 13 || i == 18 || i == 23; hyphen != (c == '-') || !hyphen && !isHex(c) {
			return 0
		}
	}
	return size
}

// Kinds of token: a run of letters and digits, or a whole segment in which
// hyphens and underscores may be characters of base64.
const (
	narrowToken = false
	wideToken   = true
)

// isToken tells whether characters look drawn rather than written: long
// hexadecimal, long numbers, and runs that change between small letters,
// capitals and digits more often than words and names do.
func isToken(b []byte, wide bool) bool {
	if len(b) < minNumber {
		return false
	}
	var n, upper, lower, digit, hex, changes, row, longest int
	var last byte
	for _, c := range b {
		kind := byte('-')
		switch {
		case c >= '0' && c <= '9':
			kind, digit = '0', digit+1
		case c >= 'a' && c <= 'z':
			kind, lower = 'a', lower+1
		case c >= 'A' && c <= 'Z':
			kind, upper = 'A', upper+1
		case !wide || c != '-' && c != '_' && c != '+' && c != '~':
			return false
		}
		if kind == '0' {
			row++
			longest = max(longest, row)
		} else {
			row = 0
		}
		if kind != '-' {
			n++
			if isHex(c) {
				hex++
			}
			if last != 0 && last != '-' && kind != last && !(last == 'A' && kind == 'a') {
				changes++
			}
		}
		last = kind
	}
	if digit == 0 {
		return false
	}
	if !wide {
		switch {
		case longest >= minNumber: // u123456789 and a bank account are numbers too
			return true
		case hex == n && n >= minHex:
			return true
		}
		return n >= minToken && (changes*4 >= n || n >= 2*minToken && changes*6 >= n)
	}
	return n >= minToken && upper > 0 && lower > 0 && changes*10 >= n*3
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// campaignWords begin the names of campaign, click and session parameters
// wherever they stand.
var campaignWords = []string{
	"^utm_", "^mtm_", "^matomo_", "^piwik_", "^pk_campaign", "^pk_kwd", "^pk_keyword", "^pk_source", "^pk_medium",
	"^pk_content", "^pk_cid", "^hsa_", "^gclid", "^gclsrc", "^gbraid", "^wbraid", "^dclid", "^fbclid", "^msclkid",
	"^ttclid", "^twclid", "^yclid", "^ysclid", "^rdt_cid", "^sccid", "^li_fat_id", "^igshid",
	"^mc_cid", "^mc_eid", "^mkt_tok", "^_hsenc", "^_hsmi", "^hsctatracking", "^vero_id", "^vero_conv", "^oly_enc_id",
	"^oly_anon_id", "^srsltid", "^wickedid", "^s_kwcid", "^ef_id", "^irclickid", "^_openstat", "^_ga", "^_gl", "^ga_",
	"^jsessionid", "^phpsessid", "^aspsessionid", "^sessionid", "^session_id",
}
