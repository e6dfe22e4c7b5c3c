package hit

import "strconv"

// Special row labels. They stand in parentheses so that no path, host or name
// can be mistaken for them.
const (
	None     = "(none)"     // no referrer was sent
	Internal = "(internal)" // the site's own pages
	Other    = "(other)"    // outside a closed list, or past a cap
	Unknown  = "(unknown)"  // the source could not tell, as in a log without agents
	Folded   = "(folded)"   // visitors of a page or section whose rows were too few to write
)

// Family is a browser family of a closed list; a rare agent is itself
// identifying, so everything else is (other).
type Family uint8

// The families, spelled as in device-detector and uap-core.
const (
	FamilyUnknown Family = iota
	FamilyOther
	Chrome
	Safari
	Firefox
	Edge
	Opera
	OperaMini
	SamsungInternet
	DuckDuckGo
	Vivaldi
	Brave
	Yandex
	UCBrowser
	InternetExplorer
	AndroidBrowser
	AndroidWebView
	IOSWebView
	MiBrowser
	HuaweiBrowser
	QQBrowser
	Silk
	Whale
	GoogleApp
	Facebook
	Instagram
	Pinterest
	TikTok
	Snapchat
	familyEnd
)

var familyNames = [familyEnd]string{
	Unknown, Other, "Chrome", "Safari", "Firefox", "Edge", "Opera", "Opera Mini", "Samsung Internet",
	"DuckDuckGo", "Vivaldi", "Brave", "Yandex", "UC Browser", "Internet Explorer", "Android Browser",
	"Android WebView", "iOS WebView", "Mi Browser", "Huawei Browser", "QQ Browser", "Silk", "Whale",
	"Google App", "Facebook", "Instagram", "Pinterest", "TikTok", "Snapchat",
}

// String returns the family's name, or a special label.
func (f Family) String() string { return name(familyNames[:], int(f)) }

// MaxMajor is the largest major version kept; a larger one is dropped to zero.
const MaxMajor = 999

// Browser is a family and its major version; Major 0 means none is shown.
type Browser struct {
	Family Family
	Major  uint16
}

// String returns "Chrome 155", or the family alone where there is no version.
func (b Browser) String() string {
	if b.Major == 0 || b.Family <= FamilyOther {
		return b.Family.String()
	}
	return b.Family.String() + " " + strconv.Itoa(int(b.Major))
}

// System is an operating-system family; versions are frozen in modern agents
// and never kept.
type System uint8

// The systems. iOS includes iPadOS where the agent can tell.
const (
	SystemUnknown System = iota
	SystemOther
	Windows
	MacOS
	IOS
	Android
	Linux
	ChromeOS
	systemEnd
)

var systemNames = [systemEnd]string{Unknown, Other, "Windows", "macOS", "iOS", "Android", "Linux", "ChromeOS"}

// String returns the system's name, or a special label.
func (s System) String() string { return name(systemNames[:], int(s)) }

// Device is a device class.
type Device uint8

// The device classes.
const (
	DeviceUnknown Device = iota
	DeviceOther
	Desktop
	Phone
	Tablet
	TV
	deviceEnd
)

var deviceNames = [deviceEnd]string{Unknown, "other", "desktop", "phone", "tablet", "tv"}

// String returns the class in lower case, or (unknown).
func (d Device) String() string { return name(deviceNames[:], int(d)) }

// Status is the class of a request that failed; StatusOK is every other.
type Status uint8

// The status classes.
const (
	StatusOK  Status = iota
	Status404        // 404 alone
	Status4xx        // 400 to 499 without 404
	Status5xx        // 500 to 599
	statusEnd
)

var statusNames = [statusEnd]string{"ok", "404", "4xx", "5xx"}

// String returns "404", "4xx", "5xx" or "ok".
func (s Status) String() string { return name(statusNames[:], int(s)) }

// StatusOf returns the class of an HTTP status code; codes below 400 and
// above 599 are StatusOK.
func StatusOf(code int) Status {
	switch {
	case code == 404:
		return Status404
	case code >= 400 && code < 500:
		return Status4xx
	case code >= 500 && code < 600:
		return Status5xx
	}
	return StatusOK
}

// Bot is why a request was taken for a machine's.
type Bot uint8

// The reasons. NotBot is a person's request.
const (
	NotBot      Bot = iota
	BotWord         // the agent calls itself a bot, a library or a tool
	BotLibrary      // mssola/useragent knows the agent as a bot
	BotHeadless     // headless or automated browser
	BotEmpty        // no agent
	BotAbsurd       // the agent is no browser's
	BotPrefetch     // the page was fetched ahead of any visit
	BotMetadata     // https without Sec-Fetch headers from an agent that always sends them
	botEnd
)

var botNames = [botEnd]string{"", "word", "library", "headless", "empty", "absurd", "prefetch", "metadata"}

// String returns the reason's name, "" for NotBot.
func (b Bot) String() string { return name(botNames[:], int(b)) }

// Bots returns every reason but NotBot, in order.
func Bots() []Bot {
	out := make([]Bot, 0, botEnd-1)
	for b := NotBot + 1; b < botEnd; b++ {
		out = append(out, b)
	}
	return out
}

// Verdict is what became of a request at the privacy boundary.
type Verdict uint8

// The verdicts. Objected and Excluded leave nothing at all, not even a count
// of themselves (A-17, E.2.6).
const (
	Counted      Verdict = iota // passed on to be counted
	CountedBot                  // passed on, to be counted among bots
	UnknownSite                 // the host is on no allow-list
	UnknownField                // a field or kind outside the vocabulary
	BadValue                    // a field whose value breaks the grammar
	Undeclared                  // a feature that the publisher has not declared
	Objected                    // GPC, DNT or the refusal cookie
	Excluded                    // an address of the publisher's own staff
	verdictEnd
)

var verdictNames = [verdictEnd]string{
	"counted", "bot", "unknown_site", "unknown_field", "bad_value", "undeclared", "objected", "excluded",
}

// String returns the verdict's name as it stands in metrics and explain.
func (v Verdict) String() string { return name(verdictNames[:], int(v)) }

// Silent tells whether the verdict must leave no trace, not even a count.
func (v Verdict) Silent() bool { return v == Objected || v == Excluded }

// CountableVerdicts returns every verdict that metrics may count, in order.
func CountableVerdicts() []Verdict {
	var out []Verdict
	for v := Counted; v < verdictEnd; v++ {
		if !v.Silent() {
			out = append(out, v)
		}
	}
	return out
}

func name(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return Unknown
}
