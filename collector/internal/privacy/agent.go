package privacy

import (
	"hash/maphash"
	"strings"

	"github.com/mssola/useragent"

	"footfall/aggregate/hit"
)

// maxAgent is how much of an agent is read, in bytes; what parses it is not
// linear beyond.
const maxAgent = 512

// An agent is all that is kept of a User-Agent and its Client Hints.
type agent struct {
	browser  hit.Browser
	system   hit.System
	device   hit.Device
	bot      hit.Bot
	chromium uint16 // the Chromium version it claims, 0 for none
}

// An agentParser turns agents into enumerations and remembers results under a
// seeded hash.
type agentParser struct {
	words *scanner
	roles []role // of the words
	seed  maphash.Seed
	known *cache[agent]
}

func newAgentParser() agentParser {
	words, roles := agentWords()
	return agentParser{
		words: newScanner(words),
		roles: roles,
		seed:  maphash.MakeSeed(),
		known: newCache[agent](),
	}
}

// parse reads the agent and hints of a raw hit.
func (p *agentParser) parse(raw *Raw) agent {
	ua := raw.Agent
	if len(ua) > maxAgent {
		ua = ua[:maxAgent]
	}
	key := maphash.String(p.seed, ua)
	if raw.Brands != "" || raw.Mobile != "" || raw.Platform != "" {
		var h maphash.Hash
		h.SetSeed(p.seed)
		for _, s := range [...]string{ua, raw.Brands, raw.Mobile, raw.Platform} {
			h.WriteString(s)
			h.WriteByte(0xff) // in no valid header
		}
		key = h.Sum64()
	}
	if a, ok := p.known.get(key); ok {
		return a
	}
	a := p.read(ua, raw)
	p.known.put(key, a)
	return a
}

// read is parse without a cache.
func (p *agentParser) read(ua string, raw *Raw) agent {
	var f findings
	p.find(ua, &f)
	var lib useragent.UserAgent
	lib.Parse(ua)

	var a agent
	f.system(&lib, &a)
	f.browser(&lib, &a)
	f.device(&lib, &a)
	hints(raw, &a)
	a.bot = f.bot(ua, raw, &lib)
	a.chromium = f.version(factChrome)
	if a.browser.Major > hit.MaxMajor {
		a.browser.Major = 0
	}
	return a
}

// A role is what a word tells where it is found.
type role struct {
	kind  roleKind
	value uint8 // family, system, device or fact
	order uint16
}

type roleKind uint8

const (
	roleBrowser roleKind = iota
	roleSystem
	roleDevice
	roleFact
	roleBot     // in any agent
	roleBotSoft // not in the agent of a phone or tablet
)

const noOrder = ^uint16(0)

// findings is what one pass over an agent found: of browsers, systems and
// devices the word that stands first in its table, of facts where they are.
type findings struct {
	low       []byte
	family    hit.Family
	os        hit.System
	class     hit.Device
	familyAt  int // just past the word
	facts     [factEnd]int16
	botHard   bool
	botSoft   bool
	orders    [3]uint16
	lowBuffer [maxAgent]byte
}

