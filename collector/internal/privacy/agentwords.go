package privacy

import "footfall/aggregate/hit"

// Facts that rules ask for.
const (
	factChrome uint8 = iota
	factFirefox
	factSafari
	factVersion
	factWebKit
	factEngine
	factWebView
	factTrident
	factMobile
	factHeadless
	factHandheld // a phone or tablet of today
	factOldPhone // a telephone of the years when browsers were not all Mozilla
	factNotABot  // a name of people's things with "bot" in it
	factEnd
)

// agentWords gathers the tables of this file and of botwords.go: what the
// scanner looks for, and what each word tells. Within browsers, systems and
// devices a word earlier in its table wins.
func agentWords() ([]string, []role) {
	var words []string
	var roles []role
	add := func(texts []string, r role) {
		for _, t := range texts {
			words, roles = append(words, t), append(roles, r)
		}
	}
	for i, b := range browserWords {
		add(b.words, role{roleBrowser, uint8(b.family), uint16(i)})
	}
	for i, s := range systemWords {
		add(s.words, role{roleSystem, uint8(s.system), uint16(i)})
	}
	for i, d := range deviceWords {
		add(d.words, role{roleDevice, uint8(d.device), uint16(i)})
	}
	for _, f := range factWords {
		add(f.words, role{kind: roleFact, value: f.fact})
	}
	add(botWords, role{kind: roleBot})
	add(botWordsSoft, role{kind: roleBotSoft})
	return words, roles
}

// browserWords name a browser. The order is of who disguises as whom: a
// browser is put before those whose tokens it carries too.
var browserWords = []struct {
	family hit.Family
	words  []string
}{
	{hit.FamilyOther, []string{"micromessenger", "messengerforios", "messengerliteforios", "fban/messenger", "orca-android",
		"fb_iab/messenger", "oculusbrowser", "picobrowser", "wolvic", "^teams/", "kakaotalk", "^line/", "mint browser",
		"coc_coc_browser", "baiduboxapp", "baidubrowser", "puffin/", "quark/", "lbbrowser", "maxthon", "mxbrowser",
		"liebaofast", "sogoumobilebrowser", "metasr", "(ecosia", "valve steam", "palmsource", "^aol "}},
	{hit.UCBrowser, []string{"ucbrowser", "ucweb", "ucmobile", "uc browser", "^ubrowser/", "ucturbo"}},
	{hit.OperaMini, []string{"opera mini", "opios/"}},
	{hit.Facebook, []string{"fban/", "fbav/", "fb_iab/", "fbios"}},
	{hit.Instagram, []string{"^instagram "}},
	{hit.Pinterest, []string{"pinterest/", "[pinterest"}},
	{hit.TikTok, []string{"musical_ly", "^trill_", "bytedancewebview", "^tiktok"}},
	{hit.Snapchat, []string{"^snapchat$"}},
	{hit.GoogleApp, []string{"^gsa/"}},
	{hit.Yandex, []string{"yabrowser/", "yasearchbrowser", "yaapp_", "yaapp/", "yandexsearch", "^yowser"}},
	{hit.Edge, []string{"^edg/", "^edga/", "^edgios/", "^edge/", "^edgw/", "^edgewv/"}},
	{hit.Opera, []string{"^opr/", "^opt/", "^opx/", "^opera/", "^opera ", "^omi/", "^opera mobi", "operagx/"}},
	{hit.SamsungInternet, []string{"samsungbrowser"}},
	{hit.DuckDuckGo, []string{"^ddg/", "duckduckgo/"}},
	{hit.Vivaldi, []string{"^vivaldi/"}},
	{hit.Brave, []string{"^brave$"}},
	{hit.MiBrowser, []string{"miuibrowser"}},
	{hit.HuaweiBrowser, []string{"huaweibrowser"}},
	{hit.QQBrowser, []string{"qqbrowser"}},
	{hit.Silk, []string{"^silk/", "^silk-accelerated"}},
	{hit.Whale, []string{"^whale/"}},
	{hit.Firefox, []string{"^fxios/", "^focus/", "^klar/", "^focusios/"}},
	{hit.Chrome, []string{"^crios/"}},
	{hit.InternetExplorer, []string{"^msie ", "^iemobile", "^trident/"}},
}

// systemWords name a system; those that carry another's name come first.
var systemWords = []struct {
	system hit.System
	words  []string
}{
	{hit.SystemOther, []string{"windows phone", "windows mobile", "windows ce", "windowsce", "iemobile", "zunewp", "xblwp",
		"^wds ", "tizen", "web0s", "webos", "kaios", "symbian", "series60", "series 60", "s60/", "s60v", "^bada/",
		"blackberry", "^bb10", "rim tablet", "playbook", "playstation", "nintendo", "meego", "googletv", "fuchsia",
		"freebsd", "openbsd", "netbsd", "dragonfly", "sunos", "solaris", "haiku", "beos", "amiga", "^os/2", "palmos",
		"palmsource", "^palm-", "^brew ", "brew mp", "j2me", "^nucleus", "whaletv", "smarthub", "orsay", "^kindle/",
		"openvms", "webtv", "risc os", "^qnx"}},
	{hit.ChromeOS, []string{"^cros ", "chromebook"}},
	{hit.Linux, []string{"linux like", "like iphone"}},
	{hit.Android, []string{"android", "andr0id", "^adr ", "^silk/", "^silk-accelerated", "^quest ", "smarttv_aft"}},
	{hit.Windows, []string{"^windows", "^win9", "^winnt", "^win10", "^win32", "^win64", "^win 9", "^win3.", "^winxp"}},
	{hit.IOS, []string{"^iphone", "^ipad", "^ipod", "^ios$", "^iph", "cpu os", "^watchos", "^watch os", "^tvos",
		"^apple tv", "-ios/", "fbios"}},
	{hit.MacOS, []string{"^macintosh", "^mac os", "^mac_powerpc", "^mac_ppc", "^macos", "(i386)", "(x86_64)", "^macbook",
		"^imac", "^macmini", "^powermac", "^powerbook", "^os=mac"}},
	{hit.IOS, []string{"cfnetwork"}},
	{hit.MacOS, []string{"^darwin"}},
	{hit.Linux, []string{"linux", "^x11$", "^ubuntu", "^debian", "^fedora", "roku", "vizio", "^unix", "redhat", "^wayland"}},
}

