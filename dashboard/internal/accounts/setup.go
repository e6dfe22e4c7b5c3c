package accounts

import (
	"context"
	"crypto/subtle"
	"time"
)

// SetupSecret returns the secret of the set-up page while there is no user,
// and "" once there is one. The secret lives in memory: another start makes
// another.
func (s *Store) SetupSecret() string {
	s.writing.Lock()
	defer s.writing.Unlock()
	if len(s.now.Load().Users) > 0 {
		s.setup = ""
		return ""
	}
	if s.setup == "" {
		s.setup = secret()
	}
	return s.setup
}

// SetupValid tells whether a secret still opens the set-up page.
func (s *Store) SetupValid(secret string) bool {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.setupValidLocked(secret)
}

func (s *Store) setupValidLocked(secret string) bool {
	return s.setup != "" && len(s.now.Load().Users) == 0 &&
		subtle.ConstantTimeCompare([]byte(s.setup), []byte(secret)) == 1
}

// SetUp makes the first user, an admin of every site, uses the secret up and
// logs the user in. ErrSetup is the answer to a wrong, used or late secret; a
// password or name that is refused leaves the secret as it is.
func (s *Store) SetUp(ctx context.Context, now time.Time, secret, name, password string) (LoggedIn, error) {
	if !s.SetupValid(secret) {
		return LoggedIn{}, ErrSetup // before any hashing, so that strangers cost nothing
	}
	u, err := s.makeUser(ctx, now, name, Admin, nil, password)
	if err != nil {
		return LoggedIn{}, err
	}
	if err := s.addFirst(By{now, u.Name}, secret, u); err != nil {
		return LoggedIn{}, err
	}
	in := LoggedIn{Device: sealDevice(s.now.Load().DeviceKey, u.Name, u.Password)}
	in.Secret, in.Expires, err = s.begin(now, u)
	return in, err
}

func (s *Store) addFirst(by By, secret string, u User) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if !s.setupValidLocked(secret) {
		return ErrSetup
	}
	if err := s.changeLocked(func(st *state) error { return st.add(by, u) }, false); err != nil {
		return err
	}
	s.setup = ""
	return nil
}
