package main

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nginxFile lays the printed example out in a directory, with ports and paths
// of its own.
func nginxFile(t *testing.T, dir, listen, upstream string) (config, log string) {
	t.Helper()
	log = filepath.Join(dir, "footfall.log")
	text := strings.NewReplacer(
		"events {}", "pid "+filepath.Join(dir, "pid")+";\nerror_log stderr;\nevents {}",
		"listen 80;", "listen "+listen+";",
		"127.0.0.1:8080;", upstream+";",
		"/var/log/nginx/footfall.log footfall", log+" footfall",
		"/var/www/html", filepath.Join(dir, "html"),
	).Replace(nginxExample)
	config = filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config, log
}

// TestNginxExample runs the printed configuration: what it logs is what it
// promises, import takes it without --objections-unknown, and footfall
// answers under the site's own host.
func TestNginxExample(t *testing.T) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("no nginx on this machine")
	}
	dir := t.TempDir()
	listen, upstream, admin := freeAddress(t), freeAddress(t), freeAddress(t)
	config, logged := nginxFile(t, dir, listen, upstream)
	html := filepath.Join(dir, "html")
	if err := os.MkdirAll(filepath.Join(html, "page"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"index.html", "page/index.html"} {
		if err := os.WriteFile(filepath.Join(html, name), []byte("a page"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	openToWorkers(t, dir)
	if out, err := exec.Command(nginx, "-t", "-c", config, "-p", dir).CombinedOutput(); err != nil {
		t.Fatalf("nginx -t: %v\n%s", err, out)
	}
	start(t, syscall.SIGTERM, "footfall", "serve", "--data", filepath.Join(dir, "data"), "--site", "www.example.org",
		"--listen", upstream, "--admin-listen", admin, "--trusted-proxy", "127.0.0.1")
	waitFor(t, "http://"+admin+"/readyz")
	start(t, syscall.SIGQUIT, nginx, "-c", config, "-p", dir, "-g", "daemon off;")
	waitFor(t, "http://"+listen+"/")

	visit := func(path string, headers ...string) {
		t.Helper()
		r, err := http.NewRequest(http.MethodGet, "http://"+listen+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("User-Agent", firefox)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close() // only the log matters
	}
	visit("/page/?"+canaryQuery+"&b", "Referer", "https://ref.example:8443/"+canaryReferrer+"?"+canaryQuery)
	visit("/page/", "Referer", "http://"+canaryUser+"@ref.example/"+canaryReferrer)
	visit("/page/", "Referer", "android-app://"+canaryReferrer)
	visit("/page/refused", "DNT", "1")
	visit("/page/refused", "Sec-GPC", "1")
	visit("/page/refused", "Cookie", "a=b; footfall_optout=1")
	visit("/page/", "Cookie", "footfall_optout=0; a=1", "Sec-GPC", "0")

	page := `127.0.0.0 - - [*] "GET /page/ HTTP/1.1" 200 6 `
	agent := `"` + firefox + `" ff1`
	want := []string{page + `"https://ref.example/" ` + agent, page + `"-" ` + agent, page + `"-" ` + agent, page + `"-" ` + agent}
	lines := linesOf(t, logged)
	for range 100 { // nginx writes a line after the answer has gone
		if len(lines) >= len(want) {
			break
		}
		time.Sleep(10 * time.Millisecond)
		lines = linesOf(t, logged)
	}
	if got := strings.Join(lines, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("the log holds\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	noCanaries(t, "the log", readFile(t, logged))

	out, err := exec.Command("footfall", "import", "--site", "www.example.org", "--json", "--dry-run", "--data", filepath.Join(dir, "none"), logged).CombinedOutput()
	var summary struct{ Lines, Parsed, Malformed int }
	if err != nil || json.Unmarshal(out, &summary) != nil || summary.Parsed != summary.Lines || summary.Lines < len(want) {
		t.Errorf("import: %v\n%s", err, out)
	}
	if bytes.Contains(out, []byte("caution")) {
		t.Errorf("import takes the log for an ordinary one:\n%s", out)
	}

	if b := read(t, "http://"+listen+"/footfall/beacon.js"); !bytes.Contains(b, []byte("footfall")) {
		t.Error("the script is not under the site's own host")
	}
	r, err := http.NewRequest(http.MethodPost, "http://"+listen+"/footfall/hit", strings.NewReader(`{"k":"view","p":"/page/"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "https://www.example.org")
	r.Header.Set("User-Agent", firefox)
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || answer.StatusCode != http.StatusAccepted {
		t.Errorf("the beacon: %v, %v", answer, err)
	}
	if strings.Contains(string(readFile(t, logged)), "/footfall/") {
		t.Error("requests to footfall are logged")
	}
}

// linesOf returns a log's lines without their times, but for those of waitFor.
func linesOf(t *testing.T, log string) (lines []string) {
	t.Helper()
	for line := range strings.Lines(string(readFile(t, log))) {
		if !strings.Contains(line, `"GET / HTTP`) {
			lines = append(lines, regexp.MustCompile(`\[[^]]*\]`).ReplaceAllString(strings.TrimSpace(line), "[*]"))
		}
	}
	return lines
}

// openToWorkers lets nginx's workers, who are not root, read below a
// directory of the test.
func openToWorkers(t *testing.T, dir string) {
	t.Helper()
	for ; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// start runs a program until the test ends, and then ends it by a signal.
func start(t *testing.T, end syscall.Signal, name string, args ...string) {
	t.Helper()
	command := exec.Command(name, args...)
	var printed bytes.Buffer
	command.Stdout, command.Stderr = &printed, &printed
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(end) // it may have ended already; Wait tells
		if err := command.Wait(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, printed.String())
		}
	})
}

// TestPrintedMatchesTheProgram holds that the examples say what the program
// reads.
func TestPrintedMatchesTheProgram(t *testing.T) {
	for name, text := range map[string]string{"nginx": nginxExample, "caddy": caddyExample} {
		for _, want := range []string{"--trusted-proxy", "--public-url https://www.example.org" + snippetBase, snippetBase + "/", "footfall_optout", "footfall import --site www.example.org"} {
			if !strings.Contains(text, want) {
				t.Errorf("the %s example does not name %s", name, want)
			}
		}
		if _, port, err := net.SplitHostPort(defaultListen); err != nil || !strings.Contains(text, "127.0.0.1:"+port) {
			t.Errorf("the %s example does not lead to the default port", name)
		}
	}
}

// TestCaddyLog imports lines as Caddy writes them under the printed
// configuration.
func TestCaddyLog(t *testing.T) {
	line := `{"level":"info","ts":%TS%,"logger":"http.log.access.footfall","msg":"handled request","request":{"remote_ip":"192.0.2.0",` +
		`"client_ip":"192.0.2.0","proto":"HTTP/1.1","method":"GET","host":"www.example.org","uri":"/page/","headers":{"User-Agent":["` + firefox + `"],` +
		`"Referer":["https://ref.example/"]}},"bytes_read":0,"duration":0.001,"size":6,"status":200}` + "\n"
	file := filepath.Join(t.TempDir(), "caddy.log")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(line, "%TS%", "1763971200.25")), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("footfall", "import", "--site", "www.example.org", "--json", "--dry-run", "--format", "caddy", "--data", "none", file).CombinedOutput()
	want := `{"lines":1,"parsed":1,"malformed":0,"refused_days":0,"days":{"2025-11-24":{"views":1,"visitors":1,"bots":0}}}` + "\n"
	if err != nil || string(out) != want {
		t.Errorf("got %v, %s, want %s", err, out, want)
	}
}

// TestProxyParts holds that the parts shown on the set-up page are whole.
func TestProxyParts(t *testing.T) {
	nginx, caddy := proxyParts()
	for name, text := range map[string][3]string{
		"nginx": {nginx, "location /footfall/ {\n    access_log off;\n", "proxy_pass http://127.0.0.1:8080/;"},
		"caddy": {caddy, "handle_path /footfall/* {\n\tlog_skip\n", "reverse_proxy 127.0.0.1:8080"},
	} {
		if !strings.HasPrefix(text[0], text[1]) || !strings.Contains(text[0], text[2]) || !strings.HasSuffix(text[0], "\n}") {
			t.Errorf("%s: %q", name, text[0])
		}
	}
	if got := part(nginxExample, "location /nowhere {"); got != "" {
		t.Errorf("a part that is not there: %q", got)
	}
}
