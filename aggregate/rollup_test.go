package aggregate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/store"
)

var rollUpNow = at("2026-11-23 12:00:00") // a Monday

// rolledDB has counted the days from 28 September to 22 November 2026.
func rolledDB(t *testing.T) *DB {
	t.Helper()
	return countedDB(t, rollUpNow, modelDay(t, "2026-09-28"), modelDay(t, "2026-11-22"))
}

func countedDB(t *testing.T, now time.Time, from, to hit.Day) *DB {
	t.Helper()
	db := openTest(t, t.TempDir(), now)
	var days []string
	for d := from; d <= to; d++ {
		days = append(days, d.String())
	}
	mergeDays(t, db, now, days, 60, false)
	return db
}

func mergeDays(t *testing.T, db *DB, now time.Time, days []string, views int, replace bool) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x.days")
	importDays(t, file, now, days, views)
	if n, err := db.Merge(file, replace); n != len(days) || err != nil {
		t.Fatalf("Merge: got %d of %d days, %v", n, len(days), err)
	}
}

func rollUpAll(t *testing.T, db *DB) {
	t.Helper()
	if err := db.RollUp(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// sums returns every roll-up that is stored.
func sums(t *testing.T, db *DB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := db.store.View(func(tx *store.Tx) error {
		checkSums(tx, testHost(t), func(text string) { t.Errorf("check: %s", text) })
		return tx.EachSum(testHost(t), func(k store.SumKind, first hit.Day, b []byte) error {
			out[sumPeriod{k, first}.String()] = bytes.Clone(b)
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func names(sums map[string][]byte) string { return strings.Join(slices.Sorted(maps.Keys(sums)), " ") }

// answers returns what is answered to many questions, as JSON.
func answers(t *testing.T, db *DB) string {
	t.Helper()
	var all strings.Builder
	for _, r := range [][2]string{{"2026-10-01", "2026-10-31"}, {"2026-09-28", "2026-10-25"}, {"2026-10-05", "2026-10-11"}, {"2026-09-29", "2026-11-23"}} {
		q := Query{Site: testHost(t), From: modelDay(t, r[0]), To: modelDay(t, r[1])}
		for _, page := range []string{"", "/d/3"} {
			for by := NoDim; by < byEnd; by++ {
				q.Page, q.By = page, by
				report, err := db.Report(context.Background(), rollUpNow, &q)
				if err != nil {
					fmt.Fprintf(&all, "%v\n", err)
					continue
				}
				b, err := json.Marshal(report)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&all, "%s\n", b)
			}
		}
	}
	return all.String()
}

func TestRollUps(t *testing.T) {
	db := rolledDB(t)
	slow := answers(t, db)
	rollUpAll(t, db)
	first := sums(t, db)
	const all = "2026-10 2026-W40 2026-W41 2026-W42 2026-W43 2026-W44 2026-W45 2026-W46 2026-W47"
	if got := names(first); got != "2026-09 "+all {
		t.Errorf("roll-ups: got %s, want %s", got, all)
	}
	if fast := answers(t, db); fast != slow {
		t.Errorf("answers change with roll-ups:\n%s", diffLine(slow, fast))
	}

	// a day that gets other blocks takes its roll-ups along, in the same transaction
	mergeDays(t, db, rollUpNow, []string{"2026-10-31"}, 90, true)
	if got := names(sums(t, db)); got != "2026-09 2026-W40 2026-W41 2026-W42 2026-W43 2026-W45 2026-W46 2026-W47" {
		t.Errorf("after a day was replaced: got %s", got)
	}
	rollUpAll(t, db)
	second := sums(t, db)
	for _, name := range []string{"2026-10", "2026-W44"} {
		if bytes.Equal(first[name], second[name]) {
			t.Errorf("%s is the same after a day was replaced", name)
		}
	}
	mergeDays(t, db, rollUpNow, []string{"2026-10-31"}, 60, true)
	rollUpAll(t, db)
	if third := sums(t, db); !bytes.Equal(first["2026-W44"], third["2026-W44"]) || !bytes.Equal(first["2026-10"], third["2026-10"]) {
		t.Error("the same days give other bytes")
	}

	// deleting a period's first day deletes its roll-up
	if _, err := db.deleteBefore(testHost(t), modelDay(t, "2026-10-02")); err != nil {
		t.Fatal(err)
	}
	if got := names(sums(t, db)); got != "2026-W41 2026-W42 2026-W43 2026-W44 2026-W45 2026-W46 2026-W47" {
		t.Errorf("after a month's first day was deleted: got %s", got)
	}
}

func diffLine(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return x[i] + "\n" + y[min(i, len(y)-1)]
		}
	}
	return ""
}

// Whatever bits of roll-ups flip, the answers are those of the days.
func TestRollUpDamage(t *testing.T) {
	db := rolledDB(t)
	rollUpAll(t, db)
	want, r := answers(t, db), rand.New(rand.NewPCG(1, 1))
	for round := range 25 {
		at := map[sumPeriod][]byte{}
		_ = db.store.View(func(tx *store.Tx) error { // fn never fails
			return tx.EachSum(testHost(t), func(k store.SumKind, first hit.Day, b []byte) error {
				at[sumPeriod{k, first}] = bytes.Clone(b)
				return nil
			})
		})
		found := 0
		err := db.store.Update(func(tx *store.Tx) error {
			for p, b := range at {
				bit := r.IntN(8 * len(b))
				damaged := bytes.Clone(b)
				damaged[bit/8] ^= 1 << (bit % 8)
				if err := tx.PutSum(testHost(t), p.kind, p.first, damaged); err != nil {
					return err
				}
			}
			checkSums(tx, testHost(t), func(string) { found++ })
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if found != len(at) {
			t.Errorf("round %d: check found %d of %d damaged roll-ups", round, found, len(at))
		}
		if got := answers(t, db); got != want {
			t.Fatalf("round %d: another answer:\n%s", round, diffLine(want, got))
		}
		err = db.store.Update(func(tx *store.Tx) error {
			for p, b := range at {
				if err := tx.PutSum(testHost(t), p.kind, p.first, b); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A roll-up of other days must be found: the comparison of check can fail.
func TestCheckFindsAStaleRollUp(t *testing.T) {
	db := rolledDB(t)
	rollUpAll(t, db)
	week := weekSum(modelDay(t, "2026-10-05"))
	var wrong []string
	err := db.store.Update(func(tx *store.Tx) error {
		other := bytes.Clone(tx.Sum(testHost(t), store.SumWeek, week.first+28))
		if err := tx.PutSum(testHost(t), week.kind, week.first, other); err != nil {
			return err
		}
		checkSums(tx, testHost(t), func(text string) { wrong = append(wrong, text) })
		return errTest // leave no trace
	})
	if err != errTest || len(wrong) > 1 {
		t.Errorf("got %v, %q", err, wrong)
	}
	if len(wrong) == 0 { // the two weeks may be the same in every number; then a month is not
		err = db.store.Update(func(tx *store.Tx) error {
			if _, err := tx.DropBlocks(testHost(t), week.first, week.first); err != nil {
				return err
			}
			if err := tx.PutSum(testHost(t), week.kind, week.first, sumOf(t, db, week)); err != nil {
				return err
			}
			checkSums(tx, testHost(t), func(text string) { wrong = append(wrong, text) })
			return errTest
		})
		if err != errTest || len(wrong) != 1 {
			t.Errorf("a roll-up of a day that is gone: got %v, %q", err, wrong)
		}
	}
}

// sumOf returns a roll-up as it is stored.
func sumOf(t *testing.T, db *DB, p sumPeriod) (b []byte) {
	t.Helper()
	_ = db.store.View(func(tx *store.Tx) error { // fn never fails
		b = bytes.Clone(tx.Sum(testHost(t), p.kind, p.first))
		return nil
	})
	return b
}

// Run makes roll-ups by itself.
func TestRunRollsUp(t *testing.T) {
	now := time.Now()
	today := hit.DayAt(now, time.UTC)
	db := countedDB(t, now, today-40, today-1)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- db.Run(ctx) }()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if _, _, missing := db.missing(now); !missing {
			break
		}
	}
	cancel()
	if err := <-done; err != context.Canceled {
		t.Errorf("Run: %v", err)
	}
	if got := len(sums(t, db)); got < 5 {
		t.Errorf("Run has made %d roll-ups", got)
	}
}

// A roll-up that cannot be made is not tried for ever, but again once its days are others.
func TestRollUpOfADamagedDay(t *testing.T) {
	db := rolledDB(t)
	err := db.store.Update(func(tx *store.Tx) error {
		return tx.AddBlock(testHost(t), modelDay(t, "2026-10-14"), []byte("no block"))
	})
	if err != nil {
		t.Fatal(err)
	}
	rollUpAll(t, db)
	if got := names(sums(t, db)); strings.Contains(got, "2026-10") || strings.Contains(got, "W42") {
		t.Errorf("roll-ups of a damaged day: got %s", got)
	}
	err = db.store.Update(func(tx *store.Tx) error {
		_, err := tx.DropBlocks(testHost(t), modelDay(t, "2026-10-14"), modelDay(t, "2026-10-14"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	rollUpAll(t, db)
	if got := names(sums(t, db)); !strings.Contains(got, "2026-10") || !strings.Contains(got, "W42") {
		t.Errorf("roll-ups after the damaged day is gone: got %s", got)
	}
}
