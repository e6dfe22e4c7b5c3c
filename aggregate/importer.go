package aggregate

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
)

// MaxImportDays is how many days of a log are counted at once; when another
// begins the oldest is finished.
const MaxImportDays = 40

// ImportOptions say whose log is read and where finished days go.
type ImportOptions struct {
	// Site is whose days they are.
	Site SiteConfig
	// Now decides which day is today, and so which are too old or too new.
	Now time.Time
	// ObjectionsUnknown marks the days: the log does not tell who objected.
	ObjectionsUnknown bool
	// File receives the finished days; "" is a dry run, which writes nothing
	// and refuses no day.
	File string
}

// DayCounts are the exact counts of one imported day, for the operator who
// holds the log.
type DayCounts struct {
	Views    int64 `json:"views"`
	Visitors int64 `json:"visitors"`
	Bots     int64 `json:"bots"`
}

// ImportSummary tells what an import counted and what it refused.
type ImportSummary struct {
	Days         map[hit.Day]DayCounts
	RefusedDays  int   // days beyond retention, or not over yet
	RefusedLines int64 // their hits, and the late ones
	LateLines    int64 // hits of days that were finished when they came
	EarlierLines int64 // hits more than 30 minutes before one that came before them
}

// An Importer counts the hits of a log, day by day, as the running day is
// counted. Not for concurrent use.
type Importer struct {
	options  ImportOptions
	shared   shared
	clock    hit.LocalClock
	days     map[hit.Day]*importDay
	awake    []*importDay // those that do not rest, latest used last
	most     int          // of them
	hits     int64
	scratch  []byte
	builder  *builder
	latest   int64   // time of the latest hit, unix seconds
	finished hit.Day // the latest day that is finished; lines up to it are refused
	some     bool    // whether any is
	today    hit.Day
	first    hit.Day
	refused  map[hit.Day]struct{}
	summary  ImportSummary
	journal  journal
	swept    time.Time // when ended visits were last looked for
	file     *daysFile
}

// NewImporter begins an import. The file is made at once.
func NewImporter(o ImportOptions) (*Importer, error) {
	o.Site.Zone = o.Site.zone()
	im := &Importer{options: o, days: map[hit.Day]*importDay{}, most: fewestAwake, builder: newBuilder(nil, false, false), refused: map[hit.Day]struct{}{}}
	im.shared = newShared(0)
	im.clock = hit.NewLocalClock(o.Site.Zone)
	im.summary.Days = map[hit.Day]DayCounts{}
	im.today = hit.DayAt(o.Now, o.Site.Zone)
	im.first = o.Site.FirstKept(im.today)
	if o.File != "" {
		var err error
		if im.file, err = createDays(o.File, o.Site.Host, o.Site.Zone.String()); err != nil {
			return nil, fmt.Errorf("import: %w", err)
		}
	}
	return im, nil
}

// mostRefused bounds the days that are told apart when they are refused.
const mostRefused = 100_000

// Add counts a hit of the log. Hits of days that are too old, not over, or
// finished already are refused and counted; the error is for the file.
func (im *Importer) Add(t time.Time, h *hit.Hit) error {
	day, _ := im.clock.At(t)
	if now := t.Unix(); now > im.latest {
		im.latest = now
	} else if now < im.latest-visitIdle {
		im.summary.EarlierLines++
	}
	if n := len(im.awake); n > 0 && im.awake[n-1].day == day { // so it is as a rule
		im.count(im.awake[n-1], t, h)
		return nil
	}
	if im.file != nil && (day < im.first || day >= im.today) {
		if len(im.refused) < mostRefused {
			im.refused[day] = struct{}{}
		}
		im.summary.RefusedLines++
		return nil
	}
	d := im.days[day]
	if d == nil {
		if im.file != nil && im.some && day <= im.finished {
			im.summary.RefusedLines++
			im.summary.LateLines++
			return nil
		}
		if len(im.days) >= MaxImportDays {
			if err := im.finishOldest(); err != nil {
				return err
			}
			return im.Add(t, h) // the day may be older than the one just finished
		}
		d = &importDay{openDay: newOpenDay(&im.shared, &im.options.Site, day, t.Unix()-int64(48*time.Hour/time.Second))}
		d.flags = block.Imported
		if im.options.ObjectionsUnknown {
			d.flags |= block.ObjectionsUnknown
		}
		im.days[day] = d
		im.endVisits(t)
	}
	im.rouse(d)
	im.count(d, t, h)
	return nil
}

