package collector

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"footfall/collector/edge"
)

// canaryAddresses are whole addresses that headers hold; what is left of them
// when they are cut does not contain them.
var canaryAddresses = []string{"198.51.100.177", "2001:db8:77:1177:2277:3377:4477:5577"}

// canaryHeaders are the headers that browsers and proxies send, each with a
// value that nothing else has.
func canaryHeaders() map[string]string {
	out := map[string]string{
		"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0 CanaryBuild/31337",
		"Cookie":     "session=canary-cookie; footfall_optout=canary", "Authorization": "Basic canary-authorization",
		"Accept-Language": "canary-language", "Referer": "https://canary-referer.example/canary?canary",
		"X-Forwarded-For": canaryAddresses[0] + ", " + canaryAddresses[1], "X-Forwarded-Proto": "canary", "Sec-Fetch-Site": "canary",
		"Forwarded": "for=" + canaryAddresses[0] + ";host=canary;proto=canary;by=_canary",
	}
	for _, name := range []string{
		"Accept", "Accept-Charset", "Accept-Datetime", "Access-Control-Request-Headers", "Access-Control-Request-Method", "Attribution-Reporting-Eligible",
		"CDN-Loop", "CF-Connecting-IPv6", "CF-IPCity", "CF-IPCountry", "CF-Ray", "CF-Visitor", "CloudFront-Viewer-Address", "CloudFront-Viewer-City",
		"DNT", "Device-Memory", "Downlink", "DPR", "ECT", "ETag", "Expect-CT", "From", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "Idempotency-Key",
		"Keep-Alive", "Last-Event-ID", "Max-Forwards", "Origin-Agent-Cluster", "Priority", "Proxy-Authorization", "Proxy-Connection", "Purpose", "RTT", "Range", "Save-Data",
		"Sec-Browsing-Topics", "Sec-CH-DPR", "Sec-CH-Device-Memory", "Sec-CH-Prefers-Color-Scheme", "Sec-CH-UA", "Sec-CH-UA-Arch", "Sec-CH-UA-Bitness",
		"Sec-CH-UA-Full-Version", "Sec-CH-UA-Full-Version-List", "Sec-CH-UA-Mobile", "Sec-CH-UA-Model", "Sec-CH-UA-Platform", "Sec-CH-UA-Platform-Version",
		"Sec-CH-Viewport-Width", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-User", "Sec-GPC", "Sec-Purpose", "Service-Worker-Navigation-Preload",
		"Tailscale-User-Login", "Traceparent", "Tracestate", "Upgrade-Insecure-Requests", "Via", "Viewport-Width", "Width",
		"X-Amz-Cf-Id", "X-Amzn-Trace-Id", "X-Appengine-City", "X-Appengine-User-Ip", "X-ATT-DeviceId", "X-B3-TraceId", "X-Cloud-Trace-Context", "X-Correlation-ID", "X-CSRF-Token", "X-Csrf-Token",
		"X-Do-Not-Track", "X-Forwarded-Client-Cert", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Server", "X-Forwarded-User", "X-HTTP-Method-Override",
		"X-Moz", "X-Original-URL", "X-Proxy-ID", "X-Request-ID", "X-Requested-With", "X-Rewrite-URL", "X-Scheme", "X-SSL-Client-S-DN", "X-UIDH", "X-Wap-Profile", "X-XSRF-Token",
	} {
		out[name] = "canary-" + strings.ToLower(name)
	}
	for _, name := range []string{
		"CF-Connecting-IP", "Client-IP", "Cluster-Client-IP", "Fastly-Client-IP", "Fly-Client-IP", "True-Client-IP", "WL-Proxy-Client-IP", "X-Azure-ClientIP", "X-Client-IP",
		"X-Cluster-Client-IP", "X-Envoy-External-Address", "X-Original-Forwarded-For", "X-ProxyUser-Ip", "X-Real-IP", "X-Remote-Addr", "X-Remote-IP",
	} {
		out[name] = canaryAddresses[len(out)%2]
	}
	return out
}

