package publish

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

func aReport(t testing.TB, mutate func(h *Head)) *Report {
	t.Helper()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	site, err := hit.ParseHost("www.example.org")
	if err != nil {
		t.Fatal(err)
	}
	head := Head{
		Site: site, From: day(t, "2026-11-01"), To: day(t, "2026-11-23"), Zone: paris,
		Generated: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), By: "page", Measures: pageRule.Measures,
	}
	if mutate != nil {
		mutate(&head)
	}
	parts := Periods(head.From, head.To, day(t, "2026-11-23"), day(t, "2026-01-01"))
	totals := NewTotals(Rule{Measures: []Measure{Views, Visitors, Visits, Bounces, VisitTime}})
	b := NewBreakdown(pageRule, []string{"/about"})
	for i, p := range parts {
		absent := Measures(0)
		if p.To == day(t, "2026-11-23") {
			absent = MeasuresOf(Bounces, VisitTime)
		}
		totals.Add([]uint64{246, 82, 90, 52, 90 * 115}, 1, absent)
		for _, value := range []string{"/", "/<a&b>", "=cmd()", hit.Other} {
			b.Index(value)
		}
		b.Add(&Raw{N: []uint64{1, 1, 124, 60, 20, 11, 12 + uint64(i), 12, 22, 14}, Least: 1})
	}
	other := b.Other()
	return NewReport(head, parts, totals.Values(), b.Rows(10, 0), &other, []Note{NewNote(SumOfDays)})
}

