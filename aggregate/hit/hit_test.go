package hit

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// TestHitHoldsNoFreeText walks the struct that passes from the privacy
// boundary to the counters. A field may be an integer, a fixed array of bytes
// (the keyed hash) or a checked type of this package, whose one unexported
// string only its constructor can set. Do not extend the list without writing
// why in the package comment of privacy.
func TestHitHoldsNoFreeText(t *testing.T) {
	checked := map[reflect.Type]bool{
		reflect.TypeFor[Host](): true, reflect.TypeFor[Path](): true,
		reflect.TypeFor[Referrer](): true, reflect.TypeFor[FeatureName](): true, reflect.TypeFor[Country](): true,
	}
	for typ := range checked {
		for i := range typ.NumField() {
			if f := typ.Field(i); f.IsExported() {
				t.Errorf("%s.%s is exported: anybody could set it", typ, f.Name)
			}
		}
	}
	walk(t, "Hit", reflect.TypeFor[Hit](), checked)
}

func walk(t *testing.T, name string, typ reflect.Type, checked map[reflect.Type]bool) {
	t.Helper()
	switch {
	case checked[typ]:
	case typ == reflect.TypeFor[time.Time](), typ == reflect.TypeFor[netip.Addr](), typ == reflect.TypeFor[netip.Prefix]():
		t.Errorf("%s: %s has no place in a hit", name, typ)
	case typ.Kind() >= reflect.Int && typ.Kind() <= reflect.Uint64, typ.Kind() == reflect.Bool:
	case typ.Kind() == reflect.Array && typ.Elem().Kind() == reflect.Uint8:
		if typ != reflect.TypeFor[Visitor]() {
			t.Errorf("%s: %s: the keyed hash is the only array of bytes", name, typ)
		}
	case typ.Kind() == reflect.Struct:
		for i := range typ.NumField() {
			walk(t, name+"."+typ.Field(i).Name, typ.Field(i).Type, checked)
		}
	default:
		t.Errorf("%s: %s has no place in a hit", name, typ)
	}
}

func TestParsePath(t *testing.T) {
	for _, c := range []struct {
		path string
		ok   bool
	}{
		{"/", true}, {"/a", true}, {"/a/b", true}, {"/a/", true}, {"/ü/日本", true}, {"/a b", true}, {"/100%", true}, {"/%zz", true},
		{"", false}, {"a", false}, {"/a?b", false}, {"/a#b", false}, {"/a;b=1", false}, {"/a%41", false}, {"/%2e%2e", false},
		{"/a//b", false}, {"//", false}, {"/.", false}, {"/a/../b", false}, {"/a\\b", false}, {"/a\x00", false}, {"/a\nb", false},
		{"/a\u202eb", false}, {"/a\u200bb", false}, {"/\xff", false}, {"/a\u2028", false}, {"(other)", false},
		{"/" + strings.Repeat("x", MaxPath-1), true}, {"/" + strings.Repeat("x", MaxPath), false},
	} {
		p, err := ParsePath(c.path)
		if got := err == nil; got != c.ok {
			t.Errorf("ParsePath(%q): accepted %t, want %t", c.path, got, c.ok)
		}
		if err == nil && p.String() != c.path || err != nil && !p.IsZero() {
			t.Errorf("ParsePath(%q): got %q", c.path, p)
		}
	}
}

func TestParseHost(t *testing.T) {
	for _, c := range []struct {
		host string
		ok   bool
	}{
		{"example.test", true}, {"localhost", true}, {"xn--bcher-kva.example", true}, {"a_b.example", true}, {"1.example", true},
		{"", false}, {".", false}, {"a..b", false}, {"a.", false}, {".a", false}, {"-a.b", false}, {"a-.b", false}, {"A.b", false},
		{"a b", false}, {"a:80", false}, {"192.0.2.1", false}, {"[::1]", false}, {"a/b", false}, {"bücher.example", false}, {"(none)", false},
		{strings.Repeat("a", 63) + ".b", true}, {strings.Repeat("a", 64) + ".b", false}, {strings.Repeat("a.", 126) + "a", true}, {strings.Repeat("a.", 127) + "a", false},
	} {
		h, err := ParseHost(c.host)
		if got := err == nil; got != c.ok {
			t.Errorf("ParseHost(%q): accepted %t, want %t", c.host, got, c.ok)
		}
		if err == nil && ReferrerFrom(h).String() != c.host {
			t.Errorf("ReferrerFrom(%q): got %q", c.host, ReferrerFrom(h))
		}
	}
	for want, r := range map[string]Referrer{None: {}, Internal: InternalReferrer(), Other: OtherReferrer()} {
		if r.String() != want {
			t.Errorf("got %q, want %q", r, want)
		}
	}
}

