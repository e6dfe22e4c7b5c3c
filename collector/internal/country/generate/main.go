// Command generate makes the table of countries that the program carries, out
// of the files of Debian's package tor-geoipdb:
//
//	apt-get install tor-geoipdb
//	go generate ./collector/internal/country
//
// It writes country.bin.gz and, beside it, country.txt: where the data are
// from, under which licence, and the digests of what was read and written.
// The same files give the same table.
package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"footfall/collector/internal/country/table"
)

const (
	installed   = "/usr/share/tor" // where the package puts its files
	tableName   = "country.bin.gz"
	sidecarName = "country.txt"
)

// inputs are the files of the package, IPv4 first.
var inputs = [...]string{"geoip", "geoip6"}

func main() {
	from := flag.String("from", installed, "`directory` with the files geoip and geoip6 of tor-geoipdb")
	version := flag.String("version", "", "`version` of tor-geoipdb they are from; not needed for the installed one")
	to := flag.String("to", ".", "`directory` that "+tableName+" and "+sidecarName+" are written to")
	flag.Parse()
	if err := run(*from, *version, *to); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1) //nolint:forbidigo // this main too ends its program
	}
}

func run(from, version, to string) error {
	switch {
	case version == "" && from != installed:
		return errors.New("-from needs -version: which tor-geoipdb the files are from")
	case version == "":
		out, err := exec.Command("dpkg-query", "--show", "--showformat=${Version}", "tor-geoipdb").Output()
		if err != nil {
			return fmt.Errorf("ask dpkg-query for the version of tor-geoipdb: %w", err)
		}
		version = strings.TrimSpace(string(out))
	}
	m, err := read(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(to, tableName), m.packed, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, sidecarName), []byte(m.sidecar(version)), 0o644)
}

// made is what came of the input files.
type made struct {
	inputs [len(inputs)][]byte
	table  *table.Table
	packed []byte
}

// read makes the table of the files in a directory.
func read(from string) (*made, error) {
	m := new(made)
	var b table.Builder
	var when time.Time
	for i, name := range inputs {
		path := filepath.Join(from, name)
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		of, err := readTor(bytes.NewReader(content), &b)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		if i > 0 && !of.Equal(when) {
			return nil, fmt.Errorf("read %s: generated at another time than %s", path, inputs[0])
		}
		m.inputs[i], when = content, of
	}
	m.table = b.Table(when)
	packed, err := table.Encode(m.table)
	if err != nil {
		return nil, fmt.Errorf("pack the table: %w", err)
	}
	m.packed = packed
	return m, nil
}

// sidecar is the text that accompanies the table.
func (m *made) sidecar(version string) string {
	var b strings.Builder
	line := func(name, format string, values ...any) {
		fmt.Fprintf(&b, "%-10s%s\n", name, fmt.Sprintf(format, values...))
	}
	fmt.Fprintf(&b, "%s, made by go generate; do not edit.\n\n", tableName)
	line("source", "IPFire Location Database, https://location.ipfire.org/")
	line("licence", "%s, https://creativecommons.org/licenses/by-sa/4.0/", licence)
	line("package", "tor-geoipdb %s (Debian)", version)
	line("made", "%s", m.table.Made().Format(time.RFC3339))
	for i, name := range inputs {
		line("input", "%s sha256 %x", name, sha256.Sum256(m.inputs[i]))
	}
	line("output", "%s sha256 %x", tableName, sha256.Sum256(m.packed))
	v4, v6 := m.table.Ranges()
	line("ranges", "%d IPv4, %d IPv6", v4, v6)
	line("changes", "cut to /%d and /%d, a block has the country of its first address; codes that", table.GrainV4, table.GrainV6)
	line("", "are no country are unknown, UK is GB; neighbours of one country are one")
	line("", "range; packed as package table says. The table stays under the licence above.")
	return b.String()
}
