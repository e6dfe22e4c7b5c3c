package collector

// choiceEnglish returns the texts of the page of objections in English.
func choiceEnglish() *choiceWords {
	return &choiceWords{
		Lang: "en", Name: "English",
		Visitor: choiceTexts{
			Title: "Audience measurement: your choice",
			Intro: "This site counts its visits with footfall, to know which pages are read and what does not work. " +
				"It stores totals by day, of pages, browsers and the like, and no record of a visitor. " +
				"You may object at any time and need give no reason: your visits are then not counted.",
			Counted: "Visits with this browser are counted.",
			Refused: "Visits with this browser are not counted.",
			Out:     "Do not count my visits",
			In:      "Count my visits again",
		},
		Team: choiceTexts{
			Title: "Leave out visits of the team",
			Intro: "For those who work on this site: your own visits blur its figures. One click leaves this browser out of them. " +
				"It sets the cookie that also keeps a visitor's objection.",
			Counted: "Visits with this browser are counted.",
			Refused: "Visits with this browser are left out.",
			Out:     "Leave this browser out",
			In:      "Count this browser again",
		},
		State:     "What holds now",
		Choice:    "Your choice on this page",
		Objection: "not to be counted",
		None:      "none",
		Active:    "active: it is taken for an objection",
		Inactive:  "not active",
		NotKept: "Your browser has not kept this choice: it refuses cookies of this page. " +
			"Allow them for this address, or turn on Global Privacy Control.",
		NotGone: "The cookie footfall_optout is still there. Delete it in the settings of your browser.",
		Details: "How it works",
		Cookie: "Your choice is kept in one cookie, footfall_optout, for 13 months. Its value is 1, the same for everybody, " +
			"and it serves nothing else. Being counted again deletes it.",
		Browser: "It holds for this browser. If you delete your cookies, open a private window or use another device, choose again there.",
		Nobody:  "Nothing is recorded about people who object, not even how many they are.",
		Safari: "This page is not at the site's own address. Safari may then forget your choice after seven days; " +
			"choose again on this page, or on the site itself if it offers the choice.",
		Nowhere: "The pages of the site do not see cookies of this address, so a choice made here may not reach them. " +
			"Make it on the site itself, or turn on Global Privacy Control in your browser.",
	}
}
