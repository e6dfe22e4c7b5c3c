package aggregate

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

// zoneChanges are days on which clocks were set, of 23, 23.5, 24.5, 25 and 26
// hours; days without a midnight or with two; and days that never were.
var zoneChanges = []struct{ zone, around, what string }{
	{"Europe/Paris", "2026-03-29", "23 hours"},
	{"Europe/Paris", "2026-10-25", "25 hours"},
	{"Europe/Lisbon", "1992-09-27", "change of zone and summer time in one night"},
	{"Atlantic/Azores", "2026-10-25", "01:00 becomes 00:00 of the same day"},
	{"America/Havana", "2026-03-08", "no midnight"},
	{"America/Havana", "2026-11-01", "01:00 becomes 00:00"},
	{"America/Sao_Paulo", "2018-11-04", "no midnight"},
	{"America/Sao_Paulo", "2019-02-17", "00:00 becomes 23:00 of the day before"},
	{"America/Asuncion", "2024-03-24", "00:00 becomes 23:00 of the day before"},
	{"America/Santiago", "2026-09-06", "no midnight"},
	{"America/Caracas", "2016-05-01", "half an hour forward"},
	{"Africa/Cairo", "2026-04-24", "no midnight"},
	{"Africa/Cairo", "2026-10-30", "00:00 becomes 23:00 of the day before"},
	{"Africa/Casablanca", "2026-02-15", "back for Ramadan"},
	{"Africa/Casablanca", "2026-03-22", "forward after it"},
	{"Africa/Juba", "2021-02-01", "00:00 becomes 23:00, for good"},
	{"Asia/Beirut", "2026-03-29", "no midnight"},
	{"Asia/Tehran", "2022-03-22", "no midnight"},
	{"Asia/Gaza", "2026-03-28", "02:00 becomes 03:00"},
	{"Asia/Kathmandu", "1986-01-01", "a quarter of an hour"},
	{"Asia/Pyongyang", "2018-05-05", "23:30 becomes 00:00: no last half hour"},
	{"Australia/Lord_Howe", "2026-04-05", "24.5 hours"},
	{"Australia/Lord_Howe", "2026-10-04", "23.5 hours"},
	{"Antarctica/Troll", "2026-03-29", "22 hours"},
	{"Antarctica/Troll", "2026-10-25", "26 hours"},
	{"Pacific/Apia", "2011-12-30", "a day that never was"},
	{"Pacific/Kwajalein", "1993-08-21", "a day that never was"},
	{"Pacific/Apia", "2012-04-01", "25 hours"},
	{"Pacific/Chatham", "2026-04-05", "02:45 and a quarter"},
	{"America/Nuuk", "2026-03-28", "the change falls on the evening before"},
}

