package dashboard

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
)

// A reading is one request for a site's page: the site, its days and what is
// asked of them.
type reading struct {
	d     *Dashboard
	c     *call
	site  aggregate.SiteConfig
	zone  *time.Location
	today hit.Day
	kept  hit.Day // first day that is kept
	view  view
}

// read finds the site and what is asked of it.
func (d *Dashboard) read(c *call) (*reading, error) {
	site, err := d.site(c)
	if err != nil {
		return nil, err
	}
	r := d.readingOf(c, site)
	return r, r.parse()
}

// readingOf returns the reading of a site before anything is asked of it.
func (d *Dashboard) readingOf(c *call, site aggregate.SiteConfig) *reading {
	r := &reading{d: d, c: c, site: site, zone: site.Zone}
	if r.zone == nil {
		r.zone = time.UTC
	}
	r.today = hit.DayAt(c.now, r.zone)
	r.kept = site.FirstKept(r.today)
	return r
}

// parse reads the view from the URL; what is not of its form is refused
// rather than left out.
func (r *reading) parse() error {
	q := r.c.r.URL.Query()
	v := view{host: r.site.Host.String(), lang: r.c.lang, page: q.Get("page"), where: q.Get("where"), query: q.Get("q"), sort: q.Get("sort")}
	if v.page != "" {
		if _, err := hit.ParsePath(v.page); err != nil || v.where != "" {
			return badRequest("bad_page", "page is a path, and stands alone")
		}
	}
	if v.where != "" {
		if w, err := aggregate.ParseWhere(v.where); err != nil || !filterable[w.Dim.String()] || len(v.where) > 600 {
			return badRequest("bad_where", "where is a dimension, a colon and a value")
		}
	}
	switch q.Get("chart") {
	case "visits", "bounces", "time":
		v.chart = q.Get("chart")
	}
	if len(v.query) > 200 {
		v.query = ""
	}
	if n, err := strconv.Atoi(q.Get("start")); err == nil && n > 0 && n <= aggregate.MaxLimit {
		v.start = n
	}
	var err error
	switch period := q.Get("period"); {
	case q.Get("from") != "" || q.Get("to") != "":
		v.span, err = customSpan(q.Get("from"), q.Get("to"))
	case period != "":
		v.span, err = spanOf(period, r.today)
	default:
		v.span, err = r.usual()
	}
	if errors.Is(err, errPeriod) {
		err = badRequest("bad_period", "a period is one of those named, or from and to are days in order")
	}
	r.view = v
	return err
}

// ask answers a question about the site.
func (r *reading) ask(q aggregate.Query) (*publish.Report, error) {
	q.Site = r.site.Host
	return r.d.ask(r.c, &q)
}

