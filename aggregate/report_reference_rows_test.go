package aggregate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
)

// A refDim is a dimension told in words.
type refDim struct {
	table    block.Table
	measures string // "name:column", separated by spaces
	behind   string
	own      bool
	cross    block.Cross
	tens     bool
	closed   bool
}

var refDims = map[Dim]refDim{
	NoDim:         {table: block.Site, measures: "views:0 visitors:1 visits:2 bounces:3 visit_time:4", tens: true},
	ByPage:        {table: block.Pages, measures: "views:0 visitors:1", behind: "visitors", own: true},
	BySection:     {table: block.Sections, measures: "views:0 visitors:1 visits:7 bounces:4", behind: "visitors", own: true},
	ByEntry:       {table: block.Pages, measures: "entries:2 bounces:4", behind: "entries"},
	ByExit:        {table: block.Pages, measures: "exits:3", behind: "exits"},
	ByReferrer:    {table: block.Referrers, measures: "views:0 visits:1", behind: "visits", cross: block.PageReferrers},
	ByBrowser:     {table: block.Browsers, measures: "views:0 visitors:1 visits:2", behind: "visitors", cross: block.PageBrowsers},
	BySystem:      {table: block.Systems, measures: "views:0 visitors:1 visits:2", behind: "visitors", cross: block.PageSystems},
	ByDevice:      {table: block.Devices, measures: "views:0 visitors:1 visits:2", behind: "visitors", cross: block.PageDevices},
	ByCountry:     {table: block.Countries, measures: "views:0 visitors:1 visits:2", behind: "visitors", cross: block.PageCountries},
	ByFeature:     {table: block.Features, measures: "uses:0", behind: "uses"},
	ByStatus:      {table: block.Statuses, measures: "hits:0", behind: "hits", tens: true, closed: true},
	ByError:       {table: block.Failed, measures: "hits:0", behind: "hits"},
	ByOutbound:    {table: block.Outbound, measures: "uses:0", behind: "uses"},
	ByDownload:    {table: block.Downloads, measures: "uses:0", behind: "uses"},
	ByHour:        {table: block.Hours, measures: "views:0", behind: "views", closed: true},
	ByWeekdayHour: {table: block.Hours, measures: "views:0", behind: "views", closed: true},
	ByBot:         {table: block.Bots, measures: "hits:0", behind: "hits", tens: true, closed: true},
}

func (d refDim) names() (names []string, columns []int) {
	for _, f := range strings.Fields(d.measures) {
		name, column, _ := strings.Cut(f, ":")
		c, _ := strconv.Atoi(column)
		names, columns = append(names, name), append(columns, c)
	}
	return names, columns
}

// table extracts a table's rows; only is "" for all.
func (d refDim) extract(only string) refExtract {
	names, columns := d.names()
	return func(b *modelBlock, emit func(string, uint64, map[string]uint64)) {
		for value, n := range b.rows[d.table] {
			if only != "" && value != only {
				continue
			}
			m := map[string]uint64{}
			for i, name := range names {
				m[name] = n[columns[i]]
			}
			level := uint64(0)
			if d.own {
				level = n[6]
			}
			emit(value, level, m)
		}
	}
}

// report answers the question; nil means that it is refused.
func (r *reference) report() map[string]any {
	parts := r.cut()
	total, only := refDims[NoDim], ""
	switch {
	case r.q.Page != "":
		total, only = refDims[ByPage], r.q.Page
	case r.q.Section != "":
		total, only = refDims[BySection], r.q.Section
	case r.q.Where != nil:
		total, only = refDims[r.q.Where.Dim], r.q.Where.Value
	}
	sums := r.totals(total, only, parts)
	names, _ := total.names()
	out := map[string]any{
		"period": "composed", "bound": sums.bound(), "totals": sums.json(names), "rows": []any{}, "other": nil,
	}
	if len(parts) == 1 && parts[0].from == r.q.From && parts[0].to == r.q.To {
		out["period"] = parts[0].kind
	}
	switch r.q.By {
	case NoDim:
	case ByDay, ByWeek, ByMonth:
		out["rows"] = r.timeRows(total, only)
	default:
		if !r.rows(parts, out) {
			return nil
		}
	}
	return out
}

func (r *reference) totals(d refDim, only string, parts []refPeriod) *refSum {
	s := newRefSum()
	names, _ := d.names()
	for _, p := range parts {
		rows, least, absent := r.raw(p, d.tens && only == "", d.own, d.extract(only))
		row := rows[only]
		if row == nil {
			row = &refRow{}
		}
		s.add(names, row.n, absent, refEnough(d.behind, row.n, max(least, row.scale)))
	}
	return s
}

