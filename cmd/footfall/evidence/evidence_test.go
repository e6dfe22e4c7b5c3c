package evidence

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// full is a publisher that has said everything.
func full() *Facts {
	return &Facts{
		Version: "v1.0.0", Day: "2026-11-25",
		Controller: Controller{
			Name: "Example SAS, 1 rue de la Paix, 75002 Paris", Contact: "privacy@example.org", DPO: "dpo@example.org",
			Hosting: "Hébergeur SA, France", ReviewedOn: "2026-11-01",
		},
		Sites: []Site{
			{Host: "www.example.org", Zone: "Europe/Paris", Retention: 13, Features: []string{"signup_click"},
				Stored: &Stored{Oldest: "2025-11-01", Newest: "2026-11-24", FirstKept: "2025-11-01", Restarted: "2026-11-02"}},
			{Host: "shop.example.org", Zone: "Europe/Paris", Retention: 6, DeclaredOnly: true,
				Stored: &Stored{Oldest: "2026-06-01", Newest: "2026-11-24", FirstKept: "2026-06-01"}},
		},
		Database: &Database{FileBytes: 9 << 20, FreeBytes: 1 << 20},
		PrefixV4: 24, PrefixV6: 48,
		ObjectionURL: "https://www.example.org/footfall/optout", NoticeURL: "https://www.example.org/footfall/notice",
		Reach: ReachSite,
	}
}

// documents are those that this package writes, by name.
var documents = map[string]func(*Facts, string) (*Document, error){
	"notice": Notice,
	"record": Record,
	"assessment": func(f *Facts, lang string) (*Document, error) {
		a, err := Assess(f, lang)
		if err != nil {
			return nil, err
		}
		return a.Document()
	},
}

func written(t *testing.T, name string, f *Facts, lang, format string) string {
	t.Helper()
	d, err := documents[name](f, lang)
	if err != nil {
		t.Fatalf("%s in %s: %v", name, lang, err)
	}
	var b strings.Builder
	if err := d.Write(&b, format); err != nil {
		t.Fatalf("%s in %s as %s: %v", name, lang, format, err)
	}
	return b.String()
}

// TestGolden holds every document in both languages: a diff is read.
func TestGolden(t *testing.T) {
	for name := range documents {
		for _, lang := range Languages {
			for _, format := range Formats {
				got := written(t, name, full(), lang, format)
				path := filepath.Join("testdata", name+"."+lang+"."+format)
				if *update {
					if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal([]byte(got), want) {
					t.Errorf("%s differs from what is written: run go test ./cmd/footfall/evidence -update and read the diff", path)
				}
			}
		}
	}
}

// TestNoticeSaysEverything holds each item of GDPR Art. 13 as CNIL.md E.1 lists
// them, and that the figures are those of the facts.
func TestNoticeSaysEverything(t *testing.T) {
	items := map[string][]string{
		"en": {"Example SAS, 1 rue de la Paix, 75002 Paris", "privacy@example.org", "dpo@example.org", "Hébergeur SA, France", "2026-11-01",
			"measuring performance", "detecting navigation problems", "ergonomics", "power of the servers", "which content is viewed",
			"Article 6(1)(f)", "Article 82", "path of the address", "host name of the site that led here", "major version", "classes of device",
			"countries", "loading, reading and scrolling times", "first 24 bits (IPv4) or 48 bits (IPv6)", "user agent", "overwritten each night",
			"open visit", "no connection to others", "no transfer outside the European Union",
			"www.example.org: daily counts are kept for 13 calendar months", "shop.example.org: daily counts are kept for 6 calendar months",
			"access", "erasure", "restriction", "object at any time", "complaint with the CNIL", "Article 11", "https://www.example.org/footfall/optout",
			"automated means", "no profile", "Last reviewed", "6–13 months", "delete your cookies"},
		"fr": {"Example SAS, 1 rue de la Paix, 75002 Paris", "privacy@example.org", "dpo@example.org", "Hébergeur SA, France", "2026-11-01",
			"mesure des performances", "détection de problèmes de navigation", "ergonomie", "puissance des serveurs", "contenus consultés",
			"article 6", "article 82", "chemin de l’adresse", "nom d’hôte du site qui a mené ici", "version majeure", "classes d’appareils",
			"pays", "temps de chargement et de lecture", "24 premiers bits (IPv4) ou 48 premiers bits (IPv6)", "agent utilisateur", "écrasé chaque nuit",
			"visite ouverte", "aucune connexion", "aucun transfert hors de l’Union européenne",
			"www.example.org : les totaux par jour sont conservés 13 mois calendaires", "shop.example.org : les totaux par jour sont conservés 6 mois",
			"accès", "effacement", "limitation", "opposer à tout moment", "réclamation à la CNIL", "article 11", "https://www.example.org/footfall/optout",
			"décision automatisée", "aucun profil", "Dernière révision", "6–13 mois", "supprimez vos cookies"},
	}
	for lang, wants := range items {
		got := oneLine(written(t, "notice", full(), lang, "text"))
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s: the notice does not say %q", lang, want)
			}
		}
		if strings.Contains(got, "[") {
			t.Errorf("%s: something is still missing: %s", lang, got)
		}
	}
}

