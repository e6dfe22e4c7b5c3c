package dashboard

import (
	"footfall/aggregate/publish"
	"footfall/collector/edge"
)

// english returns the strings in English.
func english() *words {
	w := &words{
		Lang: "en", OtherLang: "fr", OtherName: "Français",
		Skip: "Skip to the numbers", Home: "footfall, all sites", Sites: "Sites", AllSites: "All sites",
		About: "How counted, how rounded", LogIn: "Log in", LogOut: "Log out", Account: "Logged in as", Colon: ":",

		WeekdaysShort: [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		Weekdays:      [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		MonthsShort:   [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		Months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September",
			"October", "November", "December"},
		FirstOfMonth: "1", Thousands: ",", Percent: "%", Minutes: "\u00a0min", Seconds: "\u00a0s",

		Periods: map[string]string{
			"today": "Today", "yesterday": "Yesterday", "7d": "7 days", "week": "This week", "lastweek": "Last week",
			"4w": "4 weeks", "13w": "13 weeks", "month": "This month", "lastmonth": "Last month", "year": "This year",
			"custom": "Custom range",
		},
		PeriodMenu: "Period", MorePeriods: "More", Earlier: "Earlier", Later: "Later", From: "From", Until: "To",
		Show: "Show", WholeWeeks: "%d whole weeks", Week: "week %s", Zone: "Time zone",

		Measures: map[publish.Measure]string{
			publish.Views: "Views", publish.Visitors: "Visitors", publish.Visits: "Visits", publish.Bounces: "Bounces",
			publish.VisitTime: "Visit time", publish.Entries: "Entries", publish.Exits: "Exits", publish.Uses: "Uses",
			publish.Hits: "Requests",
		},
		Lower:      map[string]string{"views": "views", "visitors": "visitors", "visits": "visits", "bounces": "bounces"},
		BounceRate: "Bounce rate", PerVisit: "Views per visit", Decimal: ".",
		MeasureTips: map[string]string{
			"views": "pages shown", "visitors": "sum of daily visitors", "visits": "no pause over 30 minutes",
			"bounces": "visits of one view", "time": "mean per visit", "pervisit": "from the rounded counts",
		},
		Within: "± %s", NotYet: "once the day has closed", TodaySoFar: "Today so far", AsOf: "as of %s", Running: "so far",

		Panels: map[string]string{
			"page": "Pages", "section": "Sections", "referrer": "Referrers", "entry": "Entry pages", "exit": "Exit pages",
			"browser": "Browsers", "system": "Systems", "device": "Devices", "country": "Countries", "feature": "Features",
			"outbound": "Outbound links", "download": "Downloads", "status": "Failed requests", "error": "Failed pages",
			"bot": "Bots, not counted above", "day": "Days", "week": "Weeks", "month": "Months", "hour": "Hours",
		},
		Columns: map[string]string{
			"page": "Page", "section": "Section", "referrer": "Host", "entry": "Page", "exit": "Page", "browser": "Browser",
			"system": "System", "device": "Device", "country": "Country", "feature": "Feature", "outbound": "Host",
			"download": "File", "status": "Status", "error": "Page", "bot": "Reason", "day": "Day", "week": "Week",
			"month": "Month", "hour": "Hour",
		},
		Values: map[string]string{
			"(none)": "No referrer", "(internal)": "The site itself", "(other)": "Other, together",
			"(unknown)": "Unknown", "(folded)": "Few visitors, folded",
			"device desktop": "Desktop", "device phone": "Phone", "device tablet": "Tablet", "device tv": "Television",
			"device other": "Other", "status 404": "404 Not found", "status 4xx": "4xx Refused", "status 5xx": "5xx Server error",
		},
		ValueTips: map[string]string{
			"(none)":     "typed, bookmarked, or the browser did not say",
			"(internal)": "the visit went on from a page of this site",
			"(other)":    "every value with fewer than ten visitors behind it, and what is past a cap",
			"(unknown)":  "the source could not tell",
			"(folded)":   "seen on days with fewer than ten visitors, when no row is kept",
		},
		Bots: map[string]string{
			"word": "Says it is a machine", "library": "Known crawler", "headless": "Automated browser",
			"empty": "No user agent", "absurd": "No browser's user agent", "prefetch": "Fetched ahead of a visit",
			"metadata": "Headers no browser sends",
		},
		Share: "Share", Details: "All rows", Download: "CSV", Empty: "Nothing to show: no value with ten visitors yet.",
		EmptyFilter: "Nothing to show for this filter.", CountedPart: "Counted apart, cannot be combined with this filter.",
		Filter: "Filter", Page: "Page", Clear: "Remove the filter",
		PageIs: "This page by the browser, system, device, country and referrer of its visitors, one at a time.",
		FilterTip: map[string]string{
			"page": "Break this page down", "referrer": "Pages seen by visitors from here",
			"browser": "Pages seen with this browser", "system": "Pages seen on this system",
			"device": "Pages seen on this device", "country": "Pages seen from this country",
		},

		Search: "Search", Sort: "Sort by", Previous: "Previous", Next: "Next", Rows: "Rows %d to %d of %d",
		BackToSite: "Back to the overview", Ascending: "ascending",

		Speed:      speedEnglish(),
		Changed:    changedEnglish(),
		HeatTitle:  "Views by weekday and hour",
		NotesTitle: "About these numbers",
		Rounded:    "Every count is rounded to the nearest ten; “<10” is nine or fewer, zero included.",
		Retention:  "kept for %d months", Generated: "as of %s",

		AboutTitle: "How counted, how rounded",
		AboutText:  aboutEnglish(),
		Countries:  "Where countries come from",
		Doctor:     doctorEnglish(),
		Settings:   settingsEnglish(),
		Log:        logEnglish(),
		Marks:      marksEnglish(),
	}
	w.Change.Than, w.Change.None = "than %s", "no clear change"
	w.Change.Up, w.Change.Down = "up", "down"
	w.Chart.PerDay, w.Chart.PerWeek, w.Chart.PerMonth, w.Chart.PerHour = "%s per day", "%s per week", "%s per month", "%s by hour of the day"
	w.Chart.Highest, w.Chart.Lowest = "Highest: %s, %s.", "Lowest: %s, %s."
	w.Chart.Empty, w.Chart.Table, w.Chart.When = "Nothing to draw: every value is under ten.", "The same as a table", "When"
	w.Chart.Beyond = "outside the period, not in the totals"
	w.Chart.ViewsAndVisitors, w.Chart.ShowThis = "Views and visitors", "Draw %s"
	w.Chart.Export = "All tables day by day (zip)"
	w.Overview.Title, w.Overview.Today, w.Overview.Yesterday = "Sites", "Today", "Yesterday"
	w.Overview.FourWeeks, w.Overview.Open = "Last 4 weeks", "Open"
	w.Overview.Nothing = "nothing yet"
	w.Overview.NoSites = "No site is configured yet. Start the server with --site, or add a [[site]] table to its file."
	w.Overview.NoRights = "Your account may read none of the configured sites."
	w.Install = installEnglish()
	w.FirstHit.Title = "Nothing to show yet"
	w.FirstHit.Text = "Put this line into the pages of the site. The first numbers appear once ten views have been counted."
	w.FirstHit.Then = "Totals are as of the last full ten minutes, breakdowns as of the last full hour."
	w.Quality = qualityEnglish()
	w.Notes = w.Quality.capped(notesEnglish())
	w.Login.Title, w.Login.Name, w.Login.Password, w.Login.Submit = "Log in", "Name", "Password", "Log in"
	w.Login.Wrong = "The name and password do not match."
	w.Login.Throttled = "Too many attempts. The next one will be looked at in %d seconds."
	w.Login.Busy = "Too many people are logging in at this moment. Please try again."
	w.Login.Failed = "Logging in did not work because the server could not write. Please try again."
	w.Login.Insecure = "This page was reached over plain HTTP, so it takes no password."
	w.Login.InsecureHow = "Reach the dashboard over HTTPS. If a proxy already does that, name it with --trusted-proxy so that its X-Forwarded-Proto is believed."
	w.Setup.Title, w.Setup.Submit = "First user", "Make the user"
	w.Setup.Text = "This page makes the first user, who may do everything. It works once."
	w.Setup.Name, w.Setup.NameHint = "Name", "Lower-case letters, digits and . _ @ -"
	w.Setup.Password, w.Setup.PasswordHint, w.Setup.Again = "Password", "Twelve characters or more", "Password again"
	w.Setup.Differ = "The two passwords differ."
	w.Setup.Gone, w.Setup.GoneText = "This link has been used", "The set-up link works once. If you have no user yet, start the server again: it prints a new link."
	w.Errors = map[int]errorWords{
		400: {"That is not a question we can answer", "A part of the address is not of the form it should have."},
		401: {"Please log in", "The log-in session has ended."},
		403: {"Not allowed", "The request came from another site, or your account may not do this."},
		404: {"Not found", "There is no such page, or your account may not read it."},
		405: {"Not allowed", "This address does not take that method."},
		413: {"Too large", "The form holds more than this page takes."},
		429: {"A little slower, please", "Too many questions in a short time. Try again in a moment."},
		500: {"Something went wrong", "The server could not answer. It has been counted for the operator."},
		503: {"Not available", "The server cannot answer at this moment. Try again shortly."},
	}
	return w
}

func notesEnglish() map[publish.NoteCode]string {
	return map[publish.NoteCode]string{
		publish.SumOfDays:      "Visitors are the sum of daily visitors: somebody who comes on two days counts twice.",
		publish.RunningTotals:  "%d is not over: totals as of %t.",
		publish.RunningRows:    "%d is not over: breakdowns as of %t.",
		publish.RunningNothing: "%d is not over and has no snapshot yet: nothing of it is in here.",
		publish.ClosedOnly:     "Exits, bounces and visit time are counted once a day has closed: %d is not in them.",
		publish.PartsHidden:    "This range is a sum of published periods. Where fewer than ten stand behind a row in one of them, that part is not in the row.",
		publish.RowsFolded:     "Visitors of a page on a day when too few saw it stand in no row of their own.",
		publish.Restarted:      "The server restarted on %d: visitors who came back afterwards count again, and a row needs more behind it.",
		publish.Sampled:        "Visitors are estimated from a sample on %d, and a row needs more behind it.",
		publish.Damaged:        "Damaged and not counted: %d.",
		publish.NotClosed:      "Not yet closed and not counted: %d.",
		publish.Imported:       "Imported from logs: %d.",
		publish.NoObjections:   "Imported from logs that do not tell objections: %d.",
		publish.NoVisitors:     "Visitors were not told apart on %d: nothing about them is known for periods that contain it, and visits are views that came from elsewhere.",
		publish.NotKept:        "No longer kept: %d.",
		publish.ToCome:         "Still to come: %d.",
	}
}

func aboutEnglish() []aboutWords {
	return []aboutWords{
		{"counted", "What is counted", []string{
			"footfall counts page views, the visitors of one day and their visits, and a few things about them one at a time: the host they came from, the family of their browser and system, the class of their device, their country, the features they use.",
			"What it keeps is counters per day. There is no row for a visit or a visitor, no cookie, no address, no search or campaign term, and nothing that joins two days or two sites.",
		}},
		{"views", "Views", []string{
			"A view is a page that was shown. A request that failed (404 and the like) is counted under failed requests, a machine's under bots; neither is a view.",
		}},
		{"visitors", "Visitors", []string{
			"A visitor is somebody whose first view of the day this was. Visitors are known again within one day of one site only: the secret that recognises them is forgotten at the site's midnight.",
			"Over several days visitors are therefore the sum of daily visitors: somebody who comes on three days counts three times. After a restart of the server the visitors of that day may count again; the page says so.",
		}},
		{"visits", "Visits, bounces, visit time", []string{
			"A visit is a run of views of one visitor with no pause over 30 minutes, within a day. A bounce is a visit of one view and no feature use; the bounce rate is bounces among visits, from fifty visits.",
			"Visit time runs from the first sign of a visit to its last. It is a mean, to five seconds, from fifty visits.",
		}},
		{"rounded", "How numbers are rounded", []string{
			"Every count is rounded to the nearest ten before it leaves the store. Nine or fewer, zero included, is “<10”; “–” is where nothing can be told. Percentages, bars, curves and the order of rows are made from rounded numbers.",
			"The figure after ± tells how far a count may be from the exact one: five for each published period in it, nine for each in which it was under ten.",
		}},
		{"rows", "Which rows are shown", []string{
			"A value has a row when ten visitors stand behind it. What came from visitors and has fewer is summed under “Other, together”; sections, features and other closed lists keep their row as “<10”.",
			"A page that few people saw in a day would describe each of them, so its breakdown is not kept that day: it is the row “Few visitors, folded”.",
		}},
		{"periods", "Periods", []string{
			"A day, an ISO week, a calendar month, a calendar year, and four or thirteen whole weeks are rounded once each. Any other range is the sum of the fewest such periods inside it, so it may be further off, and a small row may be missing. Prefer whole weeks and months.",
		}},
		{"today", "Today", []string{
			"Today's totals are as of the last full ten minutes, its breakdowns as of the last full hour. Exits, bounces and visit time are counted once the day has closed.",
		}},
		{"filters", "Filters", []string{
			"A page can be broken down by one thing at a time, and one value of a thing can be followed to pages and sections. Two filters together, or a filter on anything else, would describe single people and are not counted.",
		}},
		{"more", "Why not more", []string{
			"No profiles, no journeys, no campaigns, no search terms, no exact small numbers, no visitors over several days: each of these is outside what the CNIL's criteria let a site measure without asking for consent. Whether your own use meets them is for the publisher to establish.",
		}},
	}
}

func doctorEnglish() doctorWords {
	return doctorWords{
		Link: "What the server sees", Title: "What the server sees of you",
		Text: "All of this is about the request that brought you this page. Visitors are seen in the same way if their requests come by the same way: to the same host, through the same proxies.",

		Address: "Address", NoAddress: "none",
		AddressSays: "Its end is cut off here as it is before anything is counted. It should be the beginning of your own address, not of the server's or a proxy's.",
		Rule:        "How the address was found",
		Rules: map[edge.Rule]factWords{
			edge.NoAddress: {"there is none", "Whoever is connected to the server has no address, as on a socket in the file system.",
				"Visitors who come by this way are not told apart by address and have no country. Let the proxy connect over TCP, and name its network with --trusted-proxy."},
			edge.Direct: {"direct", "The address is that of whoever is connected to the server. No forwarding header came with the request.",
				"This is right where nothing stands in front of the server. If a proxy does, it does not say for whom it asks: let it send X-Forwarded-For and X-Forwarded-Proto, and name its network with --trusted-proxy."},
			edge.Ignored: {"forwarding header ignored", "A forwarding header came with the request and was ignored, because its sender is not a trusted proxy. The address is the sender's own.",
				"If you came through a proxy of yours, --trusted-proxy is missing: every visitor has the proxy's address. Name its network with --trusted-proxy, or as trusted_proxy in the file, and start the server again. If there is no proxy of yours, nothing is wrong: somebody else wrote the header, and it is rightly not believed."},
			edge.Forwarded: {"forwarded by a trusted proxy", "The request came through a proxy named with --trusted-proxy, which forwarded this address.",
				"This is right if it is the beginning of your own address. If it is that of another proxy, such as a load balancer, name that one's network with --trusted-proxy too."},
			edge.Proxy: {"a trusted proxy, which forwarded none", "The request came from a network named with --trusted-proxy, and no address that can be read came with it. The address is the proxy's own.",
				"Every visitor who comes by this way has the proxy's address. Let the proxy send X-Forwarded-For; for nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for. If you came without the proxy, the network named is too wide: name the proxy alone."},
		},
		Scheme: "Scheme",
		Schemes: map[string]factWords{
			"https": {"https", "The request was encrypted up to this server, or up to the trusted proxy in front of it, which says so.",
				"There is nothing to do."},
			"http": {"http", "As far as the server can tell, the request was not encrypted.",
				"This is right on the machine itself and through a tunnel to it. If your browser shows https, a proxy does the encryption: let it send X-Forwarded-Proto, and name its network with --trusted-proxy."},
		},
		Host: "Host",
		HostNamed: factWords{"%s", "The request asked for this host. No forwarding header changes it.",
			"If your browser shows another, a proxy has replaced it: let it hand on the host as it came; for nginx: proxy_set_header Host $host."},
		HostOdd: factWords{"no name", "The request named an address, or nothing that is the name of a host; it is not shown here.",
			"Open this page under the name that visitors use. If you did, a proxy has replaced it: let it hand on the host as it came; for nginx: proxy_set_header Host $host."},
		Excluded: "Left out of the numbers",
		ExcludedYes: factWords{"yes", "This address is in a network named with --exclude-network: what comes from it leaves no trace.",
			"Your own visits from here are not counted. If they should be, take the network out."},
		ExcludedNo: factWords{"no", "This address is in no network named with --exclude-network: what comes from it is counted.",
			"To leave your own visits out, name your network with --exclude-network, or open /optout?team=1 in each browser of your team, below the URL at which your pages reach footfall."},
		ExcludedAll: factWords{"yes", "This address is in a network named with --exclude-network: what comes from it leaves no trace.",
			"If the address is a proxy's, none of the visitors who come through it is counted. First set right how the address is found, as said above."},
		Reach: "A refusal given at this host",
		Reaches: map[Reach]factWords{
			ReachNone: {"reaches no site", "The pages of your sites do not see a refusal that a visitor gives at /optout on this host.",
				"Let visitors refuse on the site itself: have its server hand a path, such as /footfall, on to this one. Or set --optout-domain to a domain that the site and this host are both below."},
			ReachDomain: {"reaches the pages under --optout-domain", "They see a refusal that a visitor gives at /optout on this host. But the host is not that of a site, and Safari may forget the refusal after seven days.",
				"For 13 months in Safari too, let visitors refuse on the site itself: have its server hand a path, such as /footfall, on to this one."},
			ReachSite: {"reaches the site", "This host is that of a site. Its pages see a refusal that a visitor gives at /optout here, for 13 months.",
				"There is nothing to do."},
		},
	}
}
