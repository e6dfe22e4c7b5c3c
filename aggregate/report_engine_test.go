package aggregate

import (
	"testing"
	"time"

	"footfall/aggregate/hit"
)

// TestReportOfTheEngine asks about days that the engine has counted and closed
// itself, so that labels and tables are those that are really written.
func TestReportOfTheEngine(t *testing.T) {
	signup, err := hit.ParseFeature("signup")
	if err != nil {
		t.Fatal(err)
	}
	start := at("2026-11-22 10:00:00")
	db := openTest(t, t.TempDir(), start, SiteConfig{Host: testHost(t), Features: []hit.FeatureName{signup}})
	visit := func(now time.Time, path string, from, to int) {
		for i := from; i < to; i++ {
			h := testView(t, path, i)
			h.Browser.Major += uint16(i / 30)
			mustRecord(t, db, now.Add(time.Duration(i)*time.Second), h)
		}
	}
	visit(start, "/", 0, 36)
	visit(start.Add(2*time.Minute), "/docs/a", 0, 12)
	visit(start.Add(4*time.Minute), "/docs/b", 0, 9)
	for i := range 14 {
		use := testView(t, "/docs/a", i)
		use.Kind, use.Feature = hit.KindFeature, signup
		mustRecord(t, db, start.Add(6*time.Minute), use)
		gone := testView(t, "/gone", i)
		gone.Status = hit.Status404
		mustRecord(t, db, start.Add(6*time.Minute), gone)
		robot := testView(t, "/", i)
		robot.Bot = hit.BotWord
		mustRecord(t, db, start.Add(6*time.Minute), robot)
	}
	next := at("2026-11-23 09:58:00")
	visit(next, "/", 0, 25)
	visit(next.Add(2*time.Minute), "/docs/a", 0, 20)     // after 10:00
	visit(next.Add(15*time.Minute), "/docs/a", 200, 201) // after 10:10
	now := next.Add(16 * time.Minute)

	closed, running := Query{Site: testHost(t), From: modelDay(t, "2026-11-22")}, Query{Site: testHost(t)}
	closed.To = closed.From
	running.From, running.To = closed.From+1, closed.From+1
	for by, want := range map[Dim]string{
		NoDim:      `[]`,
		ByPage:     `[{"value":"/","views":40,"visitors":40},{"value":"/docs/a","views":10,"visitors":10}]`,
		BySection:  `[{"bounces":20,"value":"/","views":40,"visitors":40,"visits":40},{"bounces":null,"value":"/docs","views":20,"visitors":10,"visits":10}]`,
		ByEntry:    `[{"bounces":20,"entries":40,"value":"/"}]`,
		ByExit:     `[{"exits":20,"value":"/"}]`,
		ByReferrer: `[{"value":"(none)","views":60,"visits":40}]`,
		ByBrowser:  `[{"value":"Firefox 140","views":50,"visitors":30,"visits":30}]`,
		BySystem: `[{"value":"Linux","views":60,"visitors":40,"visits":40},{"value":"Android","views":null,"visitors":null,"visits":null},` +
			`{"value":"ChromeOS","views":null,"visitors":null,"visits":null},{"value":"Windows","views":null,"visitors":null,"visits":null},` +
			`{"value":"iOS","views":null,"visitors":null,"visits":null},{"value":"macOS","views":null,"visitors":null,"visits":null}]`,
		ByCountry: `[{"value":"(unknown)","views":60,"visitors":40,"visits":40}]`,
		ByFeature: `[{"uses":10,"value":"signup"}]`,
		ByError:   `[{"hits":10,"value":"/gone"}]`,
		ByStatus:  `[{"hits":10,"value":"404"},{"hits":null,"value":"4xx"},{"hits":null,"value":"5xx"}]`,
		ByBot: `[{"hits":10,"value":"word"},{"hits":null,"value":"absurd"},{"hits":null,"value":"empty"},{"hits":null,"value":"headless"},` +
			`{"hits":null,"value":"library"},{"hits":null,"value":"metadata"},{"hits":null,"value":"prefetch"}]`,
		ByDay: `[{"bounces":20,"value":"2026-11-22","views":60,"visit_time":null,"visitors":40,"visits":40}]`,
	} {
		closed.By = by
		is(t, ask(t, db, now, closed), "rows", want)
	}
	closed.By, closed.Page = BySystem, "/docs/a"
	got := ask(t, db, now, closed)
	is(t, got, "totals", `{"views":10,"visitors":10}`)
	if first := got["rows"].([]any)[0].(map[string]any); first["value"] != "Linux" || first["visitors"] != 10.0 {
		t.Errorf("a page by system: got %v", first)
	}
	closed.Page, closed.By, closed.Where = "", ByPage, &Where{BySystem, "Linux"}
	is(t, ask(t, db, now, closed), "rows", `[{"value":"/","visitors":40},{"value":"/docs/a","visitors":10}]`)

	running.By = ByPage
	got = ask(t, db, now, running) // totals of 10:10, rows of 10:00
	is(t, got, "totals", `{"bounces":null,"views":50,"visit_time":null,"visitors":30,"visits":30}`)
	is(t, got, "rows", `[{"value":"/","views":30,"visitors":30}]`)
	is(t, got, "generated", `"2026-11-23T10:00:00Z"`)
}
