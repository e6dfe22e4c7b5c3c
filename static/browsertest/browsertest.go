// Package browsertest starts a real browser for tests. Only _test files import
// it: it drags in chromedp, which the program must not hold.
//
// What a test gets is a tab of a headless Chromium of its own, with an empty
// profile that goes with the test. Unless it is asked otherwise the browser
// passes for a person's: an ordinary agent, in the header and in the client
// hints, and no navigator.webdriver. Every name below .test is this machine.
package browsertest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// required is the environment variable that turns the absence of a browser
// from a skipped test into a failed one, when it says "required".
const required = "FOOTFALL_BROWSER"

// lifetime bounds a test's browser, so that a hung page fails the test.
const lifetime = 3 * time.Minute

// Options say who sits at the browser. The zero value is a person who objects
// to nothing.
type Options struct {
	// Automated leaves the browser as a crawler runs it: navigator.webdriver
	// is true and the agent says HeadlessChrome.
	Automated bool
	// GPC turns Global Privacy Control on, in the header and in the page.
	GPC bool
	// DNT turns Do Not Track on, in the header and in the page.
	DNT bool
	// Script runs in every document of the tab before its own scripts.
	Script string
}

// Start returns the context of a tab, for chromedp.Do and chromedp.Run. The
// browser ends with the test. Without a browser on the machine the test is
// skipped, or fails if FOOTFALL_BROWSER=required.
func Start(t testing.TB, o Options) context.Context {
	t.Helper()
	path, ok := find()
	if !ok {
		if os.Getenv(required) == "required" {
			t.Fatal("no chromium on this machine, and " + required + "=required")
		}
		t.Skip("no chromium on this machine")
	}
	options, err := flags(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), lifetime)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, prepare(o)); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// find looks for a browser that speaks the DevTools protocol.
func find() (path string, ok bool) {
	for _, name := range []string{"chromium", "chromium-browser", "chromium-headless-shell", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, true
		}
	}
	return "", false
}

// flags are the command line: no sandbox, because tests run as root in a
// container, and no request of the browser's own. The profile is a new
// temporary directory, which chromedp makes and removes.
func flags(ctx context.Context, path string, o Options) ([]chromedp.ExecAllocatorOption, error) {
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path)}
	for _, name := range []string{
		"headless", "no-sandbox", "disable-gpu", "no-first-run",
		"disable-background-networking", "disable-component-update", "disable-sync",
	} {
		options = append(options, chromedp.Flag(name, true))
	}
	options = append(options, chromedp.Flag("host-resolver-rules", "MAP *.test 127.0.0.1"))
	if o.Automated {
		return append(options, chromedp.Flag("enable-automation", true)), nil
	}
	agent, err := agent(ctx, path)
	if err != nil {
		return nil, err
	}
	return append(options,
		chromedp.Flag("disable-blink-features", "AutomationControlled"),
		chromedp.UserAgent(agent)), nil
}

// agent is the User-Agent of an ordinary browser of the version at path.
func agent(ctx context.Context, path string) (string, error) {
	said, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", path, err)
	}
	for word := range bytes.FieldsSeq(said) {
		major, rest, _ := strings.Cut(string(word), ".")
		if rest != "" && strings.Trim(major, "0123456789") == "" {
			return "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/" +
				major + ".0.0.0 Safari/537.36", nil
		}
	}
	return "", fmt.Errorf("no version in what %s says of itself: %q", path, said)
}

// prepare opens the tab and makes its visitor object.
func prepare(o Options) chromedp.Action[chromedp.Void] {
	headers, script := network.Headers{}, o.Script
	if o.GPC {
		headers["Sec-GPC"] = "1"
		script += `;Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true});`
	}
	if o.DNT {
		headers["DNT"] = "1"
		script += `;Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'});`
	}
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if len(headers) > 0 {
			p := network.SetExtraHTTPHeadersParams{Headers: headers}
			if _, err := cdp.Call(ctx, t, network.SetExtraHTTPHeaders, p); err != nil {
				return fmt.Errorf("set the headers: %w", err)
			}
		}
		if script != "" {
			p := page.AddScriptToEvaluateOnNewDocumentParams{Source: script}
			if _, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, p); err != nil {
				return fmt.Errorf("add the script: %w", err)
			}
		}
		return nil
	})
}
