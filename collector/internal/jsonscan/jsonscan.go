// Package jsonscan walks one JSON text (RFC 8259) that lies whole in memory.
//
// What enters: bytes that a stranger wrote. What leaves: tokens that alias
// those bytes; nothing is allocated. Guaranteed: a text is accepted only
// where encoding/json calls it valid, a string with half of a surrogate pair
// is refused (no UTF-8 can hold it), nesting is at most [MaxDepth], and time
// is linear. Not guaranteed: that strings are valid UTF-8, which whoever
// needs it asks once of the whole text, and that keys of skipped objects
// differ.
//
// Escapes are undone in place, so the text is overwritten as it is read and
// can be read once only.
package jsonscan

import (
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// MaxDepth is the deepest nesting of arrays and objects that Skip follows. A
// text of 2 KiB cannot reach it.
const MaxDepth = 1024

// A Scanner stands at one place of a text. The zero Scanner has an empty text.
type Scanner struct {
	b []byte
	i int
}

// Reset puts the scanner at the beginning of a text.
func (s *Scanner) Reset(b []byte) { s.b, s.i = b, 0 }

// Next skips white space and returns the byte that follows without taking
// it, zero at the end of the text.
func (s *Scanner) Next() byte {
	for s.i < len(s.b) {
		switch c := s.b[s.i]; c {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return c
		}
	}
	return 0
}

// Take skips white space and takes the byte c, which is not zero, if it is
// what follows.
func (s *Scanner) Take(c byte) bool {
	if s.Next() != c {
		return false
	}
	s.i++
	return true
}

// End tells whether nothing but white space is left.
func (s *Scanner) End() bool {
	s.Next()
	return s.i == len(s.b)
}

// plain marks the bytes of a string that stand for themselves.
var plain = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x20 && c != '"' && c != '\\'
	}
	return t
}()

// String takes a string and returns its text, which aliases the scanner's
// bytes and lives as long as they stay untouched.
func (s *Scanner) String() (string, bool) {
	if !s.Take('"') {
		return "", false
	}
	b, i := s.b, s.i
	for i < len(b) && plain[b[i]] {
		i++
	}
	if i == len(b) || b[i] < 0x20 {
		return "", false
	}
	if b[i] == '\\' {
		return s.escaped(i)
	}
	text := alias(b[s.i:i])
	s.i = i + 1
	return text, true
}

// escaped goes on with String from the first backslash. What it writes is
// never longer than what it has read.
func (s *Scanner) escaped(i int) (string, bool) {
	b, from, to := s.b, s.i, i
	for i < len(b) {
		c := b[i]
		switch {
		case plain[c]:
			b[to] = c
			i, to = i+1, to+1
		case c == '"':
			s.i = i + 1
			return alias(b[from:to]), true
		case c != '\\':
			return "", false
		case i+1 < len(b) && b[i+1] == 'u':
			r, n := unicodeEscape(b[i:])
			if n == 0 {
				return "", false
			}
			i += n
			to += utf8.EncodeRune(b[to:], r)
		case i+1 < len(b) && short[b[i+1]] != 0:
			b[to] = short[b[i+1]]
			i, to = i+2, to+1
		default:
			return "", false
		}
	}
	return "", false
}

// short holds what the escapes of two bytes stand for.
var short = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// unicodeEscape reads \uXXXX, or two of them that are a surrogate pair, and
// returns how many bytes it read, zero where there is no such escape.
func unicodeEscape(b []byte) (r rune, n int) {
	if r = hex4(b); r < 0 {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	low := rune(-1)
	if len(b) > 6 {
		low = hex4(b[6:])
	}
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

// hex4 reads \uXXXX and returns the number, -1 where there is none.
func hex4(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// Number takes a number and returns its text, which aliases the scanner's
// bytes.
func (s *Scanner) Number() (string, bool) {
	s.Next()
	b, i := s.b, s.i
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch {
	case i < len(b) && b[i] == '0':
		i++
	case i < len(b) && '1' <= b[i] && b[i] <= '9':
		i = digits(b, i)
	default:
		return "", false
	}
	if i < len(b) && b[i] == '.' {
		from := i + 1
		if i = digits(b, from); i == from {
			return "", false
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		from := i
		if i = digits(b, from); i == from {
			return "", false
		}
	}
	text := alias(b[s.i:i])
	s.i = i
	return text, true
}

func digits(b []byte, i int) int {
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	return i
}

// Skip takes any value and tells whether it was one.
func (s *Scanner) Skip() bool { return s.skip(0) }

func (s *Scanner) skip(depth int) bool {
	switch c := s.Next(); c {
	case '"':
		_, ok := s.String()
		return ok
	case '{', '[':
		s.i++
		return depth < MaxDepth && s.skipMembers(c, depth+1)
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	_, ok := s.Number()
	return ok
}

// skipMembers goes on behind the opening bracket of an object or an array.
func (s *Scanner) skipMembers(open byte, depth int) bool {
	end := open + 2 // '{' and '}', '[' and ']' stand two apart
	if s.Take(end) {
		return true
	}
	for {
		if open == '{' {
			if _, ok := s.String(); !ok || !s.Take(':') {
				return false
			}
		}
		if !s.skip(depth) {
			return false
		}
		if s.Take(end) {
			return true
		}
		if !s.Take(',') {
			return false
		}
	}
}

func (s *Scanner) word(w string) bool {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return false
	}
	s.i += len(w)
	return true
}

// alias returns a string over b without copying: it changes when b does, and
// whoever keeps it must clone it.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
