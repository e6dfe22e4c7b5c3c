package accesslog

import (
	"strings"
	"time"

	"footfall/collector/internal/jsonscan"
)

// caddyLine is what is gathered while a line of Caddy's is walked.
type caddyLine struct {
	jsonscan.Scanner
	r        *Record
	logger   string
	timed    bool   // a time was read
	uri      string // request.uri
	headers  bool   // request.headers is there
	status   bool   // a status was read
	clientIP bool   // client_ip, which knows of trusted proxies, wins over remote_ip
}

// caddy reads a line of Caddy's JSON access log.
func (p *Parser) caddy(line []byte, r *Record) bool {
	l := caddyLine{r: r}
	l.Reset(line)
	ok := l.object(func(key string) bool { return p.caddyField(&l, key) })
	if !ok || !l.End() || !l.timed || !l.status || r.Method == "" || l.uri == "" {
		return false
	}
	if l.logger != "" && !strings.HasPrefix(l.logger, "http.log.access") {
		return false
	}
	r.Own = strings.HasSuffix(l.logger, "footfall")
	r.NoAgent = !l.headers
	r.Path = l.uri
	if i := strings.IndexAny(l.uri, "?#"); i >= 0 {
		r.Path = l.uri[:i]
	}
	return true
}

func (p *Parser) caddyField(l *caddyLine, key string) (ok bool) {
	switch key {
	case "ts", "time":
		if l.timed {
			return l.Skip()
		}
		l.r.Unix, ok = p.caddyTime(l)
		l.timed = ok
	case "logger":
		l.logger, ok = l.String()
	case "status":
		var text string
		if text, ok = l.Number(); ok {
			l.r.Status, ok = decimal(text)
			ok = ok && len(text) <= 3
			l.status = ok
		}
	case "request":
		ok = l.object(l.requestField)
	default:
		ok = l.Skip()
	}
	return ok
}

func (l *caddyLine) requestField(key string) (ok bool) {
	switch key {
	case "client_ip":
		l.r.Client, ok = l.String()
		l.clientIP = true
	case "remote_ip":
		if l.clientIP {
			return l.Skip()
		}
		l.r.Client, ok = l.String()
	case "method":
		l.r.Method, ok = l.String()
	case "uri":
		l.uri, ok = l.String()
	case "headers":
		l.headers = true
		ok = l.object(l.headerField)
	default:
		ok = l.Skip()
	}
	return ok
}

func (l *caddyLine) headerField(key string) (ok bool) {
	switch key {
	case "User-Agent":
		l.r.Agent, ok = l.first()
	case "Referer":
		l.r.Referrer, ok = l.first()
	default:
		ok = l.Skip()
	}
	return ok
}

// object walks an object and hands each key over; field takes the value.
func (l *caddyLine) object(field func(key string) bool) bool {
	if !l.Take('{') {
		return false
	}
	if l.Take('}') {
		return true
	}
	for {
		key, ok := l.String()
		if !ok || !l.Take(':') || !field(key) {
			return false
		}
		if l.Take('}') {
			return true
		}
		if !l.Take(',') {
			return false
		}
	}
}

// first takes an array of strings and returns the first of them.
func (l *caddyLine) first() (s string, ok bool) {
	if !l.Take('[') {
		return "", false
	}
	if l.Take(']') {
		return "", true
	}
	if s, ok = l.String(); !ok {
		return "", false
	}
	for l.Take(',') {
		if !l.Skip() {
			return "", false
		}
	}
	return s, l.Take(']')
}

// caddyTime takes the time in any form of Caddy's that names its zone.
func (p *Parser) caddyTime(l *caddyLine) (int64, bool) {
	if l.Next() != '"' {
		text, ok := l.Number()
		if !ok {
			return 0, false
		}
		return epoch(text)
	}
	text, ok := l.String()
	if !ok {
		return 0, false
	}
	if unix, ok := p.stamp.unix(text); ok {
		return unix, true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700"} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() > 0 {
			return t.Unix(), true
		}
	}
	return 0, false
}

// epoch reads seconds, milliseconds or nanoseconds since 1970, with or without
// a fraction. Which of them it is shows in the length: seconds have 12 digits
// from the year 5138 on, milliseconds had them in 1973.
func epoch(text string) (int64, bool) {
	if strings.ContainsAny(text, "eE") {
		return 0, false
	}
	whole, _, _ := strings.Cut(text, ".")
	switch n := len(whole); {
	case n >= 15:
		whole = whole[:n-9]
	case n >= 12:
		whole = whole[:n-3]
	}
	seconds, ok := decimal(whole)
	return int64(seconds), ok && seconds < 1e11
}
