package accounts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"
)

func mustKey(p *phc, password string) *phc {
	p.key = argon2.IDKey([]byte(password), p.salt, p.passes, p.kib, p.lanes, uint32(len(p.key)))
	return p
}

// A vector of the reference implementation (phc-winner-argon2, test.c).
const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"

func TestReferenceVector(t *testing.T) {
	p, err := parsePHC(reference)
	if err != nil {
		t.Fatal(err)
	}
	if !p.matches("password") || p.matches("Password") {
		t.Error("the reference string does not verify")
	}
}

func TestNewPasswordCosts(t *testing.T) {
	s := open(t, t.TempDir())
	got, err := s.hash(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	if want := "$argon2id$v=19$m=19456,t=2,p=1$"; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want it to begin with %q", got, want)
	}
	if again, _ := s.hash(t.Context(), good); again == got {
		t.Error("two hashes of one password are equal: no salt")
	}
}

func TestNoByteIsCutOff(t *testing.T) {
	long := strings.Repeat("x", 100)
	p, err := parsePHC(cheap(long + "a"))
	if err != nil {
		t.Fatal(err)
	}
	if p.matches(long+"b") || p.matches(long) || !p.matches(long+"a") {
		t.Error("bytes after the 72nd do not count")
	}
}

func TestPHCRefuses(t *testing.T) {
	for name, s := range map[string]string{
		"empty":          "",
		"other function": strings.Replace(reference, "argon2id", "argon2i", 1),
		"version":        strings.Replace(reference, "v=19", "v=16", 1),
		"leading zero":   strings.Replace(reference, "t=2", "t=02", 1),
		"no passes":      strings.Replace(reference, "t=2", "t=0", 1),
		"memory":         strings.Replace(reference, "m=65536", "m=65537", 1),
		"little memory":  strings.Replace(reference, "m=65536,t=2,p=1", "m=15,t=2,p=2", 1),
		"order":          strings.Replace(reference, "m=65536,t=2", "t=2,m=65536", 1),
		"padding":        reference + "=",
		"newline":        reference + "\n",
		"loose bits":     strings.Replace(reference, "c29tZXNhbHQ$", "c29tZXNhbHR$", 1),
		"short salt":     strings.Replace(reference, "c29tZXNhbHQ", "c29tZQ", 1),
		"seventh part":   reference + "$",
	} {
		if _, err := parsePHC(s); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzPHC(f *testing.F) {
	f.Add(reference)
	f.Add(cheap("some password"))
	f.Add("$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePHC(s)
		if err != nil {
			return
		}
		if got := p.String(); got != s {
			t.Errorf("parsed %q writes %q", s, got)
		}
		if p.kib > 64*1024 || p.passes > 10 || p.lanes > 4 {
			t.Errorf("costs past the limits: %q", s)
		}
	})
}

// work is the costs of every password that a store compares.
type work []string

func (w *work) watch(s *Store) {
	s.matches = func(p *phc, password string) bool {
		*w = append(*w, fmt.Sprintf("m=%d,t=%d,p=%d, %d and %d bytes", p.kib, p.passes, p.lanes, len(p.salt), len(p.key)))
		return p.matches(password)
	}
}

// refusals are the ways to be refused a log-in; the work of each is told.
func refusals(t *testing.T, s *Store, now time.Time) map[string]work {
	t.Helper()
	out := make(map[string]work)
	for what, a := range map[string]Attempt{
		"known": {Name: "ana", Password: "wrong password"}, "unknown": {Name: "nobody", Password: "wrong password"},
		"without a password": {Name: "sso", Password: "wrong password"}, "no name": {Password: "wrong password"},
		"not a name": {Name: "<b>", Password: "wrong password"}, "empty": {Name: "ana"}, "unknown and empty": {Name: "nobody"},
	} {
		var w work
		w.watch(s)
		if _, err := s.LogIn(t.Context(), now, &a); !errors.Is(err, ErrCredentials) {
			t.Fatalf("%s: %v", what, err)
		}
		out[what] = w
	}
	return out
}

// TestRefusalsDoTheSameWork holds that what is compared tells nobody whether a
// name is known (I4): one password of the same costs each time. The costs of
// an older password that stands for nobody would be seen.
func TestRefusalsDoTheSameWork(t *testing.T) {
	s := open(t, t.TempDir())
	if err := s.AddUser(t.Context(), us, "ana", Viewer, nil, good); err != nil {
		t.Fatal(err)
	}
	if err := s.AddOutsideUser(us, "sso", Viewer, nil); err != nil {
		t.Fatal(err)
	}
	want := refusals(t, s, noon)["known"]
	if len(want) != 1 {
		t.Fatalf("a wrong password is compared %d times", len(want))
	}
	for what, got := range refusals(t, s, noon.Add(time.Hour)) {
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	for _, name := range []string{"ana", "nobody"} { // what is too long is compared with nothing, for both
		var w work
		w.watch(s)
		if _, err := s.LogIn(t.Context(), noon, &Attempt{Name: name, Password: strings.Repeat("x", maxPasswordBytes+1)}); !errors.Is(err, ErrCredentials) || len(w) != 0 {
			t.Errorf("%s, a password without end: %v after %d comparisons", name, err, len(w))
		}
	}
	s.decoy = cheap("planted")
	if slices.Equal(refusals(t, s, noon.Add(2*time.Hour))["unknown"], want) {
		t.Error("a decoy that costs less is not seen")
	}
}

// An unknown user costs what a known one costs. Medians are printed: a clock
// decides nothing on a busy machine. FOOTFALL_TIMINGS asks for more of them.
func TestUnknownUserCostsTheSame(t *testing.T) {
	rounds := 3
	if n, err := strconv.Atoi(os.Getenv("FOOTFALL_TIMINGS")); err == nil {
		rounds = n
	}
	s := open(t, t.TempDir())
	if err := s.AddUser(t.Context(), us, "ana", Viewer, nil, good); err != nil {
		t.Fatal(err)
	}
	d, errDecoy := parsePHC(s.decoy)
	u, errUser := parsePHC(s.now.Load().users["ana"].Password)
	if errDecoy != nil || errUser != nil {
		t.Fatal(errDecoy, errUser)
	}
	if d.kib != u.kib || d.passes != u.passes || d.lanes != u.lanes || len(d.salt) != len(u.salt) || len(d.key) != len(u.key) {
		t.Error("the decoy's costs differ from a user's")
	}
	took := map[string][]time.Duration{}
	for i := range rounds { // in turns, so that what else the machine does falls on both
		for _, name := range []string{"ana", "nobody"} {
			start := time.Now()
			if _, err := s.LogIn(t.Context(), noon.Add(time.Duration(i)*time.Hour), &Attempt{Name: name, Password: "wrong password"}); !errors.Is(err, ErrCredentials) {
				t.Fatalf("%s: %v", name, err)
			}
			took[name] = append(took[name], time.Since(start))
		}
	}
	median := func(name string) time.Duration {
		slices.Sort(took[name])
		return took[name][rounds/2]
	}
	known, unknown := median("ana"), median("nobody")
	t.Logf("median of %d: known user %v, unknown user %v, %+.1f %%", rounds, known, unknown, 100*(float64(unknown)/float64(known)-1))
}

func TestPlacesToHash(t *testing.T) {
	s := open(t, t.TempDir())
	s.hashing <- struct{}{}
	s.hashing <- struct{}{}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := s.hash(ctx, good); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with no place free: %v", err)
	}
	s.waiting.Store(maxWaiting)
	if _, err := s.hash(t.Context(), good); !errors.Is(err, ErrBusy) {
		t.Errorf("with every waiting place taken: %v", err)
	}
}
