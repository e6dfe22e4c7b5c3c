package privacy

import (
	"hash/maphash"
	"strings"

	"footfall/aggregate/hit"
)

// referrer reduces what sent the visitor to a host. s is a bare host
// or a whole URL; everything but the host is dropped without being looked at.
// spam tells that the operator's list has it.
func (r *Reducer) referrer(s string, own *site, l *lists) (ref hit.Referrer, spam bool) {
	m := l.memory(own)
	if s == "" || m == nil {
		return r.reduceReferrer(s, own, l)
	}
	key := maphash.String(r.seed, s)
	if kept, ok := m.referrers.get(key); ok {
		return kept.referrer, kept.spam
	}
	ref, spam = r.reduceReferrer(s, own, l)
	m.referrers.put(key, keptReferrer{ref, spam})
	return ref, spam
}

func (r *Reducer) reduceReferrer(s string, own *site, l *lists) (ref hit.Referrer, spam bool) {
	if i := strings.IndexAny(s, "\t\r\n"); i >= 0 { // as browsers do
		s = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(s)
	}
	s = strings.TrimSpace(s)
	host := s
	if scheme, rest, ok := cutScheme(s); ok {
		switch {
		case isWeb(scheme):
			host = authority(rest)
		case strings.EqualFold(scheme, "android-app"):
			return r.app(authority(rest)), false
		case rest != "" && rest[0] != '/':
			return hit.OtherReferrer(), false // another program's page: it has no host
		default:
			return hit.Referrer{}, false
		}
	} else if strings.HasPrefix(s, "//") {
		host = authority(s[2:])
	} else {
		if i := strings.IndexAny(s, "/?#"); i >= 0 {
			s = s[:i]
		}
		host = cutPort(s) // an @ stays and makes it no host
	}
	name, kind := r.cleanHost(host)
	switch kind {
	case noHost:
		return hit.Referrer{}, false
	case anIP:
		return hit.OtherReferrer(), false
	}
	if r.owns(own, name) {
		return hit.InternalReferrer(), false
	}
	if l.isSpam(name) {
		return hit.Referrer{}, true
	}
	h, ok := r.internHost(spelling(name))
	if !ok {
		return hit.Referrer{}, false
	}
	return hit.ReferrerFrom(h), false
}

// app names the host of the service behind an Android application.
func (r *Reducer) app(id string) hit.Referrer {
	if host := r.apps[strings.ToLower(id)]; host != "" {
		if h, ok := r.internHost(host); ok {
			return hit.ReferrerFrom(h)
		}
	}
	return hit.OtherReferrer()
}

// spelling gives the several host names of one service one spelling. It says
// which service a visitor came from, never of what kind it is: search, social
// and the like are channels, which are not counted (D-02).
func spelling(name string) string {
	for strings.HasPrefix(name, "www.") && strings.IndexByte(name[4:], '.') >= 0 {
		name = name[4:]
	}
	label, rest, ok := strings.Cut(name, ".")
	if !ok {
		return name
	}
	if own, ok := countryHosts[label]; ok && isCountrySuffix(rest) {
		return own
	}
	for _, s := range spellings {
		if rest == s.host && matchLabel(s.labels, label) {
			return s.host
		}
	}
	return name
}

// countryHosts are the services that use one name under many countries.
var countryHosts = map[string]string{
	"google":    "google.com",
	"pinterest": "pinterest.com",
	"yandex":    "yandex.ru",
}

// isCountrySuffix tells whether a suffix is one under which such services
// stand: com, fr, co.uk, com.br.
func isCountrySuffix(s string) bool {
	if s == "com" {
		return true
	}
	first, country, two := strings.Cut(s, ".")
	if !two {
		return len(s) == 2 || s == "cat"
	}
	return len(country) == 2 && (first == "co" || first == "com" || first == "ne")
}

// spellings lists, by host, the first labels that are only another door to
// it: mobile pages, link shims, lighter pages. "xx" is any two letters, a
// country or a language, and "xx-xx" both.
var spellings = []struct {
	host   string
	labels string
}{
	{"facebook.com", "l lm m mobile touch web mbasic free xx-xx"},
	{"instagram.com", "l m"},
	{"threads.net", "l"},
	{"messenger.com", "l"},
	{"youtube.com", "m"},
	{"twitter.com", "mobile m"},
	{"x.com", "mobile m"},
	{"linkedin.com", "m touch lnkd xx"},
	{"reddit.com", "old new out amp m np i xx"},
	{"pinterest.com", "m xx"},
	{"tumblr.com", "m href"},
	{"tiktok.com", "m vm"},
	{"vk.com", "m away"},
	{"ok.ru", "m"},
	{"weibo.com", "m"},
	{"quora.com", "m"},
	{"medium.com", "m"},
	{"bing.com", "m xx"},
	{"duckduckgo.com", "html lite start safe noai"},
	{"qwant.com", "lite"},
	{"baidu.com", "m wap"},
	{"search.yahoo.com", "m xx"},
	{"search.naver.com", "m"},
	{"ebay.com", "m"},
}

// matchLabel tells whether a label is one of a list of labels and patterns.
func matchLabel(labels, label string) bool {
	for labels != "" {
		var one string
		one, labels, _ = strings.Cut(labels, " ")
		if one == label ||
			one == "xx" && len(label) == 2 && areLetters(label) ||
			one == "xx-xx" && len(label) == 5 && label[2] == '-' && areLetters(label[:2]) && areLetters(label[3:]) {
			return true
		}
	}
	return false
}

func areLetters(s string) bool {
	for i := range len(s) {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return true
}

// androidApps names the hosts of services whose Android applications send
// themselves as the referrer.
func androidApps() map[string]string {
	return map[string]string{
		"com.google.android.googlequicksearchbox": "google.com",
		"com.google.android.gm":                   "mail.google.com",
		"com.google.android.apps.magazines":       "news.google.com",
		"com.google.android.youtube":              "youtube.com",
		"com.facebook.katana":                     "facebook.com",
		"com.facebook.lite":                       "facebook.com",
		"com.facebook.orca":                       "messenger.com",
		"com.instagram.android":                   "instagram.com",
		"com.instagram.barcelona":                 "threads.net",
		"com.twitter.android":                     "x.com",
		"com.linkedin.android":                    "linkedin.com",
		"com.pinterest":                           "pinterest.com",
		"com.reddit.frontpage":                    "reddit.com",
		"com.zhiliaoapp.musically":                "tiktok.com",
		"com.snapchat.android":                    "snapchat.com",
		"com.whatsapp":                            "whatsapp.com",
		"org.telegram.messenger":                  "telegram.org",
		"org.telegram.messenger.web":              "telegram.org",
		"com.discord":                             "discord.com",
		"com.slack":                               "slack.com",
		"com.microsoft.teams":                     "teams.microsoft.com",
		"com.microsoft.office.outlook":            "outlook.com",
		"com.microsoft.bing":                      "bing.com",
		"com.duckduckgo.mobile.android":           "duckduckgo.com",
		"com.yahoo.mobile.client.android.mail":    "mail.yahoo.com",
		"com.vkontakte.android":                   "vk.com",
	}
}
