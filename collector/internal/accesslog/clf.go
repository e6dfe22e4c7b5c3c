package accesslog

import (
	"bytes"
	"strings"
)

// white is what the grammar calls white space: \s of ASCII.
const white = " \t\n\r\f\v"

// clf reads a line of the combined, common or own format.
func (p *Parser) clf(line []byte, r *Record) bool {
	client, rest, ok := word(line)
	if ok {
		_, rest, ok = word(rest)
	}
	if ok {
		_, rest, ok = word(rest)
	}
	if !ok || len(rest) < len(`[02/Jan/2006:15:04:05 -0700] "" 200 -`) || rest[0] != '[' || rest[27] != ']' || rest[28] != ' ' {
		return false
	}
	unix, ok := p.stamp.unix(alias(rest[1:27]))
	if !ok {
		return false
	}
	request, rest, escaped, ok := quoted(rest[29:])
	if !ok {
		return false
	}
	status, rest, ok := statusAndBytes(rest)
	if !ok {
		return false
	}
	r.Unix, r.Client, r.Status, r.escaped = unix, alias(client), status, escaped
	r.Method, r.Path = splitRequest(request)
	return p.tail(rest, r)
}

// tail reads what stands behind the bytes: referrer and agent, or nothing.
func (p *Parser) tail(rest []byte, r *Record) bool {
	if p.format != Combined && isWhite(rest) {
		r.NoAgent = true
		return p.format == Common || !p.agents
	}
	if p.format == Common || len(rest) < len(` "" ""`) || rest[0] != ' ' {
		return false
	}
	referrer, rest, e1, ok := quoted(rest[1:])
	if !ok || len(rest) < len(` ""`) || rest[0] != ' ' {
		return false
	}
	agent, rest, e2, ok := quoted(rest[1:])
	if !ok {
		return false
	}
	if len(rest) > len(Marker) && string(rest[:len(Marker)+1]) == " "+Marker {
		r.Own, rest = true, rest[len(Marker)+1:]
	}
	r.Referrer, r.Agent = orNone(referrer), orNone(agent)
	r.escaped = r.escaped || e1 || e2
	return isWhite(rest)
}

// word takes a field free of white space and the space behind it.
func word(b []byte) (field, rest []byte, ok bool) {
	for i, c := range b {
		if c == ' ' {
			return b[:i], b[i+1:], i > 0
		}
		if c-'\t' < 5 { // the other white space: \t \n \v \f \r
			break
		}
	}
	return nil, nil, false
}

// quoted takes a quoted field and returns what stands between the quotes.
func quoted(b []byte) (field, rest []byte, escaped, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		return nil, nil, false, false
	}
	b = b[1:]
	end := bytes.IndexByte(b, '"')
	if end < 0 {
		return nil, nil, false, false
	}
	i := bytes.IndexByte(b[:end], '\\')
	if i < 0 {
		return b[:end], b[end+1:], false, true
	}
	for ; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return b[:i], b[i+1:], true, true
		}
	}
	return nil, nil, false, false
}

// statusAndBytes takes ` 200 1234`.
func statusAndBytes(b []byte) (status int, rest []byte, ok bool) {
	if len(b) < len(" 200 -") || b[0] != ' ' || b[4] != ' ' {
		return 0, nil, false
	}
	status, ok = decimal(b[1:4])
	b = b[5:]
	i := 0
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	if i == 0 && b[0] == '-' {
		i = 1
	}
	return status, b[i:], ok && i > 0
}

// splitRequest takes METHOD TARGET HTTP/x[.y] apart and cuts the target at its
// query or fragment; it returns nothing where the line has another form.
func splitRequest(b []byte) (method, path string) {
	m := 0
	for m < len(b) && 'A' <= b[m] && b[m] <= 'Z' {
		m++
	}
	if m < 3 || m > 10 || m == len(b) || b[m] != ' ' {
		return "", ""
	}
	target := b[m+1:]
	end, cut := -1, -1
	for i, c := range target {
		if c > '?' {
			continue
		}
		if c == ' ' {
			end = i
			break
		}
		if c-'\t' < 5 {
			return "", ""
		}
		if (c == '?' || c == '#') && cut < 0 {
			cut = i
		}
	}
	if end < 1 || !isProtocol(target[end+1:]) {
		return "", ""
	}
	if cut < 0 {
		cut = end
	}
	return alias(b[:m]), alias(target[:cut])
}

// isProtocol tells whether b is HTTP/x or HTTP/x.y.
func isProtocol(b []byte) bool {
	switch len(b) {
	case len("HTTP/2"):
		return string(b[:5]) == "HTTP/" && isDigit(b[5])
	case len("HTTP/1.1"):
		return string(b[:5]) == "HTTP/" && isDigit(b[5]) && b[6] == '.' && isDigit(b[7])
	}
	return false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWhite(b []byte) bool { return len(bytes.TrimLeft(b, white)) == 0 }

// orNone makes the dash, which stands for a header that was not sent, the
// empty string.
func orNone(b []byte) string {
	if len(b) == 1 && b[0] == '-' {
		return ""
	}
	return alias(b)
}

// unescape appends the text of a field to the parser's memory: \xHH as nginx
// and Apache write it, \" and \\ and the control characters of Apache. Any
// other backslash stands for itself.
func (p *Parser) unescape(s string) string {
	i := strings.IndexByte(s, '\\')
	if i < 0 {
		return s
	}
	from := len(p.text)
	for ; i >= 0; i = strings.IndexByte(s, '\\') {
		p.text = append(p.text, s[:i]...)
		c, n := escape(s[i:])
		p.text = append(p.text, c)
		s = s[i+n:]
	}
	p.text = append(p.text, s...)
	return alias(p.text[from:])
}

// escape reads one escape and returns what it stands for and its length.
func escape(s string) (c byte, n int) {
	if len(s) < 2 {
		return s[0], 1
	}
	switch s[1] {
	case '"', '\\':
		return s[1], 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'v':
		return '\v', 2
	case 'x':
		if len(s) >= 4 {
			hi, lo := hex(s[2]), hex(s[3])
			if hi < 16 && lo < 16 {
				return hi<<4 | lo, 4
			}
		}
	}
	return s[0], 1
}

func hex(c byte) byte {
	switch {
	case isDigit(c):
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}
