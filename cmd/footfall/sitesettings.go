package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"footfall/aggregate/hit"
	"footfall/collector"
)

// sites lays the flag's hosts over the file's tables.
func (s *settings) sites(flags *settingFlags) {
	zone := s.zone("zone", s.text("zone", flags.Zone, s.file.Zone, ""))
	months := s.months(flags.RetentionMonths)

	listed := make(map[hit.Host]Site)
	var order []hit.Host
	for i := range s.file.Site {
		site, ok := s.fileSite(i, zone, months)
		if !ok {
			continue
		}
		if _, twice := listed[site.Host]; twice {
			s.problem("%s: site %s is there twice", s.fileName, site.Host)
			continue
		}
		listed[site.Host] = site
		order = append(order, site.Host)
	}
	if hosts := s.list("site", flags.Site, nil); len(hosts) > 0 {
		order = order[:0:0]
		picked := make(map[hit.Host]bool)
		for _, v := range hosts {
			host, err := hit.ParseHost(strings.ToLower(v))
			if err != nil {
				s.problem("%s: %q is no host name (write it without scheme, port and path)", s.config.from["site"], v)
				continue
			}
			if picked[host] {
				continue
			}
			picked[host] = true
			if _, known := listed[host]; !known {
				listed[host] = Site{Host: host, Zone: zone, RetentionMonths: months}
			}
			order = append(order, host)
		}
	} else if len(order) > 0 {
		s.config.from["site"] = s.fileName + ": site"
	}
	if len(order) > mostSites {
		s.problem("%s: %d sites, at most %d", s.config.from["site"], len(order), mostSites)
	}
	for _, host := range order {
		s.config.Sites = append(s.config.Sites, listed[host])
	}
	s.distinctNames()
}

// distinctNames refuses a host name that would mean two sites.
func (s *settings) distinctNames() {
	owner := make(map[hit.Host]hit.Host)
	for i := range s.config.Sites {
		owner[s.config.Sites[i].Host] = s.config.Sites[i].Host
	}
	for i := range s.config.Sites {
		site := &s.config.Sites[i]
		for _, alias := range site.Aliases {
			if other, taken := owner[alias]; taken && other != site.Host {
				s.problem("%s: site %s: alias %s belongs to %s already", s.fileName, site.Host, alias, other)
			}
			owner[alias] = site.Host
		}
	}
}

func (s *settings) fileSite(i int, zone *time.Location, months int) (Site, bool) {
	f := &s.file.Site[i]
	host, err := hit.ParseHost(strings.ToLower(f.Host))
	where := fmt.Sprintf("%s: site %s", s.fileName, host)
	if err != nil { // the rest is looked at all the same: every problem is told at once
		where = fmt.Sprintf("%s: site %d", s.fileName, i+1)
		s.problem("%s: host %q is no host name (write it without scheme, port and path)", where, f.Host)
	}
	site := Site{Host: host, Zone: zone, RetentionMonths: months, Sections: f.Sections}
	if f.Zone != nil {
		s.config.from["zone."+host.String()] = where + ": zone"
		site.Zone = s.zone("zone."+host.String(), *f.Zone)
	}
	if f.RetentionMonths != nil {
		site.RetentionMonths = s.inMonths(where+": retention_months", *f.RetentionMonths)
	}
	for _, v := range f.Aliases {
		alias, err := hit.ParseHost(strings.ToLower(v))
		if err != nil {
			s.problem("%s: alias %q is no host name", where, v)
			continue
		}
		site.Aliases = append(site.Aliases, alias)
	}
	for _, v := range f.Features {
		name, err := hit.ParseFeature(v)
		if err != nil {
			s.problem("%s: feature %q: a name is a to z, 0 to 9 and _, at most 32 characters", where, v)
			continue
		}
		site.Features = append(site.Features, name)
	}
	if len(site.Features) > mostFeatures {
		s.problem("%s: %d features, at most %d", where, len(site.Features), mostFeatures)
	}
	if len(site.Sections) > mostSections {
		s.problem("%s: %d sections, at most %d", where, len(site.Sections), mostSections)
	}
	s.paths(where, f, &site)
	for _, v := range site.Sections {
		if !strings.HasPrefix(v, "/") || len(v) > hit.MaxPath {
			s.problem("%s: section %q: a section is a path that begins with /, as /blog/*", where, v)
		}
	}
	return site, err == nil
}

// paths reads how a site's pages are named and whether its visitors are told
// apart.
func (s *settings) paths(where string, f *fileSite, site *Site) {
	site.Paths = collector.Paths{Templates: f.Templates, Numbers: f.Numbers}
	for _, v := range slices.Concat(f.Templates, f.Numbers) {
		if err := collector.ParseTemplate(v); err != nil {
			s.problem("%s: template %q: %v", where, v, err)
		}
	}
	switch {
	case f.Paths == nil, *f.Paths == "all":
	case *f.Paths == "declared":
		site.Paths.DeclaredOnly = true
	default:
		s.problem("%s: paths: all or declared, not %q", where, *f.Paths)
	}
	switch {
	case f.Visitors == nil, *f.Visitors == "hash":
	case *f.Visitors == "none":
		site.NoVisitors = true
	default:
		s.problem("%s: visitors: hash or none, not %q", where, *f.Visitors)
	}
}
