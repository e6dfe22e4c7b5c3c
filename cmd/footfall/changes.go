package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"footfall/aggregate/hit"
	"footfall/dashboard"
)

// maxNoted is how many bytes of a setting's value the log of changes tells.
const maxNoted = 60

// noted returns the settings that the operator gave, by key, as the log of
// changes tells them. Networks are those of people who work somewhere: their
// number and a digest tell that they changed, and do not outlive them.
func (c *Config) noted() map[string]string {
	out := make(map[string]string)
	add := func(key string, s setting) {
		switch {
		case s.source == "default" || !s.given():
		case s.key == "trusted_proxy" || s.key == "login_proxy" || s.key == "exclude_network":
			out[key] = fmt.Sprintf("a list of %d, digest %s", strings.Count(s.value, ",")+1, shortDigest(s.value))
		case len(s.value) > maxNoted:
			out[key] = strings.ToValidUTF8(s.value[:maxNoted], "") + "..., digest " + shortDigest(s.value)
		default:
			out[key] = s.value
		}
	}
	for _, s := range c.server() {
		add(s.key, s)
	}
	for _, s := range c.Controller.values() {
		if s.given() { // names of people: a digest tells that they changed
			out["controller."+s.key] = "digest " + shortDigest(s.value)
		}
	}
	for i := range c.Sites {
		host := c.Sites[i].Host.String()
		for _, s := range c.ofSite(&c.Sites[i]) {
			if _, own := c.from[siteKey(host, s.key)]; own || s.key == "host" {
				add(siteKey(host, s.key), s)
			}
		}
	}
	return out
}

func shortDigest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:4])
}

// noteSettings writes to the log of changes what happened, and which settings
// are others than when it was called last. A disk that cannot take the note
// stops no counting.
func (s *session) noteSettings(log *slog.Logger, config *Config, what string) {
	if err := s.people.NoteSettings(dashboard.By{At: s.now(), Who: "server"}, what, config.noted()); err != nil {
		log.Error("log of changes", "error", err)
	}
}

// purgedOf begins the entry of what retention deleted of a site.
const purgedOf = "retention deleted of site %s "

// purges are what retention deleted and the log of changes does not say yet.
type purges struct {
	mu    sync.Mutex // guards lines; held for an append
	lines []string
}

func (p *purges) add(site hit.Host, before hit.Day, blocks int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, fmt.Sprintf(purgedOf+"all before %s: %d blocks of days", site, before, blocks))
}

// take returns the lines and forgets them.
func (p *purges) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := p.lines
	p.lines = nil
	return lines
}

// notePurges writes what retention deleted to the log of changes.
func (s *session) notePurges(log *slog.Logger) {
	lines := s.purged.take()
	if len(lines) == 0 {
		return
	}
	if err := s.people.Note(dashboard.By{At: s.now(), Who: "server"}, lines...); err != nil {
		log.Error("log of changes", "error", err)
	}
}

// compactionLog tells of compactions that fail: once, until one succeeds.
type compactionLog struct{ told bool }

func (c *compactionLog) tell(log *slog.Logger, err error) {
	switch {
	case err == nil && c.told:
		log.Info("compaction: what was deleted is erased")
	case err != nil && !c.told:
		log.Error("compaction: what was deleted is not erased yet; it is tried again every minute", "error", err)
	}
	c.told = err != nil
}
