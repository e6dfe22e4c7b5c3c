package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"footfall/aggregate"
	"footfall/aggregate/hit"
)

type demoCommand struct {
	Site  string `default:"demo.example" placeholder:"HOST" help:"The site (default demo.example)."`
	Zone  string `placeholder:"ZONE" help:"Time zone of its days (default Europe/Paris)."`
	Pages int    `default:"500" placeholder:"N" help:"How many pages it has, 1 to 20,000 (default 500)."`
	Days  int    `default:"120" placeholder:"N" help:"How many days end yesterday, 1 to 775, at most 25 calendar months (default 120)."`
	Views int    `default:"2000" placeholder:"N" help:"Views of an ordinary day, 1 to 1,000,000 (default 2,000)."`
	Seed  uint64 `default:"1" placeholder:"N" help:"The same seed makes the same history (default 1)."`
}

// Help is shown below the command's flags.
func (demoCommand) Help() string {
	return "Fills an empty data directory with a plausible, made-up history, to look at the dashboard or to measure. " +
		"A directory that holds a database is refused. To keep more than 13 months, serve it with --retention-months."
}

func (c *demoCommand) Run(a *app, ctx *context.Context) error {
	host, err := hit.ParseHost(strings.ToLower(c.Site))
	if err != nil {
		return usagef("--site: %w", err)
	}
	for _, n := range []struct {
		name      string
		got, most int
	}{{"pages", c.Pages, 20_000}, {"days", c.Days, 775}, {"views", c.Views, 1_000_000}} {
		if n.got < 1 || n.got > n.most {
			return usagef("--%s: 1 to %d", n.name, n.most)
		}
	}
	zone := c.Zone
	if zone == "" {
		zone = defaultZone
	}
	site := aggregate.SiteConfig{Host: host, RetentionMonths: aggregate.MaxRetention}
	if site.Zone, err = parseZone(zone); err != nil {
		return usagef("--zone: %w", err)
	}
	config, err := a.config()
	if err != nil {
		return err
	}
	dir, err := openDir(config.Data, true)
	if err != nil {
		return err
	}
	defer dir.close()
	if _, err := os.Lstat(dir.store()); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("demo: %s holds a database; name an empty directory", config.Data)
	}
	db, err := aggregate.Open(aggregate.Options{Path: dir.store(), Sites: []aggregate.SiteConfig{site}})
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	days, err := newHistory(c, site).write(db, dir)
	if err == nil {
		err = db.RollUp(*ctx)
	}
	if err == nil {
		err = db.Compact()
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	_, err = fmt.Fprintf(a.stdout, "%d days of %s, made up with seed %d; look at them with: footfall serve --site %s --data %s\n",
		days, host, c.Seed, host, config.Data)
	return err
}

// history makes up visits. What happens on a day depends on the seed and the
// day alone.
type history struct {
	demo      *demoCommand
	site      aggregate.SiteConfig
	pages     []hit.Path
	popular   *rand.Zipf
	referrers []hit.Referrer
	features  []hit.FeatureName
	outbound  hit.Host
	download  hit.Path
	countries []hit.Country
	r         *rand.Rand
}

var (
	demoSections = []string{"", "blog", "docs", "products", "guides", "help", "news"}
	demoWords    = []string{"getting-started", "pricing", "release-notes", "first-steps", "security", "compare", "how-it-works", "case-study", "interview", "checklist"}
	demoHosts    = []string{"google.com", "duckduckgo.com", "bing.com", "news.ycombinator.com", "github.com", "linkedin.com", "reddit.com", "newsletter.example"}
	demoCodes    = []string{"FR", "FR", "FR", "FR", "BE", "CH", "DE", "US", "CA", "GB", "ES"}
	demoBrowsers = []struct {
		family hit.Family
		major  uint16
		system hit.System
		device hit.Device
	}{
		{hit.Chrome, 155, hit.Windows, hit.Desktop}, {hit.Chrome, 155, hit.Windows, hit.Desktop}, {hit.Chrome, 154, hit.MacOS, hit.Desktop},
		{hit.Safari, 26, hit.IOS, hit.Phone}, {hit.Safari, 26, hit.IOS, hit.Phone}, {hit.Safari, 26, hit.MacOS, hit.Desktop},
		{hit.Chrome, 155, hit.Android, hit.Phone}, {hit.Chrome, 155, hit.Android, hit.Phone}, {hit.SamsungInternet, 29, hit.Android, hit.Phone},
		{hit.Firefox, 150, hit.Linux, hit.Desktop}, {hit.Firefox, 150, hit.Windows, hit.Desktop}, {hit.Edge, 155, hit.Windows, hit.Desktop},
		{hit.Safari, 26, hit.IOS, hit.Tablet},
	}
	// demoHours are the weights of the hours of a day.
	demoHours = [24]float64{1, 0.6, 0.4, 0.3, 0.3, 0.6, 1.5, 3, 5, 7, 7.5, 7, 6, 6.5, 7.5, 7.5, 7, 6, 5, 4.5, 4.5, 4, 3, 2}
)