func (im *Importer) count(d *importDay, t time.Time, h *hit.Hit) {
	im.hits++
	d.used = im.hits
	im.journal.reset()
	d.apply(&im.journal, t, h)
	if im.shared.visits >= im.shared.caps.visits && t.Sub(im.swept) >= time.Minute {
		im.endVisits(t)
	}
}

// How many days are awake: two for a log in the order of time, whose lines
// mix at midnight. A day that is wanted again within so many hits of its last
// one raises that by one, so that a log in no order costs memory, not time.
const (
	fewestAwake = 2
	restless    = 4096
)

// rouse makes a day the latest used of those awake, and lets others rest.
func (im *Importer) rouse(d *importDay) {
	if i := slices.Index(im.awake, d); i >= 0 {
		im.awake = append(slices.Delete(im.awake, i, i+1), d)
		return
	}
	if d.resting {
		if im.hits-d.used < restless {
			im.most = min(im.most+1, MaxImportDays)
		}
		d.wake()
	}
	for len(im.awake) >= im.most {
		im.scratch = im.awake[0].rest(im.scratch)
		im.awake = slices.Delete(im.awake, 0, 1)
	}
	im.awake = append(im.awake, d)
}

// endVisits gives back the memory of the visits that have ended: when a day
// begins, since those of a log in the order of time are then over, and when
// their cap is reached, once a minute of the log.
func (im *Importer) endVisits(t time.Time) {
	im.swept = t
	for _, d := range im.days {
		d.dropEnded(t.Unix())
	}
}

func (im *Importer) finishOldest() error {
	var oldest *importDay
	for _, d := range im.days {
		if oldest == nil || d.day < oldest.day {
			oldest = d
		}
	}
	return im.finish(oldest)
}

func (im *Importer) finish(d *importDay) error {
	counts := im.summary.Days[d.day] // of a dry run, which opens a day again
	counts.Views += d.site[siteViews]
	counts.Visitors += d.site[siteVisitors]
	for _, c := range d.small[smallBot] {
		counts.Bots += c.views
	}
	im.summary.Days[d.day] = counts
	im.finished, im.some = max(im.finished, d.day), true
	delete(im.days, d.day)
	im.awake = slices.DeleteFunc(im.awake, func(a *importDay) bool { return a == d })
	defer d.release()
	if im.file == nil {
		return nil
	}
	im.scratch = d.gather(im.builder).append(im.scratch[:0])
	if err := im.file.add(d.day, im.scratch); err != nil {
		return fmt.Errorf("import: finish day %s: %w", d.day, err)
	}
	return nil
}

// Finish finishes the days that are open and the file.
func (im *Importer) Finish() (*ImportSummary, error) {
	for len(im.days) > 0 {
		if err := im.finishOldest(); err != nil {
			return nil, errors.Join(err, im.Discard())
		}
	}
	im.summary.RefusedDays = len(im.refused)
	if im.file != nil {
		if err := im.file.end(); err != nil {
			return nil, fmt.Errorf("import: %w", errors.Join(err, im.Discard()))
		}
	}
	return &im.summary, nil
}

// Discard removes the file; nothing of it counts.
func (im *Importer) Discard() error {
	if im.file == nil {
		return nil
	}
	return im.file.discard()
}

// SortedDays returns the summary's days, ascending.
func (s *ImportSummary) SortedDays() []hit.Day {
	out := make([]hit.Day, 0, len(s.Days))
	for d := range s.Days {
		out = append(out, d)
	}
	slices.Sort(out)
	return out
}
