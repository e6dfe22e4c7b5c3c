package aggregate

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
)

// reportSite is a site in Paris, kept from 1 October 2025, whose running day is
// 23 November 2026 at 10:25.
func reportSite(t testing.TB) (*modelSite, time.Time) {
	t.Helper()
	zone := modelZone(t, "Europe/Paris")
	m := &modelSite{
		config: SiteConfig{Host: modelHost(t, "www.example.org"), Zone: zone},
		first:  modelDay(t, "2025-10-01"), today: modelDay(t, "2026-11-23"),
	}
	return m, time.Date(2026, 11, 23, 10, 25, 7, 8, zone)
}

// addDays gives every day from one through another a block.
func (m *modelSite) addDays(from, to hit.Day, fill func(b *modelBlock)) {
	for d := from; d <= to; d++ {
		b := modelBlock{day: d}
		fill(&b)
		m.blocks = append(m.blocks, b)
	}
}

// ask answers a question and returns it as a client sees it.
func ask(t testing.TB, src source, now time.Time, q Query) map[string]any {
	t.Helper()
	r, err := report(src, now, &q)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// is compares one key of an answer with JSON.
func is(t testing.TB, answer map[string]any, key, want string) {
	t.Helper()
	b, err := json.Marshal(answer[key])
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != want {
		t.Errorf("%s:\ngot  %s\nwant %s", key, b, want)
	}
}

// hasNote tells whether the answer says so.
func hasNote(answer map[string]any, part string) bool {
	return slices.ContainsFunc(answer["notes"].([]any), func(n any) bool { return strings.Contains(n.(string), part) })
}

func TestReportToDate(t *testing.T) {
	m, now := reportSite(t)
	m.addDays(modelDay(t, "2026-11-01"), modelDay(t, "2026-11-22"), func(b *modelBlock) {
		b.row(block.Site, "", 53, 31, 33, 12, 33*60)
		b.row(block.Pages, "/", 40, 20, 10, 10, 2, 0, 0)
		b.row(block.Pages, "/rare", 13, 3, 1, 1, 0, 0, 0)
	})
	m.blocks = append(m.blocks,
		modelBlock{day: m.today, flags: block.Running | block.Tens, rows: map[block.Table]map[string][]uint64{
			block.Site: {"": {30, 20, 21, 0, 0}}, block.Statuses: {"404": {20}}}},
		modelBlock{day: m.today, flags: block.Running, rows: map[block.Table]map[string][]uint64{
			block.Site: {"": {22, 15, 16, 0, 0}}, block.Pages: {"/": {22, 15, 9, 0, 0, 0, 0}}, block.Statuses: {"404": {10}}}})
	src := newMemorySource(t, m)
	q := Query{Site: m.config.Host, From: modelDay(t, "2026-11-01"), To: m.today, By: ByPage}
	got := ask(t, src, now, q)
	is(t, got, "period", `"composed"`)
	is(t, got, "bound", `25`)
	is(t, got, "generated", `"2026-11-23T10:00:00+01:00"`)
	// a Sunday, three weeks and the running day: 50+370+370+370+30 views
	is(t, got, "totals", `{"bounces":250,"views":1190,"visit_time":60,"visitors":710,"visits":740}`)
	// "/rare" has 3 visitors a day, but 21 a week: three weeks show it, and its
	// 13 views of the Sunday have too few visitors for (other)
	is(t, got, "rows", `[{"value":"/","views":900,"visitors":460},{"value":"/rare","views":270,"visitors":60}]`)
	is(t, got, "other", `{"views":null,"visitors":null}`)
	for _, note := range []string{"sum of daily visitors", "2026-11-23 is not over: totals as of 10:20",
		"2026-11-23 is not over: rows as of 10:00", "counted once a day has closed"} {
		if !hasNote(got, note) {
			t.Errorf("no note %q in %v", note, got["notes"])
		}
	}
	q.By = ByStatus
	got = ask(t, src, now, q)
	is(t, got, "generated", `"2026-11-23T10:20:00+01:00"`)
	is(t, got, "rows", `[{"hits":20,"value":"404"},{"hits":null,"value":"4xx"},{"hits":null,"value":"5xx"}]`)
	is(t, got, "other", `null`)
	q.By, q.To = NoDim, m.today-1
	got = ask(t, src, now, q)
	is(t, got, "generated", `"2026-11-23T10:25:07+01:00"`)
	is(t, got, "by", `null`)
	q.By, q.Page, q.To = NoDim, "/", m.today
	is(t, ask(t, src, now, q), "generated", `"2026-11-23T10:00:00+01:00"`) // a page's totals are of the hour
}

func TestReportExitsOfTheRunningDay(t *testing.T) {
	m, now := reportSite(t)
	m.blocks = append(m.blocks, modelBlock{day: m.today, flags: block.Running, rows: map[block.Table]map[string][]uint64{
		block.Site: {"": {200, 150, 160, 0, 0}}, block.Pages: {"/": {200, 150, 90, 0, 0, 0, 0}}}})
	src := newMemorySource(t, m)
	q := Query{Site: m.config.Host, From: m.today, To: m.today, By: ByEntry}
	got := ask(t, src, now, q)
	is(t, got, "period", `"day"`)
	is(t, got, "totals", `{"bounces":null,"views":200,"visit_time":null,"visitors":150,"visits":160}`)
	is(t, got, "rows", `[{"bounces":null,"entries":90,"value":"/"}]`)
	q.By = ByExit
	got = ask(t, src, now, q)
	is(t, got, "rows", `[]`)
	is(t, got, "other", `{"exits":null}`)
}

func TestReportBeforeTheFirstSnapshot(t *testing.T) {
	m, now := reportSite(t)
	src := newMemorySource(t, m)
	got := ask(t, src, now, Query{Site: m.config.Host, From: m.today, To: m.today})
	is(t, got, "totals", `{"bounces":null,"views":null,"visit_time":null,"visitors":null,"visits":null}`)
	if !hasNote(got, "has no snapshot yet") {
		t.Errorf("notes: got %v", got["notes"])
	}
}

func TestReportOfDaysThatAreNotKeptOrToCome(t *testing.T) {
	m, now := reportSite(t)
	src := newMemorySource(t, m)
	got := ask(t, src, now, Query{Site: m.config.Host, From: modelDay(t, "2025-09-01"), To: modelDay(t, "2026-12-31"), By: ByMonth})
	if rows := got["rows"].([]any); len(rows) != 13 { // October 2025 to October 2026
		t.Errorf("got %d months, want 13: %v", len(rows), rows)
	}
	for _, note := range []string{"no longer kept: 2025-09-01 to 2025-09-30", "still to come: 2026-11-24 to 2026-12-31"} {
		if !hasNote(got, note) {
			t.Errorf("no note %q in %v", note, got["notes"])
		}
	}
	got = ask(t, src, now, Query{Site: m.config.Host, From: modelDay(t, "2020-01-01"), To: modelDay(t, "2020-01-31"), By: ByPage})
	is(t, got, "totals", `{"bounces":null,"views":null,"visit_time":null,"visitors":null,"visits":null}`)
	is(t, got, "bound", `0`)
	is(t, got, "rows", `[]`)
}

func TestReportRestartsAndSampling(t *testing.T) {
	m, now := reportSite(t)
	week := modelDay(t, "2026-11-09")
	m.addDays(week, week+6, func(b *modelBlock) {
		if b.day == week+3 {
			b.restarts, b.level = 1, 1
		}
		b.row(block.Site, "", 60, 40, 42, 0, 0)
		b.row(block.Browsers, "Firefox 147", 20, 5, 6) // 35 visitors a week
		b.row(block.Browsers, "Chrome 155", 20, 6, 6)  // 42
		b.row(block.Failed, "/gone", 2)
		b.row(block.Pages, "/a", 10, 4, 0, 0, 0, 0, uint64(b.day-week)/6) // 28 in a week, a filter of its own
		b.row(block.Pages, "/b", 10, 2, 0, 0, 0, 0, 0)                    // 14
		b.row(block.Pages, "/c", 10, 3, 0, 0, 0, 0, 0)                    // 21
	})
	src := newMemorySource(t, m)
	for by, want := range map[Dim]string{
		ByBrowser: `[{"value":"Chrome 155","views":140,"visitors":40,"visits":40}]`, // needs 10 x 2 x 2
		ByError:   `[{"hits":10,"value":"/gone"}]`,                                  // requests need ten
		ByPage:    `[{"value":"/a","views":70,"visitors":30},{"value":"/c","views":70,"visitors":20}]`,
	} {
		got := ask(t, src, now, Query{Site: m.config.Host, From: week, To: week + 6, By: by})
		is(t, got, "rows", want)
		if !hasNote(got, "restarted on 2026-11-12") || !hasNote(got, "estimated from a sample on 2026-11-12") {
			t.Errorf("notes: got %v", got["notes"])
		}
	}
}

// damage flips the last byte of a day's block, which lies in its last table.
func (s *memorySource) damage(m *modelSite, at int) {
	s.t.Helper()
	for i := range s.stored {
		if b := s.stored[i].bytes; s.stored[i].day == m.blocks[at].day {
			b[len(b)-1] ^= 0x10
		}
	}
}

func TestReportDamagedTable(t *testing.T) {
	m, now := reportSite(t)
	from, to := modelDay(t, "2026-10-01"), modelDay(t, "2026-10-31")
	m.addDays(from, to, func(b *modelBlock) {
		b.row(block.Site, "", 100, 50, 60, 20, 60*30)
		b.row(block.Bots, "word", 30)
	})
	src := newMemorySource(t, m)
	src.damage(m, 6)
	src.damage(m, 7)
	q := Query{Site: m.config.Host, From: from, To: to, By: ByBot}
	got := ask(t, src, now, q)
	is(t, got, "period", `"composed"`)
	is(t, got, "totals", `{"bounces":580,"views":2900,"visit_time":30,"visitors":1450,"visits":1740}`)
	if rows := got["rows"].([]any); rows[0].(map[string]any)["value"] != "word" || rows[0].(map[string]any)["hits"] != 870.0 {
		t.Errorf("rows: got %v", rows)
	}
	if !hasNote(got, "not counted: 2026-10-07 to 2026-10-08") {
		t.Errorf("notes: got %v", got["notes"])
	}
	// a question that does not touch the table is answered whole
	q.By = ByMonth
	got = ask(t, src, now, q)
	is(t, got, "period", `"month"`)
	is(t, got, "rows", `[{"bounces":620,"value":"2026-10","views":3100,"visit_time":30,"visitors":1550,"visits":1860}]`)
}

func TestReportDamagedDayLeavesItsWeekOut(t *testing.T) {
	m, now := reportSite(t)
	week := modelDay(t, "2026-11-09")
	m.addDays(week, week+13, func(b *modelBlock) {
		b.row(block.Site, "", 100, 50, 60, 20, 60*30)
		b.damaged = b.day == week+2
	})
	src := newMemorySource(t, m)
	q := Query{Site: m.config.Host, From: week, To: week + 13, By: ByWeek}
	got := ask(t, src, now, q)
	is(t, got, "rows", `[{"bounces":null,"value":"2026-W46","views":null,"visit_time":null,"visitors":null,"visits":null},`+
		`{"bounces":140,"value":"2026-W47","views":700,"visit_time":30,"visitors":350,"visits":420}]`)
	is(t, got, "totals", `{"bounces":260,"views":1300,"visit_time":30,"visitors":650,"visits":780}`)
	q.By, q.To = ByHour, week+6
	got = ask(t, src, now, q)
	if rows := got["rows"].([]any); len(rows) != 24 || rows[5].(map[string]any)["views"] != nil {
		t.Errorf("hours of a week with a damaged day: got %v", rows)
	}
}

func TestReportLabelWithoutText(t *testing.T) {
	m, now := reportSite(t)
	day := modelDay(t, "2026-11-10")
	m.addDays(day, day, func(b *modelBlock) {
		b.row(block.Site, "", 100, 50, 60, 20, 60*30)
		b.row(block.Pages, "/", 100, 50, 1, 1, 1, 0, 0)
		b.row(block.Browsers, "Chrome 155", 100, 50, 60)
		b.cell(block.PageBrowsers, "/", "Chrome 155", 40)
	})
	src := newMemorySource(t, m)
	src.stored[0].words.texts = nil
	for _, q := range []Query{{By: ByBrowser}, {Page: "/"}, {Page: "/", By: ByBrowser},
		{By: ByPage, Where: &Where{ByBrowser, "Chrome 155"}}} {
		q.Site, q.From, q.To = m.config.Host, day, day
		if got := ask(t, src, now, q); !hasNote(got, "not counted: 2026-11-10") || got["totals"].(map[string]any)["views"] != nil {
			t.Errorf("%+v: got %v", q, got)
		}
	}
}

func TestReportDayThatWasNotClosed(t *testing.T) {
	m, now := reportSite(t)
	m.blocks = []modelBlock{{day: m.today - 1, flags: block.Running, rows: map[block.Table]map[string][]uint64{
		block.Site: {"": {200, 150, 160, 0, 0}}}}}
	got := ask(t, newMemorySource(t, m), now, Query{Site: m.config.Host, From: m.today - 1, To: m.today - 1})
	is(t, got, "totals", `{"bounces":null,"views":null,"visit_time":null,"visitors":null,"visits":null}`)
	if !hasNote(got, "not yet closed, and not counted: 2026-11-22") {
		t.Errorf("notes: got %v", got["notes"])
	}
}

func TestReportHours(t *testing.T) {
	m, now := reportSite(t)
	from := modelDay(t, "2026-09-28")
	m.addDays(from, from+27, func(b *modelBlock) {
		for h := range 24 {
			b.row(block.Hours, fmt.Sprintf("%02d", h), uint64(h))
		}
		if b.day == from+27 { // clocks go back: hour 02 twice
			b.row(block.Hours, "02", 50)
		}
	})
	src := newMemorySource(t, m)
	q := Query{Site: m.config.Host, From: from, To: from + 27, By: ByWeekdayHour, Limit: 3}
	rows := ask(t, src, now, q)["rows"].([]any)
	if len(rows) != 168 {
		t.Fatalf("got %d rows, want 168", len(rows))
	}
	for i, want := range map[int]string{0: `map[value:1-00 views:<nil>]`, 2: `map[value:1-02 views:<nil>]`, 3: `map[value:1-03 views:10]`,
		6*24 + 2: `map[value:7-02 views:60]`, 167: `map[value:7-23 views:90]`} {
		if got := fmt.Sprint(rows[i]); got != want {
			t.Errorf("row %d: got %s, want %s", i, got, want)
		}
	}
	q.By, q.To = ByHour, q.From
	rows = ask(t, src, now, q)["rows"].([]any)
	if len(rows) != 24 || fmt.Sprint(rows[9], rows[10], rows[15]) != `map[value:09 views:<nil>] map[value:10 views:10] map[value:15 views:20]` {
		t.Errorf("hours of a day: got %v", rows)
	}
	for _, bad := range []Query{{From: m.today, To: m.today, By: ByHour}, {From: from, To: from + 1, By: ByHour},
		{From: from, To: from + 6, By: ByWeekdayHour}} {
		bad.Site = m.config.Host
		if _, err := report(src, now, &bad); !errors.Is(err, ErrBadQuery) {
			t.Errorf("%s by %s: got %v, want a bad query", bad.From, bad.By, err)
		}
	}
}

func TestReportMarksImportedDays(t *testing.T) {
	m, now := reportSite(t)
	day := modelDay(t, "2026-11-10")
	m.addDays(day, day+1, func(b *modelBlock) {
		b.flags = block.Imported | block.ObjectionsUnknown | block.NoVisitors
		b.row(block.Site, "", 100, 0, 20, 0, 0)
	})
	got := ask(t, newMemorySource(t, m), now, Query{Site: m.config.Host, From: day, To: day + 1})
	is(t, got, "totals", `{"bounces":null,"views":200,"visit_time":null,"visitors":null,"visits":40}`)
	for _, note := range []string{"imported from logs: 2026-11-10 to 2026-11-11", "objections unknown", "visitors were not told apart"} {
		if !hasNote(got, note) {
			t.Errorf("no note %q in %v", note, got["notes"])
		}
	}
}

func TestReportGeneratedInAZoneOfHalfHours(t *testing.T) {
	m, _ := reportSite(t)
	m.config.Zone = modelZone(t, "Asia/Kolkata")
	m.blocks = []modelBlock{{day: m.today, flags: block.Running}}
	now := time.Date(2026, 11, 23, 9, 12, 1, 0, time.UTC) // 14:42:01
	src := newMemorySource(t, m)
	is(t, ask(t, src, now, Query{Site: m.config.Host, From: m.today, To: m.today}), "generated", `"2026-11-23T14:40:00+05:30"`)
	is(t, ask(t, src, now, Query{Site: m.config.Host, From: m.today, To: m.today, By: ByPage}), "generated", `"2026-11-23T14:00:00+05:30"`)
}

func TestReportRefusals(t *testing.T) {
	m, now := reportSite(t)
	src := newMemorySource(t, m)
	d := m.today
	for name, c := range map[string]struct {
		q    Query
		want string
	}{
		"backwards":             {Query{From: d, To: d - 1}, "the first day is after the last"},
		"limit below":           {Query{From: d, To: d, Limit: -1}, "limit is 1 to 10,000"},
		"limit above":           {Query{From: d, To: d, Limit: 10_001}, "limit is 1 to 10,000"},
		"no such dimension":     {Query{From: d, To: d, By: 200}, "there is no such dimension"},
		"page and where":        {Query{From: d, To: d, Page: "/a", By: ByPage, Where: &Where{ByBrowser, "x"}}, "page, section and where cannot be combined"},
		"page with a query":     {Query{From: d, To: d, Page: "/secret?x"}, "page is a path: it begins with / and has no query"},
		"page by entry":         {Query{From: d, To: d, Page: "/a", By: ByEntry}, "entry is counted apart and cannot be combined with page"},
		"page by hour":          {Query{From: d, To: d, Page: "/a", By: ByHour}, "hour is counted apart and cannot be combined with page"},
		"page by page":          {Query{From: d, To: d, Page: "/a", By: ByPage}, "page is counted apart and cannot be combined with page"},
		"where without by":      {Query{From: d, To: d, Where: &Where{ByBrowser, "secret"}}, "with where, by is page or section"},
		"where entry":           {Query{From: d, To: d, By: ByPage, Where: &Where{ByEntry, "secret"}}, "where takes referrer, browser, system, device, country or feature"},
		"where of no dimension": {Query{From: d, To: d, By: ByPage, Where: &Where{200, "secret"}}, "where takes referrer, browser, system, device, country or feature"},
		"feature by page":       {Query{From: d, To: d, By: ByPage, Where: &Where{ByFeature, "secret"}}, "feature is not counted page by page; with where=feature, by is section"},
		"where (other)":         {Query{From: d, To: d, By: ByPage, Where: &Where{ByBrowser, hit.Other}}, "(other) is what has no value of its own, and cannot be asked for"},
		"where nothing":         {Query{From: d, To: d, By: ByPage, Where: &Where{ByBrowser, ""}}, "where has no value"},
	} {
		c.q.Site = m.config.Host
		_, err := report(src, now, &c.q)
		if !errors.Is(err, ErrBadQuery) || err.Error() != "bad query: "+c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if _, err := report(src, now, &Query{Site: modelHost(t, "elsewhere.example"), From: d, To: d}); !errors.Is(err, ErrUnknownSite) {
		t.Errorf("got %v, want %v", err, ErrUnknownSite)
	}
}

// failingSource cannot read its blocks.
type failingSource struct{ *memorySource }

var errTest = errors.New("cannot read")

func (failingSource) view(hit.Host, func(dayView) error) error { return errTest }

func TestReportTellsOfTheSource(t *testing.T) {
	m, now := reportSite(t)
	_, err := report(failingSource{newMemorySource(t, m)}, now, &Query{Site: m.config.Host, From: m.today, To: m.today})
	if !errors.Is(err, errTest) {
		t.Errorf("got %v, want %v", err, errTest)
	}
}

func TestDims(t *testing.T) {
	for _, d := range Dims() {
		if got, err := ParseDim(d.String()); got != d || err != nil {
			t.Errorf("%s: got %v, %v", d, got, err)
		}
	}
	if d, err := ParseDim(""); d != NoDim || err != nil {
		t.Errorf("nothing: got %v, %v", d, err)
	}
	for _, s := range []string{"Page", "visitor", "secret"} {
		if _, err := ParseDim(s); !errors.Is(err, ErrBadQuery) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v", s, err)
		}
	}
	if w, err := ParseWhere("referrer:a.example:80"); err != nil || *w != (Where{ByReferrer, "a.example:80"}) || w.String() != "referrer:a.example:80" {
		t.Errorf("got %v, %v", w, err)
	}
	for _, s := range []string{"", "browser", "browser:", "secret:x"} {
		if w, err := ParseWhere(s); w != nil || !errors.Is(err, ErrBadQuery) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: got %v, %v", s, w, err)
		}
	}
	for d := range byEnd {
		r := &dims[d]
		if d == NoDim {
			continue
		}
		if len(r.columns) != len(r.rule.Measures) || 1+max(r.level, slices.Max(r.columns)) > block.Width(r.table) {
			t.Errorf("%s: %d columns for %d measures, the last is %d of %d", d, len(r.columns), len(r.rule.Measures),
				max(r.level, slices.Max(r.columns)), block.Width(r.table))
		}
		if r.rule.Behind != 0 && !slices.Contains(r.rule.Measures, r.rule.Behind) {
			t.Errorf("%s: what stands behind a row is not among its measures", d)
		}
	}
}
