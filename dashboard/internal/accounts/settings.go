package accounts

import (
	"fmt"
	"maps"
	"slices"
)

// How many settings are kept, and how many changes of one start are told one
// by one: a thousand sites may change at once.
const (
	maxSettings = 20_000
	maxChanges  = 50
)

// NoteSettings writes what happened, such as a start, and after it each
// setting that is another than when it was called last; settings are those
// that the operator gave, by their keys. The first call ever has nothing to
// compare with. What happened and what was the newest entry of the same day is
// not written again, so that a program that is started over and over pushes
// nothing out of the log; if no setting changed either, nothing is written at
// all.
func (s *Store) NoteSettings(by By, what string, settings map[string]string) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	given := make(map[string]string, len(settings))
	for k, v := range settings {
		given[line(k)] = line(v)
	}
	if !validSettings(given) {
		return ErrFull
	}
	old := &s.now.Load().state
	same := maps.Equal(old.Settings, given)
	if same && old.newestIs(by, what) {
		return nil
	}
	return s.changeLocked(func(st *state) error {
		if !st.newestIs(by, what) {
			st.log(by, what)
		}
		if st.Settings != nil {
			for _, change := range changes(st.Settings, given) {
				st.log(by, change)
			}
		}
		st.Settings = given
		return nil
	}, false)
}

// newestIs tells whether the newest entry says the same, of the same day.
func (st *state) newestIs(by By, what string) bool {
	n := len(st.Entries)
	return n > 0 && st.Entries[n-1].Who == line(by.Who) && st.Entries[n-1].What == line(what) && day(st.Entries[n-1].At) == day(by.At)
}

// changes tells in the log's words how settings differ, by key.
func changes(old, given map[string]string) []string {
	keys := slices.Collect(maps.Keys(old))
	for k := range given {
		if _, was := old[k]; !was {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	var out []string
	for _, k := range keys {
		was, before := old[k]
		is, now := given[k]
		switch {
		case before && now && was != is:
			out = append(out, fmt.Sprintf("setting %s is %s, was %s", k, is, was))
		case !before:
			out = append(out, fmt.Sprintf("setting %s is %s, was not given", k, is))
		case !now:
			out = append(out, fmt.Sprintf("setting %s is not given any more, was %s", k, was))
		}
	}
	if more := len(out) - maxChanges; more > 0 {
		out = append(out[:maxChanges], fmt.Sprintf("and %d settings more", more))
	}
	return out
}

func validSettings(settings map[string]string) bool {
	if len(settings) > maxSettings {
		return false
	}
	for k, v := range settings {
		if k == "" || line(k) != k || line(v) != v {
			return false
		}
	}
	return true
}
