package accounts

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// tries counts how many of n guesses are looked at, one a second; from and
// name tell the source and the name of guess i.
func tries(t *testing.T, s *Store, n int, from func(int) netip.Prefix, name func(int) string) int {
	t.Helper()
	looked := 0
	for i := range n {
		now := noon.Add(time.Duration(i) * time.Second)
		var late *ThrottledError
		_, err := s.LogIn(t.Context(), now, &Attempt{Name: name(i), Password: "wrong", From: from(i)})
		switch {
		case errors.Is(err, ErrCredentials):
			looked++
		case !errors.As(err, &late) || late.Wait <= 0:
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	return looked
}

func net24(i int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 0}), 24)
}

func TestGuessing(t *testing.T) {
	const n = 10_000
	s := open(t, t.TempDir())
	withUser(t, s, "ana", Admin)
	s.decoy = cheap("unknown") // the count is what matters here, not the cost
	home := netip.MustParsePrefix("192.0.2.0/24")
	first, err := s.LogIn(t.Context(), noon, &Attempt{Name: "ana", Password: good, From: home})
	if err != nil {
		t.Fatal(err)
	}
	slots := len(s.guard.address.rows) + len(s.guard.name.rows) + len(s.guard.device.rows)
	one := func(int) netip.Prefix { return net24(1) }
	ana := func(int) string { return "ana" }
	if got, most := tries(t, s, n, one, func(i int) string { return fmt.Sprintf("user%d", i) }), 20+n/30+1; got > most {
		t.Errorf("one address, many names: %d guesses looked at, want at most %d", got, most)
	}
	if got, most := tries(t, s, n, net24, ana), 20+n/20+1; got > most {
		t.Errorf("many addresses, one name: %d guesses looked at, want at most %d", got, most)
	}
	if got := len(s.guard.address.rows) + len(s.guard.name.rows) + len(s.guard.device.rows); got != slots {
		t.Errorf("the tables grew from %d rows to %d", slots, got)
	}
	end := noon.Add(n * time.Second)
	if _, err := s.LogIn(t.Context(), end, &Attempt{Name: "ana", Password: good, From: net24(1), Device: first.Device}); err != nil {
		t.Errorf("the owner's own browser during the attack: %v", err)
	}
	if _, err := s.LogIn(t.Context(), end.Add(time.Minute), &Attempt{Name: "ana", Password: good, From: home}); err != nil {
		t.Errorf("the owner from elsewhere a minute after the attack: %v", err)
	}
}

func TestOperatorUnlocksAName(t *testing.T) {
	s := open(t, t.TempDir())
	withUser(t, s, "ana", Admin)
	for i := range 40 {
		_, _ = s.LogIn(t.Context(), noon, &Attempt{Name: "ana", Password: "wrong", From: net24(i)}) // only counted
	}
	again := &Attempt{Name: "ana", Password: "another password", From: net24(99)}
	var late *ThrottledError
	if _, err := s.LogIn(t.Context(), noon, again); !errors.As(err, &late) {
		t.Fatalf("after forty guesses: %v", err)
	}
	if err := s.SetPassword(t.Context(), us, "ana", "another password"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.LogIn(t.Context(), noon, again); err != nil {
		t.Errorf("after footfall user password: %v", err)
	}
}

func TestDeviceMark(t *testing.T) {
	s := open(t, t.TempDir())
	withUser(t, s, "ana", Viewer)
	withUser(t, s, "bob", Viewer)
	key, ana := s.now.Load().DeviceKey, s.now.Load().users["ana"].Password
	mark := sealDevice(key, "ana", ana)
	if openDevice(key, mark, "ana", ana) == "" {
		t.Fatal("a mark does not open")
	}
	for name, got := range map[string]string{
		"another name":     openDevice(key, mark, "bob", ana),
		"another password": openDevice(key, mark, "ana", cheap("another one")),
		"another key":      openDevice(random(32), mark, "ana", ana),
		"empty":            openDevice(key, "", "ana", ana),
		"cut":              openDevice(key, mark[:len(mark)-1], "ana", ana),
		"without an id":    openDevice(key, "."+mark, "ana", ana),
	} {
		if got != "" {
			t.Errorf("%s: the mark opens", name)
		}
	}
	// A known browser is throttled too.
	looked := 0
	for range 100 {
		if _, err := s.LogIn(t.Context(), noon, &Attempt{Name: "ana", Password: "wrong", Device: mark}); errors.Is(err, ErrCredentials) {
			looked++
		}
	}
	if looked != 10 {
		t.Errorf("%d guesses of a known browser looked at, want 10", looked)
	}
}

func TestBuckets(t *testing.T) {
	b := NewBuckets(4, 2, time.Minute)
	take := func(at time.Duration, key string) time.Duration { return b.Take(noon.Add(at), key) }
	for range 2 {
		if take(0, "a") != 0 {
			t.Fatal("the burst is refused")
		}
	}
	if got := take(30*time.Second, "a"); got != 30*time.Second {
		t.Errorf("wait %v, want 30 s", got)
	}
	if got := take(-time.Hour, "a"); got <= 0 {
		t.Error("a clock that steps back refills")
	}
	if got := take(0, "a"); got != 0 {
		t.Errorf("an hour later: %v", got)
	}
	b.Fill("a")
	for i := range 3 {
		if got := take(0, "a") == 0; got != (i < 2) {
			t.Errorf("filled, the bucket gives the one numbered %d: %v", i, got)
		}
	}
	for i := range 1000 { // a flood of other keys leaves the empty bucket where it is
		take(0, fmt.Sprint(i))
	}
	if take(0, "a") == 0 {
		t.Error("a flood of other keys gave the guesses back")
	}
	if len(b.rows) != 1 {
		t.Errorf("%d rows, want 1", len(b.rows))
	}
}
