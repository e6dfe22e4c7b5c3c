package publish

// Measure names a published measure. The zero Measure is none.
type Measure uint8

// The measures. Uses and Hits count requests, VisitTime is a mean in seconds,
// every other one is a count; visitors of several days are summed.
const (
	Views Measure = iota + 1
	Visitors
	Visits
	Bounces
	VisitTime
	Entries
	Exits
	Uses
	Hits
	measureEnd
)

var measureNames = [measureEnd]string{
	"", "views", "visitors", "visits", "bounces", "visit_time", "entries", "exits", "uses", "hits",
}

// String returns the measure's name as it stands in reports.
func (m Measure) String() string {
	if m >= measureEnd {
		return ""
	}
	return measureNames[m]
}

// ParseMeasure returns the measure of a name.
func ParseMeasure(s string) (m Measure, ok bool) {
	for m := Views; m < measureEnd; m++ {
		if measureNames[m] == s {
			return m, true
		}
	}
	return 0, false
}

// scaled tells whether a restart or sampling counts one visitor several times
// in the measure. What counts requests counts each once.
func (m Measure) scaled() bool {
	switch m {
	case Visitors, Visits, Entries, Exits:
		return true
	}
	return false
}

// Measures is a set of measures.
type Measures uint16

// MeasuresOf returns the set of the measures.
func MeasuresOf(list ...Measure) Measures {
	var s Measures
	for _, m := range list {
		s |= 1 << m
	}
	return s
}

// Has tells whether the measure is in the set.
func (s Measures) Has(m Measure) bool { return s>>m&1 == 1 }

// Values are the published values of one row or of the totals.
type Values struct {
	measures []Measure // in order; shared, never written
	counts   []Count   // beside measures; withheld in the place of VisitTime
	mean     Mean
}

// Measures returns which measures exist, in order. The slice must not be written to.
func (v Values) Measures() []Measure { return v.measures }

// Count returns a measure's count; ok is false where the measure does not
// exist or is no count.
func (v Values) Count(m Measure) (c Count, ok bool) {
	for i, have := range v.measures {
		if have == m && m != VisitTime {
			return v.counts[i], true
		}
	}
	return Count{}, false
}

// VisitTime returns the mean visit time; ok is false where the measure does not exist.
func (v Values) VisitTime() (m Mean, ok bool) {
	for _, have := range v.measures {
		if have == VisitTime {
			return v.mean, true
		}
	}
	return Mean{}, false
}

// bound returns the largest bound of the counts shown; where none is, how much
// the withheld ones may be, 0 where nothing could be read.
func (v Values) bound() int64 {
	shown, hidden := int64(0), int64(0)
	for _, c := range v.counts {
		shown, hidden = max(shown, c.bound), max(hidden, c.most)
	}
	if shown > 0 {
		return shown
	}
	return hidden
}

// cells returns the values in order as they stand in CSV.
func (v Values) cells(into []string) []string {
	for i, m := range v.measures {
		if m == VisitTime {
			into = append(into, v.mean.Cell())
		} else {
			into = append(into, v.counts[i].Cell())
		}
	}
	return into
}

// MarshalJSON returns an object with the measures in order.
func (v Values) MarshalJSON() ([]byte, error) {
	return append(v.appendJSON([]byte{'{'}), '}'), nil
}

// appendJSON appends the members of the object, without braces.
func (v Values) appendJSON(b []byte) []byte {
	for i, m := range v.measures {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, m.String()...)
		b = append(b, '"', ':')
		if m == VisitTime {
			b = v.mean.appendJSON(b)
		} else {
			b = v.counts[i].appendJSON(b)
		}
	}
	return b
}