func (r *reference) timeRows(d refDim, only string) []any {
	out := []any{}
	kind := r.q.By.String()
	for x := max(r.q.From, r.m.first); x <= r.q.To; x++ {
		for _, p := range refKinds(x) {
			if p.kind != kind || p.to > r.q.To || p.to > r.m.today || kind != "day" && p.to == r.m.today {
				continue
			}
			names, _ := d.names()
			row := r.totals(d, only, []refPeriod{p}).json(names)
			at := time.Unix(int64(x)*86400, 0).UTC()
			switch kind {
			case "day":
				row["value"] = at.Format("2006-01-02")
			case "month":
				row["value"] = at.Format("2006-01")
			case "week":
				y, w := at.ISOWeek()
				row["value"] = fmt.Sprintf("%d-W%02d", y, w)
			}
			out = append(out, row)
		}
	}
	return out
}

// rows fills in rows and other; false if there are no hours of the range.
func (r *reference) rows(parts []refPeriod, out map[string]any) bool {
	d := refDims[r.q.By]
	names, _ := d.names()
	ex := d.extract("")
	weekday := func(hit.Day) string { return "" }
	switch {
	case r.q.By == ByHour || r.q.By == ByWeekdayHour:
		if parts = r.closed(); parts == nil {
			return false
		}
		if r.q.By == ByWeekdayHour {
			weekday = func(x hit.Day) string { return strconv.Itoa((int(x)+3)%7+1) + "-" }
		}
		ex = func(b *modelBlock, emit func(string, uint64, map[string]uint64)) {
			d.extract("")(b, func(v string, l uint64, n map[string]uint64) { emit(weekday(b.day)+v, l, n) })
		}
	case r.q.Section != "" && r.q.By == ByFeature:
		ex = func(b *modelBlock, emit func(string, uint64, map[string]uint64)) {
			for key, n := range b.cells[block.SectionFeatures] {
				if key[0] == r.q.Section {
					emit(key[1], 0, map[string]uint64{"uses": n})
				}
			}
		}
	case r.q.Page != "" || r.q.Section != "":
		cross, table, of := d.cross, block.Pages, r.q.Page
		if r.q.Section != "" {
			cross, table, of = cross+block.SectionReferrers-block.PageReferrers, block.Sections, r.q.Section
		}
		names, d.behind, d.own = []string{"visitors"}, "visitors", true
		ex = func(b *modelBlock, emit func(string, uint64, map[string]uint64)) {
			page := b.rows[table][of]
			if page == nil {
				return
			}
			emit(hit.Folded, page[6], map[string]uint64{"visitors": page[1]}) // less the others, below
			for key, n := range b.cells[cross] {
				if key[0] == of {
					emit(key[1], 0, map[string]uint64{"visitors": n})
				}
			}
		}
	case r.q.Where != nil:
		ex, names, d.behind = r.whereRows(d), []string{"visitors"}, "visitors"
		if r.q.Where.Dim == ByFeature {
			names, d.behind = []string{"uses"}, "uses"
		}
	}
	keep := r.keep()
	sums, shown, other := map[string]*refSum{}, map[string]bool{}, newRefSum()
	var all []map[string]*refRow
	for _, p := range parts {
		rows, _, _ := r.raw(p, d.tens, d.own, ex)
		all = append(all, rows)
		for value := range rows {
			sums[value] = newRefSum()
		}
	}
	for _, value := range keep {
		sums[value] = newRefSum()
	}
	for i, p := range parts {
		_, least, absent := r.raw(p, d.tens, d.own, ex)
		if r.q.Page != "" || r.q.Section != "" && r.q.By != ByFeature {
			refFold(all[i])
		}
		whole, wholeScale, answers := r.whole(p, d.behind)
		rest, demanding := map[string]uint64{}, least
		for value, sum := range sums {
			row := all[i][value]
			if row == nil {
				row = &refRow{}
			}
			show := answers && value != hit.Other && refEnough(d.behind, row.n, max(least, row.scale))
			sum.add(names, row.n, absent, show)
			shown[value] = shown[value] || show
			if !show && !slices.Contains(keep, value) {
				for m, n := range row.n {
					rest[m] += n
					if n > 0 {
						demanding = max(demanding, row.scale)
					}
				}
			}
		}
		if r.q.By == ByPage || r.q.By == BySection { // who sees two of them is one
			rest["visitors"] = min(rest["visitors"], whole["visitors"])
			rest["visits"] = min(rest["visits"], whole["visits"])
			demanding = max(demanding, wholeScale)
		}
		other.add(names, rest, absent, answers && refEnough(d.behind, rest, demanding))
	}
	out["rows"] = r.ordered(names, sums, shown, keep)
	if !d.closed {
		out["other"] = other.json(names)
	}
	return true
}

