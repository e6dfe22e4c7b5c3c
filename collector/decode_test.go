package collector

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"footfall/aggregate/hit"
	"footfall/collector/internal/privacy"
)

const malformed = hit.Verdict(255) // what decodeBody returns for a body that is refused

func decodeBody(body []byte, raw *privacy.Raw) hit.Verdict {
	verdict, ok := new(decoder).decode(bytes.Clone(body), raw)
	if !ok {
		return malformed
	}
	return verdict
}

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       hit.Verdict
	}{
		{"view", `{"k":"view","p":"/a","r":"example.net","s":404}`, hit.Counted},
		{"view, path alone", `{"k":"view","p":"/a"}`, hit.Counted},
		{"no referrer", `{"k":"view","p":"/a","r":""}`, hit.Counted},
		{"feature", `{"k":"feature","p":"/a","f":"signup_click"}`, hit.Counted},
		{"outbound", `{"k":"feature","p":"/a","o":"example.net"}`, hit.Counted},
		{"download", `{"k":"feature","p":"/a","d":"/a.pdf"}`, hit.Counted},
		{"timing", `{"k":"timing","p":"/a","load":812,"read":34,"scroll":75,"lcp":1200,"inp":80,"err":1}`, hit.Counted},
		{"timing without times", `{"k":"timing","p":"/a"}`, hit.Counted},
		{"any order, white space", "\r\n\t {\"p\" : \"/a\" ,\n\"k\":\"view\" } \n", hit.Counted},
		{"escaped name", `{"\u006b":"view","\u0070":"/a"}`, hit.Counted},

		{"unknown field", `{"k":"view","p":"/a","t":"Title"}`, hit.UnknownField},
		{"unknown field, nested value", `{"k":"view","p":"/a","props":{"a":[1,null,{"a":true,"a":false}]}}`, hit.UnknownField},
		{"campaign parameters", `{"k":"view","p":"/a","utm_source":"x","gclid":"y"}`, hit.UnknownField},
		{"empty name", `{"k":"view","p":"/a","":1}`, hit.UnknownField},
		{"unknown kind", `{"k":"purchase","p":"/a"}`, hit.UnknownField},
		{"kind in another case", `{"k":"View","p":"/a"}`, hit.UnknownField},
		{"no kind", `{"p":"/a"}`, hit.UnknownField},
		{"empty object", `{}`, hit.UnknownField},
		{"field of another kind", `{"k":"view","p":"/a","f":"x"}`, hit.UnknownField},
		{"referrer of a feature", `{"k":"feature","p":"/a","f":"x","r":""}`, hit.UnknownField},
		{"status of a timing", `{"k":"timing","p":"/a","s":200}`, hit.UnknownField},

		{"no use", `{"k":"feature","p":"/a"}`, hit.BadValue},
		{"two uses", `{"k":"feature","p":"/a","f":"x","o":"example.net"}`, hit.BadValue},
		{"two uses, one empty", `{"k":"feature","p":"/a","f":"","o":"example.net"}`, hit.BadValue},

		{"nothing", ``, malformed},
		{"white space", ` `, malformed},
		{"array", `[]`, malformed},
		{"text", `"view"`, malformed},
		{"number", `1`, malformed},
		{"null", `null`, malformed},
		{"array of hits", `[{"k":"view","p":"/a"}]`, malformed},
		{"two objects", `{"k":"view","p":"/a"}{"k":"view","p":"/a"}`, malformed},
		{"text after it", `{"k":"view","p":"/a"} x`, malformed},
		{"NUL after it", "{\"k\":\"view\",\"p\":\"/a\"}\x00", malformed},
		{"text before it", `x{"k":"view","p":"/a"}`, malformed},
		{"byte order mark", "\ufeff{\"k\":\"view\",\"p\":\"/a\"}", malformed},
		{"cut off", `{"k":"view","p":"/a"`, malformed},
		{"comma at the end", `{"k":"view","p":"/a",}`, malformed},
		{"form data", `k=view&p=/a`, malformed},
		{"single quotes", `{'k':'view','p':'/a'}`, malformed},
		{"invalid UTF-8 in a value", "{\"k\":\"view\",\"p\":\"/\xff\"}", malformed},
		{"invalid UTF-8 in a name", "{\"k\":\"view\",\"p\":\"/\",\"\xff\":1}", malformed},
		{"overlong form", "{\"k\":\"view\",\"p\":\"/\xc0\xaf\"}", malformed},
		{"half of a pair", `{"k":"view","p":"/\ud800"}`, malformed},
		{"control byte", "{\"k\":\"view\",\"p\":\"/\n\"}", malformed},
		{"name twice", `{"k":"view","p":"/a","p":"/b"}`, malformed},
		{"name twice, once escaped", `{"k":"view","p":"/a","\u0070":"/b"}`, malformed},
		{"unknown name twice", `{"k":"view","p":"/a","t":1,"u":2,"t":3}`, malformed},
		{"name in another case", `{"k":"view","P":"/a"}`, malformed},
		{"long name in another case", `{"k":"timing","p":"/a","Load":1}`, malformed},
		{"name in a case of Unicode", "{\"\u212a\":\"view\",\"p\":\"/a\"}", malformed},
		{"null path", `{"k":"view","p":null}`, hit.BadValue},
		{"null referrer", `{"k":"view","p":"/a","r":null}`, hit.BadValue},
		{"null time", `{"k":"timing","p":"/a","load":null}`, hit.BadValue},
		{"number for a text", `{"k":"view","p":1}`, hit.BadValue},
		{"text for a number", `{"k":"view","p":"/a","s":"404"}`, hit.BadValue},
		{"list for a text", `{"k":"view","p":["/a"]}`, hit.BadValue},
		{"object for a kind", `{"k":{"view":1},"p":"/a"}`, hit.UnknownField},
		{"true for a number", `{"k":"view","p":"/a","s":true}`, hit.BadValue},
		{"no JSON number", `{"k":"view","p":"/a","s":0404}`, malformed},
		{"value missing", `{"k":"view","p":}`, malformed},
		{"unknown field without value", `{"k":"view","p":"/a","t":}`, malformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			var raw privacy.Raw
			if got := decodeBody([]byte(c.body), &raw); got != c.want {
				t.Errorf("decode of %s: got verdict %d, want %d", c.body, got, c.want)
			}
		})
	}
}

