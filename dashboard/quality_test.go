package dashboard

import (
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
)

// TestQuality holds that what was the matter with single days stands in the
// panel, in both languages, each table by its own days, and once on the page.
func TestQuality(t *testing.T) {
	d := hit.DayOf(2026, time.March, 1)
	report := publish.NewReport(publish.Head{}, nil, publish.Values{}, nil, nil, []publish.Note{
		publish.NewNote(publish.SumOfDays), publish.NewNote(publish.CappedReferrers, d+2),
		publish.NewNote(publish.CappedPages, d, d+1), publish.NewNote(publish.Restarted, d),
	})
	for lang, want := range map[string][]string{
		"en": {"1 March 2026", "1 – 2 March 2026", "3 March 2026"},
		"fr": {"1er mars 2026", "1er – 2 mars 2026", "3 mars 2026"},
	} {
		l := languages()[lang]
		got := l.quality(report).Rows
		if len(got) != 3 {
			t.Fatalf("%s: got %d rows, want 3: %v", lang, len(got), got)
		}
		for i, code := range []publish.NoteCode{publish.Restarted, publish.CappedPages, publish.CappedReferrers} {
			if got[i].What != l.Quality.What[code] || got[i].Days != want[i] {
				t.Errorf("%s: row %d: got %v, want %s on %s", lang, i, got[i], l.Quality.What[code], want[i])
			}
		}
		n := &notes{l: l, site: true, seen: map[string]bool{}}
		n.add(report)
		if len(n.text) != 1 {
			t.Errorf("%s: notes beside the panel: %q", lang, n.text)
		}
		for _, code := range qualityCodes {
			if l.Quality.What[code] == "" || strings.Contains(l.Quality.What[code], "%") {
				t.Errorf("%s: note %d: %q in the panel", lang, code, l.Quality.What[code])
			}
		}
		if text := l.note(publish.NewNote(publish.CappedPages, d)); !strings.Contains(text, want[0]) {
			t.Errorf("%s: %q does not name the day", lang, text)
		}
	}
}
