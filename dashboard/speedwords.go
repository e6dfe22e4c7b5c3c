package dashboard

// speedWords are those of the panel about speed.
type speedWords struct {
	Title, Text    string
	Timings        map[string]string // by name of the timing
	All            string            // devices
	Shape          string            // head of the drawing
	Half, P75, P95 string
	Nothing        string
	Milli          string // %s
}

func speedEnglish() speedWords {
	return speedWords{
		Title: "Speed", Text: "Times measured in visitors’ browsers, from fifty measurements up, to two significant digits. The box holds the middle half, the line nine in ten.",
		Timings: map[string]string{"load": "Load time", "lcp": "Largest content shown (LCP)", "inp": "Reply to a click (INP)"},
		All:     "All devices", Shape: "Spread", Half: "Half within", P75: "75% within", P95: "95% within",
		Nothing: "Fewer than fifty measurements in every period.", Milli: "%s\u00a0ms",
	}
}

func speedFrench() speedWords {
	return speedWords{
		Title: "Vitesse", Text: "Durées mesurées dans les navigateurs des visiteurs, à partir de cinquante mesures, à deux chiffres significatifs. Le rectangle contient la moitié centrale, le trait neuf mesures sur dix.",
		Timings: map[string]string{"load": "Temps de chargement", "lcp": "Affichage du plus grand élément (LCP)", "inp": "Réponse à un clic (INP)"},
		All:     "Tous les appareils", Shape: "Répartition", Half: "La moitié en", P75: "75\u202f% en", P95: "95\u202f% en",
		Nothing: "Moins de cinquante mesures dans chaque période.", Milli: "%s\u00a0ms",
	}
}
