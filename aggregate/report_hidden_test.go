package aggregate

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/publish"

	"pgregory.net/rapid"
)

// A page seen by twelve on a day with a restart is hidden, and so is everything
// about it: no breakdown of it may show the twelve in (other).
func TestReportOtherOfAWithheldPage(t *testing.T) {
	m, now := reportSite(t)
	day := modelDay(t, "2026-11-10")
	m.addDays(day, day, func(b *modelBlock) {
		b.restarts = 1
		b.row(block.Site, "", 300, 100, 110, 0, 0)
		b.row(block.Pages, "/p12", 30, 12, 0, 0, 0, 0, 0)
		b.row(block.Pages, "/p30", 60, 30, 0, 0, 0, 0, 0)
		b.row(block.Pages, "/all", 60, 25, 0, 0, 0, 0, 0)
		b.row(block.Browsers, "Chrome 155", 240, 80, 90)
		b.row(block.Browsers, "Firefox 147", 60, 12, 13)
		b.cell(block.PageBrowsers, "/p12", "Chrome 155", 11)
		b.cell(block.PageBrowsers, "/p12", "Firefox 147", 1)
		b.cell(block.PageBrowsers, "/p30", "Chrome 155", 18)
		b.cell(block.PageBrowsers, "/p30", "Firefox 147", 12)
		b.cell(block.PageBrowsers, "/all", "Chrome 155", 13) // and 12 folded
	})
	src := newMemorySource(t, m)
	const nothing = `{"visitors":null}`
	for _, c := range []struct {
		q                   Query
		totals, rows, other string
	}{
		{Query{Page: "/p12", By: ByBrowser}, `{"views":null,"visitors":null}`, `[]`, nothing},
		{Query{Page: "/p30", By: ByBrowser}, `{"views":60,"visitors":30}`, `[]`, `{"visitors":30}`}, // 18 and 12 need 20 each
		{Query{Page: "/all", By: ByBrowser}, `{"views":60,"visitors":30}`, `[]`, `{"visitors":30}`},
		{Query{By: ByPage, Where: &Where{ByBrowser, "Firefox 147"}}, `{"views":null,"visitors":null,"visits":null}`, `[]`, nothing},
		{Query{By: ByPage, Where: &Where{ByBrowser, "Chrome 155"}}, `{"views":240,"visitors":80,"visits":90}`, `[]`, `{"visitors":40}`},
		{Query{By: ByBrowser}, `{"bounces":null,"views":300,"visit_time":0,"visitors":100,"visits":110}`,
			`[{"value":"Chrome 155","views":240,"visitors":80,"visits":90}]`, `{"views":null,"visitors":null,"visits":null}`},
		{Query{By: ByPage}, `{"bounces":null,"views":300,"visit_time":0,"visitors":100,"visits":110}`,
			`[{"value":"/all","views":60,"visitors":30},{"value":"/p30","views":60,"visitors":30}]`, `{"views":null,"visitors":null}`},
	} {
		t.Run(fmt.Sprint(c.q.Page, c.q.Where, c.q.By), func(t *testing.T) {
			c.q.Site, c.q.From, c.q.To = m.config.Host, day, day
			got := ask(t, src, now, c.q)
			is(t, got, "totals", c.totals)
			is(t, got, "rows", c.rows)
			is(t, got, "other", c.other)
		})
	}
}

