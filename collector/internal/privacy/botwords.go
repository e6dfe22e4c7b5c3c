package privacy

// botWords are words of machines: what they do, what they are written with,
// an address to complain to, and the names of services whose machines carry
// none of these.
var botWords = []string{
	// What they call themselves.
	"bot$", "bots$", "^bot", "bot_", "crawl", "spider", "slurp", "^robot", "agent$", "-user/", "^worm",
	// What they do.
	"scrap", "fetch", "archiv", "monitor", "validat", "scanner", "preview", "uptime", "^ping", "probe", "analyz", "analys",
	"harvest", "extract", "index", "feed", "rss/", "rss ", "parser", "proxy", "inspect", "audit", "sitemap", "synthetic",
	"lighthouse", "pagespeed", "sitespeed", "^speedy", "favicon", "transcoder", "optimizer", "resolver", "lookup", "finder",
	"capture", "screenshot", "detect", "domain", "subscriber", "watcher", "marketing", "download", "security", "verif",
	"testing", "tester", "translat", "collector", "grabber",
	// What they are written with.
	"^curl", "wget", "libwww", "python", "perl", "java/", "http-client", "httpclient", "http_", "urllib", "okhttp", "axios",
	"go-http", "^node-", "^ruby", "^php", "guzzle", "nutch", "wordpress", "appengine", "apache-",
	// An address, and words after the engine's, where browsers say nothing.
	"http://", "https://", "www.", "mailto:", ".com$", ".org$", ".io$", ".ai$", "like gecko;", "${", "<",
	// Services.
	"facebookexternal", "mediapartners", "google-", "-google", "pingdom", "ptst/", "webpagetest", "statuscake", "gtmetrix",
	"gomez", "catchpoint", "ruxit", "datadog", "site24x7", "newrelic", "uptrends", "hotjar", "sistrix", "siteimprove",
	"silktide", "qualys", "nessus", "acunetix", "netcraft", "censys", "shodan", "zgrab", "masscan", "whatsapp/", "skypeuri",
	"embedly", "^ia_", "heritrix", "^seo", "^serp",
}

// botWordsSoft are words that the browsers of phones carry too, in names such
// as YaSearchBrowser.
var botWordsSoft = []string{"search", "@", "check", "scan", "^news"}
