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
	"footfall/cmd/footfall/evidence"
	"footfall/collector"
)

// paperFlags are what the commands share that write the publisher's papers.
// They work on an open data directory, where there is one: in a server, so
// that the figures are those in force.
type paperFlags struct {
	Lang   string `default:"en" placeholder:"LANG" help:"en or fr (default en)."`
	Format string `default:"text" placeholder:"FORMAT" help:"text, markdown, html or json (default text)."`
	Site   string `placeholder:"HOST" help:"One site instead of all."`
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
		reply, err = (&session{config: config, now: time.Now}).perform(ctx, command), nil
	}
	if err != nil {
		return err
	}
	return a.print(reply)
}

// facts are what the papers are filled from, of one site or of all.
func (s *session) facts(only string) (*evidence.Facts, error) {
	sites := siteConfigs(s.config)
	if s.db != nil {
		sites = s.db.Sites()
	}
	if only != "" {
		host, err := hit.ParseHost(strings.ToLower(only))
		if err != nil {
			return nil, usagef("--site: not a host name")
		}
		host = s.config.canonical(host)
		sites = slices.DeleteFunc(slices.Clone(sites), func(c aggregate.SiteConfig) bool { return c.Host != host })
		if len(sites) == 0 {
			return nil, fmt.Errorf("site %s: %w", host, aggregate.ErrUnknownSite)
		}
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
	for i := range sites {
		s := &sites[i]
		if s.Stored && counted {
			continue
		}
		site := evidence.Site{Host: s.Host.String(), Zone: cmp.Or(zoneName(s.Zone), defaultZone), Retention: cmp.Or(s.RetentionMonths, aggregate.DefaultRetention)}
		for _, name := range s.Features {
			site.Features = append(site.Features, name.String())
		}
		for j := range config.Sites {
			if own := &config.Sites[j]; own.Host == s.Host {
				site.NoVisitors, site.DeclaredOnly = own.NoVisitors, own.Paths.DeclaredOnly
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
