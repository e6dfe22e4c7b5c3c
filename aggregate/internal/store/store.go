package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Version is the schema this package writes. Files of a newer one are refused,
// those of an older one brought forward (migrate.go).
const Version = 2

// What Open and Update answer where a caller must branch.
var (
	// ErrFatal means that a sync failed: the outcome of the last transaction
	// is unknown and the process must stop rather than write again.
	ErrFatal = errors.New("sync of the database failed, outcome unknown")
	// ErrLocked means that another process has the file open.
	ErrLocked = errors.New("database is in use by another process")
	// ErrNewer means that the file was written by a later version.
	ErrNewer = errors.New("database was written by a newer version")
	// ErrOlder means that the file is of an earlier version and was opened to be read only.
	ErrOlder = errors.New("database is of an earlier version: start the server once, or run footfall compact, to bring it forward")
	// ErrDamaged means that the file is not a whole database.
	ErrDamaged = errors.New("database file is damaged")
	// ErrNoFile means that something else than a file has the file's name.
	ErrNoFile = errors.New("no database file")
	// ErrCopying means that a copy is being written: Compact would have to wait for it.
	ErrCopying = errors.New("a copy of the database is being written")
)

var (
	bucketMeta  = []byte("meta")
	bucketSites = []byte("sites")
	keyVersion  = []byte("version")
	keyDeleted  = []byte("deleted")
)

// What is appended to a file's name while another is made to take its place.
// Both hold what the file does: Open removes what a kill has left of them.
const (
	compacting = ".compacting"
	Restoring  = ".restoring"
)

// Options say how to open a file. The zero value is for serving.
type Options struct {
	// ReadOnly opens without a write lock, for a copy that is to be checked.
	ReadOnly bool
}

// A Store is one open file. It is safe for concurrent use; Update and
// Compact wait for each other.
type Store struct {
	path    string
	options Options

	// copying is held while a copy is written, and comes before mu: a Compact
	// that waited for mu would make every transaction wait for the copy.
	copying sync.Mutex

	// mu guards handle against being replaced, which takes writing as well, and
	// is held for an assignment.
	mu     sync.RWMutex
	handle *handle // nil once closed

	// writing guards fatal, changes and the handle's scrub, and is held for one
	// Update, or while Compact puts its copy in the file's place.
	writing sync.Mutex
	fatal   error    // the first ErrFatal: nothing is written after it
	changes *changes // since Compact began to copy; nil: it does not run

	copied func() // tests: called when a compaction has copied, before it catches up

	generations generations
}

// A handle is an open file. One that was replaced is closed when nobody uses it.
type handle struct {
	db      *bolt.DB
	scrub   *scrubber
	readers atomic.Int64 // transactions that read
	users   sync.WaitGroup
}

// use returns the file as it is, to be given back by users.Done; nil once closed.
func (s *Store) use() *handle {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.handle != nil {
		s.handle.users.Add(1)
	}
	return s.handle
}

// Open opens the file at path, creating it where there is none.
func Open(path string, o Options) (*Store, error) {
	s := &Store{path: path, options: o}
	if !o.ReadOnly {
		for _, suffix := range []string{compacting, Restoring, trying} {
			_ = os.Remove(path + suffix) // left by a kill, whole or not; nobody else names it so
		}
	}
	err := regular(path, o)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !o.ReadOnly:
		if err := create(path); err != nil {
			return nil, fmt.Errorf("create %s: %w", path, err)
		}
	case err != nil:
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := sound(path); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if s.handle, err = open(path, o); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := guarded(s.begin); err != nil {
		_ = s.handle.db.Close() // the first error is the one to tell
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return s, nil
}

// regular refuses what is not a file. A link is refused where the file is
// written: compaction's rename would put a file in its place, and leave what
// was to be deleted where the link led.
func regular(path string, o Options) error {
	stat := os.Lstat
	if o.ReadOnly {
		stat = os.Stat
	}
	info, err := stat(path)
	switch {
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%w: %s is a link: put the file itself there, or make the directory a link", ErrNoFile, path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w: %s is no regular file", ErrNoFile, path)
	}
	return nil
}