// oneLine takes breaks of lines and unbreakable spaces away.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\n' || r == '\u00a0' }), " ")
}

// TestSettingsChangeTheText changes one fact at a time: the text follows.
func TestSettingsChangeTheText(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Facts)
		en, fr string
	}{
		{"no name", func(f *Facts) { f.Controller.Name = "" }, "[to be completed by the publisher: controller.name]", "[à compléter par l’éditeur : controller.name]"},
		{"no contact", func(f *Facts) { f.Controller.Contact = "" }, "controller.contact]", "controller.contact]"},
		{"no DPO", func(f *Facts) { f.Controller.DPO = "" }, "controller.dpo]", "controller.dpo]"},
		{"no hosting", func(f *Facts) { f.Controller.Hosting = "" }, "controller.hosting]", "controller.hosting]"},
		{"no review", func(f *Facts) { f.Controller.ReviewedOn = "" }, "controller.reviewed_on]", "controller.reviewed_on]"},
		{"retention", func(f *Facts) { f.Sites[0].Retention = 25 }, "kept for 25 calendar months", "conservés 25 mois calendaires"},
		{"prefix", func(f *Facts) { f.PrefixV4 = 16 }, "first 16 bits (IPv4)", "16 premiers bits (IPv4)"},
		{"no keys", func(f *Facts) { f.Sites[0].NoVisitors, f.Sites[1].NoVisitors = true, true }, "not even within a day", "pas même au cours d’une journée"},
		{"neighbour", func(f *Facts) { f.Reach = ReachDomain }, "after seven days", "après sept jours"},
		{"objection", func(f *Facts) { f.ObjectionURL = "https://stats.example.org/optout" }, "https://stats.example.org/optout", "https://stats.example.org/optout"},
		{"host", func(f *Facts) { f.Sites[0].Host = "blog.example.org" }, "blog.example.org", "blog.example.org"},
	}
	for _, tt := range tests {
		for lang, want := range map[string]string{"en": tt.en, "fr": tt.fr} {
			f := full()
			if before := oneLine(written(t, "notice", f, lang, "text")); strings.Contains(before, want) {
				t.Errorf("%s, %s: %q is there before the change", tt.name, lang, want)
			}
			tt.change(f)
			if after := oneLine(written(t, "notice", f, lang, "text")); !strings.Contains(after, want) {
				t.Errorf("%s, %s: the text does not say %q", tt.name, lang, want)
			}
		}
	}
}

