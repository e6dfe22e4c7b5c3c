package privacy

import "strings"

// A scanner finds words in one pass over a text: at each byte it compares
// only the words that begin with it. Words are in lower case; capitals of the
// text match them.
type scanner struct {
	words []word
	first [256][]entry // the words that begin with a byte
}

// An entry is a word by its index, with its second byte, 0 if it has none, so
// that most words are ruled out by one comparison.
type entry struct {
	second byte
	word   uint16
}

// A word is what a scanner looks for.
type word struct {
	text  string
	start bool // only where no letter or digit stands before it
	end   bool // only where none stands after it
}

// parseWord reads a word of a table: "^" before it asks for its start, "$"
// after it for its end.
func parseWord(s string) word {
	text, start := strings.CutPrefix(s, "^")
	text, end := strings.CutSuffix(text, "$")
	return word{text, start, end}
}

func newScanner(words []string) *scanner {
	s := &scanner{words: make([]word, len(words))}
	for i, text := range words {
		w := parseWord(text)
		s.words[i] = w
		e := entry{word: uint16(i)}
		if len(w.text) > 1 {
			e.second = w.text[1]
		}
		s.first[w.text[0]] = append(s.first[w.text[0]], e)
	}
	return s
}

// at appends to found the indices of the words that begin at text[i], which
// must be in lower case.
func (s *scanner) at(text []byte, i int, found []uint16) []uint16 {
	second := byte(0)
	if i+1 < len(text) {
		second = text[i+1]
	}
	for _, e := range s.first[text[i]] {
		if e.second != second && e.second != 0 {
			continue
		}
		w := &s.words[e.word]
		next := i + len(w.text)
		if next > len(text) || string(text[i:next]) != w.text ||
			w.start && i > 0 && isAlnum(text[i-1]) || w.end && next < len(text) && isAlnum(text[next]) {
			continue
		}
		found = append(found, e.word)
	}
	return found
}

// matches tells whether any word is in the text, whatever its case.
func (s *scanner) matches(text []byte) bool {
	var buf [64]byte
	var none [4]uint16
	low := appendLower(buf[:0], text)
	for i := range low {
		if len(s.first[low[i]]) > 0 && len(s.at(low, i, none[:0])) > 0 {
			return true
		}
	}
	return false
}

// appendLower appends text with its ASCII capitals made small.
func appendLower(dst, text []byte) []byte {
	for _, c := range text {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}