// ask answers a question as soon as one of few places is free, so that those
// who read leave processors to those who are counted.
func (d *Dashboard) ask(c *call, q *aggregate.Query) (*publish.Report, error) {
	ctx := c.r.Context()
	select {
	case d.asking <- struct{}{}:
		defer func() { <-d.asking }()
		return d.reports.Report(ctx, c.now, q)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// within asks about the page's own days, under its filter.
func (r *reading) within(by aggregate.Dim, limit int) (*publish.Report, error) {
	return r.ordered(by, limit, 0)
}

// ordered is within with rows by a measure.
func (r *reading) ordered(by aggregate.Dim, limit int, sort publish.Measure) (*publish.Report, error) {
	q := aggregate.Query{From: r.view.span.from, To: r.view.span.to, By: by, Page: r.view.page, Limit: limit, Sort: sort}
	if r.view.where != "" {
		w, err := aggregate.ParseWhere(r.view.where)
		if err != nil {
			return nil, err
		}
		q.Where = w
	}
	return r.ask(q)
}

// usual chooses the days where the URL names none: a quiet site's numbers are
// only seen over many days, a new one's lie close to today.
func (r *reading) usual() (span, error) {
	report, err := r.ask(aggregate.Query{From: r.today - 28, To: r.today, By: aggregate.ByDay})
	if err != nil {
		return span{}, err
	}
	views, first := int64(0), r.today+1
	for _, row := range report.Rows() {
		c, _ := row.Values.Count(publish.Views)
		n, shown := c.Value()
		if d, err := hit.ParseDay(row.Value); err == nil && shown {
			views += n
			first = min(first, d)
		}
	}
	name := "7d"
	switch {
	case first == r.today:
		name = "today"
	case first > r.today || views < 200*28 && first <= r.today-21:
		name = "13w"
	case views < 1000*28 && first <= r.today-14:
		name = "4w"
	}
	return spanOf(name, r.today)
}

// siteBody is the page of one site.
type siteBody struct {
	periodBody
	Filter   *filterBody
	Start    *firstBody
	Today    *todayBody
	Cards    []card
	Chart    *chartBody
	Panels   []panel
	Apart    []link // panels that the filter leaves out
	Heat     *heatBody
	Speed    *speedBody
	Changed  *changedBody
	Quality  *qualityBody
	Notes    []string
	Zone     string
	Kept     string
	DataAsOf string
}

func (d *Dashboard) getSite(c *call) error {
	r, err := d.read(c)
	if err != nil {
		return err
	}
	body, err := r.siteBody()
	if err != nil {
		return err
	}
	return d.render(c, http.StatusOK, "site", r.title(), body)
}

func (r *reading) title() string {
	if r.view.page != "" {
		return r.view.page + " – " + r.view.host
	}
	return r.view.host
}

func (r *reading) siteBody() (*siteBody, error) {
	b := &siteBody{periodBody: r.periodBody(), Filter: r.filterBody(), Zone: r.zone.String()}
	b.Kept = replace(r.c.l.Retention, r.c.l.group(int64(r.months())))
	by := aggregate.NoDim
	if r.view.where != "" {
		by = aggregate.ByPage // totals of a value come with its rows
	}
	totals, err := r.within(by, 1)
	if err != nil {
		return nil, err
	}
	if b.Cards, err = r.cards(totals); err != nil {
		return nil, err
	}
	notes := r.newNotes()
	notes.site = true
	notes.add(totals)
	if r.view.where == "" {
		if b.Chart, err = r.chart(); err != nil {
			return nil, err
		}
	}
	if b.Today, err = r.todaySoFar(); err != nil {
		return nil, err
	}
	if b.Panels, b.Apart, err = r.panels(totals.Totals(), notes); err != nil {
		return nil, err
	}
	if b.Heat, err = r.heat(); err != nil {
		return nil, err
	}
	if b.Speed, err = r.speed(); err != nil {
		return nil, err
	}
	if b.Changed, err = r.changed(); err != nil {
		return nil, err
	}
	b.Quality = r.c.l.quality(totals)
	b.Notes = notes.text
	if r.view.span.to >= r.today {
		b.DataAsOf = replace(r.c.l.Generated, totals.Head().Generated.In(r.zone).Format("15:04"))
	}
	b.Start, err = r.first(totals)
	return b, err
}

func (r *reading) months() int {
	if r.site.RetentionMonths == 0 {
		return aggregate.DefaultRetention
	}
	return r.site.RetentionMonths
}

// notes gathers what reports say, each thing once.
type notes struct {
	l    *language
	site bool // what the panel of quality shows is left out
	seen map[string]bool
	text []string
}

func (r *reading) newNotes() *notes { return &notes{l: r.c.l, seen: map[string]bool{}} }

func (n *notes) add(reports ...*publish.Report) {
	for _, r := range reports {
		for _, note := range r.Notes() {
			if n.site && ofQuality(note) {
				continue // the panel has it
			}
			if text := n.l.note(note); !n.seen[text] {
				n.seen[text] = true
				n.text = append(n.text, text)
			}
		}
	}
}

// filterBody is the chip of the filter in force.
type filterBody struct {
	Kind, Value string
	Text        string
	Clear       string
}

func (r *reading) filterBody() *filterBody {
	l := r.c.l
	switch {
	case r.view.page != "":
		return &filterBody{l.Page, r.view.page, l.PageIs, r.view.withPage("").link(r.c.root)}
	case r.view.where != "":
		w, err := aggregate.ParseWhere(r.view.where)
		if err != nil {
			return nil // it was parsed before
		}
		dim := w.Dim.String()
		return &filterBody{l.Columns[dim], l.value(dim, w.Value), l.FilterTip[dim] + ".", r.view.withWhere("").link(r.c.root)}
	}
	return nil
}
