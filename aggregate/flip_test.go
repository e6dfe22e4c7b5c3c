package aggregate

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/internal/store"
)

// TestFlips flips single bits of a database, one at a time, and holds what is
// told of the file to what the intact one tells (RELIABILITY.md, A7): each
// number is the same, or its day is marked damaged, or the answer or the whole
// file is refused; nothing ends the process, check takes under 30 s, and a
// refused file is as it was. FOOTFALL_FLIPS is how many; half of them go to
// any byte in use, the others to the heads of pages, where bbolt's own
// structure stands; every other pair flips while the file is open. The flips run in children, so that a crash is counted.
func TestFlips(t *testing.T) {
	flips := 8
	if s, given := os.LookupEnv("FOOTFALL_FLIPS"); given {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			t.Fatalf("FOOTFALL_FLIPS: a number of one or more")
		}
		flips = n
	}
	seed := uint64(1)
	if s, given := os.LookupEnv("FOOTFALL_FLIP_SEED"); given {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	path := flipFile(t)
	var sum flipTally
	const each = 50
	for from := 0; from < flips; from += each {
		sum.add(runFlips(t, path, seed, from, min(from+each, flips)))
	}
	t.Logf("seed %d: %+v", seed, sum)
	if sum.Crashes > 0 || sum.Wrong > 0 || sum.Changed > 0 || sum.Lost > 0 {
		t.Errorf("a flipped bit ended the process, told a wrong number, changed a refused file, or took whole days with it that it did not touch")
	}
	if sum.Flips != flips || sum.SlowestMillis > 30_000 {
		t.Errorf("%d of %d flips were judged, the slowest check took %d ms", sum.Flips, flips, sum.SlowestMillis)
	}
	if flips >= 60 && (sum.Refused == 0 || sum.Damaged == 0) {
		t.Error("no flip was ever noticed: the test is blind")
	}
}

