package dashboard

import (
	"cmp"
	"math"
	"slices"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
)

// What changed compares the last ISO week that is over with the eight weeks
// before: the same weekdays, each week one published period.
const (
	bandWeeks     = 8
	mostSentences = 5
	mostOfKind    = 2   // sentences about one dimension
	candidateRows = 200 // rows that are looked at of each dimension
	candidates    = 4   // of those, the ones whose weeks are asked for
)

// changedBody is first on the page of a site.
type changedBody struct {
	Title     string
	Sentences []sentence
	Nothing   string // what is said where there is no sentence
}

// A sentence is a link about a value, and what happened to it.
type sentence struct {
	Text, URL, Rest string
	Up              bool

	dim   string
	score float64
}

// A band is what a row had in the weeks before.
type band8 struct{ low, high, mean int64 }

// bandOf8 returns the band of eight published counts; ok is false where one is
// unknown. A withheld one may have been as much as nine.
func bandOf8(weeks []publish.Count) (b band8, ok bool) {
	if len(weeks) != bandWeeks {
		return b, false
	}
	b.low = math.MaxInt64
	for _, c := range weeks {
		n, shown := c.Value()
		if !c.Known() {
			return b, false
		}
		high := n
		if !shown {
			high = 9
		}
		b.low, b.high, b.mean = min(b.low, n), max(b.high, high), b.mean+n
	}
	b.mean /= bandWeeks
	return b, true
}

// clearly tells whether a count differs from another by more than rounding and
// chance explain.
func clearly(now, was int64) bool {
	return math.Abs(float64(now-was)) > 10+2*math.Sqrt(float64(now+was))
}

// left tells whether a count left the band.
func (b band8) left(now int64) bool {
	return (now < b.low || now > b.high) && clearly(now, b.mean)
}

func score(now, was int64) float64 {
	return math.Abs(float64(now-was)) / math.Sqrt(float64(max(10, now+was)))
}

// changed says what changed on the site; nil under a filter.
func (r *reading) changed() (*changedBody, error) {
	if r.view.page != "" || r.view.where != "" {
		return nil, nil
	}
	l, monday := r.c.l, r.today.Monday()-7
	b := &changedBody{Title: replace(l.Changed.Title, l.day(monday))}
	first := monday - 7*bandWeeks
	if first < r.kept {
		b.Nothing = l.Changed.Young
		return b, nil
	}
	site, err := r.ask(aggregate.Query{From: first, To: monday + 6, By: aggregate.ByWeek})
	if err != nil {
		return nil, err
	}
	weeks := countsOf(site.Rows(), publish.Views)
	if len(weeks) != bandWeeks+1 || slices.ContainsFunc(weeks, func(c publish.Count) bool { _, ok := c.Value(); return !ok }) {
		b.Nothing = l.Changed.Young
		return b, nil
	}
	all := r.judge(nil, aggregate.NoDim, "", weeks, publish.Views)
	for _, k := range []struct {
		dim aggregate.Dim
		m   publish.Measure
	}{{aggregate.BySection, publish.Views}, {aggregate.ByPage, publish.Views}, {aggregate.ByReferrer, publish.Visits},
		{aggregate.ByFeature, publish.Uses}, {aggregate.ByStatus, publish.Hits}} {
		if all, err = r.changedRows(all, first, monday, k.dim, k.m); err != nil {
			return nil, err
		}
	}
	if all, err = r.slower(all, first, monday); err != nil {
		return nil, err
	}
	b.Sentences = foremost(all)
	if len(b.Sentences) == 0 {
		b.Nothing = l.Changed.Nothing
	}
	return b, nil
}

func countsOf(rows []publish.Row, m publish.Measure) []publish.Count {
	var out []publish.Count
	for _, row := range rows {
		c, _ := row.Values.Count(m)
		out = append(out, c)
	}
	return out
}

