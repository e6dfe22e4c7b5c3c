package aggregate

import (
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
)

// TestNoRowOfFewUnderSampling counts a day of five restarts with so few
// distinct keys that pages are sampled at k = 4 and more: there one visitor of
// a rare browser counts sixteen and more, once for each process. A recount
// knows who came: no row of the closed day's report has fewer than ten true
// visitors behind it. The test shows first that the stored rows, taken as they
// are, would tell of fewer.
func TestNoRowOfFewUnderSampling(t *testing.T) {
	dir, now := t.TempDir(), at("2026-11-23 10:00:00")
	path := filepath.Join(dir, "footfall.db")
	r := rand.New(rand.NewPCG(9, 9))
	truth := map[string]map[int]bool{} // of "page value" and "site value": who came
	came := func(key string, visitor int) {
		if truth[key] == nil {
			truth[key] = map[int]bool{}
		}
		truth[key][visitor] = true
	}
	pages := []string{"/", "/a/1", "/a/2", "/b/1"}
	for process := range 6 {
		db, err := Open(Options{Path: path, Sites: []SiteConfig{{Host: testHost(t)}}, Now: now, DistinctKeys: 5_500})
		if err != nil {
			t.Fatal(err)
		}
		for range 40 {
			var hits []*hit.Hit
			for range 100 {
				visitor := r.IntN(8_000)
				h := testView(t, pages[r.IntN(len(pages))], visitor)
				h.Browser.Major = 100 + uint16(min(r.ExpFloat64(), 90)) // of the hit: a rare one is very rare
				if visitor%7 == process {
					h.Browser.Major = 200 + uint16(visitor%500)
				}
				came(h.Path.String()+" "+h.Browser.String(), visitor)
				hits = append(hits, h)
			}
			if _, err := recordBatch(db, now, hits); err != nil {
				t.Fatal(err)
			}
		}
		closeAndCheck(t, db)
	}
	db := openTest(t, dir, at("2026-11-24 10:00:00"))
	day := hit.DayAt(now, time.UTC)
	stored, err := db.blocks(testHost(t), day, day)
	if err != nil || len(stored) != 1 || stored[0].Block == nil {
		t.Fatalf("blocks: %v, %v", stored, err)
	}
	rows, err := stored[0].Block.Rows(block.Pages)
	if err != nil {
		t.Fatal(err)
	}
	level := uint64(0)
	for i := levelColumn; i < len(rows.N); i += block.Width(block.Pages) {
		level = max(level, rows.N[i])
	}
	cells, err := stored[0].Block.Cells(block.PageBrowsers)
	if err != nil {
		t.Fatal(err)
	}
	few := 0
	for i, n := range cells.N {
		if n >= 10 && len(truth[stored[0].Label(cells.Outer[i])+" "+stored[0].Label(cells.Inner[i])]) < 10 {
			few++
		}
	}
	if level < 4 || few == 0 || stored[0].Block.Restarts() != 5 {
		t.Errorf("level %d, %d restarts, %d stored rows of few: this test shows nothing", level, stored[0].Block.Restarts(), few)
	}
	shown := 0
	for _, page := range pages {
		report, err := db.Report(t.Context(), at("2026-11-24 10:00:00"), &Query{Site: testHost(t), From: day, To: day, By: ByBrowser, Page: page, Limit: MaxLimit})
		if err != nil {
			t.Fatal(err)
		}
		b, err := report.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Rows []struct {
				Value    string
				Visitors *int64
			}
		}
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		for _, row := range got.Rows {
			if row.Visitors == nil || strings.HasPrefix(row.Value, "(") {
				continue
			}
			shown++
			if n := len(truth[page+" "+row.Value]); n < 10 {
				t.Errorf("%s, %s: shown with %d visitors, and %d came", page, row.Value, *row.Visitors, n)
			}
		}
	}
	if shown == 0 {
		t.Error("no row is shown: this test shows nothing")
	}
	t.Logf("level %d: %d rows shown, %d stored rows of fewer than ten", level, shown, few)
}
