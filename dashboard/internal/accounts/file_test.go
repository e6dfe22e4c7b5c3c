package accounts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var errDisk = errors.New("no space left")

func TestRefusedFiles(t *testing.T) {
	phc := cheap(good)
	key := `"device_key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="`
	user := `{"name":"ana","role":"admin","sites":[],"password":"` + phc + `","created":"2026-11-24"}`
	for name, tc := range map[string]struct {
		text string
		want error
	}{
		"empty":           {"", ErrDamaged},
		"cut":             {`{"version":1,`, ErrDamaged},
		"no version":      {`{"users":[]}`, ErrDamaged},
		"newer":           {`{"version":4,"passkeys":[]}`, ErrVersion},
		"settings":        {`{"version":3,` + key + `,"settings":{"listen":"a\nb"}}`, ErrDamaged},
		"unknown field":   {`{"version":1,` + key + `,"passkeys":[]}`, ErrDamaged},
		"text after":      {`{"version":1,` + key + `} {}`, ErrDamaged},
		"no key":          {`{"version":1}`, ErrDamaged},
		"user twice":      {`{"version":1,` + key + `,"users":[` + user + `,` + user + `]}`, ErrDamaged},
		"plain password":  {`{"version":1,` + key + `,"users":[` + strings.Replace(user, phc, good, 1) + `]}`, ErrDamaged},
		"role":            {`{"version":1,` + key + `,"users":[` + strings.Replace(user, "admin", "root", 1) + `]}`, ErrDamaged},
		"session, nobody": {`{"version":1,` + key + `,"sessions":[{"hash":"` + digest("x") + `","user":"ana"}]}`, ErrDamaged},
		"one user":        {`{"version":1,` + key + `,"users":[` + user + `]}`, nil},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "accounts.json")
		if err := os.WriteFile(path, []byte(tc.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", name, err, tc.want)
		}
		got, _ := os.ReadFile(path)
		if string(got) != tc.text {
			t.Errorf("%s: opening changed the file", name)
		}
		if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %o after opening, want 600", name, info.Mode().Perm())
		}
	}
}

// TestCrash fails every step of a replacement, once without and once with its
// effect on the disk, and looks at what memory and a new start hold.
func TestCrash(t *testing.T) {
	real := osDisk()
	for name, tc := range map[string]struct {
		spoil func(d *disk)
		holds bool // the change is there afterwards
	}{
		"write did nothing": {func(d *disk) { d.write = func(string, []byte) error { return errDisk } }, false},
		"write did half": {func(d *disk) {
			d.write = func(path string, b []byte) error { _ = real.write(path, b[:len(b)/2]); return errDisk }
		}, false},
		"write did all": {func(d *disk) {
			d.write = func(path string, b []byte) error { _ = real.write(path, b); return errDisk }
		}, false},
		"rename did nothing": {func(d *disk) { d.rename = func(string, string) error { return errDisk } }, false},
		"sync did nothing":   {func(d *disk) { d.sync = func(string) error { return errDisk } }, true},
		"sync did it":        {func(d *disk) { d.sync = func(dir string) error { _ = real.sync(dir); return errDisk } }, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			withUser(t, s, "ana", Viewer)
			tc.spoil(&s.disk)
			if _, _, err := s.AddToken(us, Read, nil); !errors.Is(err, errDisk) {
				t.Fatalf("got %v, want the disk's error", err)
			}
			want := 0
			if tc.holds {
				want = 1
			}
			if got := len(s.Tokens()); got != want {
				t.Errorf("%d tokens in memory, want %d", got, want)
			}
			if got := open(t, dir); len(got.Tokens()) != want || len(got.Users()) != 1 {
				t.Errorf("%d tokens and %d users after a restart, want %d and 1", len(got.Tokens()), len(got.Users()), want)
			}
			s.disk = real
			if _, _, err := s.AddToken(us, Read, nil); err != nil {
				t.Errorf("after the fault: %v", err)
			}
			if _, err := os.Stat(filepath.Join(dir, "accounts.json.tmp")); !errors.Is(err, fs.ErrNotExist) {
				t.Error("a temporary file is left")
			}
		})
	}
}

// TestCrashBetween stops as kill -9 would: the temporary file is there, the
// rename never came.
func TestCrashBetween(t *testing.T) {
	dir := t.TempDir()
	withUser(t, open(t, dir), "ana", Viewer)
	if err := os.WriteFile(filepath.Join(dir, "accounts.json.tmp"), []byte(`{"version":1,`), 0o644); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	withUser(t, s, "bob", Viewer)
	info, err := os.Stat(filepath.Join(dir, "accounts.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v), want 600 whatever the leftover had", info.Mode(), err)
	}
	if n := len(open(t, dir).Users()); n != 2 {
		t.Errorf("%d users, want 2", n)
	}
}

func TestRightsEndThoughTheDiskIsFull(t *testing.T) {
	s := open(t, t.TempDir())
	withUser(t, s, "ana", Viewer)
	in, err := s.LogIn(t.Context(), noon, &Attempt{Name: "ana", Password: good})
	if err != nil {
		t.Fatal(err)
	}
	text, made, err := s.AddToken(us, Read, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.disk.write = func(string, []byte) error { return errDisk }
	if err := s.LogOut(in.Secret); !errors.Is(err, errDisk) {
		t.Errorf("log-out hides the disk's error: %v", err)
	}
	if _, ok := s.Session(noon, in.Secret); ok {
		t.Error("the session lives on")
	}
	if _, ok := s.Token(noon, text); !ok {
		t.Error("a token whose use cannot be noted does not serve")
	}
	if err := s.RevokeToken(us, made.ID); !errors.Is(err, errDisk) {
		t.Errorf("revocation hides the disk's error: %v", err)
	}
	if _, ok := s.Token(noon, text); ok {
		t.Error("the revoked token serves")
	}
}

func TestConcurrentChanges(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	withUser(t, s, "ana", Viewer)
	const n = 24
	texts := make([]string, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			text, _, err := s.AddToken(us, Read, nil)
			if err != nil {
				t.Errorf("token %d: %v", i, err)
			}
			texts[i] = text
			secret, _, err := s.begin(noon, s.now.Load().users["ana"])
			if err != nil {
				t.Errorf("session %d: %v", i, err)
			}
			if _, ok := s.Session(noon, secret); !ok {
				t.Errorf("session %d is not there after it began", i)
			}
			_ = fmt.Sprint(s.Users(), s.Tokens()) // readers beside writers
			if i%2 == 0 {
				if err := s.LogOut(secret); err != nil {
					t.Errorf("log-out %d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	again := open(t, dir)
	for i, text := range texts {
		if _, ok := again.Token(noon, text); !ok {
			t.Errorf("token %d is lost", i)
		}
	}
	if got := len(again.now.Load().Sessions); got != n/2 {
		t.Errorf("%d sessions after the restart, want %d", got, n/2)
	}
}
