package collector

// choiceFrench returns the texts of the page of objections in French.
func choiceFrench() *choiceWords {
	return &choiceWords{
		Lang: "fr", Name: "Français",
		Visitor: choiceTexts{
			Title: "Mesure d’audience\u00a0: votre choix",
			Intro: "Ce site compte ses visites avec footfall, pour savoir quelles pages sont lues et ce qui ne fonctionne pas. " +
				"Il enregistre des totaux par jour, de pages, de navigateurs, etc., et aucun relevé par visiteur. " +
				"Vous pouvez vous y opposer à tout moment, sans donner de motif\u00a0: vos visites ne sont alors pas comptées.",
			Counted: "Les visites faites avec ce navigateur sont comptées.",
			Refused: "Les visites faites avec ce navigateur ne sont pas comptées.",
			Out:     "Ne pas compter mes visites",
			In:      "Compter de nouveau mes visites",
		},
		Team: choiceTexts{
			Title: "Écarter les visites de l’équipe",
			Intro: "Pour celles et ceux qui travaillent sur ce site\u00a0: vos propres visites en faussent les chiffres. " +
				"Un clic suffit pour que ce navigateur n’y figure plus. Il dépose le cookie qui conserve aussi l’opposition d’un visiteur.",
			Counted: "Les visites faites avec ce navigateur sont comptées.",
			Refused: "Les visites faites avec ce navigateur sont écartées.",
			Out:     "Écarter ce navigateur",
			In:      "Compter de nouveau ce navigateur",
		},
		State:     "Situation actuelle",
		Choice:    "Votre choix sur cette page",
		Objection: "ne pas être compté",
		None:      "aucun",
		Active:    "actif\u00a0: il vaut opposition",
		Inactive:  "inactif",
		NotKept: "Votre navigateur n’a pas conservé ce choix\u00a0: il refuse les cookies de cette page. " +
			"Autorisez-les pour cette adresse, ou activez Global Privacy Control.",
		NotGone: "Le cookie footfall_optout est encore là. Supprimez-le dans les réglages de votre navigateur.",
		Details: "Comment cela fonctionne",
		Cookie: "Votre choix est conservé dans un seul cookie, footfall_optout, pendant 13 mois. Sa valeur est 1, la même pour tous, " +
			"et il ne sert à rien d’autre. Être compté de nouveau le supprime.",
		Browser: "Il vaut pour ce navigateur. Si vous supprimez vos cookies, ouvrez une fenêtre privée ou utilisez un autre appareil, " +
			"refaites-y ce choix.",
		Nobody: "Rien n’est enregistré sur les personnes qui s’opposent, pas même leur nombre.",
		Safari: "Cette page n’est pas à l’adresse du site lui-même. Safari peut alors oublier votre choix après sept jours\u00a0; " +
			"refaites-le sur cette page, ou sur le site s’il le propose.",
		Nowhere: "Les pages du site ne voient pas les cookies de cette adresse\u00a0: un choix fait ici peut ne pas leur parvenir. " +
			"Faites-le sur le site lui-même, ou activez Global Privacy Control dans votre navigateur.",
	}
}
