package dashboard

func installEnglish() installWords {
	return installWords{
		Title: "Set up %s", Link: "How to set up this site, and what to do where nothing arrives",
		Again: "This page looks again by itself.",
		Shown: "Receiving: the site has numbers.",
		Arrivals: map[Arrival]string{
			NothingYet:   "Waiting for the first hit.",
			Strangers:    "Waiting for the first hit. Hits do arrive, but from pages of a host that no site is called: is that host an alias of this site?",
			NothingToUse: "Hits arrive from the site, but none that counts: they are of automated browsers, or say what the script does not.",
			Receiving:    "Receiving: hits from the site are being counted. Numbers appear once there are ten views, as of the last full ten minutes.",
		},
		Plain: "Any page", PlainText: "Put this line into the head of each page of the site, in its template.",
		Spa:     "A single-page application",
		SpaText: "The same line, once, in the page that holds the application: each step of its router to another path is a view.",
		SpaHash: "Routes behind # are counted only under the names that you list; * stands for anything. Nothing else that stands behind # is sent.",
		More:    "Reading time, load time, features", MoreText: "With data-more a second small file is loaded after the first view.",
		Features: "A feature is an element, or a form, that has a name of your own. The site’s configuration declares the names, others are dropped. " +
			"Links to other hosts and to files need no name.",
		Proxy: "Under the site’s own host", ProxyText: "First party is what browsers and blockers trust, and where a refusal lasts. " +
			"Add this to the site’s own server and start footfall with --trusted-proxy and --public-url. Whole examples: footfall print nginx, footfall print caddy.",
		NoScript: "Without a script", NoScriptText: "A picture counts a page for visitors without scripts. It is no part of the line above, " +
			"because browsers ask for it even after a refusal, which is then honoured here. This command prints it:",
		Test: "Test from this browser", TestText: "A page at the collector explains what stands in the way: a policy, a blocker, a wrong host, a path that the proxy takes off, " +
			"an objection in this browser, an old script. It counts nothing.", TestLink: "Test from this browser",
	}
}
