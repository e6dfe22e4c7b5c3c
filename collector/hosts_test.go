package collector

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"footfall/aggregate/hit"
	"footfall/collector/internal/shareddata"
)

func TestExcludesAndReplace(t *testing.T) {
	h := newHarness(t, nil)
	staff := request("GET", "/doctor", "", "X-Forwarded-For: 203.0.113.9")
	if !h.Excludes(staff) || h.Excludes(request("GET", "/doctor", "")) || h.Excludes(request("GET", "/doctor", "", "X-Forwarded-For: 198.51.100.1, 203.0.113.9, 192.0.2.1")) {
		t.Error("Excludes sees another address than intake")
	}
	path := func() string {
		before := len(h.rec.hits)
		h.do(request("POST", "/hit", `{"k":"view","p":"/order/7/x","r":"a.spam.example"}`))
		if len(h.rec.hits) == before {
			return ""
		}
		return h.rec.hits[before].Path.String()
	}
	if got := path(); got != "/order/7/x" {
		t.Errorf("before: %q", got)
	}
	sites := testSites(t)
	sites[0].Paths = Paths{Templates: []string{"/order/*"}}
	if err := h.Replace(&Options{Sites: sites}); err != nil {
		t.Fatal(err)
	}
	if got := path(); got != "/order/*" || h.Excludes(staff) {
		t.Errorf("after: %q, and staff excluded %v", got, h.Excludes(staff))
	}
	before := fmt.Sprint(h.Stats())
	if err := h.Replace(&Options{Sites: sites, Spam: []hit.Host{host(t, "spam.example")}, Exclude: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}}); err != nil {
		t.Fatal(err)
	}
	if got := path(); got != "" || fmt.Sprint(h.Stats()) != before {
		t.Errorf("spam: %q, %v", got, h.Stats())
	}
	if err := h.Replace(&Options{Sites: sites[:1]}); err == nil {
		t.Error("fewer sites: no error")
	}
	if ParseTemplate("/order/*") != nil || ParseTemplate("order") == nil {
		t.Error("ParseTemplate")
	}
}

func TestReadHosts(t *testing.T) {
	got, err := ReadHosts(strings.NewReader("# spam\n\n  QIWI.xyz \r\nb\u00fccher.de\na.example."))
	if want := "[qiwi.xyz xn--bcher-kva.de a.example]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("got %v, %v; want %s", got, err, want)
	}
	for name, in := range map[string]string{
		"a URL": "a.example\n\nhttps://canary.example/", "words": "a.example\n\ncanary words", "an address": "a.example\n\n203.0.113.7",
	} {
		if _, err := ReadHosts(strings.NewReader(in)); err == nil || !strings.HasPrefix(err.Error(), "line 3: ") || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for name, in := range map[string]string{"a long line": strings.Repeat("a", 1<<17), "a long list": strings.Repeat("a.example\n", maxHosts+1)} {
		if _, err := ReadHosts(strings.NewReader(in)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := ReadHosts(iotest.ErrReader(os.ErrClosed)); err == nil {
		t.Error("broken reader: no error")
	}
	f, err := os.Open(shareddata.Path(t, "referrer/matomo_spammers.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // read only
	if got, err := ReadHosts(f); err != nil || len(got) != 2347 {
		t.Errorf("the shared list: %d hosts, %v", len(got), err)
	}
}
