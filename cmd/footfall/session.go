package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/dashboard"
)

// session is an open data directory on which commands run: for one command in
// a process of its own, or for all that reach a server.
type session struct {
	db     *aggregate.DB
	config *Config
	people *dashboard.Accounts
	dir    string
	now    func() time.Time
	purged *purges

	compaction compactionLog
	rotate     func() // replaces the day's secrets; nil where nobody has any
	file       string // what a command hands to its client, by its name in the directory

	stdout, stderr io.Writer // of the command that runs
}

// openSession opens what the directory holds, which the caller has locked.
// onCommit is told how long one commit in ten took; nil tells nobody.
func openSession(config *Config, dir *dataDir, onCommit func(time.Duration)) (*session, error) {
	zone := config.newZone
	if zone == nil {
		var err error
		if zone, err = parseZone(defaultZone); err != nil {
			return nil, err
		}
	}
	purged := new(purges)
	db, err := aggregate.Open(aggregate.Options{Path: dir.store(), Sites: siteConfigs(config), NewZone: zone, OnCommit: onCommit,
		OnRetention: purged.add})
	if err != nil {
		return nil, err
	}
	people, err := dashboard.OpenAccounts(dir.path)
	if err != nil {
		_ = db.Close() // the first error is the one to tell
		return nil, fmt.Errorf("open the accounts: %w", err)
	}
	return &session{db: db, config: config, people: people, dir: dir.path, now: time.Now, purged: purged}, nil
}

func (s *session) close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	return nil
}

// temp returns the path of a new file in the data directory. Nothing is there
// yet: whoever writes it makes it.
func (s *session) temp() (string, error) { return tempIn(s.dir) }

func tempIn(dir string) (string, error) {
	f, err := os.CreateTemp(dir, tempName())
	if err != nil {
		return "", fmt.Errorf("make a file in the data directory: %w", err)
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		return "", fmt.Errorf("make a file in the data directory: %w", err)
	}
	return f.Name(), nil
}

// siteConfigs returns the sites as the engine wants them.
func siteConfigs(config *Config) []aggregate.SiteConfig {
	out := make([]aggregate.SiteConfig, len(config.Sites))
	for i := range config.Sites {
		c := &config.Sites[i]
		out[i] = aggregate.SiteConfig{Host: c.Host, Zone: c.Zone, RetentionMonths: c.RetentionMonths, Sections: c.Sections, Features: c.Features}
	}
	return out
}

// site returns how a site of the data directory is counted. A zone that is
// given must be the site's.
func (s *session) site(name, zone string) (*aggregate.SiteConfig, error) {
	host, err := hit.ParseHost(strings.ToLower(name))
	if err != nil {
		return nil, usagef("--site: not a host name")
	}
	host = s.config.canonical(host)
	for _, site := range s.db.Sites() {
		if site.Host != host {
			continue
		}
		if zone != "" && site.Zone.String() != zone {
			return nil, fmt.Errorf("site %s has its days in zone %s, not %s", host, site.Zone, zone)
		}
		return &site, nil
	}
	return nil, fmt.Errorf("site %s: %w", host, aggregate.ErrUnknownSite)
}

// dataCommands are the commands that work on a data directory, by the name
// under which they travel to a server.
var dataCommands = map[string]func() dataCommand{
	"report":        func() dataCommand { return new(reportCommand) },
	"compact":       func() dataCommand { return new(compactCommand) },
	"copy":          func() dataCommand { return new(copyCommand) },
	"import site":   func() dataCommand { return new(importSite) },
	"import days":   func() dataCommand { return new(importDays) },
	"site list":     func() dataCommand { return new(siteListCommand) },
	"rotate":        func() dataCommand { return new(rotateCommand) },
	"site forget":   func() dataCommand { return new(siteForgetCommand) },
	"user add":      func() dataCommand { return new(userAddCommand) },
	"user list":     func() dataCommand { return new(userListCommand) },
	"user remove":   func() dataCommand { return new(userRemoveCommand) },
	"user password": func() dataCommand { return new(userPasswordCommand) },
	"user rights":   func() dataCommand { return new(userRightsCommand) },
	"token add":     func() dataCommand { return new(tokenAddCommand) },
	"token list":    func() dataCommand { return new(tokenListCommand) },
	"token revoke":  func() dataCommand { return new(tokenRevokeCommand) },
	"health":        func() dataCommand { return new(healthCommand) },
	"notice":        func() dataCommand { return new(noticeCommand) },
	"record":        func() dataCommand { return new(recordCommand) },

	"self-assessment": func() dataCommand { return new(selfAssessmentCommand) },
}

type siteCommand struct {
	List   siteListCommand   `cmd:"" help:"List the sites that the data directory knows."`
	Forget siteForgetCommand `cmd:"" help:"Delete all that is kept of a site."`
}

type siteListCommand struct{}

func (c *siteListCommand) Run(a *app, ctx *context.Context) error {
	return a.run(*ctx, "site list", c, existing)
}

func (c *siteListCommand) do(_ context.Context, s *session) error {
	list, err := s.db.List()
	if err != nil {
		return fmt.Errorf("list the sites: %w", err)
	}
	t := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
	for _, site := range list {
		days := "no closed day"
		if site.Closed {
			days = fmt.Sprintf("%s to %s", site.First, site.Last)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", site.Host, site.Zone, days)
	}
	return t.Flush()
}

type siteForgetCommand struct {
	Host string `arg:"" help:"The site."`
}

func (c *siteForgetCommand) Run(a *app, ctx *context.Context) error {
	return a.run(*ctx, "site forget", c, existing)
}

func (c *siteForgetCommand) do(_ context.Context, s *session) error {
	host, err := hit.ParseHost(strings.ToLower(c.Host))
	if err != nil {
		return usagef("not a host name")
	}
	if err := s.db.Forget(host); err != nil {
		return err
	}
	if err := s.people.Note(s.by(), "site "+host.String()+" forgotten: all its counters deleted"); err != nil {
		return fmt.Errorf("%s is forgotten, and the log of changes does not say so: %w", host, err)
	}
	fmt.Fprintf(s.stdout, "%s is forgotten\n", host)
	return nil
}

type compactCommand struct{}

func (c *compactCommand) Run(a *app, ctx *context.Context) error {
	return a.run(*ctx, "compact", c, existing)
}

func (c *compactCommand) do(_ context.Context, s *session) error {
	if err := s.db.Compact(); err != nil {
		return fmt.Errorf("compact: %w", err)
	}
	fmt.Fprintln(s.stdout, "compacted")
	return nil
}

// copyCommand makes a compacted copy of the database beside it.
type copyCommand struct{}

func (c *copyCommand) do(_ context.Context, s *session) error {
	path, err := s.temp()
	if err != nil {
		return err
	}
	if err := s.db.Backup(path); err != nil {
		_ = os.Remove(path) // what there is of it is of no use
		return err
	}
	s.file = filepath.Base(path)
	return nil
}
