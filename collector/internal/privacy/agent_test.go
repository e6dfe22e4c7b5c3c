package privacy

import (
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

func TestAgent(t *testing.T) {
	const (
		webkit  = " AppleWebKit/537.36 (KHTML, like Gecko) "
		webkit6 = " AppleWebKit/605.1.15 (KHTML, like Gecko) "
		win     = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
		mac     = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
		droid   = "Mozilla/5.0 (Linux; Android 10; K)"
		iphone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X)"
	)
	for _, c := range []struct{ name, ua, want string }{
		{"Chrome", win + webkit + "Chrome/155.0.0.0 Safari/537.36", "Chrome 155, Windows, desktop"},
		{"Chrome on Android", droid + webkit + "Chrome/155.0.0.0 Mobile Safari/537.36", "Chrome 155, Android, phone"},
		{"Chrome on a tablet", droid + webkit + "Chrome/155.0.0.0 Safari/537.36", "Chrome 155, Android, tablet"},
		{"Chrome on iOS", iphone + webkit6 + "CriOS/155.0.8078.10 Mobile/15E148 Safari/604.1", "Chrome 155, iOS, phone"},
		{"Chrome on ChromeOS", "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)" + webkit + "Chrome/155.0.0.0 Safari/537.36", "Chrome 155, ChromeOS, desktop"},
		{"Chrome on Linux", "Mozilla/5.0 (X11; Linux x86_64)" + webkit + "Chrome/155.0.0.0 Safari/537.36", "Chrome 155, Linux, desktop"},
		{"Safari", mac + webkit6 + "Version/26.5 Safari/605.1.15", "Safari 26, macOS, desktop"},
		{"Safari on an iPhone", iphone + webkit6 + "Version/26.5 Mobile/15E148 Safari/604.1", "Safari 26, iOS, phone"},
		{"Safari on an iPad", "Mozilla/5.0 (iPad; CPU OS 16_7 like Mac OS X)" + webkit6 + "Version/16.6 Mobile/15E148 Safari/604.1", "Safari 16, iOS, tablet"},
		{"Firefox", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:155.0) Gecko/20100101 Firefox/155.0", "Firefox 155, Windows, desktop"},
		{"Firefox on Ubuntu", "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:155.0) Gecko/20100101 Firefox/155.0", "Firefox 155, Linux, desktop"},
		{"Firefox on Android", "Mozilla/5.0 (Android 16; Mobile; rv:155.0) Gecko/155.0 Firefox/155.0", "Firefox 155, Android, phone"},
		{"Firefox on iOS", iphone + webkit6 + "FxiOS/155.0 Mobile/15E148 Safari/605.1.15", "Firefox 155, iOS, phone"},
		{"another of Firefox's engine", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0 Waterfox/6.0", "(other), Linux, desktop"},
		{"Edge", win + webkit + "Chrome/155.0.0.0 Safari/537.36 Edg/155.0.0.0", "Edge 155, Windows, desktop"},
		{"Edge on Android", droid + webkit + "Chrome/155.0.0.0 Mobile Safari/537.36 EdgA/155.0.0.0", "Edge 155, Android, phone"},
		{"Edge on iOS", iphone + webkit6 + "Version/26.0 EdgiOS/155.0.0.0 Mobile/15E148 Safari/605.1.15", "Edge 155, iOS, phone"},
		{"Opera", win + webkit + "Chrome/155.0.0.0 Safari/537.36 OPR/125.0.0.0", "Opera 125, Windows, desktop"},
		{"Opera Mini", "Opera/9.80 (Android; Opera Mini/36.2/119.132; U; id) Presto/2.12.423 Version/12.16", "Opera Mini 36, Android, phone"},
		{"Samsung", droid + webkit + "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", "Samsung Internet 28, Android, phone"},
		{"DuckDuckGo", mac + webkit6 + "Version/26.5 Safari/605.1.15 Ddg/26.5", "DuckDuckGo 26, macOS, desktop"},
		{"Vivaldi", win + webkit + "Chrome/96.0.4664.175 Safari/537.36 Vivaldi/5.0.2497.48", "Vivaldi 5, Windows, desktop"},
		{"Yandex", win + webkit + "Chrome/118.0.0.0 YaBrowser/23.11.2.771 Yowser/2.5 Safari/537.36", "Yandex 23, Windows, desktop"},
		{"a view of Android", "Mozilla/5.0 (Linux; Android 16; V1 Build/AP3A; wv)" + webkit + "Version/4.0 Chrome/155.0.1.2 Mobile Safari/537.36", "Android WebView 155, Android, phone"},
		{"a view of iOS", iphone + webkit6 + "Mobile/15E148", "iOS WebView, iOS, phone"},
		{"Facebook", iphone + webkit6 + "Mobile/21B101 [FBAN/FBIOS;FBAV/445.0.0.35.117;FBDV/iPhone12,1]", "Facebook, iOS, phone"},
		{"Instagram", iphone + webkit6 + "Mobile/21H16 Instagram 350.0.1.2 (iPhone14,5)", "Instagram 350, iOS, phone"},
		{"an application's own", iphone + webkit6 + "Mobile/15E148 Weibo (iPhone17,1)", "(other), iOS, phone"},
		{"another of Chrome's engine", win + webkit + "Chrome/155.0.0.0 Safari/537.36 Rarest/3.1", "(other), Windows, desktop"},
		{"Internet Explorer 11", "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko", "Internet Explorer 11, Windows, desktop"},
		{"Internet Explorer in disguise", "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/5.0)", "Internet Explorer 9, Windows, desktop"},
		{"Windows Phone", "Mozilla/5.0 (Mobile; Windows Phone 8.1; Android 4.0; ARM; Trident/7.0; Touch; rv:11.0; IEMobile/11.0; NOKIA; Lumia 920) like iPhone OS 7_0_3 Mac OS X AppleWebKit/537 (KHTML, like Gecko) Mobile Safari/537", "Internet Explorer 11, (other), phone"},
		{"television", "Mozilla/5.0 (Web0S; Linux/SmartTV)" + webkit + "Chrome/120.0.0.0 Safari/537.36", "Chrome 120, (other), tv"},
		{"Tablet PC is none", "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Tablet PC 2.0)", "Internet Explorer 8, Windows, desktop"},
		{"version of five digits", win + webkit + "Chrome/15555.0 Safari/537.36", "Chrome, Windows, desktop"},
		{"version of four digits", win + webkit + "Chrome/1555.0 Safari/537.36", "Chrome, Windows, desktop"},
		{"past 512 bytes", win + webkit + "Chrome/155.0.0.0 Safari/537.36" + strings.Repeat(" ", 600) + "OPR/125.0", "Chrome 155, Windows, desktop"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newAgentParser()
			a := p.parse(&Raw{Agent: c.ua})
			if got := a.browser.String() + ", " + a.system.String() + ", " + a.device.String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if a.bot != hit.NotBot {
				t.Errorf("taken for a bot: %v", a.bot)
			}
		})
	}
}