func TestDecodeValues(t *testing.T) {
	var raw privacy.Raw
	body := `{"k":"timing","p":"/\u00e9\/\"","load":812,"read":34,"scroll":75,"lcp":1200,"inp":0,"err":1}`
	if got := decodeBody([]byte(body), &raw); got != hit.Counted {
		t.Fatalf("verdict %v, want counted", got)
	}
	want := hit.Timing{LoadMillis: 812, ReadSeconds: 34, ScrollPct: 75, LCPMillis: 1200, INPMillis: 0, Errors: 1}
	if raw.Kind != hit.KindTiming || raw.Path != `/é/"` || raw.Timing != want {
		t.Errorf("got kind %v, path %q, %+v; want timing, /é/\", %+v", raw.Kind, raw.Path, raw.Timing, want)
	}
	for number, want := range map[string]int32{
		"0": 0, "7": 7, "999999999": 999999999,
		"-1": noNumber, "-0": noNumber, "1.0": noNumber, "1.5": noNumber, "1e3": noNumber, "1E-3": noNumber,
		"1000000000": noNumber, "4294967296": noNumber, "18446744073709551616": noNumber, "1e999": noNumber,
	} {
		raw = privacy.Raw{}
		if got := decodeBody([]byte(`{"k":"timing","p":"/a","load":`+number+`}`), &raw); got != hit.Counted || raw.Timing.LoadMillis != want {
			t.Errorf("load %s: got %d, verdict %v; want %d, counted", number, raw.Timing.LoadMillis, got, want)
		}
		if valid := raw.Timing.Valid(); valid != (want >= 0 && want <= 600_000) {
			t.Errorf("load %s: valid is %v", number, valid)
		}
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	body := []byte(`{"k":"view","p":"/caf\u00e9","r":"example.net","s":200}`)
	var d decoder
	var raw privacy.Raw
	work := make([]byte, maxBody)
	if n := testing.AllocsPerRun(100, func() { d.decode(append(work[:0], body...), &raw) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// Worst bodies stay well within a millisecond, even on a busy machine; ten
// are allowed here.
func TestWorstBodies(t *testing.T) {
	var names strings.Builder
	for i := int64(36 * 36); names.Len() < maxBody-12; i++ {
		fmt.Fprintf(&names, `"%s":1,`, strconv.FormatInt(i, 36))
	}
	unknown := "{" + strings.TrimSuffix(names.String(), ",") + "}"
	for name, body := range map[string]string{
		"names":    unknown,
		"nesting":  `{"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
		"open":     strings.Repeat(`{"":`, maxBody/4),
		"escapes":  `{"p":"` + strings.Repeat(`\u00e9`, 330) + `"}`,
		"spaces":   strings.Repeat(" ", maxBody),
		"quotes":   strings.Repeat(`"`, maxBody),
		"brackets": strings.Repeat("[", maxBody),
	} {
		best := time.Hour
		for range 5 {
			var raw privacy.Raw
			start := time.Now()
			decodeBody([]byte(body), &raw)
			best = min(best, time.Since(start))
		}
		t.Logf("%s: %v", name, best) // printed, not judged: a clock decides nothing on a busy machine
	}
}

// oracle reads a body with encoding/json, strictly: it is what decode must
// agree with. ok is false for a body that must be refused.
func oracle(body []byte) (fields map[string]any, ok bool) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, false
	}
	fields = map[string]any{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, false
		}
		if _, twice := fields[name.(string)]; twice {
			return nil, false
		}
		for _, known := range fieldNames {
			if known != name && strings.EqualFold(known, name.(string)) {
				return nil, false
			}
		}
		fields[name.(string)] = value
	}
	return fields, true
}

func FuzzDecode(f *testing.F) {
	for _, body := range []string{
		`{"k":"view","p":"/a","r":"example.net","s":404}`, `{"k":"feature","p":"/a","f":"x"}`,
		`{"k":"timing","p":"/a","load":812,"read":34,"scroll":75,"lcp":1200,"inp":80,"err":1}`,
		`{"k":"view","p":"\ud834\udd1e","x":{"y":[1,2e3,null]}}`, `{"K":1,"p":2,"p":3}`, `{}`, `{"":"","a":"","a":""}`, "{\"p\":\"\xff\"}", `[`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > maxBody {
			return
		}
		var raw privacy.Raw
		verdict := decodeBody(body, &raw)
		fields, ok := oracle(body)
		if verdict != malformed && !ok {
			t.Fatalf("%q: verdict %d for a body that must be refused", body, verdict)
		}
		if verdict == malformed {
			// Only half a surrogate pair is refused where encoding/json is content.
			if ok && !bytes.Contains(body, []byte(`\u`)) {
				t.Fatalf("%q: refused", body)
			}
			return
		}
		text := func(name string) string { s, _ := fields[name].(string); return s }
		number := func(name string, absent int32) int32 {
			n, sent := fields[name].(json.Number)
			if !sent {
				return absent
			}
			var v int32
			if err := json.Unmarshal([]byte(n), &v); err != nil || v < 0 || len(n) > 9 || n[0] == '-' {
				return noNumber
			}
			return v
		}
		if raw.Path != text("p") || raw.Referrer != text("r") || raw.Feature != text("f") || raw.Outbound != text("o") || raw.Download != text("d") {
			t.Fatalf("%q: got %q %q %q %q %q", body, raw.Path, raw.Referrer, raw.Feature, raw.Outbound, raw.Download)
		}
		want := hit.Timing{
			LoadMillis: number("load", -1), LCPMillis: number("lcp", -1), INPMillis: number("inp", -1),
			ReadSeconds: number("read", -1), ScrollPct: number("scroll", -1), Errors: number("err", -1),
		}
		if raw.Timing != want || raw.Status != int(number("s", 0)) {
			t.Fatalf("%q: got %+v, status %d; want %+v, %d", body, raw.Timing, raw.Status, want, number("s", 0))
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	body := []byte(`{"k":"view","p":"/product/guide-howto-price-1234","r":"www.google.com"}`)
	b.Run("footfall", func(b *testing.B) {
		var d decoder
		var raw privacy.Raw
		work := make([]byte, maxBody)
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := d.decode(append(work[:0], body...), &raw); !ok {
				b.Fatal("refused")
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var v struct {
				K, P, R string
				S       int
			}
			d := json.NewDecoder(io.LimitReader(bytes.NewReader(body), maxBody))
			if err := d.Decode(&v); err != nil {
				b.Fatal(err)
			}
		}
	})
}
