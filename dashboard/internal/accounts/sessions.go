package accounts

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"
)

// SessionLife is the longest a log-in session lives.
const SessionLife = 7 * 24 * time.Hour

// session is one log-in of one browser.
type session struct {
	Hash    string    `json:"hash"` // SHA-256 of the cookie's secret
	User    string    `json:"user"`
	Expires time.Time `json:"expires"` // whole seconds, UTC
}

// Attempt is one try to log in.
type Attempt struct {
	Name, Password string
	From           netip.Prefix // truncated address, for the throttle only
	Device         string       // mark of a browser that has logged in before, "" if none
}

// LoggedIn is what a successful attempt gives to the browser.
type LoggedIn struct {
	Secret  string    // the session's secret, 43 characters
	Expires time.Time // at most SessionLife from now
	Device  string    // mark for the next attempt of this browser
}

// LogIn checks a name and a password and begins a session. It answers
// ErrCredentials for a wrong password and for an unknown user after the same
// work, *ThrottledError where too many tries came before, ErrBusy where too
// many are under way. A session is always new: no secret is taken from
// outside.
func (s *Store) LogIn(ctx context.Context, now time.Time, a *Attempt) (LoggedIn, error) {
	sn := s.now.Load()
	u, known := sn.users[a.Name]
	hashed := s.decoy
	if known && u.Password != "" {
		hashed = u.Password
	}
	device := openDevice(sn.DeviceKey, a.Device, a.Name, hashed)
	pass, err := s.guard.admit(now, a, device)
	if err != nil {
		return LoggedIn{}, err
	}
	ok, err := s.verify(ctx, hashed, a.Password)
	if err != nil {
		pass.giveBack()
		return LoggedIn{}, err
	}
	if !ok || !known || u.Password == "" {
		return LoggedIn{}, ErrCredentials
	}
	pass.giveBack()
	in := LoggedIn{Device: a.Device}
	if device == "" {
		in.Device = sealDevice(sn.DeviceKey, a.Name, hashed)
	}
	in.Secret, in.Expires, err = s.begin(now, u)
	return in, err
}

// begin writes a session of a user, whose password must still be the one that
// was checked.
func (s *Store) begin(now time.Time, u User) (string, time.Time, error) {
	token := secret()
	expires := now.UTC().Add(SessionLife).Truncate(time.Second)
	err := s.change(func(st *state) error {
		if i := st.find(u.Name); i < 0 || st.Users[i].Password != u.Password {
			return ErrCredentials
		}
		st.Sessions = slices.DeleteFunc(st.Sessions, func(x session) bool { return !now.Before(x.Expires) })
		st.dropOldest(u.Name)
		st.Sessions = append(st.Sessions, session{digest(token), u.Name, expires})
		return nil
	})
	if err != nil {
		return "", time.Time{}, err
	}
	return token, expires, nil
}

// dropOldest makes room for one more session of a user; sessions stand in the
// order in which they began.
func (st *state) dropOldest(name string) {
	n := 0
	for _, x := range st.Sessions {
		if x.User == name {
			n++
		}
	}
	st.Sessions = slices.DeleteFunc(st.Sessions, func(x session) bool {
		if x.User == name && n >= sessionsPerUser {
			n--
			return true
		}
		return false
	})
}

// Session returns the user of a session that has not ended, without the
// password.
func (s *Store) Session(now time.Time, secret string) (User, bool) {
	if secret == "" {
		return User{}, false
	}
	sn := s.now.Load()
	x, ok := sn.sessions[digest(secret)]
	if !ok || !now.Before(x.Expires) {
		return User{}, false
	}
	u, ok := sn.users[x.User]
	u.Password = ""
	return u, ok
}

// LogOut ends a session; one that is not there is no error.
func (s *Store) LogOut(secret string) error {
	hash := digest(secret)
	if _, ok := s.now.Load().sessions[hash]; !ok {
		return nil
	}
	return s.end(func(st *state) error {
		st.Sessions = slices.DeleteFunc(st.Sessions, func(x session) bool { return x.Hash == hash })
		return nil
	})
}

// IsMistake tells whether an error of this package is the caller's to mend
// and its text fit to be shown to them.
func IsMistake(err error) bool {
	for _, m := range []error{ErrUnknown, ErrExists, ErrName, ErrRole, ErrKind, ErrSite, ErrPassword, ErrFull, ErrLabel, ErrAt, ErrMany} {
		if errors.Is(err, m) {
			return true
		}
	}
	return false
}
