package dashboard

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
)

// fake answers questions from a made-up history, through package publish as
// the engine does.
type fake struct {
	sites []aggregate.SiteConfig
	daily float64                    // views on an average day
	quiet map[string]float64         // the same of single sites
	since hit.Day                    // first day with views
	err   error                      // the answer to everything, if set
	extra map[aggregate.Dim][]string // more values, each with a share of its own
	only  bool                       // no values but those
	fail  int                        // which question is the first to fail; 0: none
	asked int

	slower bool // pages of the last week took twice as long
}

func host(s string) hit.Host {
	h, err := hit.ParseHost(s)
	if err != nil {
		panic(err)
	}
	return h
}

var paris = func() *time.Location {
	z, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		panic(err)
	}
	return z
}()

func newFake(daily float64, hosts ...string) *fake {
	f := &fake{daily: daily, extra: map[aggregate.Dim][]string{}}
	for _, h := range hosts {
		signup, _ := hit.ParseFeature("signup_click")
		search, _ := hit.ParseFeature("search")
		f.sites = append(f.sites, aggregate.SiteConfig{Host: host(h), Zone: paris, Features: []hit.FeatureName{signup, search}})
	}
	return f
}

func (f *fake) Sites() []aggregate.SiteConfig { return f.sites }

// day returns the raw views, visitors, visits, bounces and seconds of a day.
func (f *fake) day(site hit.Host, d, today hit.Day) []uint64 {
	if d < f.since {
		return make([]uint64, 5)
	}
	week := []float64{.62, 1.08, 1.15, 1.12, 1.1, 1.0, .58}[d.Weekday()]
	wave := 1 + .12*math.Sin(float64(d)/9) + .07*math.Sin(float64(d)*1.7)
	daily, ok := f.quiet[site.String()]
	if !ok {
		daily = f.daily
	}
	views := daily * week * wave
	if d%41 == 7 {
		views *= 1.9
	}
	if d == today {
		views *= .45
	}
	visits := views / 2.4
	return []uint64{uint64(views), uint64(views / 2.7), uint64(visits), uint64(visits * .43), uint64(visits * (95 + 15*wave))}
}

type share struct {
	value string
	part  float64
}

var shares = map[aggregate.Dim][]share{
	aggregate.ByPage: {{"/", .21}, {"/pricing", .11}, {"/blog/measuring-without-cookies", .09}, {"/docs/install", .08},
		{"/docs", .07}, {"/features", .06}, {"/blog", .05}, {"/docs/configuration/reverse-proxy-and-trusted-networks-explained", .045},
		{"/fr/", .04}, {"/about", .03}, {"/contact", .02}, {"/légal/mentions", .01}, {"/careers", .004}, {"/careers/engineer", .001}},
	aggregate.BySection:  {{"/", .44}, {"/docs/*", .31}, {"/blog/*", .2}, {"/careers/*", .005}},
	aggregate.ByEntry:    {{"/", .38}, {"/blog/measuring-without-cookies", .2}, {"/docs/install", .12}, {"/pricing", .08}, {"/docs", .06}, {"/fr/", .04}},
	aggregate.ByExit:     {{"/", .2}, {"/pricing", .19}, {"/docs/install", .15}, {"/blog/measuring-without-cookies", .14}, {"/contact", .05}},
	aggregate.ByReferrer: {{hit.None, .34}, {"www.google.com", .27}, {hit.Internal, .08}, {"news.ycombinator.com", .07}, {"duckduckgo.com", .06}, {"github.com", .05}, {"www.bing.com", .04}, {"lobste.rs", .02}, {"www.journalduhacker.net", .02}, {"t.co", .01}, {"old.example.net", .002}},
	aggregate.ByBrowser:  {{"Chrome 155", .41}, {"Safari 26", .21}, {"Firefox 157", .16}, {"Edge 155", .08}, {"Chrome 154", .05}, {"Samsung Internet 31", .03}, {"Firefox 140", .015}, {"(unknown)", .01}},
	aggregate.BySystem:   {{"Windows", .36}, {"Android", .24}, {"iOS", .19}, {"macOS", .12}, {"Linux", .07}, {"ChromeOS", .004}},
	aggregate.ByDevice:   {{"desktop", .55}, {"phone", .41}, {"tablet", .03}, {"tv", .0}, {"other", .0}},
	aggregate.ByCountry:  {{"FR", .44}, {"DE", .12}, {"US", .11}, {"BE", .07}, {"GB", .06}, {"CH", .05}, {"CA", .04}, {"NL", .03}, {"ES", .02}, {"IT", .015}, {"PT", .002}},
	aggregate.ByFeature:  {{"search", .05}, {"signup_click", .021}},
	aggregate.ByOutbound: {{"github.com", .03}, {"www.cnil.fr", .012}},
	aggregate.ByDownload: {{"/files/footfall-1.4.0-linux-amd64.tar.gz", .014}, {"/files/whitepaper.pdf", .008}},
	aggregate.ByStatus:   {{"404", .03}, {"4xx", .004}, {"5xx", .0}},
	aggregate.ByError:    {{"/wp-login.php", .014}, {"/old/page", .008}},
	aggregate.ByBot:      {{"word", .4}, {"library", .1}, {"headless", .02}, {"empty", .05}, {"absurd", .01}, {"prefetch", .03}, {"metadata", .06}},
}

