package collector

import (
	"encoding/binary"
	"maps"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"
)

func addr(t testing.TB, s string) *netip.Addr {
	t.Helper()
	a, err := netip.ParseAddr(s)
	if err != nil {
		t.Fatal(err)
	}
	return &a
}

// spend takes tokens until there are none, at most so many, and returns how
// many there were.
func spend(l *limiter, now time.Time, a *netip.Addr, most int) int {
	for n := range most {
		if !l.allow(now, a) {
			return n
		}
	}
	return most
}

func TestLimit(t *testing.T) {
	start := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	l := newLimiter(50, 200, start)
	a, neighbour, stranger := addr(t, "192.0.2.1"), addr(t, "192.0.2.254"), addr(t, "198.51.100.1")
	for _, step := range []struct {
		name  string
		after time.Duration
		who   *netip.Addr
		want  int
	}{
		{"a full bucket", 0, a, 200},
		{"an empty one", 0, a, 0},
		{"neighbours of one /24 share it", 0, neighbour, 0},
		{"others are not touched", 0, stranger, 200},
		{"too soon", 19 * time.Millisecond, a, 0},
		{"one token", 20 * time.Millisecond, a, 1},
		{"a second later", time.Second + 20*time.Millisecond, a, 50},
		{"full again, not more", time.Hour, a, 200},
		{"a step back is no gift and no punishment for long", time.Minute, a, 0},
		{"and goes on", time.Hour + time.Second, a, 50},
		{"in a year", 365 * 24 * time.Hour, a, 200},
	} {
		if got := spend(l, start.Add(step.after), step.who, 1000); got != step.want {
			t.Errorf("%s: %d allowed, want %d", step.name, got, step.want)
		}
	}
}

func TestLimitBySource(t *testing.T) {
	l := newLimiter(1, 1, time.Now())
	for _, c := range []struct {
		address string
		want    bool
	}{
		{"192.0.2.1", true}, {"192.0.2.2", false}, {"192.0.3.1", true}, {"::ffff:192.0.2.3", false},
		{"2001:db8:1:1::1", true}, {"2001:db8:1:2::2", false}, {"2001:db8:2::1", true}, {"fe80::1%eth0", true}, {"fe80::2%eth1", false},
	} {
		if got := l.allow(l.start, addr(t, c.address)); got != c.want {
			t.Errorf("%s: allowed is %v, want %v", c.address, got, c.want)
		}
	}
	var unknown netip.Addr
	if !l.allow(l.start, &unknown) || l.allow(l.start, &unknown) {
		t.Error("unknown addresses share no bucket")
	}
}

// A million sources that each send little are never held back by one another,
// and a source that sends much is held back among them.
func TestLimitUnderAFloodOfSources(t *testing.T) {
	l := newLimiter(50, 200, time.Now())
	a := addr(t, "192.0.2.1")
	allowed := 0
	for i := range uint32(1_000_000) {
		now := l.start.Add(time.Duration(i) * 10 * time.Microsecond) // ten seconds in all
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], (i*2654435761)|0x80000000)
		if other := netip.AddrFrom4(b); !l.allow(now, &other) {
			t.Fatalf("source %d was held back", i)
		}
		if i%10 == 0 && l.allow(now, a) { // 10,000 a second
			allowed++
		}
	}
	if want := 200 + 50*10; allowed < want-1 || allowed > want+want/50 {
		t.Errorf("%d of a flood allowed, want about %d", allowed, want)
	}
}

func TestLimitConcurrent(t *testing.T) {
	l := newLimiter(50, 1000, time.Now())
	a := addr(t, "192.0.2.1")
	var wg sync.WaitGroup
	var sums [8]int
	for i := range sums {
		wg.Go(func() { sums[i] = spend(l, l.start, a, 1000) })
	}
	wg.Wait()
	total := 0
	for _, n := range sums {
		total += n
	}
	if total != 1000 {
		t.Errorf("%d tokens spent, want 1000", total)
	}
}

func TestLimitDefaults(t *testing.T) {
	for _, c := range []struct{ rate, burst, perSecond, atOnce int }{
		{0, 0, 500, 20_000}, {10, 5, 10, 5}, {62_500, 1, 62_500, 1}, {1_000_000, 1, 62_500, 1}, {30_000, 0, 31_250, 30_000},
	} {
		l := newLimiter(c.rate, c.burst, time.Now())
		if perSecond, atOnce := int64(time.Second/tick)/l.cost, l.depth/l.cost; perSecond != int64(c.perSecond) || atOnce != int64(c.atOnce) {
			t.Errorf("rate %d, burst %d: %d a second, %d at once; want %d and %d", c.rate, c.burst, perSecond, atOnce, c.perSecond, c.atOnce)
		}
	}
	if l := newLimiter(-1, 0, time.Now()); l != nil || !l.allow(time.Now(), addr(t, "192.0.2.1")) {
		t.Error("a negative rate limits")
	}
}

func TestLimitedAnswers(t *testing.T) {
	h := newHarness(t, func(o *Options) { o.Rate, o.Burst = 1, 2 })
	for i, c := range []struct {
		req    *http.Request
		status int
	}{
		{request("POST", "/hit", view), 202},
		{request("GET", "/hit.gif?s=www.example.org&p=/a", ""), 200},
		{request("POST", "/hit", view), 429},
		{request("POST", "/hit", "not JSON"), 429},
		{request("GET", "/hit.gif?s=www.example.org&p=/a", ""), 429},
		{request("POST", "/hit", view, "DNT: 1"), 429},
		{request("POST", "/hit", view, "X-Forwarded-For: 198.51.100.1"), 202},
		{request("POST", "/hit", view, "X-Forwarded-For: 203.0.113.1"), 202},
		{request("POST", "/hit", view, "X-Forwarded-For: 203.0.113.1"), 202},
		{request("POST", "/hit", view, "X-Forwarded-For: 203.0.113.1"), 429},
	} {
		res := h.do(c.req)
		if res.StatusCode != c.status {
			t.Errorf("request %d: status %d, want %d", i, res.StatusCode, c.status)
		}
		checkPolicies(t, res)
	}
	if got, want := h.verdicts("www.example.org"), map[string]uint64{"counted": 3, "limited": 3}; !maps.Equal(got, want) {
		t.Errorf("counts %v, want %v", got, want)
	}
}
