package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/collector"
	"footfall/collector/edge"
)

// The canaries: what a visitor might send, each unmistakable.
const (
	canaryV4       = "203.0.113.77"
	canaryV6       = "2001:db8:dead:beef:cafe:f00d:1234:5678"
	canaryAgent    = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0 CanaryBuild/31337"
	canaryQuery    = "canaryquery=1a2b3c"
	canaryFragment = "canaryfragment"
	canaryUser     = "canaryuser:canarypass"
	canaryReferrer = "canary-referrer-path"
	canaryMail     = "canary.person@mail.example"
)

// needles are the canaries in every form that a leak could give them.
func needles() map[string][]byte {
	out := map[string][]byte{
		"agent": []byte("CanaryBuild"), "query": []byte("canaryquery"), "query value": []byte("1a2b3c"), "fragment": []byte(canaryFragment),
		"userinfo": []byte("canaryuser"), "password": []byte("canarypass"), "referrer path": []byte(canaryReferrer),
		"mail": []byte("canary.person"), "mail, encoded": []byte("canary.person%40"), "cut v4": []byte("203.0.113."), "cut v6": []byte("2001:db8:dead"),
		"agent, base64": []byte(base64.StdEncoding.EncodeToString([]byte("CanaryBuild/3133"))),
	}
	for _, text := range []string{canaryV4, canaryV6} {
		b := netip.MustParseAddr(text).AsSlice()
		back := slices.Clone(b)
		slices.Reverse(back)
		out[text] = []byte(text)
		out[text+" as bytes"], out[text+" as bytes, reversed"] = b, back
		for name, x := range map[string][]byte{"word": b, "word, reversed": back} {
			out[text+" as hex "+name] = []byte(hex.EncodeToString(x)) // as Go prints an argument in a trace
			if len(x) == 16 {
				out[text+" as hex "+name+", upper half"] = []byte(hex.EncodeToString(x[:8]))
				out[text+" as hex "+name+", lower half"] = []byte(hex.EncodeToString(x[8:]))
			}
		}
	}
	return out
}

