package static_test

import (
	"bytes"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"footfall/static"
)

// budgets are the most that a script may weigh on the wire, in bytes: gzip as
// it is served, comments included.
var budgets = map[string]int{static.Script: 850, static.More: 1100}

func TestSize(t *testing.T) {
	for name, budget := range budgets {
		packed := len(body(t, getFile(t, name, "GET", "Accept-Encoding", "gzip")))
		t.Logf("%s: %d bytes, %d with gzip", name, len(source(t, name)), packed)
		if packed > budget {
			t.Errorf("%s is %d bytes packed, want at most %d", name, packed, budget)
		}
	}
}

// What a proxy that speaks brotli makes of them; no more than gzip.
func TestSizeWithBrotli(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no node on this machine, whose zlib packs with brotli")
	}
	for name, budget := range budgets {
		packed, err := exec.Command(node, "-e", `process.stdout.write(
			String(require('zlib').brotliCompressSync(require('fs').readFileSync(process.argv[1])).length))`, name).Output()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %s bytes with brotli", name, packed)
		if n, err := strconv.Atoi(string(packed)); err != nil || n > budget {
			t.Errorf("%s is %s bytes with brotli, want at most %d", name, packed, budget)
		}
	}
}

// surfaces is all that the scripts may touch of the browser, and why.
var surfaces = map[string][]string{
	static.Script: {
		"document.cookie",                // the refusal, read
		"document.currentScript",         // where the collector is, and what the page asks for
		"document.hidden",                // not shown yet
		"document.prerendering",          // not shown yet
		"document.querySelector",         // the status that the page states
		"document.referrer",              // its host
		"footfall.optedOut",              // before anything is sent
		"footfall.send",                  // the one way out
		"footfall.view",                  // what is shown
		"location.hash",                  // held against the routes that the page lists, never sent
		"location.host",                  // none in a page saved to a disk
		"location.origin",                // from the second view on
		"location.pathname",              // the page
		"navigator.doNotTrack",           // an objection
		"navigator.globalPrivacyControl", // an objection
		"navigator.webdriver",            // automation
		"self.footfall",                  // what the page may ask; included twice
	},
	static.More: {
		"document.documentElement", // its height, for the share that was scrolled past
		"document.hasFocus",        // reading
		"document.hidden",          // not reading
		"footfall.send",            // the one way out
		"footfall.use",             // what the page may ask
		"footfall.view",            // what is shown
		"location.hostname",        // other hosts are outbound
		"performance.now",          // reading
	},
}

// never is what no script may hold, and why.
var never = map[string]string{
	"cookie write":        `cookie\s*\+?=[^=]`,
	"storage":             `localStorage|sessionStorage|indexedDB|caches|openDatabase|serviceWorker|window\.name|self\.name`,
	"fingerprint":         `canvas|WebGL|AudioContext|plugins|mimeTypes|\bscreen|innerWidth|devicePixelRatio|matchMedia|language|[tT]ime[zZ]one|Intl|hardwareConcurrency|deviceMemory|connection|getBattery|userAgent|platform|HighEntropy|maxTouchPoints|fonts`,
	"another way to send": `sendBeacon|XMLHttpRequest|WebSocket|EventSource|new Image|\.src\s*=|RTCPeer|postMessage`,
	"code or markup":      `\beval\b|\bFunction\b|innerHTML|outerHTML|insertAdjacent|createElement|document\.write|setAttribute|setTimeout\(['"]|\.text\s*=`,
	"query or title":      `location\.(search|href)|\btitle\b|URLSearchParams|document\.URL|baseURI`,
	"an identifier":       `random|crypto|Date|uuid`,
	"what people type":    `\.value\b|textContent|innerText|FormData|\.key\b|\.id\b|\.name\b|clientX|clientY|pageX|pageY`,
}

// neverAtLoad is what makes a browser compute a layout.
const neverAtLoad = `scroll|inner(Height|Width)|client(Height|Width|Top|Left)|offset(Height|Width|Top|Left|Parent)|getBoundingClientRect|getClientRects|getComputedStyle`

func faults(script string) (found []string) {
	for name, pattern := range never {
		for _, text := range regexp.MustCompile(pattern).FindAllString(script, -1) {
			found = append(found, name+": "+text)
		}
	}
	return found
}

// Reading a property of the browser is reading the visitor's device, so each
// one is listed; the rest of the test names what must never be.
func TestSurface(t *testing.T) {
	objects := regexp.MustCompile(`\b(window|self|globalThis|navigator|document|location|history|screen|performance|footfall)\.(\w+)`)
	for name, surface := range surfaces {
		script := code(t, name)
		used := objects.FindAllString(script, -1)
		slices.Sort(used)
		if used = slices.Compact(used); !slices.Equal(used, surface) {
			t.Errorf("%s touches\n%q\nbut what is listed is\n%q", name, used, surface)
		}
		if found := faults(script); found != nil {
			t.Errorf("%s: %q", name, found)
		}
	}
	for _, must := range []string{"'use strict';", "keepalive: true", "JSON.stringify(hit), 'omit')", "referrerPolicy: 'no-referrer'"} {
		if !strings.Contains(code(t, static.Script), must) {
			t.Errorf("%q is missing", must)
		}
	}
	if found := regexp.MustCompile(neverAtLoad).FindAllString(code(t, static.Script), -1); found != nil {
		t.Errorf("%s reads a layout: %q", static.Script, found)
	}
}

// A scan that finds nothing proves nothing unless it can find.
func TestSurfaceFinds(t *testing.T) {
	for _, planted := range []string{
		`document.cookie = 'a=1'`, `localStorage.x`, `sessionStorage.x`, `indexedDB.open('x')`, `document.createElement('canvas')`,
		`navigator.plugins.length`, `screen.width`, `navigator.language`, `Intl.DateTimeFormat().resolvedOptions().timeZone`,
		`navigator.userAgentData.getHighEntropyValues([])`, `navigator.sendBeacon('/x')`, `eval('1')`, `location.search`,
		`Math.random()`, `e.target.value`, `form.id`, `form.name`,
	} {
		if faults(planted) == nil {
			t.Errorf("%s is not found", planted)
		}
	}
}

// Served as written means written to be read.
func TestReadable(t *testing.T) {
	for _, name := range static.Names() {
		script := source(t, name)
		for i, line := range bytes.Split(script, []byte("\n")) {
			if n := len([]rune(string(line))) + bytes.Count(line, []byte("\t")); n > 120 {
				t.Errorf("%s, line %d has %d columns", name, i+1, n)
			}
			odd := func(r rune) bool { return r < ' ' && r != '\t' || r > '~' }
			if name != static.Test && bytes.ContainsFunc(line, odd) { // that one speaks French
				t.Errorf("%s, line %d holds what is not printable ASCII", name, i+1)
			}
			if len(line) != len(bytes.TrimRight(line, " \t")) {
				t.Errorf("%s, line %d ends in a blank", name, i+1)
			}
		}
		if !bytes.HasSuffix(script, []byte("\n")) {
			t.Errorf("%s: the last line has no end", name)
		}
	}
}

// code returns a script without its comments.
func code(t *testing.T, name string) string {
	t.Helper()
	return regexp.MustCompile(`(?m)(^|\s)//.*$`).ReplaceAllString(string(source(t, name)), "")
}
