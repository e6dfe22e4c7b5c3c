package dashboard

func settingsFrench() settingsWords {
	return settingsWords{
		Link: "Réglages", Title: "Réglages de %s",
		Text: "Ce qui est en vigueur, d’où cela vient, et les lignes qui le changent. Rien ne se change sur cette page : la configuration n’a qu’un maître, le fichier. Les droits sont avec les utilisateurs : footfall user list.",
		Site: "Ce site", Server: "Tout le serveur", From: "Origine", Lines: "Dans le fichier",
		Sources: map[Source]string{
			FromFlag: "l’option %s", FromEnvironment: "l’environnement, %s", FromFile: "%s", FromDefault: "la valeur par défaut",
			FromData: "le répertoire des données, depuis le premier jour du site ; il ne change jamais",
		},
		Over:  "%s passe avant le fichier : retirez-le pour que le fichier compte.",
		Waits: "Le fichier donne désormais %s : redémarrez le serveur pour le prendre en compte.",
		About: map[string]string{
			"host":             "Le nom d’hôte du site, son identifiant dans les chemins, les options et l’API.",
			"aliases":          "D’autres noms d’hôte du même site ; www. devant l’hôte en est un sans le dire.",
			"zone":             "Le fuseau horaire dans lequel les jours du site sont coupés, fixé à sa première ouverture.",
			"features":         "Les noms que les pages peuvent signaler comme utilisés ; tout autre est écarté.",
			"sections":         "Les modèles de chemins sous lesquels des pages sont comptées ensemble. Aucun : le premier segment du chemin.",
			"templates":        "Les modèles de chemins qui sont une page chacun : /order/* est une seule page pour toutes les commandes. Relu sur SIGHUP.",
			"numbers":          "Les modèles de chemins sous lesquels des chiffres nomment des articles et sont gardés. Relu sur SIGHUP.",
			"paths":            "« declared » ne compte par son nom que ce qu’un modèle nomme, le reste comme (other) ; « all » compte chaque chemin. Relu sur SIGHUP.",
			"visitors":         "« none » ne fait aucune clé de visiteur : les vues sont comptées, et les visites comme vues venues d’ailleurs.",
			"retention_months": "Le nombre de mois civils entiers pendant lesquels les compteurs sont gardés, de 1 à 25.",
			"data":             "Le répertoire de tout ce qui est gardé.",
			"listen":           "L’adresse d’écoute publique : balise, script, page d’opposition.",
			"admin_listen":     "L’adresse d’écoute de /metrics, /healthz et /readyz.",
			"dashboard_listen": "Une adresse d’écoute pour le seul tableau de bord ; aucune : il est sur l’adresse publique.",
			"public_url":       "Où les navigateurs des visiteurs joignent l’adresse publique.",
			"trusted_proxy":    "Les réseaux dont X-Forwarded-For et X-Forwarded-Proto sont crus.",
			"login_proxy":      "Les réseaux de mandataires qui disent qui est connecté au tableau de bord.",
			"login_header":     "L’en-tête dans lequel ils le disent.",
			"exclude_network":  "Les réseaux dont les requêtes ne laissent aucune trace. Relu sur SIGHUP.",
			"prefix_v4":        "Les bits gardés d’une adresse IPv4 le temps d’un appel, 24 au plus.",
			"prefix_v6":        "Les bits gardés d’une adresse IPv6 le temps d’un appel, 48 au plus.",
			"geoip_mmdb":       "Une base de pays à la place de la table intégrée. Son fichier est relu sur SIGHUP.",
			"spam_list":        "Un fichier d’hôtes de provenance dont les requêtes ne laissent rien. Relu sur SIGHUP.",
			"optout_domain":    "Le domaine pour lequel un refus est gardé ; aucun : l’hôte où il a été donné.",
		},
		ServerAbout: map[string]string{
			"zone":             "Le fuseau horaire des sites sans le leur, ouverts pour la première fois.",
			"retention_months": "La même chose pour les sites sans la leur.",
		},
	}
}

func logFrench() logWords {
	return logWords{
		Link: "Journal des changements", Title: "Journal des changements",
		Text:  "Qui a changé quoi sur les douze derniers mois : utilisateurs, jetons, repères, réglages, démarrages du serveur, et ce que la conservation a supprimé, en anglais comme en ligne de commande. Qui a regardé quoi n’est écrit nulle part. Les heures sont en UTC.",
		Empty: "Rien n’a encore changé.", When: "Quand", Who: "Qui", What: "Quoi", Newer: "Plus récents", Older: "Plus anciens",
	}
}

func marksFrench() marksWords {
	return marksWords{
		Link: "Repères", Title: "Repères de %s",
		Text:  "Des moments avec lesquels lire les chiffres : mises en production et incidents. Une chaîne de déploiement les ajoute par POST /api/v1/sites/HOST/marks avec un jeton de la sorte mark.",
		Label: "Libellé", Hint: "Une version ou un incident : v1.4. Ni nom de personne, ni campagne.",
		At: "Date et heure", AtHint: "Dans le fuseau du site ; vide, c’est maintenant.",
		Add: "Ajouter le repère", Remove: "Retirer", Empty: "Il n’y a pas encore de repère.", When: "Quand", What: "Repère",
		BadLabel: "Un libellé a de 1 à 64 caractères sur une ligne, sans < > ni @.",
		BadTime:  "Un repère est des 25 derniers mois ou du jour qui vient.",
		TooMany:  "Il n’y a plus de place : un site a 2 000 repères.",
	}
}
