package evidence

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func assessed(t *testing.T, f *Facts, lang string) *Assessment {
	t.Helper()
	a, err := Assess(f, lang)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestEveryCriterionIsAnswered holds that the grid is whole in both languages,
// and that something stands behind each line.
func TestEveryCriterionIsAnswered(t *testing.T) {
	ids := make(map[string]bool)
	for _, c := range criteria {
		ids[c.id] = true
	}
	for _, lang := range Languages {
		words, err := readCriteria(lang)
		if err != nil {
			t.Fatal(err)
		}
		for id := range words {
			if !ids[id] {
				t.Errorf("%s: words of %s, which is no criterion", lang, id)
			}
		}
		for _, c := range assessed(t, full(), lang).Criteria {
			if c.Title == "" || c.Requirement == "" || c.Construction == "" || c.Source == "" {
				t.Errorf("%s, %s: not answered: %+v", lang, c.ID, c)
			}
			if len(c.Evidence.Tests) == 0 && !c.Evidence.Live && !c.Evidence.Sign {
				t.Errorf("%s, %s: nothing stands behind it", lang, c.ID)
			}
		}
	}
	en, fr := assessed(t, full(), "en").Criteria, assessed(t, full(), "fr").Criteria
	for i := range en {
		if a, b := en[i], fr[i]; a.Evidence.Live != b.Evidence.Live || a.Evidence.Sign != b.Evidence.Sign || (a.Reading == "") != (b.Reading == "") || a.Verdict != b.Verdict {
			t.Errorf("%s is not answered alike in both languages", a.ID)
		}
	}
	if len(criteria) != 21+13 {
		t.Errorf("got %d criteria, want A-01 to A-21 and B-01 to B-13", len(criteria))
	}
}

// testsOf finds the tests of the repository, as package.Test.
func testsOf(t *testing.T, root string) map[string]bool {
	t.Helper()
	function := regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
	out := make(map[string]bool)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		for _, found := range function.FindAllStringSubmatch(string(text), -1) {
			out[filepath.ToSlash(dir)+"."+found[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestNamedTestsExist holds that every test that a criterion names is there:
// one that is renamed or taken away takes its evidence along.
func TestNamedTestsExist(t *testing.T) {
	known := testsOf(t, filepath.Join("..", "..", ".."))
	if known["cmd/footfall.TestNotThere"] || !known["cmd/footfall/evidence.TestNamedTestsExist"] {
		t.Fatal("the search finds what is not there, or not what is")
	}
	for _, c := range criteria {
		for _, name := range c.tests {
			if !known[name] {
				t.Errorf("%s: no test is called %s", c.id, name)
			}
		}
	}
}

// TestVerdictsFollowTheFacts changes one fact at a time.
func TestVerdictsFollowTheFacts(t *testing.T) {
	stored := func(change func(*Stored)) func(*Facts) { return func(f *Facts) { change(f.Sites[0].Stored) } }
	tests := []struct {
		name   string
		change func(*Facts)
		id     string
		want   Verdict
		says   string // in English, of that criterion
	}{
		{"refusal reaches nobody", func(f *Facts) { f.Reach = ReachNone }, "A-17", NotMet, "reaches no site's pages"},
		{"refusal at a neighbour", func(f *Facts) { f.Reach = ReachDomain }, "A-17", Met, "seven days only"},
		{"nobody knows where", func(f *Facts) { f.Reach = ReachUnknown }, "A-17", Publisher, "No public_url is set"},
		{"logs without objections", stored(func(s *Stored) { s.NoObjections = "2026-10-01 to 2026-10-03" }), "A-17", NotMet, "2026-10-01 to 2026-10-03"},
		{"days too old", stored(func(s *Stored) { s.Oldest, s.Overdue = "2025-10-01", true }), "A-18", NotMet, "older days are still there"},
		{"a purge", stored(func(s *Stored) { s.LastPurge = "2026-11-01" }), "A-18", Met, "last deletion in the log 2026-11-01"},
		{"deletion held", stored(func(s *Stored) { s.Overdue, s.Held = true, true }), "A-18", NotMet, "held back"},
		{"25 months", func(f *Facts) { f.Sites[0].Retention = 25 }, "A-18", Met, "www.example.org: 25 months"},
		{"26 months", func(f *Facts) { f.Sites[0].Retention = 26 }, "A-18", NotMet, "26 months"},
		{"not looked at", func(f *Facts) { f.Sites[0].Stored, f.Sites[1].Stored, f.Database = nil, nil, nil }, "A-18", Publisher, "13 months"},
		{"a longer prefix", func(f *Facts) { f.PrefixV4 = 32 }, "A-12", NotMet, "32 bits of IPv4"},
		{"a shorter prefix", func(f *Facts) { f.PrefixV4 = 16 }, "A-12", Met, "16 bits of IPv4"},
		{"own countries", func(f *Facts) { f.OwnCountryFile = true }, "A-12", Met, "operator's own database"},
		{"no features", func(f *Facts) { f.Sites[0].Features = nil }, "A-10", Met, "www.example.org: no feature declared"},
		{"no keys", func(f *Facts) { f.Sites[0].NoVisitors = true }, "A-13", Met, "no key is made"},
		{"declared paths", func(f *Facts) { f.Sites[0].DeclaredOnly = true }, "A-11", Met, "www.example.org: only declared paths"},
		{"digits kept", func(f *Facts) { f.Sites[0].Numbers = []string{"/article/*"} }, "A-11", Met, "digits are kept under /article/*"},
		{"damaged", stored(func(s *Stored) { s.Damaged = "2026-10-05" }), "A-03", Met, "damaged 2026-10-05"},
		{"restarts", stored(func(s *Stored) { s.Restarted = "2026-10-06" }), "A-13", Met, "restarts on 2026-10-06"},
		{"no DPO", func(f *Facts) { f.Controller.DPO = "" }, "A-21", Publisher, "Missing in [controller]: dpo."},
		{"no hosting", func(f *Facts) { f.Controller.Hosting = "" }, "A-02", Publisher, ""},
		{"review due", func(f *Facts) { f.Controller.ReviewDue = true }, "B-02", Publisher, "one is due"},
		{"metrics for all", func(f *Facts) { f.AdminBeyond = true }, "B-07", Publisher, "beyond the machine"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := full()
			tt.change(f)
			for _, lang := range Languages {
				a := assessed(t, f, lang)
				i := slices.IndexFunc(a.Criteria, func(c Criterion) bool { return c.ID == tt.id })
				if got := a.Criteria[i]; got.Verdict != tt.want || lang == "en" && !strings.Contains(got.Live, tt.says) {
					t.Errorf("%s, %s: got %q and %q, want %q and %q", lang, tt.id, got.Verdict, got.Live, tt.want, tt.says)
				}
				d, err := a.Document()
				if err != nil {
					t.Fatal(err)
				}
				var text strings.Builder
				if err := d.Write(&text, "text"); err != nil {
					t.Fatal(err)
				}
				said := strings.Contains(oneLine(text.String()), oneLine(sentences[lang]))
				if want := tt.want != NotMet; said != want || (a.Sentence != "") != want {
					t.Errorf("%s: the sentence of conformity stands there: %t, want %t", lang, said, want)
				}
			}
		})
	}
}

// TestAssessmentAsData holds what the JSON names, so that others can read it.
func TestAssessmentAsData(t *testing.T) {
	var b strings.Builder
	if err := assessed(t, full(), "en").Write(&b, "json"); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Sentence string
		Criteria []struct {
			ID, Verdict string
			Evidence    struct{ Tests []string }
		}
	}
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	if got.Sentence == "" || len(got.Criteria) != len(criteria) || got.Criteria[0].ID != "A-01" || len(got.Criteria[0].Evidence.Tests) == 0 {
		t.Errorf("got %+v", got)
	}
}
