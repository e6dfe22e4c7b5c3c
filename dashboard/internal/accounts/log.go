package accounts

import (
	"slices"
	"strings"
	"time"
)

// By is who changes something, and when.
type By struct {
	At  time.Time
	Who string // a user's name, "token ID", or one of ours such as "command line"
}

// An Entry of the log is one change of what admins decide: users, tokens,
// marks, and what the server notes of itself. Nobody's reading is ever in it.
type Entry struct {
	At   time.Time `json:"at"` // whole minutes, UTC
	Who  string    `json:"who"`
	What string    `json:"what"`
}

// How much of the log is kept: twelve months, and never more entries than a
// flood of changes could need to push an honest one out unseen.
const (
	logMonths  = 12
	maxEntries = 10_000
	maxText    = 200 // bytes of Who and of What
)

// Log returns the entries of the last twelve months, newest first.
func (s *Store) Log() []Entry {
	out := slices.Clone(s.now.Load().Entries)
	slices.Reverse(out)
	return out
}

// Note writes entries that come with no change of the accounts, such as what
// retention deleted. what is the program's own words, never a visitor's.
func (s *Store) Note(by By, what ...string) error {
	return s.change(func(st *state) error {
		for _, w := range what {
			st.log(by, w)
		}
		return nil
	})
}

// log adds an entry and drops what is older than twelve months.
func (st *state) log(by By, what string) {
	old := by.At.AddDate(0, -logMonths, 0)
	st.Entries = slices.DeleteFunc(st.Entries, func(e Entry) bool { return e.At.Before(old) })
	if n := len(st.Entries) - maxEntries + 1; n > 0 {
		st.Entries = slices.Delete(st.Entries, 0, n)
	}
	st.Entries = append(st.Entries, Entry{by.At.UTC().Truncate(time.Minute), line(by.Who), line(what)})
}

// line keeps a text on one line and within bounds.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	for len(s) > maxText {
		cut := maxText
		for s[cut]&0xc0 == 0x80 {
			cut--
		}
		s = s[:cut]
	}
	return s
}

func (e *Entry) valid() bool {
	return !e.At.IsZero() && e.Who != "" && e.What != "" && line(e.Who) == e.Who && line(e.What) == e.What
}

// sitesText says rights in the words of the log.
func sitesText(sites []string) string {
	if len(sites) == 0 {
		return "every site"
	}
	return strings.Join(sites, ", ")
}
