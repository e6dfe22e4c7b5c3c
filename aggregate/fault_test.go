//go:build unix

package aggregate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

// alone runs a test in a process of its own and tells whether this is it: what
// limitFiles does holds for the whole process, and go test writes files too.
func alone(t *testing.T) bool {
	t.Helper()
	const name = "FOOTFALL_ALONE"
	if os.Getenv(name) == t.Name() {
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=60m")
	cmd.Env = append(os.Environ(), name+"="+t.Name())
	out, err := cmd.CombinedOutput()
	if t.Logf("%s", out); err != nil {
		t.Errorf("in a process of its own: %v", err)
	}
	return false
}

// limitFiles lets no file of the process grow past n bytes, as a full disk
// would not; the returned function ends that.
func limitFiles(t *testing.T, n uint64) (lift func()) {
	t.Helper()
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	lift = func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(lift)
	return lift
}

func TestFullDisk(t *testing.T) {
	if !alone(t) {
		return
	}
	now := at("2026-11-23 10:00:00")
	db := openTest(t, t.TempDir(), now)
	mustRecord(t, db, now, testView(t, "/a", 1))
	info, err := os.Stat(db.options.Path)
	if err != nil {
		t.Fatal(err)
	}
	lift := limitFiles(t, uint64(info.Size()))
	stored, refused := int64(1), 0
	for i := 0; refused < 20; i++ {
		h := testView(t, fmt.Sprintf("/page-%d/%0480d", i, i), i)
		switch err := db.Record(context.Background(), now, h); {
		case err == nil:
			stored++
		case errors.Is(err, ErrUnavailable):
			refused++
		default:
			t.Fatalf("Record on a full disk: got %v, want ErrUnavailable", err)
		}
		if i > 20_000 {
			t.Fatal("the disk never filled")
		}
	}
	if db.Ready() == nil {
		t.Error("ready on a full disk")
	}
	lift()
	mustRecord(t, db, now, testView(t, "/b", 1))
	if err := db.Ready(); err != nil {
		t.Errorf("after there was room again: %v", err)
	}
	if got := storedViews(t, db, hit.DayAt(now, time.UTC)); got != stored+1 {
		t.Errorf("views: got %d, want the %d that were acknowledged", got, stored+1)
	}
}

func TestPanicLeavesNothing(t *testing.T) {
	now := at("2026-11-23 10:00:00")
	db := openTest(t, t.TempDir(), now)
	mustRecord(t, db, now, testView(t, "/a", 1))
	func() {
		defer func() { _ = recover() }()
		bad := testView(t, "/b", 2)
		bad.Kind, bad.Bot = hit.KindView, hit.NotBot
		db.sites[testHost(t)].day.labels.ids = nil
		db.sites[testHost(t)].day.hosts[hostReferrer].byLabel = map[string]uint32{"(none)": 99} // out of range
		_ = db.Record(context.Background(), now, bad)
		t.Error("Record did not panic")
	}()
	day := db.sites[testHost(t)].day
	if day.site[siteViews] != 1 {
		t.Errorf("views after a panic: got %d, want 1", day.site[siteViews])
	}
	day.hosts[hostReferrer].byLabel = map[string]uint32{"(none)": 0}
	mustRecord(t, db, now, testView(t, "/b", 2))
}
