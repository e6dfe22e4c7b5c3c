package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// certificate writes a self-signed certificate and its key to a directory.
func certificate(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"stats.example.org"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	c, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: c}, key: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// loginProxy runs an nginx of the printed example, less one line where spoil is
// not "".
func loginProxy(t *testing.T, nginx, upstream, spoil string) (base string) {
	t.Helper()
	dir, listen := t.TempDir(), freeAddress(t)
	cert, key := certificate(t, dir)
	passwords := filepath.Join(dir, "passwords")
	if err := os.WriteFile(passwords, []byte("ana:{PLAIN}ana's password\nadmin:{PLAIN}admin's password\neve:{PLAIN}eve's password\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(
		"events {}", "pid "+filepath.Join(dir, "pid")+";\nerror_log stderr crit;\nevents {}", "server {", "server {\n access_log off;",
		"listen 443 ssl;", "listen "+listen+" ssl;", "http://127.0.0.1:8081;", "http://"+upstream+";",
		"/etc/nginx/stats.example.org.pem", cert, "/etc/nginx/stats.example.org.key", key, "/etc/nginx/footfall.htpasswd", passwords,
	).Replace(nginxLoginExample)
	if spoil != "" {
		if strings.Count(text, spoil) != 1 {
			t.Fatalf("%q is not a line of the example", spoil)
		}
		text = strings.Replace(text, spoil, "", 1)
	}
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	openToWorkers(t, dir)
	start(t, syscall.SIGQUIT, nginx, "-c", config, "-p", dir, "-g", "daemon off;")
	return "https://" + listen
}

// proxied is one question through nginx and what must come of it.
type proxied struct {
	name, path      string
	user            string // of basic authentication
	password        string
	headers         []string // as "Name: value"
	status          int
	shows, showsNot string
}

// ask puts a question and tells what is wrong with the answer, "" if nothing.
func (p *proxied) ask(client *http.Client, base string) string {
	r, err := http.NewRequest(http.MethodGet, base+p.path, nil)
	if err != nil {
		return err.Error()
	}
	r.Host = "stats.example.org"
	if p.user != "" {
		r.SetBasicAuth(p.user, p.password)
	}
	for _, h := range p.headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header[name] = append(r.Header[name], value) // as it stands, also where Go would write it otherwise
	}
	answer, err := client.Transport.RoundTrip(r)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	switch {
	case err != nil:
		return err.Error()
	case answer.StatusCode != p.status:
		return fmt.Sprintf("status %d, want %d", answer.StatusCode, p.status)
	case !strings.Contains(string(body), p.shows):
		return "the answer lacks " + p.shows
	case p.showsNot != "" && strings.Contains(string(body), p.showsNot):
		return "the answer shows " + p.showsNot
	}
	return ""
}

