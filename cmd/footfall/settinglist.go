package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// setting is one setting in force: its key in the file, its value as the file
// writes it and where it came from, as [Config.source] tells it.
type setting struct{ key, value, source string }

// given tells whether the setting says anything: no text and no list is empty.
func (s *setting) given() bool { return s.value != `""` && s.value != "[]" }

// server returns the settings of the whole process, in the manual's order.
func (c *Config) server() []setting {
	zone := zoneName(c.zone)
	if c.zone == nil {
		zone = defaultZone
	}
	return []setting{
		{"data", strconv.Quote(c.Data), c.source("data")},
		{"listen", strconv.Quote(c.Listen), c.source("listen")},
		{"admin_listen", strconv.Quote(c.AdminListen), c.source("admin_listen")},
		{"dashboard_listen", strconv.Quote(c.DashboardListen), c.source("dashboard_listen")},
		{"public_url", strconv.Quote(c.PublicURL), c.source("public_url")},
		{"trusted_proxy", quoted(c.TrustedProxies), c.source("trusted_proxy")},
		{"login_proxy", quoted(c.LoginProxies), c.source("login_proxy")},
		{"login_header", strconv.Quote(c.LoginHeader), c.source("login_header")},
		{"exclude_network", quoted(c.ExcludeNetworks), c.source("exclude_network")},
		{"prefix_v4", strconv.Itoa(c.PrefixV4), c.source("prefix_v4")},
		{"prefix_v6", strconv.Itoa(c.PrefixV6), c.source("prefix_v6")},
		{"geoip_mmdb", strconv.Quote(c.GeoipMMDB), c.source("geoip_mmdb")},
		{"spam_list", strconv.Quote(c.SpamList), c.source("spam_list")},
		{"optout_domain", strconv.Quote(c.OptOutDomain.String()), c.source("optout_domain")},
		{"zone", strconv.Quote(zone), c.source("zone")},
		{"retention_months", strconv.Itoa(c.retention), c.source("retention_months")},
	}
}

// ofSite returns the settings of a site. The zone is "" where none is given:
// then it is the one that is stored, or the default of new sites.
func (c *Config) ofSite(s *Site) []setting {
	host := s.Host.String()
	paths, visitors := "all", "hash"
	if s.Paths.DeclaredOnly {
		paths = "declared"
	}
	if s.NoVisitors {
		visitors = "none"
	}
	values := map[string]string{
		"host": strconv.Quote(host), "aliases": quoted(s.Aliases), "zone": strconv.Quote(zoneName(s.Zone)),
		"features": quoted(s.Features), "sections": quotedTexts(s.Sections),
		"templates": quotedTexts(s.Paths.Templates), "numbers": quotedTexts(s.Paths.Numbers),
		"paths": strconv.Quote(paths), "visitors": strconv.Quote(visitors), "retention_months": strconv.Itoa(s.RetentionMonths),
	}
	out := make([]setting, 0, len(siteKeys))
	for _, key := range siteKeys {
		source := c.siteSource(host, key)
		if key == "host" && !strings.HasPrefix(source, c.file+":") {
			source = c.source("site")
		}
		out = append(out, setting{key, values[key], source})
	}
	return out
}

func zoneName(zone *time.Location) string {
	if zone == nil {
		return ""
	}
	return zone.String()
}

// toml writes the configuration as the file that would give it, each setting
// with where it came from. The default zone is a remark: as a setting it would
// be every site's, also of those whose stored zone is another.
func (c *Config) toml() string {
	var b strings.Builder
	for _, s := range c.server() {
		switch {
		case s.key == "zone" && c.zone == nil:
			fmt.Fprintf(&b, "# zone = %s # default, of new sites\n", s.value)
		case s.given():
			fmt.Fprintf(&b, "%s = %s # %s\n", s.key, s.value, s.source)
		}
	}
	b.WriteString(c.controllerTOML())
	for i := range c.Sites {
		for _, s := range c.ofSite(&c.Sites[i]) {
			if s.key == "host" {
				b.WriteString("\n[[site]]\n")
			}
			if s.given() {
				fmt.Fprintf(&b, "%s = %s # %s\n", s.key, s.value, s.source)
			}
		}
	}
	return b.String()
}

func quoted[T fmt.Stringer](values []T) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v.String()
	}
	return quotedTexts(out)
}

func quotedTexts(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = strconv.Quote(v)
	}
	return "[" + strings.Join(out, ", ") + "]"
}
