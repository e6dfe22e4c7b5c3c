package aggregate

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

// What a report says of the clock, which goes on, and not of the day.
var generated = regexp.MustCompile(`"generated":"[^"]*"| as of [0-9:]*`)

// allAnswers asks everything that can be asked about a running day: every
// dimension of the site, of a page, and of where.
func allAnswers(t testing.TB, db *DB, now time.Time) map[string]string {
	t.Helper()
	day := hit.DayAt(now, time.UTC)
	queries := map[string]Query{"totals": {}}
	for _, dim := range Dims() {
		queries["by "+dim.String()] = Query{By: dim}
		queries["a page by "+dim.String()] = Query{By: dim, Page: "/s1/p1"}
	}
	for _, where := range []string{"device:phone", "browser:Firefox 101", "country:(unknown)", "referrer:from1.example", "feature:signup"} {
		for _, dim := range []Dim{ByPage, BySection} {
			w, err := ParseWhere(where)
			if err != nil {
				t.Fatal(err)
			}
			queries[where+" by "+dim.String()] = Query{By: dim, Where: w}
		}
	}
	out := map[string]string{}
	for name, q := range queries {
		q.Site, q.From, q.To, q.Limit = testHost(t), day, day, MaxLimit
		r, err := db.Report(t.Context(), now, &q)
		if err != nil {
			out[name] = "error: " + err.Error()
			continue
		}
		b, err := r.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		out[name] = generated.ReplaceAllString(string(b), "")
	}
	return out
}

// opened opens a copy of a database as a kill would leave it, at a time.
func opened(t *testing.T, db *DB, now time.Time) *DB {
	t.Helper()
	return openTest(t, crashed(t, db, filepath.Dir(db.options.Path)), now)
}

// TestAnswersOverAKill kills a running day at the edges of hours and of ten
// minutes and at random instants, and starts again at once or a little later:
// every answer is then the one before the kill, or the one that the next
// closed ten minutes or hour give, once those have closed: a start never shows
// the count of an hour that still runs.
func TestAnswersOverAKill(t *testing.T) {
	now := at("2026-11-23 12:40:00")
	db := openTest(t, t.TempDir(), now)
	r := rand.New(rand.NewPCG(8, 8))
	kills := []time.Time{at("2026-11-23 13:59:59"), at("2026-11-23 14:00:00"), at("2026-11-23 14:00:01"), at("2026-11-23 14:20:00")}
	for range 6 {
		kills = append(kills, now.Add(time.Duration(r.IntN(6_000))*time.Second))
	}
	slices.SortFunc(kills, time.Time.Compare)
	was, differ := "", 0
	for _, kill := range kills {
		for now.Before(kill) {
			now = now.Add(min(kill.Sub(now), time.Duration(1+r.IntN(60))*time.Second))
			var hits []*hit.Hit
			for range 1 + r.IntN(20) {
				hits = append(hits, recountHit(t, r, r.IntN(200)))
			}
			if _, err := recordBatch(db, now, hits); err != nil {
				t.Fatal(err)
			}
		}
		before := allAnswers(t, db, now)
		allowed := []map[string]string{before}
		ends := []time.Time{{}, tenOf(now).Add(tenMinutes), hourOf(now).Add(time.Hour)}
		for _, next := range ends[1:] {
			later := opened(t, db, now)
			later.tick(next, true)
			allowed = append(allowed, allAnswers(t, later, next))
		}
		for _, wait := range []time.Duration{0, time.Second, 5 * time.Minute, 40 * time.Minute} {
			start := now.Add(wait)
			after := allAnswers(t, opened(t, db, start), start)
			for _, name := range slices.Sorted(maps.Keys(after)) {
				ok := false
				for i, a := range allowed { // what has not closed is no answer
					ok = ok || a[name] == after[name] && !start.Before(ends[i])
				}
				if !ok {
					t.Errorf("killed at %s, started %s later: %s: got\n%s\nbefore the kill\n%s\nthe next ten minutes\n%s\nthe next hour\n%s",
						now.Format(time.TimeOnly), wait, name, after[name], before[name], allowed[1][name], allowed[2][name])
					return
				}
			}
		}
		if fmt.Sprint(before) != was {
			differ++
		}
		was = fmt.Sprint(before)
	}
	if differ < 5 {
		t.Errorf("%d of %d kills found other answers than the one before: this test shows little", differ, len(kills))
	}
}
