package aggregate

import (
	"context"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/publish"
)

// A SpeedQuery asks how fast pages were in their visitors' browsers.
type SpeedQuery struct {
	Site     hit.Host
	From, To hit.Day // both included
	// Page or Section asks about one of them; with neither, it is the whole site
	// and there is a row for each device class beside that of all devices.
	Page, Section string
	// Weekly asks for a row set of each ISO week that lies wholly in the range
	// and is over, in place of one of the whole range.
	Weekly bool
}

// A Timing is what was measured of a page view.
type Timing uint8

// The timings, each in milliseconds.
const (
	LoadTime Timing = iota // until the page had loaded
	LCP                    // largest contentful paint
	INP                    // interaction to next paint
	TimingEnd
)

var timingNames = [TimingEnd]string{"load", "lcp", "inp"}

// String returns the name, "" for what is none.
func (t Timing) String() string {
	if t >= TimingEnd {
		return ""
	}
	return timingNames[t]
}

// Quantiles are published quantiles of one timing, in milliseconds. Each is
// withheld where no published period had fifty measurements.
type Quantiles struct {
	P5, P25, P50, P75, P95 publish.Quantile
}

// A SpeedRow is the timings of one device class.
type SpeedRow struct {
	Period  publish.Period // of a weekly question; else the zero Period
	Device  string         // class, "" for all devices
	Timings [TimingEnd]Quantiles
}

// Speed is an answer: of each period all devices first, then the device classes
// that anything was measured on.
type Speed struct{ Rows []SpeedRow }

// Speed answers how fast pages were, from published periods as [DB.Report]
// does. A period in which the page or section asked for has too few visitors to
// be shown adds nothing.
func (db *DB) Speed(ctx context.Context, now time.Time, q *SpeedQuery) (*Speed, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return speed(db, now, q)
}

// speed answers from blocks. Its errors are those of [report].
func speed(src source, now time.Time, sq *SpeedQuery) (out *Speed, err error) {
	config, ok := src.site(sq.Site)
	if !ok {
		return nil, ErrUnknownSite
	}
	q := &Query{Site: sq.Site, From: sq.From, To: sq.To, Page: sq.Page, Section: sq.Section}
	if sq.Weekly {
		q.By = ByWeek
	}
	if err := q.check(); err != nil {
		return nil, err
	}
	first, today := src.kept(q.Site, now)
	err = src.view(q.Site, func(v dayView) (err error) {
		bad := &damage{days: map[hit.Day]bool{}, sums: map[sumPeriod]bool{}}
		for out == nil && err == nil {
			a := &answer{q: q, config: config, now: now.In(config.zone()), first: first, today: today, bad: bad, view: v}
			out, err = a.speed()
		}
		return err
	})
	return out, err
}

// speed makes the answer; nil if it found damage that was not known.
func (a *answer) speed() (*Speed, error) {
	if err := a.prepare(); err != nil || a.bad.found {
		return nil, err
	}
	out := &Speed{}
	if a.q.By != ByWeek {
		out.Rows = a.speedRows(a.parts)
	}
	for _, p := range a.timePeriods() {
		for _, row := range a.speedRows([]publish.Period{p}) {
			row.Period = p
			out.Rows = append(out.Rows, row)
		}
	}
	if a.bad.found {
		return nil, nil
	}
	return out, nil
}

// histograms are raw: by device class ("" is all), timing and period.
type histograms map[string]*[TimingEnd][][]uint64

func (h histograms) add(device string, t Timing, part, parts int, bucket uint32, n uint64) bool {
	if int(bucket) >= len(histEdges[histLoad+histKind(t)]) {
		return false
	}
	of := h[device]
	if of == nil {
		of = new([TimingEnd][][]uint64)
		for i := range of {
			of[i] = make([][]uint64, parts)
		}
		h[device] = of
	}
	if of[t][part] == nil {
		of[t][part] = make([]uint64, len(histEdges[histLoad+histKind(t)]))
	}
	of[t][part][bucket] += n
	return true
}

func (a *answer) speedRows(parts []publish.Period) []SpeedRow {
	h := histograms{}
	raw := make([]uint64, len(a.totals.columns))
	for i, p := range parts {
		if a.value != "" {
			t := publish.NewTotals(a.totals.rule)
			scale, absent := a.whole(p, raw)
			t.Add(raw, scale, absent)
			c, _ := t.Values().Count(publish.Visitors)
			if _, shown := c.Value(); !shown {
				continue
			}
		}
		for u := range a.cover(p) {
			for _, b := range u.blocks(false) {
				if !a.addSpeed(h, b, i, len(parts)) {
					a.spoil(u)
					return nil
				}
			}
		}
	}
	rows := []SpeedRow{speedRow("", h[""])}
	for v := hit.DeviceOther; v <= hit.TV; v++ {
		if of := h[v.String()]; of != nil {
			rows = append(rows, speedRow(v.String(), of))
		}
	}
	return rows
}

// addSpeed adds a block's histograms; false if it is damaged.
func (a *answer) addSpeed(h histograms, p *piece, part, parts int) bool {
	for t := range TimingEnd {
		if a.value != "" {
			local := a.local(a.wordsOf(p, nil))
			if local < 0 {
				return true
			}
			cross := block.PageLoad
			if a.q.Section != "" {
				cross = block.SectionLoad
			}
			cells, err := p.block.CellsOf(cross+block.Cross(t), uint32(local))
			if err != nil {
				return false
			}
			for i, bucket := range cells.Inner {
				if !h.add("", t, part, parts, bucket, cells.N[i]) {
					return false
				}
			}
			continue
		}
		cells, err := p.block.Cells(block.DeviceLoad + block.Cross(t))
		if err != nil {
			return false
		}
		w := a.wordsOf(p, cells.Outer)
		if w == nil {
			return false
		}
		for i, bucket := range cells.Inner {
			device := a.words.text(w.ids[cells.Outer[i]])
			if !h.add("", t, part, parts, bucket, cells.N[i]) || !h.add(device, t, part, parts, bucket, cells.N[i]) {
				return false
			}
		}
	}
	return true
}

// speedRow publishes what was measured of one device class.
func speedRow(device string, of *[TimingEnd][][]uint64) SpeedRow {
	row := SpeedRow{Device: device}
	if of == nil {
		return row
	}
	for t := range TimingEnd {
		edges := edgesOf(t)
		quantile := func(q float64) publish.Quantile { return publish.NewQuantile(q, edges, of[t]...) }
		row.Timings[t] = Quantiles{quantile(.05), quantile(.25), quantile(.5), quantile(.75), quantile(.95)}
	}
	return row
}

// edgesOf returns the edges of a timing's buckets. The last bucket has no end;
// it counts as twice its beginning.
func edgesOf(t Timing) []float64 {
	var out []float64
	for _, e := range histEdges[histLoad+histKind(t)] {
		out = append(out, float64(e))
	}
	return append(out, 2*out[len(out)-1])
}
