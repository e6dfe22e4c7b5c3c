package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
	"footfall/cmd/footfall/evidence"
	"footfall/collector"
)

// paperFlags are what the commands share that write the publisher's papers.
// They work on an open data directory, where there is one: in a server, so
// that the figures are those in force.
type paperFlags struct {
	Lang   string   `default:"en" placeholder:"LANG" help:"en or fr (default en)."`
	Format string   `default:"text" placeholder:"FORMAT" help:"text, markdown, html or json (default text)."`
	Site   []string `placeholder:"HOST" help:"This site instead of all; repeat for more."`
}

// check refuses what no paper has.
func (p *paperFlags) check() error {
	if !slices.Contains(evidence.Languages, p.Lang) {
		return usagef("--lang: %s, not %q", strings.Join(evidence.Languages, " or "), p.Lang)
	}
	if !slices.Contains(evidence.Formats, p.Format) {
		return usagef("--format: one of %s, not %q", strings.Join(evidence.Formats, ", "), p.Format)
	}
	return nil
}

// noticeCommand writes the information text for the publisher's privacy page.
type noticeCommand struct {
	Paper paperFlags `embed:""`
}

// Help is shown below the command's flags.
func (noticeCommand) Help() string {
	return "The figures are those of the configuration; [controller] in the file says who is responsible. As html it is a section for " +
		"a page of yours; the public listener serves the same text at /notice. Read it before you publish it: it is yours."
}

func (c *noticeCommand) Run(a *app, ctx *context.Context) error {
	return a.paper(*ctx, "notice", c, &c.Paper)
}

func (c *noticeCommand) do(_ context.Context, s *session) error {
	facts, err := s.facts(c.Paper.Site)
	if err != nil {
		return err
	}
	document, err := evidence.Notice(facts, c.Paper.Lang)
	if err != nil {
		return err
	}
	if c.Paper.Format == "html" {
		return document.WriteFragment(s.stdout)
	}
	return document.Write(s.stdout, c.Paper.Format)
}

// selfAssessmentCommand answers the regulator's grid for this installation.
type selfAssessmentCommand struct {
	Paper paperFlags `embed:""`
}

// Help is shown below the command's flags.
func (selfAssessmentCommand) Help() string {
	return "Each criterion is answered from the settings in force and the database: met, for the publisher to settle, or not met; and names the " +
		"tests, the measured values and the lines to sign that stand behind it. Exit code 1 while a criterion is not met."
}

func (c *selfAssessmentCommand) Run(a *app, ctx *context.Context) error {
	return a.paper(*ctx, "self-assessment", c, &c.Paper)
}

func (c *selfAssessmentCommand) do(ctx context.Context, s *session) error {
	facts, err := s.facts(c.Paper.Site)
	if err != nil {
		return err
	}
	if err := s.measure(ctx, facts); err != nil {
		return err
	}
	assessment, err := evidence.Assess(facts, c.Paper.Lang)
	if err != nil {
		return err
	}
	if err := assessment.Write(s.stdout, c.Paper.Format); err != nil {
		return err
	}
	if assessment.Unmet {
		return status(1)
	}
	return nil
}

// recordCommand writes the entry in the record of processing.
type recordCommand struct {
	Paper paperFlags `embed:""`
}

// Help is shown below the command's flags.
func (recordCommand) Help() string {
	return "An entry for the record of processing (GDPR Art. 30) and a balancing of interests, filled where the program knows; what the " +
		"publisher has to say is named in its place."
}

func (c *recordCommand) Run(a *app, ctx *context.Context) error {
	return a.paper(*ctx, "record", c, &c.Paper)
}

func (c *recordCommand) do(_ context.Context, s *session) error {
	facts, err := s.facts(c.Paper.Site)
	if err != nil {
		return err
	}
	document, err := evidence.Record(facts, c.Paper.Lang)
	if err != nil {
		return err
	}
	return document.Write(s.stdout, c.Paper.Format)
}

// measure adds what the database tells of the sites.
func (s *session) measure(ctx context.Context, f *evidence.Facts) error {
	if s.db == nil {
		return nil
	}
	sizes := s.db.Sizes()
	f.Database = &evidence.Database{FileBytes: sizes.FileBytes, FreeBytes: sizes.FreeBytes}
	list, err := s.db.List()
	if err != nil {
		return fmt.Errorf("list the sites: %w", err)
	}
	held := s.db.RetentionHeld()
	for _, config := range s.db.Sites() {
		i := slices.IndexFunc(f.Sites, func(site evidence.Site) bool { return site.Host == config.Host.String() })
		j := slices.IndexFunc(list, func(d aggregate.SiteDays) bool { return d.Host == config.Host })
		if i < 0 || j < 0 {
			continue
		}
		config.RetentionMonths = f.Sites[i].Retention
		stored, err := s.stored(ctx, &config, &list[j])
		if err != nil {
			return err
		}
		stored.LastPurge = s.lastPurge(config.Host)
		stored.Held = stored.Overdue && slices.Contains(held, config.Host)
		f.Sites[i].Stored = stored
	}
	return nil
}

// lastPurge returns the day of the last deletion of a site that the log of
// changes tells, "" for none.
func (s *session) lastPurge(host hit.Host) string {
	for _, entry := range s.people.Log() {
		if strings.HasPrefix(entry.What, fmt.Sprintf(purgedOf, host)) {
			return entry.At.Format(time.DateOnly)
		}
	}
	return ""
}

