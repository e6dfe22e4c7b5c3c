package accounts

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Role is what a user may do.
type Role string

// The roles. A viewer reads the sites of its rights; an admin also manages
// them, where the dashboard offers that.
const (
	Viewer Role = "viewer"
	Admin  Role = "admin"
)

func (r Role) check() error {
	if r != Viewer && r != Admin {
		return ErrRole
	}
	return nil
}

// User is a person who may log in.
type User struct {
	Name     string `json:"name"`
	Role     Role   `json:"role"`
	Rights          // empty: every site
	Password string `json:"password"` // PHC form; "" has none and cannot log in with one, and in what Users and Session return
	Created  string `json:"created"`  // day in UTC
}

func checkName(name string) error {
	if name == "" || len(name) > 64 {
		return ErrName
	}
	for i := range len(name) {
		c := name[i]
		plain := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		if !plain && (i == 0 || c != '.' && c != '_' && c != '@' && c != '-') {
			return ErrName
		}
	}
	return nil
}

// Users returns every user by name, without passwords.
func (s *Store) Users() []User {
	out := slices.Clone(s.now.Load().Users)
	for i := range out {
		out[i].Password = ""
	}
	slices.SortFunc(out, func(a, b User) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// AddUser makes a user; empty sites mean every site. ErrExists, ErrName,
// ErrRole, ErrSite, ErrPassword and ErrFull are the caller's mistakes.
func (s *Store) AddUser(ctx context.Context, by By, name string, role Role, sites []string, password string) error {
	u, err := s.makeUser(ctx, by.At, name, role, sites, password)
	if err != nil {
		return err
	}
	return s.change(func(st *state) error { return st.add(by, u) })
}

func (s *Store) makeUser(ctx context.Context, now time.Time, name string, role Role, sites []string, password string) (User, error) {
	u, err := newUser(now, name, role, sites)
	if err != nil {
		return User{}, err
	}
	u.Password, err = s.hash(ctx, password)
	return u, err
}

// newUser returns a user without a password.
func newUser(now time.Time, name string, role Role, sites []string) (User, error) {
	if err := checkName(name); err != nil {
		return User{}, err
	}
	if err := role.check(); err != nil {
		return User{}, err
	}
	sites, err := checkSites(sites)
	return User{Name: name, Role: role, Rights: Rights{sites}, Created: day(now)}, err
}

// AddOutsideUser makes a user without a password, whom only a proxy in front
// of the dashboard can let in. Errors are those of AddUser.
func (s *Store) AddOutsideUser(by By, name string, role Role, sites []string) error {
	u, err := newUser(by.At, name, role, sites)
	if err != nil {
		return err
	}
	return s.change(func(st *state) error { return st.add(by, u) })
}

// User returns a user by name, without the password.
func (s *Store) User(name string) (User, bool) {
	u, ok := s.now.Load().users[name]
	u.Password = ""
	return u, ok
}

func (st *state) add(by By, u User) error {
	if st.find(u.Name) >= 0 {
		return ErrExists
	}
	if len(st.Users) >= maxUsers {
		return ErrFull
	}
	st.Users = append(st.Users, u)
	st.log(by, "user "+u.Name+" added as "+string(u.Role)+" of "+sitesText(u.Sites))
	return nil
}

func (st *state) find(name string) int {
	return slices.IndexFunc(st.Users, func(u User) bool { return u.Name == name })
}

func (st *state) endSessionsOf(name string) {
	st.Sessions = slices.DeleteFunc(st.Sessions, func(x session) bool { return x.User == name })
}

// RemoveUser ends a user and its log-in sessions, or answers ErrUnknown.
func (s *Store) RemoveUser(by By, name string) error {
	return s.end(func(st *state) error {
		i := st.find(name)
		if i < 0 {
			return ErrUnknown
		}
		st.Users = slices.Delete(st.Users, i, i+1)
		st.endSessionsOf(name)
		st.log(by, "user "+name+" removed")
		return nil
	})
}

// SetPassword replaces a password and ends the user's log-in sessions. It
// also forgets the guesses counted against the name, so that an operator at
// the machine can always let the owner in.
func (s *Store) SetPassword(ctx context.Context, by By, name, password string) error {
	if _, known := s.now.Load().users[name]; !known {
		return ErrUnknown
	}
	hashed, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	err = s.change(func(st *state) error {
		i := st.find(name)
		if i < 0 {
			return ErrUnknown
		}
		st.Users[i].Password = hashed
		st.endSessionsOf(name)
		st.log(by, "password of user "+name+" replaced")
		return nil
	})
	if err == nil {
		s.guard.forget(name)
	}
	return err
}

// SetRights replaces a user's role and sites and ends its log-in sessions.
func (s *Store) SetRights(by By, name string, role Role, sites []string) error {
	if err := role.check(); err != nil {
		return err
	}
	sites, err := checkSites(sites)
	if err != nil {
		return err
	}
	return s.change(func(st *state) error {
		i := st.find(name)
		if i < 0 {
			return ErrUnknown
		}
		st.Users[i].Role, st.Users[i].Rights = role, Rights{sites}
		st.endSessionsOf(name)
		st.log(by, "user "+name+" is now "+string(role)+" of "+sitesText(sites))
		return nil
	})
}

// EnsureAdmin makes the user admin with all rights and this password, as
// FOOTFALL_ADMIN_PASSWORD asks: absent, the user is made; with another
// password or lesser rights, it is corrected and its log-in sessions end;
// else nothing is written.
func (s *Store) EnsureAdmin(ctx context.Context, by By, password string) error {
	if err := checkPassword(password); err != nil {
		return fmt.Errorf("admin password: %w", err)
	}
	const name = "admin"
	u, known := s.now.Load().users[name]
	if !known {
		return s.AddUser(ctx, by, name, Admin, nil, password)
	}
	same, err := s.verify(ctx, u.Password, password)
	if err != nil {
		return err
	}
	if !same {
		if err := s.SetPassword(ctx, by, name, password); err != nil {
			return err
		}
	}
	if u.Role != Admin || len(u.Sites) > 0 {
		return s.SetRights(by, name, Admin, nil)
	}
	return nil
}
