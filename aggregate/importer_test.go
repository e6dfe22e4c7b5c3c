package aggregate

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/internal/store"
)

func importDays(t *testing.T, file string, now time.Time, days []string, views int) *ImportSummary {
	t.Helper()
	im, err := NewImporter(ImportOptions{Site: SiteConfig{Host: testHost(t)}, Now: now, File: file, ObjectionsUnknown: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range days {
		for i := range views {
			if err := im.Add(at(day+" 10:00:00").Add(time.Duration(i)*time.Minute), testView(t, fmt.Sprintf("/d/%d", i%7), i%15)); err != nil {
				t.Fatal(err)
			}
		}
	}
	summary, err := im.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return summary
}

func TestImport(t *testing.T) {
	dir, now := t.TempDir(), at("2026-11-23 12:00:00")
	db := openTest(t, dir, now)
	file := filepath.Join(dir, "x.days")
	summary := importDays(t, file, now, []string{"2026-10-30", "2026-10-31", "2026-11-01", "2020-01-01", "2026-11-23"}, 50)
	if summary.RefusedDays != 2 || summary.RefusedLines != 100 || len(summary.Days) != 3 {
		t.Errorf("summary: got %+v, want three days, two refused", summary)
	}
	if n, err := db.Merge(file, false); n != 3 || err != nil {
		t.Fatalf("Merge: got %d, %v", n, err)
	}
	var conflict *ConflictError
	if _, err := db.Merge(file, false); !errors.As(err, &conflict) || len(conflict.Days) != 3 {
		t.Errorf("second Merge: got %v, want a conflict of three days", err)
	}
	if n, err := db.Merge(file, true); n != 3 || err != nil {
		t.Errorf("Merge with replace: got %d, %v", n, err)
	}
	day, _ := hit.ParseDay("2026-10-31")
	if got := storedViews(t, db, day); got != 50 {
		t.Errorf("views: got %d, want 50", got)
	}
	blocks, err := db.blocks(testHost(t), day, day)
	if err != nil || len(blocks) != 1 {
		t.Fatalf("blocks: %v, %v", blocks, err)
	}
	if got, want := blocks[0].Block.Flags(), block.Imported|block.ObjectionsUnknown; got != want {
		t.Errorf("flags: got %b, want %b", got, want)
	}
}

func TestImportFileDamaged(t *testing.T) {
	dir, now := t.TempDir(), at("2026-11-23 12:00:00")
	db := openTest(t, dir, now)
	file := filepath.Join(dir, "x.days")
	importDays(t, file, now, []string{"2026-10-30", "2026-10-31"}, 30)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	day, _ := hit.ParseDay("2026-10-30")
	for i := 0; i < len(whole); i += 7 {
		for name, damaged := range map[string][]byte{
			"cut":     whole[:i],
			"flipped": append(append(append([]byte{}, whole[:i]...), whole[i]^4), whole[i+1:]...),
		} {
			if err := os.WriteFile(file, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			if n, err := db.Merge(file, true); err == nil || n != 0 {
				t.Fatalf("%s at %d: got %d days and no error", name, i, n)
			}
		}
	}
	if blocks, _ := db.blocks(testHost(t), day, day); len(blocks) != 0 {
		t.Error("a damaged file left days behind")
	}
}

func TestImportDaysOpenAtOnce(t *testing.T) {
	now := at("2026-11-23 12:00:00")
	for _, file := range []string{filepath.Join(t.TempDir(), "x.days"), ""} {
		importSixtyDays(t, now, file)
	}
}

func importSixtyDays(t *testing.T, now time.Time, file string) {
	t.Helper()
	im, err := NewImporter(ImportOptions{Site: SiteConfig{Host: testHost(t)}, Now: now, File: file})
	if err != nil {
		t.Fatal(err)
	}
	late := int64(1) // a dry run refuses nothing
	if file == "" {
		late = 0
	}
	day := at("2026-01-01 10:00:00")
	for i := range 60 {
		if err := im.Add(day.AddDate(0, 0, i), testView(t, "/a", 1)); err != nil {
			t.Fatal(err)
		}
		if len(im.days) > MaxImportDays {
			t.Fatalf("%d days open at once", len(im.days))
		}
	}
	if err := im.Add(day, testView(t, "/a", 1)); err != nil { // finished long ago
		t.Fatal(err)
	}
	summary, err := im.Finish()
	if err != nil || len(summary.Days) != 60 || summary.RefusedLines != late || summary.LateLines != late || summary.RefusedDays != 0 {
		t.Errorf("file %q: got %d days, %d lines refused, %d days refused, %v, want 60, %d, 0", file, len(summary.Days), summary.RefusedLines, summary.RefusedDays, err, late)
	}
	if got, want := summary.Days[hit.DayAt(day, time.UTC)].Views, 2-late; got != want {
		t.Errorf("file %q: views of a day whose line came late: got %d, want %d", file, got, want)
	}
}

func TestRetention(t *testing.T) {
	dir, now := t.TempDir(), at("2026-10-31 12:00:00")
	db := openTest(t, dir, now, SiteConfig{Host: testHost(t), RetentionMonths: 2})
	file := filepath.Join(dir, "x.days")
	im, err := NewImporter(ImportOptions{Site: SiteConfig{Host: testHost(t), RetentionMonths: 2}, Now: now, File: file})
	if err != nil {
		t.Fatal(err)
	}
	for d, views := range map[string]int{"2026-09-05": 30, "2026-10-05": 25} { // blocks that differ
		for i := range views {
			if err := im.Add(at(d+" 10:00:00"), testView(t, "/a", i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := im.Finish(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Merge(file, false); err != nil {
		t.Fatal(err)
	}
	block := func(day string) (b []byte) {
		t.Helper()
		d, err := hit.ParseDay(day)
		if err == nil {
			err = db.store.View(func(tx *store.Tx) error {
				return tx.Blocks(testHost(t), d, d, func(_ hit.Day, stored []byte) error { b = stored; return nil })
			})
		}
		if err != nil || len(b) == 0 {
			t.Fatalf("block of %s: %d bytes, %v", day, len(b), err)
		}
		return b
	}
	old, kept := block("2026-09-05"), block("2026-10-05")
	holds := func(needle []byte) bool {
		t.Helper()
		b, err := os.ReadFile(db.options.Path)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(b, needle)
	}
	if !holds(old) {
		t.Fatal("the import is not in the file")
	}
	var told []string
	db.options.OnRetention = func(site hit.Host, before hit.Day, blocks int) {
		told = append(told, fmt.Sprintf("%s before %s: %d", site, before, blocks))
	}
	db.tick(at("2026-11-01 00:00:30"), true)
	if want := []string{testHost(t).String() + " before 2026-10-01: 1"}; !slices.Equal(told, want) {
		t.Errorf("told of what was deleted: %q, want %q", told, want)
	}
	if holds(old) {
		t.Error("the bytes of a deleted month are still in the file")
	}
	if !holds(kept) {
		t.Error("a kept month is gone")
	}
	db.tick(at("2036-11-01 00:00:30"), true) // a clock gone wrong
	if len(told) != 1 || !holds(kept) {
		t.Error("a jump of the clock deleted what is kept")
	}
	if got := db.RetentionHeld(); len(got) != 1 {
		t.Errorf("sites whose retention is held back: got %v, want one", got)
	}
}

// TestOpeningDeletesNothing opens a file without saying how long its site is
// kept, as a command without the configuration does.
func TestOpeningDeletesNothing(t *testing.T) {
	dir, now := t.TempDir(), at("2026-11-23 12:00:00")
	long := SiteConfig{Host: testHost(t), RetentionMonths: MaxRetention}
	db := openTest(t, dir, now, long)
	file := filepath.Join(dir, "x.days")
	im, err := NewImporter(ImportOptions{Site: long, Now: now, File: file})
	if err != nil {
		t.Fatal(err)
	}
	if err := im.Add(at("2025-04-05 10:00:00"), testView(t, "/a", 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := im.Finish(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Merge(file, false); err != nil {
		t.Fatal(err)
	}
	closeAndCheck(t, db)
	day, err := hit.ParseDay("2025-04-05")
	if err != nil {
		t.Fatal(err)
	}
	other, err := hit.ParseHost("other.test")
	if err != nil {
		t.Fatal(err)
	}
	for _, sites := range [][]SiteConfig{{{Host: testHost(t)}}, {{Host: other}}} {
		db := openTest(t, dir, now, sites...)
		if got := storedViews(t, db, day); got != 1 {
			t.Errorf("after opening with %v: got %d views, want 1", sites, got)
		}
		closeAndCheck(t, db)
	}
}