func (p *agentParser) find(ua string, f *findings) {
	f.low = f.lowBuffer[:0]
	for i := range len(ua) {
		c := ua[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		f.low = append(f.low, c)
	}
	f.orders = [3]uint16{noOrder, noOrder, noOrder}
	var buf [16]uint16
	for i := range f.low {
		for _, w := range p.words.at(f.low, i, buf[:0]) {
			f.note(p.roles[w], i+len(p.words.words[w].text))
		}
	}
}

// note takes in one word that ends just before at.
func (f *findings) note(r role, at int) {
	switch r.kind {
	case roleBrowser, roleSystem, roleDevice:
		if r.order >= f.orders[r.kind] {
			return
		}
		f.orders[r.kind] = r.order
		switch r.kind {
		case roleBrowser:
			f.family, f.familyAt = hit.Family(r.value), at
		case roleSystem:
			f.os = hit.System(r.value)
		case roleDevice:
			f.class = hit.Device(r.value)
		}
	case roleFact:
		if f.facts[r.value] == 0 {
			f.facts[r.value] = int16(at)
		}
	case roleBot:
		f.botHard = true
	case roleBotSoft:
		f.botSoft = true
	}
}

func (f *findings) has(fact uint8) bool { return f.facts[fact] != 0 }

// version returns the number that follows a fact's word.
func (f *findings) version(fact uint8) uint16 {
	if !f.has(fact) {
		return 0
	}
	return majorAt(f.low, int(f.facts[fact]))
}

// majorAt reads a number at i, after at most one sign that parts it from its
// name; zero where there is none or it is no version.
func majorAt(b []byte, i int) uint16 {
	if i < len(b) && (b[i] == '/' || b[i] == ' ' || b[i] == ':') {
		i++
	}
	if i < len(b) && b[i] == 'v' {
		i++
	}
	n, digits := 0, 0
	for ; i < len(b) && b[i] >= '0' && b[i] <= '9'; i++ {
		if n, digits = n*10+int(b[i]-'0'), digits+1; digits > 4 {
			return 0
		}
	}
	return uint16(n)
}

// browser tells family and major version: the first rule that fits, else the
// engine, where no product is named beside it that the engine's own browser
// does not name, else the library.
func (f *findings) browser(lib *useragent.UserAgent, a *agent) {
	if f.orders[roleBrowser] != noOrder {
		a.browser = hit.Browser{Family: f.family, Major: majorAt(f.low, f.familyAt)}
		f.explorer(a)
		return
	}
	a.browser.Family = hit.FamilyOther
	if f.strange() {
		return
	}
	android := f.os == hit.Android
	switch {
	case f.has(factFirefox):
		a.browser = hit.Browser{Family: hit.Firefox, Major: f.version(factFirefox)}
	case f.has(factChrome) && (android && f.has(factWebView) || f.version(factVersion) == 4):
		a.browser = hit.Browser{Family: hit.AndroidWebView, Major: f.version(factChrome)}
	case f.has(factChrome):
		a.browser = hit.Browser{Family: hit.Chrome, Major: f.version(factChrome)}
	case android && f.has(factVersion) && f.has(factSafari):
		a.browser = hit.Browser{Family: hit.AndroidBrowser, Major: f.version(factVersion)}
	case f.os == hit.IOS && !f.has(factSafari) && f.has(factWebKit):
		a.browser = hit.Browser{Family: hit.IOSWebView}
	case f.has(factSafari) && f.has(factWebKit) && a.system != hit.SystemOther:
		a.browser = hit.Browser{Family: hit.Safari, Major: f.version(factVersion)}
	default:
		a.browser = libraryBrowser(lib)
	}
}

// explorer reads the versions of Internet Explorer: its engine's, where there
// is one, is the true one.
func (f *findings) explorer(a *agent) {
	if a.browser.Family != hit.InternetExplorer {
		return
	}
	if t := f.version(factTrident); t >= 4 && t <= 7 {
		a.browser.Major = t + 4
	}
}

// libraryBrowser takes a family from the library where no rule fits.
func libraryBrowser(lib *useragent.UserAgent) hit.Browser {
	name, version := lib.Browser()
	family := hit.FamilyOther
	switch name {
	case "Firefox":
		family = hit.Firefox
	case "Opera":
		family = hit.Opera
	case "Internet Explorer":
		family = hit.InternetExplorer
	default:
		return hit.Browser{Family: hit.FamilyOther}
	}
	return hit.Browser{Family: family, Major: majorAt([]byte(version), 0)}
}

// strange tells whether the agent names a product beside engine and browser
// that plain Chrome, Safari and Firefox do not name: then it is another's.
func (f *findings) strange() bool {
	depth := 0
	b := f.low
	for i := 0; i < len(b); {
		switch c := b[i]; {
		case c == '(':
			depth++
			i++
			continue
		case c == ')':
			if depth > 0 {
				depth--
			}
			i++
			continue
		case depth > 0 || c == ' ' || c == ',' || c == ';' || c == '+':
			i++
			continue
		}
		end := i
		for end < len(b) && b[end] != ' ' && b[end] != '(' && b[end] != ',' && b[end] != ';' {
			end++
		}
		name, _, _ := strings.Cut(string(b[i:end]), "/")
		if name != "" && (name[0] < '0' || name[0] > '9') && !plainProducts[name] {
			return true
		}
		i = end
	}
	return false
}

// system tells the operating system.
func (f *findings) system(lib *useragent.UserAgent, a *agent) {
	switch {
	case f.orders[roleSystem] != noOrder:
		a.system = f.os
	default:
		a.system = librarySystem(lib.OS())
	}
}

func librarySystem(name string) hit.System {
	switch {
	case strings.HasPrefix(name, "Windows"):
		return hit.Windows
	case strings.HasPrefix(name, "Android"):
		return hit.Android
	case strings.Contains(name, "Mac OS"):
		return hit.MacOS
	case strings.HasPrefix(name, "Linux"):
		return hit.Linux
	}
	return hit.SystemOther
}

// device tells the class of device.
func (f *findings) device(lib *useragent.UserAgent, a *agent) {
	switch {
	case f.orders[roleDevice] != noOrder:
		a.device = f.class
	case a.system == hit.Android && f.has(factMobile):
		a.device = hit.Phone
	case a.system == hit.Android:
		a.device = hit.Tablet // so Android itself tells them apart
	case a.system == hit.IOS, f.has(factMobile), lib.Mobile() && a.system == hit.SystemOther:
		a.device = hit.Phone
	case a.system == hit.Windows, a.system == hit.MacOS, a.system == hit.Linux, a.system == hit.ChromeOS:
		a.device = hit.Desktop
	default:
		a.device = hit.DeviceOther
	}
}
