package collector

import (
	"bytes"
	_ "embed" // the page and its style are files of their own
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

var (
	//go:embed optout.html
	choiceHTML string
	//go:embed optout.css
	choiceCSS string
)

// A choicePage is the page on which a visitor objects.
type choicePage struct {
	page   *template.Template
	words  map[string]*choiceWords // by language
	domain string                  // Options.OptOutDomain
}

// choiceWords are the page's texts in one language.
type choiceWords struct {
	Lang, Name    string // "fr", "Français"
	Visitor, Team choiceTexts
	State         string // the heading above what holds now
	Choice        string // what is asked: the choice made on this page,
	Objection     string // and its two answers
	None          string
	Active        string // of a signal of the browser
	Inactive      string
	NotKept       string // what went wrong
	NotGone       string
	Details       string // the heading above the rest
	Cookie        string
	Browser       string
	Nobody        string
	Safari        string
	Nowhere       string
}

// choiceTexts are those that differ for the publisher's own staff.
type choiceTexts struct {
	Title, Intro     string
	Counted, Refused string
	Out, In          string
}

// newChoicePage checks the options and the page, which it renders once in
// each language.
func newChoicePage(o *Options) (*choicePage, error) {
	if err := checkOptOutDomain(o.OptOutDomain, o.Sites); err != nil {
		return nil, err
	}
	page, err := template.New("optout").Parse(choiceHTML)
	if err != nil {
		return nil, fmt.Errorf("page of objections: %w", err)
	}
	p := &choicePage{page: page, words: make(map[string]*choiceWords), domain: o.OptOutDomain.String()}
	for _, words := range []*choiceWords{choiceEnglish(), choiceFrench()} {
		p.words[words.Lang] = words
	}
	for lang := range p.words {
		if _, err := p.render(&choiceView{asked: asked{Lang: lang}}); err != nil {
			return nil, fmt.Errorf("page of objections: %w", err)
		}
	}
	return p, nil
}

// asked is what the address of the page may say; all else in it is ignored.
type asked struct {
	Lang string // of the texts
	Team bool   // for the publisher's staff
	For  string // the choice that was just made: "out", "in", or none
}

func readAsked(query string, who *chooser) asked {
	var values url.Values
	if len(query) <= maxBody {
		values, _ = url.ParseQuery(query) // what can be read of it
	}
	a := asked{Lang: values.Get("lang"), Team: values.Get("team") == "1", For: values.Get("asked")}
	if a.Lang != "en" && a.Lang != "fr" {
		a.Lang = preferred(who.languages)
	}
	return a
}

// preferred returns the first of our languages in an Accept-Language header,
// else English. Weights are not read: browsers send them in falling order.
func preferred(header string) string {
	for part := range strings.SplitSeq(header[:min(len(header), 256)], ",") {
		tag, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(part)), ";")
		if primary, _, _ := strings.Cut(tag, "-"); primary == "en" || primary == "fr" {
			return primary
		}
	}
	return "en"
}

// query returns the address's query without the choice made.
func (a *asked) query() string {
	if a.Team {
		return "lang=" + a.Lang + "&team=1"
	}
	return "lang=" + a.Lang
}

// choiceView is what the template shows.
type choiceView struct {
	asked
	Words              *choiceWords
	Texts              *choiceTexts
	Other              *choiceWords // the other language
	OptedOut, GPC, DNT bool
	Reach              Reach
}

// NotCounted tells what holds for this browser.
func (v *choiceView) NotCounted() bool { return v.OptedOut || v.GPC || v.DNT }

// NotKept tells that the browser dropped the cookie it was given.
func (v *choiceView) NotKept() bool { return v.For == "out" && !v.OptedOut }

// NotGone tells that it kept the one it was to drop.
func (v *choiceView) NotGone() bool { return v.For == "in" && v.OptedOut }

// OnDomain tells that the host is not the site's, though its pages see the
// cookie.
func (v *choiceView) OnDomain() bool { return v.Reach == ReachDomain }

// Nowhere tells that the site's pages do not see the cookie.
func (v *choiceView) Nowhere() bool { return v.Reach == ReachNone }

func (p *choicePage) render(v *choiceView) ([]byte, error) {
	v.Words, v.Other = p.words[v.Lang], p.words["en"]
	if v.Lang == "en" {
		v.Other = p.words["fr"]
	}
	v.Texts = &v.Words.Visitor
	if v.Team {
		v.Texts = &v.Words.Team
	}
	var b bytes.Buffer
	err := p.page.Execute(&b, v)
	return b.Bytes(), err
}

// choicePolicy lets the page load its style and send its form, and nobody
// show it inside another.
const choicePolicy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// showChoice writes the page.
func (c *Collector) showChoice(w http.ResponseWriter, req *http.Request) {
	var who chooser
	who.read(req.Header)
	v := choiceView{
		asked:    readAsked(req.URL.RawQuery, &who),
		OptedOut: who.optedOut, GPC: who.gpc, DNT: who.dnt,
		Reach: c.OptOutReach(req.Host),
	}
	page, err := c.choice.render(&v)
	if err != nil {
		say(w, http.StatusInternalServerError) // New has rendered the same template
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.Lang)
	h.Set("Content-Security-Policy", choicePolicy)
	// With less, browsers would say "Origin: null" of the page's own form.
	h.Set("Referrer-Policy", "same-origin")
	h["X-Robots-Tag"], h["X-Content-Type-Options"] = []string{"noindex"}, noSniff
	w.WriteHeader(http.StatusOK)
	if req.Method == http.MethodGet {
		_, _ = w.Write(page) // a client that has gone needs no page
	}
}

// reads begins the answer of a route that only shows: it is stored nowhere, and
// any method but GET and HEAD is refused, which ends it.
func reads(w http.ResponseWriter, req *http.Request) bool {
	h := w.Header()
	h["Cache-Control"] = noStore
	if req.Method == http.MethodGet || req.Method == http.MethodHead {
		return true
	}
	h["Allow"] = allowReading
	say(w, http.StatusMethodNotAllowed)
	return false
}

// serveChoiceStyle answers every request to /optout.css.
func (c *Collector) serveChoiceStyle(w http.ResponseWriter, req *http.Request) {
	if !reads(w, req) {
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/css; charset=utf-8")
	h["X-Content-Type-Options"] = noSniff
	w.WriteHeader(http.StatusOK)
	if req.Method == http.MethodGet {
		_, _ = w.Write([]byte(choiceCSS)) // likewise
	}
}

var allowReading = []string{"GET, HEAD"}
