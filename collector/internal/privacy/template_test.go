package privacy

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"footfall/aggregate/hit"
)

func rulesOf(t testing.TB, p Paths) *pathRules {
	t.Helper()
	rules, err := newPathRules(&p)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func TestTemplates(t *testing.T) {
	r := newReducer(t, Options{})
	templates := Paths{Templates: []string{"/", "/order/new", "/order/*", "/user/:id/mail/*", "/shop/*/reviews", "/12345/*", "/a b/é"}}
	declared := templates
	declared.DeclaredOnly = true
	for _, c := range []struct{ name, in, want, declared string }{
		{"one segment", "/order/abc", "/order/*", ""},
		{"an identifier", "/order/1234567", "/order/*", ""},
		{"more segments", "/order/abc/items/7", "/order/*", ""},
		{"no segment", "/order", "/order", hit.Other},
		{"nothing behind the slash", "/order/", "/order", hit.Other},
		{"first in the list", "/order/new", "/order/new", ""},
		{"and no further", "/order/new/x", "/order/*", ""},
		{"query and fragment", "/order/abc?order=7#x", "/order/*", ""},
		{"matrix parameters", "/order;v=1/abc;s=2", "/order/*", ""},
		{"double slash", "//order//abc", "/order/*", ""},
		{"dot segments", "/x/../order/./abc", "/order/*", ""},
		{"dot segments out of it", "/order/abc/../..", "/", "/"},
		{"escapes", "/%6frder/%61bc", "/order/*", ""},
		{"whole URL", "https://www.example.org/order/abc", "/order/*", ""},
		{"a star as it is sent", "/order/*", "/order/*", ""},
		{"a mail address", "/order/a@b.example", "/order/*", ""},
		{"another page", "/orders/abc", "/orders/abc", hit.Other},
		{"another case", "/Order/abc", "/Order/abc", hit.Other},
		{"by what scrubbing makes", "/user/1234567/mail/7", "/user/:id/mail/*", ""},
		{"as it is written", "/user/:id/mail/7", "/user/:id/mail/*", ""},
		{"not of another kind", "/user/alice/mail/7", "/user/alice/mail/7", hit.Other},
		{"a star within", "/shop/lamp/reviews", "/shop/*/reviews", ""},
		{"is one segment", "/shop/lamp/red/reviews", "/shop/lamp/red/reviews", hit.Other},
		{"and ends there", "/shop/lamp/reviews/2", "/shop/lamp/reviews/2", hit.Other},
		{"a literal that scrubbing would replace", "/12345/x", "/12345/*", ""},
		{"that number alone", "/54321/x", "/:id/x", hit.Other},
		{"other characters", "/a%20b/%C3%A9", "/a b/é", ""},
		{"home", "/", "/", ""},
		{"home of a URL", "https://www.example.org?x", "/", ""},
		{"not told", "/clients/acme-ltd", "/clients/acme-ltd", hit.Other},
		{"very long", "/order/" + strings.Repeat("a/", 4000), "/order/*", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.declared == "" {
				c.declared = c.want
			}
			if got, ok := r.path(c.in, rulesOf(t, templates)); !ok || got.String() != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if got, ok := r.path(c.in, rulesOf(t, declared)); !ok || got.String() != c.declared {
				t.Errorf("declared only: got %q, want %q", got, c.declared)
			}
		})
	}
	for _, in := range []string{"", "*", "order/abc", "ftp://x/order/abc"} {
		if got, ok := r.path(in, rulesOf(t, declared)); ok {
			t.Errorf("%q: got %q, want a refusal", in, got)
		}
	}
}

