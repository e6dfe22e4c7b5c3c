package main

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"footfall/aggregate/hit"
	"footfall/dashboard"
)

// configurations are what the process was started with and what it read last;
// of the latter counts what needs no restart.
type configurations struct{ start, latest *Config }

// again tells whether a setting that was read again is in force: what
// [collector.Collector.Replace] takes over.
func again(key string, server bool) bool {
	if server {
		return key == "exclude_network" || key == "spam_list"
	}
	return key == "templates" || key == "numbers" || key == "paths"
}

// inForce is the configuration that counts, made of both.
func (c *configurations) inForce() *Config {
	out := *c.start
	out.ExcludeNetworks, out.SpamList = c.latest.ExcludeNetworks, c.latest.SpamList
	out.Sites = slices.Clone(out.Sites)
	out.from = make(map[string]string, len(c.start.from))
	for key, from := range c.start.from {
		out.from[key] = from
	}
	take := func(key string) {
		delete(out.from, key)
		if from, ok := c.latest.from[key]; ok {
			out.from[key] = from
		}
	}
	take("exclude_network")
	take("spam_list")
	for i := range out.Sites {
		if latest := c.latest.siteOf(out.Sites[i].Host); latest != nil {
			out.Sites[i].Paths = latest.Paths
			for _, key := range []string{"templates", "numbers", "paths"} {
				take(siteKey(latest.Host.String(), key))
			}
		}
	}
	return &out
}

// siteOf returns a site by its host; nil: it is not counted.
func (c *Config) siteOf(host hit.Host) *Site {
	for i := range c.Sites {
		if c.Sites[i].Host == host {
			return &c.Sites[i]
		}
	}
	return nil
}

// settingsOf returns what the dashboard tells admins of a site's settings and
// of the server's.
func (w *web) settingsOf(host hit.Host) []dashboard.Setting {
	both := w.inForce.Load()
	now := both.inForce()
	var out []dashboard.Setting
	if site := now.siteOf(host); site != nil {
		latest := cmp.Or(both.latest.siteOf(host), site)
		out = append(out, both.shown(now.ofSite(site), both.latest.ofSite(latest), host)...)
	} else { // it is kept and not counted any more: only its zone is known
		for _, s := range []setting{{"host", strconv.Quote(host.String()), "default"}, {"zone", `""`, "default"}} {
			out = append(out, dashboard.Setting{Key: s.key, Value: s.value, Source: dashboard.FromData, Lines: now.lines(s, host)})
		}
	}
	zone := w.zones()[host]
	for i := range out {
		if zone == nil || out[i].Key != "zone" || out[i].From != "" {
			continue
		}
		out[i].Value, out[i].Source = strconv.Quote(zone.String()), dashboard.FromData
		out[i].Lines = now.lines(setting{"zone", out[i].Value, "default"}, host)
	}
	return append(out, both.shown(now.server(), both.latest.server(), hit.Host{})...)
}

// shown makes rows of settings in force. Where the file by now gives the same
// value, or one that counts at once, its line is the newer one.
func (c *configurations) shown(now, latest []setting, host hit.Host) []dashboard.Setting {
	server := host == hit.Host{}
	out := make([]dashboard.Setting, len(now))
	for i, s := range now {
		waits := ""
		if s.value == latest[i].value || again(s.key, server) {
			s = latest[i]
		} else {
			waits = latest[i].value
		}
		kind, from := sourceKind(s.source)
		out[i] = dashboard.Setting{Key: s.key, Value: s.value, Source: kind, From: from, Lines: c.latest.lines(s, host), Server: server, Waits: waits}
	}
	return out
}

// sourceKind tells a flag, a variable, a line of the file and the default
// apart.
func sourceKind(source string) (kind dashboard.Source, from string) {
	switch {
	case source == "default":
		return dashboard.FromDefault, ""
	case strings.HasPrefix(source, "--"):
		return dashboard.FromFlag, source
	case strings.HasPrefix(source, "FOOTFALL_"):
		return dashboard.FromEnvironment, source
	}
	return dashboard.FromFile, source
}

// lines are what the file says of a setting, or would have to say, under a
// remark that tells where. host is the zero Host for a setting of the server.
func (c *Config) lines(s setting, host hit.Host) string {
	line := s.key + " = " + s.value
	kind, from := sourceKind(s.source)
	ownTable := host != hit.Host{} && kind == dashboard.FromFile && c.source(s.key) != s.source
	switch {
	case kind == dashboard.FromFile && (host == hit.Host{} || ownTable || s.key == "host"):
		return "# " + from + "\n" + line
	case host == hit.Host{}:
		return "# " + cmp.Or(c.file, "a file, named with --config") + ", above the first [[site]]\n" + line
	case strings.HasPrefix(c.source(siteKey(host.String(), "host")), c.file+":") && c.file != "":
		return "# under [[site]] with the host of " + c.source(siteKey(host.String(), "host")) + "\n" + line
	}
	head := "# " + cmp.Or(c.file, "a file, named with --config") + ", at its end\n[[site]]\nhost = " + strconv.Quote(host.String())
	if s.key == "host" {
		return head
	}
	return head + "\n" + line
}