// foremost returns the sentences about what changed most, few of each kind.
func foremost(all []sentence) []sentence {
	slices.SortStableFunc(all, func(a, b sentence) int { return cmp.Compare(b.score, a.score) })
	of := map[string]int{}
	return slices.DeleteFunc(all, func(s sentence) bool {
		of[s.dim]++
		if of[s.dim] > mostOfKind || of["all"] >= mostSentences {
			return true
		}
		of["all"]++
		return false
	})
}

// judge adds a sentence about a row whose last of nine weeks left its band. Of
// failures only a rise is told.
func (r *reading) judge(out []sentence, dim aggregate.Dim, value string, weeks []publish.Count, m publish.Measure) []sentence {
	if len(weeks) != bandWeeks+1 || !weeks[bandWeeks].Known() {
		return out
	}
	b, ok := bandOf8(weeks[:bandWeeks])
	now, _ := weeks[bandWeeks].Value()
	if !ok || !b.left(now) || dim == aggregate.ByStatus && now < b.mean {
		return out
	}
	l, v := r.c.l, r.view
	s := sentence{Up: now > b.mean, dim: dim.String(), score: score(now, b.mean)}
	s.Text = replace(l.Changed.Subject[s.dim], l.value(s.dim, value))
	v.span, v.start = span{name: "lastweek"}, 0
	switch dim {
	case aggregate.NoDim:
	case aggregate.ByStatus:
		v = v.withDim("error")
	case aggregate.BySection, aggregate.ByFeature:
		v = v.withDim(s.dim)
	default:
		if v = r.rowView(v, s.dim, value); v.page == "" && v.where == "" {
			v = v.withDim(s.dim)
		}
	}
	s.URL = v.link(r.c.root)
	low := l.group(b.low)
	if b.low == 0 {
		low = l.count(publish.NewCount(0))
	}
	s.Rest = replace(l.Changed.Rest, l.count(weeks[bandWeeks]), l.Changed.Of[m.String()], low, l.group(b.high))
	if b.high < 10 {
		s.Rest = replace(l.Changed.New, l.count(weeks[bandWeeks]), l.Changed.Of[m.String()])
	}
	return append(out, s)
}

// rowView is the view that a row of a page or host leads to.
func (r *reading) rowView(v view, dim, value string) view {
	switch {
	case dim == "page":
		if _, err := hit.ParsePath(value); err == nil {
			return v.withPage(value)
		}
	case !special(value) || value == hit.None || value == hit.Internal:
		return v.withWhere(dim + ":" + value)
	}
	return v
}

// changedRows looks at the rows of a dimension. Those whose last week differs
// clearly from a mean week are few: only their weeks are asked for one by one.
func (r *reading) changedRows(out []sentence, first, monday hit.Day, dim aggregate.Dim, m publish.Measure) ([]sentence, error) {
	now, err := r.ask(aggregate.Query{From: monday, To: monday + 6, By: dim, Limit: candidateRows, Sort: m})
	if err != nil {
		return nil, err
	}
	was, err := r.ask(aggregate.Query{From: first, To: monday - 1, By: dim, Limit: candidateRows, Sort: m})
	if err != nil {
		return nil, err
	}
	type pair struct{ now, was int64 }
	pairs := map[string]pair{}
	for _, row := range was.Rows() {
		pairs[row.Value] = pair{0, max(0, number(row.Values, m)) / bandWeeks}
	}
	for _, row := range now.Rows() {
		pairs[row.Value] = pair{max(0, number(row.Values, m)), pairs[row.Value].was}
	}
	var values []string
	for value, p := range pairs {
		if clearly(p.now, p.was) && (!special(value) || value == hit.None) {
			values = append(values, value)
		}
	}
	slices.SortFunc(values, func(a, b string) int {
		return cmp.Or(cmp.Compare(score(pairs[b].now, pairs[b].was), score(pairs[a].now, pairs[a].was)), cmp.Compare(a, b))
	})
	for _, value := range values[:min(candidates, len(values))] {
		weeks, err := r.weeksOf(first, monday, dim, value, m)
		if err != nil {
			return nil, err
		}
		out = r.judge(out, dim, value, weeks, m)
	}
	return out, nil
}