var fakeRules = map[aggregate.Dim]publish.Rule{
	aggregate.ByPage:     {Measures: []publish.Measure{publish.Views, publish.Visitors}, Behind: publish.Visitors},
	aggregate.BySection:  {Measures: []publish.Measure{publish.Views, publish.Visitors, publish.Visits, publish.Bounces}, Behind: publish.Visitors},
	aggregate.ByEntry:    {Measures: []publish.Measure{publish.Entries, publish.Bounces}, Behind: publish.Entries},
	aggregate.ByExit:     {Measures: []publish.Measure{publish.Exits}, Behind: publish.Exits},
	aggregate.ByReferrer: {Measures: []publish.Measure{publish.Views, publish.Visits}, Behind: publish.Visits},
}

func fakeRule(q *aggregate.Query) publish.Rule {
	switch {
	case q.Page != "" || q.Section != "" || q.Where != nil:
		return publish.Rule{Measures: []publish.Measure{publish.Visitors}, Behind: publish.Visitors}
	case q.By == aggregate.ByFeature || q.By == aggregate.ByOutbound || q.By == aggregate.ByDownload:
		return publish.Rule{Measures: []publish.Measure{publish.Uses}, Behind: publish.Uses}
	case q.By == aggregate.ByStatus || q.By == aggregate.ByError || q.By == aggregate.ByBot:
		return publish.Rule{Measures: []publish.Measure{publish.Hits}, Behind: publish.Hits}
	case q.By == aggregate.ByHour || q.By == aggregate.ByWeekdayHour:
		return publish.Rule{Measures: []publish.Measure{publish.Views}, Behind: publish.Views}
	}
	if r, ok := fakeRules[q.By]; ok {
		return r
	}
	return publish.Rule{Measures: []publish.Measure{publish.Views, publish.Visitors, publish.Visits}, Behind: publish.Visitors}
}

// Report answers as the engine does.
func (f *fake) Report(ctx context.Context, now time.Time, q *aggregate.Query) (*publish.Report, error) {
	if f.err != nil {
		return nil, f.err
	}
	if f.asked++; f.fail > 0 && f.asked >= f.fail {
		return nil, errors.New("a planted failure")
	}
	i := slices.IndexFunc(f.sites, func(s aggregate.SiteConfig) bool { return s.Host == q.Site })
	if i < 0 {
		return nil, aggregate.ErrUnknownSite
	}
	today := hit.DayAt(now, paris)
	kept := f.sites[i].FirstKept(today)
	parts := publish.Periods(q.From, q.To, today, kept)
	asOf := now.In(paris).Truncate(10 * time.Minute)
	head := publish.Head{Site: q.Site, From: q.From, To: q.To, Zone: paris, Generated: asOf, By: q.By.String(), Page: q.Page, Section: q.Section, Where: q.Where.String()}
	var notes []publish.Note
	if len(parts) > 0 {
		notes = append(notes, publish.NewNote(publish.SumOfDays))
	}
	if q.To == today {
		notes = append(notes, publish.NewSnapshotNote(publish.RunningTotals, today, asOf), publish.NewNote(publish.ClosedOnly, today))
	}
	rows, other := f.rows(q, &head, today, kept, parts)
	report := publish.NewReport(head, parts, f.totals(q, today, parts...), rows, other, notes)
	if q.Compare == aggregate.NoCompare {
		return report, nil
	}
	earlier := *q
	earlier.From, earlier.To = q.Compare.Days(q.From, q.To)
	earlier.Compare = aggregate.NoCompare
	before, err := f.Report(ctx, now, &earlier)
	if err != nil {
		return nil, err
	}
	return report.Compared(q.Compare.String(), before), nil
}

