package aggregate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
)

// The neighbour test of CNIL.md A-15: of two databases one has counted one more
// visitor, on a page, with a browser, from a country and by a referrer that
// nobody else had. Every question is asked of both.

var neighbourDay = "2025-06-11"

// neighbours counts so many ordinary visitors, each day of a week, and rare ones
// on one day of it.
func neighbours(t *testing.T, ordinary, rare int) *DB {
	t.Helper()
	signup, err := hit.ParseFeature("signup")
	if err != nil {
		t.Fatal(err)
	}
	site := SiteConfig{Host: testHost(t), Features: []hit.FeatureName{signup}, RetentionMonths: MaxRetention}
	dir := t.TempDir()
	db := openTest(t, dir, rollUpNow, site)
	file := filepath.Join(dir, "x.days")
	im, err := NewImporter(ImportOptions{Site: site, Now: rollUpNow, File: file})
	if err != nil {
		t.Fatal(err)
	}
	add := func(at time.Time, h *hit.Hit) {
		t.Helper()
		if err := im.Add(at, h); err != nil {
			t.Fatal(err)
		}
	}
	visit := func(at time.Time, h *hit.Hit, other, outbound, download, failed string) {
		add(at, h)
		next := *h
		next.Path, next.Referrer = testPath(t, other), hit.InternalReferrer()
		add(at.Add(30*time.Second), &next) // visits of 30 seconds, so that one more moves no mean
		use := *h
		use.Kind, use.Feature = hit.KindFeature, signup
		add(at.Add(30*time.Second), &use)
		use.Feature, use.Outbound = hit.FeatureName{}, modelHost(t, outbound)
		add(at.Add(30*time.Second), &use)
		use.Outbound, use.Download = hit.Host{}, testPath(t, download)
		add(at.Add(30*time.Second), &use)
		gone := *h
		gone.Path, gone.Status = testPath(t, failed), hit.Status404
		add(at.Add(30*time.Second), &gone)
	}
	rareDay := modelDay(t, neighbourDay)
	for d := rareDay.Monday(); d < rareDay.Monday()+7; d++ {
		noon := at(d.String() + " 12:00:00")
		for i := range ordinary {
			h := testView(t, "/a", i)
			h.Referrer = hit.ReferrerFrom(modelHost(t, "common.example"))
			h.Country, _ = hit.ParseCountry("FR")
			visit(noon.Add(time.Duration(i)*time.Second), h, "/b/x", "out.example", "/f.pdf", "/gone")
		}
		for i := range rare {
			if d != rareDay {
				continue
			}
			h := testView(t, "/rare/page", 1000+i)
			h.Browser = hit.Browser{Family: hit.Opera, Major: 99}
			h.System, h.Device = hit.Android, hit.Phone
			h.Referrer = hit.ReferrerFrom(modelHost(t, "rare.example"))
			h.Country, _ = hit.ParseCountry("BE")
			visit(noon.Add(3*time.Hour), h, "/rare/other", "rare-out.example", "/rare.pdf", "/rare-gone")
		}
	}
	if _, err := im.Finish(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Merge(file, false); err != nil {
		t.Fatal(err)
	}
	rollUpAll(t, db)
	return db
}

// everyQuestion lists all questions about published periods that have the rare
// visitor's day: any other range is a sum of these (TestComposedAnswersAreSums),
// and a comparison is two of them (TestComparedAnswersAreThoseOfTheDays).
func everyQuestion(t *testing.T) []Query {
	t.Helper()
	day := modelDay(t, neighbourDay)
	var out []Query
	for kind := publish.Day; kind <= publish.Year; kind++ {
		for _, p := range publish.Each(kind, day-366, day+366, modelDay(t, "2026-11-23"), modelDay(t, "2024-11-01")) {
			if p.From > day || p.To < day {
				continue
			}
			q := Query{Site: testHost(t), From: p.From, To: p.To, Limit: MaxLimit}
			for q.By = NoDim; q.By < byEnd; q.By++ {
				if q.checkHours(modelDay(t, "2024-11-01"), modelDay(t, "2026-11-23")) != nil {
					continue
				}
				out = append(out, q)
				for _, s := range []string{"/a", "/b/x", "/rare/page", "/rare/other"} {
					of := q
					if of.Page = s; q.By.Of(OfPage) == "" {
						out = append(out, of)
					}
				}
				for _, s := range []string{"/", "/b", "/rare"} {
					of := q
					if of.Section = s; q.By.Of(OfSection) == "" {
						out = append(out, of)
					}
				}
				for _, s := range []string{"browser:Opera 99", "browser:Firefox 140", "country:BE", "country:FR", "system:Android", "device:phone",
					"referrer:rare.example", "referrer:common.example", "referrer:(internal)", "feature:signup"} {
					w, err := ParseWhere(s)
					if err != nil {
						t.Fatal(err)
					}
					of := q
					if of.Where = w; of.check() == nil {
						out = append(out, of)
					}
				}
			}
		}
	}
	return out
}

func answerOf(t *testing.T, db *DB, q *Query) (*publish.Report, string) {
	t.Helper()
	r, err := db.Report(context.Background(), rollUpNow, q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var table bytes.Buffer
	if err := r.WriteCSV(&table); err != nil {
		t.Fatal(err)
	}
	return r, string(b) + table.String()
}

func TestNeighbours(t *testing.T) {
	questions := everyQuestion(t)
	t.Logf("%d questions", len(questions))
	if len(questions) < 1_000 {
		t.Fatal("these are not all questions")
	}
	compare := func(ordinary, rare, step int) (named, differ, wrong int) {
		if os.Getenv("FOOTFALL_ATTACK") != "" {
			step = 1
		}
		without, with := neighbours(t, ordinary, 0), neighbours(t, ordinary, rare)
		for i := 0; i < len(questions); i += step {
			q := &questions[i]
			a, x := answerOf(t, without, q)
			b, y := answerOf(t, with, q)
			// what the question itself names stands in its answer
			hidden := strings.NewReplacer(q.Page, "", q.Section, "", q.Where.String(), "")
			if q.Page == "" && q.Section == "" && q.Where == nil {
				hidden = strings.NewReplacer()
			}
			if y := hidden.Replace(y); strings.Contains(y, "rare") || strings.Contains(y, "Opera") || strings.Contains(y, `"BE"`) {
				named++
			}
			if x != y {
				differ++
				if why := notWithinTheRule(a, b); why != "" {
					if wrong++; rare == 1 {
						t.Errorf("%d and one visitors: %s\n%s\n%s", ordinary, why, x, y)
					}
				}
			}
		}
		return named, differ, wrong
	}
	// where no count lies at the edge of a ten, one visitor changes nothing at all
	if named, differ, _ := compare(20, 1, 1); named > 0 || differ > 0 {
		t.Errorf("twenty visitors and one: %d answers name what is rare, %d of %d differ", named, differ, len(questions))
	}
	// where all counts do, they move by one ten
	for _, ordinary := range []int{9, 14} {
		if named, differ, _ := compare(ordinary, 1, 7); named > 0 || differ == 0 {
			t.Errorf("%d visitors and one: %d answers name what is rare, %d of %d differ", ordinary, named, differ, len(questions))
		}
	}
	// and that is seen at all: ten visitors are named, and move counts by more
	if named, differ, wrong := compare(20, 30, 7); named == 0 || differ == 0 || wrong == 0 {
		t.Errorf("thirty rare visitors: %d answers name them, %d differ, %d beyond the rule", named, differ, wrong)
	}
}

// notWithinTheRule compares the answers to one question about one published
// period: each count may have moved to the next ten, or over the threshold, and a
// mean by five seconds. A row that only one has is one at the threshold.
func notWithinTheRule(a, b *publish.Report) string {
	if why := near(a.Totals(), b.Totals()); why != "" {
		return "totals: " + why
	}
	x, xok := a.Other()
	y, yok := b.Other()
	if xok != yok {
		return "(other) is there or not"
	}
	if why := near(x, y); xok && why != "" {
		return "(other): " + why
	}
	rows := map[string][2]*publish.Values{}
	for i, list := range [][]publish.Row{a.Rows(), b.Rows()} {
		for j := range list {
			pair := rows[list[j].Value]
			pair[i] = &list[j].Values
			rows[list[j].Value] = pair
		}
	}
	var values []string
	for value := range rows {
		values = append(values, value)
	}
	sort.Strings(values)
	for _, value := range values {
		pair := rows[value]
		for i, v := range pair {
			if v == nil { // the other one is at the threshold
				if n := number(*pair[1-i], pair[1-i].Measures()[len(pair[1-i].Measures())-1]); n > 10 {
					return value + ": a row of more than ten comes or goes"
				}
				pair[i] = nil
			}
		}
		if pair[0] == nil || pair[1] == nil {
			continue
		}
		if why := near(*pair[0], *pair[1]); why != "" {
			return value + ": " + why
		}
	}
	return ""
}

// near tells whether the values may be those of databases that differ by one
// visitor of two views and one visit.
func near(a, b publish.Values) string {
	hidden := false // a row that comes over the threshold shows all its measures
	for _, v := range []publish.Values{a, b} {
		for _, m := range v.Measures() {
			c, _ := v.Count(m)
			if _, shown := c.Value(); m == publish.Visitors || m == publish.Visits {
				hidden = hidden || !shown
			}
		}
	}
	for _, m := range a.Measures() {
		if m == publish.VisitTime {
			continue
		}
		x, y := number(a, m), number(b, m)
		if d := x - y; (d > 10 || d < -10) && !hidden {
			return fmt.Sprintf("%s: %d and %d", m, x, y)
		}
	}
	return ""
}
