package collector

import (
	"sync/atomic"

	"footfall/aggregate/hit"
)

// verdictCount is one more than the largest verdict.
const verdictCount = int(hit.Excluded) + 1

// Stats is what became of the hits since the start. Those of objectors and of
// excluded networks are in none of its numbers, whatever was answered; but a
// panic is counted, whoever met with it.
type Stats struct {
	Sites       []SiteStats // in the order of Options.Sites
	UnknownSite uint64      // well-formed hits whose host is on no list
	Malformed   uint64      // answered 400, 413 or 415
	Limited     uint64      // answered 429
	Unavailable uint64      // answered 503: well-formed, and not kept
	Panics      uint64      // answered 500
}

// SiteStats is what became of one site's hits.
type SiteStats struct {
	Host     hit.Host
	Verdicts []VerdictCount // every one that may be counted, but for UnknownSite
}

// VerdictCount is how many hits met with one verdict.
type VerdictCount struct {
	Verdict hit.Verdict
	N       uint64
}

// counts are the numbers behind Stats.
type counts struct {
	sites  []siteCounts
	byHost map[hit.Host]*siteCounts

	unknownSite, malformed, limited, unavailable, panics atomic.Uint64
}

type siteCounts struct {
	host     hit.Host
	verdicts [verdictCount]atomic.Uint64
}

func newCounts(sites []Site) *counts {
	c := &counts{sites: make([]siteCounts, len(sites)), byHost: make(map[hit.Host]*siteCounts, len(sites))}
	for i := range sites {
		c.sites[i].host = sites[i].Host
		c.byHost[sites[i].Host] = &c.sites[i]
	}
	return c
}

// add counts a verdict; silent ones have no counter.
func (c *counts) add(site hit.Host, v hit.Verdict) {
	if v.Silent() {
		return
	}
	if v == hit.UnknownSite {
		c.unknownSite.Add(1)
		return
	}
	if s := c.byHost[site]; s != nil {
		s.verdicts[v].Add(1)
	}
}

// Stats returns the numbers as they stand.
func (c *Collector) Stats() Stats {
	n := c.counts
	out := Stats{
		Sites:       make([]SiteStats, len(n.sites)),
		UnknownSite: n.unknownSite.Load(),
		Malformed:   n.malformed.Load(),
		Limited:     n.limited.Load(),
		Unavailable: n.unavailable.Load(),
		Panics:      n.panics.Load(),
	}
	for i := range n.sites {
		s := SiteStats{Host: n.sites[i].host}
		for _, v := range hit.CountableVerdicts() {
			if v != hit.UnknownSite {
				s.Verdicts = append(s.Verdicts, VerdictCount{v, n.sites[i].verdicts[v].Load()})
			}
		}
		out.Sites[i] = s
	}
	return out
}