// deviceWords name a class of device.
var deviceWords = []struct {
	device hit.Device
	words  []string
}{
	{hit.Desktop, []string{"tablet pc", "chromebook", "elitebook", "probook", "thinkpad", "lifebook", "travelmate",
		"latitude", "inspiron", "vostro", "^aspire ", "satellite", "easynote"}},
	{hit.DeviceOther, []string{"^watch", "smartwatch", "ticwatch", "oculus", "^quest ", "^vr$", "playstation", "nintendo",
		"^xbox", "^tesla/", "^ipod", "^sm-r", "^echo/", "^aeo", "sonos", "smartspeaker", "yandexstation", "retroid"}},
	{hit.TV, []string{"smart-tv", "smarttv", "smart tv", "smart_tv", "hbbtv", "appletv", "googletv", "google tv", "androidtv",
		"web0s", "webos.tv", "netcast", "nettv", "netrange", "bravia", "roku", "^crkey", "viera", "vidaa", "vizio",
		"philipstv", "large screen", "^dtv", "^omi/", "^tv$", "^atv$", "_tv$", "ce-html", "inettvbrowser", "mitv", "mibox",
		"^aft", "_aft", "firetv", "^stb$", "^mag2", "^mag3", "maple", "antgalio", "espial", "^sraf", "webtv", "^tvos",
		"chromecast", "viewbrowser", "^lg browser", "whaletv", "youview", "brightsign", "smarttva", "smarthub", "-led"}},
	{hit.Tablet, []string{"^ipad", "^tablet", "kindle", "^kf", "playbook", "^nexus 7", "^nexus 9", "^nexus 10", "^sm-t",
		"^sm-x", "^sm-p", "^gt-p", "^gt-n5", "^gt-n8", "^xoom", "^lenovo tb", "^tb-", "transformer", "^iplay", "/apad",
		"tablet$", "tab$", "pad$", "^tab", "-w00$", "-w09", "-w10$", "-w19", "-w29", "-w69", "pocketbook"}},
	{hit.Phone, []string{"^iphone", "windows phone", "iemobile", "blackberry", "^bb10", "symbian", "series60", "^midp",
		"j2me", "kaios", "^bada/", "opera mini", "opera mobi", "^phone", "nokia", "sonyericsson", "palmsource", "^palm-",
		"^brew ", "lumia", "ucweb", "up.browser", "wap-browser", "obigo", "netfront", "maui"}},
	{hit.Desktop, []string{"^x11$", "freebsd", "openbsd", "netbsd", "sunos", "haiku", "beos", "amiga", "openvms"}},
}

// factWords are asked for by rules.
var factWords = []struct {
	fact  uint8
	words []string
}{
	{factChrome, []string{"chrome/", "^chromium/", "chr0me/"}},
	{factFirefox, []string{"firefox/"}},
	{factSafari, []string{"^safari/"}},
	{factVersion, []string{"^version/"}},
	{factWebKit, []string{"applewebkit"}},
	{factEngine, []string{"applewebkit", "^gecko", "^trident/", "^presto", "^msie", "^khtml", "chrome/", "firefox/", "^opera",
		"netscape", "hbbtv", "rokubrowser"}},
	{factWebView, []string{"; wv)"}},
	{factTrident, []string{"^trident/"}},
	{factMobile, []string{"^mobile"}},
	{factHeadless, []string{"headless", "phantomjs", "puppeteer", "playwright", "selenium", "webdriver", "slimerjs"}},
	{factHandheld, []string{"(iphone", "(ipad", "(ipod", "; android", ";android"}},
	{factOldPhone, []string{"nokia", "sonyericsson", "^samsung", "blackberry", "^mot-", "^lg-", "^lg/", "^lge-", "^sie-",
		"^zte", "huawei", "^htc", "^sec-", "^sagem", "^alcatel", "^panasonic", "^philips", "^sharp", "^benq", "^kddi",
		"^docomo", "j2me", "/midp", "^midp", "ucweb", "^juc ", "^juc(", "symbian", "^palm", "up.browser", "obigo",
		"netfront", "mqqbrowser", "ucbrowser", "wap-browser", "maui", "^vodafone", "^softbank", "^j-phone", "^micromax",
		"^karbonn", "^tcl"}},
	{factNotABot, []string{"cubot"}},
}

// plainProducts are the products that Chrome, Safari, Firefox and the views
// of Android and iOS name beside themselves, and names of systems.
var plainProducts = map[string]bool{
	"mozilla": true, "applewebkit": true, "chrome": true, "chromium": true, "chr0me": true, "safari": true, "mobile": true,
	"version": true, "gecko": true, "like": true, "firefox": true, "khtml": true, "tablet": true, "gzip": true,
	"ubuntu": true, "fedora": true, "debian": true, "suse": true, "gentoo": true, "kubuntu": true, "mandriva": true,
	"red": true, "hat": true, "archlinux": true, "linux": true, "centos": true, "slackware": true, "raspbian": true,
	"crkey": true, "devicetype": true, "vizio": true, "smartcast": true, "hbbtv": true, "tv": true, "kaios": true,
	"tesla": true,
}
