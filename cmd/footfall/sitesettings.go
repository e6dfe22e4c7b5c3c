package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"footfall/aggregate/hit"
	"footfall/collector"
)

// sites lays the flag's hosts over the file's tables.
func (s *settings) sites(flags *settingFlags) {
	zone := s.zone("zone", s.text("zone", flags.Zone, s.file.Zone, ""))
	months := s.months(flags.RetentionMonths)
	s.config.zone, s.config.retention = zone, months

	listed := make(map[hit.Host]Site)
	var order []hit.Host
	for i := range s.file.Site {
		site, ok := s.fileSite(i, zone, months)
		if !ok {
			continue
		}
		if _, twice := listed[site.Host]; twice {
			s.problem("%s: site %s is there twice", s.at("site."+strconv.Itoa(i)), site.Host)
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
		s.config.from["site"] = s.at("site.0") + ": site"
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
				s.problem("%s: site %s: alias %s belongs to %s already", s.config.source(siteKey(site.Host.String(), "aliases")), site.Host, alias, other)
			}
			owner[alias] = site.Host
		}
	}
}

// siteKeys are the keys of a [[site]] table, in the order of the manual; host
// stands for the table.
var siteKeys = []string{"host", "aliases", "zone", "features", "sections", "templates", "numbers", "paths", "visitors", "retention_months"}

// gives tells whether the table has a key.
func (f *fileSite) gives(key string) bool {
	switch key {
	case "host":
		return true
	case "aliases":
		return f.Aliases != nil
	case "zone":
		return f.Zone != nil
	case "features":
		return f.Features != nil
	case "sections":
		return f.Sections != nil
	case "templates":
		return f.Templates != nil
	case "numbers":
		return f.Numbers != nil
	case "paths":
		return f.Paths != nil
	case "visitors":
		return f.Visitors != nil
	}
	return f.RetentionMonths != nil
}

// fileSite reads the table of one site. ok is false where its host is none.
func (s *settings) fileSite(i int, zone *time.Location, months int) (site Site, ok bool) {
	f := &s.file.Site[i]
	host, err := hit.ParseHost(strings.ToLower(f.Host))
	name := "site " + host.String()
	if err != nil { // the rest is looked at all the same: every problem is told at once
		name = "site " + strconv.Itoa(i+1)
	}
	problem := func(key, format string, args ...any) {
		s.problem("%s: %s: %s", s.at(fmt.Sprintf("site.%d.%s", i, key)), name, fmt.Sprintf(format, args...))
	}
	if err != nil {
		problem("host", "host %q is no host name (write it without scheme, port and path)", f.Host)
	}
	for _, key := range siteKeys {
		if f.gives(key) {
			s.config.from[siteKey(host.String(), key)] = s.at(fmt.Sprintf("site.%d.%s", i, key)) + ": " + siteKey(host.String(), key)
		}
	}
	site = Site{Host: host, Zone: zone, RetentionMonths: months, Sections: f.Sections}
	if f.Zone != nil {
		site.Zone = s.zone(siteKey(host.String(), "zone"), *f.Zone)
	}
	if f.RetentionMonths != nil {
		site.RetentionMonths = s.inMonths(s.config.from[siteKey(host.String(), "retention_months")], *f.RetentionMonths)
	}
	for _, v := range f.Aliases {
		alias, err := hit.ParseHost(strings.ToLower(v))
		if err != nil {
			problem("aliases", "alias %q is no host name", v)
			continue
		}
		site.Aliases = append(site.Aliases, alias)
	}
	features(f, &site, problem)
	if len(site.Sections) > mostSections {
		problem("sections", "%d sections, at most %d", len(site.Sections), mostSections)
	}
	paths(f, &site, problem)
	for _, v := range site.Sections {
		if !strings.HasPrefix(v, "/") || len(v) > hit.MaxPath {
			problem("sections", "section %q: a section is a path that begins with /, as /blog/*", v)
		}
	}
	return site, err == nil
}

// features reads the names of a site's features.
func features(f *fileSite, site *Site, problem func(key, format string, args ...any)) {
	for _, v := range f.Features {
		name, err := hit.ParseFeature(v)
		if err != nil {
			problem("features", "feature %q: a name is a to z, 0 to 9 and _, at most 32 characters", v)
			continue
		}
		site.Features = append(site.Features, name)
	}
	if len(site.Features) > mostFeatures {
		problem("features", "%d features, at most %d", len(site.Features), mostFeatures)
	}
}

// paths reads how a site's pages are named and whether its visitors are told
// apart.
func paths(f *fileSite, site *Site, problem func(key, format string, args ...any)) {
	site.Paths = collector.Paths{Templates: f.Templates, Numbers: f.Numbers}
	for _, l := range []struct {
		key    string
		values []string
	}{{"templates", f.Templates}, {"numbers", f.Numbers}} {
		for _, v := range l.values {
			if err := collector.ParseTemplate(v); err != nil {
				problem(l.key, "template %q: %v", v, err)
			}
		}
	}
	switch {
	case f.Paths == nil, *f.Paths == "all":
	case *f.Paths == "declared":
		site.Paths.DeclaredOnly = true
	default:
		problem("paths", "paths: all or declared, not %q", *f.Paths)
	}
	switch {
	case f.Visitors == nil, *f.Visitors == "hash":
	case *f.Visitors == "none":
		site.NoVisitors = true
	default:
		problem("visitors", "visitors: hash or none, not %q", *f.Visitors)
	}
}
