package dashboard

import (
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"footfall/aggregate/hit"
	"footfall/collector/edge"
	"footfall/dashboard/internal/accounts"
)

// TestLook serves made-up sites for somebody who wants to look at the pages:
// FOOTFALL_LOOK=127.0.0.1:8099 go test -run TestLook ./dashboard -timeout 0
func TestLook(t *testing.T) {
	addr := os.Getenv("FOOTFALL_LOOK")
	if addr == "" {
		t.Skip("FOOTFALL_LOOK names no address to serve the pages on")
	}
	a, err := OpenAccounts(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.EnsureAdmin(t.Context(), By{At: time.Now(), Who: "test"}, "look at the pages"); err != nil {
		t.Fatal(err)
	}
	f := newFake(1800, "www.example.org", "docs.example.org", "shop.example.org")
	f.quiet = map[string]float64{"docs.example.org": 60, "shop.example.org": 0}
	peers := edge.NewResolver(nil)
	d, err := New(Options{
		Reports: f, Accounts: a, Peers: peers, Version: "look", Attribution: "Made up.", Sight: peers.Explain, Settings: someSettings,
		Install: Install{Routes: `<script async src="/footfall/beacon.js" data-routes="/ /user/*"></script>`, More: `<script async src="/footfall/beacon.js" data-more></script>`,
			Nginx: "location /footfall/ {\n    proxy_pass http://127.0.0.1:8080/;\n}", Caddy: "handle_path /footfall/* {\n\treverse_proxy 127.0.0.1:8080\n}", TestURL: "/test"},
		Arrived:  func(hit.Host) Arrival { return Receiving },
		Excludes: func(*http.Request) bool { return false }, Reach: func(string) Reach { return ReachNone },
		Failed: func(r string, err error) { fmt.Println(r, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.HTTPErrorHandler = d.HandleError
	d.Register(e)
	in, err := a.LogIn(t.Context(), time.Now(), &accounts.Attempt{Name: "admin", Password: "look at the pages"})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(http.ListenAndServe(addr, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/login" && r.URL.Path != "/setup" { // whoever looks is logged in
			r.Header.Set("Cookie", "footfall="+in.Secret)
		}
		e.ServeHTTP(w, r)
	})))
}
