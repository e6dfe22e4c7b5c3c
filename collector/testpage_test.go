package collector

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// The page says what the host is to the site, in two languages, and leaves no
// trace of who has asked.
func TestTestPage(t *testing.T) {
	h := newHarness(t, func(o *Options) { o.OptOutDomain = host(t, "example.org") })
	before := fmt.Sprint(h.Stats())
	for _, tt := range []struct{ host, query, want string }{
		{"www.example.org", "", "first party"},
		{"www.example.org", "?lang=fr", "première partie"},
		{"stats.example.org", "", "below the same domain"},
		{"stats.example.com", "", "third party"},
		{"stats.example.com", "?lang=fr", "un tiers"},
	} {
		r := request("GET", TestRoute+tt.query, "", "Accept-Language:")
		r.Host = tt.host
		res := h.do(r)
		page := text(t, res)
		if res.StatusCode != http.StatusOK || !strings.Contains(page, tt.want) {
			t.Errorf("%s%s: %d, without %q:\n%s", tt.host, tt.query, res.StatusCode, tt.want, page)
		}
		if own := tt.host == "www.example.org"; strings.Contains(page, `data-page="/"`) != own {
			t.Errorf("%s: reads the page / of its origin: not %t", tt.host, own)
		}
		for name, want := range map[string]string{"Content-Security-Policy": testPolicy, "Cache-Control": "no-store", "Set-Cookie": "", "ETag": ""} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
	}
	if res := h.do(request("POST", TestRoute, "")); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", res.StatusCode)
	}
	if got := fmt.Sprint(h.Stats()); got != before {
		t.Errorf("a trace was left: %s, before %s", got, before)
	}
}
