package aggregate

import (
	"fmt"
	"strings"
	"testing"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
)

// TestEveryCapAtOnce brings several sites' days to every cap at once, with
// paths and hosts of nearly the longest kind, 64 values in each dimension of
// as many pages as may have them, and all buckets: memory is within the
// formula still. FOOTFALL_FLOOD takes the design's caps, else small ones.
// Without a bound on the values of all pages together it is not.
func TestEveryCapAtOnce(t *testing.T) {
	_, long := longHits(t, 0)
	want, keys, base := smallCaps(), 20_000, int64(1<<20)
	want.pages, want.sections, want.values, want.visits = 60, 40, valuesAPage*100, 2_000
	if long {
		want, keys, base = designCaps(), 2_000_000, 32<<20
	}
	want.cells = MaxCells
	most := want.memory(2, keys) - 32<<20 + base
	held, flags := fillCaps(t, want, keys, 2)
	t.Logf("two sites at every cap: live heap %d KiB of at most %d", held>>10, most>>10)
	if held > most {
		t.Errorf("live heap %d, want at most %d", held, most)
	}
	for f := block.CappedReferrers; f <= block.CappedValues; f <<= 1 {
		if flags&f == 0 {
			t.Errorf("the flood did not reach the cap of flag %#x", f)
		}
	}
	if long {
		return // the planted fault would take gigabytes
	}
	planted := want
	planted.values, planted.pages = 1<<30, 6*want.pages
	if held, _ := fillCaps(t, planted, keys, 2); held <= most {
		t.Errorf("without caps: live heap %d, and at most %d is not passed", held, most)
	}
}

// fillCaps fills the days of some sites and returns what they hold.
func fillCaps(t *testing.T, c caps, keys, sites int) (held int64, flags block.Flags) {
	before := live()
	open := newShared(keys)
	open.caps = c
	now := at("2026-11-23 10:00:00")
	var days []*openDay
	var j journal
	for range sites {
		d := newOpenDay(&open, &SiteConfig{Host: testHost(t)}, hit.DayAt(now, now.Location()), now.Unix())
		days = append(days, d)
		n := 0
		for p := range c.pages + 10 {
			path := testPath(t, fmt.Sprintf("/section%d/%d%s", p, p, strings.Repeat("/a-long-one", 40)))
			for i := range 80 {
				n++
				h := hit.Hit{Site: d.config.Host, Path: path, Timing: hit.NoTiming()}
				h.Browser = hit.Browser{Family: hit.Family(1 + i%4), Major: uint16(1 + i)}
				h.System, h.Device, h.Country = hit.System(1+i%5), hit.Device(2+i%3), hit.CountryOf(uint32('A'+i%26)<<8|uint32('A'+i%7))
				h.Visitor[0], h.Visitor[1], h.Visitor[2], h.Visitor[3], h.Visitor[15] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24), 1
				name, err := hit.ParseHost(fmt.Sprintf("r%d.%s.%s.example", (80*p+i)%(2*MaxReferrers), strings.Repeat("a", 60), strings.Repeat("b", 60)))
				if err != nil {
					t.Fatal(err)
				}
				h.Referrer = hit.ReferrerFrom(name)
				j.reset()
				d.apply(&j, now, &h)
				h.Kind = hit.KindTiming
				h.Timing = hit.Timing{ReadSeconds: histEdges[histRead][i%22], ScrollPct: histEdges[histScroll][i%11],
					LoadMillis: histEdges[histLoad][i%25], LCPMillis: histEdges[histLCP][i%26], INPMillis: histEdges[histINP][i%24], Errors: 1}
				d.apply(&j, now, &h)
				h.Timing, h.Kind = hit.NoTiming(), hit.KindFeature
				switch i {
				case 0:
					if h.Outbound, err = hit.ParseHost(fmt.Sprintf("o%d.%s.example", p, strings.Repeat("c", 60))); err != nil {
						t.Fatal(err)
					}
				case 1:
					h.Download = path
				case 2:
					h.Kind, h.Status = hit.KindView, hit.Status404
				default:
					continue
				}
				d.apply(&j, now, &h)
			}
		}
		flags |= d.flags
	}
	j = journal{}
	held = live() - before
	for _, d := range days {
		d.release() // in use until here
	}
	return held, flags
}
