package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// rotated writes 45 daily logs as logrotate leaves them at half past four: each
// has the end of one day and the beginning of the next, twenty visitors with
// three pages in twenty minutes at each full hour. It returns them oldest first.
func rotated(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	begin := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -47).Add(4*time.Hour + 30*time.Minute)
	var names []string
	for file := range 45 {
		var b bytes.Buffer
		for hour := range 24 {
			at := begin.AddDate(0, 0, file).Add(time.Duration(hour) * time.Hour)
			for view := range 3 {
				for visitor := range 20 {
					fmt.Fprintf(&b, "198.51.%d.0 - - [%s] \"GET /page-%d HTTP/1.1\" 200 1 \"-\" \"Mozilla/5.0 (X11; Linux x86_64; rv:157.0) Gecko/20100101 Firefox/157.0\" ff1\n",
						visitor, at.Add(time.Duration(view)*10*time.Minute).Format("02/Jan/2006:15:04:05 -0700"), view)
				}
			}
		}
		name := filepath.Join(dir, fmt.Sprintf("access.log.%02d", 45-file))
		if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

// TestImportOfRotatedLogs: files in the order in which a shell lists them,
// newest first, make the same days as oldest first; a log within which time
// goes back is told.
func TestImportOfRotatedLogs(t *testing.T) {
	names := rotated(t)
	run := func(data string, files ...string) (stdout, stderr string) {
		t.Helper()
		var out, errs bytes.Buffer
		cmd := exec.Command("footfall", append([]string{"import", "--data", data, "--site", "example.test", "--zone", "UTC", "--json"}, files...)...)
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			t.Fatalf("import: %v\n%s", err, errs.String())
		}
		return out.String(), errs.String()
	}
	report := func(data string) string {
		t.Helper()
		from, to := time.Now().UTC().AddDate(0, 0, -46).Format(time.DateOnly), time.Now().UTC().AddDate(0, 0, -3).Format(time.DateOnly)
		out, err := exec.Command("footfall", "report", "--data", data, "--site", "example.test", "--from", from, "--to", to, "--by", "day", "--format", "csv").Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	dir := t.TempDir()
	inOrder, newestFirst, oneFile := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "c")
	if _, warned := run(inOrder, names...); warned != "" {
		t.Errorf("in order, and warned: %s", warned)
	}
	want := report(inOrder)
	slices.Reverse(names)
	if summary, warned := run(newestFirst, names...); warned != "" || strings.Contains(summary, "earlier_lines") || !strings.Contains(summary, `"refused_days":0,`) {
		t.Errorf("newest first: %s%s", summary, warned)
	}
	if got := report(newestFirst); got != want {
		t.Errorf("newest first:\n%s\nwant\n%s", got, want)
	}
	var joined []byte
	for _, name := range names[:5] {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		joined = append(joined, b...)
	}
	whole := filepath.Join(dir, "joined.log")
	if err := os.WriteFile(whole, joined, 0o600); err != nil {
		t.Fatal(err)
	}
	if summary, warned := run(oneFile, whole); !strings.Contains(warned, "merged by time") || !strings.Contains(summary, `"earlier_lines":`) {
		t.Errorf("one file in which time goes back: %s%s", summary, warned)
	}
}
