// Package hit is the vocabulary of what is counted: the only types that pass
// from the privacy boundary to the aggregates.
//
// What enters: values that collector/internal/privacy has already reduced.
// What leaves: enumerations, grammar-checked names and one keyed hash, each
// with a single constructor that accepts or refuses and never repairs.
// Guaranteed: no field of [Hit] can hold an address, an agent, a query, a
// time or free text; a test walks the struct and refuses any such type.
// Not guaranteed: that a path or host is free of personal words; scrubbing
// them is the work of privacy, checking their grammar is the work here.
//
// The package imports nothing beyond the standard library and nothing that
// could write or connect.
package hit

// A Hit is one request of one visitor, reduced to what may be counted.
// It is passed by pointer only: Go prints by-value arguments in crash traces.
type Hit struct {
	Site Host // which site's counters move; one tree and one secret per site
	Kind Kind // one of three kinds of event, no more
	Bot  Bot  // set apart: counted per reason and day, never as a view (C-14)

	Path     Path     // audience page by page (C-01); no query, no fragment
	Referrer Referrer // which host sent the visitor; never more than the host

	Browser Browser // family and major version, to know what the site must work in
	System  System  // family only
	Device  Device  // class only (C-04)
	Country Country // no finer than country, from the truncated address (C-11)

	Status   Status      // a failed request is a navigation problem, not a view (C-12)
	Feature  FeatureName // a name the publisher declared
	Outbound Host        // host of a followed link (C-10)
	Download Path        // path of a fetched file (C-10)
	Timing   Timing      // load, scroll and reading times, sent once when the page hides (C-06 to C-08)

	Visitor Visitor // keyed hash of the day, to count visitors within it; never stored
}

// Kind is what a hit tells: presence on a page, use of a feature, or times.
type Kind uint8

// The three kinds of event that the grid allows.
const (
	KindView Kind = iota
	KindFeature
	KindTiming
)

// Visitor is the keyed hash of one visitor of one site on one day. It exists
// while one hit is handled; what must remember it keeps it hashed again under
// a label of its own. The zero Visitor means that no key was made.
type Visitor [16]byte

// IsZero tells whether no key was made.
func (v *Visitor) IsZero() bool { return *v == Visitor{} }

// Timing holds what the page measured. A measure that was not sent is -1.
type Timing struct {
	LoadMillis  int32 // navigation start to the end of the load event, 0 to 600,000
	LCPMillis   int32 // largest contentful paint, 0 to 600,000
	INPMillis   int32 // interaction to next paint, 0 to 600,000
	ReadSeconds int32 // engaged reading time, 0 to 86,400
	ScrollPct   int32 // deepest scroll in percent, 0 to 100
	Errors      int32 // script errors, 0 to 1,000; a count, no message (C-12)
}

// NoTiming is a Timing in which nothing was measured.
func NoTiming() Timing { return Timing{-1, -1, -1, -1, -1, -1} }

// Valid reports whether every measure is absent or within its range.
func (t *Timing) Valid() bool {
	in := func(v, most int32) bool { return v >= -1 && v <= most }
	return in(t.LoadMillis, 600_000) && in(t.LCPMillis, 600_000) && in(t.INPMillis, 600_000) &&
		in(t.ReadSeconds, 86_400) && in(t.ScrollPct, 100) && in(t.Errors, 1_000)
}
