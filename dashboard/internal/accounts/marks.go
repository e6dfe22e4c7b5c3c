package accounts

import (
	"cmp"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"footfall/aggregate/hit"
)

// A ReleaseMark is a moment of a site that its numbers should be read with: a
// release, an incident.
type ReleaseMark struct {
	ID    string    `json:"id"` // eight characters
	Site  string    `json:"site"`
	At    time.Time `json:"at"` // whole minutes, UTC
	Label string    `json:"label"`
}

// What the marks answer, beside the errors of the other operations.
var (
	ErrLabel = errors.New("a label has 1 to 64 characters on one line, without < > or an address of anybody")
	ErrAt    = errors.New("a mark is of the last 25 months or of the coming day")
	ErrMany  = errors.New("no more places: 2000 marks of a site")
)

const (
	maxMarks    = 2000 // of one site
	maxAllMarks = 20_000
	maxLabel    = 64 // characters
	marksMonths = 25
	marksToCome = 24 * time.Hour
)

// CheckLabel says whether a text may be a mark's label. An at sign is refused:
// marks are of releases and incidents, never of persons.
func CheckLabel(s string) error {
	if s != strings.TrimSpace(s) || s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxLabel {
		return ErrLabel
	}
	for _, r := range s {
		if !unicode.IsPrint(r) || strings.ContainsRune("<>@", r) {
			return ErrLabel
		}
	}
	return nil
}

// AddMark adds a mark, or returns the one that is there already with the same
// site, minute and label: a pipeline that asks twice marks once. Marks older
// than 25 months are dropped with each addition.
func (s *Store) AddMark(by By, site hit.Host, at time.Time, label string) (m ReleaseMark, added bool, err error) {
	if err := CheckLabel(label); err != nil {
		return ReleaseMark{}, false, err
	}
	oldest := by.At.AddDate(0, -marksMonths, 0)
	if at.Before(oldest) || at.After(by.At.Add(marksToCome)) {
		return ReleaseMark{}, false, ErrAt
	}
	m = ReleaseMark{Site: site.String(), At: at.UTC().Truncate(time.Minute), Label: label}
	if have, ok := s.now.Load().mark(m); ok {
		return have, false, nil
	}
	err = s.change(func(st *state) error {
		if have, ok := st.mark(m); ok { // it came while this one waited for its turn
			m = have
			return nil
		}
		st.Marks = slices.DeleteFunc(st.Marks, func(m ReleaseMark) bool { return m.At.Before(oldest) })
		n := 0
		for i := range st.Marks {
			if st.Marks[i].Site == m.Site {
				n++
			}
		}
		if n >= maxMarks || len(st.Marks) >= maxAllMarks {
			return ErrMany
		}
		m.ID, added = st.freeMark(), true
		st.Marks = append(st.Marks, m)
		st.log(by, "mark "+m.Label+" added at "+m.At.Format("2006-01-02 15:04")+" of "+m.Site)
		return nil
	})
	return m, added, err
}

// mark finds one with the same site, minute and label.
func (st *state) mark(like ReleaseMark) (ReleaseMark, bool) {
	for _, m := range st.Marks {
		if m.Site == like.Site && m.At.Equal(like.At) && m.Label == like.Label {
			return m, true
		}
	}
	return ReleaseMark{}, false
}

func (st *state) freeMark() string {
	for {
		id := hex.EncodeToString(random(4))
		if !slices.ContainsFunc(st.Marks, func(m ReleaseMark) bool { return m.ID == id }) {
			return id
		}
	}
}

// RemoveMark takes a mark of a site away, or answers ErrUnknown.
func (s *Store) RemoveMark(by By, site hit.Host, id string) error {
	return s.change(func(st *state) error {
		i := slices.IndexFunc(st.Marks, func(m ReleaseMark) bool { return m.ID == id && m.Site == site.String() })
		if i < 0 {
			return ErrUnknown
		}
		m := st.Marks[i]
		st.Marks = slices.Delete(st.Marks, i, i+1)
		st.log(by, "mark "+m.Label+" of "+m.Site+" removed")
		return nil
	})
}

// Marks returns the marks of a site, newest first.
func (s *Store) Marks(site hit.Host) []ReleaseMark {
	var out []ReleaseMark
	for _, m := range s.now.Load().Marks {
		if m.Site == site.String() {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b ReleaseMark) int {
		return cmp.Or(b.At.Compare(a.At), strings.Compare(a.Label, b.Label))
	})
	return out
}

func (m *ReleaseMark) valid() bool {
	_, err := hit.ParseHost(m.Site)
	return len(m.ID) == 8 && err == nil && !m.At.IsZero() && CheckLabel(m.Label) == nil
}
