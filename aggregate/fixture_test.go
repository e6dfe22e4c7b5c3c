package aggregate

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/internal/store"
)

// Fixtures are files that each version of the schema wrote, and every number
// in them: testdata/vN.db and testdata/vN.json. They are made once, by the
// last commit that wrote version N, and never again:
//
//	go test ./aggregate -run TestFixtures -fixture
//
// made those of the version that this commit writes; it refuses to replace one
// that is there. Each later version opens them all and finds the same numbers.
var makeFixture = flag.Bool("fixture", false, "make the fixture of this version of the schema")

// fixtureNow is when the fixtures were made: the running day is 25 November.
var fixtureNow = at("2026-11-25 10:35:00")

// fixture is what a file should hold.
type fixture struct {
	Version int      `json:"version"`
	Lines   []string `json:"lines"` // as numbersOf returns them
}

func TestFixtures(t *testing.T) {
	dir := "testdata"
	if *makeFixture {
		writeFixture(t, dir)
	}
	found, err := filepath.Glob(filepath.Join(dir, "v*.db"))
	if err != nil || len(found) < store.Version {
		t.Fatalf("%d fixtures, want one of each version to %d: %v", len(found), store.Version, err)
	}
	for _, file := range found {
		t.Run(filepath.Base(file), func(t *testing.T) { holdsFixture(t, file) })
	}
}

func holdsFixture(t *testing.T, file string) {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "footfall.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	holdsNumbers(t, path, file[:len(file)-len(".db")]+".json")
}

// holdsNumbers opens a file and compares every number in it.
func holdsNumbers(t *testing.T, path, numbers string) {
	t.Helper()
	text, err := os.ReadFile(numbers)
	if err != nil {
		t.Fatal(err)
	}
	var want fixture
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	db := openFixture(t, path)
	sameLines(t, numbersOf(t, db), want.Lines)
	closeAndCheck(t, db)
}

// sameLines compares and names at most five lines that differ.
func sameLines(t *testing.T, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	t.Errorf("got %d lines, want %d", len(got), len(want))
	for i, shown := 0, 0; i < max(len(got), len(want)) && shown < 5; i++ {
		var a, b string
		if i < len(got) {
			a = got[i]
		}
		if i < len(want) {
			b = want[i]
		}
		if a != b {
			t.Errorf("line %d: got %q, want %q", i, a, b)
			shown++
		}
	}
}

func fixtureSites(t testing.TB) []SiteConfig {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	other, err := hit.ParseHost("other.test")
	if err != nil {
		t.Fatal(err)
	}
	return []SiteConfig{
		{Host: testHost(t), Zone: time.UTC, Sections: []string{"/docs/*"}, RetentionMonths: MaxRetention},
		{Host: other, Zone: paris, RetentionMonths: MaxRetention},
	}
}

