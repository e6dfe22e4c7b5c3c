package dashboard

import (
	"strings"

	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
	"footfall/collector/edge"
)

// words are the strings of one language. Every field is filled in every
// language; a test walks them.
type words struct {
	Lang      string // BCP 47
	OtherLang string // the language one can switch to
	OtherName string // its name, in itself

	Skip, Home, Sites, AllSites, About, LogIn, LogOut, Account string
	Colon                                                      string // with the space that goes before it

	WeekdaysShort [7]string // Sunday first
	Weekdays      [7]string
	MonthsShort   [12]string
	Months        [12]string
	FirstOfMonth  string // "1" or "1er"
	Thousands     string // between groups of three digits
	Percent       string // after a number
	Minutes       string // after a number, as the next
	Seconds       string

	Periods     map[string]string // by name in the URL
	PeriodMenu  string
	MorePeriods string
	Earlier     string
	Later       string
	From, Until string
	Show        string
	WholeWeeks  string // %d
	Week        string // %s is 47
	Zone        string

	Measures    map[publish.Measure]string
	Lower       map[string]string // measures inside a sentence
	BounceRate  string
	PerVisit    string
	Decimal     string            // between a number and its tenths
	MeasureTips map[string]string // by card
	Change      struct{ Than, None, Up, Down string }
	Within      string // %s is a bound
	NotYet      string
	TodaySoFar  string
	AsOf        string // %s is 15:04
	Running     string // of a day that is not over

	Chart struct {
		PerDay, PerWeek, PerMonth, PerHour string // %s is what is drawn
		Highest, Lowest                    string // %s day, %s value
		Empty, Table, When                 string
		Beyond                             string // the band after the period
		ViewsAndVisitors                   string
		ShowThis                           string // %s is a measure
		Export                             string
	}

	Panels      map[string]string // title by dimension
	Columns     map[string]string // head of the first column by dimension
	Values      map[string]string // text of closed values and special rows
	Bots        map[string]string
	ValueTips   map[string]string // of special rows
	Share       string
	Details     string
	Download    string
	Empty       string // of a panel
	EmptyFilter string
	CountedPart string // why a panel cannot honour the filter
	Filter      string
	Page        string
	Clear       string
	PageIs      string // of a page's own breakdown
	FilterTip   map[string]string

	Search, Sort, Previous, Next, Rows, BackToSite, Ascending string

	Overview struct {
		Title, Today, Yesterday, FourWeeks, Open string
		Nothing, NoSites, NoRights               string
	}
	FirstHit struct{ Title, Text, Then string }

	Notes      map[publish.NoteCode]string // %d days, %t time
	Quality    qualityWords
	Speed      speedWords
	Changed    changedWords
	HeatTitle  string
	NotesTitle string
	Rounded    string
	Retention  string // %d months
	Generated  string // %s

	Login struct {
		Title, Name, Password, Submit, Wrong, Throttled, Busy, Failed string
		Insecure, InsecureHow                                         string
	}
	Setup struct {
		Title, Text, Name, NameHint, Password, PasswordHint, Again, Submit string
		Differ, Gone, GoneText                                             string
	}
	Errors map[int]errorWords // by status

	AboutTitle string
	AboutText  []aboutWords
	Countries  string // title of the section that names their source

	Doctor  doctorWords
	Install installWords

	Settings settingsWords
	Log      logWords
	Marks    marksWords
}

// doctorWords are those of the page that says what the server sees of a
// request.
type doctorWords struct {
	Link, Title, Text string

	Address, NoAddress, AddressSays string
	Rule                            string
	Rules                           map[edge.Rule]factWords
	Scheme                          string
	Schemes                         map[string]factWords // by name in edge.Sight
	Host                            string
	HostNamed                       factWords // its value is %s, the host
	HostOdd                         factWords // an IP literal, or no host
	Excluded                        string
	ExcludedYes, ExcludedNo         factWords
	ExcludedAll                     factWords // excluded, and the address is a proxy's
	Reach                           string
	Reaches                         map[Reach]factWords
}

// factWords are what is seen, what it means, and what to do where it is wrong.
type factWords struct{ Value, Says, Do string }

type errorWords struct{ Title, Text string }

type aboutWords struct {
	ID, Title string
	Text      []string
}

// language is the words and what is derived from them.
type language struct {
	*words
	countries map[string]string
}

func languages() map[string]*language {
	out := map[string]*language{}
	for _, l := range []struct {
		words     *words
		countries string
	}{{english(), countriesEN}, {french(), countriesFR}} {
		lang := &language{words: l.words, countries: map[string]string{}}
		for line := range strings.Lines(l.countries) {
			code, name, _ := strings.Cut(strings.TrimSpace(line), " ")
			lang.countries[code] = name
		}
		out[l.words.Lang] = lang
	}
	return out
}

// choose returns the language of ?lang=, else the first known one of an
// Accept-Language header by its order, else English. Weights are not read:
// browsers send them in falling order.
func choose(all map[string]*language, asked, header string) *language {
	if l, ok := all[asked]; ok {
		return l
	}
	if len(header) > 256 {
		header = header[:256]
	}
	for part := range strings.SplitSeq(header, ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if l, ok := all[primary]; ok {
			return l
		}
	}
	return all["en"]
}

// value returns how a row's value reads in the language: closed values and
// special rows are translated, what came from visitors stands as it is.
func (l *language) value(dim, value string) string {
	switch dim {
	case "country":
		if name, ok := l.countries[value]; ok {
			return name
		}
	case "bot":
		if name, ok := l.Bots[value]; ok {
			return name
		}
	case "device", "status":
		if name, ok := l.Values[dim+" "+value]; ok {
			return name
		}
	}
	if special(value) {
		if name, ok := l.Values[value]; ok {
			return name
		}
	}
	return value
}

// special tells whether a value is one of the rows in parentheses.
func special(value string) bool {
	switch value {
	case hit.None, hit.Internal, hit.Other, hit.Unknown, hit.Folded:
		return true
	}
	return false
}

// note returns a report's note in the language.
func (l *language) note(n publish.Note) string {
	text, ok := l.Notes[n.Code()]
	if !ok {
		return n.String()
	}
	return strings.NewReplacer("%d", l.noteDays(n.Days()), "%t", n.At()).Replace(text)
}

// noteDays writes the days of a note in the language: "2026-11-20 to
// 2026-11-22, 2026-11-24" are single days and runs of days.
func (l *language) noteDays(days string) string {
	var out []string
	for run := range strings.SplitSeq(days, ", ") {
		from, to, isRun := strings.Cut(run, " to ")
		if !isRun {
			to = from
		}
		f, err1 := hit.ParseDay(from)
		t, err2 := hit.ParseDay(to)
		switch {
		case err1 != nil || err2 != nil:
			out = append(out, run)
		case f == t:
			out = append(out, l.day(f))
		default:
			out = append(out, l.days(f, t))
		}
	}
	return strings.Join(out, ", ")
}