func TestHints(t *testing.T) {
	const droid = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/155.0.0.0 Safari/537.36"
	const linux = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/155.0.0.0 Safari/537.36"
	const noise = `"Not/A)Brand";v="24", "Chromium";v="155", `
	for _, c := range []struct{ name, ua, brands, mobile, platform, want string }{
		{"none", chromeAgent, "", "", "", "Chrome 155, Windows, desktop"},
		{"Chrome", chromeAgent, noise + `"Google Chrome";v="155"`, "?0", `"Windows"`, "Chrome 155, Windows, desktop"},
		{"Brave", chromeAgent, noise + `"Brave";v="155"`, "?0", `"Windows"`, "Brave 155, Windows, desktop"},
		{"Vivaldi first", chromeAgent, `"Vivaldi";v="7", ` + noise, "?0", `"Windows"`, "Vivaldi 7, Windows, desktop"},
		{"DuckDuckGo", droid, noise + `"DuckDuckGo";v="155"`, "?1", `"Android"`, "DuckDuckGo 155, Android, tablet"},
		{"the engine alone", chromeAgent, noise, "?0", `"Windows"`, "Chrome 155, Windows, desktop"},
		{"an unknown brand", chromeAgent, noise + `"Rarest Browser";v="3"`, "?0", `"Windows"`, "(other), Windows, desktop"},
		{"an unknown brand of a known engine", chromeAgent + " OPR/85.0", noise + `"Opera Rarest";v="85"`, "?0", `"Windows"`, "(other), Windows, desktop"},
		{"the agent is truer", chromeAgent + " Edg/155.0.0.0", noise + `"Google Chrome";v="155"`, "?0", `"Windows"`, "Edge 155, Windows, desktop"},
		{"another's product is truer", chromeAgent + " Rarest/3", noise + `"Google Chrome";v="155"`, "?0", `"Windows"`, "(other), Windows, desktop"},
		{"a view", droid, noise + `"Android WebView";v="155"`, "?1", `"Android"`, "Android WebView 155, Android, tablet"},
		{"platform", linux, "", "", `"Chrome OS"`, "Chrome 155, ChromeOS, desktop"},
		{"a phone that asks for the desktop's page", linux, "", "?1", `"Android"`, "Chrome 155, Android, phone"},
		{"a tablet that asks for the desktop's page", linux, "", "?0", `"Android"`, "Chrome 155, Android, tablet"},
		{"Linux does not overrule Android", droid, "", "", `"Linux"`, "Chrome 155, Android, tablet"},
		{"an unknown platform", chromeAgent, "", "", `"Plan 9"`, "Chrome 155, Windows, desktop"},
		{"broken", chromeAgent, `"";v=", "Br`, "?", `"`, "Chrome 155, Windows, desktop"},
		{"huge version", chromeAgent, noise + `"Brave";v="99999999999999999999"`, "", "", "Brave 155, Windows, desktop"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newAgentParser()
			a := p.parse(&Raw{Agent: c.ua, Brands: c.brands, Mobile: c.mobile, Platform: c.platform})
			if got := a.browser.String() + ", " + a.system.String() + ", " + a.device.String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestBots(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*Raw)
		want hit.Bot
	}{
		{"a person", func(*Raw) {}, hit.NotBot},
		{"no agent", func(raw *Raw) { raw.Agent = "" }, hit.BotEmpty},
		{"a dash", func(raw *Raw) { raw.Agent = "-" }, hit.BotEmpty},
		{"spaces", func(raw *Raw) { raw.Agent = "  " }, hit.BotEmpty},
		{"a crawler", agentIs("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"), hit.BotWord},
		{"a crawler as a phone", agentIs("Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.6367.201 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"), hit.BotWord},
		{"a model's reader", agentIs("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"), hit.BotWord},
		{"curl", agentIs("curl/8.9.1"), hit.BotWord},
		{"python", agentIs("python-requests/2.32"), hit.BotWord},
		{"headless", agentIs(strings.Replace(chromeAgent, "Chrome/", "HeadlessChrome/", 1)), hit.BotHeadless},
		{"headless in the brands", func(raw *Raw) { raw.Brands = `"Chromium";v="155", "HeadlessChrome";v="155"` }, hit.BotHeadless},
		{"known to the library", agentIs("Spyder/1.0 (iPhone; iOS 18.0)"), hit.BotLibrary},
		{"no browser's beginning", agentIs("FancyReader 1.0"), hit.BotAbsurd},
		{"no engine and no system", agentIs("Mozilla/5.0 xtate/2.12.4"), hit.BotAbsurd},
		{"compatible with nothing", agentIs("Mozilla/5.0 (compatible)"), hit.BotAbsurd},
		{"an old telephone", agentIs("Nokia6300/2.0 (05.00) Profile/MIDP-2.0 Configuration/CLDC-1.1"), hit.NotBot},
		{"a brand of telephones", agentIs("Mozilla/5.0 (Linux; Android 13; CUBOT P60) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/155.0.0.0 Mobile Safari/537.36"), hit.NotBot},
		{"search in a browser's name", agentIs("Mozilla/5.0 (Linux; arm_64; Android 14; X) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 YaSearchBrowser/25.1 Mobile Safari/537.36"), hit.NotBot},
		{"prefetch", func(raw *Raw) { raw.Purpose = "prefetch" }, hit.BotPrefetch},
		{"prerender", func(raw *Raw) { raw.Purpose = "prefetch;prerender" }, hit.BotPrefetch},
		{"preview", func(raw *Raw) { raw.Purpose = "Preview" }, hit.BotPrefetch},
		{"another purpose", func(raw *Raw) { raw.Purpose = "x" }, hit.NotBot},
		{"no Sec-Fetch", func(raw *Raw) { raw.FetchMetadata = false }, hit.BotMetadata},
		{"no Sec-Fetch over http", func(raw *Raw) { raw.FetchMetadata, raw.Secure = false, false }, hit.NotBot},
		{"no Sec-Fetch, headers not known", func(raw *Raw) { raw.FetchMetadata, raw.Complete = false, false }, hit.NotBot},
		{"no Sec-Fetch from Chrome 89", func(raw *Raw) {
			raw.FetchMetadata, raw.Agent = false, strings.Replace(chromeAgent, "155", "89", 1)
		}, hit.NotBot},
		{"no Sec-Fetch from Safari", func(raw *Raw) { raw.FetchMetadata, raw.Agent = false, iphoneAgent }, hit.NotBot},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newReducer(t, Options{})
			raw := typicalRaw()
			c.edit(raw)
			var h hit.Hit
			v := r.Reduce(noon, raw, &h)
			if h.Bot != c.want {
				t.Errorf("got %q, want %q", h.Bot, c.want)
			}
			if (v == hit.CountedBot) != (c.want != hit.NotBot) {
				t.Errorf("got verdict %v with bot %q", v, h.Bot)
			}
		})
	}
}

