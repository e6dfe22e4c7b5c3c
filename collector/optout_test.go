package collector

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"footfall/collector/edge"
)

var choiceNoon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func withDomain(t testing.TB) func(*Options) {
	return func(o *Options) {
		o.OptOutDomain = host(t, "example.org")
		o.Now = func() time.Time { return choiceNoon }
	}
}

// choose makes a request to /optout of stats.example.org.
func choose(method, query, body string, headers ...string) *http.Request {
	req := request(method, "https://stats.example.org/optout"+query, body, append([]string{
		"Origin:", "Sec-Fetch-Site:", "Content-Type: application/x-www-form-urlencoded", "X-Forwarded-For: 198.51.100.7",
	}, headers...)...)
	req.TLS = nil // the proxy's header tells
	return req
}

func text(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestChoice(t *testing.T) {
	const set = "footfall_optout=1; Path=/; SameSite=Lax; Max-Age=34128000" // until 24 December 2027
	const gone = "footfall_optout=; Path=/; SameSite=Lax; Max-Age=0"
	const domain = "; Domain=example.org"
	for _, c := range []struct {
		name, host, query, body string
		headers                 []string
		status                  int
		cookies                 []string
		location                string
		cors                    string // Access-Control-Allow-Origin
	}{
		{name: "form", body: "choice=out", headers: []string{"Sec-Fetch-Site: same-origin", "Origin: https://stats.example.org"}, status: 303,
			cookies: []string{set + "; Secure" + domain}, location: "optout?lang=en&asked=out"},
		{name: "form, back", body: "choice=in", headers: []string{"Sec-Fetch-Site: same-origin"}, status: 303,
			cookies: []string{gone + "; Secure", gone + "; Secure" + domain}, location: "optout?lang=en&asked=in"},
		{name: "form in French for the team", query: "?team=1&lang=fr&asked=in", body: "choice=out", status: 303,
			cookies: []string{set + "; Secure" + domain}, location: "optout?lang=fr&team=1&asked=out"},
		{name: "over http", body: "choice=out", headers: []string{"X-Forwarded-Proto: http"}, status: 303, cookies: []string{set + domain}, location: "optout?lang=en&asked=out"},
		{name: "at a site's own host", host: "www.example.org", body: "choice=out", status: 303, cookies: []string{set + "; Secure" + domain}, location: "optout?lang=en&asked=out"},
		{name: "at a site of another domain", host: "other.example:8443", body: "choice=out", status: 303, cookies: []string{set + "; Secure"}, location: "optout?lang=en&asked=out"},
		{name: "back there", host: "other.example", body: "choice=in", status: 303, cookies: []string{gone + "; Secure"}, location: "optout?lang=en&asked=in"},
		{name: "own page of an old browser", body: "choice=out", headers: []string{"Origin: https://stats.example.org"}, status: 303,
			cookies: []string{set + "; Secure" + domain}, location: "optout?lang=en&asked=out"},
		{name: "own page that hides its origin", body: "choice=out", headers: []string{"Sec-Fetch-Site: same-origin", "Origin: null"}, status: 303,
			cookies: []string{set + "; Secure" + domain}, location: "optout?lang=en&asked=out"},
		{name: "form on a site's page", body: "choice=out", headers: []string{"Sec-Fetch-Site: same-site", "Origin: https://www.example.org"}, status: 303,
			cookies: []string{set + "; Secure" + domain}, location: "optout?lang=en&asked=out", cors: "https://www.example.org"},
		{name: "script", body: "out", headers: []string{"Sec-Fetch-Site: same-site", "Origin: https://www.example.org", "Content-Type: text/plain;charset=UTF-8"}, status: 204,
			cookies: []string{set + "; Secure" + domain}, cors: "https://www.example.org"},
		{name: "script, back", body: "in", headers: []string{"Sec-Fetch-Site: same-site", "Origin: https://example.org", "Content-Type: text/plain;charset=UTF-8"}, status: 204,
			cookies: []string{gone + "; Secure", gone + "; Secure" + domain}, cors: "https://example.org"},
		{name: "script of a site of another domain", body: "out", headers: []string{"Sec-Fetch-Site: cross-site", "Origin: https://www.other.example", "Content-Type: text/plain"}, status: 204,
			cookies: []string{set + "; Secure" + domain}, cors: "https://www.other.example"},
		{name: "no browser", body: "out", headers: []string{"Content-Type:"}, status: 204, cookies: []string{set + "; Secure" + domain}},

		{name: "foreign", body: "choice=in", headers: []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, status: 403},
		{name: "foreign, old browser", body: "choice=in", headers: []string{"Origin: https://evil.example"}, status: 403},
		{name: "foreign beside the site", body: "choice=in", headers: []string{"Sec-Fetch-Site: same-site", "Origin: https://blog.example.org"}, status: 403},
		{name: "foreign that hides its origin", body: "choice=in", headers: []string{"Sec-Fetch-Site: cross-site", "Origin: null"}, status: 403},
		{name: "foreign port", body: "choice=in", headers: []string{"Sec-Fetch-Site: same-site", "Origin: https://stats.example.org:444"}, status: 403},
		{name: "foreign that begins like it", body: "choice=in", headers: []string{"Origin: https://www.example.org.evil.example"}, status: 403},
		{name: "no origin at all", body: "choice=in", headers: []string{"Origin: x"}, status: 403},

		{name: "nothing", status: 400},
		{name: "another word", body: "choice=maybe", status: 400},
		{name: "another field", body: "c=out", status: 400},
		{name: "more", body: "choice=out&x=y", status: 400},
		{name: "a file", body: "--x\r\nContent-Disposition: form-data; name=\"choice\"\r\n\r\nout\r\n--x--", headers: []string{"Content-Type: multipart/form-data; boundary=x"}, status: 400},
		{name: "long", body: strings.Repeat(" ", 1<<20) + "out", status: 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHarness(t, withDomain(t))
			before := fmt.Sprint(h.Stats())
			req := choose("POST", c.query, c.body, c.headers...)
			if c.host != "" {
				req.Host = c.host
			}
			res := h.do(req)
			if res.StatusCode != c.status {
				t.Errorf("status %d, want %d", res.StatusCode, c.status)
			}
			if got := res.Header["Set-Cookie"]; !reflect.DeepEqual(got, c.cookies) {
				t.Errorf("cookies %q, want %q", got, c.cookies)
			}
			credentials := ""
			if c.cors != "" {
				credentials = "true"
			}
			for name, want := range map[string]string{
				"Location": c.location, "Access-Control-Allow-Origin": c.cors, "Access-Control-Allow-Credentials": credentials,
				"Cache-Control": "no-store", "Etag": "",
			} {
				if got := res.Header.Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			if body := text(t, res); c.status < 400 && body != "" || c.status >= 400 && body != http.StatusText(c.status)+"\n" {
				t.Errorf("body %q", body)
			}
			if got := fmt.Sprint(h.Stats()); got != before || len(h.rec.hits) > 0 {
				t.Errorf("something was counted: %s", got)
			}
		})
	}
}

func TestChoiceMethods(t *testing.T) {
	h := newHarness(t, withDomain(t))
	for _, c := range []struct {
		method, route, origin string
		status                int
		allow, cors           string
	}{
		{"OPTIONS", OptOutRoute, "https://www.example.org", 204, "GET, HEAD, OPTIONS, POST", "https://www.example.org"},
		{"OPTIONS", OptOutRoute, "https://evil.example", 403, "", ""},
		{"PUT", OptOutRoute, "", 405, "GET, HEAD, OPTIONS, POST", ""},
		{"DELETE", OptOutRoute, "", 405, "GET, HEAD, OPTIONS, POST", ""},
		{"BREW", OptOutRoute, "", 405, "GET, HEAD, OPTIONS, POST", ""},
		{"POST", OptOutStyleRoute, "", 405, "GET, HEAD", ""},
		{"BREW", OptOutStyleRoute, "", 405, "GET, HEAD", ""},
		{"HEAD", OptOutStyleRoute, "", 200, "", ""},
	} {
		req := request(c.method, "https://stats.example.org"+c.route, "choice=out", "Origin: "+c.origin)
		res := h.do(req)
		if res.StatusCode != c.status || res.Header.Get("Allow") != c.allow || res.Header.Get("Access-Control-Allow-Origin") != c.cors || res.Header.Get("Set-Cookie") != "" ||
			res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s: %d, %v; want %d, %q", c.method, c.route, res.StatusCode, res.Header, c.status, c.allow)
		}
	}
	res := h.do(request("GET", OptOutStyleRoute, ""))
	if body := text(t, res); res.Header.Get("Content-Type") != "text/css; charset=utf-8" || res.Header.Get("X-Content-Type-Options") != "nosniff" || body != choiceCSS {
		t.Errorf("style: %v, %d bytes", res.Header, len(body))
	}
}

