package aggregate

import (
	"strings"

	"footfall/aggregate/hit"
)

// sectionLabel names the section of a path: the first declared template that
// matches; else the first segment, after a language, of a path that has two
// or more; else "/".
func sectionLabel(path string, templates []string) string {
	if path == "" || path[0] != '/' {
		return hit.Other
	}
	for _, t := range templates {
		if matchTemplate(t, path) {
			return t
		}
	}
	rest := path[1:]
	first, after, more := strings.Cut(rest, "/")
	if more && language(first) {
		rest = after
		first, after, more = strings.Cut(rest, "/")
	}
	if !more || after == "" {
		return "/"
	}
	start := len(path) - len(rest) - 1
	return path[start : start+1+len(first)]
}

// matchTemplate tells whether a path fits a template: * is one segment, a
// last * one or more.
func matchTemplate(template, path string) bool {
	for {
		t, restT, moreT := strings.Cut(strings.TrimPrefix(template, "/"), "/")
		p, restP, moreP := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		if t == "*" && !moreT {
			return p != ""
		}
		if t != p && (t != "*" || p == "") {
			return false
		}
		if !moreT || !moreP {
			return moreT == moreP
		}
		template, path = restT, restP
	}
}

// language tells whether a segment is an ISO 639-1 code, alone or with a region.
func language(s string) bool {
	if len(s) == 5 && (s[2] == '-' || s[2] == '_') {
		s = s[:2]
	}
	if len(s) != 2 {
		return false
	}
	i := strings.Index(languages, strings.ToLower(s))
	return i >= 0 && i%3 == 0
}

// languages are the ISO 639-1 codes, each with a space behind.
const languages = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy " +
	"da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz " +
	"ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv " +
	"mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu " +
	"rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty " +
	"ug uk ur uz ve vi vo wa wo xh yi yo za zh zu "