func newHistory(c *demoCommand, site aggregate.SiteConfig) *history {
	h := &history{demo: c, site: site, r: rand.New(rand.NewPCG(c.Seed, 0))}
	for i := range c.Pages {
		path := "/"
		if i > 0 {
			path = "/" + demoWords[i%len(demoWords)]
			if s := demoSections[i%len(demoSections)]; s != "" {
				path = "/" + s + path
			}
			if i >= len(demoWords) {
				path += fmt.Sprintf("-%d", i)
			}
		}
		h.pages = append(h.pages, must(hit.ParsePath(path)))
	}
	for _, s := range demoHosts {
		h.referrers = append(h.referrers, hit.ReferrerFrom(must(hit.ParseHost(s))))
	}
	for _, s := range []string{"signup_click", "newsletter", "search", "video_play"} {
		h.features = append(h.features, must(hit.ParseFeature(s)))
	}
	for _, s := range demoCodes {
		h.countries = append(h.countries, must(hit.ParseCountry(s)))
	}
	h.outbound, h.download = must(hit.ParseHost("partner.example")), must(hit.ParsePath("/files/brochure.pdf"))
	return h
}

// must is for our own constants.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// write makes up the days, a month at a time, and returns how many.
func (h *history) write(db *aggregate.DB, dir *dataDir) (days int, err error) {
	today := hit.DayAt(time.Now(), h.site.Zone)
	for from := max(today-hit.Day(h.demo.Days), h.site.FirstKept(today)); from < today; {
		to := min(from.Month().Last(), today-1)
		file, err := tempIn(dir.path)
		if err != nil {
			return days, err
		}
		n, err := h.month(db, file, from, to)
		days += n
		if err = errors.Join(err, os.Remove(file)); err != nil {
			return days, err
		}
		from = to + 1
	}
	return days, nil
}

func (h *history) month(db *aggregate.DB, file string, from, to hit.Day) (int, error) {
	im, err := aggregate.NewImporter(aggregate.ImportOptions{Site: h.site, Now: time.Now(), File: file})
	if err != nil {
		return 0, err
	}
	for day := from; day <= to; day++ {
		if err := h.day(im, day); err != nil {
			return 0, err
		}
	}
	if _, err := im.Finish(); err != nil {
		return 0, err
	}
	return db.Merge(file, false)
}

// day makes up the visits of one day.
func (h *history) day(im *aggregate.Importer, day hit.Day) error {
	h.r = rand.New(rand.NewPCG(h.demo.Seed, uint64(int64(day))))
	h.popular = rand.NewZipf(h.r, 1.2, 3, uint64(len(h.pages)-1))
	views := float64(h.demo.Views) * (0.92 + 0.16*h.r.Float64()) * (1 + 0.15*math.Sin(float64(day)/58))
	if w := day.Weekday(); w == time.Saturday || w == time.Sunday {
		views *= 0.6
	}
	year, month, date := day.Date()
	var last visitor
	for left := int(views); left > 0; {
		v := last
		if last.hit.Visitor.IsZero() || h.r.IntN(8) > 0 { // one in eight comes again that day
			v = h.newVisitor()
		}
		last = v
		at := time.Date(year, month, date, h.hour(), h.r.IntN(60), h.r.IntN(60), 0, h.site.Zone)
		n, err := h.visit(im, v, at, min(left, 1+int(h.r.ExpFloat64()*1.9)), day)
		if err != nil {
			return err
		}
		left -= n
	}
	return h.machines(im, day, int(views/20))
}