// A person's way: to the page, out, to a page that is not counted, and back in.
func TestChoiceIsOneClick(t *testing.T) {
	h := newHarness(t, nil)
	server := httptest.NewServer(h.echo)
	defer server.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Transport: server.Client().Transport}
	defer client.CloseIdleConnections()
	action := regexp.MustCompile(`action="([^"]+)"`)
	press := func(page, value string) string {
		t.Helper()
		form := action.FindStringSubmatch(page)
		if form == nil || !strings.Contains(page, `name="choice" value="`+value+`"`) {
			t.Fatalf("no button %q in\n%s", value, page)
		}
		where, err := url.Parse(server.URL + OptOutRoute)
		if err != nil {
			t.Fatal(err)
		}
		if where, err = where.Parse(strings.ReplaceAll(form[1], "&amp;", "&")); err != nil {
			t.Fatal(err)
		}
		res, err := client.PostForm(where.String(), url.Values{"choice": {value}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }() // read whole
		return text(t, res)
	}
	send := func() {
		t.Helper()
		req, err := http.NewRequest("POST", server.URL+BeaconRoute, strings.NewReader(view))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", "https://www.example.org")
		req.Header.Set("User-Agent", person)
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close() // empty
	}
	res, err := client.Get(server.URL + OptOutRoute + "?lang=fr")
	if err != nil {
		t.Fatal(err)
	}
	page := text(t, res)
	_ = res.Body.Close() // read whole
	send()
	for range 2 {
		page = press(page, "out")
		if !strings.Contains(page, "ne sont pas comptées") || strings.Contains(page, `role="alert"`) {
			t.Errorf("after out:\n%s", page)
		}
		before := len(h.rec.hits)
		send()
		if len(h.rec.hits) != before {
			t.Error("an objector's hit was recorded")
		}
		page = press(page, "in")
		if !strings.Contains(page, "sont comptées") || strings.Contains(page, `role="alert"`) {
			t.Errorf("after in:\n%s", page)
		}
		send()
		if len(h.rec.hits) != before+1 {
			t.Error("a hit was not recorded after the objection was taken back")
		}
	}
}

