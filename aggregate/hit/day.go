package hit

import (
	"errors"
	"fmt"
	"time"
)

// A Day is a calendar day in a site's zone, counted from 1 January 1970. A
// day is what t.In(zone) formats to: it may have 23 or 25 hours, and some
// zones have skipped one, so never add 24 hours to find tomorrow.
type Day int32

// ErrDay is the answer to a day that is not YYYY-MM-DD.
var ErrDay = errors.New("not a day of the form 2006-01-02")

// DayAt returns the day that t falls on in the zone.
func DayAt(t time.Time, zone *time.Location) Day {
	y, m, d := t.In(zone).Date()
	return DayOf(y, m, d)
}

// A LocalClock tells the day and the hour of times in a zone. It remembers how
// far the zone is from UTC and until when, and is five times as quick as a
// conversion for times that lie near each other. Not for concurrent use.
type LocalClock struct {
	zone        *time.Location
	offset      int64 // seconds east of UTC
	from, until int64 // Unix seconds between which it holds
}

// NewLocalClock returns a clock of a zone.
func NewLocalClock(zone *time.Location) LocalClock { return LocalClock{zone: zone} }

// At returns what DayAt does, and the hour of the day, 0 to 23.
func (c *LocalClock) At(t time.Time) (day Day, hour int) {
	unix := t.Unix()
	if unix < c.from || unix >= c.until {
		c.look(t)
	}
	local := unix + c.offset
	day = Day(floorDiv(local, 86400))
	return day, int(local-int64(day)*86400) / 3600
}

// look finds the offset that holds at t, and for how long.
func (c *LocalClock) look(t time.Time) {
	local := t.In(c.zone)
	_, offset := local.Zone()
	c.offset, c.from, c.until = int64(offset), -1<<62, 1<<62
	start, end := local.ZoneBounds()
	if !start.IsZero() {
		c.from = start.Unix()
	}
	if !end.IsZero() {
		c.until = end.Unix()
	}
}

// DayOf returns the day of a date; values out of range are carried as time.Date does.
func DayOf(year int, month time.Month, day int) Day {
	return Day(floorDiv(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix(), 86400))
}

// ParseDay reads YYYY-MM-DD.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		return 0, ErrDay
	}
	return Day(floorDiv(t.Unix(), 86400)), nil
}

func (d Day) utc() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// String returns YYYY-MM-DD.
func (d Day) String() string { return d.utc().Format("2006-01-02") }

// Date returns the parts of the day.
func (d Day) Date() (year int, month time.Month, day int) { return d.utc().Date() }

// Weekday returns the day of the week.
func (d Day) Weekday() time.Weekday { return d.utc().Weekday() }

// Monday returns the first day of the day's ISO week.
func (d Day) Monday() Day { return d - Day((int(d.Weekday())+6)%7) }

// Week returns the ISO week as 2026-W47.
func (d Day) Week() string {
	y, w := d.utc().ISOWeek()
	return fmt.Sprintf("%04d-W%02d", y, w)
}

// Month returns the day's calendar month.
func (d Day) Month() Month {
	y, m, _ := d.Date()
	return MonthOf(y, m)
}

// A Month is a calendar month, counted from January of year zero.
type Month int32

// MonthOf returns the month of a date.
func MonthOf(year int, month time.Month) Month { return Month(year*12 + int(month) - 1) }

// First returns the month's first day.
func (m Month) First() Day { return DayOf(int(m)/12, time.Month(int(m)%12+1), 1) }

// Last returns the month's last day.
func (m Month) Last() Day { return (m + 1).First() - 1 }

// Year returns the calendar year.
func (m Month) Year() int { return int(m) / 12 }

// String returns YYYY-MM.
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", int(m)/12, int(m)%12+1) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// A Calendar tells a site's running day and only moves forward: after a step
// back of less than 24 hours hits stay in the day that is open, after more
// they fall in the day the clock shows. The zero Calendar must be given a
// zone by NewCalendar. Not for concurrent use.
type Calendar struct {
	zone   *time.Location
	day    Day
	latest time.Time
	opened bool
}

// NewCalendar returns a calendar in a zone, with no day open.
func NewCalendar(zone *time.Location) Calendar { return Calendar{zone: zone} }

// At returns the day that now belongs to, and whether it differs from the
// day of the call before (true at the first call).
func (c *Calendar) At(now time.Time) (day Day, changed bool) {
	seen := DayAt(now, c.zone)
	switch {
	case !c.opened, seen > c.day, c.latest.Sub(now) >= 24*time.Hour:
		changed = !c.opened || seen != c.day
		c.day, c.opened, c.latest = seen, true, now
	case now.After(c.latest):
		c.latest = now
	}
	return c.day, changed
}