func agentIs(ua string) func(*Raw) {
	return func(raw *Raw) { raw.Agent, raw.Brands, raw.Mobile, raw.Platform = ua, "", "", "" }
}

// TestAgentIsFast prints what the worst agents cost, which should be under a
// millisecond (F4): a clock decides nothing on a busy machine.
func TestAgentIsFast(t *testing.T) {
	p := newAgentParser()
	for _, unit := range []string{"(", "[", "Mozilla/5.0 (", "a/1 ", "bot", "(;", "sm-", "; ", "\xff"} {
		raw := &Raw{Agent: strings.Repeat(unit, 64<<10/len(unit)), Brands: strings.Repeat(`"`+unit, 4096/len(unit))}
		best := time.Hour
		for range 20 {
			start := time.Now()
			p.read(raw.Agent[:maxAgent], raw)
			best = min(best, time.Since(start))
		}
		t.Logf("agent of %q: %v of 1 ms", unit, best)
	}
}

// TestAgentsAreFewValues asks that many agents become few values, all of
// closed lists.
func TestAgentsAreFewValues(t *testing.T) {
	p := newAgentParser()
	seen := map[agent]bool{}
	rows := 0
	for _, src := range []string{"matomo", "uapcore", "isbot", "crawlers", "intoli"} {
		for _, row := range readLines[agentRow](t, "ua/ua_"+src+".jsonl") {
			a := p.parse(row.raw())
			checkAgent(t, &a)
			a.browser.Major, a.chromium = 0, 0
			seen[a] = true
			rows++
		}
	}
	t.Logf("%d agents became %d values without their versions", rows, len(seen))
	if len(seen) > rows/10 {
		t.Errorf("%d values of %d agents are too many to hide in", len(seen), rows)
	}
}
