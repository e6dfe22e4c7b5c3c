package accounts

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// What a new password costs: 19 MiB, two passes, one lane (OWASP's choice for
// argon2id), and the sizes of its salt and key in bytes.
const (
	costKiB    = 19 * 1024
	costPasses = 2
	costLanes  = 1
	saltBytes  = 16
	keyBytes   = 32
)

// Limits of a password: characters at least, bytes at most. Nothing is cut
// off: two passwords that differ in any byte differ.
const (
	MinPassword      = 12
	maxPasswordBytes = 1024
)

// maxWaiting is how many log-ins may wait for one of the two places.
const maxWaiting = 32

var errPHC = errors.New("not an argon2id string")

// phc is a hashed password in parts.
type phc struct {
	kib, passes uint32
	lanes       uint8
	salt, key   []byte
}

// String returns the PHC form, $argon2id$v=19$m=...,t=...,p=...$salt$key.
func (p *phc) String() string {
	b64 := base64.RawStdEncoding
	return "$argon2id$v=19$m=" + strconv.FormatUint(uint64(p.kib), 10) +
		",t=" + strconv.FormatUint(uint64(p.passes), 10) +
		",p=" + strconv.FormatUint(uint64(p.lanes), 10) +
		"$" + b64.EncodeToString(p.salt) + "$" + b64.EncodeToString(p.key)
}

// parsePHC reads a PHC string and refuses what String would not have written,
// and costs past 64 MiB, 10 passes and 4 lanes, which would let a file stall
// the process.
func parsePHC(s string) (*phc, error) {
	part := strings.Split(s, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != "v=19" {
		return nil, errPHC
	}
	cost := strings.Split(part[3], ",")
	if len(cost) != 3 {
		return nil, errPHC
	}
	m, okM := number(cost[0], "m=", 64*1024)
	t, okT := number(cost[1], "t=", 10)
	lanes, okP := number(cost[2], "p=", 4)
	if !okM || !okT || !okP || m < 8*lanes {
		return nil, errPHC
	}
	b64 := base64.RawStdEncoding.Strict()
	salt, errSalt := b64.DecodeString(part[4])
	key, errKey := b64.DecodeString(part[5])
	p := &phc{kib: m, passes: t, lanes: uint8(lanes), salt: salt, key: key}
	if errSalt != nil || errKey != nil || len(salt) < 8 || len(salt) > 64 || len(key) < 16 || len(key) > 64 || p.String() != s {
		return nil, errPHC
	}
	return p, nil
}

func number(s, prefix string, most uint32) (uint32, bool) {
	s, ok := strings.CutPrefix(s, prefix)
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), ok && err == nil && n >= 1 && n <= uint64(most)
}

func (p *phc) matches(password string) bool {
	key := argon2.IDKey([]byte(password), p.salt, p.passes, p.kib, p.lanes, uint32(len(p.key)))
	return subtle.ConstantTimeCompare(key, p.key) == 1
}

// decoyPHC costs what a real password costs and matches none: its key was
// drawn, not derived.
func decoyPHC() string {
	return (&phc{costKiB, costPasses, costLanes, random(saltBytes), random(keyBytes)}).String()
}

func checkPassword(password string) error {
	if utf8.RuneCountInString(password) < MinPassword || len(password) > maxPasswordBytes {
		return ErrPassword
	}
	return nil
}

// hash makes the PHC form of a new password, in one of the two places.
func (s *Store) hash(ctx context.Context, password string) (string, error) {
	if err := checkPassword(password); err != nil {
		return "", err
	}
	if err := s.enter(ctx); err != nil {
		return "", err
	}
	defer s.leave()
	p := &phc{kib: costKiB, passes: costPasses, lanes: costLanes, salt: random(saltBytes)}
	p.key = argon2.IDKey([]byte(password), p.salt, p.passes, p.kib, p.lanes, keyBytes)
	return p.String(), nil
}

// verify compares in one of the two places; a string that is not PHC never
// matches.
func (s *Store) verify(ctx context.Context, hashed, password string) (bool, error) {
	p, err := parsePHC(hashed)
	if err != nil || len(password) > maxPasswordBytes {
		return false, nil
	}
	if err := s.enter(ctx); err != nil {
		return false, err
	}
	defer s.leave()
	return s.matches(p, password), nil
}

// enter waits for a place to hash in, so that log-ins never take more than
// two times 19 MiB; past maxWaiting waiters the answer is ErrBusy at once.
func (s *Store) enter(ctx context.Context) error {
	if s.waiting.Add(1) > maxWaiting {
		s.waiting.Add(-1)
		return ErrBusy
	}
	defer s.waiting.Add(-1)
	select {
	case s.hashing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Store) leave() { <-s.hashing }
