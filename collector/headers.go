package collector

import (
	"net/http"
	"strings"

	"footfall/collector/internal/privacy"
)

// This is the one file that reads what a visitor's request says of the
// visitor; a test over the source holds it. The address is read in edge.

// OptOutCookie is the name of the cookie that keeps a refusal; its value is
// OptOutValue and says nothing else. The script beacon.js knows both.
const (
	OptOutCookie = "footfall_optout"
	OptOutValue  = "1"
)

// readHeaders fills in what all the headers of a request tell. The origin,
// which names the site of a beacon, is left to readOrigin.
func readHeaders(h http.Header, raw *privacy.Raw) {
	raw.Complete = true
	raw.GPC = has(h["Sec-Gpc"], "1")
	raw.DNT = has(h["Dnt"], "1")
	raw.OptedOut = refused(h["Cookie"])
	raw.Agent = first(h["User-Agent"])
	raw.Brands = first(h["Sec-Ch-Ua"])
	raw.Mobile = first(h["Sec-Ch-Ua-Mobile"])
	raw.Platform = first(h["Sec-Ch-Ua-Platform"])
	raw.FetchMetadata = len(h["Sec-Fetch-Site"]) > 0 || len(h["Sec-Fetch-Mode"]) > 0 ||
		len(h["Sec-Fetch-Dest"]) > 0 || len(h["Sec-Fetch-User"]) > 0
	for _, name := range [...]string{"Sec-Purpose", "Purpose", "X-Moz"} {
		if raw.Purpose = first(h[name]); raw.Purpose != "" {
			break
		}
	}
}

// readOrigin fills in the site of a beacon.
func readOrigin(h http.Header, raw *privacy.Raw) { raw.Site = first(h["Origin"]) }

// refused tells whether the refusal cookie is among the cookies.
func refused(cookies []string) bool {
	for _, line := range cookies {
		for line != "" {
			var one string
			one, line, _ = strings.Cut(line, ";")
			name, value, _ := strings.Cut(strings.TrimSpace(one), "=")
			if name == OptOutCookie && value == OptOutValue {
				return true
			}
		}
	}
	return false
}

// A chooser is what a request for the page of objections says of who sends
// it. It is never passed by value.
type chooser struct {
	optedOut, gpc, dnt bool
	languages          string
	origin             string // "" where none is told
	ownPage            bool   // the browser says that the page itself, or nobody's page, has sent it
}

func (c *chooser) read(h http.Header) {
	c.gpc, c.dnt, c.optedOut = has(h["Sec-Gpc"], "1"), has(h["Dnt"], "1"), refused(h["Cookie"])
	c.languages = first(h["Accept-Language"])
	c.origin = first(h["Origin"])
	site := first(h["Sec-Fetch-Site"])
	c.ownPage = site == "same-origin" || site == "none"
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

func has(values []string, want string) bool {
	for _, v := range values {
		if v == want {
			return true
		}
	}
	return false
}
