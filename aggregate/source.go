package aggregate

import (
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
)

// source is what a report is made from: blocks and roll-ups only.
type source interface {
	// site returns how a site is counted; false where it is not known.
	site(h hit.Host) (SiteConfig, bool)
	// kept returns the first day that retention still keeps and the site's
	// running day.
	kept(h hit.Host, now time.Time) (first, today hit.Day)
	// cached returns where answers are kept, and the key of this one; nil where
	// none are.
	cached(q *Query, now time.Time, first, today hit.Day) (*cache, cacheKey)
	// view calls fn with what is stored of a site at one moment. fn only computes,
	// and keeps nothing of what it read.
	view(h hit.Host, fn func(v dayView) error) error
}

// A dayView is what is stored of a site at one moment. Bytes that it hands out
// must not be written to, and are gone when the view ends.
type dayView interface {
	// sum returns the roll-up of a period, nil where there is none.
	sum(p sumPeriod) []byte
	// days calls fn with every block of the closed days from one through
	// another, by day.
	days(from, to hit.Day, fn func(d hit.Day, b []byte)) error
	// snapshots calls fn with the day and the portable block of each snapshot.
	snapshots(fn func(d hit.Day, b []byte))
	// words returns the texts of the labels of closed days of some months.
	words(months []hit.Month) *words
}

// storedBlock is one block of a site's day with the text of its labels, copied
// out of the store.
type storedBlock struct {
	Day   hit.Day
	Block *block.Block           // nil: the block cannot be read
	Label func(id uint32) string // "" for an id that is in no dictionary
}
