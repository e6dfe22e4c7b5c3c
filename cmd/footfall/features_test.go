package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"footfall/aggregate/hit"
	"footfall/static"
	"footfall/static/browsertest"
)

// TestFeaturesAndTimes goes from a click in a page to the dashboard: ten
// visitors use a feature that is declared, another that is not, a link to
// elsewhere and a file, and leave; what is not declared is dropped, the rest is
// counted, times included.
func TestFeaturesAndTimes(t *testing.T) {
	present := time.Now()
	w := wire(t, present.Add(-time.Hour))
	proxy := newFront(t, w.web.publicURL())
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(rw, `<!doctype html><title>shop</title>%s<button id="a" data-footfall="signup_click">a</button>
			<button id="b" data-footfall="not_declared">b</button><a id="c" href="https://other.example/x">c</a><a id="d" href="/files/a.pdf">d</a>
			<script>addEventListener('click', e => e.preventDefault())</script>`,
			(&static.Embed{Base: proxy.url, More: true}).Element()) // a lost page fails the test elsewhere
	}))
	t.Cleanup(s.Close)
	site := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	ctx := browsertest.Start(t, browsertest.Options{})
	const visitors, each = 10, 8 // two views and their times, four uses
	for i := range visitors {
		proxy.from(fmt.Sprintf("198.51.%d.7", i))
		do(t, ctx, chromedp.Navigate(site+"/shop"),
			chromedp.Evaluate[chromedp.Void](`(async () => {
				while (!window.footfall?.use) await new Promise(f => setTimeout(f, 5));
				for (const id of 'abcd') document.getElementById(id).click();
				history.pushState(null, '', '/thanks');
			})()`, chromedp.EvalAwaitPromise))
		do(t, ctx, chromedp.Navigate("about:blank"))
		w.waitSent(t, each*(i+1)) // the next visitor has another address
	}
	verdicts := map[hit.Verdict]uint64{}
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end) && verdicts[hit.Counted] < visitors*(each-1); time.Sleep(10 * time.Millisecond) {
		for _, v := range w.web.intake.Stats().Sites[0].Verdicts { // the last has been sent, and perhaps not taken in
			verdicts[v.Verdict] = v.N
		}
	}
	if verdicts[hit.Counted] != visitors*(each-1) || verdicts[hit.Undeclared] != visitors {
		t.Errorf("verdicts: %v; want %d counted and %d undeclared", verdicts, visitors*(each-1), visitors)
	}
	w.now.Store(present.Unix())
	late, err := http.NewRequest(http.MethodPost, w.web.publicURL()+"/hit", strings.NewReader(`{"k":"view","p":"/shop"}`))
	if err != nil {
		t.Fatal(err)
	}
	late.Header.Set("Origin", "http://localhost")
	late.Header.Set("User-Agent", firefox)
	answer, err := http.DefaultClient.Do(late) // the hour has closed, and this hit says so
	if err != nil || answer.StatusCode != http.StatusAccepted {
		t.Fatalf("the hit of the next hour: %v, %v", answer, err)
	}
	_ = answer.Body.Close() // it is empty
	day := hit.DayAt(present.Add(-time.Hour), time.UTC)
	text := readDashboard(t, ctx, w.web.publicURL(), fmt.Sprintf("/sites/localhost?from=%s&to=%s", day, hit.DayAt(present, time.UTC)))
	for _, want := range []string{"signup_click\n\t10", "other.example\n\t10", "/files/a.pdf\n\t10"} {
		if !strings.Contains(text, want) {
			t.Errorf("the dashboard does not show %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "not_declared") {
		t.Error("the dashboard shows a feature that no configuration declares")
	}
}
