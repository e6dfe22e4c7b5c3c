package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"footfall/collector/internal/country/table"
)

const header = `# Location Database Export
#
# Generated: Thu, 25 Jun 2026 04:33:59 GMT
# Vendor:    IPFire Project
# License:   CC BY-SA 4.0
#
`

// TestShipped holds that the table in the repository is what the generator
// makes of the files that country.txt names.
func TestShipped(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 650,000 lines: not in short mode")
	}
	sidecar, err := os.ReadFile(filepath.Join("..", sidecarName))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range inputs {
		content, err := os.ReadFile(filepath.Join(installed, name))
		if errors.Is(err, fs.ErrNotExist) {
			t.Skipf("%s is not there: tor-geoipdb is not installed", filepath.Join(installed, name))
		} else if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(sidecar), fmt.Sprintf("input     %s sha256 %x\n", name, sha256.Sum256(content))) {
			t.Skipf("%s has another digest than %s: another version of tor-geoipdb is installed", name, sidecarName)
		}
	}
	got, err := read(installed)
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := os.ReadFile(filepath.Join("..", tableName))
	if err != nil {
		t.Fatal(err)
	}
	// Unpacked, since another Go may compress in another way.
	if !bytes.Equal(unzip(t, got.packed), unzip(t, shipped)) {
		t.Errorf("%s is not what the generator makes: run go generate", tableName)
	}
	// The packed digest aside, for the same reason.
	wantText := withoutOutput(string(sidecar))
	_, rest, _ := strings.Cut(wantText, "tor-geoipdb ")
	version, _, _ := strings.Cut(rest, " (Debian)")
	if gotText := withoutOutput(got.sidecar(version)); gotText != wantText {
		t.Errorf("%s: got\n%s\nwant\n%s", sidecarName, gotText, wantText)
	}
}

func unzip(t *testing.T, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func withoutOutput(sidecar string) string {
	var out []string
	for line := range strings.Lines(sidecar) {
		if !strings.HasPrefix(line, "output ") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

// TestRun makes a small table, twice, and looks into it.
func TestRun(t *testing.T) {
	from, to, again := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, from, "geoip", header+"16777216,16777471,AU\n16777472,16778239,UK\n16778240,16779263,EU\n")
	write(t, from, "geoip6", header+"2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP\n2001:201::,2001:207:ffff:ffff:ffff:ffff:ffff:ffff,??\n")
	for _, dir := range []string{to, again} {
		if err := run(from, "1.2-3", dir); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{tableName, sidecarName} {
		if !bytes.Equal(slurp(t, to, name), slurp(t, again, name)) {
			t.Errorf("%s: made twice, other bytes", name)
		}
	}
	countries, err := table.Decode(slurp(t, to, tableName))
	if err != nil {
		t.Fatal(err)
	}
	for prefix, want := range map[string]string{
		"1.0.0.0/24": "AU", "1.0.1.0/24": "GB", "1.0.4.0/24": "(unknown)", "2001:200::/48": "JP", "2001:201::/48": "(unknown)",
	} {
		if got := countries.Lookup(netip.MustParsePrefix(prefix)).String(); got != want {
			t.Errorf("%s: got %s, want %s", prefix, got, want)
		}
	}
	if got, want := countries.Made(), time.Date(2026, 6, 25, 4, 33, 59, 0, time.UTC); !got.Equal(want) {
		t.Errorf("made: got %v, want %v", got, want)
	}
	if got := string(slurp(t, to, sidecarName)); !strings.Contains(got, "tor-geoipdb 1.2-3 (Debian)\nmade      2026-06-25T04:33:59Z\n") {
		t.Errorf("sidecar: got\n%s", got)
	}
	if err := run(from, "", to); err == nil {
		t.Error("files of no stated version: got a table")
	}
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func slurp(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRefuses holds that a file that is not as expected stops the generator.
func TestRefuses(t *testing.T) {
	const v4, v6 = "16777216,16777471,AU\n", "2001:200::,2001:200::ffff,JP\n"
	tests := []struct{ name, geoip, geoip6, want string }{
		{"another licence", strings.Replace(header, "CC BY-SA", "CC BY-NC", 1) + v4, header + v6, "licence"},
		{"no licence", "# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n" + v4, header + v6, "licence"},
		{"no time", "# License: CC BY-SA 4.0\n" + v4, header + v6, "when it was generated"},
		{"bad time", "# Generated: yesterday\n" + v4, header + v6, "line 1"},
		{"two times", header + v4, strings.Replace(header, "04:33", "04:34", 1) + v6, "another time"},
		{"no ranges", header, header + v6, "no ranges"},
		{"two fields", header + "1,2\n", header + v6, "line 7: 2 fields"},
		{"four fields", header + "1,2,FR,DE\n", header + v6, "line 7: 4 fields"},
		{"empty line", header + "\n" + v4, header + v6, "line 7"},
		{"not an address", header + "1,x,FR\n", header + v6, "line 7"},
		{"past IPv4", header + "1,4294967296,FR\n", header + v6, "line 7"},
		{"out of order", header + v4 + v4, header + v6, "line 8: ranges of addresses overlap"},
		{"bad IPv6", header + v4, header + "2001::g,2001::,FR\n", "line 7"},
		{"no second file", header + v4, "", "no line says"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			from := t.TempDir()
			write(t, from, "geoip", tt.geoip)
			write(t, from, "geoip6", tt.geoip6)
			if _, err := read(from); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
	if _, err := read(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no files: got %v", err)
	}
}
