package privacy

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

// TestMac compares the written-out HMAC with crypto/hmac.
func TestMac(t *testing.T) {
	for range 200 {
		var secret [secretSize]byte
		var message [messageSize]byte
		_, _ = rand.Read(secret[:])
		_, _ = rand.Read(message[:])
		var got hit.Visitor
		mac(&secret, &message, &got)
		h := hmac.New(sha256.New, secret[:])
		h.Write(message[:])
		if want := h.Sum(nil)[:len(got)]; string(got[:]) != string(want) {
			t.Fatalf("got %x, want %x", got, want)
		}
	}
}

// visitor returns the key of a raw hit at a time.
func visitor(t *testing.T, r *Reducer, now time.Time, raw *Raw) hit.Visitor {
	t.Helper()
	var h hit.Hit
	if v := r.Reduce(now, raw, &h); v != hit.Counted {
		t.Fatalf("got %v, want counted", v)
	}
	return h.Visitor
}

func TestVisitorKey(t *testing.T) {
	r := newReducer(t, Options{})
	first := visitor(t, r, noon, typicalRaw())
	for _, c := range []struct {
		name string
		edit func(*Raw)
		same bool
	}{
		{"the same", func(*Raw) {}, true},
		{"another page", func(raw *Raw) { raw.Path, raw.Referrer = "/other", "" }, true},
		{"an alias of the site", func(raw *Raw) { raw.Site = "https://example.org" }, true},
		{"a neighbour", func(raw *Raw) { raw.Addr = addr("203.0.113.9") }, true},
		{"the address mapped to IPv6", func(raw *Raw) { raw.Addr = addr("::ffff:203.0.113.77") }, true},
		{"a minor version", func(raw *Raw) { raw.Agent += " " }, true},
		{"another network", func(raw *Raw) { raw.Addr = addr("203.0.114.77") }, false},
		{"IPv6", func(raw *Raw) { raw.Addr = addr("2001:db8::1") }, false},
		{"another browser", func(raw *Raw) { raw.Agent, raw.Brands, raw.Platform = iphoneAgent, "", "" }, false},
		{"another system", func(raw *Raw) { raw.Platform = `"Linux"` }, false},
		{"another site", func(raw *Raw) { raw.Site = "https://other.example" }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw := typicalRaw()
			c.edit(raw)
			if got := visitor(t, r, noon, raw); (got == first) != c.same {
				t.Errorf("same key: got %v, want %v", got == first, c.same)
			}
		})
	}
	if got := visitor(t, newReducer(t, Options{}), noon, typicalRaw()); got == first {
		t.Error("a restart gave the same key")
	}
	r.Rotate()
	if got := visitor(t, r, noon, typicalRaw()); got == first {
		t.Error("a rotation gave the same key")
	}
}

// TestSecretOfTheDay follows a site through midnight in its own zone, both
// changes of the clock, and steps back.
func TestSecretOfTheDay(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		when, err := time.ParseInLocation("2006-01-02 15:04:05", s, paris)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	r := newReducer(t, Options{})
	last := visitor(t, r, at("2026-03-28 00:00:00"), typicalRaw())
	for _, c := range []struct {
		at   string
		same bool
	}{
		{"2026-03-28 23:59:59", true},
		{"2026-03-29 00:00:00", false}, // 23 hours long
		{"2026-03-29 23:59:59", true},
		{"2026-03-30 00:00:00", false},
		{"2026-03-29 23:00:00", true}, // a step back of an hour stays in the day
		{"2026-03-30 12:00:00", true},
		{"2026-03-28 12:00:00", false}, // a step back of more than a day draws a new one
		{"2026-03-30 12:00:00", false}, // and so does the step forward: none comes back
		{"2026-10-25 00:00:00", false}, // 25 hours long
		{"2026-10-25 23:59:59", true},
		{"2026-10-26 00:00:00", false},
	} {
		got := visitor(t, r, at(c.at), typicalRaw())
		if (got == last) != c.same {
			t.Errorf("%s: same key: got %v, want %v", c.at, got == last, c.same)
		}
		last = got
	}
}

