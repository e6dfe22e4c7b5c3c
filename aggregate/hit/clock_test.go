package hit

import (
	"testing"
	"time"
	_ "time/tzdata"
)

// TestLocalClock compares the clock with a conversion, over the changes of
// zones that have odd ones, forwards, backwards and in leaps.
func TestLocalClock(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Paris", "America/Havana", "Africa/Cairo", "Australia/Lord_Howe",
		"Pacific/Apia", "Asia/Kathmandu", "America/St_Johns", "Africa/Monrovia"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		c := NewLocalClock(zone)
		check := func(at time.Time) {
			t.Helper()
			day, hour := c.At(at)
			if want := DayAt(at, zone); day != want || hour != at.In(zone).Hour() {
				t.Fatalf("%s, %s: got %s %d, want %s %d", name, at, day, hour, want, at.In(zone).Hour())
			}
		}
		for _, from := range []string{"1900-01-01", "1969-12-25", "1972-01-01", "2011-12-20", "2026-03-01", "2026-10-20"} {
			start, err := time.Parse(time.DateOnly, from)
			if err != nil {
				t.Fatal(err)
			}
			for i := range 24 * 7 * 6 {
				at := start.Add(time.Duration(i) * 10 * time.Minute)
				check(at)
				check(at.Add(-time.Second))
			}
			check(start.AddDate(-3, 2, 1))
		}
		check(time.Time{})
		check(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC))
	}
}
