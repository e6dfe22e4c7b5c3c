package evidence

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Assessment is the self-assessment of one installation.
type Assessment struct {
	Lang     string `json:"lang"`
	Version  string `json:"version"`
	Day      string `json:"day"`
	Sentence string `json:"sentence"` // of conformity; "" where a criterion is not met
	Unmet    bool   `json:"unmet"`    // whether one is not met

	Criteria []Criterion `json:"criteria"`

	facts *Facts
}

// Criterion is one line of the grid, answered.
type Criterion struct {
	ID           string   `json:"id"`
	Title        string   `json:"title"`
	Verdict      Verdict  `json:"verdict"`
	Requirement  string   `json:"requirement"`
	Construction string   `json:"construction"`        // how this version meets it
	Live         string   `json:"live,omitempty"`      // the settings and measurements that show it
	Publisher    string   `json:"publisher,omitempty"` // what is left to do
	Reading      string   `json:"reading,omitempty"`   // which was taken where the text leaves room
	Source       string   `json:"source"`
	Evidence     Evidence `json:"evidence"`
}

// Evidence names what stands behind a criterion.
type Evidence struct {
	Tests []string `json:"tests"` // of the repository
	Live  bool     `json:"live"`  // a value of the running program
	Sign  bool     `json:"sign"`  // a line that the publisher signs
}

// Assess answers the grid in a language.
func Assess(f *Facts, lang string) (*Assessment, error) {
	words, err := readCriteria(lang)
	if err != nil {
		return nil, err
	}
	a := &Assessment{Lang: lang, Version: f.Version, Day: f.Day, facts: f}
	for _, c := range criteria {
		out := Criterion{ID: c.id, Title: words[c.id]["title"], Verdict: c.judge(f), Source: c.source}
		if lang == "fr" {
			out.Source = inFrench(c.source)
		}
		for key, to := range map[string]*string{
			"requirement": &out.Requirement, "construction": &out.Construction, "live": &out.Live,
			"publisher": &out.Publisher, "reading": &out.Reading,
		} {
			text, err := execute(c.id+"."+lang+" "+key, words[c.id][key], f, lang)
			if err != nil {
				return nil, err
			}
			*to = strings.TrimSpace(text)
		}
		out.Evidence = Evidence{append([]string{}, c.tests...), out.Live != "", out.Publisher != ""}
		a.Criteria = append(a.Criteria, out)
	}
	a.Unmet = slices.ContainsFunc(a.Criteria, func(c Criterion) bool { return c.Verdict == NotMet })
	if !a.Unmet {
		a.Sentence = sentences[lang]
	}
	return a, nil
}

// inFrench says in French what a source says beside its names.
var inFrench = strings.NewReplacer("quoted in paraphrase", "cité en paraphrase", "quoted, cut", "cité, coupé", "quoted", "cité", "reported", "rapporté",
	"a reading of ours of", "lecture propre de", "a reading of ours", "lecture propre", " and ", " et ", "FAQ on e-mail pixels", "FAQ sur les pixels de suivi",
	"in part", "en partie", "GDPR", "RGPD").Replace

// sentences are the one that the grid gives (A-20, known from a quotation that
// is cut), with what is left to the publisher said in it.
var sentences = map[string]string{
	"en": "According to our self-assessment, footfall, in the version and with the settings told here, meets the criteria set by the CNIL " +
		"(https://www.cnil.fr/fr/node/167364), and can be put to use provided that the publisher does what is left to it below.",
	"fr": "D’après notre auto-évaluation, la solution footfall, dans la version et avec les réglages décrits ici, est conforme aux critères établis par la CNIL " +
		"(https://www.cnil.fr/fr/node/167364), et peut être mise en œuvre à condition que l’éditeur fasse ce qui lui revient ci-dessous.",
}

// readCriteria reads the words of the criteria: "## ID Title", then "key: text"
// lines.
func readCriteria(lang string) (map[string]map[string]string, error) {
	if _, known := sentences[lang]; !known {
		return nil, fmt.Errorf("language %q: %w", lang, ErrLanguage)
	}
	text, err := texts.ReadFile("texts/criteria." + lang + ".md")
	if err != nil {
		return nil, fmt.Errorf("words of the criteria: %w", err)
	}
	out := make(map[string]map[string]string)
	var words map[string]string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if head, ok := strings.CutPrefix(line, "## "); ok {
			id, title, _ := strings.Cut(head, " ")
			words = map[string]string{"title": title}
			out[id] = words
		} else if key, value, ok := strings.Cut(line, ": "); ok {
			words[key] = value
		}
	}
	return out, nil
}

// Count tells how many criteria have a verdict.
func (a *Assessment) Count(v Verdict) (n int) {
	for i := range a.Criteria {
		if a.Criteria[i].Verdict == v {
			n++
		}
	}
	return n
}

// Controller is who answers for the measurement.
func (a *Assessment) Controller() Controller { return a.facts.Controller }

// Hosts names the sites.
func (a *Assessment) Hosts() string { return a.facts.Hosts() }

// TestList writes the names of a criterion's tests.
func (c Criterion) TestList() string { return strings.Join(c.Evidence.Tests, ", ") }

// Document returns the assessment as a text that prints well.
func (a *Assessment) Document() (*Document, error) { return fill("assessment", a, a.Lang) }

// Write writes the assessment in a format; as json it is the data, not the text.
func (a *Assessment) Write(w io.Writer, format string) error {
	if format == "json" {
		return writeJSON(w, a)
	}
	d, err := a.Document()
	if err != nil {
		return err
	}
	return d.Write(w, format)
}
