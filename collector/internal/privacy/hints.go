package privacy

import (
	"strings"

	"footfall/aggregate/hit"
)

// hints corrects what the agent says by the three hints that Chromium sends
// unasked. Agents are frozen, hints are not; but a product that the agent
// names is truer than "Google Chrome" in the hints.
func hints(raw *Raw, a *agent) {
	mobile := strings.TrimSpace(raw.Mobile)
	if raw.Platform != "" {
		platformHint(strings.Trim(raw.Platform, `" `), mobile, a)
	}
	switch mobile {
	case "?1":
		if a.device == hit.Desktop || a.device == hit.DeviceOther {
			a.device = hit.Phone
		}
	case "?0":
		if a.device == hit.Phone && a.system == hit.Android {
			a.device = hit.Tablet
		}
	}
	if raw.Brands == "" {
		return
	}
	b, ok := brand(raw.Brands)
	switch {
	case !ok:
		return
	case b.Family == hit.FamilyOther: // a brand of its own, whatever its agent resembles
	case a.browser.Family == hit.FamilyOther:
		if b.Family == hit.Chrome || b.Family == hit.AndroidWebView {
			return // the agent's own product is truer
		}
	case a.browser.Family != hit.Chrome && a.browser.Family != hit.AndroidWebView:
		return
	}
	a.browser = b
}

// platformHint takes the system from the hint, and where a phone or tablet asks
// for the page of desktops, its class from the other.
func platformHint(name, mobile string, a *agent) {
	system := hit.SystemUnknown
	switch strings.ToLower(name) {
	case "windows":
		system = hit.Windows
	case "macos", "mac os x":
		system = hit.MacOS
	case "ios":
		system = hit.IOS
	case "android":
		system = hit.Android
	case "chrome os", "chromium os", "chromeos":
		system = hit.ChromeOS
	case "linux":
		if a.system == hit.Android || a.system == hit.ChromeOS {
			return
		}
		system = hit.Linux
	default:
		return
	}
	if system == a.system {
		return
	}
	a.system = system
	if a.device == hit.Desktop && (system == hit.Android || system == hit.IOS) && mobile != "?1" {
		a.device = hit.Tablet
	}
}

// brand returns the browser of a Sec-CH-UA list: the one brand that is
// neither the engine nor the noise that is mixed in ("Not/A)Brand"). It is
// false where the list names the engine alone, or nothing.
func brand(list string) (hit.Browser, bool) {
	engine := uint16(0)
	best, found := hit.Browser{}, false
	for list != "" {
		var name string
		var major uint16
		name, major, list = nextBrand(list)
		switch {
		case name == "" || isNoise(name):
		case name == "Chromium":
			engine = major
		default:
			family := brandFamily(name)
			if !found || best.Family == hit.FamilyOther || best.Family == hit.Chrome {
				best, found = hit.Browser{Family: family, Major: major}, true
			}
		}
	}
	if found && (best.Major == 0 || best.Family == hit.AndroidWebView) {
		best.Major = engine
	}
	if best.Family == hit.FamilyOther {
		best.Major = 0
	}
	return best, found
}

// nextBrand cuts one `"Name";v="12"` off a list.
func nextBrand(list string) (name string, major uint16, rest string) {
	_, list, ok := strings.Cut(list, `"`)
	if !ok {
		return "", 0, ""
	}
	name, list, ok = strings.Cut(list, `"`)
	if !ok {
		return "", 0, ""
	}
	if v, ok := strings.CutPrefix(list, `;v="`); ok {
		var version string
		version, list, _ = strings.Cut(v, `"`)
		n := 0
		for i := 0; i < len(version) && version[i] >= '0' && version[i] <= '9' && n <= hit.MaxMajor; i++ {
			n = n*10 + int(version[i]-'0')
		}
		if n <= hit.MaxMajor {
			major = uint16(n)
		}
	}
	return name, major, list
}

// isNoise tells whether a brand is there only so that lists are not read too
// strictly.
func isNoise(name string) bool {
	return strings.Contains(name, "Not") && strings.Contains(name, "Brand")
}

func brandFamily(name string) hit.Family {
	switch name {
	case "Google Chrome", "HeadlessChrome":
		return hit.Chrome
	case "Microsoft Edge":
		return hit.Edge
	case "Opera", "Opera GX", "OperaMobile", "Opera Mobile", "Opera Air":
		return hit.Opera
	case "Samsung Internet":
		return hit.SamsungInternet
	case "DuckDuckGo":
		return hit.DuckDuckGo
	case "Vivaldi":
		return hit.Vivaldi
	case "Brave":
		return hit.Brave
	case "Yandex", "YaBrowser":
		return hit.Yandex
	case "Android WebView":
		return hit.AndroidWebView
	case "Whale", "NAVER Whale", "Naver Whale":
		return hit.Whale
	case "HuaweiBrowser", "Huawei Browser":
		return hit.HuaweiBrowser
	case "Miui Browser", "Mi Browser", "XiaoMi Browser":
		return hit.MiBrowser
	case "Silk", "Amazon Silk":
		return hit.Silk
	}
	return hit.FamilyOther
}
