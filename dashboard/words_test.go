package dashboard

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
)

// walk calls f with the path of every string in v.
func walk(v reflect.Value, path string, f func(path, s string)) {
	switch v.Kind() {
	case reflect.String:
		f(path, v.String())
	case reflect.Struct:
		for i := range v.NumField() {
			walk(v.Field(i), path+"."+v.Type().Field(i).Name, f)
		}
	case reflect.Array, reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), path+"["+string(rune('a'+i))+"]", f)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			walk(v.MapIndex(k), path+"["+strings.TrimSpace(reflect.ValueOf(k.Interface()).String())+keyText(k)+"]", f)
		}
	case reflect.Pointer:
		walk(v.Elem(), path, f)
	}
}

func keyText(k reflect.Value) string {
	if k.CanUint() {
		return string(rune('A' + k.Uint()))
	}
	if k.CanInt() {
		return string(rune('A' + k.Int()%400))
	}
	return ""
}

func texts(w *words) map[string]string {
	out := map[string]string{}
	walk(reflect.ValueOf(w), "", func(path, s string) { out[path] = s })
	return out
}

// Every string is there in every language, with the same places for values.
func TestLanguagesAreComplete(t *testing.T) {
	en, fr := texts(english()), texts(french())
	places := regexp.MustCompile(`%[a-z]`)
	for path, text := range en {
		other, ok := fr[path]
		switch {
		case !ok || other == "" || text == "":
			t.Errorf("%s: %q and %q", path, text, other)
		case len(places.FindAllString(text, -1)) != len(places.FindAllString(other, -1)):
			t.Errorf("%s: different places in %q and %q", path, text, other)
		}
	}
	for path := range fr {
		if _, ok := en[path]; !ok {
			t.Errorf("%s is in French only", path)
		}
	}
}

func TestEveryValueHasAWord(t *testing.T) {
	for _, l := range languages() {
		for _, dim := range panelDims {
			if l.Panels[dim.String()] == "" || l.Columns[dim.String()] == "" {
				t.Errorf("%s: dimension %s has no name", l.Lang, dim)
			}
		}
		for _, b := range hit.Bots() {
			if l.value("bot", b.String()) == b.String() {
				t.Errorf("%s: bot %s has no words", l.Lang, b)
			}
		}
		for d := hit.DeviceOther; d <= hit.TV; d++ {
			if l.value("device", d.String()) == d.String() {
				t.Errorf("%s: device %s has no word", l.Lang, d)
			}
		}
		for s := hit.Status404; s <= hit.Status5xx; s++ {
			if l.value("status", s.String()) == s.String() {
				t.Errorf("%s: status %s has no words", l.Lang, s)
			}
		}
		for _, s := range []string{hit.None, hit.Internal, hit.Other, hit.Unknown, hit.Folded} {
			if l.value("referrer", s) == s || l.ValueTips[s] == "" {
				t.Errorf("%s: %s has no words", l.Lang, s)
			}
		}
		for code := publish.SumOfDays; code <= publish.ToCome; code++ {
			if l.Notes[code] == "" {
				t.Errorf("%s: note %d has no text", l.Lang, code)
			}
		}
		if len(l.countries) != 250 || l.value("country", "FR") != "France" {
			t.Errorf("%s: %d countries", l.Lang, len(l.countries))
		}
	}
	for _, dim := range aggregate.Dims() {
		if _, ok := english().Panels[dim.String()]; !ok && dim != aggregate.ByWeekdayHour {
			t.Errorf("dimension %s has no name", dim)
		}
	}
}

// A visitor's text is never taken for a word of ours.
func TestVisitorsTextStands(t *testing.T) {
	l := languages()["en"]
	for _, tc := range [][2]string{{"page", "FR"}, {"referrer", "word"}, {"page", "desktop"}, {"page", "/404"}, {"error", "404"}} {
		if got := l.value(tc[0], tc[1]); got != tc[1] {
			t.Errorf("%s %q reads %q", tc[0], tc[1], got)
		}
	}
}

func TestChoose(t *testing.T) {
	all := languages()
	for _, tc := range []struct{ asked, header, want string }{
		{"", "", "en"}, {"", "fr-CA,fr;q=0.9,en;q=0.5", "fr"}, {"", "de,fr;q=0.8", "fr"}, {"", "de-DE", "en"}, {"en", "fr", "en"},
		{"xx", "fr", "fr"}, {"", "FR", "fr"}, {"", strings.Repeat("x,", 10_000) + "fr", "en"}, {"", ",;;,-", "en"},
	} {
		if got := choose(all, tc.asked, tc.header).Lang; got != tc.want {
			t.Errorf("asked %q: got %s, want %s", tc.asked, got, tc.want)
		}
	}
}

func TestFormats(t *testing.T) {
	en, fr := languages()["en"], languages()["fr"]
	d := hit.DayOf(2026, time.March, 1)
	for name, tc := range map[string][2]string{
		"count":           {en.count(publish.NewCount(1_234_567)), "1,234,570"},
		"French count":    {fr.count(publish.NewCount(12_345)), "12\u202f350"},
		"withheld":        {fr.count(publish.NewCount(9)), "<10"},
		"mean":            {en.mean(publish.NewMean(50*115, 50)), "1\u00a0min\u00a055\u00a0s"},
		"round mean":      {en.mean(publish.NewMean(50*120, 50)), "2\u00a0min"},
		"short mean":      {en.mean(publish.NewMean(50*40, 50)), "40\u00a0s"},
		"withheld mean":   {en.mean(publish.NewMean(100, 49)), ""},
		"ratio":           {fr.ratio(publish.NewRatio(publish.NewCount(50), publish.NewCount(100))), "50\u202f%"},
		"day":             {fr.day(d), "1er mars 2026"},
		"within a month":  {en.days(d, d+1), "1 – 2 March 2026"},
		"over months":     {en.days(d-1, d), "28 February – 1 March 2026"},
		"over years":      {en.days(hit.DayOf(2025, 12, 31), d), "31 December 2025 – 1 March 2026"},
		"one day":         {fr.days(d, d), "dimanche 1er mars 2026"},
		"replace":         {replace("%d of %s, %d", "1", "%s", "3"), "1 of %s, 3"},
		"replace nothing": {replace("plain", "1"), "plain"},
		"note":            {fr.note(publish.NewNote(publish.Damaged, d, d+1, d+5)), "Endommagé et non compté\u00a0: 1er – 2 mars 2026, 6 mars 2026."},
	} {
		if tc[0] != tc[1] {
			t.Errorf("%s: got %q, want %q", name, tc[0], tc[1])
		}
	}
}
