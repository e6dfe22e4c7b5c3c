package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"time"

	"footfall/aggregate/hit"
	"footfall/collector"
)

// intakeOptions returns what the configuration says of hits, wherever they
// come from: beacons, logs or somebody who asks what would be kept. zones are
// those that the database has for the sites; nil knows none.
func intakeOptions(config *Config, zones map[hit.Host]*time.Location) (*collector.Options, error) {
	o := &collector.Options{
		Exclude: config.ExcludeNetworks, PrefixV4: config.PrefixV4, PrefixV6: config.PrefixV6, OptOutDomain: config.OptOutDomain,
	}
	for i := range config.Sites {
		c := &config.Sites[i]
		zone := zones[c.Host]
		if zone == nil {
			zone = c.Zone
		}
		o.Sites = append(o.Sites, collector.Site{Host: c.Host, Aliases: c.Aliases, Zone: zone, Features: c.Features,
			Paths: c.Paths, NoVisitors: c.NoVisitors})
	}
	if config.SpamList != "" {
		f, err := os.Open(config.SpamList)
		if err != nil {
			return nil, fmt.Errorf("spam list: %w", err)
		}
		defer f.Close()
		if o.Spam, err = collector.ReadHosts(f); err != nil {
			return nil, fmt.Errorf("spam list %s: %w", config.SpamList, err)
		}
	}
	return o, nil
}

// places is where countries come from: the embedded table, or the operator's
// own database, which can be read again.
type places struct {
	lookup func(netip.Prefix) hit.Country
	file   *collector.CountryFile // nil: the embedded table
}

func openPlaces(config *Config) (*places, error) {
	if config.GeoipMMDB == "" {
		lookup, err := collector.Countries()
		if err != nil {
			return nil, fmt.Errorf("countries: %w", err)
		}
		return &places{lookup: lookup}, nil
	}
	file, err := collector.OpenCountryFile(config.GeoipMMDB)
	if err != nil {
		return nil, fmt.Errorf("countries: %w", err)
	}
	return &places{file.Lookup, file}, nil
}

// String says what answers about countries.
func (p *places) String() string {
	if p.file == nil {
		return "embedded table"
	}
	return p.file.String()
}

// rotateCommand replaces the day's secrets at once (CNIL.md E.3).
type rotateCommand struct{}

// Help is shown below the command's flags.
func (rotateCommand) Help() string {
	return "Whoever was counted today counts as somebody new from now on, and nothing can tie the two together. " +
		"Secrets are held by a running server only: without one there is nothing to replace."
}

func (c *rotateCommand) Run(a *app, ctx *context.Context) error {
	return a.run(*ctx, "rotate", c, existing)
}

func (c *rotateCommand) do(_ context.Context, s *session) error {
	if s.rotate != nil {
		s.rotate()
		if err := s.people.Note(s.by(), "secrets of the day replaced"); err != nil {
			return fmt.Errorf("the secrets are replaced, and the log of changes does not say so: %w", err)
		}
	}
	_, err := fmt.Fprintln(s.stdout, "no secret from before is left")
	return err
}
