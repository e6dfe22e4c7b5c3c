package evidence

// criterion is one of the regulator's criteria as reference/CNIL.md lists
// them; its words stand in texts/criteria.*.md under the same id.
type criterion struct {
	id     string
	source string   // where the requirement is read, with what is known of the wording
	tests  []string // "package.Test" of this repository that hold it
	judge  func(*Facts) Verdict
}

// Verdict is what can be said of a criterion.
type Verdict string

// The verdicts.
const (
	Met       Verdict = "met"       // by construction and the settings in force
	Publisher Verdict = "publisher" // it depends on something that is not known here
	NotMet    Verdict = "not met"   // the settings or the data contradict it
)

func byConstruction(*Facts) Verdict { return Met }

// when returns a judgement: the first condition that holds decides.
func when(notMet, publisher func(*Facts) bool) func(*Facts) Verdict {
	return func(f *Facts) Verdict {
		switch {
		case notMet != nil && notMet(f):
			return NotMet
		case publisher != nil && publisher(f):
			return Publisher
		}
		return Met
	}
}

// anyStored tells whether what the database tells of some site has a property.
func anyStored(has func(*Stored) bool) func(*Facts) bool {
	return func(f *Facts) bool {
		for i := range f.Sites {
			if s := f.Sites[i].Stored; s != nil && has(s) {
				return true
			}
		}
		return false
	}
}

func noHosting(f *Facts) bool { return f.Controller.Hosting == "" }

func leaky(f *Facts) bool {
	return f.Reach == ReachNone || anyStored(func(s *Stored) bool { return s.NoObjections != "" })(f)
}

// tooOld holds the retention in force, and the oldest day there is, against
// the limit.
func tooOld(f *Facts) bool {
	return f.MostMonths() > 25 || anyStored(func(s *Stored) bool { return s.Overdue })(f)
}

// unseen tells that nobody has looked at the database.
func unseen(f *Facts) bool {
	for i := range f.Sites {
		if f.Sites[i].Stored == nil {
			return true
		}
	}
	return len(f.Sites) == 0
}

func incomplete(f *Facts) bool {
	c := &f.Controller
	return c.Name == "" || c.Contact == "" || c.DPO == "" || c.Hosting == ""
}

// looseKeys tells that a key is longer than the grid lets an address be.
func looseKeys(f *Facts) bool { return f.PrefixV4 > 24 || f.PrefixV6 > 48 }