// TestFlipsSeeAWrongNumber holds the judge to a planted fault: a block that
// tells one view more under checksums that fit.
func TestFlipsSeeAWrongNumber(t *testing.T) {
	path := flipFile(t)
	want := truthOf(t, path)
	st, err := store.Open(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	day, _ := hit.ParseDay("2026-10-01")
	err = st.Update(func(tx *store.Tx) error {
		var b []byte
		if err := tx.Blocks(testHost(t), day, day, func(_ hit.Day, v []byte) error { b = v; return nil }); err != nil {
			return err
		}
		d, err := block.Decode(b)
		if err != nil {
			return err
		}
		d.Rows[block.Pages].N[0]++
		if b, err = block.Encode(d); err != nil {
			return err
		}
		if _, err := tx.DropBlocks(testHost(t), day, day); err != nil {
			return err
		}
		return tx.AddBlock(testHost(t), day, b)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	var sum flipTally
	sum.judge(t, path, want)
	if sum.Wrong == 0 {
		t.Errorf("a planted wrong number was not seen: %+v", sum)
	}
}

// flipTally counts flips by what became of them.
type flipTally struct {
	Flips   int // judged
	Refused int // the file was refused
	Damaged int // something was marked damaged, the rest served
	Nothing int // all was told as before
	Silent  int // of these check found nothing either
	Wrong   int // a number was told that is not so
	Lost    int // more was marked damaged than one page explains
	Changed int // a refused file was changed
	Crashes int // the process ended

	SlowestMillis int64 // check of one file
	What          []string
}

func (s *flipTally) add(o flipTally) {
	s.Flips += o.Flips
	s.Refused += o.Refused
	s.Damaged += o.Damaged
	s.Nothing += o.Nothing
	s.Silent += o.Silent
	s.Wrong += o.Wrong
	s.Lost += o.Lost
	s.Changed += o.Changed
	s.Crashes += o.Crashes
	s.SlowestMillis = max(s.SlowestMillis, o.SlowestMillis)
	s.What = append(s.What, o.What...)
}

// flipBytes is the file of flipFile once it has been made.
var flipBytes []byte

// flipFile makes a database with closed days of four months, roll-ups, a
// running day with both snapshots, and free pages.
func flipFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "footfall.db")
	if len(flipBytes) > 0 {
		if err := os.WriteFile(path, flipBytes, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	h := historyDays{days: []string{"2026-09-30", "2026-10-01", "2026-11-24"}, imported: "2026-10-02", running: "2026-11-25", visitors: 20, pages: 20}
	if os.Getenv("FOOTFALL_FLIPS") != "" {
		h.days = []string{"2026-08-30", "2026-08-31", "2026-09-01", "2026-09-30", "2026-10-01", "2026-11-23", "2026-11-24"}
		h.visitors, h.pages = 36, 30
	}
	fillHistory(t, path, h)
	db := openFixture(t, path)
	for more := true; more; {
		var err error
		if more, err = db.rollUpOne(fixtureNow); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	var err error
	if flipBytes, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// runFlips judges flips in a child; after a crash it goes on with another.
func runFlips(t *testing.T, path string, seed uint64, from, to int) (sum flipTally) {
	t.Helper()
	for from < to {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(to-from)*30*time.Second)
		child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestFlipChild$", "-test.count=1")
		child.Env = append(os.Environ(), fmt.Sprintf("FOOTFALL_FLIP_CHILD=%s %d %d %d", path, seed, from, to))
		out, err := child.Output()
		cancel()
		for line := range strings.Lines(string(out)) {
			var one flipTally
			if text, ok := strings.CutPrefix(line, "flip "); ok && json.Unmarshal([]byte(text), &one) == nil {
				sum.add(one)
				from++
			}
		}
		if err == nil && from < to {
			t.Fatalf("a child ended early:\n%s", out)
		}
		if err != nil && from < to {
			sum.add(flipTally{Flips: 1, Crashes: 1, What: []string{fmt.Sprintf("flip %d: %v", from, err)}})
			from++
		}
	}
	return sum
}

func TestFlipChild(t *testing.T) {
	var path string
	var seed uint64
	var from, to int
	if _, err := fmt.Sscanf(os.Getenv("FOOTFALL_FLIP_CHILD"), "%s %d %d %d", &path, &seed, &from, &to); err != nil {
		t.Skip("runs as a child of TestFlips")
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := truthOf(t, path)
	copied := filepath.Join(t.TempDir(), "flipped.db")
	for i := from; i < to; i++ {
		b := bytes.Clone(whole)
		at, bit := flipOf(whole, seed, i)
		b[at] ^= 1 << bit
		if i%4 >= 2 {
			b[at] ^= 1 << bit // later, while it is open
		}
		if err := os.WriteFile(copied, b, 0o600); err != nil {
			t.Fatal(err)
		}
		var one flipTally
		if i%4 >= 2 {
			one.live(t, copied, want, at, bit)
		} else {
			one.judge(t, copied, want)
		}
		for j := range one.What {
			one.What[j] = fmt.Sprintf("flip %d, bit %d of byte %d of page %d: %s", i, bit, at%4096, at/4096, one.What[j])
		}
		text, err := json.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("flip %s\n", text)
	}
}

// flipOf returns the bit of a flip.
func flipOf(whole []byte, seed uint64, i int) (at, bit int) {
	r := rand.New(rand.NewPCG(seed, uint64(i)))
	high := int(max(binary.LittleEndian.Uint64(whole[16+40:]), binary.LittleEndian.Uint64(whole[4096+16+40:])))
	if i%2 == 0 {
		return r.IntN(high * 4096), r.IntN(8)
	}
	return r.IntN(high)*4096 + r.IntN(96), r.IntN(8)
}

// truth is what the intact file tells.
type truth struct {
	numbers map[string][]string // of each site and day, as linesOf returns them
	answers map[string]string   // by question
}

func truthOf(t *testing.T, path string) *truth {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "intact.db")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, b, 0o600); err != nil {
		t.Fatal(err)
	}
	db := openFixture(t, copied)
	w := &truth{map[string][]string{}, map[string]string{}}
	for _, line := range numbersOf(t, db) {
		w.numbers[dayOfLine(line)] = append(w.numbers[dayOfLine(line)], line)
	}
	for _, q := range flipQuestions(t) {
		r, err := db.Report(t.Context(), fixtureNow, q)
		if err != nil {
			t.Fatal(err)
		}
		text, err := r.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		w.answers[nameOf(q)] = string(text)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return w
}

// dayOfLine returns the site, day and number of the block of a line.
func dayOfLine(line string) string {
	return strings.Join(strings.Fields(line)[:2], " ")
}

func nameOf(q *Query) string {
	return fmt.Sprintf("%s %s %s %s %q %s", q.Site, q.From, q.To, q.By, q.Page, q.Where)
}

// flipQuestions are every question of a few ranges.
func flipQuestions(t *testing.T) (out []*Query) {
	day := func(s string) hit.Day { return modelDay(t, s) }
	for _, s := range fixtureSites(t) {
		for _, r := range [][2]hit.Day{{day("2026-08-01"), day("2026-11-25")}, {day("2026-10-01"), day("2026-10-31")}, {day("2026-11-25"), day("2026-11-25")}} {
			for by := NoDim; by < byEnd; by++ {
				if by == ByHour && r[0] != day("2026-10-01") || by == ByWeekdayHour {
					continue
				}
				out = append(out, &Query{Site: s.Host, From: r[0], To: r[1], By: by})
			}
			out = append(out, &Query{Site: s.Host, From: r[0], To: r[1], By: BySystem, Page: "/0"},
				&Query{Site: s.Host, From: r[0], To: r[1], By: ByPage, Where: &Where{BySystem, "Linux"}})
		}
	}
	return out
}

// judge holds one file to the truth.
func (s *flipTally) judge(t *testing.T, path string, want *truth) {
	t.Helper()
	s.Flips++
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	report, err := Check(path)
	s.SlowestMillis = max(s.SlowestMillis, time.Since(began).Milliseconds())
	found := err != nil || !report.OK
	db, err := Open(Options{Path: path, Sites: fixtureSites(t), Now: fixtureNow, Gather: time.Millisecond})
	if err != nil {
		s.Refused++
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
			s.Changed++
		}
		return
	}
	defer db.Close()
	s.opened(t, db, want, found, 12) // a month's labels are of at most six days of two sites
}

// live holds an open database to the truth while a bit of its file flips.
func (s *flipTally) live(t *testing.T, path string, want *truth, at, bit int) {
	t.Helper()
	s.Flips++
	db, err := Open(Options{Path: path, Sites: fixtureSites(t), Now: fixtureNow, Gather: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, int64(at)); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 1 << bit
	if _, err := f.WriteAt(b, int64(at)); err != nil { // the map shows it at once
		t.Fatal(err)
	}
	s.opened(t, db, want, true, len(want.numbers)) // the list of a site may be damaged
}

// opened compares what an open database tells.
func (s *flipTally) opened(t *testing.T, db *DB, want *truth, found bool, most int) {
	t.Helper()
	damaged := s.numbers(t, db, want)
	marked := s.answers(t, db, want)
	switch {
	case damaged > 0 || marked:
		s.Damaged++
		if !found {
			s.What = append(s.What, "check found nothing, and something is damaged")
		}
	default:
		s.Nothing++
		if !found {
			s.Silent++
		}
	}
	if damaged > most {
		s.Lost++
		s.What = append(s.What, fmt.Sprintf("%d days are damaged", damaged))
	}
}

// numbers compares every stored number and returns how many days are damaged.
func (s *flipTally) numbers(t *testing.T, db *DB, want *truth) (damaged int) {
	got, bad := map[string][]string{}, map[string]bool{}
	for _, site := range fixtureSites(t) {
		stored, err := db.blocks(site.Host, -1<<31, 1<<31-1)
		if err != nil {
			bad[site.Host.String()] = true
			continue
		}
		for i, b := range stored {
			head := fmt.Sprintf("%s %s %d", site.Host, b.Day, i)
			lines, ok := readableLines(head, &b)
			if !ok {
				bad[dayOfLine(head)] = true
				continue
			}
			got[dayOfLine(head)] = append(got[dayOfLine(head)], lines...)
		}
		if day := db.sites[site.Host].day; day != nil {
			name := fmt.Sprintf("%s %s", site.Host, day.day)
			got[name] = append(got[name], runningLines(name, day)...)
		}
	}
	for day, lines := range want.numbers {
		site, _, _ := strings.Cut(day, " ")
		switch {
		case bad[day] || bad[site]:
			damaged++
		case !slices.Equal(got[day], lines):
			s.Wrong++
			s.What = append(s.What, "wrong numbers of "+day)
		}
	}
	for day := range got {
		if want.numbers[day] == nil {
			s.Wrong++
			s.What = append(s.What, "numbers of a day that there was not: "+day)
		}
	}
	return damaged
}

// answers asks every question; an answer that differs must say why.
func (s *flipTally) answers(t *testing.T, db *DB, want *truth) (marked bool) {
	for _, q := range flipQuestions(t) {
		r, err := db.Report(t.Context(), fixtureNow, q)
		if err != nil {
			marked = true
			continue
		}
		text, err := r.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case string(text) == want.answers[nameOf(q)]:
		case strings.Contains(string(text), "damaged, and not counted"):
			marked = true
		default:
			s.Wrong++
			s.What = append(s.What, "a wrong answer to "+nameOf(q))
		}
	}
	return marked
}

// readableLines returns the numbers of a block; false if any part of it is damaged.
func readableLines(head string, b *storedBlock) ([]string, bool) {
	if b.Block == nil {
		return nil, false
	}
	d := &block.Day{Flags: b.Block.Flags(), Restarts: b.Block.Restarts(), Level: b.Block.Level()}
	var err error
	for x := range d.Rows {
		if d.Rows[x], err = b.Block.Rows(block.Table(x)); err != nil {
			return nil, false
		}
		for _, id := range d.Rows[x].Labels {
			if x := block.Table(x); x != block.Site && x != block.Hours && b.Label(id) == "" {
				return nil, false
			}
		}
	}
	for x := range d.Cells {
		if d.Cells[x], err = b.Block.Cells(block.Cross(x)); err != nil {
			return nil, false
		}
	}
	return linesOf(head, d, b.Label), true
}
