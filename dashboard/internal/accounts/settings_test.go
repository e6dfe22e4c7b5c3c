package accounts

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// whats returns what the log says, oldest first.
func whats(s *Store) (out []string) {
	for _, e := range slices.Backward(s.Log()) {
		out = append(out, e.What)
	}
	return out
}

func TestNoteSettings(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	start := func(at time.Time, settings map[string]string) {
		t.Helper()
		if err := s.NoteSettings(By{at, "server"}, "started", settings); err != nil {
			t.Fatal(err)
		}
	}
	start(noon, map[string]string{"listen": `":80"`, "retention_months": "13"})
	if got := whats(s); !slices.Equal(got, []string{"started"}) {
		t.Fatalf("the first start: %q", got)
	}
	s = open(t, dir) // another process
	writes := 0
	real := s.disk
	s.disk.write = func(path string, b []byte) error { writes++; return real.write(path, b) }
	for i := range 100 {
		start(noon.Add(time.Duration(i)*time.Second), map[string]string{"listen": `":80"`, "retention_months": "13"})
	}
	if writes != 0 || len(s.Log()) != 1 {
		t.Errorf("a hundred starts more wrote %d times and left %d entries", writes, len(s.Log()))
	}
	start(noon.Add(time.Hour), map[string]string{"retention_months": "6", "site a.example: zone": `"UTC"`})
	want := []string{
		"started", `setting listen is not given any more, was ":80"`, "setting retention_months is 6, was 13",
		`setting site a.example: zone is "UTC", was not given`,
	}
	if got := whats(s); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	start(noon.Add(2*time.Hour), map[string]string{"retention_months": "6", "site a.example: zone": `"UTC"`})
	start(noon.Add(24*time.Hour), map[string]string{"retention_months": "6", "site a.example: zone": `"UTC"`})
	if got := whats(s); !slices.Equal(got, append(want, "started", "started")) {
		t.Errorf("after two more starts, on two days: %q", got)
	}
}

func TestNoteSettingsIsBounded(t *testing.T) {
	s := open(t, t.TempDir())
	settings := func(n int, value string) map[string]string {
		out := make(map[string]string)
		for i := range n {
			out[fmt.Sprintf("site %d.example: zone", i)] = value
		}
		return out
	}
	for _, v := range []string{"UTC", "a line\nand " + strings.Repeat("more", 100)} {
		if err := s.NoteSettings(us, "started", settings(1000, v)); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Log(); len(got) != 1+maxChanges+1 || got[0].What != "and 950 settings more" {
		t.Errorf("%d entries, the newest %q", len(got), got[0].What)
	}
	open(t, s.path[:len(s.path)-len("/accounts.json")]) // what it wrote it reads
	if s.NoteSettings(us, "started", settings(maxSettings+1, "x")) == nil {
		t.Error("settings without end are kept")
	}
}