func TestNumbers(t *testing.T) {
	r := newReducer(t, Options{})
	rules := rulesOf(t, Paths{Templates: []string{"/article/latest"}, Numbers: []string{"/article/*", "/99999/*/comments"}})
	long := strings.Repeat("x-", hit.MaxPath/2)
	for _, c := range []struct{ name, in, want string }{
		{"digits", "/article/1234567", "/article/1234567"},
		{"few digits", "/article/12", "/article/12"},
		{"an extension", "/article/1234567.html", "/article/1234567.html"},
		{"digits of 64 bits", "/article/18446744073709551615", "/article/18446744073709551615"},
		{"more digits", "/article/184467440737095516150", "/article/:id"},
		{"deeper", "/article/1234567/7654321", "/article/1234567/7654321"},
		{"a UUID", "/article/550e8400-e29b-41d4-a716-446655440000", "/article/:id"},
		{"a telephone number", "/article/+33612345678", "/article/:phone"},
		{"a mail address", "/article/a@b.example", "/article/:email"},
		{"a parameter", "/article/id=1234567", "/article/:param"},
		{"other digits", "/article/١٢٣٤٥", "/article/:id"},
		{"words and digits", "/article/title-123456789", "/article/title-:id"},
		{"another place", "/user/1234567", "/user/:id"},
		{"before the star", "/1234567/article/1", "/:id/article/1"},
		{"a template first", "/article/latest", "/article/latest"},
		{"a literal that scrubbing would replace", "/99999/1234567/comments", "/99999/1234567/comments"},
		{"another end", "/99999/1234567/likes", "/:id/:id/likes"},
		{"too long to keep", "/article/1234567/" + long, "/article/:id/:long"},
		{"as it was kept", "/article/:id/:long", "/article/:id/:long"},
		{"more segments than templates have", "/article/1234567" + strings.Repeat("/a", 40) + "/1234567", "/article/1234567" + strings.Repeat("/a", 40) + "/:id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := r.path(c.in, rules)
			if !ok || got.String() != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if again, _ := r.path(got.String(), rules); again != got {
				t.Errorf("again: got %q, want %q", again, got)
			}
		})
	}
}

