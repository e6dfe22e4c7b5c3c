package aggregate

import (
	"crypto/rand"
	"encoding/binary"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/internal/distinct"
	"footfall/aggregate/internal/store"
)

// shared is what the open days of a process have in common.
type shared struct {
	budget *distinct.Budget
	caps   caps
	visits int           // open visits of all days
	capped [capEnd]int64 // how often a day's table turned its first value away
}

func newShared(keys int) shared {
	return shared{budget: distinct.NewBudget(keys), caps: designCaps()}
}

// openDay is the running day of one site, or a day of a log being read: all
// its counters in memory. One goroutine at a time uses it.
type openDay struct {
	open   *shared
	config *SiteConfig
	day    hit.Day
	clock  hit.LocalClock
	hour   int64 // start of the hour of the last commit, Unix seconds in steps of the zone

	flags    block.Flags
	restarts uint16
	loaded   bool  // by this process, which has counted nobody yet
	level    uint8 // of the site's filter as loaded
	site     [siteMeasures]int64
	hours    [24]int64
	fixed    [dimEnd]fixedRows   // by dimension; referrers are hosts and stand in hosts
	small    [smallEnd]fixedRows // hits or errors stand in views
	features cells               // code: index in labels

	pages    table[page]
	sections table[page]
	hosts    [hostEnd]table[hostRow]
	labels   labels
	values   int // cells of the dimensions of all pages and sections

	share   *distinct.Share // of the budget: every filter of the day
	filter  *distinct.Set
	visits  visitTable
	secret  [16]byte // labels the filters of this day; never leaves memory
	base    int64    // Unix seconds that visits count from
	touched bool
	stored  bool // the site has a record
}

// The site's measures, in the order of block.Site.
const (
	siteViews = iota
	siteVisitors
	siteVisits
	siteBounces
	siteSeconds
	siteMeasures
)

// A dimension is what a page's or section's visitors are told apart by.
type dimension uint8

// The dimensions, in the order of the crosses of package block.
const (
	dimReferrer dimension = iota
	dimBrowser
	dimSystem
	dimDevice
	dimCountry
	dimEnd
)

// The site's small tables, cells by code.
const (
	smallStatus = iota
	smallBot
	smallErrorBrowser
	smallErrorSystem
	smallErrorDevice
	smallDeviceLoad // device<<8 | bucket, as the two below
	smallDeviceLCP
	smallDeviceINP
	smallEnd
)

// The tables of names that visitors bring.
const (
	hostReferrer = iota
	hostOutbound
	hostDownload
	hostFailed
	hostEnd
)

var hostKinds = [hostEnd]store.Kind{store.KindReferrer, store.KindOutbound, store.KindDownload, store.KindFailed}

// A fixedRow counts one value of a dimension that is fixed at a visitor's first hit.
type fixedRow struct {
	code                    uint32
	views, visitors, visits int64
}

// fixedRows holds pointers: the journal keeps addresses of counters.
type fixedRows []*fixedRow

// at returns the row of a code, made if need be; past most rows that of (other).
func (f *fixedRows) at(code uint32, most int) *fixedRow {
	for _, r := range *f {
		if r.code == code {
			return r
		}
	}
	if len(*f) >= most && code != codeOther {
		return f.at(codeOther, most)
	}
	r := &fixedRow{code: code}
	*f = append(*f, r)
	return r
}

// A cell counts one value of one dimension of one page: at most its views of
// a day, fewer than 2^32 on any one machine.
type cell struct {
	code, n uint32
}

type cells []cell

// at returns the index of a code's cell, made if need be; past most codes
// that of (other).
func (c *cells) at(code uint32, most int) int {
	for i := range *c {
		if (*c)[i].code == code {
			return i
		}
	}
	if len(*c) >= most && code != codeOther {
		return c.at(codeOther, most)
	}
	if len(*c) == cap(*c) { // there are very many of them: no doubling
		*c = append(make(cells, 0, len(*c)+max(1, len(*c)/4)), *c...)
	}
	*c = append(*c, cell{code: code})
	return len(*c) - 1
}

