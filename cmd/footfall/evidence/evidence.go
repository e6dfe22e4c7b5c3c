// Package evidence writes the papers that a publisher keeps about its audience
// measurement, in French and English: the information text for visitors, the
// self-assessment by the regulator's grid, and the entry in the record of
// processing with the balancing of interests.
//
// What enters: [Facts], the settings in force and what the database tells of
// itself, as text and whole numbers. What leaves: a [Document], which writes
// itself as text, Markdown, HTML or JSON. Guaranteed: every figure comes from
// the facts; what only the publisher can know and has not said is named as
// missing, in its place; nothing calls the program or its use lawful, and the
// sentence of conformity stands only where no criterion is "not met". Not
// guaranteed: that the readings taken are the regulator's; each is named.
//
// The texts are templates in a small part of Markdown (see [parse]): words stay
// readable to those who have to check them.
package evidence

import (
	"embed"
	"errors"
	"fmt"
	"strings"
	"text/template"
)

// Languages are those that every document exists in.
var Languages = []string{"en", "fr"}

// Facts are what the documents are filled from.
type Facts struct {
	Version    string // of the program
	Day        string // on which the document is made, as 2026-11-25
	Controller Controller
	Sites      []Site
	Database   *Database // nil: nobody has looked

	PrefixV4, PrefixV6 int    // bits kept of an address for the length of one call
	OwnCountryFile     bool   // countries come from the operator's database
	ObjectionURL       string // of the page on which visitors object
	NoticeURL          string // of the information text that the program serves
	Reach              Reach  // of an objection given there
	AdminBeyond        bool   // the metrics answer beyond the machine itself
	ExcludedNetworks   int    // networks whose hits leave no trace
}

// Controller is what the publisher says of itself; "" is not said.
type Controller struct {
	Name, Contact, DPO, Hosting string
	ReviewedOn                  string // a day
	ReviewDue                   bool   // no review, or none within the last year
}

// Site is one site that is counted.
type Site struct {
	Host, Zone   string
	Retention    int // calendar months
	Features     []string
	NoVisitors   bool     // nobody is told apart, not even for a day
	DeclaredOnly bool     // pages are counted by name only where declared
	Numbers      []string // templates under which digits are kept
	Stored       *Stored  // nil: nobody has looked
}

// Stored is what the database tells of a site; lists of days are text, "" for none.
type Stored struct {
	Oldest, Newest string // closed days
	FirstKept      string // the first day that retention keeps
	Overdue        bool   // there is a day before FirstKept
	LastPurge      string // the last deletion that the log of changes tells
	Held           bool   // deletion waits because the clock is in doubt
	NoObjections   string // days counted from logs that do not tell who objected
	Damaged        string // days that cannot be read
	Restarted      string // days on which visitors were counted anew
}

// Database is what is known of the file, in bytes.
type Database struct{ FileBytes, FreeBytes int64 }

// Reach tells on which pages a refusal counts that is given at ObjectionURL.
type Reach uint8

// The reaches.
const (
	ReachUnknown Reach = iota // nobody has said where browsers reach the program
	ReachNone                 // on no site's pages
	ReachDomain               // on those of the sites, from a host that is no site's
	ReachSite                 // the host is a site's own
)

// Months is the retention of the sites, in calendar months: "13", or "6–13".
func (f *Facts) Months() string {
	return spread(f.Sites, func(s *Site) int { return s.Retention })
}

// spread writes one number, or the smallest and the largest.
func spread(sites []Site, of func(*Site) int) string {
	least, most := 0, 0
	for i := range sites {
		n := of(&sites[i])
		if i == 0 || n < least {
			least = n
		}
		most = max(most, n)
	}
	if least == most {
		return fmt.Sprint(most)
	}
	return fmt.Sprintf("%d–%d", least, most)
}

// Hosts names the sites.
func (f *Facts) Hosts() string {
	var names []string
	for i := range f.Sites {
		names = append(names, f.Sites[i].Host)
	}
	return strings.Join(names, ", ")
}

// AnyKeys tells that on some site visitors are told apart for a day.
func (f *Facts) AnyKeys() bool {
	for i := range f.Sites {
		if !f.Sites[i].NoVisitors {
			return true
		}
	}
	return len(f.Sites) == 0
}

// AnyFeatures tells that some site declares features.
func (f *Facts) AnyFeatures() bool {
	for i := range f.Sites {
		if len(f.Sites[i].Features) > 0 {
			return true
		}
	}
	return false
}

// MostMonths is the longest retention of a site, in calendar months.
func (f *Facts) MostMonths() int {
	most := 0
	for i := range f.Sites {
		most = max(most, f.Sites[i].Retention)
	}
	return most
}

// ErrLanguage means that a document does not exist in the language.
var ErrLanguage = errors.New("en or fr")

//go:embed texts/*.md
var texts embed.FS

// Notice is the information text for the publisher's privacy page (GDPR Art. 13).
func Notice(f *Facts, lang string) (*Document, error) { return fill("notice", f, lang) }

// Record is the entry in the record of processing (GDPR Art. 30) and the
// balancing of interests.
func Record(f *Facts, lang string) (*Document, error) { return fill("record", f, lang) }

// fill makes the document of a template.
func fill(name string, data any, lang string) (*Document, error) {
	if lang != "en" && lang != "fr" {
		return nil, fmt.Errorf("language %q: %w", lang, ErrLanguage)
	}
	file := name + "." + lang + ".md"
	source, err := texts.ReadFile("texts/" + file)
	if err != nil {
		return nil, fmt.Errorf("text %s: %w", file, err)
	}
	text, err := execute(file, string(source), data, lang)
	if err != nil {
		return nil, err
	}
	return parse(text, lang), nil
}

// execute fills a text.
func execute(name, source string, data any, lang string) (string, error) {
	if !strings.Contains(source, "{{") {
		return source, nil // as most of the grid's words are
	}
	t, err := template.New(name).Option("missingkey=error").Funcs(template.FuncMap{
		"or_todo": func(key, value string) string {
			if value != "" {
				return value
			}
			return todo(key, lang)
		},
		"todo": func(what string) string { return todo(what, lang) },
		"list": func(values []string) string { return strings.Join(values, ", ") },
		"mib":  func(n int64) string { return fmt.Sprintf("%d", (n+1<<20-1)>>20) },
	}).Parse(source)
	if err != nil {
		return "", fmt.Errorf("text %s: %w", name, err)
	}
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		return "", fmt.Errorf("text %s: %w", name, err)
	}
	return b.String(), nil
}

// todo names what only the publisher can write.
func todo(what, lang string) string {
	if lang == "fr" {
		return "[à compléter par l’éditeur : " + what + "]"
	}
	return "[to be completed by the publisher: " + what + "]"
}