func (f *fake) totals(q *aggregate.Query, today hit.Day, parts ...publish.Period) publish.Values {
	rule := publish.Rule{Measures: []publish.Measure{publish.Views, publish.Visitors, publish.Visits, publish.Bounces, publish.VisitTime}}
	scale := 1.0
	if q.Page != "" {
		rule = fakeRules[aggregate.ByPage]
		scale = partOf(aggregate.ByPage, q.Page)
	}
	if q.Where != nil {
		rule, scale = fakeRule(&aggregate.Query{By: q.Where.Dim}), partOf(q.Where.Dim, q.Where.Value)
	}
	t := publish.NewTotals(rule)
	for _, p := range parts {
		n := make([]uint64, len(rule.Measures))
		for d := p.From; d <= p.To; d++ {
			for m, v := range f.day(q.Site, d, today)[:len(n)] {
				n[m] += uint64(float64(v) * scale)
			}
		}
		absent := publish.Measures(0)
		if p.To == today {
			absent = publish.MeasuresOf(publish.Bounces, publish.VisitTime)
		}
		t.Add(n, 1, absent)
	}
	return t.Values()
}

func partOf(dim aggregate.Dim, value string) float64 {
	for _, s := range shares[dim] {
		if s.value == value {
			return s.part
		}
	}
	return 0
}

func (f *fake) rows(q *aggregate.Query, head *publish.Head, today, kept hit.Day, parts []publish.Period) ([]publish.Row, *publish.Values) {
	var rows []publish.Row
	kinds := map[aggregate.Dim]publish.Kind{aggregate.ByDay: publish.Day, aggregate.ByWeek: publish.Week, aggregate.ByMonth: publish.Month}
	if kind, ok := kinds[q.By]; ok {
		for _, p := range publish.Each(kind, q.From, q.To, today, kept) {
			rows = append(rows, publish.Row{Value: p.Value(), Values: f.totals(q, today, p)})
		}
		head.Measures = f.totals(q, today).Measures()
		return rows, nil
	}
	if q.By == aggregate.NoDim {
		return nil, nil
	}
	rule := fakeRule(q)
	head.Measures = rule.Measures
	list := append(slices.Clone(shares[q.By]), f.hours(q.By)...)
	if f.only && f.extra[q.By] != nil {
		list = nil
	}
	for _, v := range f.extra[q.By] {
		list = append(list, share{v, .15})
	}
	b := publish.NewBreakdown(rule, f.keep(q.By, list))
	for _, p := range parts {
		var sum float64
		for d := p.From; d <= p.To; d++ {
			sum += float64(f.day(q.Site, d, today)[0])
		}
		if q.Page != "" {
			sum *= partOf(aggregate.ByPage, q.Page)
		}
		raw := publish.Raw{Least: 1}
		var rest float64 = 1
		for _, s := range append(list, share{hit.Other, 0}) {
			part := s.part
			if s.value == hit.Other {
				part = max(0, rest)
			}
			rest -= part
			at := b.Index(s.value) * len(rule.Measures)
			for len(raw.N) < at+len(rule.Measures) {
				raw.N = append(raw.N, 0)
			}
			for i, m := range rule.Measures {
				raw.N[at+i] = uint64(sum * part * map[publish.Measure]float64{publish.Views: 1, publish.Visitors: .37, publish.Visits: .42, publish.Entries: .42, publish.Exits: .42, publish.Bounces: .2, publish.Uses: 1, publish.Hits: 1}[m])
			}
		}
		b.Add(&raw)
	}
	limit := q.Limit
	if limit == 0 {
		limit = aggregate.DefaultLimit
	}
	if q.By == aggregate.ByHour || q.By == aggregate.ByWeekdayHour {
		rows := b.InOrder()
		return slices.DeleteFunc(rows, func(r publish.Row) bool { return r.Value == hit.Other }), nil
	}
	other := b.Other()
	return b.Rows(limit, q.Sort), &other
}

