package privacy

import (
	"strings"

	"github.com/mssola/useragent"

	"footfall/aggregate/hit"
)

// bot tells whether an agent is a machine's, and why it is taken for one.
func (f *findings) bot(ua string, raw *Raw, lib *useragent.UserAgent) hit.Bot {
	trimmed := strings.TrimSpace(ua)
	switch {
	case trimmed == "" || trimmed == "-":
		return hit.BotEmpty
	case f.has(factHeadless) || strings.Contains(raw.Brands, "HeadlessChrome"):
		return hit.BotHeadless
	case f.botHard && !f.has(factNotABot), f.botSoft && !f.has(factHandheld):
		return hit.BotWord
	case lib.Bot():
		return hit.BotLibrary
	case f.absurd():
		return hit.BotAbsurd
	}
	return hit.NotBot
}

// absurd tells whether an agent is like no browser's. All have begun with
// Mozilla or Opera since 1996 but those of telephones and television sets,
// and have named an engine or a system. "compatible" is what Internet
// Explorer and Konqueror said of themselves; nothing else that does is one.
func (f *findings) absurd() bool {
	s := string(f.low)
	switch {
	case f.has(factOldPhone):
		return false
	case !strings.HasPrefix(s, "mozilla/") && !strings.HasPrefix(s, "opera/"):
		return !f.has(factHandheld) && !f.has(factEngine)
	case !f.has(factEngine) && f.orders[roleSystem] == noOrder:
		return true
	}
	return strings.HasPrefix(s, "mozilla/5.0 (compatible") && !f.has(factEngine)
}

// requestBot tells whether a request that its agent does not give away is a
// machine's: one ahead of any visit, or one without the headers that its
// agent always sends. Sec-Fetch headers are absent over plain http.
func requestBot(raw *Raw, chromium uint16) hit.Bot {
	if raw.Purpose != "" && isAhead(raw.Purpose) {
		return hit.BotPrefetch
	}
	if raw.Complete && raw.Secure && !raw.FetchMetadata && chromium >= 90 {
		return hit.BotMetadata
	}
	return hit.NotBot
}

// isAhead tells whether a purpose is to have a page ready before anybody asks
// for it.
func isAhead(purpose string) bool {
	for _, w := range [...]string{"prefetch", "prerender", "preview"} {
		for i := 0; i+len(w) <= len(purpose); i++ {
			if strings.EqualFold(purpose[i:i+len(w)], w) {
				return true
			}
		}
	}
	return false
}