// openFixture opens a file as it was left at fixtureNow, so that nothing is due.
func openFixture(t testing.TB, path string) *DB {
	t.Helper()
	db, err := Open(Options{Path: path, Sites: fixtureSites(t), Now: fixtureNow, Gather: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func writeFixture(t *testing.T, dir string) {
	name := filepath.Join(dir, fmt.Sprintf("v%d", store.Version))
	if _, err := os.Stat(name + ".db"); err == nil {
		t.Fatalf("%s.db is there", name)
	}
	work := filepath.Join(t.TempDir(), "footfall.db")
	fillHistory(t, work, historyDays{
		days: []string{"2026-09-30", "2026-10-01", "2026-11-24"}, imported: "2026-10-02",
		running: "2026-11-25", visitors: 20, pages: 4,
	})
	db := openFixture(t, work)
	lines := numbersOf(t, db)
	if err := db.Backup(name + ".db"); err != nil { // the running day goes on being one
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(fixture{store.Version, lines}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name+".json", append(text, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d lines", name, len(lines))
}

// historyDays says what fillHistory makes up.
type historyDays struct {
	days            []string // that are counted and closed
	imported        string   // a day merged from an import, "" is none
	running         string   // the day that is not over, counted until 10:35
	visitors, pages int
}

// fillHistory makes a database of the two sites of fixtureSites: closed days,
// an import, and a running day with both snapshots and one restart. The
// counted numbers depend on h alone.
func fillHistory(t testing.TB, path string, h historyDays) {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	sites := fixtureSites(t)
	db, err := Open(Options{Path: path, Sites: sites, Now: at(h.days[0] + " 06:00:00"), Gather: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range h.days {
		writeDay(t, db, r, at(day+" 06:00:00"), h)
	}
	if h.imported != "" {
		mergeDay(t, db, h)
	}
	for _, start := range []string{" 06:00:00", " 08:20:00", " 10:05:00"} { // a full hour and ten minutes pass after each
		writeDay(t, db, r, at(h.running+start), h)
		if start == " 08:20:00" {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			db, err = Open(Options{Path: path, Sites: sites, Now: at(h.running + " 09:40:00"), Gather: time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func mergeDay(t testing.TB, db *DB, h historyDays) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x.days")
	im, err := NewImporter(ImportOptions{Site: fixtureSites(t)[0], Now: fixtureNow, File: file, ObjectionsUnknown: true})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 * h.visitors {
		if err := im.Add(at(h.imported+" 07:00:00").Add(time.Duration(i)*time.Minute), testView(t, fmt.Sprintf("/old/%d", i%h.pages), i%17)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := im.Finish(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Merge(file, false); err != nil {
		t.Fatal(err)
	}
}

// writeDay counts half an hour of everything there is, in one batch a minute.
func writeDay(t testing.TB, db *DB, r *rand.Rand, from time.Time, h historyDays) {
	t.Helper()
	referrers := []string{"search.example", "news.example", "mail.example"}
	for minute := range 30 {
		now := from.Add(time.Duration(minute) * time.Minute)
		b := &batch{}
		for i := range 1 + h.visitors/3 {
			v := &b.hits
			n := r.IntN(h.visitors)
			x := *testView(t, fmt.Sprintf("/%s%d", []string{"", "docs/", "blog/"}[r.IntN(3)], min(r.IntN(h.pages), r.IntN(h.pages))), n)
			x.Site = db.options.Sites[i%2].Host
			x.Browser.Major, x.System = uint16(138+n%3), []hit.System{hit.Linux, hit.Windows, hit.IOS}[n%3]
			x.Device, x.Country = []hit.Device{hit.Desktop, hit.Phone}[n%2], mustCountry(t, []string{"FR", "DE", "BE"}[n%3])
			x.Referrer = hit.ReferrerFrom(mustHost(t, referrers[n%3]))
			*v = append(*v, arrival{now, x})
			*v = append(*v, arrival{now, furtherHit(t, x, r.IntN(8))})
		}
		db.commit.Lock()
		err := db.write(b)
		db.commit.Unlock()
		if err != nil {
			t.Fatal(err)
		}
	}
}

// furtherHit is what a page may send besides the view.
func furtherHit(t testing.TB, x hit.Hit, kind int) hit.Hit {
	switch kind {
	case 0:
		x.Kind = hit.KindFeature
		x.Feature, _ = hit.ParseFeature("signup")
	case 1:
		x.Kind, x.Outbound = hit.KindFeature, mustHost(t, "partner.example")
	case 2:
		x.Kind, x.Download = hit.KindFeature, testPath(t, "/files/a.pdf")
	case 3:
		x.Status = hit.Status404
	case 4:
		x.Bot = hit.BotWord
	default:
		x.Kind = hit.KindTiming
		x.Timing = hit.Timing{LoadMillis: 300 + int32(kind)*400, LCPMillis: 900, INPMillis: 80, ReadSeconds: 30, ScrollPct: 70, Errors: int32(kind % 2)}
	}
	return x
}

func mustHost(t testing.TB, s string) hit.Host {
	t.Helper()
	h, err := hit.ParseHost(s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func mustCountry(t testing.TB, s string) hit.Country {
	t.Helper()
	c, err := hit.ParseCountry(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// numbersOf returns every stored number of a database, a line a row: of the
// closed days, the snapshots, and the running days as they are in memory.
func numbersOf(t testing.TB, db *DB) []string {
	t.Helper()
	var out []string
	for _, s := range db.Sites() {
		stored, err := db.blocks(s.Host, -1<<31, 1<<31-1)
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range stored {
			if b.Block == nil {
				t.Fatalf("%s: a block of %s cannot be read", s.Host, b.Day)
			}
			d := &block.Day{Flags: b.Block.Flags(), Restarts: b.Block.Restarts(), Level: b.Block.Level()}
			for x := range d.Rows {
				if d.Rows[x], err = b.Block.Rows(block.Table(x)); err != nil {
					t.Fatal(err)
				}
			}
			for x := range d.Cells {
				if d.Cells[x], err = b.Block.Cells(block.Cross(x)); err != nil {
					t.Fatal(err)
				}
			}
			out = append(out, linesOf(fmt.Sprintf("%s %s %d", s.Host, b.Day, i), d, b.Label)...)
		}
		if day := db.sites[s.Host].day; day != nil {
			out = append(out, runningLines(fmt.Sprintf("%s %s", s.Host, day.day), day)...)
		}
	}
	return out
}

// runningLines returns the numbers of a running day as they are in memory.
func runningLines(head string, day *openDay) []string {
	g := day.gather(false, false)
	text := func(id uint32) string {
		if s := g.texts[id]; s != hit.Other {
			return s
		}
		return " other"
	}
	return linesOf(head+" running", g.day(g.ownIDs()), text)
}

// linesOf returns the numbers of a day, by the text of their labels.
func linesOf(head string, d *block.Day, label func(uint32) string) []string {
	out := []string{fmt.Sprintf("%s flags %d restarts %d level %d", head, d.Flags, d.Restarts, d.Level)}
	for x := range d.Rows {
		table := block.Table(x)
		for i, id := range d.Rows[x].Labels {
			name := fmt.Sprint(id)
			if table != block.Site && table != block.Hours {
				name = label(id)
			}
			w := block.Width(table)
			out = append(out, fmt.Sprintf("%s %s %q %v", head, table, name, d.Rows[x].N[i*w:(i+1)*w]))
		}
	}
	for x := range d.Cells {
		c := &d.Cells[x]
		for i, n := range c.N {
			inner := fmt.Sprint(c.Inner[i])
			if innerNamed(block.Cross(x)) {
				inner = label(c.Inner[i])
			}
			out = append(out, fmt.Sprintf("%s %s %q %q %d", head, block.Cross(x), label(c.Outer[i]), inner, n))
		}
	}
	slices.Sort(out)
	return out
}
