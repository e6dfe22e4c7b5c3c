package publish

import (
	"fmt"
	"strings"
	"time"

	"footfall/aggregate/hit"
)

// A Note says what a reader must know of a report's numbers. Its words are
// ours; of the data it holds days and the time of a snapshot only.
type Note struct {
	code NoteCode
	days []span
	at   time.Time
}

// span is a run of days.
type span struct{ from, to hit.Day }

// NoteCode tells notes apart, for pages in other languages.
type NoteCode uint8

// The notes.
const (
	SumOfDays       NoteCode = iota // visitors are summed over days
	RunningTotals                   // totals of the running day are those of a snapshot
	RunningRows                     // rows of the running day are those of a snapshot
	RunningNothing                  // the running day has no snapshot yet
	ClosedOnly                      // exits, bounces and visit time lack the running day
	PartsHidden                     // what a row lacks in a composed range
	RowsFolded                      // which visitors are in no row
	Restarted                       // days on which a restart counted visitors again
	Sampled                         // days on which visitors are estimated
	Damaged                         // days that cannot be read
	NotClosed                       // days that are over and have not been closed
	Imported                        // days made from logs
	NoObjections                    // days whose logs do not tell objections
	NoVisitors                      // days on which no visitor had a key
	CappedReferrers                 // days on which a table had no place for a value: as the seven below,
	CappedOutbound                  // in the order of the flags of a block
	CappedDownloads
	CappedFailed
	CappedPages
	CappedSections
	CappedVisits // days on which some visits were not followed
	CappedValues // days on which some page had no place for a value of a dimension
	NotKept      // days that retention has deleted
	ToCome       // days after the running one
	noteEnd
)

var noteTexts = [noteEnd]string{
	"visitors are the sum of daily visitors: who comes on two days counts twice",
	"%s is not over: totals as of %s",
	"%s is not over: rows as of %s",
	"%s is not over and has no snapshot yet: nothing of it is counted here",
	"exits, bounces and visit time are counted once a day has closed: %s is not in them",
	"the range is a sum of published periods; where fewer than ten stand behind a row in one of them, " +
		"its part is not in the row",
	"visitors of a page on a day when too few saw it stand in no row of their own",
	"restarted on %s: visitors who came back afterwards count again, and a row needs more behind it",
	"visitors are estimated from a sample on %s, and a row needs more behind it",
	"damaged, and not counted: %s",
	"not yet closed, and not counted: %s",
	"imported from logs: %s",
	"objections unknown, imported from logs that do not tell them: %s",
	"visitors were not told apart on %s: nothing about them is known for periods that contain it, and visits are views that came from elsewhere",
	"the table of referrers was full on %s: hosts that were new after that are in (other)",
	"the table of outbound hosts was full on %s: those that were new after that are in (other)",
	"the table of downloads was full on %s: paths that were new after that are in (other)",
	"the table of failed paths was full on %s: those that were new after that are in (other)",
	"the table of pages was full on %s: paths that were new after that are in (other)",
	"the table of sections was full on %s: those that were new after that are in (other)",
	"more visits were open at once than are followed on %s: of the rest, each view counts as a visit",
	"some table of one page's, one section's or the site's values was full on %s: what was new there after that is in (other)",
	"no longer kept: %s",
	"still to come: %s",
}

// NewNote returns a note about some days, ascending, or about none.
func NewNote(code NoteCode, days ...hit.Day) Note {
	n := Note{code: code}
	for _, d := range days {
		if last := len(n.days) - 1; last >= 0 && n.days[last].to+1 >= d {
			n.days[last].to = d
		} else {
			n.days = append(n.days, span{d, d})
		}
	}
	return n
}

// NewRangeNote returns a note about every day from one through another.
func NewRangeNote(code NoteCode, from, to hit.Day) Note {
	return Note{code: code, days: []span{{from, to}}}
}

// NewSnapshotNote returns a note about the running day as it was at a time in
// the site's zone.
func NewSnapshotNote(code NoteCode, day hit.Day, at time.Time) Note {
	return Note{code: code, days: []span{{day, day}}, at: at}
}

// Code tells what the note is about.
func (n Note) Code() NoteCode { return n.code }

// Days returns the note's days as text, "" if it is about none.
func (n Note) Days() string {
	var b strings.Builder
	for i, s := range n.days {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(s.from.String())
		if s.to > s.from {
			b.WriteString(" to " + s.to.String())
		}
	}
	return b.String()
}

// At returns the time of the snapshot as 15:04, "" if there is none.
func (n Note) At() string {
	if n.at.IsZero() {
		return ""
	}
	return n.at.Format("15:04")
}

// String returns the note in English.
func (n Note) String() string {
	text := noteTexts[n.code]
	switch strings.Count(text, "%s") {
	case 1:
		return fmt.Sprintf(text, n.Days())
	case 2:
		return fmt.Sprintf(text, n.Days(), n.At())
	}
	return text
}
