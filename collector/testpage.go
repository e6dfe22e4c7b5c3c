package collector

import (
	"bytes"
	_ "embed" // the page is a file of its own
	"html/template"
	"net/http"
)

// TestRoute is a page on which the operator's browser finds out why nothing
// arrives. It counts nothing, sends no hit and keeps nothing of who asks.
const TestRoute = "/test"

//go:embed test.html
var testHTML string

var testTemplate = template.Must(template.New("test").Parse(testHTML))

// testWords are the page's texts in one language; what the script says stands
// in beacon-test.js.
type testWords struct {
	Lang, Name                   string
	Title, Intro                 string
	Here                         string // the heading above what this host is
	OwnHost, Neighbour, Stranger string
	NoScript                     string
	There, How, Line, Refused    string // how to go on in the page in question
}

func testEnglish() *testWords {
	return &testWords{
		Lang: "en", Name: "English",
		Title: "Does counting work from this browser?",
		Intro: "This page is for those who install footfall. It asks the collector whether it takes hits; it counts nothing and stores nothing.",
		Here:  "Here, at the collector",
		OwnHost: "This host is that of a site: the script is first party, and a refusal reaches the site’s pages. " +
			"The page / of this host is read as well.",
		Neighbour: "This host is not that of a site, but below the same domain. The script works; Safari may keep a refusal for seven days only.",
		Stranger: "This host is not that of a site, and below no domain that --optout-domain names: to browsers and blockers it is a third party, " +
			"and a refusal given here reaches no site. Serve footfall under a path of the site’s own host, or on a subdomain.",
		NoScript: "This page needs a script of its own to look further.",
		There:    "There, on a page of the site",
		How:      "Open the page from which nothing arrives, then the developer tools (F12), and enter this line in the console. It answers in words.",
		Line:     "import('https://…/beacon-test.js')",
		Refused: "If the line itself is refused: a message about a Content-Security-Policy means that script-src does not let the collector in, " +
			"so the snippet cannot run either; “blocked by client” means an extension of this browser.",
	}
}

func testFrench() *testWords {
	return &testWords{
		Lang: "fr", Name: "Français",
		Title: "La mesure fonctionne-t-elle depuis ce navigateur ?",
		Intro: "Cette page s’adresse à ceux qui installent footfall. Elle demande au collecteur s’il prend les envois ; elle ne compte rien et ne stocke rien.",
		Here:  "Ici, chez le collecteur",
		OwnHost: "Cet hôte est celui d’un site : le script est de première partie, et un refus atteint les pages du site. " +
			"La page / de cet hôte est lue aussi.",
		Neighbour: "Cet hôte n’est pas celui d’un site, mais relève du même domaine. Le script fonctionne ; Safari peut ne garder un refus que sept jours.",
		Stranger: "Cet hôte n’est pas celui d’un site et ne relève d’aucun domaine nommé par --optout-domain : navigateurs et bloqueurs y voient un tiers, " +
			"et un refus donné ici n’atteint aucun site. Servez footfall sous un chemin de l’hôte du site, ou sur un sous-domaine.",
		NoScript: "Cette page a besoin de son propre script pour aller plus loin.",
		There:    "Là-bas, sur une page du site",
		How:      "Ouvrez la page d’où rien n’arrive, puis les outils de développement (F12), et saisissez cette ligne dans la console. Elle répond en toutes lettres.",
		Line:     "import('https://…/beacon-test.js?lang=fr')",
		Refused: "Si la ligne elle-même est refusée : un message sur une Content-Security-Policy signifie que script-src n’admet pas le collecteur, " +
			"et l’extrait ne peut pas tourner non plus ; « blocked by client » désigne une extension de ce navigateur.",
	}
}

// testView is what the template shows.
type testView struct {
	Words, Other *testWords
	Reach        Reach
}

// Lang is the language of the texts.
func (v *testView) Lang() string { return v.Words.Lang }

// Own tells that the host is a site's.
func (v *testView) Own() bool { return v.Reach == ReachSite }

// OnDomain tells that the host is not the site's, though its pages see a
// refusal given there.
func (v *testView) OnDomain() bool { return v.Reach == ReachDomain }

// testPolicy lets the page load its style and its script, which asks the
// collector and, of the same origin, a page of the site.
const testPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// serveTest answers every request to /test.
func (c *Collector) serveTest(w http.ResponseWriter, req *http.Request) {
	if !reads(w, req) {
		return
	}
	h := w.Header()
	var who chooser
	who.read(req.Header)
	v := testView{Words: testEnglish(), Other: testFrench(), Reach: c.OptOutReach(req.Host)}
	if a := readAsked(req.URL.RawQuery, &who); a.Lang == "fr" {
		v.Words, v.Other = v.Other, v.Words
	}
	var b bytes.Buffer
	if err := testTemplate.Execute(&b, &v); err != nil {
		say(w, http.StatusInternalServerError) // a test renders the same
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.Lang())
	h.Set("Content-Security-Policy", testPolicy)
	h.Set("Referrer-Policy", "no-referrer")
	h["X-Robots-Tag"], h["X-Content-Type-Options"] = []string{"noindex"}, noSniff
	w.WriteHeader(http.StatusOK)
	if req.Method == http.MethodGet {
		_, _ = w.Write(b.Bytes()) // a client that has gone needs no page
	}
}
