package accounts

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

func site(t testing.TB, s string) hit.Host {
	t.Helper()
	h, err := hit.ParseHost(s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestMarks(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	a, b := site(t, "a.example"), site(t, "b.example")
	first, added, err := s.AddMark(us, a, noon.Add(-time.Hour), "v1.4")
	if err != nil || !added {
		t.Fatal(added, err)
	}
	if again, added, err := s.AddMark(us, a, noon.Add(-time.Hour+30*time.Second), "v1.4"); err != nil || added || again != first {
		t.Errorf("the same mark again: %v %v %v", again, added, err)
	}
	for _, at := range []time.Time{noon, noon.Add(-48 * time.Hour)} {
		if _, _, err := s.AddMark(us, a, at, "v1.5 (hotfix)"); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := s.AddMark(us, b, noon, "incident"); err != nil {
		t.Error(err)
	}
	s = open(t, dir) // what was written is what is read
	marks := s.Marks(a)
	if len(marks) != 3 || !marks[0].At.Equal(noon) || marks[1] != first || len(s.Marks(b)) != 1 {
		t.Errorf("marks are %v", marks)
	}
	if err := s.RemoveMark(us, b, first.ID); !errors.Is(err, ErrUnknown) {
		t.Errorf("a mark of another site: %v", err)
	}
	if err := s.RemoveMark(us, a, first.ID); err != nil || len(s.Marks(a)) != 2 {
		t.Errorf("removed: %v, %d are left", err, len(s.Marks(a)))
	}
}

func TestMarksRefused(t *testing.T) {
	s := open(t, t.TempDir())
	a := site(t, "a.example")
	for _, label := range []string{"", " v1", "a\nb", "ana@example.org", "<b>", strings.Repeat("x", 65), "a\u202eb", "\xff"} {
		if _, _, err := s.AddMark(us, a, noon, label); !errors.Is(err, ErrLabel) {
			t.Errorf("label %q: %v", label, err)
		}
	}
	for _, at := range []time.Time{{}, noon.AddDate(0, -26, 0), noon.Add(25 * time.Hour)} {
		if _, _, err := s.AddMark(us, a, at, "v1"); !errors.Is(err, ErrAt) {
			t.Errorf("at %v: %v", at, err)
		}
	}
	if len(s.Marks(a)) != 0 || len(s.Log()) != 0 {
		t.Error("what was refused left something")
	}
}

// TestMarksAreBounded: a pipeline gone wild fills its site's places and no
// others; marks go when they are older than 25 months.
func TestMarksAreBounded(t *testing.T) {
	s := open(t, t.TempDir())
	a, b := site(t, "a.example"), site(t, "b.example")
	minute := func(i int) time.Time { return noon.Add(-time.Duration(i) * time.Minute) }
	err := s.change(func(st *state) error { // at once: thousands of files to replace are not what is asked here
		for i := range maxMarks - 2 {
			st.Marks = append(st.Marks, ReleaseMark{ID: fmt.Sprintf("%08x", i), Site: "a.example", At: minute(i), Label: "v"})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := maxMarks - 2; i < maxMarks; i++ {
		if _, _, err := s.AddMark(us, a, minute(i), "v"); err != nil {
			t.Fatal(i, err)
		}
	}
	if _, _, err := s.AddMark(us, a, noon, "one more"); !errors.Is(err, ErrMany) {
		t.Errorf("past the cap: %v", err)
	}
	if _, _, err := s.AddMark(us, b, noon, "v"); err != nil {
		t.Errorf("another site: %v", err)
	}
	later := By{noon.AddDate(0, 26, 0), "test"}
	if _, _, err := s.AddMark(later, a, later.At, "v"); err != nil || len(s.Marks(a)) != 1 {
		t.Errorf("26 months later: %v, %d marks", err, len(s.Marks(a)))
	}
}

func TestLog(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if err := s.AddOutsideUser(By{noon, "command line"}, "ana", Viewer, []string{"a.example"}); err != nil {
		t.Fatal(err)
	}
	_, token, err := s.AddToken(By{noon, "ana"}, Mark, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RevokeToken(By{noon, "ana"}, token.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.SetRights(By{noon, "ana"}, "ana", Admin, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Note(By{noon, "server"}, "started\nwith a line break"); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveUser(By{noon, "command line"}, "ana"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range open(t, dir).Log() {
		got = append(got, e.Who+": "+e.What)
	}
	want := []string{
		"command line: user ana removed",
		"server: started with a line break",
		"ana: user ana is now admin of every site",
		"ana: token " + token.ID + " revoked",
		"ana: mark token " + token.ID + " added for every site",
		"command line: user ana added as viewer of a.example",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if err := s.Note(By{noon.AddDate(0, 12, 1), "server"}, "started"); err != nil || len(s.Log()) != 1 {
		t.Errorf("after twelve months: %v, %d entries", err, len(s.Log()))
	}
}

// TestOutsideUser: who has no password is let in by none, in the time that a
// wrong one takes.
func TestOutsideUser(t *testing.T) {
	s := open(t, t.TempDir())
	if err := s.AddOutsideUser(us, "ana", Viewer, nil); err != nil {
		t.Fatal(err)
	}
	for _, password := range []string{"", "any password will do"} {
		if _, err := s.LogIn(t.Context(), noon, &Attempt{Name: "ana", Password: password}); !errors.Is(err, ErrCredentials) {
			t.Errorf("with %q: %v", password, err)
		}
	}
	if u, ok := s.User("ana"); !ok || u.Role != Viewer {
		t.Errorf("%v %v", u, ok)
	}
}

// TestVersionOne: a file of the first version is read, and written as the
// present one.
func TestVersionOne(t *testing.T) {
	st, err := decode([]byte(`{"version":1,"device_key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","users":[],"sessions":[],"tokens":[]}`))
	if err != nil || st.Version != 1 {
		t.Fatal(st, err)
	}
}
