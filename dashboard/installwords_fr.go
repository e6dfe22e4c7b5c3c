package dashboard

func installFrench() installWords {
	return installWords{
		Title: "Installer %s", Link: "Installer ce site, et que faire si rien n’arrive",
		Again: "Cette page se met à jour d’elle-même.",
		Shown: "Réception : le site a des chiffres.",
		Arrivals: map[Arrival]string{
			NothingYet:   "En attente du premier envoi.",
			Strangers:    "En attente du premier envoi. Des envois arrivent, mais de pages d’un hôte qu’aucun site ne porte : cet hôte est-il un alias de ce site ?",
			NothingToUse: "Des envois du site arrivent, mais aucun ne compte : ils viennent de navigateurs automatisés, ou disent ce que le script ne dit pas.",
			Receiving:    "Réception : les envois du site sont comptés. Les chiffres paraissent à partir de dix vues, à la fin des dix dernières minutes pleines.",
		},
		Plain: "Toute page", PlainText: "Placez cette ligne dans l’en-tête (head) de chaque page du site, dans son gabarit.",
		Spa:     "Une application à page unique",
		SpaText: "La même ligne, une fois, dans la page qui porte l’application : chaque passage de son routeur à un autre chemin est une vue.",
		SpaHash: "Les routes derrière # ne sont comptées que sous les noms que vous énumérez ; * remplace n’importe quoi. Rien d’autre de ce qui suit # n’est envoyé.",
		More:    "Temps de lecture, temps de chargement, fonctions", MoreText: "Avec data-more, un second petit fichier est chargé après la première vue.",
		Features: "Une fonction est un élément, ou un formulaire, qui porte un nom de votre choix. La configuration du site déclare les noms, les autres sont écartés. " +
			"Les liens vers d’autres hôtes et vers des fichiers n’ont pas besoin de nom.",
		Proxy: "Sous l’hôte du site", ProxyText: "Navigateurs et bloqueurs font confiance à la première partie, et un refus y dure. " +
			"Ajoutez ceci au serveur du site et démarrez footfall avec --trusted-proxy et --public-url. Exemples entiers : footfall print nginx, footfall print caddy.",
		NoScript: "Sans script", NoScriptText: "Une image compte une page pour les visiteurs sans script. Elle ne fait pas partie de la ligne ci-dessus, " +
			"car les navigateurs la demandent même après un refus, qui est alors respecté ici. Cette commande l’affiche :",
		Test: "Tester depuis ce navigateur", TestText: "Une page du collecteur explique ce qui fait obstacle : une règle de sécurité, un bloqueur, un mauvais hôte, un chemin retiré par le mandataire, " +
			"une opposition dans ce navigateur, un script ancien. Elle ne compte rien.", TestLink: "Tester depuis ce navigateur",
	}
}
