package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lockPatience is how long a command tries for the lock before it turns to
// the process that holds it.
const lockPatience = 200 * time.Millisecond

// Names in the data directory.
const (
	storeName   = "footfall.db"
	lockName    = "lock"
	controlName = "control.sock"
	tempPrefix  = "footfall-" // copies that the server makes and days that an import hands over
	tempPattern = tempPrefix + "*.tmp"
)

// dataDir is a data directory whose lock this process holds: one process owns
// one store. The lock is flock's, so it ends with the process however that ends.
type dataDir struct {
	path string
	lock *os.File
}

// heldError is the answer where another process holds the lock.
type heldError struct {
	dir string
	pid int // 0 where the file does not say
}

func (e *heldError) Error() string {
	if e.pid == 0 {
		return fmt.Sprintf("the data directory %s is in use by another process", e.dir)
	}
	return fmt.Sprintf("the data directory %s is in use by process %d", e.dir, e.pid)
}

// errNoData is the answer where a command that only reads finds no directory.
var errNoData = errors.New("there is no data directory (footfall serve and footfall import make one)")

// openDir takes a data directory. Where make is set a missing one is made,
// mode 0700; otherwise the error is errNoData. A *heldError names the owner.
func openDir(path string, create bool) (*dataDir, error) {
	if create {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return nil, fmt.Errorf("make the data directory: %w", err)
		}
	}
	lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", path, errNoData)
	}
	if err != nil {
		return nil, fmt.Errorf("open the lock of the data directory: %w", err)
	}
	if err := takeLock(lock); err != nil {
		pid := owner(lock)
		_ = lock.Close() // nothing was written through it
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, &heldError{path, pid}
		}
		return nil, fmt.Errorf("lock the data directory %s: %w", path, err)
	}
	d := &dataDir{path, lock}
	if err := d.sign(); err != nil {
		d.close()
		return nil, fmt.Errorf("write the lock of the data directory: %w", err)
	}
	return d, nil
}

func takeLock(f *os.File) error {
	for deadline := time.Now().Add(lockPatience); ; time.Sleep(lockPatience / 10) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) || time.Now().After(deadline) {
			return err
		}
	}
}

// sign writes who holds the lock, for those who find it taken.
func (d *dataDir) sign() error {
	if err := d.lock.Truncate(0); err != nil {
		return err
	}
	_, err := d.lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func owner(f *os.File) int {
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 32))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}

// close gives the lock back. The file stays: removing it would let two
// processes hold locks on two files of one name.
func (d *dataDir) close() {
	_ = d.lock.Truncate(0) // the next owner writes its own; a full disk does not matter here
	_ = d.lock.Close()     // closing is what unlocks
}

func (d *dataDir) store() string { return filepath.Join(d.path, storeName) }

// A temporary file of the directory names the process that made it. One of a
// dead process is removed at once; one of a process that lives, or whose number
// another has now, after leftoverAge; a copy that this very process made for a
// command, which is dead or done by then, after copyAge.
const (
	leftoverAge = 48 * time.Hour
	copyAge     = time.Hour
)

// sweep removes what processes that died left of their temporary files.
func (d *dataDir) sweep() error {
	left, err := filepath.Glob(filepath.Join(d.path, tempPattern))
	if err != nil {
		return err
	}
	for _, name := range left {
		info, err := os.Lstat(name)
		if err != nil || !leftover(name, time.Since(info.ModTime())) {
			continue // gone, or at work
		}
		if err := os.Remove(name); err != nil {
			return fmt.Errorf("remove what an earlier process left: %w", err)
		}
	}
	return nil
}

func leftover(name string, age time.Duration) bool {
	number, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(name), tempPrefix), "-")
	pid, err := strconv.Atoi(number)
	switch {
	case err != nil || pid <= 0:
		return age > leftoverAge
	case pid == os.Getpid():
		return age > copyAge
	}
	return age > leftoverAge || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

// tempName is the pattern of a temporary file that this process makes.
func tempName() string { return fmt.Sprintf("%s%d-*.tmp", tempPrefix, os.Getpid()) }

// exposed tells whether others on the machine may read the directory.
func (d *dataDir) exposed() bool {
	info, err := os.Stat(d.path)
	return err == nil && info.Mode().Perm()&0o077 != 0
}

// removeSocket takes the control socket away at the end of its server.
func (d *dataDir) removeSocket() { _ = os.Remove(filepath.Join(d.path, controlName)) } // the next server removes it otherwise

// The longest path of a socket that every Unix allows.
const mostSocketPath = 103

// socketPath returns a path of the control socket that is short enough to be
// one, and what to close when it is no longer used.
func socketPath(dir string) (path string, release func(), err error) {
	path = filepath.Join(dir, controlName)
	if len(path) <= mostSocketPath {
		return path, func() {}, nil
	}
	if runtime.GOOS != "linux" {
		return "", nil, fmt.Errorf("the path of %s is longer than %d bytes: choose a shorter data directory", path, mostSocketPath)
	}
	d, err := os.Open(dir)
	if err != nil {
		return "", nil, fmt.Errorf("open the data directory: %w", err)
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), controlName), func() { _ = d.Close() }, nil
}