// One visitor who views thirty pages is one, in (other) too.
func TestReportOtherOfOneVisitor(t *testing.T) {
	m, now := reportSite(t)
	day := modelDay(t, "2026-11-10")
	m.addDays(day, day+1, func(b *modelBlock) {
		visitors := uint64(1)
		if b.day > day {
			visitors = 14
		}
		b.row(block.Site, "", 30*visitors, visitors, visitors, 0, 0)
		b.row(block.Browsers, "Chrome 155", 30*visitors, visitors, visitors)
		for i := range 30 {
			page, section := fmt.Sprintf("/s%d/p", i), fmt.Sprintf("/s%d", i)
			b.row(block.Pages, page, 1, 1, 0, 0, 0, 0, 0)
			b.row(block.Sections, section, 1, 1, 0, 0, 0, 0, 0, 1)
			b.cell(block.PageBrowsers, page, "Chrome 155", 1)
			b.cell(block.SectionBrowsers, section, "Chrome 155", 1)
		}
	})
	src := newMemorySource(t, m)
	chrome := &Where{ByBrowser, "Chrome 155"}
	for _, c := range []struct {
		by          Dim
		where       *Where
		one, twelve string
	}{
		{ByPage, nil, `{"views":null,"visitors":null}`, `{"views":30,"visitors":10}`},
		{BySection, nil, `{"bounces":null,"views":null,"visitors":null,"visits":null}`, `{"bounces":null,"views":30,"visitors":10,"visits":10}`},
		{ByPage, chrome, `{"visitors":null}`, `{"visitors":10}`},
		{BySection, chrome, `{"visitors":null}`, `{"visitors":10}`},
	} {
		q := Query{Site: m.config.Host, From: day, To: day, By: c.by, Where: c.where}
		is(t, ask(t, src, now, q), "other", c.one)
		q.From, q.To = day+1, day+1
		is(t, ask(t, src, now, q), "other", c.twelve)
	}
}

// A part of which nothing can be read is shown as such, never as under ten.
func TestReportWhatCannotBeRead(t *testing.T) {
	m, now := reportSite(t)
	m.config.Pages = []string{"/listed"}
	bad, open := modelDay(t, "2026-11-10"), m.today-1
	m.addDays(bad-1, bad+1, func(b *modelBlock) {
		b.row(block.Site, "", 30, 20, 21, 0, 0)
		b.damaged = b.day == bad
	})
	m.blocks = append(m.blocks, modelBlock{day: open, flags: block.Running, rows: map[block.Table]map[string][]uint64{
		block.Site: {"": {200, 150, 160, 0, 0}}}})
	src := newMemorySource(t, m)
	for _, c := range []struct {
		name     string
		from, to hit.Day
		note     string
	}{
		{"damaged", bad, bad, "damaged, and not counted: 2026-11-10"},
		{"not yet closed", open, open, "not yet closed, and not counted: 2026-11-22"},
		{"without a snapshot", m.today, m.today, "has no snapshot yet"},
		{"not kept", m.first - 9, m.first - 1, "no longer kept: 2025-09-22 to 2025-09-30"},
		{"to come", m.today + 1, m.today + 9, "still to come: 2026-11-24 to 2026-12-02"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, by := range []Dim{NoDim, ByDay, ByPage, ByBrowser} {
				q := Query{Site: m.config.Host, From: c.from, To: c.to, By: by}
				got := ask(t, src, now, q)
				is(t, got, "totals", `{"bounces":null,"views":null,"visit_time":null,"visitors":null,"visits":null}`)
				is(t, got, "bound", `0`)
				if !hasNote(got, c.note) {
					t.Errorf("by %s: no note %q in %v", by, c.note, got["notes"])
				}
				r, err := report(src, now, &q)
				if err != nil {
					t.Fatal(err)
				}
				var text, csv bytes.Buffer
				if err := errors.Join(r.WriteText(&text), r.WriteCSV(&csv)); err != nil {
					t.Fatal(err)
				}
				if s := text.String(); strings.Contains(s, "<10") || strings.Contains(s, "within") || !strings.Contains(s, "–") {
					t.Errorf("by %s: got\n%s", by, s)
				}
				if strings.Contains(csv.String(), "–") || strings.Contains(csv.String(), "<10") {
					t.Errorf("by %s: got %q", by, csv.String())
				}
			}
		})
	}
	got := ask(t, src, now, Query{Site: m.config.Host, From: bad - 1, To: bad + 2}) // 20+20 of two, under ten of one
	is(t, got, "bound", `19`)
	is(t, got, "totals", `{"bounces":null,"views":60,"visit_time":null,"visitors":40,"visits":40}`)
	got = ask(t, src, now, Query{Site: m.config.Host, From: bad, To: bad + 2, Page: "/nowhere"})
	is(t, got, "bound", `18`) // of two days; the damaged one is none of them
	if hasNote(got, "not yet closed") || !hasNote(got, "damaged, and not counted: 2026-11-10") {
		t.Errorf("notes: got %v", got["notes"])
	}
}

