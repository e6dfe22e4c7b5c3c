package privacy

import (
	"testing"
	"time"

	"footfall/aggregate/hit"
)

// TestClockJumps sets the clock forward and back by days, ten years and to
// 1970: a secret once replaced never comes back, so that no key is ever seen
// again after another (G3).
func TestClockJumps(t *testing.T) {
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	r := newReducer(t, Options{Sites: []Site{{Host: host(t, "www.example.org"), Zone: time.UTC}}})
	raw := typicalRaw()
	seen := map[hit.Visitor]string{}
	last := hit.Visitor{}
	for _, now := range []time.Time{
		start, start.AddDate(0, 0, 1), start, start.AddDate(0, 0, -1), start,
		start.AddDate(10, 0, 0), start, time.Unix(10, 0), start, start.AddDate(10, 0, 0), start.AddDate(10, 0, 1), start,
	} {
		var h hit.Hit
		r.Reduce(now, raw, &h)
		if h.Visitor.IsZero() {
			t.Fatalf("%s: no key", now)
		}
		if when, known := seen[h.Visitor]; known && h.Visitor != last {
			t.Errorf("%s: the key of %s is back", now, when)
		}
		seen[h.Visitor], last = now.String(), h.Visitor
	}
	if len(seen) != 12 {
		t.Errorf("twelve settings of the clock, each a day or more from the last, gave %d secrets", len(seen))
	}
}
