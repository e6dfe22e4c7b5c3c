package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The import policy. A row is policy: change it in a commit of its own, with
// the reason, and never to make a build pass.
//
// A pattern is a package, or with /... at its end the package and everything
// below it. "std" is the standard library, "module" this module.

const module = "footfall"

// mayReach: the package may import, of what the second column names, nothing
// but the third; through marks that it may not even reach it through others.
var mayReach = []struct {
	from    string
	what    []string
	but     []string
	through bool
	why     string
}{
	{"footfall/aggregate/...", []string{"net", "net/netip", "net/url", "net/http", "github.com/labstack/...", "github.com/prometheus/..."}, nil, true,
		"what is counted knows no address, no URL and nobody to send it to"},
	{"footfall/aggregate/...", []string{"module"}, []string{"footfall/aggregate/..."}, true,
		"the aggregates know neither who collects nor who reads"},
	{"footfall/aggregate/hit", []string{"module", "github.com/...", "go.etcd.io/...", "golang.org/..."}, nil, true,
		"the vocabulary stands on the standard library alone"},
	{"footfall/aggregate/hit", []string{"os", "log", "log/slog", "net/..."}, nil, false,
		"nothing in the vocabulary can write or connect"},
	{"footfall/aggregate/publish", []string{"module"}, []string{"footfall/aggregate/hit"}, true,
		"the one door is pure: it gets numbers and gives published ones"},
	{"footfall/aggregate/publish", []string{"os", "log", "log/slog", "go.etcd.io/..."}, nil, false,
		"the one door reads and writes nothing"},
	{"footfall/aggregate/internal/block", []string{"module", "go.etcd.io/...", "os", "log", "log/slog"}, nil, false,
		"a pure codec: bytes in, bytes out"},
	{"footfall/aggregate/internal/distinct", []string{"module", "os", "io", "log", "log/slog", "go.etcd.io/..."}, nil, false,
		"who was seen today lives in memory and cannot be written"},
	{"footfall/aggregate/internal/store", []string{"module"}, []string{"footfall/aggregate/hit"}, true,
		"the store keeps bytes under names and knows nothing of their meaning"},

	{"footfall/collector/internal/privacy", []string{"fmt", "log", "log/slog", "os", "io", "bufio", "syscall", "net", "net/http",
		"github.com/prometheus/...", "github.com/labstack/...", "go.etcd.io/..."}, nil, false,
		"the boundary imports nothing it could write with"},
	{"footfall/collector/internal/privacy", []string{"module"}, []string{"footfall/aggregate/hit"}, true,
		"a raw request goes in, a hit comes out"},
	{"footfall/collector/internal/accesslog", []string{"os", "io", "net", "net/http", "log", "log/slog"}, nil, false,
		"bytes in, no I/O"},
	{"footfall/collector/internal/accesslog", []string{"module"}, []string{"footfall/collector/internal/jsonscan"}, true,
		"a log line is read without knowing what becomes of it"},
	{"footfall/collector/internal/jsonscan", []string{"module", "os", "io", "net/..."}, nil, false,
		"bytes in, no I/O"},
	{"footfall/collector/internal/country/...", []string{"net", "net/http", "github.com/labstack/...", "log", "log/slog"}, nil, true,
		"a table that a truncated prefix is looked up in"},
	{"footfall/collector/edge", []string{"module", "log", "log/slog", "os"}, []string{"footfall/collector/internal/privacy"}, false,
		"who is the peer: an address is cut where every other is, and there is nothing to write it with"},
	{"footfall/collector/...", []string{"module"}, []string{"footfall/collector/...", "footfall/aggregate/hit"}, true,
		"intake knows the vocabulary, not the store behind its Recorder"},
	{"footfall/collector/...", []string{"log", "log/slog", "github.com/prometheus/...", "go.etcd.io/..."}, nil, false,
		"only cmd logs and measures"},

	{"footfall/dashboard/...", []string{"module"}, []string{"footfall/dashboard/...", "footfall/aggregate", "footfall/aggregate/publish",
		"footfall/aggregate/hit", "footfall/collector/edge"}, false,
		"the dashboard reads published values and knows of intake only who the peer is"},
	{"footfall/dashboard/...", []string{"log", "log/slog", "github.com/prometheus/...", "go.etcd.io/..."}, nil, false,
		"only cmd logs and measures"},
	{"footfall/dashboard/internal/accounts", []string{"module"}, []string{"footfall/aggregate/hit"}, true,
		"who may read knows which sites there are and no number of theirs"},
	{"footfall/static", []string{"module", "log", "log/slog", "os"}, nil, false,
		"the script is bytes in the binary"},
	{"footfall/cmd/footfall/evidence", []string{"module", "os", "log", "log/slog", "net", "net/http", "github.com/...", "go.etcd.io/..."}, nil, false,
		"papers are words and the figures that are handed in"},
	{"footfall/cmd/footfall", []string{"testing", "plugin", "net/rpc", "net/smtp", "github.com/chromedp/...", "pgregory.net/...",
		"github.com/rogpeppe/..."}, nil, true,
		"the program holds nothing that only tests need"},
}

