package accesslog

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path"
	"strings"
	"testing"

	"footfall/collector/internal/shareddata"
)

// Of the crowdsec samples each line is read by the grammar or refused; of the
// formats that have no parser here no line is read, so none can fall on a
// wrong day.
func TestForeignFormats(t *testing.T) {
	f, err := os.Open(shareddata.Path(t, "logs/crowdsec_hub_samples.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // read only
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files, lines, parsed := 0, 0, 0
	for archive := tar.NewReader(z); ; {
		entry, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if entry.Typeflag != tar.TypeReg {
			continue
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		files++
		n, ok := readSample(t, path.Base(entry.Name), text)
		lines, parsed = lines+n, parsed+ok
	}
	if files != 57 || lines < 1024 {
		t.Errorf("%d files, %d lines; want 57, 1,024 and more", files, lines)
	}
	t.Logf("%d files, %d lines, %d read", files, lines, parsed)
}

// readSample reads one file and returns its lines and those that were read.
func readSample(t *testing.T, name string, text []byte) (lines, parsed int) {
	t.Helper()
	foreign := false
	for _, kind := range []string{"aws-alb", "bunkerweb", "envoy", "haproxy", "iis-xml", "magento", "catch-npm",
		"pfsense", "sympa", "traefik", "zoraxy", "bf-wordpress", "wpconfig", "generic-bf", "req_limit", "litespeed-admin-bf"} {
		foreign = foreign || strings.Contains(name, kind)
	}
	p, r := NewParser(Auto), new(Record)
	for line := range bytes.Lines(text) {
		lines++
		line = bytes.TrimSuffix(line, []byte("\n"))
		ok := p.Parse(bytes.Clone(line), r)
		if ok {
			parsed++
		}
		if bytes.HasPrefix(line, []byte("{")) {
			if want := bytes.Contains(line, []byte(`"logger":"http.log.access`)); ok != want {
				t.Errorf("%s, line %d: read is %v, want %v", name, lines, ok, want)
			}
			continue
		}
		if m := combinedRule.FindSubmatch(line); m != nil {
			if unix, valid := unixOf(string(m[1])); !ok || !valid || r.Unix != unix {
				t.Errorf("%s, line %d: a combined line was not read", name, lines)
			}
		} else if ok && !commonRule.Match(line) {
			t.Errorf("%s, line %d: read against the grammar", name, lines)
		}
	}
	if foreign && parsed > 0 {
		t.Errorf("%s: %d of %d lines of a foreign format were read", name, parsed, lines)
	}
	return lines, parsed
}