// With the cookie a thousand forced hits leave no trace.
func TestForcedHitsOfAnObjector(t *testing.T) {
	h := newHarness(t, nil)
	before := fmt.Sprint(h.Stats())
	for range 500 {
		h.do(request("POST", "/hit", view, "Cookie: footfall_optout=1"))
		h.do(request("GET", "/hit.gif?s=www.example.org&p=/a", "", "Cookie: footfall_optout=1"))
	}
	if got := fmt.Sprint(h.Stats()); got != before || len(h.rec.hits) > 0 {
		t.Errorf("%d hits recorded, numbers %s, before %s", len(h.rec.hits), got, before)
	}
}

func TestRefusalLastsThirteenMonths(t *testing.T) {
	for _, now := range []time.Time{choiceNoon, time.Date(2027, 1, 31, 23, 0, 0, 0, time.UTC), time.Date(2027, 2, 28, 0, 0, 0, 0, time.UTC)} {
		h := newHarness(t, func(o *Options) { o.Now = func() time.Time { return now } })
		cookies := h.do(choose("POST", "", "out")).Cookies()
		if len(cookies) != 1 {
			t.Fatalf("%d cookies, want 1", len(cookies))
		}
		c := cookies[0]
		if end := now.Add(time.Duration(c.MaxAge) * time.Second); !end.Equal(now.AddDate(0, 13, 0)) || c.MaxAge > 400*86400 {
			t.Errorf("from %v to %v, want thirteen months and at most the 400 days that browsers allow", now, end)
		}
		if c.Name != OptOutCookie || c.Value != OptOutValue || c.HttpOnly || c.Path != "/" || c.SameSite != http.SameSiteLaxMode || !c.Secure {
			t.Errorf("cookie %v", c)
		}
	}
}

