//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"footfall/aggregate"
)

// TestCompactionIsLoggedOnce tells of a failure once, and of its end.
func TestCompactionIsLoggedOnce(t *testing.T) {
	var printed bytes.Buffer
	log, c := slog.New(slog.NewTextHandler(&printed, nil)), compactionLog{}
	for _, err := range []error{nil, errors.New("disk full"), errors.New("disk full"), nil, nil, errors.New("again")} {
		c.tell(log, err)
	}
	if got := strings.Count(printed.String(), "level=ERROR"); got != 2 {
		t.Errorf("%d errors logged, want one for each row of failures, 2", got)
	}
	if got := strings.Count(printed.String(), "level=INFO"); got != 1 {
		t.Errorf("%d ends logged, want 1", got)
	}
}

// TestAdviceIsThatOfTheFault puts what is no database in its place: only one
// that is damaged is to be moved away for a backup.
func TestAdviceIsThatOfTheFault(t *testing.T) {
	const restore = "footfall restore"
	for _, tt := range []struct {
		name, want string
		make       func(path string) error
	}{
		{"noise", restore, func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte("noise"), 20_000), 0o600) }},
		{"directory", "put the database itself there", func(path string) error { return os.Mkdir(path, 0o700) }},
		{"pipe", "put the database itself there", func(path string) error { return syscall.Mkfifo(path, 0o600) }},
		{"link", "put the file itself there", func(path string) error { return os.Symlink("elsewhere", path) }},
		{"not readable", "read and write the file", func(path string) error { return os.WriteFile(path, []byte("x"), 0) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, storeName)
			if err := tt.make(path); err != nil {
				t.Skipf("cannot be made here: %v", err)
			}
			if tt.name == "not readable" && os.Geteuid() == 0 {
				t.Skip("root may read everything")
			}
			out, err := exec.Command("footfall", "serve", "--data", dir, "--site", "example.test", "--listen", freeAddress(t), "--admin-listen", freeAddress(t)).CombinedOutput()
			if err == nil || !bytes.Contains(out, []byte(tt.want)) || tt.want != restore && bytes.Contains(out, []byte(restore)) {
				t.Errorf("got %v and\n%s\nwant advice to %q", err, out, tt.want)
			}
		})
	}
	denied := fmt.Errorf("open: %w", &fs.PathError{Op: "open", Path: "x", Err: syscall.EACCES})
	if got := advice(denied); strings.Contains(got, restore) || !strings.Contains(got, "read and write") {
		t.Errorf("a file that may not be read: %q", got)
	}
	if got := advice(aggregate.ErrNewer); strings.Contains(got, restore) {
		t.Errorf("a newer file: %q", got)
	}
}
