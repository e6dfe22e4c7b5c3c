// Package publish is the only door through which numbers leave the program.
//
// What enters: raw counters of one published period at a time, from package
// aggregate. What leaves: a [Report] and its kin, which hold published values
// and nothing else: a [Count] is withheld or a multiple of ten, a [Mean] is a
// multiple of five seconds, and neither can be made from a raw number but by
// rounding it.
//
// Guaranteed:
//   - a value is rounded once for each published period ([Kind]); any other
//     range is a sum of published values ([Periods]);
//   - a row is shown only where ten visitors stand behind it (ten visits where
//     the value is fixed for a visit, ten requests where no visitor is
//     involved), and more where a restart or sampling counts one visitor
//     several times; what a visitor made and is not shown is summed into
//     (other), which does not depend on limit or order ([Breakdown]);
//   - (other) is a row like any: a period shows it only where as much stands
//     behind it as the most demanding row in it needs. Rows of pages and of
//     sections may count one visitor each, so that their sum says only how many
//     stand behind (other) at most. There its visitors, and so its visits, are
//     at most those of the whole question in the period, and as many of the
//     whole must reach the threshold as well. Where the question counts no
//     visitors of its own, as with one referrer, such an (other) is withheld;
//   - where the totals of a question are withheld in a period, so is everything
//     else about it there: rows, (folded) and (other);
//   - what no period of a range could tell is not under ten but unknown: its
//     days are damaged, deleted, still to come, without a snapshot, or did not
//     measure it. They add nothing to a bound;
//   - published visitors are never more than published views;
//   - order, limits and bounds follow from published values only.
//
// Not guaranteed: that the counters handed in are those of the period named;
// that is the work of package aggregate.
//
// The package is pure: it imports hit and the standard library, does no I/O
// but to the writer it is given, and reads no clock.
package publish

import (
	"math"
	"strconv"
)

// Smallest values that are published.
const (
	smallest   = 10 // of a count, and of what stands behind a row
	fromFifty  = 50 // of what a mean, a quantile or a ratio is made from
	shownBound = 5  // how far a shown count of one period may be off
	hiddenRest = 9  // how much a hidden count of one period may be
)

// unread stands in texts where nothing could tell a count.
const unread = "–"

// A Count is a published count: unknown, withheld, or a multiple of ten from
// ten up. The zero Count is withheld.
type Count struct {
	value   int64
	bound   int64
	most    int64 // of a withheld count: how much it may be
	unknown bool  // no period could tell it
}

// NewCount publishes the exact count of one published period: withheld under
// ten, else the nearest ten, halves up.
func NewCount(n uint64) Count {
	if n < smallest {
		return Count{most: hiddenRest}
	}
	return Count{value: roundTen(n), bound: shownBound}
}

// roundTen returns the nearest ten, halves up. Counts above 2^62 are not told apart.
func roundTen(n uint64) int64 {
	return int64(min(n, 1<<62)+5) / 10 * 10
}

// Known tells whether any period could tell the count. Where none could, it is
// not under ten: nothing is known of it.
func (c Count) Known() bool { return !c.unknown }

// Value returns the count, a multiple of ten; ok is false where it is withheld
// or unknown.
func (c Count) Value() (n int64, ok bool) { return c.value, c.value > 0 }

// Bound returns how far the count may be from the exact one: five for each
// published period in which it was shown and nine for each in which it was
// under ten. It is 0 for a withheld or unknown count. Where rows were hidden for want of
// visitors, more than nine of their views may be missing.
func (c Count) Bound() int64 { return c.bound }

// String returns the number, "<10" where it is withheld, "–" where it is unknown.
func (c Count) String() string {
	if c.unknown {
		return unread
	}
	if c.value == 0 {
		return "<10"
	}
	return strconv.FormatInt(c.value, 10)
}

// Cell returns the count as it stands in CSV: empty where it is withheld
// or unknown.
func (c Count) Cell() string {
	if c.value == 0 {
		return ""
	}
	return strconv.FormatInt(c.value, 10)
}

// MarshalJSON returns the number, or null.
func (c Count) MarshalJSON() ([]byte, error) { return c.appendJSON(nil), nil }

func (c Count) appendJSON(b []byte) []byte {
	if c.value == 0 {
		return append(b, "null"...)
	}
	return strconv.AppendInt(b, c.value, 10)
}

// A Mean is a published mean in seconds, a multiple of five, or withheld. The
// zero Mean is withheld.
type Mean struct {
	seconds int64
	weight  int64 // published visits it is the mean of; 0: withheld
}

// NewMean publishes the mean of seconds over the visits of one published
// period: to five seconds, halves up, from fifty visits.
func NewMean(seconds, visits uint64) Mean {
	if visits < fromFifty {
		return Mean{}
	}
	return Mean{roundFive(float64(seconds) / float64(visits)), roundTen(visits)}
}

func roundFive(seconds float64) int64 { return int64(math.Floor(seconds/5+0.5)) * 5 }

// Seconds returns the mean; ok is false where it is withheld.
func (m Mean) Seconds() (s int64, ok bool) { return m.seconds, m.weight > 0 }

// String returns "115 s", or "-" where the mean is withheld.
func (m Mean) String() string {
	if m.weight == 0 {
		return "-"
	}
	return strconv.FormatInt(m.seconds, 10) + " s"
}

// Cell returns the seconds as they stand in CSV: empty where withheld.
func (m Mean) Cell() string {
	if m.weight == 0 {
		return ""
	}
	return strconv.FormatInt(m.seconds, 10)
}

// MarshalJSON returns the seconds, or null.
func (m Mean) MarshalJSON() ([]byte, error) { return m.appendJSON(nil), nil }

func (m Mean) appendJSON(b []byte) []byte {
	if m.weight == 0 {
		return append(b, "null"...)
	}
	return strconv.AppendInt(b, m.seconds, 10)
}

// A Ratio is a published share in whole percent, or withheld. The zero Ratio
// is withheld.
type Ratio struct {
	percent int64
	shown   bool
}

// NewRatio returns part of whole, both published: withheld where one of them
// is, or where the whole is under fifty. A part above the whole, which
// rounding can make, is all of it.
func NewRatio(part, whole Count) Ratio {
	if part.value == 0 || whole.value < fromFifty {
		return Ratio{}
	}
	p := math.Floor(100*float64(part.value)/float64(whole.value) + 0.5)
	return Ratio{int64(min(p, 100)), true}
}

// Percent returns the share in whole percent, 0 to 100; ok is false where it is withheld.
func (r Ratio) Percent() (p int64, ok bool) { return r.percent, r.shown }

// String returns "44 %", or "-" where the ratio is withheld.
func (r Ratio) String() string {
	if !r.shown {
		return "-"
	}
	return strconv.FormatInt(r.percent, 10) + " %"
}

// MarshalJSON returns the whole percent, or null.
func (r Ratio) MarshalJSON() ([]byte, error) {
	if !r.shown {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, r.percent, 10), nil
}
