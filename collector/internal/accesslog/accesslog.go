// Package accesslog reads the lines of web servers' access logs.
//
// What enters: one line, without its line feed. What leaves: a [Record] whose
// strings alias the line or the parser's own memory and are good until the
// next call, or the word that the line is malformed. Guaranteed: no I/O, no
// allocation for a line once the parser is warm, linear time, never a panic
// and never a guessed day: a date that names no zone or no day of the
// calendar is malformed. Not guaranteed: that a field means what it says; what
// a page is, and what may be kept of one, is decided elsewhere.
//
// # Formats
//
// Combined and common are read exactly as nginx and Apache write them:
//
//	client ident user [dd/Mon/yyyy:hh:mm:ss +zzzz] "request" status bytes "referrer" "agent"
//	client ident user [dd/Mon/yyyy:hh:mm:ss +zzzz] "request" status bytes
//
// with single spaces, the first three fields free of white space, backslash
// escapes in quoted fields, three digits of status, digits or - for bytes,
// and white space allowed at the end. A request that is not METHOD TARGET
// HTTP/x.y, METHOD being 3 to 10 capitals, is a record without method and
// path. The 60th second, which a leap second has, is read as the 59th.
//
// Footfall's own format is combined with one bare word behind it, [Marker].
// No visitor can write it, since all that comes from a visitor stands between
// quotes and the server escapes quotes there. The word promises that the
// server wrote the line only where nobody had objected (DNT, Sec-GPC, the
// refusal cookie), cut the client's address to /24 or /48, left the query
// away and of the referrer kept the host:
//
//	map $remote_addr $footfall_client {
//	    "~^(?:::ffff:)?(?<net>\d+\.\d+\.\d+)\."       $net.0;
//	    "~^(?<net>[0-9a-f]+:[0-9a-f]+:[0-9a-f]+):"   $net::;
//	    "~^(?<net>[0-9a-f]+(?::[0-9a-f]+)?)::"       $net::;
//	    default                                      -;
//	}
//	map $request_uri $footfall_path { "~^(?<path>[^?#]*)" $path; }
//	map $http_referer $footfall_from { "~*^https?://(?<host>[^/:?#@]+)(?:[/:?#]|$)" https://$host/; default -; }
//	map "$http_dnt$http_sec_gpc$cookie_footfall_optout" $footfall_counts { "~1" 0; default 1; }
//	log_format footfall '$footfall_client - - [$time_local] "$request_method $footfall_path $server_protocol" '
//	                    '$status $body_bytes_sent "$footfall_from" "$http_user_agent" ff1';
//	access_log /var/log/nginx/footfall.log footfall if=$footfall_counts;
//
// Caddy writes one JSON object a line. Read are ts or time (seconds,
// milliseconds or nanoseconds since 1970, RFC 3339, ISO 8601 or the date of
// the common format; Caddy's "wall" formats name no zone and are malformed),
// request.client_ip or remote_ip, request.method, request.uri,
// request.headers.User-Agent and Referer, and status. Of its other loggers
// (http.log.error writes a request a second time) no line is a record. A
// logger whose name ends in "footfall" makes the promise of the marker.
package accesslog

import "unsafe"

// Marker is the word at the end of a line in footfall's own format.
const Marker = "ff1"

// Format is what the lines of a file are taken for.
type Format uint8

// The formats. In each of them but Common a line of footfall's own format is
// read as well.
const (
	Auto     Format = iota // whatever each line shows; where agents were seen, a line without is cut off
	Combined               // combined alone
	Common                 // common alone
	Caddy                  // Caddy's JSON alone
)

// ParseFormat reads a format's name on the command line; "json" and "caddy"
// are the same.
func ParseFormat(name string) (Format, bool) {
	switch name {
	case "auto":
		return Auto, true
	case "combined":
		return Combined, true
	case "common":
		return Common, true
	case "json", "caddy":
		return Caddy, true
	}
	return Auto, false
}

// A Record is one request as the log tells it. Passed by pointer only.
type Record struct {
	Unix     int64  // seconds since 1970
	Client   string // address or name of the client, as written
	Method   string // "" where the request line was none
	Path     string // the target up to the first ? or #
	Status   int    // 0 to 999
	Referrer string // "" for none
	Agent    string // "" for none
	NoAgent  bool   // the format has no agent to give
	Own      bool   // the line is of footfall's own format

	escaped bool // a field holds backslash escapes
}

// A Parser reads the lines of one file. Not for concurrent use.
type Parser struct {
	format Format
	agents bool   // a line with an agent has been read
	stamp  stamp  // the day read last
	text   []byte // what Unescape wrote
}

// NewParser returns a parser for one file.
func NewParser(f Format) *Parser { return &Parser{format: f} }

// Parse reads a line into r and tells whether it could; if not, r holds
// nothing of use. JSON is overwritten as it is read.
func (p *Parser) Parse(line []byte, r *Record) bool {
	*r = Record{}
	ok := false
	if p.format == Caddy || p.format == Auto && len(line) > 0 && line[0] == '{' {
		ok = p.caddy(line, r)
	} else {
		ok = p.clf(line, r)
	}
	p.agents = p.agents || ok && !r.NoAgent
	return ok
}

// Unescape undoes the backslash escapes in the record's path, referrer and
// agent. What it gives aliases the parser's memory until the next call.
func (p *Parser) Unescape(r *Record) {
	if !r.escaped {
		return
	}
	p.text = p.text[:0]
	r.Path, r.Referrer, r.Agent = p.unescape(r.Path), p.unescape(r.Referrer), p.unescape(r.Agent)
	r.escaped = false
}

// alias returns a string over b without copying: it lives as long as b stays
// untouched, which is what a Record promises and no longer.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