func TestTemplatesAreChecked(t *testing.T) {
	many := make([]string, maxTemplates+1)
	for i := range many {
		many[i] = "/a"
	}
	for _, c := range []struct {
		name string
		p    Paths
		want error
	}{
		{"none", Paths{}, nil},
		{"declared only", Paths{DeclaredOnly: true}, nil},
		{"all kinds", Paths{Templates: []string{"/", "/a", "/a/*", "/*/a", "/:id/é"}, Numbers: []string{"/*"}}, nil},
		{"longest", Paths{Templates: []string{strings.Repeat("/*", maxSegments)}}, nil},
		{"too long", Paths{Templates: []string{strings.Repeat("/*", maxSegments+1)}}, errTemplate},
		{"empty", Paths{Templates: []string{""}}, errTemplate},
		{"no slash", Paths{Templates: []string{"order/*"}}, errTemplate},
		{"star alone", Paths{Templates: []string{"*"}}, errTemplate},
		{"final slash", Paths{Templates: []string{"/order/"}}, errTemplate},
		{"star in a word", Paths{Templates: []string{"/order-*"}}, errTemplate},
		{"two stars", Paths{Templates: []string{"/order/**"}}, errTemplate},
		{"query", Paths{Templates: []string{"/order?x"}}, errTemplate},
		{"dots", Paths{Templates: []string{"/order/.."}}, errTemplate},
		{"escape", Paths{Templates: []string{"/order/%41"}}, errTemplate},
		{"the mark of what is too long", Paths{Templates: []string{"/order/:long"}}, errTemplate},
		{"number without a star", Paths{Numbers: []string{"/article"}}, errNoStar},
		{"number that is no template", Paths{Numbers: []string{"article/*"}}, errTemplate},
		{"most", Paths{Templates: many[1:]}, nil},
		{"too many", Paths{Templates: many}, errTemplates},
		{"too many of both kinds", Paths{Templates: many[1:], Numbers: []string{"/*"}}, errTemplates},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := New(Options{Sites: []Site{{Host: host(t, "a.example"), Paths: c.p}}}); err != c.want {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	if ParseTemplate("/order/*") != nil || ParseTemplate("/order-*") == nil {
		t.Error("ParseTemplate and New disagree")
	}
}

// checkNamed holds what is true of every path under every rules.
func checkNamed(t interface {
	Errorf(format string, args ...any)
	Helper()
}, r *Reducer, s string, rules *pathRules) {
	t.Helper()
	p, ok := r.path(s, rules)
	if _, plain := r.path(s, nil); plain != ok {
		t.Errorf("path of %q: rules changed whether it is one", s)
	}
	if !ok || p == hit.OtherPath() {
		return
	}
	if _, err := hit.ParsePath(p.String()); err != nil {
		t.Errorf("path of %q: %q is not accepted", s, p)
	}
	if again, _ := r.path(p.String(), rules); again != p {
		t.Errorf("path of %q: got %q, again %q", s, p, again)
	}
	if !rules.declaredOnly {
		return
	}
	for i := range rules.templates {
		if rules.templates[i].name == p {
			return
		}
	}
	t.Errorf("path of %q: %q was not declared", s, p)
}

// TestNamesAreStable builds paths and templates of the same pieces.
func TestNamesAreStable(t *testing.T) {
	r := newReducer(t, Options{})
	pieces := []string{"*", "a", "b", ":id", ":email", ":long", "12345", "1234567890", "20261124", "x@y.example", "k=v", "..", ".", "", ";m=1",
		"a&k=v", "%2F", "%2A", "1.html", "12345.html", "é", "٣٣٣٣٣", strings.Repeat("x-", 200)}
	paths := rapid.Map(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 6), func(all []string) string { return "/" + strings.Join(all, "/") })
	rapid.Check(t, func(t *rapid.T) {
		p := Paths{DeclaredOnly: rapid.Bool().Draw(t, "declared only")}
		for range rapid.IntRange(0, 4).Draw(t, "templates") {
			p.Templates = keepValid(p.Templates, paths.Draw(t, "template"))
		}
		for range rapid.IntRange(0, 2).Draw(t, "number templates") {
			p.Numbers = keepValid(p.Numbers, paths.Draw(t, "number template"))
		}
		rules, err := newPathRules(&p)
		if err != nil {
			return // a number template without a star
		}
		if rules == nil {
			rules = &pathRules{}
		}
		checkNamed(t, r, paths.Draw(t, "path"), rules)
	})
}

func keepValid(all []string, s string) []string {
	if ParseTemplate(s) != nil {
		return all
	}
	return append(all, s)
}

func FuzzTemplates(f *testing.F) {
	for i, s := range seedStrings {
		f.Add(s, "/*/a\n/"+s, "/*", i%2 == 0)
		f.Add("/a/"+s, "/a/b", "/a/*", i%2 == 0)
	}
	r := newReducer(f, Options{})
	f.Fuzz(func(t *testing.T, s, templates, numbers string, declaredOnly bool) {
		rules := &pathRules{declaredOnly: declaredOnly}
		for one := range strings.SplitSeq(templates, "\n") {
			if parsed, err := parseTemplate(one); err == nil {
				rules.templates = append(rules.templates, parsed)
			}
		}
		if parsed, err := parseTemplate(numbers); err == nil {
			rules.numbers = append(rules.numbers, parsed)
		}
		checkNamed(t, r, s, rules)
	})
}

// TestRulesAllocateNothing asks it of templates, numbers and what is other.
func TestRulesAllocateNothing(t *testing.T) {
	r := newReducer(t, Options{})
	rules := rulesOf(t, Paths{Templates: []string{"/order/*"}, Numbers: []string{"/article/*"}})
	for _, s := range []string{"/order/12345", "/article/12345", "/blog/x"} {
		r.path(s, rules)
		if n := testing.AllocsPerRun(100, func() { r.path(s, rules) }); n > 0 {
			t.Errorf("%s: %v allocations, want none", s, n)
		}
	}
}

func BenchmarkTemplates(b *testing.B) {
	r := newReducer(b, Options{})
	p := Paths{Numbers: []string{"/article/*"}}
	for _, c := range "abcdefghijklmnopqrst" {
		p.Templates = append(p.Templates, "/blog/*/"+string(c))
	}
	rules := rulesOf(b, p)
	b.ReportAllocs()
	for b.Loop() {
		r.path("/blog/2026/11/how-we-count-visits", rules)
	}
}