// TestSecretIsOverwritten looks at the bytes themselves.
func TestSecretIsOverwritten(t *testing.T) {
	for _, c := range []struct {
		name string
		turn func(*Reducer)
	}{
		{"the first hit of a day", func(r *Reducer) { visitor(t, r, noon.Add(24*time.Hour), typicalRaw()) }},
		{"a clock", func(r *Reducer) { r.Turn(noon.Add(24 * time.Hour)) }},
		{"a rotation", func(r *Reducer) { r.Rotate() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newReducer(t, Options{})
			visitor(t, r, noon, typicalRaw())
			place := &r.sites[0].secrets.today
			before := *place
			c.turn(r)
			if &r.sites[0].secrets.today != place {
				t.Error("the secret lies elsewhere")
			}
			if kept := equalBytes(&before, place); kept > 8 {
				t.Errorf("%d of %d bytes of the secret are as they were", kept, secretSize)
			}
		})
	}
	r := newReducer(t, Options{})
	visitor(t, r, noon, typicalRaw())
	before := r.sites[0].secrets.today
	r.Turn(noon.Add(time.Hour))
	if r.sites[0].secrets.today != before {
		t.Error("a clock within the day replaced the secret")
	}
}

func equalBytes(a, b *[secretSize]byte) int {
	n := 0
	for i := range a {
		if a[i] == b[i] {
			n++
		}
	}
	return n
}

// TestManyDays sends the days of an import out of order.
func TestManyDays(t *testing.T) {
	r := newReducer(t, Options{ManyDays: true})
	day := func(n int) time.Time { return noon.AddDate(0, 0, n) }
	keys := map[hit.Visitor]int{}
	for _, n := range []int{0, 5, -10, -35, 3} {
		keys[visitor(t, r, day(n), typicalRaw())] = n
	}
	if len(keys) != 5 {
		t.Errorf("five days gave %d keys", len(keys))
	}
	for _, n := range []int{3, -35, 0, -10, 5} {
		if got, ok := keys[visitor(t, r, day(n), typicalRaw())]; !ok || got != n {
			t.Errorf("day %d: got another key the second time", n)
		}
	}
	s := r.sites[0].secrets
	oldest := s.days[hit.DayAt(day(-35), s.zone)]
	before := *oldest
	visitor(t, r, day(6), typicalRaw())
	if s.days[hit.DayAt(day(-35), s.zone)] != nil || equalBytes(oldest, &before) > 8 {
		t.Error("the secret of a day past the window is still there")
	}
	late := visitor(t, r, day(-35), typicalRaw())
	if !late.IsZero() {
		t.Error("a day past the window was given a key")
	}
	if len(s.days) > manyDays {
		t.Errorf("%d secrets are held, want at most %d", len(s.days), manyDays)
	}
	first := visitor(t, r, day(0), typicalRaw())
	r.Rotate()
	r.Turn(day(300))
	if got := visitor(t, r, day(0), typicalRaw()); got == first || got.IsZero() {
		t.Error("a rotation left a day's secret")
	}
}

// TestMidnightRace sends hits from several goroutines across a midnight: each
// day has one key for one visitor, and the two differ (G2).
func TestMidnightRace(t *testing.T) {
	r := newReducer(t, Options{Sites: []Site{{Host: host(t, "www.example.org")}}})
	midnight := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	var wg sync.WaitGroup
	var mu sync.Mutex // guards seen
	seen := map[hit.Visitor]bool{}
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			raw := typicalRaw()
			var h hit.Hit
			for i := range 500 {
				r.Reduce(midnight.Add(time.Duration(i-250)*time.Millisecond), raw, &h)
				mu.Lock()
				seen[h.Visitor] = true
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	if len(seen) != 2 {
		t.Errorf("got %d keys of one visitor on two days, want 2", len(seen))
	}
}
