// Package accounts keeps who may read the dashboard: users, their log-in
// sessions, tokens of programs and the one-time set-up secret.
//
// What enters: names, passwords, secrets and truncated addresses of people
// who log in. They are the publisher's staff, never measured visitors.
// What leaves: users and tokens with their rights; a secret leaves once, when
// it is made.
//
// Guaranteed: DIR/accounts.json, mode 0600, is the only place on disk. It is
// replaced by a synced temporary file, a rename and a sync of the directory,
// so that a crash leaves the file before or the file after, never a part.
//
//	{"version": 3,
//	 "device_key": 32 bytes,                          keys the marks of known browsers
//	 "users":    [{"name", "role", "sites", "password", "created"}],
//	 "sessions": [{"hash", "user", "expires"}],       SHA-256 of the cookie's secret
//	 "tokens":   [{"id", "hash", "kind", "sites", "created", "used"}],
//	 "marks":    [{"id", "site", "at", "label"}],      releases and incidents
//	 "log":      [{"at", "who", "what"}],              of changes, twelve months
//	 "settings": {key: value}}                         given at the last start
//
// A password is kept as argon2id in PHC form, every other secret as its
// SHA-256. A file of a newer version, or a damaged one, is refused and left
// untouched: taking it for empty would open the set-up page to a stranger.
// Addresses and attempts are never written; the tables that throttle guesses
// have a fixed size and hold keyed hashes only.
//
// Not guaranteed: exclusion of another process. The lock of DIR/footfall.db
// decides who owns the directory.
package accounts

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"footfall/aggregate/hit"
)

// What the operations answer; callers branch on them.
var (
	ErrUnknown     = errors.New("no such user or token")
	ErrExists      = errors.New("the user exists already")
	ErrName        = errors.New("not a user name: a to z, 0 to 9 and . _ @ -, beginning with a letter or digit, at most 64")
	ErrRole        = errors.New("not a role: viewer or admin")
	ErrKind        = errors.New("not a kind of token: read or mark")
	ErrSite        = errors.New("not a host name")
	ErrPassword    = errors.New("a password has 12 or more characters and at most 1024 bytes")
	ErrFull        = errors.New("no more places: 1000 users and 1000 tokens")
	ErrCredentials = errors.New("name and password do not match")
	ErrBusy        = errors.New("too many log-ins at once")
	ErrSetup       = errors.New("the set-up secret is not valid or has been used")
	ErrVersion     = errors.New("accounts.json was written by a newer version of footfall")
	ErrDamaged     = errors.New("accounts.json is damaged")
)

// Caps of what the file may hold.
const (
	maxUsers        = 1000
	maxTokens       = 1000
	maxSites        = 1000
	sessionsPerUser = 32 // the oldest ends when one more begins
)

// Store is the accounts of one data directory. Safe for concurrent use.
type Store struct {
	path string
	disk disk
	now  atomic.Pointer[snapshot] // what readers see; they never wait for the disk

	// writing orders changes and guards setup. Held while the file is
	// replaced, at most two syncs.
	writing sync.Mutex
	setup   string // secret of the first user's page, "" when there is none

	hashing   chan struct{}                      // places for argon2, 19 MiB each
	waiting   atomic.Int32                       // log-ins that wait for a place
	matches   func(p *phc, password string) bool // (*phc).matches; tests count
	decoy     string                             // stands for the password of a user who does not exist
	guard     guard
	touchNext atomic.Int64 // unix seconds before which no last use is written again
}

// snapshot is a state with its indexes; immutable once published.
type snapshot struct {
	state
	users    map[string]User
	sessions map[string]session // by hash
	tokens   map[string]Token   // by hash
}

// Open reads the accounts of a data directory; a missing file is no users.
// It writes nothing but the mode of a file that others could read.
func Open(dir string) (*Store, error) {
	path := filepath.Join(dir, "accounts.json")
	st, err := load(path)
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, disk: osDisk(), matches: (*phc).matches, hashing: make(chan struct{}, 2), decoy: decoyPHC(), guard: newGuard()}
	if len(st.DeviceKey) == 0 {
		st.DeviceKey = random(32)
	}
	s.now.Store(index(st))
	return s, nil
}

// change applies f to a copy of the state and makes the copy the state once
// the file holds it. When only the last sync failed the file is replaced
// already, so memory follows it; the error still tells that a power loss may
// undo the change.
func (s *Store) change(f func(*state) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.changeLocked(f, false)
}

// end is change for what takes a right away: memory follows f even where the
// file could not be written, and the error tells that a restart may undo it.
func (s *Store) end(f func(*state) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.changeLocked(f, true)
}

func (s *Store) changeLocked(f func(*state) error, anyway bool) error {
	old := &s.now.Load().state
	st := state{
		Version:   fileVersion,
		DeviceKey: old.DeviceKey,
		Users:     append([]User{}, old.Users...),
		Sessions:  append([]session{}, old.Sessions...),
		Tokens:    append([]Token{}, old.Tokens...),
		Marks:     append([]ReleaseMark{}, old.Marks...),
		Entries:   append([]Entry{}, old.Entries...),
		Settings:  old.Settings,
	}
	if err := f(&st); err != nil {
		return err
	}
	replaced, err := s.disk.replace(s.path, encode(&st))
	if replaced || anyway {
		s.now.Store(index(&st))
	}
	return err
}

func index(st *state) *snapshot {
	sn := &snapshot{state: *st, users: map[string]User{}, sessions: map[string]session{}, tokens: map[string]Token{}}
	for _, u := range st.Users {
		sn.users[u.Name] = u
	}
	for _, x := range st.Sessions {
		sn.sessions[x.Hash] = x
	}
	for _, t := range st.Tokens {
		sn.tokens[t.Hash] = t
	}
	return sn
}

// Rights are what a user or a token may read.
type Rights struct {
	Sites []string `json:"sites"` // hosts; empty means every site
}

// May tells whether the rights cover a site.
func (r Rights) May(site hit.Host) bool {
	return len(r.Sites) == 0 || slices.Contains(r.Sites, site.String())
}

// checkSites returns the hosts sorted, each once.
func checkSites(sites []string) ([]string, error) {
	if len(sites) > maxSites {
		return nil, ErrFull
	}
	for _, s := range sites {
		if _, err := hit.ParseHost(s); err != nil {
			return nil, ErrSite
		}
	}
	out := append([]string{}, sites...)
	slices.Sort(out)
	return slices.Compact(out), nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return b
}

// secret returns 256 random bits as 43 characters.
func secret() string { return base64.RawURLEncoding.EncodeToString(random(32)) }

// digest is how a secret is kept.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func day(now time.Time) string { return now.UTC().Format(time.DateOnly) }
