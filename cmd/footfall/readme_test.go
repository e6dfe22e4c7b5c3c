package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"footfall/static"
)

// TestReadme holds that the README says what the program is.
func TestReadme(t *testing.T) {
	text := string(readFile(t, filepath.Join(repository(t), "README.md")))
	if want := static.Snippet(snippetBase); !strings.Contains(text, want) {
		t.Errorf("the snippet is not %s", want)
	}
	for i := range reflect.TypeFor[settingFlags]().NumField() {
		name := reflect.TypeFor[settingFlags]().Field(i).Name
		flag := "`--" + strings.ToLower(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(name, "$1-$2")) + "`"
		if !strings.Contains(text, flag) {
			t.Errorf("the flag %s is not told", flag)
		}
	}
	for name := range strings.FieldsSeq("serve import report explain check compact backup restore demo rotate site user token print config health version") {
		if !strings.Contains(text, "`"+name) {
			t.Errorf("the command %s is not told", name)
		}
	}
	series := regexp.MustCompile(`(?m)^# TYPE (footfall_[a-z_]+) `)
	for _, found := range series.FindAllStringSubmatch(string(readFile(t, "testdata/metrics.golden")), -1) {
		if !strings.Contains(text, "`"+found[1]) {
			t.Errorf("the series %s is not told", found[1])
		}
	}
}

// TestReadmeConfiguration holds that the example in the README is one.
func TestReadmeConfiguration(t *testing.T) {
	_, example, found := strings.Cut(string(readFile(t, filepath.Join(repository(t), "README.md"))), "```toml\n")
	example, _, closed := strings.Cut(example, "```")
	if !found || !closed {
		t.Fatal("no example")
	}
	file := filepath.Join(t.TempDir(), "footfall.toml")
	if err := os.WriteFile(file, []byte(example), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := loadConfig(file, nil, new(settingFlags), func(flag string) string { return flag }); err != nil {
		t.Error(err)
	}
}

// forbidden are words that the regulator does not let a tool say of itself,
// in any language.
var forbidden = regexp.MustCompile(`(?i)certified|certifiée?|approved|homologu|exempt|no consent|without consent|validated by|validée? par`)

// TestForbiddenWords holds that nothing the program says of itself claims
// what only its publisher can establish.
func TestForbiddenWords(t *testing.T) {
	texts := map[string]string{"the nginx example": nginxExample, "the Caddy example": caddyExample}
	for _, name := range []string{"README.md", "CHANGELOG.md", "SECURITY.md", "Dockerfile", "static/beacon.js", "static/beacon-more.js", "static/beacon-test.js", "static/beacon.d.ts", "collector/testpage.go"} {
		texts[name] = string(readFile(t, filepath.Join(repository(t), name)))
	}
	templates, err := filepath.Glob(filepath.Join(repository(t), "dashboard", "templates", "*"))
	if err != nil || len(templates) == 0 {
		t.Fatalf("no templates: %v", err)
	}
	words, err := filepath.Glob(filepath.Join(repository(t), "dashboard", "*words*.go"))
	if err != nil || len(words) == 0 {
		t.Fatalf("no words: %v", err)
	}
	papers, err := filepath.Glob(filepath.Join(repository(t), "cmd", "footfall", "evidence", "*", "*"))
	if err != nil || len(papers) == 0 {
		t.Fatalf("no papers: %v", err)
	}
	for _, name := range slices.Concat(templates, words, papers) {
		texts[name] = string(readFile(t, name))
	}
	for name, text := range texts {
		for _, found := range forbidden.FindAllString(text, -1) {
			t.Errorf("%s says %q", name, found)
		}
	}
}
