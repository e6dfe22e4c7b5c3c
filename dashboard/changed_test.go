package dashboard

import (
	"strings"
	"testing"

	"footfall/aggregate/publish"
)

func countsFrom(exact ...uint64) []publish.Count {
	var out []publish.Count
	for _, n := range exact {
		out = append(out, publish.NewCount(n))
	}
	return out
}

func TestBand(t *testing.T) {
	for name, tc := range map[string]struct {
		weeks []uint64
		now   int64
		left  bool
	}{
		"far above":                 {[]uint64{100, 110, 90, 100, 120, 100, 100, 100}, 300, true},
		"far below":                 {[]uint64{100, 110, 90, 100, 120, 100, 100, 100}, 20, true},
		"inside":                    {[]uint64{100, 110, 90, 100, 400, 100, 100, 100}, 300, false},
		"outside but within chance": {[]uint64{100, 100, 100, 100, 100, 100, 100, 100}, 120, false},
		"new":                       {[]uint64{0, 0, 9, 0, 0, 0, 0, 0}, 60, true},
		"new but few":               {[]uint64{0, 0, 9, 0, 0, 0, 0, 0}, 10, false},
		"as one week before":        {[]uint64{100, 100, 300, 100, 100, 100, 100, 100}, 300, false},
	} {
		b, ok := bandOf8(countsFrom(tc.weeks...))
		if !ok || b.left(tc.now) != tc.left {
			t.Errorf("%s: %v left by %d: %v, want %v", name, b, tc.now, b.left(tc.now), tc.left)
		}
	}
	if _, ok := bandOf8(countsFrom(1, 2, 3)); ok {
		t.Error("three weeks are a band")
	}
}

// What changed is told of what did, and nothing is told of what did not.
func TestChangedOnThePage(t *testing.T) {
	s := newServer(t)
	section := func(path string) string {
		_, rest, ok := strings.Cut(s.get(path).Body.String(), `id="p-changed"`)
		if !ok {
			t.Fatalf("%s has no section of what changed", path)
		}
		out, _, _ := strings.Cut(rest, "</section>")
		return out
	}
	calm := section("/sites/a.example?period=4w")
	if strings.Contains(calm, "within") {
		t.Errorf("something got slower: %s", calm)
	}
	s.fake.slower = true
	if slow := section("/sites/a.example?period=4w"); !strings.Contains(slow, "three in four within") || !strings.Contains(slow, "#p-speed") {
		t.Errorf("nothing got slower: %s", slow)
	}
	if fr := section("/sites/a.example?period=4w&lang=fr"); !strings.Contains(fr, "trois mesures sur quatre") {
		t.Errorf("in French: %s", fr)
	}
	if n := strings.Count(section("/sites/a.example?period=4w"), "<li>"); n > mostSentences {
		t.Errorf("%d sentences", n)
	}
	if body := s.get("/sites/a.example?period=4w&page=%2F").Body.String(); strings.Contains(body, `id="p-changed"`) {
		t.Error("it stands under a filter")
	}
}

func TestViewsPerVisit(t *testing.T) {
	l := languages()["fr"]
	for _, tc := range []struct {
		views, visits uint64
		want          string
	}{{120, 50, "2,4"}, {120, 44, ""}, {20_000, 100, "200,0"}, {9, 60, ""}} {
		if got := l.perVisit(publish.NewCount(tc.views), publish.NewCount(tc.visits)); got != tc.want {
			t.Errorf("%d views of %d visits: %q, want %q", tc.views, tc.visits, got, tc.want)
		}
	}
}
