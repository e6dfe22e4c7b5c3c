package aggregate

import (
	"fmt"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"

	"pgregory.net/rapid"
)

// What drawn sites are made of.
var (
	drawPages     = []string{"/", "/a", "/b/c", "/b/d", "/listed", "/=x", hit.Other}
	drawSections  = []string{"/", "/b", "/blog/*", hit.Other}
	drawReferrers = []string{hit.None, hit.Internal, "a.example", "b.example", hit.Other}
	drawBrowsers  = []string{"Chrome 155", "Firefox 147", hit.Unknown, hit.Other}
	drawSystems   = []string{"Windows", "iOS", hit.Unknown, hit.Other}
	drawDevices   = []string{"desktop", "phone", "other", hit.Unknown}
	drawCountries = []string{"FR", "BE", hit.Unknown, hit.Other}
	drawFeatures  = []string{"signup", "old_one"}
)

var drawTables = map[block.Table][]string{
	block.Referrers: drawReferrers, block.Browsers: drawBrowsers, block.Systems: drawSystems, block.Devices: drawDevices,
	block.Countries: drawCountries, block.Features: drawFeatures, block.Outbound: {"o.example", "p.example"},
	block.Downloads: {"/f.pdf", hit.Other}, block.Statuses: {"404", "5xx"}, block.Failed: {"/gone", "/b", hit.Other},
	block.Bots: {"word", "empty"}, block.Pages: drawPages, block.Sections: drawSections,
}

var drawCrosses = [][]string{drawReferrers, drawBrowsers, drawSystems, drawDevices, drawCountries}

// drawCount draws counts that often lie near a threshold.
func drawCount(t *rapid.T) uint64 {
	return rapid.OneOf(rapid.Uint64Range(0, 30), rapid.Uint64Range(0, 3), rapid.Uint64Range(40, 400)).Draw(t, "n")
}

// drawSite draws a site of up to 120 days, some empty, some damaged, some of
// two blocks, and mostly a running one.
func drawSite(tb testing.TB, t *rapid.T) *modelSite {
	base := modelDay(tb, "2025-11-20") + hit.Day(rapid.IntRange(0, 60).Draw(t, "base"))
	length := rapid.IntRange(1, 120).Draw(t, "length")
	signup, _ := hit.ParseFeature("signup")
	m := &modelSite{
		config: SiteConfig{
			Host: modelHost(tb, "www.example.org"), Zone: time.UTC, Sections: []string{"/blog/*", "/shop/*"},
			Features: []hit.FeatureName{signup}, Pages: []string{"/listed", "/never"},
		},
		first: base, today: base + hit.Day(length-1),
	}
	templates := []*modelBlock{}
	for range 3 {
		templates = append(templates, drawBlock(t))
	}
	odd := rapid.IntRange(0, 3).Draw(t, "odd days")
	for d := m.first; d < m.today; d++ {
		pick := rapid.IntRange(0, 4).Draw(t, "template")
		if pick >= len(templates) {
			continue
		}
		b := *templates[pick]
		b.day = d
		m.blocks = append(m.blocks, b)
	}
	for range odd {
		b := *drawBlock(t)
		b.day = m.first + hit.Day(rapid.IntRange(0, length-1).Draw(t, "odd day"))
		b.damaged = rapid.IntRange(0, 2).Draw(t, "damaged") == 0
		b.restarts = uint16(rapid.IntRange(0, 2).Draw(t, "restarts"))
		b.level = uint8(rapid.IntRange(0, 1).Draw(t, "level"))
		b.flags = rapid.SampledFrom([]block.Flags{0, block.NoVisitors, block.Imported, block.Running}).Draw(t, "flags")
		if b.flags == block.Running && b.day == m.today {
			b.flags = 0
		}
		m.blocks = append(m.blocks, b)
	}
	drawSnapshots(t, m)
	return m
}