// findCanaries returns which canaries stand in the bytes, in any case.
func findCanaries(b []byte) (found []string) {
	low := bytes.ToLower(b)
	for name, needle := range needles() {
		if bytes.Contains(b, needle) || bytes.Contains(low, bytes.ToLower(needle)) && !strings.Contains(name, "as bytes") {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}

func noCanaries(t *testing.T, where string, b []byte) {
	t.Helper()
	if found := findCanaries(b); len(found) > 0 {
		t.Errorf("%s holds %s", where, strings.Join(found, "; "))
	}
}

// TestCanaryScanFinds plants each canary: a scan that finds nothing proves
// nothing unless it can find.
func TestCanaryScanFinds(t *testing.T) {
	for name, needle := range needles() {
		if !slices.Contains(findCanaries(slices.Concat([]byte("before "), needle, []byte(" after"))), name) {
			t.Errorf("%s is not found", name)
		}
	}
}

// canaryRequests are requests that carry every canary, on their way to a page
// that others see as well.
func canaryRequests(t *testing.T, base string) []*http.Request {
	t.Helper()
	bodies := []string{
		`{"k":"view","p":"/shown"}`,
		`{"k":"view","p":"/shown?` + canaryQuery + `#` + canaryFragment + `","r":"https://` + canaryUser + `@ref.example/` + canaryReferrer + `?` + canaryQuery + `"}`,
		`{"k":"view","p":"/account/` + canaryMail + `/settings","r":"ref.example"}`,
		`{"k":"view","p":"https://` + canaryUser + `@example.test/shown"}`,
		`{"k":"view","p":"/shown","` + canaryFragment + `":"` + canaryMail + `"}`,
		`{"k":"feature","p":"/shown","f":"` + canaryFragment + `"}`,
		`{"k":"feature","p":"/shown","d":"/files/` + canaryMail + `?` + canaryQuery + `"}`,
		`{"k":"` + canaryFragment + `"}`,
		`{"k":"view","p":"/` + canaryReferrer, // cut off
	}
	var out []*http.Request
	for _, address := range []string{canaryV4, canaryV6} {
		for _, name := range []string{"/test", "/beacon.js", "/beacon-more.js", "/beacon-test.js", "/beacon.d.ts", "/notice"} {
			r, err := http.NewRequest(http.MethodGet, base+name+"?"+canaryQuery, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Forwarded-For", address)
			out = append(out, r)
		}
		for _, body := range bodies {
			r, err := http.NewRequest(http.MethodPost, base+"/hit?"+canaryQuery, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Origin", "https://example.test")
			out = append(out, r)
			r.Header.Set("X-Forwarded-For", address)
		}
		pixel, err := http.NewRequest(http.MethodGet, base+"/hit.gif?s=example.test&p="+url.QueryEscape("/shown?"+canaryQuery)+"&"+canaryQuery, nil)
		if err != nil {
			t.Fatal(err)
		}
		nowhere, err := http.NewRequest(http.MethodGet, base+"/"+canaryReferrer, nil)
		if err != nil {
			t.Fatal(err)
		}
		pixel.Header.Set("X-Forwarded-For", address)
		nowhere.Header.Set("X-Forwarded-For", address)
		out = append(out, pixel, nowhere)
	}
	for _, r := range out {
		r.Header.Set("User-Agent", canaryAgent)
		r.Header.Set("Referer", "https://"+canaryUser+"@ref.example/"+canaryReferrer)
		r.Header.Set("Cookie", "session="+canaryFragment)
		r.Header.Set("Authorization", "Bearer "+canaryFragment)
		r.Header.Set("X-"+canaryFragment, canaryMail)
	}
	return out
}

// sendAll sends requests and looks at their answers.
func sendAll(t *testing.T, requests []*http.Request) {
	t.Helper()
	for _, r := range requests {
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close() // it was read to its end
		if err != nil {
			t.Fatal(err)
		}
		noCanaries(t, fmt.Sprintf("the answer %d to %s %s", answer.StatusCode, r.Method, r.URL.Path), append(body, fmt.Sprint(answer.Header)...))
	}
}

// TestCanaries runs the program, lets visitors send every canary, and then
// looks for them in all that it wrote and answers.
func TestCanaries(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	public, admin := freeAddress(t), freeAddress(t)
	server := exec.Command("footfall", "serve", "--data", data, "--site", "example.test", "--zone", "UTC", "--trusted-proxy", "127.0.0.1",
		"--listen", public, "--admin-listen", admin)
	server.Env = append(os.Environ(), "FOOTFALL_ADMIN_PASSWORD=correct horse battery", "GOTRACEBACK=all")
	var printed bytes.Buffer
	server.Stdout, server.Stderr = &printed, &printed
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Process.Kill() }() // it has ended when all went well
	waitFor(t, "http://"+admin+"/readyz")

	for range 12 { // often enough for rows and counts to show
		sendAll(t, canaryRequests(t, "http://"+public))
	}
	noCanaries(t, "/metrics", read(t, "http://"+admin+"/metrics"))
	noCanaries(t, "/readyz", read(t, "http://"+admin+"/readyz"))
	for name, page := range asStaff(t, "http://"+public) {
		noCanaries(t, name, page)
	}
	today := time.Now().UTC().Format(time.DateOnly)
	for _, args := range [][]string{
		{"report", "--site", "example.test", "--from", today, "--to", today, "--by", "page"},
		{"report", "--site", "example.test", "--from", today, "--to", today, "--by", "referrer", "--format", "json"},
		{"report", "--site", "example.test", "--from", today, "--to", today, "--by", "error", "--format", "csv"},
		{"check", "--format", "json"}, {"site", "list"}, {"user", "list"}, {"notice"}, {"record"}, {"self-assessment", "--format", "json"}, {"backup", filepath.Join(dir, "backup.db")},
	} {
		out, err := exec.Command("footfall", append(args, "--data", data)...).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v", args, err)
		}
		noCanaries(t, strings.Join(args, " "), out)
	}
	noCanariesUnder(t, dir) // while it runs
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("the end: %v", err)
	}
	noCanaries(t, "what the server printed", printed.Bytes())
	noCanariesUnder(t, dir) // free pages too: nothing was compacted since
	if !bytes.Contains(readFile(t, filepath.Join(data, storeName)), []byte("/shown")) {
		t.Error("the database does not hold what may be kept: nothing was tested")
	}
}

func noCanariesUnder(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			noCanaries(t, path, readFile(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func read(t *testing.T, address string) []byte {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// asStaff logs in and returns what the dashboard shows, page by page.
func asStaff(t *testing.T, base string) map[string][]byte {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	answer, err := client.PostForm(base+"/login", url.Values{"name": {"admin"}, "password": {"correct horse battery"}})
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close() // only who is logged in afterwards matters
	out := make(map[string][]byte)
	today := time.Now().UTC().Format(time.DateOnly)
	yesterday := time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	span := "from=" + today + "&to=" + today
	for _, path := range []string{"/", "/about", "/doctor", "/sites/example.test", "/sites/example.test/setup", "/sites/example.test/settings", "/log", "/sites/example.test/by/page", "/sites/example.test/by/referrer", "/sites/example.test/by/download",
		"/api/v1/sites/example.test/report?" + span, "/api/v1/sites/example.test/report?by=page&" + span, "/api/v1/sites/example.test/report?by=error&" + span,
		"/api/v1/openapi.json", "/api/v1/sites/example.test/export?from=" + yesterday + "&to=" + yesterday} {
		answer, err := client.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close() // it was read to its end
		if err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != http.StatusOK || strings.HasSuffix(answer.Request.URL.Path, "/login") {
			t.Errorf("%s: status %d at %s", path, answer.StatusCode, answer.Request.URL.Path)
		}
		if answer.Header.Get("Content-Type") == "application/zip" {
			body = inflated(t, body)
		}
		out[path] = append(body, fmt.Sprint(answer.Header)...)
	}
	return out
}

// inflated returns the names and contents of a zip's files, which its own
// bytes do not show.
func inflated(t *testing.T, b []byte) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(append(out, f.Name...), text...)
	}
	return out
}

// panicky panics with what it was given, as a mistake of ours might.
type panicky struct{ reached atomic.Bool }

func (p *panicky) Record(_ context.Context, _ time.Time, h *hit.Hit) error {
	p.reached.Store(true)
	panic(fmt.Sprintf("%+v", h))
}

// TestCanariesInPanics forces a panic inside Reduce and one inside Record:
// both are answered 500, and the log names functions and nothing else.
func TestCanariesInPanics(t *testing.T) {
	var reduced atomic.Bool
	recorder := new(panicky)
	tests := []struct {
		name    string
		country func(netip.Prefix) hit.Country
		reached *atomic.Bool
		inside  string
	}{
		{"Reduce", func(p netip.Prefix) hit.Country { reduced.Store(true); panic(p.String() + canaryV4) }, &reduced, "privacy.(*Reducer).Reduce"},
		{"Record", nil, &recorder.reached, "panicky).Record"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var logged bytes.Buffer
			log := slog.New(slog.NewTextHandler(&logged, nil))
			intake, err := collector.New(collector.Options{
				Sites:    []collector.Site{{Host: mustHost(t, "example.test")}},
				Recorder: recorder, Country: tt.country,
				Peers:   edge.NewResolver([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}),
				OnPanic: func(functions string) { logPanic(log, functions) },
			})
			if err != nil {
				t.Fatal(err)
			}
			var panics atomic.Uint64
			server := httptest.NewUnstartedServer(nil)
			server.Config = newHTTPServer(&guard{next: newIntake(intake), panics: &panics, log: log}, &logged)
			server.Start()
			defer server.Close()
			sendAll(t, canaryRequests(t, server.URL))
			if !tt.reached.Load() || intake.Stats().Panics == 0 {
				t.Fatal("nothing panicked: nothing was tested")
			}
			noCanaries(t, "the log", logged.Bytes())
			if !strings.Contains(logged.String(), tt.inside) {
				t.Errorf("the log does not name %s:\n%s", tt.inside, logged.String())
			}
		})
	}
}

// TestGuardAnswersPanics is the same for what stands outside the intake.
func TestGuardAnswersPanics(t *testing.T) {
	var logged bytes.Buffer
	var panics atomic.Uint64
	server := httptest.NewUnstartedServer(nil)
	server.Config = newHTTPServer(&guard{
		next:   http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { panic(r.Header) }),
		panics: &panics, log: slog.New(slog.NewTextHandler(&logged, nil)),
	}, &logged)
	server.Start()
	defer server.Close()
	sendAll(t, canaryRequests(t, server.URL)[:1])
	if panics.Load() != 1 {
		t.Errorf("got %d panics counted, want 1", panics.Load())
	}
	noCanaries(t, "the log", logged.Bytes())
	if !strings.Contains(logged.String(), "TestGuardAnswersPanics") {
		t.Errorf("the log names no function:\n%s", logged.String())
	}
}
