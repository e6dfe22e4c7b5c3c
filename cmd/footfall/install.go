package main

import (
	"footfall/aggregate/hit"
	"footfall/collector"
	"footfall/dashboard"
	"footfall/static"
)

// install is what the dashboard shows of setting up a site.
func (w *web) install() dashboard.Install {
	base := w.publicURL()
	nginx, caddy := proxyParts()
	return dashboard.Install{
		Routes:  (&static.Embed{Base: base, Routes: []string{"/", "/settings", "/user/*"}}).Element(),
		More:    (&static.Embed{Base: base, More: true}).Element(),
		Nginx:   nginx,
		Caddy:   caddy,
		TestURL: base + collector.TestRoute,
	}
}

// arrived tells what has come from a site's pages since the start: whether
// there is anything, and no number of it.
func (w *web) arrived(site hit.Host) dashboard.Arrival {
	stats := w.intake.Stats()
	arrival := dashboard.NothingYet
	if stats.UnknownSite > 0 {
		arrival = dashboard.Strangers
	}
	for _, s := range stats.Sites {
		if s.Host != site {
			continue
		}
		for _, v := range s.Verdicts {
			switch {
			case v.N == 0:
			case v.Verdict == hit.Counted:
				return dashboard.Receiving
			default:
				arrival = dashboard.NothingToUse
			}
		}
	}
	return arrival
}
