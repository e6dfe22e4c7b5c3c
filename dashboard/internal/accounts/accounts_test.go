package accounts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

var us = By{noon, "test"}

const good = "correct horse battery"

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return s
}

// cheap returns a PHC string of a password that costs next to nothing to check.
func cheap(password string) string {
	p := &phc{kib: 8, passes: 1, lanes: 1, salt: []byte("saltsalt"), key: make([]byte, 16)}
	return mustKey(p, password).String()
}

// withUser puts a user with a cheap password into a store.
func withUser(t *testing.T, s *Store, name string, role Role, sites ...string) {
	t.Helper()
	u := User{Name: name, Role: role, Rights: Rights{append([]string{}, sites...)}, Password: cheap(good), Created: day(noon)}
	if err := s.change(func(st *state) error { return st.add(us, u) }); err != nil {
		t.Fatalf("add user: %v", err)
	}
}

func TestUserRoundTrip(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if err := s.AddUser(t.Context(), us, "ana", Viewer, []string{"b.example", "a.example", "b.example"}, good); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "accounts.json"))
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("mode %o, want 600", got)
	}
	got := open(t, dir).Users()
	if len(got) != 1 || got[0].Name != "ana" || got[0].Role != Viewer || got[0].Password != "" ||
		strings.Join(got[0].Sites, " ") != "a.example b.example" || got[0].Created != "2026-11-24" {
		t.Errorf("users after reopening: %+v", got)
	}
	in, err := open(t, dir).LogIn(t.Context(), noon, &Attempt{Name: "ana", Password: good})
	if err != nil {
		t.Fatalf("log in: %v", err)
	}
	if u, ok := open(t, dir).Session(noon, in.Secret); !ok || u.Name != "ana" || u.Password != "" {
		t.Errorf("session after restart: %+v, %v", u, ok)
	}
	b, err := os.ReadFile(filepath.Join(dir, "accounts.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{good, in.Secret, in.Device} {
		if strings.Contains(string(b), secret) {
			t.Errorf("the file holds a secret in the clear")
		}
	}
}

func TestMistakes(t *testing.T) {
	s := open(t, t.TempDir())
	withUser(t, s, "ana", Viewer)
	add := func(name string, role Role, site, password string) error {
		return s.AddUser(t.Context(), us, name, role, []string{site}, password)
	}
	for name, tc := range map[string]struct{ got, want error }{
		"exists":          {add("ana", Viewer, "a.example", good), ErrExists},
		"empty name":      {add("", Viewer, "a.example", good), ErrName},
		"capital":         {add("Ana", Viewer, "a.example", good), ErrName},
		"leading dot":     {add(".ana", Viewer, "a.example", good), ErrName},
		"control":         {add("a\nb", Viewer, "a.example", good), ErrName},
		"long name":       {add(strings.Repeat("a", 65), Viewer, "a.example", good), ErrName},
		"role":            {add("bob", "root", "a.example", good), ErrRole},
		"site":            {add("bob", Viewer, "A.example", good), ErrSite},
		"short":           {add("bob", Viewer, "a.example", "elevenchars"), ErrPassword},
		"twelve bytes":    {add("bob", Viewer, "a.example", "éééééé"), ErrPassword},
		"long":            {add("bob", Viewer, "a.example", strings.Repeat("a", 1025)), ErrPassword},
		"remove":          {s.RemoveUser(us, "bob"), ErrUnknown},
		"password":        {s.SetPassword(t.Context(), us, "bob", good), ErrUnknown},
		"rights":          {s.SetRights(us, "bob", Admin, nil), ErrUnknown},
		"revoke":          {s.RevokeToken(us, "00000000"), ErrUnknown},
		"kind":            {func() error { _, _, err := s.AddToken(us, "write", nil); return err }(), ErrKind},
		"admin's too low": {s.EnsureAdmin(t.Context(), us, "short"), ErrPassword},
	} {
		if !errors.Is(tc.got, tc.want) {
			t.Errorf("%s: got %v, want %v", name, tc.got, tc.want)
		}
		if !IsMistake(tc.got) {
			t.Errorf("%s: not told as the caller's mistake", name)
		}
	}
	if n := len(s.Users()); n != 1 {
		t.Errorf("%d users after refused changes, want 1", n)
	}
}

func TestRights(t *testing.T) {
	a, _ := hit.ParseHost("a.example")
	b, _ := hit.ParseHost("b.example")
	some, all := Rights{[]string{"a.example"}}, Rights{}
	if !some.May(a) || some.May(b) || !all.May(a) || !all.May(b) {
		t.Error("rights do not follow the list of sites")
	}
}

func TestSessionsEnd(t *testing.T) {
	begin := func(t *testing.T, s *Store) string {
		t.Helper()
		in, err := s.LogIn(t.Context(), noon, &Attempt{Name: "ana", Password: good})
		if err != nil {
			t.Fatalf("log in: %v", err)
		}
		return in.Secret
	}
	for name, end := range map[string]func(*Store, string) error{
		"log-out":  func(s *Store, secret string) error { return s.LogOut(secret) },
		"password": func(s *Store, _ string) error { return s.SetPassword(context.Background(), us, "ana", good+" staple") },
		"role":     func(s *Store, _ string) error { return s.SetRights(us, "ana", Admin, nil) },
		"sites":    func(s *Store, _ string) error { return s.SetRights(us, "ana", Viewer, []string{"a.example"}) },
		"removal":  func(s *Store, _ string) error { return s.RemoveUser(us, "ana") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			withUser(t, s, "ana", Viewer)
			secret := begin(t, s)
			if _, ok := s.Session(noon.Add(SessionLife-time.Second), secret); !ok {
				t.Fatal("the session is dead before its time")
			}
			if _, ok := s.Session(noon.Add(SessionLife), secret); ok {
				t.Error("the session outlives seven days")
			}
			if err := end(s, secret); err != nil {
				t.Fatal(err)
			}
			if _, ok := s.Session(noon, secret); ok {
				t.Error("the session lives on")
			}
			if _, ok := open(t, dir).Session(noon, secret); ok {
				t.Error("the session lives on after a restart")
			}
		})
	}
}