// begin brings the file to this version and reads the lists of what it holds.
func (s *Store) begin() error {
	version, err := s.version()
	if err != nil {
		return err
	}
	if version < Version {
		if s.options.ReadOnly {
			return fmt.Errorf("%w (version %d, this program's is %d)", ErrOlder, version, Version)
		}
		if err := migrate(s.handle.db, version); err != nil {
			return err
		}
	}
	return s.View(func(tx *Tx) error {
		sites, err := tx.Sites()
		for _, site := range sites {
			if _, err := tx.list(site.Host); err != nil {
				return err
			}
		}
		return err
	})
}

// The map takes initialMap bytes of address space at once, and four times the
// file where that is more: while it need not grow, no commit waits for a
// reader, however long that one takes.
const initialMap = 1 << 30

func mapSize(path string) int {
	if info, err := os.Stat(path); err == nil && info.Size() > initialMap/4 {
		return int(4 * info.Size())
	}
	return initialMap
}

func open(path string, o Options) (*handle, error) {
	if err := whole(path); err != nil {
		return nil, err
	}
	return openMapped(path, o, mapSize(path))
}

// openMapped opens a file, or makes one without any bucket, under a map of a size.
func openMapped(path string, o Options, size int) (*handle, error) {
	h := &handle{scrub: &scrubber{}}
	bo := &bolt.Options{
		Timeout:      200 * time.Millisecond,
		FreelistType: bolt.FreelistMapType,
		ReadOnly:     o.ReadOnly,
		OpenFile: func(name string, flag int, mode fs.FileMode) (f *os.File, err error) {
			f, err = os.OpenFile(name, flag, mode)
			if h.scrub.file == nil { // bbolt may open a path again to copy it
				h.scrub.file = f
			}
			return f, err
		},
	}
	if strconv.IntSize == 64 && !o.ReadOnly {
		bo.InitialMmapSize = size
	}
	db, err := bolt.Open(path, 0o600, bo)
	if err != nil {
		return nil, opened(err)
	}
	db.AllocSize = 1 << 20 // a file grows by one MiB: small sites stay small
	h.db, h.scrub.pageSize = db, int64(db.Info().PageSize)
	h.scrub.begin()
	return h, nil
}

// opened returns what an error of bbolt's opening means.
func opened(err error) error {
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return ErrLocked
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch):
		return ErrDamaged
	}
	return err
}

// create makes a database under a temporary name and renames it once its
// first transaction is on the disk: a half-made file would kill the next
// start (RELIABILITY.md, finding 2).
func create(path string) error {
	tmp := path + ".new"
	_ = os.Remove(tmp)
	db, err := bolt.Open(tmp, 0o600, &bolt.Options{Timeout: 200 * time.Millisecond})
	if err != nil {
		_ = os.Remove(tmp) // best effort; the next start removes it too
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		meta, err := tx.CreateBucket(bucketMeta)
		if err != nil {
			return err
		}
		if _, err := tx.CreateBucket(bucketSites); err != nil {
			return err
		}
		if err := putSites(tx, nil); err != nil {
			return err
		}
		return meta.Put(keyVersion, binary.BigEndian.AppendUint32(nil, Version))
	})
	if cerr := db.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		_ = os.Remove(tmp)
		return err
	}
	return syncDir(filepath.Dir(path))
}

// version reads the version of the file's schema.
func (s *Store) version() (n uint32, err error) {
	err = s.handle.db.View(func(tx *bolt.Tx) error {
		meta, sites := tx.Bucket(bucketMeta), tx.Bucket(bucketSites)
		if meta == nil || sites == nil {
			return ErrDamaged
		}
		v := meta.Get(keyVersion)
		if len(v) != 4 {
			return ErrDamaged
		}
		n = binary.BigEndian.Uint32(v)
		if _, err := getSites(tx); err == nil && n != Version {
			return fmt.Errorf("%w: the version of its schema", ErrDamaged) // its lists are of this one
		}
		if n > Version {
			return fmt.Errorf("%w: version %d, this program reads up to %d", ErrNewer, n, Version)
		}
		if n == 0 {
			return ErrDamaged
		}
		return nil
	})
	return n, err
}