func TestReportJSON(t *testing.T) {
	got, err := aReport(t, nil).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"site":"www.example.org","from":"2026-11-01","to":"2026-11-23","zone":"Europe/Paris",` +
		`"publication":"rounded","period":"composed","bound":25,"generated":"2026-11-23T10:00:00+01:00",` +
		`"by":"page","page":null,"where":null,` +
		`"totals":{"views":1250,"visitors":400,"visits":450,"bounces":200,"visit_time":115},` +
		`"rows":[{"value":"/","views":600,"visitors":300},{"value":"/<a&b>","views":100,"visitors":50},` +
		`{"value":"=cmd()","views":70,"visitors":50},{"value":"/about","views":null,"visitors":null}],` +
		`"other":{"views":100,"visitors":50},"notes":["` + noteTexts[SumOfDays] + `"]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestReportWithoutRows(t *testing.T) {
	r := aReport(t, func(h *Head) {
		h.By, h.Page, h.Where = "", "/a", "browser:Chrome 155"
		h.From, h.To = day(t, "2026-10-01"), day(t, "2026-10-31")
	})
	r.rows, r.other, r.notes = nil, nil, nil
	got, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"period":"month"`, `"bound":5`, `"by":null`, `"page":"/a"`, `"where":"browser:Chrome 155"`,
		`"rows":[]`, `"other":null`, `"notes":[]`} {
		if !strings.Contains(string(got), want) {
			t.Errorf("got %s, want %s in it", got, want)
		}
	}
	if _, ok := r.Other(); ok {
		t.Error("there is an (other)")
	}
}

func TestReportBoundWhereNothingIsShown(t *testing.T) {
	totals := NewTotals(pageRule)
	ask := func() int64 {
		head := Head{From: day(t, "2026-11-01"), To: day(t, "2026-11-04")}
		return NewReport(head, make([]Period, 4), totals.Values(), nil, nil, nil).Bound()
	}
	totals.Add([]uint64{0, 0}, 1, MeasuresOf(Views, Visitors))
	if got := ask(); got != 0 {
		t.Errorf("nothing can be read: got %d, want 0", got)
	}
	for range 3 {
		totals.Add([]uint64{9, 9}, 1, 0)
	}
	if got := ask(); got != 27 {
		t.Errorf("three of four parts can be read: got %d, want 27", got)
	}
	totals.Add([]uint64{30, 20}, 1, 0)
	if got := ask(); got != 32 {
		t.Errorf("one part is shown: got %d, want 32", got)
	}
}

func TestReportPeriodIsTheRangeAsked(t *testing.T) {
	week := []Period{{Week, day(t, "2026-11-09"), day(t, "2026-11-15")}}
	r := NewReport(Head{From: day(t, "2026-11-08"), To: day(t, "2026-11-15")}, week, Values{}, nil, nil, nil)
	if r.Period() != Composed {
		t.Errorf("a week of eight days asked: got %v, want composed", r.Period())
	}
}

func TestReportCSV(t *testing.T) {
	var b bytes.Buffer
	if err := aReport(t, nil).WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	want := "value,views,visitors\r\n/,600,300\r\n/<a&b>,100,50\r\n'=cmd(),70,50\r\n/about,,\r\n(other),100,50\r\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
	b.Reset()
	if err := aReport(t, func(h *Head) { h.By = "" }).WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	want = "value,views,visitors,visits,bounces,visit_time\r\n2026-11-01/2026-11-23,1250,400,450,200,115\r\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestFormulasAreHarmless(t *testing.T) {
	for s, want := range map[string]string{"=1": "'=1", "+1": "'+1", "-1": "'-1", "@a": "'@a", "\ta": "'\ta", "\ra": "'\ra",
		"/=1": "/=1", "": "", "(none)": "(none)"} {
		if got := harmless(s); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}

func TestCSVCanBeReadBack(t *testing.T) {
	values := []string{`/a"b`, "/a,b", "/ü", " x", "/a b"}
	r := &Report{head: Head{By: "page", Measures: []Measure{Hits}}}
	for _, v := range values {
		r.rows = append(r.rows, Row{v, Values{measures: []Measure{Hits}, counts: []Count{NewCount(30)}}})
	}
	var b bytes.Buffer
	if err := r.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(records) != len(values)+1 {
		t.Fatalf("got %v, %v", records, err)
	}
	for i, v := range values {
		if records[i+1][0] != v || records[i+1][1] != "30" {
			t.Errorf("got %q, want %q", records[i+1], v)
		}
	}
}

func TestReportText(t *testing.T) {
	var b bytes.Buffer
	if err := aReport(t, nil).WriteText(&b); err != nil {
		t.Fatal(err)
	}
	want := `www.example.org, 2026-11-01 to 2026-11-23, Europe/Paris
rounded, period composed, totals within 25, generated 2026-11-23T10:00:00+01:00

       views  visitors  visits  bounces  visit_time
total  1250   400       450     200      115 s

page     views  visitors
/        600    300
/<a&b>   100    50
=cmd()   70     50
/about   <10    <10
(other)  100    50

- ` + noteTexts[SumOfDays] + "\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestNotes(t *testing.T) {
	d := func(s string) hit.Day { return day(t, s) }
	at := time.Date(2026, 11, 23, 10, 20, 0, 0, time.UTC)
	for _, c := range []struct {
		note Note
		want string
	}{
		{NewNote(Damaged, d("2026-11-01"), d("2026-11-02"), d("2026-11-04")),
			"damaged, and not counted: 2026-11-01 to 2026-11-02, 2026-11-04"},
		{NewNote(NotClosed, d("2026-11-22")), "not yet closed, and not counted: 2026-11-22"},
		{NewRangeNote(NotKept, d("2024-01-01"), d("2024-12-31")), "no longer kept: 2024-01-01 to 2024-12-31"},
		{NewSnapshotNote(RunningTotals, d("2026-11-23"), at), "2026-11-23 is not over: totals as of 10:20"},
	} {
		if got := c.note.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	for code := NoteCode(0); code < noteEnd; code++ {
		s := NewSnapshotNote(code, d("2026-11-01"), at).String()
		if s == "" || strings.Contains(s, "%") {
			t.Errorf("note %d: got %q", code, s)
		}
	}
}

// Whatever is reachable from a Report and could be serialised must be a
// published value, or no number at all. The allow-list names each type that
// holds numbers and why it may.
func TestReportHoldsPublishedValuesOnly(t *testing.T) {
	allowed := map[reflect.Type]string{
		reflect.TypeFor[Count]():         "made by rounding only",
		reflect.TypeFor[Mean]():          "made by rounding only",
		reflect.TypeFor[hit.Day]():       "the calendar",
		reflect.TypeFor[time.Time]():     "when the data was as told",
		reflect.TypeFor[time.Location](): "the site's zone",
		reflect.TypeFor[Kind]():          "an enumeration",
		reflect.TypeFor[Measure]():       "an enumeration",
		reflect.TypeFor[NoteCode]():      "an enumeration",
	}
	seen := map[reflect.Type]bool{}
	var walk func(path string, of reflect.Type)
	walk = func(path string, of reflect.Type) {
		if allowed[of] != "" || seen[of] {
			return
		}
		seen[of] = true
		switch of.Kind() {
		case reflect.Struct:
			for i := range of.NumField() {
				f := of.Field(i)
				if of == reflect.TypeFor[Report]() {
					if f.IsExported() {
						t.Errorf("Report.%s is exported", f.Name)
					}
					if f.Name == "bound" { // of published counts, a sum of fives and nines
						continue
					}
				}
				walk(path+"."+f.Name, f.Type)
			}
		case reflect.Pointer, reflect.Slice, reflect.Array:
			walk(path, of.Elem())
		case reflect.String, reflect.Bool:
		default:
			t.Errorf("%s is a %v: not a published value", path, of)
		}
	}
	walk("Report", reflect.TypeFor[Report]())
	for _, of := range []reflect.Type{reflect.TypeFor[Count](), reflect.TypeFor[Mean](), reflect.TypeFor[Ratio](),
		reflect.TypeFor[Quantile](), reflect.TypeFor[Values](), reflect.TypeFor[Note]()} {
		for i := range of.NumField() {
			if of.Field(i).IsExported() {
				t.Errorf("%v.%s is exported: it could be set to a raw number", of, of.Field(i).Name)
			}
		}
	}
}