// TestEveryChangeOfTheClock sends a hit each hour, a tick before each, through
// a day and a half around every change: each hit is in the day that Format
// gives, and the days add up to the total (G1).
func TestEveryChangeOfTheClock(t *testing.T) {
	for _, c := range zoneChanges {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		now := at(c.around + " 00:00:00").Add(-18 * time.Hour)
		db := openTest(t, t.TempDir(), now, SiteConfig{Host: testHost(t), Zone: zone, RetentionMonths: 25})
		want, total := map[string]int64{}, int64(0)
		for range 36 {
			db.tick(now, true)
			if _, err := recordBatch(db, now, []*hit.Hit{testView(t, "/a", 1)}); err != nil {
				t.Fatal(err)
			}
			want[now.In(zone).Format("2006-01-02")]++
			total++
			now = now.Add(time.Hour)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		report, err := Check(db.options.Path)
		if err != nil || !report.OK {
			t.Fatalf("%s %s (%s): check: %v, %v", c.zone, c.around, c.what, report, err)
		}
		got := report.Sites["example.test"]
		for day, views := range want {
			if got[day] != views {
				t.Errorf("%s %s (%s): %s: got %d views, want %d", c.zone, c.around, c.what, day, got[day], views)
			}
			total -= got[day]
		}
		if len(got) != len(want) || total != 0 {
			t.Errorf("%s %s (%s): got days %v, want %v", c.zone, c.around, c.what, got, want)
		}
	}
}

// TestDayThatShowsTwice is the one exception: until 2011 Newfoundland set its
// clocks back a minute after midnight, into the day before. The running day
// only moves forward, so what came in the repeated hour stays in the new day;
// nothing is lost.
func TestDayThatShowsTwice(t *testing.T) {
	zone, err := time.LoadLocation("America/St_Johns")
	if err != nil {
		t.Fatal(err)
	}
	now := at("2010-11-07 02:00:30") // 23:30:30 of the 6th; 00:01 becomes 23:01 at 02:31
	db := openTest(t, t.TempDir(), now, SiteConfig{Host: testHost(t), Zone: zone})
	for range 200 { // a minute apart
		if _, err := recordBatch(db, now, []*hit.Hit{testView(t, "/a", 1)}); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
	}
	for day, want := range map[string]int64{"2010-11-06": 30, "2010-11-07": 170} {
		if got := storedViews(t, db, modelDay(t, day)); got != want {
			t.Errorf("%s: got %d views, want %d", day, got, want)
		}
	}
}

// TestClockJumps sets the clock a day forward, a day back, ten years forward
// and to 1970 while the engine runs, stays there over midnights and returns:
// every acknowledged hit is stored and no closed day goes (G3), but those that
// a clock of 1970 dated. A day that was closed by a clock gone wrong must not
// vouch for that clock.
func TestClockJumps(t *testing.T) {
	start := at("2026-11-23 12:00:00")
	for _, c := range []struct {
		name string
		to   time.Time
	}{
		{"a day forward", start.AddDate(0, 0, 1)},
		{"a day back", start.AddDate(0, 0, -1)},
		{"ten years forward", start.AddDate(10, 0, 0)},
		{"two months forward", start.AddDate(0, 2, 0)},
		{"to 1970", at("1970-01-01 00:00:10")},
	} {
		for _, restart := range []bool{false, true} {
			name := c.name
			if restart {
				name += " and a restart there"
			}
			t.Run(name, func(t *testing.T) {
				dir, now := t.TempDir(), start.AddDate(0, 0, -3)
				site := SiteConfig{Host: testHost(t), RetentionMonths: 2}
				db := openTest(t, dir, now, site)
				sent := int64(0)
				send := func(now time.Time) {
					t.Helper()
					db.tick(now, true)
					for i := range 3 {
						if _, err := recordBatch(db, now.Add(time.Duration(i)*time.Second), []*hit.Hit{testView(t, "/a", i)}); err != nil {
							t.Fatal(err)
						}
						sent++
					}
				}
				for day := range 4 {
					send(now.AddDate(0, 0, day))
				}
				for day := range 4 { // the wrong clock runs on over midnights
					send(c.to.AddDate(0, 0, day))
					if restart {
						closeAndCheck(t, db)
						db = openTest(t, dir, c.to.AddDate(0, 0, day), site)
					}
				}
				send(start.Add(time.Hour)) // and is set right
				send(c.to.AddDate(0, 0, 6))
				db.tick(start.AddDate(0, 0, 7), true)
				stored := int64(0)
				copied := filepath.Join(t.TempDir(), "copy.db")
				if err := db.Backup(copied); err != nil {
					t.Fatal(err)
				}
				report, err := Check(copied)
				if err != nil {
					t.Fatal(err)
				}
				for _, views := range report.Sites["example.test"] {
					stored += views
				}
				if c.to.Year() == 1970 { // these are older than retention once the clock is right
					sent -= 15
				}
				if stored != sent {
					t.Errorf("got %d views in %v, want all %d", stored, report.Sites["example.test"], sent)
				}
			})
		}
	}
}

// TestRestartASecondBeforeMidnight puts the hit of the last second into the
// day that ends and the next into the one that begins (G4).
func TestRestartASecondBeforeMidnight(t *testing.T) {
	dir, now := t.TempDir(), at("2026-11-23 23:59:58")
	db := openTest(t, dir, now)
	mustRecord(t, db, now, testView(t, "/a", 1))
	closeAndCheck(t, db)
	db = openTest(t, dir, now.Add(time.Second))
	mustRecord(t, db, at("2026-11-23 23:59:59").Add(999*time.Millisecond), testView(t, "/a", 1))
	mustRecord(t, db, at("2026-11-24 00:00:00"), testView(t, "/a", 1))
	for day, want := range map[string]int64{"2026-11-23": 2, "2026-11-24": 1} {
		if got := storedViews(t, db, modelDay(t, day)); got != want {
			t.Errorf("%s: got %d views, want %d", day, got, want)
		}
	}
}

// TestZoneOfASiteStays refuses a configuration that gives a stored site
// another zone; nothing of the file changes (G5).
func TestZoneOfASiteStays(t *testing.T) {
	dir, now := t.TempDir(), at("2026-11-22 12:00:00")
	db := openTest(t, dir, now, SiteConfig{Host: testHost(t), Zone: modelZone(t, "Europe/Paris")})
	mustRecord(t, db, now, testView(t, "/a", 1))
	db.tick(at("2026-11-23 12:00:00"), true)
	closeAndCheck(t, db)
	before, err := os.ReadFile(db.options.Path)
	if err != nil {
		t.Fatal(err)
	}
	for _, zone := range []string{"UTC", "Pacific/Apia"} {
		other, err := Open(Options{Path: db.options.Path, Now: now.AddDate(0, 0, 2), Sites: []SiteConfig{{Host: testHost(t), Zone: modelZone(t, zone)}}})
		if err == nil {
			_ = other.Close()
			t.Fatalf("a site of Paris was opened with zone %s", zone)
		}
		for _, word := range []string{"example.test", "Europe/Paris", zone} {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: the error does not name %s: %v", zone, word, err)
			}
		}
	}
	after, err := os.ReadFile(db.options.Path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Error("a refused zone changed the file")
	}
	again := openTest(t, dir, at("2026-11-23 13:00:00")) // no zone named: the stored one stands
	if got := again.sites[testHost(t)].config.Zone.String(); got != "Europe/Paris" {
		t.Errorf("zone of a site that names none: got %s, want Europe/Paris", got)
	}
}
