package publish

import "strconv"

// A Quantile is a published quantile with two significant digits, or withheld.
// The zero Quantile is withheld.
type Quantile struct {
	value float64
	shown bool
}

// NewQuantile publishes the quantile q (0 to 1) of measurements that were
// counted in buckets. Bucket i holds measurements from edges[i] up to
// edges[i+1], so there is one edge more than buckets; edges ascend. Each part
// is the histogram of one published period and may be shorter than the
// buckets; one of fewer than fifty measurements is left out. The cumulative
// counts of a part are each rounded to the nearest ten, halves up, and the
// quantile is interpolated between their sums over the parts.
func NewQuantile(q float64, edges []float64, parts ...[]uint64) Quantile {
	if len(edges) < 2 || !(q >= 0 && q <= 1) {
		return Quantile{}
	}
	cumulative := make([]int64, len(edges)-1)
	for _, part := range parts {
		addCumulative(cumulative, part)
	}
	all := cumulative[len(cumulative)-1]
	if all == 0 {
		return Quantile{}
	}
	rank, below := q*float64(all), int64(0)
	for i, upTo := range cumulative {
		if upTo > below && float64(upTo) >= rank {
			share := (rank - float64(below)) / float64(upTo-below)
			return Quantile{twoDigits(edges[i] + share*(edges[i+1]-edges[i])), true}
		}
		below = upTo
	}
	return Quantile{twoDigits(edges[len(edges)-1]), true}
}

// addCumulative adds the rounded cumulative counts of one period, if it has
// fifty measurements.
func addCumulative(cumulative []int64, part []uint64) {
	part = part[:min(len(part), len(cumulative))]
	sum := uint64(0)
	for _, n := range part {
		sum += n
	}
	if sum < fromFifty {
		return
	}
	sum = 0
	for i := range cumulative {
		if i < len(part) {
			sum += part[i]
		}
		cumulative[i] += roundTen(sum)
	}
}

// twoDigits rounds to two significant digits.
func twoDigits(v float64) float64 {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'e', 1, 64), 64) // what FormatFloat writes is a number
	return v
}

// Value returns the quantile in the unit of its edges; ok is false where it is withheld.
func (q Quantile) Value() (v float64, ok bool) { return q.value, q.shown }

// String returns the number, or "-" where it is withheld.
func (q Quantile) String() string {
	if !q.shown {
		return "-"
	}
	return strconv.FormatFloat(q.value, 'f', -1, 64)
}

// MarshalJSON returns the number, or null.
func (q Quantile) MarshalJSON() ([]byte, error) {
	if !q.shown {
		return []byte("null"), nil
	}
	return []byte(q.String()), nil
}
