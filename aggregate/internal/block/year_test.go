package block

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// site is a made-up site whose days the tests of size and speed count. What
// it draws: pages by Zipf, visitors with a browser, system, device, country
// and referrer each, one to six views a visit, and with timings five of them
// for two views of three; a page's dimensions and histograms from ten visitors on.
type site struct {
	r        *rand.Rand
	pages    *rand.Zipf
	labels   [kindEnd]map[uint64]uint32 // by kind, as the store interns them in a month
	shared   bool                       // one space of ids for all kinds
	timings  bool
	sections int
}

func newSite(seed uint64, pages int) *site {
	r := rand.New(rand.NewPCG(seed, 0))
	return &site{r: r, pages: rand.NewZipf(r, 1.2, 12, uint64(pages-1)), timings: true, sections: 25}
}

// Kinds of labels, each with ids of its own.
const (
	kindPage = iota
	kindSection
	kindReferrer
	kindBrowser
	kindSystem
	kindDevice
	kindCountry
	kindOther
	kindEnd
)

func (s *site) label(kind int, v uint64) uint32 {
	at := kind
	if s.shared {
		at, v = 0, v<<8|uint64(kind)
	}
	if s.labels[at] == nil {
		s.labels[at] = map[uint64]uint32{}
	}
	id, ok := s.labels[at][v]
	if !ok {
		id = uint32(len(s.labels[at]))
		s.labels[at][v] = id
	}
	return id
}

// skewed returns 0 to n-1, small numbers most often.
func (s *site) skewed(n int) uint64 {
	return uint64(float64(n) * math.Pow(s.r.Float64(), 3))
}

// tally counts measures by label, or by outer<<32 | inner.
type tally map[uint64][]uint64

func (c tally) add(key uint64, width, m int, v uint64) {
	if c[key] == nil {
		c[key] = make([]uint64, width)
	}
	c[key][m] += v
}

func (c tally) rows() (out Rows) {
	for _, k := range slices.Sorted(maps.Keys(c)) {
		out.Labels, out.N = append(out.Labels, uint32(k)), append(out.N, c[k]...)
	}
	return out
}

func (c tally) cells(keep func(outer uint32) bool) (out Cells) {
	for _, k := range slices.Sorted(maps.Keys(c)) {
		if outer := uint32(k >> 32); keep(outer) {
			out.Outer, out.Inner, out.N = append(out.Outer, outer), append(out.Inner, uint32(k)), append(out.N, c[k][0])
		}
	}
	return out
}

// ledger is a day being counted.
type ledger struct {
	rows  [tableEnd]tally
	cells [crossEnd]tally
}

func (l *ledger) add(t Table, label uint32, m int, v uint64) {
	if l.rows[t] == nil {
		l.rows[t] = tally{}
	}
	l.rows[t].add(uint64(label), Width(t), m, v)
}

func (l *ledger) cell(c Cross, outer, inner uint32) {
	if l.cells[c] == nil {
		l.cells[c] = tally{}
	}
	l.cells[c].add(uint64(outer)<<32|uint64(inner), 1, 0, 1)
}

// day counts a day of at least so many views.
func (s *site) day(views int) *Day {
	var l ledger
	for seen := 0; seen < views; {
		seen += s.visit(&l)
	}
	d := &Day{}
	for t := range tableEnd {
		d.Rows[t] = l.rows[t].rows()
	}
	for c := range crossEnd {
		of := Sections
		if c < SectionReferrers {
			of = Pages
		}
		d.Cells[c] = l.cells[c].cells(func(outer uint32) bool {
			return c >= DeviceLoad || l.rows[of][uint64(outer)][1] >= 10
		})
	}
	return d
}

