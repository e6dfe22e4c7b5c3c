package aggregate

import (
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
)

// TestVisitorsWithoutKeys counts a site in the mode "none": views, and visits
// as views that came from elsewhere; every other measure is absent.
func TestVisitorsWithoutKeys(t *testing.T) {
	now := at("2026-11-23 10:00:00")
	db := openTest(t, t.TempDir(), now)
	for i := range 60 {
		h := testView(t, "/a", 0)
		h.Visitor = hit.Visitor{}
		if i%3 > 0 {
			h.Referrer = hit.InternalReferrer()
		}
		mustRecord(t, db, now, h)
		h.Kind, h.Timing.LoadMillis = hit.KindTiming, 100
		mustRecord(t, db, now, h)
	}
	next := at("2026-11-24 00:00:01")
	db.tick(next, true)
	day := hit.DayAt(now, time.UTC)
	if _, found := siteViewsOf(t, db, day, 0); !found {
		t.Fatal("the day is not closed")
	}
	blocks, err := db.blocks(testHost(t), day, day)
	if err != nil || blocks[0].Block.Flags()&block.NoVisitors == 0 {
		t.Fatalf("the day does not say that nobody had a key: %v", err)
	}
	r, err := db.Report(t.Context(), next, &Query{Site: testHost(t), From: day, To: day})
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	want := `"totals":{"views":60,"visitors":null,"visits":20,"bounces":null,"visit_time":null}`
	if !strings.Contains(string(b), want) {
		t.Errorf("got %s, want %s", b, want)
	}
}
