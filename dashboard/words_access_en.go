package dashboard

func settingsEnglish() settingsWords {
	return settingsWords{
		Link: "Settings", Title: "Settings of %s",
		Text: "What is in force now, where it comes from, and the lines that change it. Nothing can be changed on this page: the configuration has one master, the file. Rights live with the users: footfall user list.",
		Site: "This site", Server: "The whole server", From: "From", Lines: "In the file",
		Sources: map[Source]string{
			FromFlag: "the flag %s", FromEnvironment: "the environment, %s", FromFile: "%s", FromDefault: "the default",
			FromData: "the data directory, since the site’s first day; it never changes",
		},
		Over:  "%s counts before the file: take it away for the file to count.",
		Waits: "The file gives %s by now: restart the server to take it over.",
		About: map[string]string{
			"host":             "The site’s host name, its id in paths, flags and the API.",
			"aliases":          "Other host names of the same site; www. before the host is one without saying.",
			"zone":             "The time zone that the site’s days are cut in, fixed when the site is first opened.",
			"features":         "Names that the pages may report as used; any other is dropped.",
			"sections":         "Path templates that pages are counted together under. None: the first segment of the path.",
			"templates":        "Path templates that are one page each: /order/* is one page for all orders. Read again on SIGHUP.",
			"numbers":          "Path templates under which digits name articles and are kept. Read again on SIGHUP.",
			"paths":            "“declared” counts by name only what a template names, the rest as (other); “all” counts every path. Read again on SIGHUP.",
			"visitors":         "“none” makes no visitor key at all: views are counted, and visits as views that came from elsewhere.",
			"retention_months": "For how many whole calendar months counters are kept, 1 to 25.",
			"data":             "The directory of everything that is kept.",
			"listen":           "The public listener: beacon, script, objection page.",
			"admin_listen":     "The listener of /metrics, /healthz and /readyz.",
			"dashboard_listen": "A listener for the dashboard alone; none: it is on the public one.",
			"public_url":       "Where visitors’ browsers reach the public listener.",
			"trusted_proxy":    "Networks whose X-Forwarded-For and X-Forwarded-Proto are believed.",
			"login_proxy":      "Networks of proxies that say who is logged in to the dashboard.",
			"login_header":     "The header in which they do.",
			"exclude_network":  "Networks whose hits leave no trace. Read again on SIGHUP.",
			"prefix_v4":        "Bits that are kept of an IPv4 address for the length of one call, at most 24.",
			"prefix_v6":        "Bits that are kept of an IPv6 address for the length of one call, at most 48.",
			"geoip_mmdb":       "A country database instead of the embedded table. Its file is read again on SIGHUP.",
			"spam_list":        "A file of referrer hosts whose hits leave nothing. Read again on SIGHUP.",
			"optout_domain":    "The domain for which a refusal is kept; none: the host at which it was given.",
		},
		ServerAbout: map[string]string{
			"zone":             "The time zone of sites without one of their own that are opened for the first time.",
			"retention_months": "The same for sites without their own.",
		},
	}
}

func logEnglish() logWords {
	return logWords{
		Link: "Log of changes", Title: "Log of changes",
		Text:  "Who changed what over the last twelve months: users, tokens, marks, settings, starts of the server, and what retention deleted. Who looked at what is written nowhere. Times are UTC.",
		Empty: "Nothing has changed yet.", When: "When", Who: "Who", What: "What", Newer: "Newer", Older: "Older",
	}
}

func marksEnglish() marksWords {
	return marksWords{
		Link: "Marks", Title: "Marks of %s",
		Text:  "Moments that the numbers should be read with: releases and incidents. A deployment pipeline adds them by POST /api/v1/sites/HOST/marks with a token of the kind mark.",
		Label: "Label", Hint: "A version or an incident: v1.4. No names of persons, no campaigns.",
		At: "When", AtHint: "In the site’s time zone; left empty, it is now.",
		Add: "Add the mark", Remove: "Remove", Empty: "There are no marks yet.", When: "When", What: "Mark",
		BadLabel: "A label has 1 to 64 characters on one line, without < > and @.",
		BadTime:  "A mark is of the last 25 months or of the coming day.",
		TooMany:  "There is no place left: a site has 2,000 marks.",
	}
}
