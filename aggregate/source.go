package aggregate

import (
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
)

// storedBlock is one block of a site's day with the text of its labels. The
// labels of closed days are interned by month: equal ids in one month are equal
// texts. A snapshot of the running day has ids of its own.
type storedBlock struct {
	Day   hit.Day
	Block *block.Block           // nil: the block cannot be read
	Label func(id uint32) string // "" for an id that is in no dictionary
}

// source is what a report is made from: blocks only, copied out of the store
// before any computing, so that no read transaction outlives the call.
type source interface {
	// site returns how a site is counted; false where it is not known.
	site(h hit.Host) (SiteConfig, bool)
	// kept returns the first day that retention still keeps and the site's
	// running day.
	kept(h hit.Host, now time.Time) (first, today hit.Day)
	// blocks returns every block of the site's days from one through another,
	// by day: of a closed day those whose sum it is; of the running day also its
	// last snapshots, with the flag Running as of the last closed hour, and with
	// Running and Tens as of the last closed ten minutes.
	blocks(h hit.Host, from, to hit.Day) ([]storedBlock, error)
}
