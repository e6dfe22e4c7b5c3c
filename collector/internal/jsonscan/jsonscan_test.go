package jsonscan

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// valid tells whether the whole text is one value.
func valid(text []byte) bool {
	var s Scanner
	s.Reset(bytes.Clone(text))
	return s.Skip() && s.End()
}

func TestSkipAgreesWithEncodingJSON(t *testing.T) {
	for _, text := range []string{
		"", " ", "0", "-0", "-", "00", "01", "1.", "1.5", ".5", "1e", "1e+", "1e+9", "1E-9", "+1", "1 ", " 1", "1 1",
		"true", "tru", "truee", "false", "null", "nul", "NaN", "Infinity",
		`""`, `"a"`, `"`, `"a`, `"\"`, `"\\"`, `"\/\b\f\n\r\t"`, `"\x41"`, `"\u0041"`, `"\u004"`, `"\u00zz"`, "\"\x00\"", "\"\n\"",
		`[]`, `[1]`, `[1,]`, `[,1]`, `[1 2]`, `[`, `]`, `[[[]]]`, `[}`, `{]`,
		`{}`, `{"a":1}`, `{"a":1,}`, `{"a"}`, `{"a":}`, `{a:1}`, `{1:1}`, `{"a":{"b":[1,2,{"c":null}]}}`, `{"a":1 "b":2}`,
		"\ufeff{}", "{}\x00", "\t\n\r {}\t\n\r ", "\f{}", "/**/{}", `{'a':1}`,
	} {
		if got, want := valid([]byte(text)), json.Valid([]byte(text)); got != want {
			t.Errorf("valid(%q) = %v, encoding/json says %v", text, got, want)
		}
	}
}

func TestString(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		ok               bool
	}{
		{"empty", `""`, "", true},
		{"plain", `"a/b"`, "a/b", true},
		{"not ASCII", `"é☃𝄞"`, "é☃𝄞", true},
		{"short escapes", `"\"\\\/\b\f\n\r\t"`, "\"\\/\b\f\n\r\t", true},
		{"escape in the middle", `"ab\u00e9cd"`, "abécd", true},
		{"NUL by escape", `"\u0000"`, "\x00", true},
		{"pair", `"\ud834\udd1e"`, "𝄞", true},
		{"capital hexadecimal", `"\uD834\uDD1E"`, "𝄞", true},
		{"high half alone", `"\ud834"`, "", false},
		{"high half, then text", `"\ud834abcdef"`, "", false},
		{"high half twice", `"\ud834\ud834"`, "", false},
		{"low half alone", `"\udd1e"`, "", false},
		{"halves turned round", `"\udd1e\ud834"`, "", false},
		{"unknown escape", `"\a"`, "", false},
		{"escape cut off", `"\u12`, "", false},
		{"backslash at the end", `"\`, "", false},
		{"control byte", "\"a\tb\"", "", false},
		{"control byte behind an escape", "\"\\n\t\"", "", false},
		{"not closed behind an escape", `"\n`, "", false},
		{"no string", `1`, "", false},
		{"nothing", ``, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s Scanner
			s.Reset([]byte(c.text))
			got, ok := s.String()
			if got != c.want || ok != c.ok || ok && !s.End() {
				t.Errorf("String of %s = %q, %v at end %v; want %q, %v", c.text, got, ok, s.End(), c.want, c.ok)
			}
		})
	}
}

func TestDepth(t *testing.T) {
	nested := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	if !valid(nested(MaxDepth)) {
		t.Errorf("%d arrays in one another were refused", MaxDepth)
	}
	if valid(nested(MaxDepth + 1)) {
		t.Errorf("%d arrays in one another were accepted", MaxDepth+1)
	}
	if valid([]byte(strings.Repeat("[", 1<<20))) {
		t.Error("a mebibyte of brackets was accepted")
	}
}

func FuzzSkip(f *testing.F) {
	for _, text := range []string{`{"k":"view","p":"/\u00e9","s":404}`, `[1,-2.5e+3,true,false,null,{"":""}]`, `"\ud834\udd1e"`, `{"a":`, "\"\xff\""} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, want := valid(text), json.Valid(text)
		if got && !want {
			t.Fatalf("%q: accepted what encoding/json refuses", text)
		}
		if !got && want && !bytes.Contains(text, []byte(`\u`)) && bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) <= MaxDepth {
			t.Fatalf("%q: refused what encoding/json accepts", text)
		}
		var s Scanner
		s.Reset(bytes.Clone(text))
		if str, ok := s.String(); ok && s.End() && utf8.Valid(text) {
			var want string
			if err := json.Unmarshal(text, &want); err != nil || str != want {
				t.Fatalf("%q: String = %q, encoding/json says %q, %v", text, str, want, err)
			}
		}
	})
}