// TestCanaries sends everything that a browser or a proxy sends to every
// route, in every way that ends otherwise, and looks for it in every output.
func TestCanaries(t *testing.T) {
	var out bytes.Buffer
	var frames []string
	h := newHarness(t, func(o *Options) {
		o.OptOutDomain = host(t, "example.org")
		o.OnPanic = func(f string) { frames = append(frames, f) }
	})
	sites := map[string]string{"a site's": "https://www.example.org", "a foreign": "https://canary-origin.example", "no": ""}
	routes := 0
	for _, objects := range []bool{false, true} {
		for _, origin := range sites {
			for _, req := range []*http.Request{
				httptest.NewRequest("POST", "/hit?canary-query", strings.NewReader(`{"k":"view","p":"/a?canary-query#canary","r":"https://u:canary@r.example/canary"}`)),
				httptest.NewRequest("POST", "/hit", strings.NewReader(`{"k":"view","canary":"canary"}`)),
				httptest.NewRequest("POST", "/hit", strings.NewReader(`canary`)),
				httptest.NewRequest("OPTIONS", "/hit", nil),
				httptest.NewRequest("PUT", "/hit", strings.NewReader(`canary`)),
				httptest.NewRequest("GET", "/hit.gif?s=www.example.org&p=/a%3Fcanary&r=https://u:canary@r.example/canary", nil),
				httptest.NewRequest("GET", "/hit.gif?canary=canary", nil),
				httptest.NewRequest("GET", "/optout?lang=canary&team=canary&asked=canary&canary=canary", nil),
				httptest.NewRequest("GET", "/optout?lang=fr&team=1&asked=in", nil),
				httptest.NewRequest("HEAD", "/optout?canary", nil),
				httptest.NewRequest("POST", "/optout?lang=canary&asked=canary", strings.NewReader("choice=out")),
				httptest.NewRequest("POST", "/optout", strings.NewReader("in")),
				httptest.NewRequest("POST", "/optout", strings.NewReader("choice=canary")),
				httptest.NewRequest("OPTIONS", "/optout", nil),
				httptest.NewRequest("PATCH", "/optout", strings.NewReader("canary")),
				httptest.NewRequest("GET", "/optout.css?canary", nil),
				httptest.NewRequest("GET", "/test?lang=canary&canary=canary", nil),
				httptest.NewRequest("POST", "/test", strings.NewReader("canary")),
			} {
				for name, value := range canaryHeaders() {
					req.Header.Set(name, value)
				}
				if origin == "" {
					req.Header.Del("Origin")
				} else {
					req.Header.Set("Origin", origin)
				}
				if objects {
					req.Header.Add("Cookie", "footfall_optout=1")
				}
				req.Host, req.RemoteAddr = "canary-host.example", "127.0.0.1:4711"
				res := h.do(req)
				res.Header.Write(&out)
				out.WriteString(text(t, res))
				fmt.Fprintf(&out, "%+v %v\n", h.peers.Explain(withHost(req, "stats.example.org")), h.Excludes(req))
				routes++
			}
		}
	}
	h.rec.panic = "canary-panic"
	h.do(request("POST", "/hit", view))
	if len(h.rec.hits) == 0 || len(frames) == 0 || routes != 108 {
		t.Fatalf("%d hits, %d panics, %d requests: the test proves nothing", len(h.rec.hits), len(frames), routes)
	}
	for i := range h.rec.hits {
		hit := h.rec.hits[i]
		hit.Visitor = [16]byte{} // a keyed hash, which may look like anything
		fmt.Fprintf(&out, "%+v\n", hit)
	}
	fmt.Fprintln(&out, h.Stats(), frames, edge.Forwarded)
	line, err := json.Marshal(map[string]any{
		"agent": canaryHeaders()["User-Agent"], "address": canaryAddresses[0], "url": "https://u:canary@www.example.org/a?canary#canary", "headers": canaryHeaders(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := Explain(t.Context(), bytes.NewReader(append(line, "\ncanary\n"...)), &out, Options{Sites: testSites(t)}); err != nil {
		t.Fatal(err)
	}
	for _, needle := range append([]string{"canary", "4711"}, canaryAddresses...) {
		if i := strings.Index(strings.ToLower(out.String()), needle); i >= 0 {
			t.Errorf("%q came out: …%s…", needle, out.String()[max(0, i-200):min(out.Len(), i+100)])
		}
	}
}

// withHost returns the request as it would be for another host: an operator's
// own host is what Explain is there to show.
func withHost(req *http.Request, host string) *http.Request {
	out := *req
	out.Host = host
	return &out
}