// weeksOf returns the nine published weeks of a row. Pages and sections are
// asked for by name; of the rest each week's rows are looked through.
func (r *reading) weeksOf(first, monday hit.Day, dim aggregate.Dim, value string, m publish.Measure) ([]publish.Count, error) {
	q := aggregate.Query{From: first, To: monday + 6, By: aggregate.ByWeek}
	switch dim {
	case aggregate.ByPage:
		q.Page = value
	case aggregate.BySection:
		q.Section = value
	default:
		return r.weekByWeek(first, monday, dim, value, m)
	}
	if _, err := hit.ParsePath(value); dim == aggregate.ByPage && err != nil {
		return nil, nil
	}
	report, err := r.ask(q)
	if err != nil {
		return nil, err
	}
	return countsOf(report.Rows(), m), nil
}

func (r *reading) weekByWeek(first, monday hit.Day, dim aggregate.Dim, value string, m publish.Measure) ([]publish.Count, error) {
	var out []publish.Count
	for d := first; d <= monday; d += 7 {
		report, err := r.ask(aggregate.Query{From: d, To: d + 6, By: dim, Limit: aggregate.MaxLimit, Sort: m})
		if err != nil {
			return nil, err
		}
		c := publish.NewCount(0)
		for _, row := range report.Rows() {
			if row.Value == value {
				c, _ = row.Values.Count(m)
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// slower adds a sentence for each timing and device whose p75 rose above its
// eight weeks by a tenth or more.
func (r *reading) slower(out []sentence, first, monday hit.Day) ([]sentence, error) {
	answer, err := r.askSpeed(aggregate.SpeedQuery{From: first, To: monday + 6, Weekly: true})
	if err != nil {
		return nil, err
	}
	l := r.c.l
	v := r.view
	v.span = span{name: "lastweek"}
	for t := range aggregate.TimingEnd {
		weeks := map[string][]publish.Quantile{}
		for _, row := range answer.Rows {
			weeks[row.Device] = append(weeks[row.Device], row.Timings[t].P75)
		}
		for device, all := range weeks {
			now, low, high, ok := rose(all)
			if !ok {
				continue
			}
			name := l.Speed.All
			if device != "" {
				name = l.value("device", device)
			}
			s := sentence{Up: true, dim: "speed", URL: v.link(r.c.root) + "#p-speed"}
			s.Text = replace(l.Changed.Subject["speed"], l.Speed.Timings[t.String()], name)
			s.Rest = replace(l.Changed.Slower, l.milli(now), l.milli(low), l.milli(high))
			was, _ := high.Value()
			is, _ := now.Value()
			s.score = 100 * (is - was) / was // a tenth slower weighs as ten deviations
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b sentence) int {
		return cmp.Or(cmp.Compare(a.dim, b.dim), cmp.Compare(a.URL, b.URL), cmp.Compare(a.Text, b.Text))
	})
	return out, nil
}

// rose tells whether the last of nine quantiles lies a tenth or more above
// every one of the eight before.
func rose(weeks []publish.Quantile) (now, low, high publish.Quantile, ok bool) {
	if len(weeks) != bandWeeks+1 {
		return now, low, high, false
	}
	now = weeks[bandWeeks]
	for i, q := range weeks {
		if _, shown := q.Value(); !shown {
			return now, low, high, false
		}
		if i == bandWeeks {
			break
		}
		if i == 0 || value(q) < value(low) {
			low = q
		}
		if i == 0 || value(q) > value(high) {
			high = q
		}
	}
	return now, low, high, value(now) >= 1.1*value(high)
}

func value(q publish.Quantile) float64 {
	v, _ := q.Value()
	return v
}