func TestParseFeatureAndCountry(t *testing.T) {
	for s, ok := range map[string]bool{"signup_click": true, "a": true, "": false, "A": false, "a b": false, "a@b": false, strings.Repeat("a", 33): false} {
		if _, err := ParseFeature(s); (err == nil) != ok {
			t.Errorf("ParseFeature(%q): %v", s, err)
		}
	}
	for s, ok := range map[string]bool{"FR": true, "fr": false, "F": false, "": false, "FRA": false, "??": false} {
		c, err := ParseCountry(s)
		if (err == nil) != ok {
			t.Errorf("ParseCountry(%q): %v", s, err)
		}
		if back := CountryOf(c.Code()); back != c {
			t.Errorf("CountryOf(Code(%q)): got %s", s, back)
		}
	}
}

// TestNames holds every enumeration to a name for each value, and none beyond.
func TestNames(t *testing.T) {
	for name, names := range map[string][]string{
		"family": familyNames[:], "system": systemNames[:], "device": deviceNames[:], "status": statusNames[:],
		"bot": botNames[1:], "verdict": verdictNames[:],
	} {
		seen := map[string]bool{}
		for i, s := range names {
			if s == "" || seen[s] {
				t.Errorf("%s %d: name %q is empty or used twice", name, i, s)
			}
			seen[s] = true
		}
	}
	for got, want := range map[string]string{
		Browser{Chrome, 155}.String(): "Chrome 155", Browser{Safari, 0}.String(): "Safari", Browser{FamilyOther, 9}.String(): Other,
		Family(200).String(): Unknown, StatusOf(404).String(): "404", StatusOf(410).String(): "4xx", StatusOf(503).String(): "5xx",
		StatusOf(200).String(): "ok", StatusOf(600).String(): "ok",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if len(Bots()) != int(botEnd)-1 || len(CountableVerdicts()) != int(verdictEnd)-2 {
		t.Errorf("bots %v, countable verdicts %v", Bots(), CountableVerdicts())
	}
}

func TestDay(t *testing.T) {
	for _, s := range []string{"1970-01-01", "1969-12-31", "2000-02-29", "2026-11-23", "0001-01-01", "9999-12-31"} {
		d, err := ParseDay(s)
		if err != nil || d.String() != s {
			t.Errorf("ParseDay(%q): got %s, %v", s, d, err)
		}
		if y, m, day := d.Date(); DayOf(y, m, day) != d {
			t.Errorf("DayOf(Date(%s)): got %s", s, DayOf(y, m, day))
		}
	}
	for _, s := range []string{"", "2026-02-30", "2026-1-1", "20261123", "2026-11-23x"} {
		if d, err := ParseDay(s); err == nil || d != 0 {
			t.Errorf("ParseDay(%q): got %s, %v", s, d, err)
		}
	}
	d, _ := ParseDay("2026-11-23")
	if d.Monday() != d || (d+6).Monday() != d || (d-1).Monday() != d-7 || d.Week() != "2026-W48" {
		t.Errorf("weeks of %s: %s, %s, %s, %s", d, d.Monday(), (d + 6).Monday(), (d - 1).Monday(), d.Week())
	}
	if m := d.Month(); m.String() != "2026-11" || m.First().String() != "2026-11-01" || m.Last().String() != "2026-11-30" || m.Year() != 2026 {
		t.Errorf("month of %s: %s from %s to %s", d, m, m.First(), m.Last())
	}
}

func TestCalendarOnlyMovesForward(t *testing.T) {
	start := time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)
	c := NewCalendar(time.UTC)
	for _, step := range []struct {
		name    string
		at      time.Duration
		day     string
		changed bool
	}{
		{"first", 0, "2026-11-23", true},
		{"later", time.Hour, "2026-11-23", false},
		{"back two hours, over midnight", -90 * time.Minute, "2026-11-23", false},
		{"next day", 24 * time.Hour, "2026-11-24", true},
		{"back less than a day", 2 * time.Hour, "2026-11-24", false},
		{"back a day and more", -time.Hour, "2026-11-22", true},
		{"forward again", 2 * time.Hour, "2026-11-23", true},
	} {
		day, changed := c.At(start.Add(step.at))
		if day.String() != step.day || changed != step.changed {
			t.Errorf("%s: got %s, changed %t, want %s, %t", step.name, day, changed, step.day, step.changed)
		}
	}
}

// FuzzParse holds the grammars to what the package comment promises.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"/", "/a/b", "/a?b", "example.test", "192.0.2.1", "/%41", "/\u202e", "a..b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := ParsePath(s); err == nil {
			if !utf8.ValidString(s) || len(s) > MaxPath || s[0] != '/' || strings.ContainsAny(s, "?#;\\\x00\n\r") ||
				strings.Contains(s, "//") || p.String() != s {
				t.Errorf("path %q was accepted", s)
			}
		}
		if _, err := ParseHost(s); err == nil {
			if _, err := netip.ParseAddr(s); err == nil || s != strings.ToLower(s) || len(s) > MaxHost {
				t.Errorf("host %q was accepted", s)
			}
		}
	})
}