func TestSessionsAreCapped(t *testing.T) {
	s := open(t, t.TempDir())
	withUser(t, s, "ana", Viewer)
	withUser(t, s, "bob", Viewer)
	bob, _, err := s.begin(noon, s.now.Load().users["bob"])
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for i := range sessionsPerUser + 3 {
		secret, _, err := s.begin(noon.Add(time.Duration(i)*time.Second), s.now.Load().users["ana"])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, secret)
	}
	for i, secret := range all {
		if _, ok := s.Session(noon, secret); ok != (i >= 3) {
			t.Errorf("session %d of %d lives: %v", i, len(all), ok)
		}
	}
	if _, ok := s.Session(noon, bob); !ok {
		t.Error("another user's session made way")
	}
	if _, _, err := s.begin(noon.Add(SessionLife+time.Hour), s.now.Load().users["ana"]); err != nil {
		t.Fatal(err)
	}
	if n := len(s.now.Load().Sessions); n != 1 {
		t.Errorf("%d sessions kept, want the new one only", n)
	}
}

func TestPasswordChangeDuringLogIn(t *testing.T) {
	s := open(t, t.TempDir())
	withUser(t, s, "ana", Viewer)
	seen := s.now.Load().users["ana"]
	if err := s.SetPassword(t.Context(), us, "ana", "another password"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.begin(noon, seen); !errors.Is(err, ErrCredentials) {
		t.Errorf("a session began with the password of before: %v", err)
	}
}

func TestTokens(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	text, made, err := s.AddToken(us, Read, []string{"a.example"})
	if err != nil {
		t.Fatal(err)
	}
	if len(text) != len(TokenPrefix)+43 || !strings.HasPrefix(text, TokenPrefix) {
		t.Errorf("token has %d characters", len(text))
	}
	got, ok := s.Token(noon.Add(48*time.Hour), text)
	if !ok || got.ID != made.ID || got.Kind != Read || got.Hash != "" {
		t.Errorf("token: %+v, %v", got, ok)
	}
	if list := open(t, dir).Tokens(); len(list) != 1 || list[0].Used != "2026-11-26" || list[0].Hash != "" {
		t.Errorf("tokens after reopening: %+v", list)
	}
	if _, ok := s.Token(noon, text+"x"); ok {
		t.Error("a longer text is taken for the token")
	}
	if err := s.RevokeToken(us, made.ID); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Token(noon, text); ok {
		t.Error("a revoked token serves")
	}
}

func TestSetup(t *testing.T) {
	s := open(t, t.TempDir())
	if s.SetupValid("") {
		t.Error("no secret opens the page before one was made")
	}
	secret := s.SetupSecret()
	if secret != s.SetupSecret() || len(secret) != 43 {
		t.Errorf("secret of %d characters, or a new one each time", len(secret))
	}
	if _, err := s.SetUp(t.Context(), noon, secret[1:]+"A", "ana", good); !errors.Is(err, ErrSetup) {
		t.Errorf("wrong secret: %v", err)
	}
	if _, err := s.SetUp(t.Context(), noon, secret, "ana", "short"); !errors.Is(err, ErrPassword) {
		t.Errorf("short password: %v", err)
	}
	if !s.SetupValid(secret) {
		t.Fatal("a refused password used the secret up")
	}
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() { _, errs[i] = s.SetUp(t.Context(), noon, secret, fmt.Sprintf("user%d", i), good) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, ErrSetup) {
			t.Errorf("the losers get %v", err)
		}
	}
	if won != 1 || len(s.Users()) != 1 || s.Users()[0].Role != Admin {
		t.Errorf("%d set-ups won, users %+v", won, s.Users())
	}
	if s.SetupValid(secret) || s.SetupSecret() != "" {
		t.Error("the secret lives on")
	}
}

func TestSetupEndsWhenAUserIsAdded(t *testing.T) {
	s := open(t, t.TempDir())
	secret := s.SetupSecret()
	withUser(t, s, "ana", Admin)
	if s.SetupValid(secret) {
		t.Error("the page is open though a user exists")
	}
	if _, err := s.SetUp(t.Context(), noon, secret, "eve", good); !errors.Is(err, ErrSetup) {
		t.Errorf("set-up beside a user: %v", err)
	}
}

func TestEnsureAdmin(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if err := s.EnsureAdmin(t.Context(), us, good); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(dir, "accounts.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.EnsureAdmin(t.Context(), us, good); err != nil {
		t.Fatal(err)
	}
	after, _ := os.ReadFile(filepath.Join(dir, "accounts.json"))
	if string(before) != string(after) {
		t.Error("the same password wrote the file again")
	}
	in, err := s.LogIn(t.Context(), noon, &Attempt{Name: "admin", Password: good})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.EnsureAdmin(t.Context(), us, good+"!"); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Session(noon, in.Secret); ok {
		t.Error("a session of the password of before lives on")
	}
	if _, err := s.LogIn(t.Context(), noon, &Attempt{Name: "admin", Password: good + "!"}); err != nil {
		t.Errorf("log in with the new password: %v", err)
	}
}
