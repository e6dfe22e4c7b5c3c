package dashboard

import (
	"footfall/aggregate/publish"
	"footfall/collector/edge"
)

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
		Lower:    map[string]string{"views": "vues", "visitors": "visiteurs", "visits": "visites", "bounces": "rebonds"},
		PerVisit: "Vues par visite", Decimal: ",", BounceRate: "Taux de rebond",
		MeasureTips: map[string]string{"pervisit": "tiré des nombres arrondis",
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

		Speed:      speedFrench(),
		Changed:    changedFrench(),
		HeatTitle:  "Vues selon le jour et l’heure",
		NotesTitle: "À propos de ces chiffres",
		Rounded:    "Tout nombre est arrondi à la dizaine la plus proche ; « <10 » veut dire neuf ou moins, zéro compris.",
		Retention:  "conservé %d mois", Generated: "à %s",

		AboutTitle: "Comment c’est compté, comment c’est arrondi",
		AboutText:  aboutFrench(),
		Countries:  "D’où viennent les pays",
		Doctor:     doctorFrench(),
		Settings:   settingsFrench(),
		Log:        logFrench(),
		Marks:      marksFrench(),
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
	w.Chart.Export = "Tous les tableaux, jour par jour (zip)"
	w.Overview.Title, w.Overview.Today, w.Overview.Yesterday = "Sites", "Aujourd’hui", "Hier"
	w.Overview.FourWeeks, w.Overview.Open = "4 dernières semaines", "Ouvrir"
	w.Overview.Nothing = "rien encore"
	w.Overview.NoSites = "Aucun site n’est configuré. Démarrez le serveur avec --site, ou ajoutez une table [[site]] à son fichier."
	w.Overview.NoRights = "Votre compte ne peut lire aucun des sites configurés."
	w.Install = installFrench()
	w.FirstHit.Title = "Rien à montrer pour l’instant"
	w.FirstHit.Text = "Placez cette ligne dans les pages du site. Les premiers chiffres paraissent une fois dix vues comptées."
	w.FirstHit.Then = "Les totaux sont ceux des dix dernières minutes pleines, les détails ceux de la dernière heure pleine."
	w.Quality = qualityFrench()
	w.Notes = w.Quality.capped(notesFrench())
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
		publish.NotClosed:      "Pas encore clos et non compté : %d.",
		publish.Imported:       "Importé de journaux : %d.",
		publish.NoObjections:   "Importé de journaux qui ne disent pas les oppositions : %d.",
		publish.NoVisitors:     "Les visiteurs n’ont pas été distingués le %d : rien n’est connu d’eux pour les périodes qui le contiennent, et les visites sont les vues venues d’ailleurs.",
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
			"Tout nombre est arrondi à la dizaine la plus proche avant de sortir. Neuf ou moins, zéro compris, s’écrit « <10 » ; « – » est là où rien ne peut être dit. Pourcentages, barres, courbes et ordre des lignes se font à partir de nombres arrondis.",
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

func doctorFrench() doctorWords {
	return doctorWords{
		Link: "Ce que voit le serveur", Title: "Ce que le serveur voit de vous",
		Text: "Tout ceci porte sur la requête qui vous a amené cette page. Les visiteurs sont vus de la même manière si leurs requêtes passent par le même chemin : vers le même hôte, à travers les mêmes serveurs mandataires.",

		Address: "Adresse", NoAddress: "aucune",
		AddressSays: "Sa fin est coupée ici comme elle l’est avant tout comptage. Ce devrait être le début de votre propre adresse, non de celle du serveur ou d’un mandataire.",
		Rule:        "Comment l’adresse a été trouvée",
		Rules: map[edge.Rule]factWords{
			edge.NoAddress: {"il n’y en a pas", "Ce qui est connecté au serveur n’a pas d’adresse, comme par une socket du système de fichiers.",
				"Les visiteurs qui passent par là ne se distinguent pas par leur adresse et n’ont pas de pays. Faites que le mandataire se connecte en TCP, et nommez son réseau avec --trusted-proxy."},
			edge.Direct: {"directement", "L’adresse est celle de ce qui est connecté au serveur. Aucun en-tête de transfert n’accompagnait la requête.",
				"C’est juste si rien ne se trouve devant le serveur. S’il y a un mandataire, il ne dit pas pour qui il demande : faites qu’il envoie X-Forwarded-For et X-Forwarded-Proto, et nommez son réseau avec --trusted-proxy."},
			edge.Ignored: {"en-tête de transfert ignoré", "Un en-tête de transfert accompagnait la requête et a été ignoré, parce que son expéditeur n’est pas un mandataire de confiance. L’adresse est celle de l’expéditeur.",
				"Si vous êtes passé par un mandataire à vous, --trusted-proxy manque : tous les visiteurs ont l’adresse du mandataire. Nommez son réseau avec --trusted-proxy, ou par trusted_proxy dans le fichier, et redémarrez le serveur. Si aucun mandataire n’est à vous, tout va bien : quelqu’un d’autre a écrit l’en-tête, et il n’est pas cru, à raison."},
			edge.Forwarded: {"transférée par un mandataire de confiance", "La requête est passée par un mandataire nommé avec --trusted-proxy, qui a transféré cette adresse.",
				"C’est juste si c’est le début de votre propre adresse. Si c’est celle d’un autre mandataire, par exemple d’un répartiteur de charge, nommez aussi son réseau avec --trusted-proxy."},
			edge.Proxy: {"un mandataire de confiance, qui n’en a transféré aucune", "La requête vient d’un réseau nommé avec --trusted-proxy, et aucune adresse lisible ne l’accompagnait. L’adresse est celle du mandataire.",
				"Tous les visiteurs qui passent par là ont l’adresse du mandataire. Faites qu’il envoie X-Forwarded-For ; pour nginx : proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for. Si vous n’êtes pas passé par le mandataire, le réseau nommé est trop large : ne nommez que le mandataire."},
		},
		Scheme: "Protocole",
		Schemes: map[string]factWords{
			"https": {"https", "La requête était chiffrée jusqu’à ce serveur, ou jusqu’au mandataire de confiance placé devant, qui le dit.",
				"Il n’y a rien à faire."},
			"http": {"http", "Pour autant que le serveur le sache, la requête n’était pas chiffrée.",
				"C’est juste sur la machine elle-même et par un tunnel vers elle. Si votre navigateur montre https, un mandataire se charge du chiffrement : faites qu’il envoie X-Forwarded-Proto, et nommez son réseau avec --trusted-proxy."},
		},
		Host: "Hôte",
		HostNamed: factWords{"%s", "La requête demandait cet hôte. Aucun en-tête de transfert n’y change rien.",
			"Si votre navigateur en montre un autre, un mandataire l’a remplacé : faites qu’il transmette l’hôte tel quel ; pour nginx : proxy_set_header Host $host."},
		HostOdd: factWords{"sans nom", "La requête nommait une adresse, ou rien qui soit un nom d’hôte ; ce n’est pas montré ici.",
			"Ouvrez cette page sous le nom qu’emploient les visiteurs. Si c’est ce que vous avez fait, un mandataire l’a remplacé : faites qu’il transmette l’hôte tel quel ; pour nginx : proxy_set_header Host $host."},
		Excluded: "Exclue des chiffres",
		ExcludedYes: factWords{"oui", "Cette adresse est dans un réseau nommé avec --exclude-network : ce qui en vient ne laisse aucune trace.",
			"Vos propres visites depuis cet endroit ne sont pas comptées. Si elles doivent l’être, retirez ce réseau."},
		ExcludedNo: factWords{"non", "Cette adresse n’est dans aucun réseau nommé avec --exclude-network : ce qui en vient est compté.",
			"Pour exclure vos propres visites, nommez votre réseau avec --exclude-network, ou ouvrez /optout?team=1 dans chaque navigateur de votre équipe, sous l’URL où vos pages joignent footfall."},
		ExcludedAll: factWords{"oui", "Cette adresse est dans un réseau nommé avec --exclude-network : ce qui en vient ne laisse aucune trace.",
			"Si l’adresse est celle d’un mandataire, aucun des visiteurs qui passent par lui n’est compté. Corrigez d’abord la manière dont l’adresse est trouvée, comme dit plus haut."},
		Reach: "Un refus donné sur cet hôte",
		Reaches: map[Reach]factWords{
			ReachNone: {"n’atteint aucun site", "Les pages de vos sites ne voient pas le refus qu’un visiteur donne à /optout sur cet hôte.",
				"Faites que les visiteurs refusent sur le site lui-même : que son serveur transmette un chemin, par exemple /footfall, à celui-ci. Ou donnez à --optout-domain un domaine dont le site et cet hôte relèvent tous deux."},
			ReachDomain: {"atteint les pages sous --optout-domain", "Elles voient le refus qu’un visiteur donne à /optout sur cet hôte. Mais l’hôte n’est pas celui d’un site, et Safari peut oublier le refus après sept jours.",
				"Pour 13 mois dans Safari aussi, faites que les visiteurs refusent sur le site lui-même : que son serveur transmette un chemin, par exemple /footfall, à celui-ci."},
			ReachSite: {"atteint le site", "Cet hôte est celui d’un site. Ses pages voient le refus qu’un visiteur donne ici à /optout, pendant 13 mois.",
				"Il n’y a rien à faire."},
		},
	}
}