func TestReportWhereOfClosedLists(t *testing.T) {
	m, now := reportSite(t)
	src := newMemorySource(t, m)
	const systems, devices = "system is one of Windows, macOS, iOS, Android, Linux, ChromeOS or (unknown)",
		"device is one of other, desktop, phone, tablet, tv or (unknown)"
	for _, c := range []struct {
		dim         Dim
		value, want string // "" is answered
	}{
		{BySystem, "BeOS", systems}, {BySystem, "windows", systems}, {BySystem, "Windows", ""}, {BySystem, hit.Unknown, ""},
		{ByDevice, "toaster", devices}, {ByDevice, "phone", ""}, {ByDevice, "other", ""},
		{ByCountry, "france", "country is a code of two capital letters (ISO 3166), or (unknown)"}, {ByCountry, "FR", ""},
		{ByStatus, "teapot", "where takes referrer, browser, system, device, country or feature"},
		{ByBrowser, "Mosaic 1", ""}, {ByReferrer, "nobody.example", ""}, {ByReferrer, hit.Internal, ""},
	} {
		q := Query{Site: m.config.Host, From: m.today, To: m.today, By: ByPage, Where: &Where{c.dim, c.value}}
		_, err := report(src, now, &q)
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, ErrBadQuery) || err.Error() != "bad query: "+c.want) {
			t.Errorf("%s: got %v, want %q", q.Where, err, c.want)
		}
	}
}

// Whatever is asked of one published period, (other) is no more than the whole,
// and where the totals are withheld nothing else is shown.
func TestOtherIsWithinTheWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := drawSite(t, rt)
		src := newMemorySource(t, m)
		now := time.Unix(int64(m.today)*86400+43200, 0)
		q := drawQuery(rt, m)
		if !hasTable(q.By) || q.By == ByHour || q.By == ByWeekdayHour {
			q.By = BySection
			q.Page, q.Section, q.Where = "", "", nil
		}
		days, err := report(src, now, q)
		if err != nil {
			rt.Fatal(err)
		}
		for _, p := range days.Parts() {
			one := *q
			one.From, one.To = p.From, p.To
			r, err := report(src, now, &one)
			if err != nil {
				rt.Fatal(err)
			}
			other, _ := r.Other()
			if q.Where != nil && q.Where.Dim == ByFeature || q.Section != "" && q.By == ByFeature {
				continue // uses, which are requests
			}
			shown := number(other, publish.Visitors)
			if (q.By == ByPage || q.By == BySection) && shown > number(r.Totals(), publish.Visitors) {
				rt.Fatalf("%+v: (other) is %v of %v", one, other, r.Totals())
			}
			answers := q.Page == "" && q.Section == "" && q.Where == nil
			for _, m := range r.Totals().Measures() {
				answers = answers || number(r.Totals(), m) > 0
			}
			if answers {
				continue
			}
			for _, row := range r.Rows() {
				shown = max(shown, number(row.Values, publish.Visitors))
			}
			if shown > 0 {
				rt.Fatalf("%+v: totals are withheld, and rows are %v and %v", one, r.Rows(), other)
			}
		}
	})
}

func hasTable(d Dim) bool { return (&answer{q: &Query{By: d}}).hasRows() }

// number returns a count, 0 where it is withheld or not there.
func number(v publish.Values, m publish.Measure) int64 {
	c, _ := v.Count(m)
	n, _ := c.Value()
	return n
}
