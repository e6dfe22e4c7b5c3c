package dashboard

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// Whatever stands in a query, a page or the API answers with a page or says
// what is wrong with it, and leads nowhere else.
func FuzzQuery(f *testing.F) {
	for _, q := range []string{
		"period=4w", "from=2026-11-01&to=2026-11-20&chart=time", "period=today&page=%2Fpricing", "where=browser:Firefox+157&lang=fr",
		"q=%00%ff&start=-1&sort=views", "from=2026-11-01&to=2026-11-20&by=page&limit=3&format=csv", "%zz&&=&;", "period=4w&where=device%3A(none)",
	} {
		f.Add(q)
	}
	s := newServer(f)
	s.secret = s.session("admin", time.Now())
	f.Fuzz(func(t *testing.T, query string) {
		s.t = t
		for _, path := range []string{"/sites/a.example", "/sites/a.example/by/referrer", "/api/v1/sites/a.example/report", "/", "/login"} {
			r := request("GET", path, nil)
			r.URL.RawQuery = query
			w := s.do(s.with(r))
			if w.Code >= 500 || w.Code >= 300 && w.Code < 400 && path != "/login" {
				t.Errorf("%s: %d", path, w.Code)
			}
			if kind := w.Header().Get("Content-Type"); w.Code != http.StatusSeeOther && kind == "" {
				t.Errorf("%s: no content type", path)
			}
			for _, m := range linkPattern.FindAllStringSubmatch(w.Body.String(), -1) {
				if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && !pathPattern.MatchString(m[1]) {
					t.Errorf("%s: a link leads to %q", path, m[1])
				}
			}
		}
	})
}
