package dashboard

import "footfall/aggregate/publish"

// french returns the strings in French.
func french() *words {
	w := &words{
		Lang: "fr", OtherLang: "en", OtherName: "English",
		Skip: "Aller aux chiffres", Home: "footfall, tous les sites", Sites: "Sites", AllSites: "Tous les sites",
		About: "Méthode et arrondis", LogIn: "Connexion", LogOut: "Se déconnecter", Account: "Compte", Colon: "\u00a0:",

		WeekdaysShort: [7]string{"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."},
		Weekdays:      [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
		MonthsShort: [12]string{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.",
			"nov.", "déc."},
		Months: [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
			"octobre", "novembre", "décembre"},
		FirstOfMonth: "1er", Thousands: "\u202f", Percent: "\u202f%", Minutes: "\u00a0min", Seconds: "\u00a0s",

		Periods: map[string]string{
			"today": "Aujourd’hui", "yesterday": "Hier", "7d": "7 jours", "week": "Cette semaine",
			"lastweek": "Semaine dernière", "4w": "4 semaines", "13w": "13 semaines", "month": "Ce mois",
			"lastmonth": "Mois dernier", "year": "Cette année", "custom": "Dates au choix",
		},
		PeriodMenu: "Période", MorePeriods: "Plus", Earlier: "Avant", Later: "Après", From: "Du", Until: "Au",
		Show: "Afficher", WholeWeeks: "%d semaines entières", Week: "semaine %s", Zone: "Fuseau horaire",

		Measures: map[publish.Measure]string{
			publish.Views: "Vues", publish.Visitors: "Visiteurs", publish.Visits: "Visites", publish.Bounces: "Rebonds",
			publish.VisitTime: "Durée de visite", publish.Entries: "Entrées", publish.Exits: "Sorties",
			publish.Uses: "Utilisations", publish.Hits: "Requêtes",
		},
		Lower:      map[string]string{"views": "vues", "visitors": "visiteurs", "visits": "visites", "bounces": "rebonds"},
		BounceRate: "Taux de rebond",
		MeasureTips: map[string]string{
			"views": "pages affichées", "visitors": "somme des visiteurs de chaque jour",
			"visits": "sans pause de plus de 30 minutes", "bounces": "visites d’une seule vue", "time": "moyenne par visite",
		},
		Within: "± %s", NotYet: "une fois la journée close", TodaySoFar: "Aujourd’hui, pour l’instant", AsOf: "à %s",
		Running: "en cours",

		Panels: map[string]string{
			"page": "Pages", "section": "Rubriques", "referrer": "Provenances", "entry": "Pages d’entrée",
			"exit": "Pages de sortie", "browser": "Navigateurs", "system": "Systèmes", "device": "Appareils",
			"country": "Pays", "feature": "Fonctions", "outbound": "Liens sortants", "download": "Téléchargements",
			"status": "Requêtes en échec", "error": "Pages en échec", "bot": "Robots, non comptés plus haut",
			"day": "Jours", "week": "Semaines", "month": "Mois", "hour": "Heures",
		},
		Columns: map[string]string{
			"page": "Page", "section": "Rubrique", "referrer": "Hôte", "entry": "Page", "exit": "Page",
			"browser": "Navigateur", "system": "Système", "device": "Appareil", "country": "Pays", "feature": "Fonction",
			"outbound": "Hôte", "download": "Fichier", "status": "Statut", "error": "Page", "bot": "Raison", "day": "Jour",
			"week": "Semaine", "month": "Mois", "hour": "Heure",
		},
		Values: map[string]string{
			"(none)": "Sans provenance", "(internal)": "Le site lui-même", "(other)": "Autres, ensemble",
			"(unknown)": "Inconnu", "(folded)": "Peu de visiteurs, repliés",
			"device desktop": "Ordinateur", "device phone": "Téléphone", "device tablet": "Tablette",
			"device tv": "Télévision", "device other": "Autre",
			"status 404": "404 Introuvable", "status 4xx": "4xx Refusée", "status 5xx": "5xx Erreur du serveur",
		},
		ValueTips: map[string]string{
			"(none)":     "adresse saisie, favori, ou navigateur qui ne le dit pas",
			"(internal)": "la visite s’est poursuivie depuis une page du site",
			"(other)":    "toute valeur derrière laquelle il y a moins de dix visiteurs, et ce qui dépasse un plafond",
			"(unknown)":  "la source ne pouvait pas le dire",
			"(folded)":   "vus des jours à moins de dix visiteurs, où aucune ligne n’est conservée",
		},
		Bots: map[string]string{
			"word": "Se dit machine", "library": "Robot connu", "headless": "Navigateur automatisé",
			"empty": "Sans agent utilisateur", "absurd": "Agent qui n’est d’aucun navigateur",
			"prefetch": "Chargée avant toute visite", "metadata": "En-têtes qu’aucun navigateur n’envoie",
		},
		Share: "Part", Details: "Toutes les lignes", Download: "CSV",
		Empty:       "Rien à montrer : aucune valeur n’a encore dix visiteurs.",
		EmptyFilter: "Rien à montrer pour ce filtre.",
		CountedPart: "Compté à part, ne se combine pas avec ce filtre.",
		Filter:      "Filtre", Page: "Page", Clear: "Retirer le filtre",
		PageIs: "Cette page selon le navigateur, le système, l’appareil, le pays et la provenance de ses visiteurs, une chose à la fois.",
		FilterTip: map[string]string{
			"page": "Détailler cette page", "referrer": "Pages vues par les visiteurs venus de là",
			"browser": "Pages vues avec ce navigateur", "system": "Pages vues sur ce système",
			"device": "Pages vues sur cet appareil", "country": "Pages vues depuis ce pays",
		},

		Search: "Chercher", Sort: "Trier par", Previous: "Précédentes", Next: "Suivantes", Rows: "Lignes %d à %d sur %d",
		BackToSite: "Retour à la vue d’ensemble", Ascending: "croissant",

		HeatTitle:  "Vues selon le jour et l’heure",
		NotesTitle: "À propos de ces chiffres",
		Rounded:    "Tout nombre est arrondi à la dizaine la plus proche ; « <10 » veut dire neuf ou moins, zéro compris.",
		Retention:  "conservé %d mois", Generated: "à %s",

		AboutTitle: "Comment c’est compté, comment c’est arrondi",
		AboutText:  aboutFrench(),
	}
	w.Change.Than, w.Change.None = "par rapport à %s", "pas de changement net"
	w.Change.Up, w.Change.Down = "en hausse", "en baisse"
	w.Chart.PerDay, w.Chart.PerWeek = "%s par jour", "%s par semaine"
	w.Chart.PerMonth, w.Chart.PerHour = "%s par mois", "%s selon l’heure du jour"
	w.Chart.Highest, w.Chart.Lowest = "Maximum : %s, %s.", "Minimum : %s, %s."
	w.Chart.Empty = "Rien à tracer : toutes les valeurs sont inférieures à dix."
	w.Chart.Table, w.Chart.When = "La même chose en tableau", "Quand"
	w.Chart.Beyond = "hors de la période et des totaux"
	w.Chart.ViewsAndVisitors, w.Chart.ShowThis = "Vues et visiteurs", "Tracer : %s"
	w.Overview.Title, w.Overview.Today, w.Overview.Yesterday = "Sites", "Aujourd’hui", "Hier"
	w.Overview.FourWeeks, w.Overview.Open = "4 dernières semaines", "Ouvrir"
	w.Overview.Nothing = "rien encore"
	w.Overview.NoSites = "Aucun site n’est configuré. Démarrez le serveur avec --site, ou ajoutez une table [[site]] à son fichier."
	w.Overview.NoRights = "Votre compte ne peut lire aucun des sites configurés."
	w.FirstHit.Title = "Rien à montrer pour l’instant"
	w.FirstHit.Text = "Placez cette ligne dans les pages du site. Les premiers chiffres paraissent une fois dix vues comptées."
	w.FirstHit.Then = "Les totaux sont ceux des dix dernières minutes pleines, les détails ceux de la dernière heure pleine."
	w.Notes = notesFrench()
	w.Login.Title, w.Login.Name, w.Login.Password, w.Login.Submit = "Connexion", "Nom", "Mot de passe", "Se connecter"
	w.Login.Wrong = "Le nom et le mot de passe ne correspondent pas."
	w.Login.Throttled = "Trop d’essais. Le prochain sera examiné dans %d secondes."
	w.Login.Busy = "Trop de connexions en ce moment. Veuillez réessayer."
	w.Login.Failed = "La connexion a échoué parce que le serveur n’a pas pu écrire. Veuillez réessayer."
	w.Login.Insecure = "Cette page a été demandée en HTTP simple : elle n’accepte donc aucun mot de passe."
	w.Login.InsecureHow = "Ouvrez le tableau de bord en HTTPS. Si un serveur mandataire s’en charge déjà, nommez-le avec --trusted-proxy pour que son X-Forwarded-Proto soit cru."
	w.Setup.Title, w.Setup.Submit = "Premier compte", "Créer le compte"
	w.Setup.Text = "Cette page crée le premier compte, qui peut tout faire. Elle ne sert qu’une fois."
	w.Setup.Name, w.Setup.NameHint = "Nom", "Lettres minuscules, chiffres et . _ @ -"
	w.Setup.Password, w.Setup.PasswordHint, w.Setup.Again = "Mot de passe", "Douze caractères ou plus", "Encore le mot de passe"
	w.Setup.Differ = "Les deux mots de passe diffèrent."
	w.Setup.Gone, w.Setup.GoneText = "Ce lien a déjà servi", "Le lien de première mise en place ne sert qu’une fois. Si vous n’avez encore aucun compte, redémarrez le serveur : il affiche un nouveau lien."
	w.Errors = map[int]errorWords{
		400: {"Nous ne pouvons pas répondre à cette question", "Une partie de l’adresse n’a pas la forme voulue."},
		401: {"Veuillez vous connecter", "La session est terminée."},
		403: {"Non autorisé", "La requête vient d’un autre site, ou votre compte n’y a pas droit."},
		404: {"Introuvable", "Cette page n’existe pas, ou votre compte ne peut pas la lire."},
		405: {"Non autorisé", "Cette adresse n’accepte pas cette méthode."},
		413: {"Trop grand", "Le formulaire contient plus que ce que cette page accepte."},
		429: {"Un peu moins vite", "Trop de questions en peu de temps. Réessayez dans un instant."},
		500: {"Quelque chose n’a pas marché", "Le serveur n’a pas pu répondre. L’exploitant en est informé par ses compteurs."},
		503: {"Indisponible", "Le serveur ne peut pas répondre en ce moment. Réessayez sous peu."},
	}
	return w
}

func notesFrench() map[publish.NoteCode]string {
	return map[publish.NoteCode]string{
		publish.SumOfDays:      "Les visiteurs sont la somme des visiteurs de chaque jour : qui vient deux jours compte deux fois.",
		publish.RunningTotals:  "Le %d n’est pas terminé : totaux à %t.",
		publish.RunningRows:    "Le %d n’est pas terminé : détails à %t.",
		publish.RunningNothing: "Le %d n’est pas terminé et n’a pas encore d’instantané : rien n’en figure ici.",
		publish.ClosedOnly:     "Sorties, rebonds et durée de visite sont comptés une fois la journée close : le %d n’y figure pas.",
		publish.PartsHidden:    "Cette plage est une somme de périodes publiées. Là où moins de dix se trouvent derrière une ligne dans l’une d’elles, cette partie manque à la ligne.",
		publish.RowsFolded:     "Les visiteurs d’une page un jour où trop peu de monde l’a vue n’ont pas de ligne propre.",
		publish.Restarted:      "Le serveur a redémarré le %d : les visiteurs revenus ensuite comptent de nouveau, et il en faut plus derrière une ligne.",
		publish.Sampled:        "Les visiteurs sont estimés sur un échantillon le %d, et il en faut plus derrière une ligne.",
		publish.Damaged:        "Endommagé et non compté : %d.",
		publish.Imported:       "Importé de journaux : %d.",
		publish.NoObjections:   "Importé de journaux qui ne disent pas les oppositions : %d.",
		publish.NoVisits:       "Les visites n’ont pas été mesurées le %d ; elles manquent aux périodes qui le contiennent.",
		publish.NotKept:        "N’est plus conservé : %d.",
		publish.ToCome:         "Encore à venir : %d.",
	}
}

func aboutFrench() []aboutWords {
	return []aboutWords{
		{"counted", "Ce qui est compté", []string{
			"footfall compte les vues de pages, les visiteurs d’une journée et leurs visites, et quelques faits à leur sujet, un à la fois : l’hôte d’où ils viennent, la famille de leur navigateur et de leur système, la classe de leur appareil, leur pays, les fonctions utilisées.",
			"Ce qui est conservé, ce sont des compteurs par jour. Aucune ligne par visite ou par visiteur, aucun cookie, aucune adresse, aucun terme de recherche ni de campagne, rien qui relie deux jours ou deux sites.",
		}},
		{"views", "Vues", []string{
			"Une vue est une page affichée. Une requête en échec (404 et autres) est comptée parmi les requêtes en échec, celle d’une machine parmi les robots ; aucune des deux n’est une vue.",
		}},
		{"visitors", "Visiteurs", []string{
			"Un visiteur est quelqu’un dont c’est la première vue de la journée. On ne le reconnaît que dans la journée et sur ce seul site : le secret qui le permet est oublié à minuit, heure du site.",
			"Sur plusieurs jours, les visiteurs sont donc la somme des visiteurs de chaque jour : qui vient trois jours compte trois fois. Après un redémarrage du serveur, les visiteurs du jour peuvent compter de nouveau ; la page le dit.",
		}},
		{"visits", "Visites, rebonds, durée", []string{
			"Une visite est une suite de vues d’un visiteur sans pause de plus de 30 minutes, dans la journée. Un rebond est une visite d’une seule vue sans fonction utilisée ; le taux de rebond est la part des rebonds parmi les visites, à partir de cinquante.",
			"La durée va du premier signe d’une visite au dernier. C’est une moyenne, à cinq secondes près, à partir de cinquante visites.",
		}},
		{"rounded", "Les arrondis", []string{
			"Tout nombre est arrondi à la dizaine la plus proche avant de sortir. Neuf ou moins, zéro compris, s’écrit « <10 ». Pourcentages, barres, courbes et ordre des lignes se font à partir de nombres arrondis.",
			"Le nombre après ± dit de combien un total peut s’écarter du nombre exact : cinq par période publiée, neuf là où elle était inférieure à dix.",
		}},
		{"rows", "Quelles lignes sont montrées", []string{
			"Une valeur a sa ligne quand dix visiteurs se trouvent derrière elle. Ce qui vient des visiteurs et en a moins est additionné sous « Autres, ensemble » ; rubriques, fonctions et autres listes fermées gardent leur ligne, notée « <10 ».",
			"Une page vue par peu de monde dans la journée décrirait chacun d’eux : son détail n’est pas conservé ce jour-là, c’est la ligne « Peu de visiteurs, repliés ».",
		}},
		{"periods", "Périodes", []string{
			"Un jour, une semaine ISO, un mois, une année civile, quatre ou treize semaines entières sont arrondis une seule fois. Toute autre plage est la somme du moins possible de ces périodes : elle peut s’écarter davantage, et une petite ligne peut y manquer. Préférez les semaines et les mois entiers.",
		}},
		{"today", "Aujourd’hui", []string{
			"Les totaux du jour sont ceux des dix dernières minutes pleines, les détails ceux de la dernière heure pleine. Sorties, rebonds et durée de visite sont comptés une fois la journée close.",
		}},
		{"filters", "Filtres", []string{
			"Une page se détaille selon une chose à la fois, et une valeur se suit vers les pages et rubriques. Deux filtres ensemble, ou un filtre sur autre chose, décriraient des personnes et ne sont pas comptés.",
		}},
		{"more", "Pourquoi pas davantage", []string{
			"Ni profils, ni parcours, ni campagnes, ni termes de recherche, ni petits nombres exacts, ni visiteurs sur plusieurs jours : chacun sort de ce que les critères de la CNIL permettent de mesurer sans demander le consentement. Que votre usage y réponde reste à établir par l’éditeur.",
		}},
	}
}