// TestRecordFollowsTheSettings does the same for the record.
func TestRecordFollowsTheSettings(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Facts)
		en, fr string
	}{
		{"no name", func(f *Facts) { f.Controller.Name = "" }, "controller.name]", "controller.name]"},
		{"no hosting", func(f *Facts) { f.Controller.Hosting = "" }, "controller.hosting]", "controller.hosting]"},
		{"retention", func(f *Facts) { f.Sites[0].Retention = 25 }, "www.example.org: 25 calendar months", "www.example.org : 25 mois calendaires"},
		{"prefix", func(f *Facts) { f.PrefixV6 = 32 }, "32 bits (IPv6)", "32 bits (IPv6)"},
		{"no keys", func(f *Facts) { f.Sites[0].NoVisitors, f.Sites[1].NoVisitors = true, true }, "not told apart at all", "pas distingués du tout"},
		{"signed in", func(f *Facts) { f.Sites[0].DeclaredOnly = true }, "of www.example.org those who are signed in", "pour www.example.org, des personnes connectées"},
		{"notice", func(f *Facts) { f.NoticeURL = "https://a.example/notice" }, "https://a.example/notice", "https://a.example/notice"},
	}
	for _, tt := range tests {
		for lang, want := range map[string]string{"en": tt.en, "fr": tt.fr} {
			f := full()
			before := oneLine(written(t, "record", f, lang, "text"))
			tt.change(f)
			if after := oneLine(written(t, "record", f, lang, "text")); strings.Contains(before, want) || !strings.Contains(after, want) {
				t.Errorf("%s, %s: %q is said before the change, or not after it", tt.name, lang, want)
			}
		}
	}
}

// forbidden are the words that nothing may say of the program, in
// lower case.
var forbidden = []string{"certif", "approved", "homologu", "exempt", "compliant", "no consent", "without consent", "sans consentement",
	"validated by", "validé par", "validée par", "no personal data", "aucune donnée personnelle", "aucune donnée à caractère personnel"}

// saysForbidden returns those that a text says.
func saysForbidden(text string) (found []string) {
	text = strings.ToLower(oneLine(text))
	for _, word := range forbidden {
		if strings.Contains(text, word) {
			found = append(found, word)
		}
	}
	return found
}

// TestForbiddenWords looks for them in the texts and in every document.
func TestForbiddenWords(t *testing.T) {
	look := func(where, text string) {
		for _, found := range saysForbidden(text) {
			t.Errorf("%s says %q", where, found)
		}
	}
	for name := range documents {
		for _, lang := range Languages {
			look(name+"."+lang, written(t, name, full(), lang, "text"))
			look(name+"."+lang+" of nobody", written(t, name, &Facts{}, lang, "text"))
		}
	}
	names, err := filepath.Glob("texts/*")
	if err != nil || len(names) < 2 {
		t.Fatalf("no texts: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		look(name, string(text))
	}
	for _, planted := range []string{"CNIL-certified", "certifiée", "is exempt", "validé\n  par la CNIL", "Compliant"} {
		if len(saysForbidden(planted)) == 0 {
			t.Errorf("%q would not be found", planted)
		}
	}
}

// TestMarkupIsText holds that what the publisher writes is text in every format.
func TestMarkupIsText(t *testing.T) {
	f := full()
	f.Controller.Name = `Example & "Co" *bold* _it_ # no heading`
	if got := written(t, "notice", f, "en", "html"); !strings.Contains(got, "Example &amp; &#34;Co&#34; *bold*") {
		t.Error("the page does not hold the name as text")
	}
	if got := written(t, "notice", f, "en", "markdown"); !strings.Contains(got, `\*bold\* \_it\_`) {
		t.Error("the Markdown does not hold the name as text")
	}
	d, err := Notice(f, "en")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := d.WriteFragment(&b); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.HasPrefix(got, `<section lang="en">`) || strings.Contains(got, "<html") || strings.Contains(got, "<script") {
		t.Errorf("the fragment is none: %s", got)
	}
}

func TestRefusals(t *testing.T) {
	if _, err := Notice(full(), "de"); err == nil {
		t.Error("there is no German text")
	}
	d, err := Notice(full(), "en")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Write(io.Discard, "pdf"); err == nil {
		t.Error("there is no such format")
	}
}
