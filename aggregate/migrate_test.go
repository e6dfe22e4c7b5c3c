//go:build linux

package aggregate

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"footfall/aggregate/internal/store"
)

// TestMigrationIsWhole kills a process that brings a file of version 1 forward
// at its Nth write and its Nth sync, or lets that call fail, for each N until
// it is through when FOOTFALL_FLIPS is set (RELIABILITY.md, A13): the next start finds the same numbers.
func TestMigrationIsWhole(t *testing.T) {
	if out, err := exec.Command("strace", "-f", "-qq", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO", "true").CombinedOutput(); err != nil {
		t.Skipf("strace cannot trace here: %v %s", err, out)
	}
	most := 2
	if os.Getenv("FOOTFALL_FLIPS") != "" {
		most = 60
	}
	old, err := os.ReadFile("testdata/v1.db")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/v1.json")
	if err != nil {
		t.Fatal(err)
	}
	var want fixture
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	wasOld, wasNew := 0, 0
	for _, call := range []string{"pwrite64", "fdatasync"} {
		for _, fault := range []string{"signal=KILL", "error=EIO"} {
			for n := 1; n <= most; n++ {
				path := filepath.Join(t.TempDir(), "footfall.db")
				if err := os.WriteFile(path, old, 0o600); err != nil {
					t.Fatal(err)
				}
				child := exec.Command("strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace="+call, "-e", fmt.Sprintf("inject=%s:%s:when=%d", call, fault, n),
					os.Args[0], "-test.run=^TestMigrateChild$", "-test.count=1")
				child.Env = append(os.Environ(), "FOOTFALL_MIGRATE="+path)
				through := child.Run() == nil
				st, err := store.Open(path, store.Options{ReadOnly: true})
				switch {
				case err == nil:
					wasNew++
					_ = st.Close() // it was only read
				case errors.Is(err, store.ErrOlder):
					wasOld++
				default:
					t.Fatalf("%s %d, %s: %v", call, n, fault, err)
				}
				db := openFixture(t, path)
				sameLines(t, numbersOf(t, db), want.Lines)
				closeAndCheck(t, db)
				if through {
					break
				}
			}
		}
	}
	t.Logf("the file was old %d times, new %d times", wasOld, wasNew)
	if wasOld == 0 || wasNew == 0 && most > 2 {
		t.Error("the faults never struck on both sides of the commit")
	}
}

func TestMigrateChild(t *testing.T) {
	path := os.Getenv("FOOTFALL_MIGRATE")
	if path == "" {
		t.Skip("runs as a child of TestMigrationIsWhole")
	}
	db, err := Open(Options{Path: path, Sites: fixtureSites(t), Now: fixtureNow, Gather: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestRestoreOlder restores a backup of version 1, which is left as it was.
func TestRestoreOlder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "footfall.db")
	before, err := os.ReadFile("testdata/v1.db")
	if err != nil {
		t.Fatal(err)
	}
	if err := Restore("testdata/v1.db", path); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile("testdata/v1.db")
	if err != nil || sha256.Sum256(after) != sha256.Sum256(before) {
		t.Errorf("the backup has changed: %v", err)
	}
	holdsNumbers(t, path, "testdata/v1.json")
	if left, err := filepath.Glob(path + "?*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestVersionsAreToldApart opens an old file to be read only, and one whose
// version has a flipped bit: neither is changed.
func TestVersionsAreToldApart(t *testing.T) {
	for _, c := range []struct {
		name   string
		file   string
		readIt bool
		want   error
	}{{"older, read only", "testdata/v1.db", true, store.ErrOlder}, {"this one", "testdata/v2.db", true, nil}} {
		b, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "x.db")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		st, err := store.Open(path, store.Options{ReadOnly: c.readIt})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		if err == nil {
			_ = st.Close() // it was only read
		}
		after, err := os.ReadFile(path)
		if err != nil || sha256.Sum256(after) != sha256.Sum256(b) {
			t.Errorf("%s: the file has changed: %v", c.name, err)
		}
	}
}
