package block

import (
	"fmt"
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

type tallyMap map[uint64][]uint64 // outer<<32 | inner, or a label

func (c tallyMap) add(key uint64, width, m int, v uint64) {
	if c[key] == nil {
		c[key] = make([]uint64, width)
	}
	c[key][m] += v
}

func (c tallyMap) rows() (out Rows) {
	keys := make([]uint64, 0, len(c))
	for k := range c {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		out.Labels, out.N = append(out.Labels, uint32(k)), append(out.N, c[k]...)
	}
	return out
}

func (c tallyMap) cells(keep func(outer uint32) bool) (out Cells) {
	keys := make([]uint64, 0, len(c))
	for k := range c {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		if outer := uint32(k >> 32); keep(outer) {
			out.Outer, out.Inner, out.N = append(out.Outer, outer), append(out.Inner, uint32(k)), append(out.N, c[k][0])
		}
	}
	return out
}

// day counts a day of so many views.
func (s *site) day(views int) *Day {
	d := &Day{}
	var rows [tableEnd]tallyMap
	for t := range rows {
		rows[t] = tallyMap{}
	}
	var cells [crossEnd]tallyMap
	for c := range cells {
		cells[c] = tallyMap{}
	}
	add := func(t Table, label uint32, m int, v uint64) { rows[t].add(uint64(label), Width(t), m, v) }
	cell := func(c Cross, outer, inner uint32) { cells[c].add(uint64(outer)<<32|uint64(inner), 1, 0, 1) }
	for seen := 0; seen < views; {
		hour := uint32(min(23, max(0, 14+int(s.r.NormFloat64()*4))))
		system := s.skewed(6)
		dims := [5]uint32{
			s.label(kindReferrer, s.skewed(40)), s.label(kindBrowser, s.skewed(12)*8+system),
			s.label(kindSystem, system), s.label(kindDevice, system%3), s.label(kindCountry, s.skewed(30)),
		}
		n := 1
		for n < 6 && s.r.Float64() < 0.45 {
			n++
		}
		add(Site, 0, 1, 1)
		add(Site, 0, 2, 1)
		add(Site, 0, 4, uint64(n-1)*uint64(s.r.IntN(120)))
		if n == 1 {
			add(Site, 0, 3, 1)
		}
		for i, t := range []Table{Referrers, Browsers, Systems, Devices, Countries} {
			add(t, dims[i], 0, uint64(n))
			add(t, dims[i], Width(t)-1, 1)
			if Width(t) == 3 {
				add(t, dims[i], 1, 1)
			}
		}
		visited := map[uint32]bool{}
		for i := range n {
			number := s.pages.Uint64()
			page := s.label(kindPage, number)
			section := s.label(kindSection, number%uint64(s.sections))
			add(Site, 0, 0, 1)
			add(Hours, hour, 0, 1)
			for _, at := range []struct {
				t     Table
				label uint32
				c     Cross
				seen  uint32
			}{{Pages, page, PageReferrers, page}, {Sections, section, SectionReferrers, section | 1<<31}} {
				add(at.t, at.label, 0, 1)
				if i == 0 {
					add(at.t, at.label, 2, 1)
					if n == 1 {
						add(at.t, at.label, 4, 1)
					}
					if at.t == Sections {
						add(at.t, at.label, 7, 1)
					}
				}
				if i == n-1 {
					add(at.t, at.label, 3, 1)
				}
				if s.r.IntN(200) == 0 {
					add(at.t, at.label, 5, 1)
				}
				if !visited[at.seen] {
					visited[at.seen] = true
					add(at.t, at.label, 1, 1)
					for j, label := range dims {
						cell(at.c+Cross(j), at.label, label)
					}
				}
				if s.timings && s.r.IntN(3) > 0 {
					for j := range 5 {
						cell(at.c+PageRead+Cross(j), at.label, uint32(max(0, 6+s.r.NormFloat64()*3)))
					}
				}
			}
		}
		if s.r.IntN(10) == 0 {
			add(Features, s.label(kindOther, s.skewed(8)), 0, 1)
			add(Outbound, s.label(kindOther, 8+s.skewed(20)), 0, 1)
			add(Bots, s.label(kindOther, 30+s.skewed(6)), 0, 1)
			add(Statuses, s.label(kindOther, 40+s.skewed(3)), 0, 1)
			add(Failed, s.label(kindPage, 1<<20+s.skewed(500)), 0, 1)
		}
		for j := 0; j < 3 && s.timings; j++ {
			cell(DeviceLoad+Cross(j), dims[3], uint32(max(0, 6+s.r.NormFloat64()*3)))
		}
		seen += n
	}
	visitors := map[Table]tallyMap{Pages: rows[Pages], Sections: rows[Sections]}
	for t := range rows {
		d.Rows[t] = rows[t].rows()
	}
	for c := range crossEnd {
		of := Sections
		if c < SectionReferrers {
			of = Pages
		}
		d.Cells[c] = cells[c].cells(func(outer uint32) bool {
			return c >= DeviceLoad || visitors[of][uint64(outer)][1] >= 10
		})
	}
	return d
}

// TestBytesAView holds the size of days of about 1,400 views on 5,000 pages.
func TestBytesAView(t *testing.T) {
	for _, test := range []struct {
		name            string
		shared, timings bool
		most            float64
	}{
		{"as from logs", false, false, 2.8},
		{"with five timings a view", false, true, 4},
		{"with one space of ids for labels of all kinds", true, true, 5.5},
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