// visit counts the visit of a visitor who comes once, and returns its views.
func (s *site) visit(l *ledger) int {
	hour := uint32(min(23, max(0, 14+int(s.r.NormFloat64()*4))))
	system := s.skewed(6)
	dims := []uint32{
		s.label(kindReferrer, s.skewed(40)), s.label(kindBrowser, s.skewed(12)*8+system),
		s.label(kindSystem, system), s.label(kindDevice, system%3), s.label(kindCountry, s.skewed(30)),
	}
	n := 1
	for n < 6 && s.r.Float64() < 0.45 {
		n++
	}
	bounce := uint64(1 / n)
	for m, v := range []uint64{uint64(n), 1, 1, bounce, uint64(n-1) * uint64(s.r.IntN(120))} {
		l.add(Site, 0, m, v)
	}
	l.add(Hours, hour, 0, uint64(n))
	for i, t := range []Table{Referrers, Browsers, Systems, Devices, Countries} {
		l.add(t, dims[i], 0, uint64(n))
		for m := 1; m < Width(t); m++ {
			l.add(t, dims[i], m, 1)
		}
	}
	seen := map[[2]uint32]bool{}
	for i := range n {
		number := s.pages.Uint64()
		page, section := s.label(kindPage, number), s.label(kindSection, number%uint64(s.sections))
		s.view(l, Pages, PageReferrers, page, i == 0, i == n-1, bounce, seen, dims)
		s.view(l, Sections, SectionReferrers, section, i == 0, i == n-1, bounce, seen, dims)
	}
	s.others(l, dims[3])
	return n
}

// view counts a view of a page or a section.
func (s *site) view(l *ledger, t Table, c Cross, label uint32, first, last bool, bounce uint64, seen map[[2]uint32]bool, dims []uint32) {
	l.add(t, label, 0, 1)
	if first {
		l.add(t, label, 2, 1)
		l.add(t, label, 4, bounce)
		if t == Sections {
			l.add(t, label, 7, 1)
		}
	}
	if last {
		l.add(t, label, 3, 1)
	}
	if s.r.IntN(200) == 0 {
		l.add(t, label, 5, 1)
	}
	if key := [2]uint32{uint32(t), label}; !seen[key] {
		seen[key] = true
		l.add(t, label, 1, 1)
		for j, dim := range dims {
			l.cell(c+Cross(j), label, dim)
		}
	}
	if s.timings && s.r.IntN(3) > 0 {
		for j := range 5 {
			l.cell(c+PageRead+Cross(j), label, s.bucket())
		}
	}
}

// others counts what a visit may leave beside its views.
func (s *site) others(l *ledger, device uint32) {
	if s.r.IntN(10) == 0 {
		l.add(Features, s.label(kindOther, s.skewed(8)), 0, 1)
		l.add(Outbound, s.label(kindOther, 8+s.skewed(20)), 0, 1)
		l.add(Bots, s.label(kindOther, 30+s.skewed(6)), 0, 1)
		l.add(Statuses, s.label(kindOther, 40+s.skewed(3)), 0, 1)
		l.add(Failed, s.label(kindPage, 1<<20+s.skewed(500)), 0, 1)
	}
	for j := 0; j < 3 && s.timings; j++ {
		l.cell(DeviceLoad+Cross(j), device, s.bucket())
	}
}

// bucket draws a bucket of a histogram.
func (s *site) bucket() uint32 { return uint32(max(0, 6+s.r.NormFloat64()*3)) }

// TestBytesAView holds the size of days of about 1,400 views on 5,000 pages.
func TestBytesAView(t *testing.T) {
	for _, test := range []struct {
		name            string
		shared, timings bool
		most            float64
	}{
		{"as from logs", false, false, 2.8},
		{"with five timings a view", false, true, 4},
		{"with one space of ids for labels of all kinds", true, true, 4.4},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(1, 5000)
			s.shared, s.timings = test.shared, test.timings
			const days = 30
			var views, size int
			var parts [tableEnd + Table(crossEnd)]int
			for range days {
				d := s.day(1000 + s.r.IntN(800))
				b := encode(t, d)
				views += int(d.Rows[Site].N[0])
				size += len(b)
				for i := range parts {
					parts[i] += len(open(t, b).part(i).b)
				}
			}
			got := float64(size) / float64(views)
			t.Logf("%.2f bytes a view, %d a day", got, size/days)
			for i, n := range parts {
				t.Logf("%6d %v", n/days, nameOf(i))
			}
			if got > test.most {
				t.Errorf("%.2f bytes a view, want at most %.2f", got, test.most)
			}
		})
	}
}

// nameOf names the table with the number i in the directory's order.
func nameOf(i int) fmt.Stringer {
	if i < int(tableEnd) {
		return Table(i)
	}
	return Cross(i - int(tableEnd))
}
