package aggregate

import (
	"slices"
	"strings"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
)

// knownDays is how many days back a label counts as published lately, and
// knownFrom how many visitors, visits or requests of one day must stand
// behind it.
const (
	knownDays = 28
	knownFrom = 10
)

// published are the labels that places are kept for.
type published struct {
	pages, sections map[string]struct{}
	hosts           [hostEnd]map[string]struct{}
}

// lately returns what was published before a day at a site. A day that cannot
// be read teaches nothing.
func (db *DB) lately(h hit.Host, day hit.Day) (k published) {
	stored, err := db.blocks(h, day-knownDays, day-1)
	if err != nil {
		return k // nothing is known: who comes first is served
	}
	c := &db.shared.caps
	k.pages = labelsFrom(stored, block.Pages, pageVisitors, c.pages)
	k.sections = labelsFrom(stored, block.Sections, pageVisitors, c.sections)
	k.hosts[hostReferrer] = labelsFrom(stored, block.Referrers, 1, c.hosts[hostReferrer])
	k.hosts[hostOutbound] = labelsFrom(stored, block.Outbound, 0, c.hosts[hostOutbound])
	k.hosts[hostDownload] = labelsFrom(stored, block.Downloads, 0, c.hosts[hostDownload])
	k.hosts[hostFailed] = labelsFrom(stored, block.Failed, 0, c.hosts[hostFailed])
	return k
}

// learn tells the tables of a day which labels have places kept for them.
func (db *DB) learn(d *openDay) { d.learn(db.lately(d.config.Host, d.day)) }

// relearn is learn, of a site's running day after the one before it was closed;
// hits are counted meanwhile.
func (db *DB) relearn(s *siteState) {
	db.commit.Lock()
	d := s.day
	due := s.unlearned && s.pending == nil && d != nil
	db.commit.Unlock()
	if !due {
		return
	}
	k := db.lately(d.config.Host, d.day)
	db.commit.Lock()
	defer db.commit.Unlock()
	d.learn(k)
	s.unlearned = s.day != d
}

func (d *openDay) learn(k published) {
	d.pages.learn(k.pages)
	d.sections.learn(k.sections)
	for i := range d.hosts {
		d.hosts[i].learn(k.hosts[i])
	}
}

// learn keeps places for labels; rows may stand already.
func (t *table[T]) learn(known map[string]struct{}) {
	t.known, t.strangers = known, 0
	for label := range t.byLabel {
		if _, ok := known[label]; !ok && label != hit.Other {
			t.strangers++
		}
	}
}

// labelsFrom returns the labels that reached knownFrom by a measure of a
// table on some day, at most as many as the table has places: those of the
// latest days. Their texts are copies, so that no dictionary stays in memory
// for a day.
func labelsFrom(stored []storedBlock, t block.Table, measure, most int) map[string]struct{} {
	known := map[string]struct{}{}
	seen := map[hit.Month]map[uint32]bool{} // ids that are known already, by dictionary
	width := measure + 1
	var rows block.Rows
	for _, b := range slices.Backward(stored) {
		if b.Block == nil || b.Block.Flags()&block.Running != 0 || b.Block.Read(t, width, &rows) != nil {
			continue
		}
		ids := seen[b.Day.Month()]
		if ids == nil {
			ids = map[uint32]bool{}
			seen[b.Day.Month()] = ids
		}
		for i, id := range rows.Labels {
			if rows.N[i*width+measure] < knownFrom || ids[id] {
				continue
			}
			if len(known) >= most {
				return known
			}
			ids[id] = true
			if label := b.Label(id); label != "" && label != hit.Other {
				known[strings.Clone(label)] = struct{}{}
			}
		}
	}
	return known
}
