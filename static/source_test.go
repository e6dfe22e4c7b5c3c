package static_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// budget is the most that the script may weigh on the wire: gzip -9, comments
// included, as it is served.
const budget = 850

func TestSize(t *testing.T) {
	packed := len(body(t, get(t, "GET", "Accept-Encoding", "gzip")))
	t.Logf("beacon.js: %d bytes, %d packed", len(source(t)), packed)
	if packed > budget {
		t.Errorf("beacon.js is %d bytes packed, want at most %d", packed, budget)
	}
}

// surface is all that the script may touch of the browser, and why.
var surface = []string{
	"document.cookie",                // the refusal, read
	"document.currentScript",         // where the collector is
	"document.hidden",                // not shown yet
	"document.prerendering",          // not shown yet
	"document.querySelector",         // the status that the page states
	"document.referrer",              // its host
	"footfall.optedOut",              // included twice
	"location.origin",                // from the second view on
	"location.pathname",              // the page
	"navigator.doNotTrack",           // an objection
	"navigator.globalPrivacyControl", // an objection
	"navigator.webdriver",            // automation
	"window.doNotTrack",              // an objection
	"window.footfall",                // what the page may ask
}

// Reading a property of the browser is reading the visitor's device, so each
// one is listed; the rest of the test names what must never be.
func TestSurface(t *testing.T) {
	script := code(t)
	objects := regexp.MustCompile(`\b(window|self|globalThis|navigator|document|location|history|screen|performance|footfall)\.(\w+)`)
	used := objects.FindAllString(script, -1)
	slices.Sort(used)
	if used = slices.Compact(used); !slices.Equal(used, surface) {
		t.Errorf("the script touches\n%q\nbut what is listed is\n%q", used, surface)
	}
	for name, pattern := range map[string]string{
		"cookie write":        `cookie\s*\+?=`,
		"storage":             `localStorage|sessionStorage|indexedDB|caches|openDatabase|serviceWorker|window\.name`,
		"fingerprint":         `canvas|WebGL|AudioContext|plugins|mimeTypes|screen|innerWidth|devicePixelRatio|matchMedia|language|[tT]ime[zZ]one|Intl|hardwareConcurrency|deviceMemory|connection|getBattery|userAgent|platform|HighEntropy|maxTouchPoints|fonts`,
		"another way to send": `sendBeacon|XMLHttpRequest|WebSocket|EventSource|new Image|\.src\s*=|import\s*\(|RTCPeer|postMessage`,
		"code or markup":      `\beval\b|\bFunction\b|innerHTML|outerHTML|insertAdjacent|createElement|document\.write|setAttribute|setTimeout\(['"]`,
		"query or fragment":   `\.(search|hash|href|title)\b|URLSearchParams`,
		"an identifier":       `random|crypto|Date|performance|uuid`,
	} {
		if found := regexp.MustCompile(pattern).FindAllString(script, -1); found != nil {
			t.Errorf("%s: %q", name, found)
		}
	}
	for _, must := range []string{"'use strict';", "keepalive: true", "JSON.stringify(hit), 'omit')", "referrerPolicy: 'no-referrer'"} {
		if !strings.Contains(script, must) {
			t.Errorf("%q is missing", must)
		}
	}
}

// Served as written means written to be read.
func TestReadable(t *testing.T) {
	script := source(t)
	for i, line := range bytes.Split(script, []byte("\n")) {
		if len(line) > 100 {
			t.Errorf("line %d has %d columns", i+1, len(line))
		}
		if bytes.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("line %d holds what is not printable ASCII", i+1)
		}
		if len(line) != len(bytes.TrimRight(line, " ")) {
			t.Errorf("line %d ends in a blank", i+1)
		}
	}
	if !bytes.HasSuffix(script, []byte("\n")) {
		t.Error("the last line has no end")
	}
}

// code returns the script without its comments.
func code(t *testing.T) string {
	t.Helper()
	return regexp.MustCompile(`(?m)(^|\s)//.*$`).ReplaceAllString(string(source(t)), "")
}