type visitor struct{ hit hit.Hit }

func (h *history) newVisitor() visitor {
	b := demoBrowsers[h.r.IntN(len(demoBrowsers))]
	v := visitor{hit.Hit{Site: h.site.Host, Browser: hit.Browser{Family: b.family, Major: b.major}, System: b.system, Device: b.device,
		Country: h.countries[h.r.IntN(len(h.countries))], Timing: hit.NoTiming()}}
	for i := range v.hit.Visitor {
		v.hit.Visitor[i] = byte(h.r.Uint32())
	}
	if h.r.IntN(3) > 0 {
		v.hit.Referrer = h.referrers[min(int(h.r.ExpFloat64()*1.6), len(h.referrers)-1)]
	}
	return v
}

// page chooses one of those that everybody reads, or in one of three cases any:
// a site has a long tail.
func (h *history) page() hit.Path {
	if h.r.IntN(3) == 0 {
		return h.pages[h.r.IntN(len(h.pages))]
	}
	return h.pages[h.popular.Uint64()]
}

func (h *history) hour() int {
	x := h.r.Float64() * 97.7 // the sum of the weights
	for hour, w := range demoHours {
		if x -= w; x < 0 {
			return hour
		}
	}
	return 12
}

// visit sends the hits of one visit that stays within its day, and returns
// how many views it was.
func (h *history) visit(im *aggregate.Importer, v visitor, at time.Time, views int, day hit.Day) (int, error) {
	for i := range views {
		v.hit.Path = h.page()
		if err := im.Add(at, &v.hit); err != nil {
			return i, err
		}
		stay := time.Duration(5+h.r.ExpFloat64()*50) * time.Second
		at = at.Add(min(stay, 20*time.Minute))
		if hit.DayAt(at, h.site.Zone) != day {
			return i + 1, nil
		}
		if err := h.leave(im, &v.hit, at, stay); err != nil {
			return i, err
		}
		v.hit.Referrer = hit.InternalReferrer()
	}
	return views, nil
}

// leave sends what a page sends when it hides, and now and then a use.
func (h *history) leave(im *aggregate.Importer, view *hit.Hit, at time.Time, stay time.Duration) error {
	t := *view
	if h.r.IntN(10) < 7 {
		slow := 1.0
		if view.Device == hit.Phone {
			slow = 1.7
		}
		load := slow * (350 + h.r.ExpFloat64()*600)
		t.Kind = hit.KindTiming
		t.Timing = hit.Timing{LoadMillis: int32(min(load, 59_000)), LCPMillis: int32(min(load*1.2, 59_000)), INPMillis: int32(20 + h.r.ExpFloat64()*70*slow),
			ReadSeconds: int32(min(stay/time.Second, 3_600)), ScrollPct: int32(min(100, 20+h.r.IntN(100)))}
		if h.r.IntN(60) == 0 {
			t.Timing.Errors = 1
		}
		if err := im.Add(at, &t); err != nil {
			return err
		}
	}
	u := *view
	u.Kind = hit.KindFeature
	switch x := h.r.IntN(100); {
	case x < 4:
		u.Feature = h.features[x%len(h.features)]
	case x == 5:
		u.Outbound = h.outbound
	case x == 6:
		u.Download = h.download
	default:
		return nil
	}
	return im.Add(at, &u)
}

// machines sends robots and failed requests.
func (h *history) machines(im *aggregate.Importer, day hit.Day, n int) error {
	year, month, date := day.Date()
	for i := range n {
		at := time.Date(year, month, date, h.hour(), h.r.IntN(60), 0, 0, h.site.Zone)
		m := hit.Hit{Site: h.site.Host, Path: h.page(), Timing: hit.NoTiming()}
		switch {
		case i%3 > 0:
			m.Bot = hit.BotWord
		case i%40 == 0:
			m.Status = hit.Status5xx
		default:
			m.Status = hit.Status404
		}
		if err := im.Add(at, &m); err != nil {
			return err
		}
	}
	return nil
}
