package privacy

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"footfall/aggregate/hit"
)

// TestHitHoldsNothingElse walks hit.Hit and refuses every type that could
// carry what a visitor sent. A string may lie in it only as the one private
// field of a type of package hit that checks it.
func TestHitHoldsNothingElse(t *testing.T) {
	checked := map[string]bool{"Host": true, "Path": true, "Referrer": true, "FeatureName": true}
	var walk func(where string, typ reflect.Type, inHit bool)
	walk = func(where string, typ reflect.Type, inHit bool) {
		switch typ.Kind() {
		case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
			reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		case reflect.Array:
			walk(where+"[]", typ.Elem(), inHit)
		case reflect.Struct:
			if typ.PkgPath() != reflect.TypeFor[hit.Hit]().PkgPath() {
				t.Errorf("%s is a %v: not a type of package hit", where, typ)
				return
			}
			for i := range typ.NumField() {
				f := typ.Field(i)
				if f.Type.Kind() == reflect.String {
					if !checked[typ.Name()] || f.IsExported() || typ.NumField() != 1 {
						t.Errorf("%s.%s is a string that nothing checks", where, f.Name)
					}
					continue
				}
				walk(where+"."+f.Name, f.Type, true)
			}
		default:
			t.Errorf("%s is a %v: no enumeration, number or checked name", where, typ)
		}
	}
	walk("Hit", reflect.TypeFor[hit.Hit](), true)
}

// TestScrubbedIsAccepted builds paths of the pieces that rules look for.
func TestScrubbedIsAccepted(t *testing.T) {
	r := newReducer(t, Options{})
	pieces := rapid.SampledFrom([]string{
		"/", "//", "/./", "/../", "\\", ".", "..", "-", "_", "~", "+", " ", "(", ")", ":", "::", "@", "\uff20", "(at)", "=", "==",
		"&", ";", "?", "#", "%", "%2", "%25", "%2F", "%3B", "%3F", "%40", "%E2%80%8B", "%C2", "\x00", "\x7f", "\u200b", "\u202e",
		"\ufffd", "\xff", "\xe2\x80", "\x8b", "é", "日", "٣", "1", "12", "1234", "12345", "123456789", "20261124", "2026", "06",
		"0612345678", "a", "deadbeef", "deadbeef0123", "abc", "ABC", "V1StGXR8", "Z5jdHi6B", "utm_", "gclid", "id", ":id", ":email",
		":phone", ":param", ":long", "tel:", "html", ".html", "550e8400-e29b-41d4-a716-446655440000", "203.0.113.7", "[", "]",
		strings.Repeat("x", 200), strings.Repeat("é", 100),
	})
	rapid.Check(t, func(t *rapid.T) {
		s := "/" + strings.Join(rapid.SliceOfN(pieces, 0, 24).Draw(t, "pieces"), "")
		p, ok := r.path(s, nil)
		if !ok {
			t.Fatalf("path of %q: refused", s)
		}
		if _, err := hit.ParsePath(p.String()); err != nil {
			t.Fatalf("path of %q: %q is not accepted", s, p)
		}
		if again, ok := r.path(p.String(), nil); !ok || again != p {
			t.Fatalf("path of %q: got %q, again %q", s, p, again)
		}
	})
}

// TestReferrerIsAccepted does the same for referrers.
func TestReferrerIsAccepted(t *testing.T) {
	r := newReducer(t, Options{})
	pieces := rapid.SampledFrom([]string{
		"https://", "HTTP://", "android-app://", "//", "/", "\\", "?", "#", "@", ":", ":80", ":99999", "[", "]", ".", "..", "-", "_",
		"www.", "m.", "l.", "a", "example", "org", "com", "google", "fr", "co.uk", "facebook.com", "1", "0x7f", "%2E", "%61", "%", "é",
		"ß", "日本", "\u200b", "\xff", " ", "\t", "xn--", "xn--bcher-kva", "com.slack", strings.Repeat("a", 60),
	})
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(pieces, 0, 12).Draw(t, "pieces"), "")
		ref := referrerOf(r, s, r.sites[0])
		switch out := ref.String(); out {
		case hit.None, hit.Internal, hit.Other:
		default:
			if _, err := hit.ParseHost(out); err != nil {
				t.Fatalf("referrer of %q: %q is not accepted", s, out)
			}
			if again := referrerOf(r, out, r.sites[0]); again != ref {
				t.Fatalf("referrer of %q: got %q, again %q", s, ref, again)
			}
		}
	})
}

// TestCacheIsBounded asks that a flood of keys leaves two generations.
func TestCacheIsBounded(t *testing.T) {
	c := newCache[int]()
	for i := range 10 * cacheSize {
		c.put(uint64(i), i)
		if _, ok := c.get(0); !ok {
			t.Fatal("what is asked for again and again was dropped")
		}
	}
	if n := len(c.young) + len(c.old); n > 2*cacheSize {
		t.Errorf("%d entries, want at most %d", n, 2*cacheSize)
	}
}
