package dashboard

// changedWords are those of what changed, first on a site's page.
type changedWords struct {
	Title   string            // %s is the week
	Subject map[string]string // %s is the value; by dimension
	Rest    string            // %s count, %s of what, %s lowest, %s highest
	New     string            // the same without a lowest: %s count, %s of what
	Slower  string            // %s now, %s lowest, %s highest
	Of      map[string]string // what is counted
	Nothing string
	Young   string
}

func changedEnglish() changedWords {
	return changedWords{
		Title: "What changed in the week of %s",
		Subject: map[string]string{"": "The whole site", "page": "Page %s", "section": "Section %s", "referrer": "From %s", "feature": "Feature %s",
			"status": "Failed requests, %s", "speed": "%s, %s"},
		Rest: ": %s %s, in each of the eight weeks before %s to %s.", New: ": %s %s, in each of the eight weeks before fewer than ten.",
		Slower:  ": three in four within %s, in each of the eight weeks before %s to %s.",
		Of:      map[string]string{"views": "views", "visits": "visits", "uses": "uses", "hits": "requests"},
		Nothing: "Nothing clear changed: no page, section, host or feature left the band of its eight weeks before, nothing got slower, no failure grew.",
		Young:   "What changed is told once nine whole weeks have been counted.",
	}
}

func changedFrench() changedWords {
	return changedWords{
		Title: "Ce qui a changé dans la semaine du %s",
		Subject: map[string]string{"": "Le site entier", "page": "Page %s", "section": "Rubrique %s", "referrer": "Depuis %s", "feature": "Fonction %s",
			"status": "Requêtes en échec, %s", "speed": "%s, %s"},
		Rest: "\u00a0: %s %s, contre %s à %s dans chacune des huit semaines précédentes.", New: "\u00a0: %s %s, contre moins de dix dans chacune des huit semaines précédentes.",
		Slower:  "\u00a0: trois mesures sur quatre en %s, contre %s à %s dans chacune des huit semaines précédentes.",
		Of:      map[string]string{"views": "vues", "visits": "visites", "uses": "utilisations", "hits": "requêtes"},
		Nothing: "Rien de net n’a changé\u00a0: aucune page, rubrique, aucun hôte ni aucune fonction n’est sorti de l’intervalle de ses huit semaines précédentes, rien n’a ralenti, aucun échec n’a augmenté.",
		Young:   "Ce qui a changé est dit dès que neuf semaines entières ont été comptées.",
	}
}
