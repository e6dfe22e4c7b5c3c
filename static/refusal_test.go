package static_test

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"footfall/static"
	"footfall/static/browsertest"
)

// Under an objection, and in automation, not a byte goes to /hit: not on load,
// not on a step of history, not when the page comes back.
func TestSilence(t *testing.T) {
	for _, test := range []struct {
		name     string
		visitor  browsertest.Options
		cookie   string
		optedOut bool
	}{
		{"Global Privacy Control", browsertest.Options{GPC: true}, "", true},
		{"Do Not Track", browsertest.Options{DNT: true}, "", true},
		{"refusal cookie", browsertest.Options{}, "footfall_optout=1", true},
		{"refusal cookie among others", browsertest.Options{Script: `document.cookie = 'z=footfall'`}, "footfall_optout=1", true},
		{"automation", browsertest.Options{Automated: true}, "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{visitor: test.visitor})
			if test.cookie != "" {
				w.open("/own.js") // a document of the site without the script
				w.run(`document.cookie = '` + test.cookie + `; path=/'`)
			}
			w.open("/one")
			w.run(`history.pushState(null, '', '/two'); dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))`)
			w.silence()
			if got := ask[bool](w, `footfall.optedOut()`); got != test.optedOut {
				t.Errorf("footfall.optedOut(): got %t, want %t", got, test.optedOut)
			}
			w.works()
		})
	}
}

// What only looks like an objection is none, and one made or taken back in
// another tab holds from the next view on.
func TestRefusalIsReadAtEveryView(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{visitor: browsertest.Options{Script: `
		Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => 'unspecified'});
		Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => false});`}})
	w.open("/own.js")
	w.run(`document.cookie = 'footfall_optout=10'; document.cookie = 'my_footfall_optout=1'; document.cookie = 'footfall_optout_at=1'`)
	w.open("/one")
	w.expect(view("/one"))
	if ask[bool](w, `footfall.optedOut()`) {
		t.Error("footfall.optedOut() without an objection: got true")
	}
	w.run(`document.cookie = 'footfall_optout=1'; history.pushState(null, '', '/two')`)
	w.silence()
	w.run(`document.cookie = 'footfall_optout=; max-age=0'; history.pushState(null, '', '/three')`)
	w.expect(inner("/three"))
}

// The address of a page that was saved is a path of the reader's own disk.
func TestSavedPageSendsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	file := filepath.Join(t.TempDir(), "private.html")
	page := `<!doctype html><title>saved</title>` + static.Snippet(w.collector.url)
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	w.do(chromedp.Navigate((&url.URL{Scheme: "file", Path: file}).String()))
	if !ask[bool](w, `!!window.footfall`) {
		t.Fatal("the script did not run: the test proves nothing")
	}
	w.silence()
}
