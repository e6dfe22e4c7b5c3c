package dashboard

import (
	"slices"

	"footfall/aggregate/publish"
)

// qualityCodes are the notes that the panel of quality shows day by day, in
// its order: what makes the numbers of single days less than they could be.
var qualityCodes = []publish.NoteCode{
	publish.Damaged, publish.NotClosed, publish.Restarted, publish.Sampled, publish.NoVisitors,
	publish.CappedPages, publish.CappedSections, publish.CappedReferrers, publish.CappedOutbound,
	publish.CappedDownloads, publish.CappedFailed, publish.CappedValues, publish.CappedVisits,
	publish.Imported, publish.NoObjections,
}

// qualityWords are those of the panel; What tells by note what was the matter.
type qualityWords struct {
	Title, Head, Days, Nothing string
	What                       map[publish.NoteCode]string
}

// qualityBody is the panel: what was the matter, and on which days.
type qualityBody struct{ Rows []qualityRow }

type qualityRow struct{ What, Days string }

// quality makes the panel of the notes of a report on totals.
func (l *language) quality(report *publish.Report) *qualityBody {
	b := &qualityBody{}
	for _, code := range qualityCodes {
		for _, n := range report.Notes() {
			if n.Code() == code {
				b.Rows = append(b.Rows, qualityRow{l.Quality.What[code], l.noteDays(n.Days())})
			}
		}
	}
	return b
}

// capped adds the notes about full tables, in the panel's words.
func (q *qualityWords) capped(notes map[publish.NoteCode]string) map[publish.NoteCode]string {
	for code := publish.CappedReferrers; code <= publish.CappedValues; code++ {
		notes[code] = q.What[code] + " (%d)."
	}
	return notes
}

// ofQuality tells whether the panel has the note, so that it stands once.
func ofQuality(n publish.Note) bool { return slices.Contains(qualityCodes, n.Code()) }

func qualityEnglish() qualityWords {
	return qualityWords{
		Title: "Quality", Head: "What", Days: "Days",
		Nothing: "Every day of the period was counted whole: no restart, no sample, no full table.",
		What: map[publish.NoteCode]string{
			publish.Damaged:         "Damaged: not counted",
			publish.NotClosed:       "Not yet closed: not counted",
			publish.Restarted:       "The server restarted: visitors who came back afterwards count again, and a row needs more behind it",
			publish.Sampled:         "Visitors are estimated from a sample, and a row needs more behind it",
			publish.NoVisitors:      "Visitors were not told apart; visits are views that came from elsewhere",
			publish.CappedPages:     "The table of pages was full: paths new after that are in “Other, together”",
			publish.CappedSections:  "The table of sections was full: those new after that are in “Other, together”",
			publish.CappedReferrers: "The table of referrers was full: hosts new after that are in “Other, together”",
			publish.CappedOutbound:  "The table of outbound links was full: hosts new after that are in “Other, together”",
			publish.CappedDownloads: "The table of downloads was full: files new after that are in “Other, together”",
			publish.CappedFailed:    "The table of failed requests was full: paths new after that are in “Other, together”",
			publish.CappedValues:    "Some page, some section or the site had more values than are told apart: those new after that are in “Other, together”",
			publish.CappedVisits:    "More visits were open at once than are followed: of the rest, each view counts as a visit",
			publish.Imported:        "Imported from logs",
			publish.NoObjections:    "Imported from logs that do not tell objections",
		},
	}
}

func qualityFrench() qualityWords {
	return qualityWords{
		Title: "Qualité", Head: "Quoi", Days: "Jours",
		Nothing: "Chaque jour de la période a été compté en entier : ni redémarrage, ni échantillon, ni table pleine.",
		What: map[publish.NoteCode]string{
			publish.Damaged:         "Endommagé : non compté",
			publish.NotClosed:       "Pas encore clos : non compté",
			publish.Restarted:       "Le serveur a redémarré : les visiteurs revenus ensuite comptent de nouveau, et il en faut plus derrière une ligne",
			publish.Sampled:         "Visiteurs estimés sur un échantillon, et il en faut plus derrière une ligne",
			publish.NoVisitors:      "Visiteurs non distingués ; les visites sont les vues venues d’ailleurs",
			publish.CappedPages:     "La table des pages était pleine : les chemins nouveaux ensuite sont dans « Autres, ensemble »",
			publish.CappedSections:  "La table des rubriques était pleine : les nouvelles ensuite sont dans « Autres, ensemble »",
			publish.CappedReferrers: "La table des provenances était pleine : les hôtes nouveaux ensuite sont dans « Autres, ensemble »",
			publish.CappedOutbound:  "La table des liens sortants était pleine : les hôtes nouveaux ensuite sont dans « Autres, ensemble »",
			publish.CappedDownloads: "La table des téléchargements était pleine : les fichiers nouveaux ensuite sont dans « Autres, ensemble »",
			publish.CappedFailed:    "La table des requêtes en échec était pleine : les chemins nouveaux ensuite sont dans « Autres, ensemble »",
			publish.CappedValues:    "Une page, une rubrique ou le site avait plus de valeurs qu’il n’en est distingué : les nouvelles ensuite sont dans « Autres, ensemble »",
			publish.CappedVisits:    "Plus de visites ouvertes à la fois qu’il n’en est suivi : pour les autres, chaque vue compte comme une visite",
			publish.Imported:        "Importé de journaux",
			publish.NoObjections:    "Importé de journaux qui ne disent pas les oppositions",
		},
	}
}