// drawSnapshots adds those of the running day.
func drawSnapshots(t *rapid.T, m *modelSite) {
	if rapid.Bool().Draw(t, "hour") {
		b := *drawBlock(t)
		b.day, b.flags = m.today, block.Running
		m.blocks = append(m.blocks, b)
	}
	if rapid.Bool().Draw(t, "tens") {
		all := drawBlock(t)
		b := modelBlock{day: m.today, flags: block.Running | block.Tens, restarts: all.restarts, level: all.level}
		b.rows = map[block.Table]map[string][]uint64{}
		for _, table := range []block.Table{block.Site, block.Statuses, block.Bots} {
			b.rows[table] = all.rows[table]
		}
		m.blocks = append(m.blocks, b)
	}
}

func drawBlock(t *rapid.T) *modelBlock {
	b := &modelBlock{}
	visits := drawCount(t)
	b.row(block.Site, "", drawCount(t), drawCount(t), visits, min(visits, drawCount(t)), visits*drawCount(t))
	for h := range 24 {
		if h%5 == 0 {
			b.row(block.Hours, fmt.Sprintf("%02d", h), 1+drawCount(t))
		}
	}
	for table := block.Pages; table <= block.Bots; table++ { // in order, so that a failure can be drawn again
		for _, value := range drawTables[table] {
			n := make([]uint64, block.Width(table))
			any := uint64(0)
			for i := range n {
				n[i] = drawCount(t)
				any += n[i]
			}
			if table == block.Pages || table == block.Sections {
				any -= n[6]
				n[6] = uint64(rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "level"))
			}
			if any > 0 {
				b.row(table, value, n...)
			}
		}
	}
	for i, values := range drawCrosses {
		for _, inner := range values {
			for _, page := range []string{"/", "/b/c"} {
				if b.rows[block.Pages][page] != nil { // else it has no visitors to tell apart
					b.cell(block.PageReferrers+block.Cross(i), page, inner, drawCount(t))
				}
			}
			b.cell(block.SectionReferrers+block.Cross(i), "/blog/*", inner, drawCount(t))
			b.cell(block.SectionReferrers+block.Cross(i), "/", inner, drawCount(t))
		}
	}
	for _, feature := range drawFeatures {
		b.cell(block.SectionFeatures, "/b", feature, drawCount(t))
		b.cell(block.SectionFeatures, "/blog/*", feature, drawCount(t))
	}
	return b
}

// drawQuery draws a question that is well put, but for hours of a range that
// has none.
func drawQuery(t *rapid.T, m *modelSite) *Query {
	q := &Query{Site: m.config.Host, Limit: rapid.SampledFrom([]int{0, 1, 3, 10_000}).Draw(t, "limit")}
	length := int(m.today - m.first + 1)
	q.From = m.first + hit.Day(rapid.IntRange(-3, length-1).Draw(t, "from"))
	q.To = q.From + hit.Day(rapid.IntRange(0, length+2).Draw(t, "days"))
	q.By = rapid.SampledFrom(append(Dims(), NoDim)).Draw(t, "by")
	if q.By == ByHour || q.By == ByWeekdayHour {
		periods := refKinds(q.From.Monday())
		p := rapid.SampledFrom(periods).Draw(t, "period")
		q.From, q.To = p.from, p.to
		return q
	}
	dimensions := []Dim{ByReferrer, ByBrowser, BySystem, ByDevice, ByCountry}
	switch rapid.IntRange(0, 4).Draw(t, "what") {
	case 0:
		q.Page = rapid.SampledFrom([]string{"/", "/b/c", "/nowhere"}).Draw(t, "page")
		q.By = rapid.SampledFrom(append(dimensions, NoDim, ByDay, ByWeek, ByMonth)).Draw(t, "by")
	case 3:
		q.Section = rapid.SampledFrom([]string{"/", "/blog/*", "/b", "/nowhere"}).Draw(t, "section")
		q.By = rapid.SampledFrom(append(dimensions, NoDim, ByDay, ByWeek, ByMonth, ByFeature)).Draw(t, "by")
	case 1:
		q.By = rapid.SampledFrom([]Dim{ByPage, BySection}).Draw(t, "by")
		i := rapid.IntRange(0, 4).Draw(t, "dimension")
		q.Where = &Where{dimensions[i], rapid.SampledFrom(drawCrosses[i][:2]).Draw(t, "value")}
		if q.By == BySection && rapid.IntRange(0, 3).Draw(t, "feature") == 0 {
			q.Where = &Where{ByFeature, "signup"}
		}
	}
	return q
}