// onlyIn: a package may be imported directly by these packages alone.
var onlyIn = []struct {
	what string
	in   []string
	why  string
}{
	{"go.etcd.io/bbolt/...", []string{"footfall/aggregate/internal/store"}, "another store must be one package's work"},
	{"github.com/oschwald/...", []string{"footfall/collector/internal/country"}, "the operator's own database is read in one place"},
	{"github.com/mssola/useragent", []string{"footfall/collector/internal/privacy"}, "an agent is looked at behind the boundary only"},
	{"github.com/labstack/echo/v4/...", []string{"footfall/cmd/footfall", "footfall/collector", "footfall/dashboard"},
		"echo v4 ends at the close of 2026: the step to v5 must be small"},
	{"github.com/prometheus/...", []string{"footfall/cmd/footfall"}, "metrics are registered once, in one place"},
	{"github.com/alecthomas/kong", []string{"footfall/cmd/footfall"}, "the command line is the program's"},
	{"github.com/pelletier/go-toml/v2/...", []string{"footfall/cmd/footfall"}, "the configuration is the program's"},
	{"log/slog", []string{"footfall/cmd/footfall"}, "only cmd logs"},
	{"log", []string{"footfall/cmd/footfall"}, "only cmd logs; here to silence net/http"},
	{"github.com/chromedp/...", []string{"footfall/static/browsertest"}, "a browser is for tests"},
	{"testing", []string{"footfall/static/browsertest", "footfall/collector/internal/shareddata"}, "tests stand in _test files"},
}

// listed is what go list tells of a package.
type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
}

func listPackages(t *testing.T) map[string]*listed {
	t.Helper()
	command := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,Imports,Deps", "./...")
	command.Dir = repository(t)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := make(map[string]*listed)
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		p := new(listed)
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("read go list: %v", err)
		}
		all[p.ImportPath] = p
	}
}

// repository returns the root of the module.
func repository(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.mod above the test")
	return ""
}

func matches(pattern, path string) bool {
	switch pattern {
	case "module":
		return matches(module+"/...", path)
	}
	if base, below := strings.CutSuffix(pattern, "/..."); below {
		return path == base || strings.HasPrefix(path, base+"/")
	}
	return path == pattern
}

func matchesAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, path) })
}

// TestImportPolicy holds the arrows of DESIGN.md, section 2.
func TestImportPolicy(t *testing.T) {
	packages := listPackages(t)
	for _, row := range mayReach {
		seen := false
		for path, p := range packages {
			if !matches(row.from, path) {
				continue
			}
			seen = true
			reached := p.Imports
			if row.through {
				reached = p.Deps
			}
			for _, to := range reached {
				if matchesAny(row.what, to) && !matchesAny(row.but, to) && !matches(path, to) {
					t.Errorf("%s reaches %s, but: %s", path, to, row.why)
				}
			}
		}
		if !seen {
			t.Errorf("the policy names %s, and there is no such package", row.from)
		}
	}
	for _, row := range onlyIn {
		for path, p := range packages {
			if !matches(module+"/...", path) || slices.Contains(row.in, path) {
				continue
			}
			for _, to := range p.Imports {
				if matches(row.what, to) {
					t.Errorf("%s imports %s, but: %s", path, to, row.why)
				}
			}
		}
	}
	for path := range packages {
		if strings.HasPrefix(path, module+"/") && strings.Contains(path+"/", "/util/") {
			t.Errorf("%s: a package is named for one idea", path)
		}
	}
}

// TestPolicyBites holds that the policy finds what it is there to find.
func TestPolicyBites(t *testing.T) {
	tests := []struct {
		pattern, path string
		want          bool
	}{
		{"footfall/aggregate/...", "footfall/aggregate", true},
		{"footfall/aggregate/...", "footfall/aggregate/internal/store", true},
		{"footfall/aggregate/...", "footfall/aggregates", false},
		{"net", "net/http", false},
		{"net/...", "net/http", true},
		{"module", "footfall/static", true},
		{"module", "fmt", false},
	}
	for _, tt := range tests {
		if got := matches(tt.pattern, tt.path); got != tt.want {
			t.Errorf("matches(%q, %q) = %v, want %v", tt.pattern, tt.path, got, tt.want)
		}
	}
}