// Close waits for transactions, copies and a compaction to end and closes the
// file. It may be called twice.
func (s *Store) Close() error {
	s.copying.Lock()
	defer s.copying.Unlock()
	old := s.replace(nil)
	if old == nil {
		return nil
	}
	old.users.Wait()
	return old.db.Close()
}

// replace puts another handle in the place of the one that is, and returns that.
func (s *Store) replace(next *handle) *handle {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.put(next)
}

// put is replace for who holds writing.
func (s *Store) put(next *handle) *handle {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.handle
	s.handle = next
	return old
}

// Update runs one transaction and returns when it is on the disk. An error
// that is ErrFatal leaves the outcome unknown, and is the answer of every
// later Update and Compact, which write nothing; any other leaves nothing.
func (s *Store) Update(fn func(tx *Tx) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	h := s.handle // who replaces it holds writing
	switch {
	case h == nil:
		return berrors.ErrDatabaseNotOpen
	case s.fatal != nil:
		return s.fatal
	}
	inner := error(nil)
	t := &Tx{generations: &s.generations, changes: s.changes}
	defer t.settle()
	var err error
	read := guarded(func() error {
		err = h.db.Update(func(tx *bolt.Tx) error {
			t.tx = tx
			if inner = fn(t); inner == nil {
				inner = t.flush()
			}
			return inner
		})
		return nil
	})
	if read != nil {
		h.scrub.failed() // bbolt has rolled back
		return read
	}
	if err == nil {
		h.scrub.committed(&h.readers)
	}
	if err == nil || inner != nil {
		return err
	}
	h.scrub.failed()
	if err = classify(err); errors.Is(err, ErrFatal) {
		s.fatal = err
	}
	return err
}

// classify tells a failed write, which leaves nothing, from a failed sync,
// after which the transaction may be on the disk or not. bbolt returns what
// fdatasync said bare, and wraps what the file said.
func classify(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) && path.Op != "sync" {
		return err
	}
	var errno syscall.Errno
	if errors.As(err, &errno) || path != nil || errors.Is(err, berrors.ErrInvalidMapping) { // the last: a map that could not grow is gone
		return fmt.Errorf("%w: %w", ErrFatal, err)
	}
	if len(err.Error()) >= 9 && err.Error()[:9] == "file sync" { // db.grow flattens it to text
		return fmt.Errorf("%w: %w", ErrFatal, err)
	}
	return err
}

// reading returns the file in use for a reader, who calls endReading.
func (s *Store) reading() (*handle, error) {
	h := s.use()
	if h == nil {
		return nil, berrors.ErrDatabaseNotOpen
	}
	h.readers.Add(1)
	return h, nil
}

func (h *handle) endReading() {
	h.readers.Add(-1)
	h.users.Done()
}

// View runs one reading transaction. fn must only copy: while it runs, the
// writer waits whenever the map has to grow.
func (s *Store) View(fn func(tx *Tx) error) error {
	h, err := s.reading()
	if err != nil {
		return err
	}
	defer h.endReading()
	return guarded(func() error {
		return h.db.View(func(tx *bolt.Tx) error { return fn(&Tx{tx: tx}) })
	})
}

// Size returns the bytes of the file and of its free pages.
func (s *Store) Size() (file, free int64) {
	h := s.use()
	if h == nil {
		return 0, 0
	}
	defer h.users.Done()
	if info, err := os.Stat(s.path); err == nil {
		file = info.Size()
	}
	return file, int64(h.db.Stats().FreeAlloc)
}

// Path returns where the file is.
func (s *Store) Path() string { return s.path }

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