// A hostRow counts a referrer, an outbound host, a download or a failed path.
type hostRow struct {
	table   int
	label   string
	views   int64 // or uses, or hits
	visits  int64 // referrers only
	touched bool
	stored  bool // it has a record
	day     *openDay
}

// labels gives the texts of a day numbers; number 0 is (other).
type labels struct {
	ids  map[string]uint32
	text []string
}

// codeOther is the code of (other) in every dimension: no enumeration's value
// and no label has it.
const codeOther = 1<<32 - 1

func (l *labels) id(s string) uint32 {
	if s == hit.Other {
		return codeOther
	}
	if id, ok := l.ids[s]; ok {
		return id
	}
	if l.ids == nil {
		l.ids = map[string]uint32{}
	}
	id := uint32(len(l.text))
	l.ids[s] = id
	l.text = append(l.text, s)
	return id
}

// table finds rows by label and by index.
type table[T any] struct {
	byLabel   map[string]uint32
	rows      []*T
	known     map[string]struct{} // labels published lately; places are kept for them
	strangers int                 // rows whose label is not among them
}

func newOpenDay(open *shared, config *SiteConfig, day hit.Day, unix int64) *openDay {
	d := &openDay{open: open, config: config, day: day, base: unix, clock: hit.NewLocalClock(config.zone())}
	d.share = open.budget.NewShare()
	d.filter = d.share.Main()
	_, _ = rand.Read(d.secret[:]) // never fails, crypto/rand
	return d
}

// release drops filters and visits and overwrites the secret of their labels.
func (d *openDay) release() {
	d.share.Release()
	d.open.visits -= d.visits.len()
	d.visits = visitTable{}
	clear(d.secret[:])
}

// What a label is for; it goes into the hash.
const (
	labelSite byte = iota
	labelPage
	labelSection
	labelSectionVisit
	labelVisit
)

// key hashes a visitor under a label of its own, so that no two filters, and
// no filter and the table of visits, can be joined.
func (d *openDay) key(v *hit.Visitor, what byte, index, more uint32) uint64 {
	words := [4]uint64{uint64(index)<<8 | uint64(what), uint64(more),
		binary.LittleEndian.Uint64(v[:8]), binary.LittleEndian.Uint64(v[8:])}
	return sipHash(binary.LittleEndian.Uint64(d.secret[:8]), binary.LittleEndian.Uint64(d.secret[8:]), &words)
}

// host returns the row of a label in a table, made if need be.
func (d *openDay) host(which int, label string) *hostRow {
	t := &d.hosts[which]
	if i, ok := t.byLabel[label]; ok {
		return t.rows[i]
	}
	if !t.admits(label, d.open.caps.hosts[which]) {
		d.turnAway(which)
		return d.host(which, hit.Other)
	}
	return d.newHost(which, label)
}

func (d *openDay) newHost(which int, label string) *hostRow {
	r := &hostRow{table: which, label: label, day: d}
	d.hosts[which].put(label, r)
	return r
}

// admits tells whether a label finds a place beside (other). Half of the
// places are kept for labels that were published lately, so that a flood of
// new ones that begins at midnight takes no row from them.
func (t *table[T]) admits(label string, most int) bool {
	named := len(t.rows)
	if _, ok := t.byLabel[hit.Other]; ok {
		named--
	}
	if label == hit.Other {
		return true
	}
	if _, ok := t.known[label]; ok {
		return named < most
	}
	return named < most && t.strangers < most-min(most/2, len(t.known))
}

func (t *table[T]) put(label string, row *T) {
	if t.byLabel == nil {
		t.byLabel = map[string]uint32{}
	}
	if _, ok := t.known[label]; !ok && label != hit.Other {
		t.strangers++
	}
	t.byLabel[label] = uint32(len(t.rows))
	t.rows = append(t.rows, row)
}
