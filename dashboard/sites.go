package dashboard

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
)

// sitesPerPage is how many cards the first page shows at once; each asks two
// questions.
const sitesPerPage = 24

// sitesBody is the overview of all sites.
type sitesBody struct {
	Cards          []siteCard
	None           string
	Previous, Next string
}

type siteCard struct {
	Host, URL            string
	Spark                series
	Views, Visitors      string // today
	AsOf                 string
	Yesterday, FourWeeks string
	Within               string
	Days                 string
	Change               *change
	Quiet                bool // no value is shown over the weeks
}

func (d *Dashboard) getSites(c *call) error {
	sites := d.sites(c)
	b := &sitesBody{}
	if len(sites) == 0 {
		b.None = c.l.Overview.NoSites
		if len(d.reports.Sites()) > 0 {
			b.None = c.l.Overview.NoRights
		}
	}
	start, err := strconv.Atoi(c.r.URL.Query().Get("start"))
	if err != nil || start < 0 || start >= len(sites) {
		start = 0
	}
	at := func(n int) string {
		q := c.langOnly()
		if q == nil {
			q = map[string][]string{}
		}
		q.Set("start", strconv.Itoa(n))
		return withQuery(c.root, q)
	}
	if start > 0 {
		b.Previous = at(max(0, start-sitesPerPage))
	}
	if start+sitesPerPage < len(sites) {
		b.Next = at(start + sitesPerPage)
	}
	for _, s := range sites[start:min(start+sitesPerPage, len(sites))] {
		card, err := d.siteCard(c, s)
		if err != nil {
			return err
		}
		b.Cards = append(b.Cards, card)
	}
	return d.render(c, http.StatusOK, "sites", c.l.Overview.Title, b)
}

func (d *Dashboard) siteCard(c *call, s aggregate.SiteConfig) (siteCard, error) {
	r := &reading{d: d, c: c, site: s, zone: s.Zone}
	if r.zone == nil {
		r.zone = time.UTC
	}
	r.today = hit.DayAt(c.now, r.zone)
	r.kept = s.FirstKept(r.today)
	weeks, err := spanOf("4w", r.today)
	if err != nil {
		return siteCard{}, err
	}
	days, err := r.ask(aggregate.Query{From: max(weeks.from, r.kept), To: r.today, By: aggregate.ByDay})
	if err != nil {
		return siteCard{}, err
	}
	total, err := r.ask(aggregate.Query{From: weeks.from, To: weeks.to})
	if err != nil {
		return siteCard{}, err
	}
	card := siteCard{
		Host: s.Host.String(), URL: view{host: s.Host.String(), lang: c.lang}.link(c.root),
		AsOf: replace(c.l.AsOf, days.Head().Generated.In(r.zone).Format("15:04")), Days: c.l.days(weeks.from, weeks.to),
	}
	var points []point
	for _, row := range days.Rows() {
		views, ok := row.Values.Count(publish.Views)
		p := point{value: views, known: ok, open: row.Value == r.today.String()}
		p.known = p.known && (!p.open || p.shown())
		points = append(points, p)
		switch row.Value {
		case r.today.String():
			card.Views, card.Visitors = c.l.measure(row.Values, publish.Views), c.l.measure(row.Values, publish.Visitors)
		case (r.today - 1).String():
			card.Yesterday = c.l.measure(row.Values, publish.Views)
		}
	}
	card.Spark = spark(points)
	views, _ := total.Totals().Count(publish.Views)
	card.FourWeeks = c.l.count(views)
	card.Quiet = !newScale(sparkHeight, points).drawn
	if views.Bound() > 0 {
		card.Within = replace(c.l.Within, c.l.group(views.Bound()))
	}
	return card, nil
}

// aboutBody is the page about the method.
type aboutBody struct{ Sections []aboutWords }

func (d *Dashboard) getAbout(c *call) error {
	sections := c.l.AboutText
	if d.source != "" {
		sections = append(slices.Clone(sections), aboutWords{"countries", c.l.Countries, []string{d.source}})
	}
	return d.render(c, http.StatusOK, "about", c.l.AboutTitle, aboutBody{sections})
}