func (f *fake) hours(by aggregate.Dim) []share {
	curve := func(h int) float64 { return .01 + .06*math.Exp(-math.Pow(float64(h)-14.5, 2)/28) }
	var out []share
	switch by {
	case aggregate.ByHour:
		for h := range 24 {
			out = append(out, share{time.Date(2000, 1, 1, h, 0, 0, 0, time.UTC).Format("15"), curve(h)})
		}
	case aggregate.ByWeekdayHour:
		for d := range 7 {
			for h := range 24 {
				week := []float64{1.08, 1.15, 1.12, 1.1, 1.0, .58, .62}[d]
				out = append(out, share{string(rune('1'+d)) + "-" + time.Date(2000, 1, 1, h, 0, 0, 0, time.UTC).Format("15"), curve(h) * week / 7})
			}
		}
	}
	return out
}

func (f *fake) keep(by aggregate.Dim, list []share) []string {
	var out []string
	switch by {
	case aggregate.BySection, aggregate.ByFeature, aggregate.ByDevice, aggregate.BySystem, aggregate.ByStatus, aggregate.ByBot, aggregate.ByHour, aggregate.ByWeekdayHour:
		for _, s := range list {
			out = append(out, s.value)
		}
	}
	return out
}

// Speed answers with times of a made-up spread, through package publish.
func (f *fake) Speed(_ context.Context, now time.Time, q *aggregate.SpeedQuery) (*aggregate.Speed, error) {
	if f.err != nil {
		return nil, f.err
	}
	if f.asked++; f.fail > 0 && f.asked >= f.fail {
		return nil, errors.New("a planted failure")
	}
	today := hit.DayAt(now, paris)
	kept := today - 700
	periods := [][]publish.Period{publish.Periods(q.From, q.To, today, kept)}
	if q.Weekly {
		periods = nil
		for _, p := range publish.Each(publish.Week, q.From, q.To, today, kept) {
			periods = append(periods, []publish.Period{p})
		}
	}
	out := &aggregate.Speed{}
	for _, parts := range periods {
		for device, slow := range map[string]float64{"": 1, "phone": 1.5} {
			if q.Page != "" && device != "" {
				continue
			}
			row := aggregate.SpeedRow{Device: device}
			if q.Weekly {
				row.Period = parts[0]
			}
			if f.slower && row.Period.To >= today-8 {
				slow *= 2
			}
			for t := range row.Timings {
				edges := []float64{0, 200 * slow, 500 * slow, 900 * slow, 2000 * slow, 9000}
				var hists [][]uint64
				for _, p := range parts {
					n := uint64(0)
					for d := p.From; d <= p.To; d++ {
						n += f.day(q.Site, d, today)[0] / 20
					}
					hists = append(hists, []uint64{n, 2 * n, 4 * n, 2 * n, n})
				}
				of := func(x float64) publish.Quantile { return publish.NewQuantile(x, edges, hists...) }
				row.Timings[t] = aggregate.Quantiles{P5: of(.05), P25: of(.25), P50: of(.5), P75: of(.75), P95: of(.95)}
			}
			out.Rows = append(out.Rows, row)
		}
	}
	slices.SortStableFunc(out.Rows, func(a, b aggregate.SpeedRow) int {
		return cmp.Or(cmp.Compare(a.Period.From, b.Period.From), cmp.Compare(a.Device, b.Device))
	})
	return out, nil
}
