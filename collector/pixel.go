package collector

import (
	"strings"
	"unicode/utf8"
	"unsafe"

	"footfall/aggregate/hit"
)

// readQuery reads the query of a pixel, s=HOST&p=/path[&r=HOST], into the
// exchange's memory and its raw hit. The verdict is Counted where the
// parameters are those three, each at most once, which says nothing of their
// values.
func (x *exchange) readQuery(query string) hit.Verdict {
	if len(query) > maxBody {
		return hit.BadValue
	}
	verdict := hit.Counted
	var seen [3]bool
	for query != "" {
		var one string
		one, query, _ = strings.Cut(query, "&")
		if one == "" {
			continue
		}
		name, value, _ := strings.Cut(one, "=")
		into, n := &x.raw.Site, 0
		switch name {
		case "s":
		case "p":
			into, n = &x.raw.Path, 1
		case "r":
			into, n = &x.raw.Referrer, 2
		default:
			verdict = hit.UnknownField
			continue
		}
		text, ok := x.unquery(value)
		if !ok || seen[n] {
			return hit.BadValue
		}
		*into, seen[n] = text, true
	}
	return verdict
}

// unquery undoes the encoding of a query's value (percent escapes, and + for
// a space) into the exchange's memory, which has room for a whole query. It
// refuses an escape that is none and what is not UTF-8.
func (x *exchange) unquery(value string) (string, bool) {
	from := x.used
	for i := 0; i < len(value); i++ {
		c := value[i]
		switch c {
		case '+':
			c = ' '
		case '%':
			if i+2 >= len(value) {
				return "", false
			}
			hi, lo := unhex(value[i+1]), unhex(value[i+2])
			if hi > 15 || lo > 15 {
				return "", false
			}
			c = hi<<4 | lo
			i += 2
		}
		x.body[x.used] = c
		x.used++
	}
	text := x.body[from:x.used]
	// The string lives as long as the exchange is not wiped: Reduce keeps
	// nothing of it.
	return unsafe.String(unsafe.SliceData(text), len(text)), utf8.Valid(text)
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}
