package aggregate

import (
	"errors"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/distinct"
	"footfall/aggregate/internal/store"
)

// SiteConfig says how one site is counted.
type SiteConfig struct {
	// Host is the site's id in paths, flags and the API.
	Host hit.Host
	// Zone is where the site's days begin and end. With a stored site's zone
	// it must agree; nil is the stored zone, or for a new site Options.NewZone.
	Zone *time.Location
	// RetentionMonths is how many calendar months are kept, the running one
	// included: 1 to 25, 0 is 13.
	RetentionMonths int
	// Sections are path templates such as /blog/*: a * stands for one segment,
	// a last * for one or more. The first that matches a path is its section.
	Sections []string
	// Features are the names that pages may use.
	Features []hit.FeatureName
	// Stored is set by Sites where only the file knows the site: it is kept
	// and can be asked about, and not counted. Open does not look at it.
	Stored bool
	// Pages are paths whose row a report keeps as "<10".
	Pages []string
}

// Limits of retention, in calendar months (R20 Art. 5: at most 25).
const (
	DefaultRetention = 13
	MaxRetention     = 25
)

// retention returns the months kept.
func (c *SiteConfig) retention() int {
	if c.RetentionMonths == 0 {
		return DefaultRetention
	}
	return c.RetentionMonths
}

// FirstKept returns the first day that is still kept when today is running:
// whole months, so that no day grows older than the retention.
func (c *SiteConfig) FirstKept(today hit.Day) hit.Day {
	return (today.Month() - hit.Month(c.retention()) + 1).First()
}

func (c *SiteConfig) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

// Options say what to open and how.
type Options struct {
	// Path is the database file; it is made where there is none.
	Path string
	// Sites are counted; stored sites that are not among them are kept and
	// can be asked about, but not counted.
	Sites []SiteConfig
	// NewZone is the zone of a new site that names none; nil is UTC.
	NewZone *time.Location
	// Gather is how long a batch waits for more hits; 0 is 4 ms, and under one
	// millisecond is refused (on one core a commit that does not gather
	// stops the only processor, PERFORMANCE.md). While hits come by thousands
	// a second it waits up to 12 ms longer.
	Gather time.Duration
	// DistinctKeys is how many visitor keys are remembered exactly by the
	// process; 0 is two million (32 MiB).
	DistinctKeys int
	// OnCommit is told how long one commit in ten took; nil tells nobody.
	OnCommit func(time.Duration)
	// OnRetention is told of a site whose blocks of days before a day retention
	// has deleted, and how many they were. What else Run does waits for it: it
	// returns at once. nil tells nobody.
	OnRetention func(site hit.Host, before hit.Day, blocks int)
	// Now is the time of opening; zero is time.Now().
	Now time.Time
}

// Limits of a site's day, and of the process (DESIGN.md section 5).
const (
	MaxPages      = 20_000
	MaxSections   = 200
	MaxReferrers  = 5_000
	MaxOutbound   = 2_000
	MaxDownloads  = 2_000
	MaxFailed     = 2_000
	MaxCells      = 64      // values per dimension of a page or section
	MaxOpenVisits = 500_000 // of the process
	maxBrowsers   = 1_000   // family and version of a site's day
	foldVisitors  = 10      // visitors from which a page's rows are written
	visitIdle     = 30 * 60 // seconds after which a visit has ended
	maxBatch      = 4_096
	defaultGather = 4 * time.Millisecond
)

// What callers branch on.
var (
	// ErrUnavailable means that the hit was not counted and may be sent again.
	ErrUnavailable = errors.New("not counted: the database cannot be written")
	// ErrFatal means that the process must stop rather than write again.
	ErrFatal = store.ErrFatal
	// ErrLocked means that another process has the database open.
	ErrLocked = store.ErrLocked
	// ErrDamaged means that the file is not a whole database.
	ErrDamaged = store.ErrDamaged
	// ErrNewer means that a later version wrote the file.
	ErrNewer = store.ErrNewer
	// ErrNoFile means that something else than a file has the database's name.
	ErrNoFile = store.ErrNoFile
	// ErrClosed means that the database was closed.
	ErrClosed = errors.New("database is closed")
)

// MemoryLimit returns the most bytes the counters of a process can take with
// so many sites: 32 B an open visit, 16 B a distinct key, 4 KiB a page or
// section, and 32 MiB.
func MemoryLimit(sites, keys int) int64 {
	if keys <= 0 {
		keys = distinct.DefaultKeys
	}
	c := designCaps()
	return c.memory(sites, keys)
}
