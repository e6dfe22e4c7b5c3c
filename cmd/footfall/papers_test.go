package main

import (
	"testing"
	"time"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/cmd/footfall/evidence"
	"footfall/dashboard"
)

// TestLastPurge reads back what retention notes, of its own site only.
func TestLastPurge(t *testing.T) {
	people, err := dashboard.OpenAccounts(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &session{people: people, now: time.Now, purged: new(purges)}
	before, err := hit.ParseDay("2025-11-01")
	if err != nil {
		t.Fatal(err)
	}
	site, other := mustHost(t, "a.example"), mustHost(t, "a.example.org")
	s.purged.add(site, before, 30)
	for i, day := range []string{"2026-10-01", "2026-11-01"} {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			s.purged.add(other, before, 30)
			s.purged.add(site, before, 1)
		}
		if err := people.Note(dashboard.By{At: at, Who: "server"}, s.purged.take()...); err != nil {
			t.Fatal(err)
		}
		if got := s.lastPurge(site); got != day {
			t.Errorf("got %q, want %s", got, day)
		}
	}
	if got := s.lastPurge(mustHost(t, "b.example")); got != "" {
		t.Errorf("a site without a purge: got %q", got)
	}
}

// TestReachOf holds where a refusal counts, as far as the settings tell.
func TestReachOf(t *testing.T) {
	tests := []struct {
		url, domain string
		want        evidence.Reach
	}{
		{"", "", evidence.ReachUnknown},
		{"https://www.example.org/footfall", "", evidence.ReachSite},
		{"https://example.org:8443", "", evidence.ReachSite},
		{"https://stats.example.org", "", evidence.ReachNone},
		{"https://stats.example.org", "example.org", evidence.ReachDomain},
		{"https://stats.example.net", "example.org", evidence.ReachNone},
		{"https://notexample.org", "example.org", evidence.ReachNone},
	}
	for _, tt := range tests {
		config := &Config{PublicURL: tt.url, Sites: []Site{{Host: mustHost(t, "example.org")}}}
		if tt.domain != "" {
			config.OptOutDomain = mustHost(t, tt.domain)
		}
		if got := reachOf(config); got != tt.want {
			t.Errorf("%q with domain %q: got %d, want %d", tt.url, tt.domain, got, tt.want)
		}
	}
}

// TestFactsOfStoredSites holds whose retention counts where no site is
// configured: that of all sites; and that sites which are only kept are left
// out beside one that is counted.
func TestFactsOfStoredSites(t *testing.T) {
	kept := aggregate.SiteConfig{Host: mustHost(t, "old.example"), Zone: time.UTC, RetentionMonths: aggregate.MaxRetention, Stored: true}
	f := factsOf(&Config{retention: 7}, []aggregate.SiteConfig{kept}, time.Now())
	if len(f.Sites) != 1 || f.Sites[0].Retention != 7 {
		t.Errorf("got %+v, want 7 months", f.Sites)
	}
	counted := aggregate.SiteConfig{Host: mustHost(t, "new.example"), Zone: time.UTC, RetentionMonths: 9}
	f = factsOf(&Config{retention: 7, Sites: []Site{{Host: counted.Host}}}, []aggregate.SiteConfig{counted, kept}, time.Now())
	if len(f.Sites) != 1 || f.Sites[0].Retention != 9 {
		t.Errorf("got %+v, want the site that is counted", f.Sites)
	}
}