// stored reads what days there are of a site, and what is marked on them.
func (s *session) stored(ctx context.Context, config *aggregate.SiteConfig, days *aggregate.SiteDays) (*evidence.Stored, error) {
	today := hit.DayAt(s.now(), config.Zone)
	first := config.FirstKept(today)
	out := &evidence.Stored{FirstKept: first.String()}
	if !days.Closed {
		return out, nil
	}
	out.Oldest, out.Newest, out.Overdue = days.First.String(), days.Last.String(), days.First < first
	if days.Last < first {
		return out, nil
	}
	report, err := s.db.Report(ctx, s.now(), &aggregate.Query{Site: config.Host, From: max(first, days.First), To: max(days.Last, first)})
	if err != nil {
		return nil, fmt.Errorf("look at the days of %s: %w", config.Host, err)
	}
	for _, note := range report.Notes() {
		switch note.Code() {
		case publish.NoObjections:
			out.NoObjections = note.Days()
		case publish.Damaged:
			out.Damaged = note.Days()
		case publish.Restarted:
			out.Restarted = note.Days()
		}
	}
	return out, nil
}

// paper runs a command that writes a paper: before the first start too, when
// there is nothing but a configuration.
func (a *app) paper(ctx context.Context, name string, command dataCommand, flags *paperFlags) error {
	if err := flags.check(); err != nil {
		return err
	}
	config, err := a.config()
	if err != nil {
		return err
	}
	reply, err := a.onData(ctx, config, name, command, existing)
	if errors.Is(err, errNoData) {
		if config, err = loadConfig(a.line.Config, a.line.Data, &settingFlags{Site: flags.Site}, a.origin); err == nil {
			reply = (&session{config: config, now: time.Now}).perform(ctx, command)
		}
	}
	if err != nil {
		return err
	}
	return a.print(reply)
}

// facts are what the papers are filled from, of some sites or of all.
func (s *session) facts(only []string) (*evidence.Facts, error) {
	sites := siteConfigs(s.config)
	if s.db != nil {
		sites = s.db.Sites()
	}
	if len(only) > 0 {
		var picked []aggregate.SiteConfig
		for _, name := range only {
			host, err := hit.ParseHost(strings.ToLower(name))
			if err != nil {
				return nil, usagef("--site: not a host name")
			}
			host = s.config.canonical(host)
			i := slices.IndexFunc(sites, func(c aggregate.SiteConfig) bool { return c.Host == host })
			if i < 0 {
				return nil, fmt.Errorf("site %s: %w", host, aggregate.ErrUnknownSite)
			}
			picked = append(picked, sites[i])
		}
		sites = picked
	}
	return factsOf(s.config, sites, s.now()), nil
}

// factsOf reads them from the settings in force. Sites that are kept and not
// counted are left out where any is counted.
func factsOf(config *Config, sites []aggregate.SiteConfig, now time.Time) *evidence.Facts {
	c := &config.Controller
	f := &evidence.Facts{
		Version: version(), Day: now.Format(time.DateOnly),
		Controller: evidence.Controller{Name: c.Name, Contact: c.Contact, DPO: c.DPO, Hosting: c.Hosting, ReviewDue: c.reviewDue(now)},
		PrefixV4:   config.PrefixV4, PrefixV6: config.PrefixV6, OwnCountryFile: config.GeoipMMDB != "",
		ObjectionURL: cmp.Or(config.PublicURL, snippetBase) + collector.OptOutRoute,
		NoticeURL:    cmp.Or(config.PublicURL, snippetBase) + noticeRoute,
		Reach:        reachOf(config), AdminBeyond: !loopbackAddress(config.AdminListen), ExcludedNetworks: len(config.ExcludeNetworks),
	}
	if !c.ReviewedOn.IsZero() {
		f.Controller.ReviewedOn = c.ReviewedOn.Format(time.DateOnly)
	}
	counted := slices.ContainsFunc(sites, func(s aggregate.SiteConfig) bool { return !s.Stored })
	for _, s := range sites {
		if s.Stored && counted {
			continue
		}
		if s.Stored && len(config.Sites) == 0 { // then serve counts those that it finds
			s.RetentionMonths = config.retention
		}
		site := evidence.Site{Host: s.Host.String(), Zone: cmp.Or(zoneName(s.Zone), defaultZone), Retention: cmp.Or(s.RetentionMonths, aggregate.DefaultRetention)}
		for _, name := range s.Features {
			site.Features = append(site.Features, name.String())
		}
		for j := range config.Sites {
			if own := &config.Sites[j]; own.Host == s.Host {
				site.NoVisitors, site.DeclaredOnly, site.Numbers = own.NoVisitors, own.Paths.DeclaredOnly, own.Paths.Numbers
			}
		}
		f.Sites = append(f.Sites, site)
	}
	return f
}

// reachOf tells what a refusal reaches that is given where browsers reach the
// program, as far as the configuration says.
func reachOf(config *Config) evidence.Reach {
	u, err := url.Parse(config.PublicURL)
	if err != nil || u.Host == "" {
		return evidence.ReachUnknown
	}
	host, err := hit.ParseHost(hostWithoutPort(u.Host))
	if err != nil {
		return evidence.ReachNone
	}
	canonical := config.canonical(host)
	for i := range config.Sites {
		if config.Sites[i].Host == canonical {
			return evidence.ReachSite
		}
	}
	if d := config.OptOutDomain.String(); !config.OptOutDomain.IsZero() && (host.String() == d || strings.HasSuffix(host.String(), "."+d)) {
		return evidence.ReachDomain
	}
	return evidence.ReachNone
}