func TestOptOutDomain(t *testing.T) {
	for domain, ok := range map[string]bool{
		"example.org": true, "www.example.org": true, "other.example": true,
		"org": false, "example": false, "a.example.org": false, "xample.org": false, "example.com": false,
	} {
		_, err := New(Options{Sites: testSites(t), Recorder: &recorder{}, Peers: edge.NewResolver(nil), OptOutDomain: host(t, domain)})
		if (err == nil) != ok {
			t.Errorf("%s: got %v", domain, err)
		}
	}
}

// FuzzChoice: whatever is sent, the only cookies are the refusal's two forms,
// foreign pages get none, and nothing that was sent comes back.
func FuzzChoice(f *testing.F) {
	for i, s := range hostile {
		f.Add(uint8(i), "lang="+s, "choice=out", "https://www.example.org", s, s)
		f.Add(uint8(i), s, s, s, "stats.example.org", "fr;"+s)
		f.Add(uint8(i), "team=1&asked=in", "in", "https://"+s, s, s)
	}
	h := newHarness(f, withDomain(f))
	before := fmt.Sprint(h.Stats())
	cookie := regexp.MustCompile(`^footfall_optout=(1; Path=/; SameSite=Lax; Max-Age=34128000|; Path=/; SameSite=Lax; Max-Age=0); Secure(; Domain=example\.org)?$`)
	f.Fuzz(func(t *testing.T, method uint8, query, body, origin, hostName, language string) {
		req := choose([]string{"GET", "HEAD", "POST", "OPTIONS", "PUT"}[method%5], "", body)
		req.URL.RawQuery, req.Host = query, hostName
		req.Header["Origin"], req.Header["Accept-Language"] = []string{origin}, []string{language}
		w := httptest.NewRecorder()
		h.serveChoice(w, req)
		res := w.Result()
		switch res.StatusCode {
		case 200, 204, 303, 400, 403, 405:
		default:
			t.Errorf("status %d", res.StatusCode)
		}
		for _, c := range res.Header["Set-Cookie"] {
			if method%5 != 2 || res.StatusCode >= 400 || !cookie.MatchString(c) {
				t.Errorf("status %d, cookie %q", res.StatusCode, c)
			}
		}
		if allowed := res.Header.Get("Access-Control-Allow-Origin"); allowed != "" && (allowed != origin || !h.reduce.HasOrigin(origin)) {
			t.Errorf("origin %q was answered %q", origin, allowed)
		}
		if where := res.Header.Get("Location"); where != "" && !regexp.MustCompile(`^optout\?lang=(en|fr)(&team=1)?&asked=(out|in)$`).MatchString(where) {
			t.Errorf("location %q", where)
		}
		if fmt.Sprint(h.Stats()) != before {
			t.Error("something was counted")
		}
	})
}