// TestNginxLogin runs the printed example: nginx asks who somebody is, and
// footfall believes nginx alone.
func TestNginxLogin(t *testing.T) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("no nginx on this machine")
	}
	data, board, admin := filepath.Join(t.TempDir(), "data"), freeAddress(t), freeAddress(t)
	start(t, syscall.SIGTERM, "footfall", "serve", "--data", data, "--site", "a.example", "--site", "b.example", "--listen", freeAddress(t),
		"--admin-listen", admin, "--dashboard-listen", board, "--trusted-proxy", "127.0.0.1", "--login-proxy", "127.0.0.1")
	waitFor(t, "http://"+admin+"/readyz")
	footfall := func(args ...string) string {
		t.Helper()
		out, err := exec.Command("footfall", append(args, "--data", data)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	footfall("user", "add", "ana", "--no-password", "--site", "a.example")
	footfall("user", "add", "admin", "--no-password", "--role", "admin")
	token := "Authorization: Bearer " + footfall("token", "add", "--site", "a.example")
	base := loginProxy(t, nginx, board, "")
	bare := loginProxy(t, nginx, board, "proxy_set_header Remote-User $footfall_user;")
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // its own certificate
	defer client.CloseIdleConnections()
	for _, address := range []string{base, bare} {
		for range 100 { // until it listens
			if (&proxied{path: "/", status: http.StatusUnauthorized}).ask(client, address) == "" {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	const report = "/api/v1/sites/a.example/report?from=2026-11-01&to=2026-11-02"
	const word = "ana's password"
	forged := proxied{name: "a name of the client's own", path: "/doctor", user: "ana", password: word, headers: []string{"Remote-User: admin"}, status: http.StatusForbidden}
	for _, p := range []proxied{
		{name: "anonymous", path: "/", status: http.StatusUnauthorized, showsNot: "a.example"},
		{name: "anonymous, the API", path: report, status: http.StatusUnauthorized},
		{name: "anonymous, with a name", path: "/", headers: []string{"Remote-User: admin"}, status: http.StatusUnauthorized, showsNot: "a.example"},
		{name: "a wrong password", path: "/", user: "ana", password: "x", status: http.StatusUnauthorized},
		{name: "ana", path: "/", user: "ana", password: word, status: http.StatusOK, shows: "a.example", showsNot: "b.example"},
		{name: "ana's site", path: "/sites/a.example", user: "ana", password: word, status: http.StatusOK},
		{name: "ana, another site", path: "/sites/b.example", user: "ana", password: word, status: http.StatusNotFound},
		{name: "ana, the API", path: report, user: "ana", password: word, status: http.StatusOK},
		forged,
		{name: "a name, twice", path: "/", user: "ana", password: word, headers: []string{"Remote-User: admin", "Remote-User: admin"}, status: http.StatusOK, showsNot: "b.example"},
		{name: "a name, otherwise written", path: "/", user: "ana", password: word, headers: []string{"remote-user: admin", "Remote_User: admin", "REMOTE-USER: admin"}, status: http.StatusOK, showsNot: "b.example"},
		{name: "admin", path: "/doctor", user: "admin", password: "admin's password", status: http.StatusOK},
		{name: "known to nginx alone", path: "/", user: "eve", password: "eve's password", status: http.StatusForbidden, showsNot: "a.example"},
		{name: "a token", path: report, headers: []string{token}, status: http.StatusOK},
		{name: "a token and a name", path: strings.Replace(report, "a.", "b.", 1), headers: []string{token, "Remote-User: admin"}, status: http.StatusNotFound},
		{name: "no token", path: report, headers: []string{"Authorization: Bearer fft_x", "Remote-User: admin"}, status: http.StatusUnauthorized},
		{name: "a token opens no page", path: "/", headers: []string{token, "Remote-User: admin"}, status: http.StatusSeeOther},
		{name: "a password and a token", path: "/", headers: []string{"Authorization: Bearer x", "Authorization: Basic YWRtaW46eA=="}, status: http.StatusBadRequest},
	} {
		if wrong := p.ask(client, base); wrong != "" {
			t.Errorf("%s: %s", p.name, wrong)
		}
	}
	if forged.ask(client, bare) == "" {
		t.Error("without the line that overrides the client's header nothing is noticed: the test proves nothing")
	}
}

// TestNginxSingleSignOn lets nginx read the example with the lines that its
// remark gives for auth_request.
func TestNginxSingleSignOn(t *testing.T) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("no nginx on this machine")
	}
	dir := t.TempDir()
	cert, key := certificate(t, dir)
	var lines []string
	for line := range strings.Lines(nginxLoginExample) {
		switch {
		case strings.Contains(line, "#   auth_request"):
			line = strings.Replace(line, "#", "", 1)
		case strings.Contains(line, " auth_basic"):
			continue
		case strings.Contains(line, "Remote-User $footfall_user"):
			line = strings.Replace(line, "$footfall_user", "$footfall_who", 1)
		}
		lines = append(lines, line)
	}
	text := strings.NewReplacer("events {}", "pid "+filepath.Join(dir, "pid")+";\nerror_log stderr;\nevents {}", "server {", "server {\n access_log off;", "listen 443 ssl;", "listen "+freeAddress(t)+" ssl;",
		"/etc/nginx/stats.example.org.pem", cert, "/etc/nginx/stats.example.org.key", key).Replace(strings.Join(lines, ""))
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(nginx, "-t", "-c", config, "-p", dir).CombinedOutput(); err != nil || strings.Count(text, "$footfall_who") < 3 {
		t.Errorf("nginx -t: %v\n%s", err, out)
	}
}