// criteria are, which are taken for mandatory, and the measures
// B-01 to B-13, which are recommended.
var criteria = []criterion{
	{"A-01", "P25; LD20 §50-51 (quoted); T25 (quoted)",
		[]string{"aggregate/hit.TestHitHoldsNoFreeText", "aggregate.TestDims", "collector.TestDecode"}, byConstruction},
	{"A-02", "P25; T25 (quoted)", []string{"cmd/footfall.TestSourcePolicy", "cmd/footfall.TestImportPolicy"}, when(nil, noHosting)},
	{"A-03", "P25; LD20 §51", []string{"cmd/footfall.TestCanaries", "cmd/footfall.TestTwoRunsStoreTheSame", "aggregate.TestFoldInTheRawFile"}, byConstruction},
	{"A-04", "P25; T25 (quoted)", []string{"static.TestNothingButTheHitLeaves", "cmd/footfall.TestCanaries"}, byConstruction},
	{"A-05", "P25; LD20 §51", []string{"collector/internal/privacy.TestVisitorKey", "collector/internal/privacy.TestSite"}, byConstruction},
	{"A-06", "P25; GD17", []string{"cmd/footfall.TestSourcePolicy", "static.TestNothingButTheHitLeaves"}, when(nil, noHosting)},
	{"A-07", "T25 (quoted)", []string{"collector/internal/privacy.TestCampaignParameters"}, byConstruction},
	{"A-08", "T25 (quoted)", []string{"collector/internal/privacy.TestReferrer", "static.TestReferrerIsAHost"}, byConstruction},
	{"A-09", "T25 (quoted in paraphrase)",
		[]string{"collector/internal/privacy.TestAgentsAreFewValues", "collector/internal/privacy.TestHitHoldsNothingElse", "static.TestSurface"}, byConstruction},
	{"A-10", "T25 (quoted)", []string{"collector.TestDecodeValues", "cmd/footfall.TestFeaturesAndTimes"}, byConstruction},
	{"A-11", "T25 (quoted)",
		[]string{"collector/internal/privacy.TestPath", "collector/internal/privacy.TestDeclaredOnly", "aggregate.TestCapPages"}, byConstruction},
	{"A-12", "T25 (quoted); D13 in part",
		[]string{"collector/internal/privacy.TestTruncate", "collector/edge.TestPrefix", "cmd/footfall.TestCanaries"}, when(looseKeys, nil)},
	{"A-13", "T25 (quoted in paraphrase)", []string{"collector/internal/privacy.TestSecretOfTheDay", "collector/internal/privacy.TestSecretIsOverwritten",
		"collector/internal/privacy.TestVisitorKey"}, byConstruction},
	{"A-14", "T25 (quoted)", []string{"aggregate/publish.TestCount", "aggregate/publish.TestReportHoldsPublishedValuesOnly", "aggregate.TestAttack",
		"aggregate.TestAttackFindsFreeRanges"}, byConstruction},
	{"A-15", "T25 (quoted in paraphrase)", []string{"aggregate.TestNeighbours", "aggregate.TestFold", "aggregate.TestNoRowOfFewUnderSampling"}, byConstruction},
	{"A-16", "T25 (quoted)", []string{"aggregate/hit.TestHitHoldsNoFreeText", "aggregate.TestReportExitsOfTheRunningDay"}, byConstruction},
	{"A-17", "T25 (quoted); FAQ Q10 (reported); GDPR Art. 21", []string{"collector.TestForcedHitsOfAnObjector", "cmd/footfall.TestObjectorsLeaveNothing",
		"collector.TestRefusalLastsThirteenMonths", "static.TestSilence"},
		when(leaky, func(f *Facts) bool { return f.Reach == ReachUnknown || unseen(f) })},
	{"A-18", "R20 Art. 5; GD17; P25 (reported)", []string{"aggregate.TestRetention", "aggregate/internal/store.TestCompactForgets",
		"cmd/footfall.TestRetentionUnderLoad"}, when(tooOld, unseen)},
	{"A-19", "GD17; P25 (reported)", []string{"dashboard.TestEveryRouteAsEverybody", "collector/internal/privacy.TestVisitorKey"}, byConstruction},
	{"A-20", "T25 (quoted, cut); FAQ Q12 (quoted)", []string{"cmd/footfall/evidence.TestGolden", "cmd/footfall.TestForbiddenWords"}, byConstruction},
	{"A-21", "LD20 §52; GDPR Art. 6, 13, 21, 25, 30, 32", []string{"cmd/footfall/evidence.TestNoticeSaysEverything"}, when(nil, incomplete)},

	{"B-01", "R20 Art. 5 §49", []string{"cmd/footfall.TestNoticePage"}, byConstruction},
	{"B-02", "R20 Art. 5; GD17", nil, when(nil, func(f *Facts) bool { return f.Controller.ReviewDue })},
	{"B-03", "FAQ on e-mail pixels, Q13 (quoted)", []string{"collector.TestPixel"}, byConstruction},
	{"B-04", "a reading of ours", []string{"static.TestSilence", "collector.TestForcedHitsOfAnObjector"}, byConstruction},
	{"B-05", "EDPB 2/2023 §50 (quoted)", []string{"collector.TestAnswersAreTheSame"}, byConstruction},
	{"B-06", "LD20 §52", []string{"cmd/footfall.TestMinuteLogsInTens", "cmd/footfall.TestCanaries"}, byConstruction},
	{"B-07", "a reading of ours of A-14 and A-16", []string{"cmd/footfall.TestMetricsSayNothingOfVisitors", "cmd/footfall.TestMetricsMoveInTens"},
		when(nil, func(f *Facts) bool { return f.AdminBeyond })},
	{"B-08", "EV21 (reported)", []string{"aggregate.TestSnapshots"}, byConstruction},
	{"B-09", "WP216", []string{"aggregate.TestFoldInTheRawFile"}, byConstruction},
	{"B-10", "a reading of ours of A-03", []string{"cmd/footfall.TestTwoRunsStoreTheSame"}, byConstruction},
	{"B-11", "CNIL 2021-122 (reported)", []string{"aggregate.TestReportMarksImportedDays", "cmd/footfall.TestNginxExample"}, byConstruction},
	{"B-12", "a reading of ours", []string{"collector.TestLimitBySource"}, byConstruction},
	{"B-13", "CNIL (reported)", nil, func(*Facts) Verdict { return Publisher }},
}
