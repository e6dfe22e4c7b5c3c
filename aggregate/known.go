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

// learn tells the tables of a day which labels have places kept for them. A
// day that cannot be read teaches nothing.
func (db *DB) learn(d *openDay) {
	stored, err := db.blocks(d.config.Host, d.day-knownDays, d.day-1)
	if err != nil {
		return // nothing is known: who comes first is served
	}
	c := &d.open.caps
	d.pages.known = labelsFrom(stored, block.Pages, pageVisitors, c.pages)
	d.sections.known = labelsFrom(stored, block.Sections, pageVisitors, c.sections)
	d.hosts[hostReferrer].known = labelsFrom(stored, block.Referrers, 1, c.hosts[hostReferrer])
	d.hosts[hostOutbound].known = labelsFrom(stored, block.Outbound, 0, c.hosts[hostOutbound])
	d.hosts[hostDownload].known = labelsFrom(stored, block.Downloads, 0, c.hosts[hostDownload])
	d.hosts[hostFailed].known = labelsFrom(stored, block.Failed, 0, c.hosts[hostFailed])
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
