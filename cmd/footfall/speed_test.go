package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/collector/edge"
	"footfall/dashboard"
)

// TestSpeed prints how long a dashboard and its questions take. It is no test of
// a time: FOOTFALL_DEMO names a directory that demo has filled, say with
//
//	footfall demo --data DIR --pages 10000 --days 775 --views 4000      (a fifth of the pages a day)
//	footfall demo --data DIR --pages 10000 --days 775 --views 150000    (all of them)
//
// FOOTFALL_LOAD is how many hits a second are counted meanwhile (default none),
// and FOOTFALL_ROUNDS how often each thing is asked (default 100).
func TestSpeed(t *testing.T) {
	dir := os.Getenv("FOOTFALL_DEMO")
	if dir == "" {
		t.Skip("FOOTFALL_DEMO names no directory")
	}
	rounds := 100
	if s := os.Getenv("FOOTFALL_ROUNDS"); s != "" {
		if _, err := fmt.Sscan(s, &rounds); err != nil {
			t.Fatal(err)
		}
	}
	zone, err := time.LoadLocation(defaultZone)
	if err != nil {
		t.Fatal(err)
	}
	site := aggregate.SiteConfig{Host: must(hit.ParseHost("demo.example")), Zone: zone, RetentionMonths: aggregate.MaxRetention}
	began := time.Now()
	db, err := aggregate.Open(aggregate.Options{Path: filepath.Join(dir, "footfall.db"), Sites: []aggregate.SiteConfig{site}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	list, err := db.List()
	if err != nil {
		t.Fatal(err)
	}
	first, last := list[0].First, list[0].Last
	t.Logf("%s to %s, opened in %s", first, last, time.Since(began))

	times := func(name string, ask func() error) {
		var all []time.Duration
		for range rounds + 1 {
			began := time.Now()
			if err := ask(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			all = append(all, time.Since(began))
		}
		cold := all[0]
		all = all[1:]
		slices.Sort(all)
		t.Logf("%-44s first %8.2f ms, p50 %8.2f, p99 %8.2f", name, ms(cold), ms(all[len(all)/2]), ms(all[len(all)*99/100]))
	}
	if s := os.Getenv("FOOTFALL_LOAD"); s != "" {
		speedLoad(t, db, s)
	}
	page := speedPage(t, db)
	if os.Getenv("FOOTFALL_COLD") == "page" {
		times("page, 25 months", func() error { return page(first, last, "") })
		return
	}
	ask := func(name string, q aggregate.Query) {
		q.Site = site.Host
		times(name, func() error { _, err := db.Report(context.Background(), time.Now(), &q); return err })
	}
	year := last - 364
	ask("totals of a year", aggregate.Query{From: year, To: last})
	ask("totals of a year by day", aggregate.Query{From: year, To: last, By: aggregate.ByDay})
	ask("top pages of 25 months", aggregate.Query{From: first, To: last, By: aggregate.ByPage})
	for _, by := range []aggregate.Dim{aggregate.NoDim, aggregate.ByReferrer, aggregate.ByBrowser, aggregate.ByDevice, aggregate.ByCountry} {
		ask("a page's year by "+by.String(), aggregate.Query{From: year, To: last, By: by, Page: "/"})
	}
	ask("pages of 25 months where country is BE", aggregate.Query{From: first, To: last, By: aggregate.ByPage, Where: &aggregate.Where{Dim: aggregate.ByCountry, Value: "BE"}})
	for _, by := range aggregate.Dims() {
		if by != aggregate.ByHour && by != aggregate.ByWeekdayHour {
			ask("25 months by "+by.String(), aggregate.Query{From: first, To: last, By: by, Limit: aggregate.MaxLimit})
		}
	}
	ask("thirteen weeks by weekday_hour", aggregate.Query{From: last.Monday() - 91, To: last.Monday() - 1, By: aggregate.ByWeekdayHour})
	times("page, 25 months", func() error { return page(first, last, "") })
	times("page, a year", func() error { return page(year, last, "") })
	times("page, 92 days", func() error { return page(last-91, last, "") })
	times("page, thirteen weeks", func() error { return page(last.Monday()-91, last.Monday()-1, "") })
	times("page, a year of /", func() error { return page(year, last, "&page=%2F") })
	times("page, a year where device is phone", func() error { return page(year, last, "&where=device%3Aphone") })
}

// speedLoad counts so many hits a second until the test ends.
func speedLoad(t *testing.T, db *aggregate.DB, rate string) {
	t.Helper()
	perSecond := 0
	if _, err := fmt.Sscan(rate, &perSecond); err != nil || perSecond < 1 {
		t.Fatalf("FOOTFALL_LOAD: %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	const workers = 64
	var wait sync.WaitGroup
	var counted atomic.Int64
	began := time.Now()
	for w := range workers {
		wait.Go(func() {
			ticker := time.NewTicker(time.Second * workers / time.Duration(perSecond))
			defer ticker.Stop()
			for i := 0; ctx.Err() == nil; i++ {
				h := hit.Hit{Site: must(hit.ParseHost("demo.example")), Path: must(hit.ParsePath(fmt.Sprintf("/load/%d", i%500))), Timing: hit.NoTiming(),
					Browser: hit.Browser{Family: hit.Chrome, Major: 155}, System: hit.Windows, Device: hit.Desktop}
				h.Visitor[0], h.Visitor[1], h.Visitor[2], h.Visitor[15] = byte(w), byte(i), byte(i>>8), 1
				if err := db.Record(ctx, time.Now(), &h); err == nil {
					counted.Add(1)
				}
				<-ticker.C
			}
		})
	}
	t.Cleanup(func() {
		stop()
		wait.Wait()
		t.Logf("counted %.0f hits a second meanwhile", float64(counted.Load())/time.Since(began).Seconds())
	})
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// speedPage returns what fetches the page of the site as an admin.
func speedPage(t *testing.T, db *aggregate.DB) func(from, to hit.Day, more string) error {
	t.Helper()
	people, err := dashboard.OpenAccounts(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const word = "correct horse battery"
	const users = 12 // a person may ask for so many pages a minute
	for i := range users {
		if err := people.AddUser(context.Background(), dashboard.By{At: time.Now(), Who: "test"}, fmt.Sprintf("admin%d", i), dashboard.Admin, nil, word); err != nil {
			t.Fatal(err)
		}
	}
	d, err := dashboard.New(dashboard.Options{Reports: db, Accounts: people, Version: "test",
		Peers:  edge.NewResolver([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}),
		Failed: func(route string, err error) { t.Errorf("%s: %v", route, err) }})
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.HTTPErrorHandler = d.HandleError
	d.Register(e)
	do := func(method, target string, form url.Values, cookies []*http.Cookie) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
		r.Host, r.RemoteAddr = "stats.example.org", "10.0.0.1:4000"
		r.Header.Set("X-Forwarded-Proto", "https")
		if form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		return w
	}
	var all [][]*http.Cookie
	for i := range users {
		in := do("POST", "/login", url.Values{"name": {fmt.Sprintf("admin%d", i)}, "password": {word}}, nil)
		cookies := in.Result().Cookies()
		if len(cookies) == 0 {
			t.Fatalf("log in: %d %s", in.Code, in.Body)
		}
		all = append(all, cookies)
	}
	turn := 0
	return func(from, to hit.Day, more string) error {
		cookies := all[turn%users]
		turn++
		w := do("GET", fmt.Sprintf("/sites/demo.example?from=%s&to=%s%s", from, to, more), nil, cookies)
		if w.Code != http.StatusOK {
			return fmt.Errorf("%d: %s", w.Code, w.Body)
		}
		return nil
	}
}