// whole returns what the question counts altogether in a period, how often it
// may have counted one visitor, and whether it answers at all there: of a page
// or a value its totals must be shown, of the site those that rows stand on.
func (r *reference) whole(p refPeriod, behind string) (n map[string]uint64, scale uint64, answers bool) {
	d, only := refDims[NoDim], ""
	switch {
	case r.q.Page != "":
		d, only = refDims[ByPage], r.q.Page
	case r.q.Section != "":
		d, only = refDims[BySection], r.q.Section
	case r.q.Where != nil:
		d, only = refDims[r.q.Where.Dim], r.q.Where.Value
	}
	rows, scale, _ := r.raw(p, d.tens && only == "", d.own, d.extract(only))
	n = map[string]uint64{}
	if row := rows[only]; row != nil {
		n, scale = row.n, max(scale, row.scale)
	}
	answers = refEnough(d.behind, n, scale)
	n["visitors"] = min(n["visitors"], n["views"]) // as published
	switch {
	case only != "":
		answers = answers && n[d.behind] >= 10
	case behind == "visitors" || behind == "visits":
		answers = n[behind] >= 10
	}
	return n, scale, answers
}

// refFold takes the other rows from the page's visitors; all rows come from the
// page's filter.
func refFold(rows map[string]*refRow) {
	page := rows[hit.Folded]
	if page == nil {
		return
	}
	sum := uint64(0)
	for value, row := range rows {
		if value != hit.Folded {
			sum += row.n["visitors"]
			row.scale = page.scale
		}
	}
	page.n["visitors"] -= min(sum, page.n["visitors"])
}

// whereRows extracts pages or sections with one value of a dimension, and
// their levels.
func (r *reference) whereRows(d refDim) refExtract {
	w := r.q.Where
	cross := refDims[w.Dim].cross
	if r.q.By == BySection {
		cross += block.SectionReferrers - block.PageReferrers
	}
	measure := "visitors"
	if w.Dim == ByFeature {
		cross, measure = block.SectionFeatures, "uses"
	}
	return func(b *modelBlock, emit func(string, uint64, map[string]uint64)) {
		for key, n := range b.cells[cross] {
			if key[1] == w.Value {
				emit(key[0], 0, map[string]uint64{measure: n})
			}
		}
		for value, n := range b.rows[d.table] {
			emit(value, n[6], nil)
		}
	}
}

// closed returns the one published period that hours may be asked of.
func (r *reference) closed() []refPeriod {
	for _, p := range refKinds(r.q.From) {
		weeks := p.kind == "four_weeks" || p.kind == "thirteen_weeks"
		if p.to == r.q.To && p.from >= r.m.first && p.to < r.m.today && (weeks || r.q.By == ByHour) {
			return []refPeriod{p}
		}
	}
	return nil
}

func (r *reference) keep() []string {
	switch r.q.By {
	case ByPage, ByEntry, ByExit:
		return r.m.config.Pages
	case BySection:
		return r.m.config.Sections
	case ByFeature:
		var out []string
		for _, f := range r.m.config.Features {
			out = append(out, f.String())
		}
		return out
	case BySystem:
		return []string{"Windows", "macOS", "iOS", "Android", "Linux", "ChromeOS"}
	case ByDevice:
		return []string{"desktop", "phone", "tablet", "tv", "other"}
	case ByStatus:
		return []string{"404", "4xx", "5xx"}
	case ByBot:
		return []string{"word", "library", "headless", "empty", "absurd", "prefetch", "metadata"}
	}
	var out []string
	for i := range 24 {
		if r.q.By == ByHour {
			out = append(out, fmt.Sprintf("%02d", i))
		}
	}
	for i := range 7 * 24 {
		if r.q.By == ByWeekdayHour {
			out = append(out, fmt.Sprintf("%d-%02d", i/24+1, i%24))
		}
	}
	return out
}

func (r *reference) ordered(names []string, sums map[string]*refSum, shown map[string]bool, keep []string) []any {
	var values []string
	for value := range sums {
		if shown[value] || slices.Contains(keep, value) && value != hit.Other {
			values = append(values, value)
		}
	}
	slices.Sort(values)
	if !strings.HasSuffix(r.q.By.String(), "hour") {
		slices.SortStableFunc(values, func(a, b string) int {
			return int(sums[b].value[names[0]] - sums[a].value[names[0]])
		})
		limit := r.q.Limit
		if limit == 0 {
			limit = 100
		}
		values = values[:min(len(values), limit)]
	}
	out := []any{}
	for _, value := range values {
		row := sums[value].json(names)
		row["value"] = value
		out = append(out, row)
	}
	return out
}
