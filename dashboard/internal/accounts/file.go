package accounts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// fileVersion is the version this program writes and the newest it reads.
//
//	1: users, sessions, tokens
//	2: marks and log as well
//	3: settings of the last start as well
const fileVersion = 3

// maxFile bounds what is read, in bytes; the caps keep the file far below.
const maxFile = 64 << 20

// state is the file, field by field.
type state struct {
	Version   int       `json:"version"`
	DeviceKey []byte    `json:"device_key"`
	Users     []User    `json:"users"`
	Sessions  []session `json:"sessions"`
	Tokens    []Token   `json:"tokens"`

	Marks   []ReleaseMark `json:"marks"`
	Entries []Entry       `json:"log"` // in the order they were made

	Settings map[string]string `json:"settings,omitempty"` // replaced whole, never changed
}

func load(path string) (*state, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &state{Version: fileVersion}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open accounts: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("stat accounts: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		if err := f.Chmod(0o600); err != nil {
			return nil, fmt.Errorf("tighten the mode of accounts: %w", err)
		}
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	return decode(b)
}

func encode(st *state) []byte {
	b, err := json.MarshalIndent(st, "", " ")
	if err != nil {
		panic("accounts: state cannot be written as JSON") // no field of state can fail
	}
	return append(b, '\n')
}

// decode reads the version first, so that a newer file is named as such even
// where its fields are unknown, then refuses what encode would not have
// written.
func decode(b []byte) (*state, error) {
	if len(b) > maxFile {
		return nil, ErrDamaged
	}
	var head struct {
		Version int `json:"version"`
	}
	if json.Unmarshal(b, &head) != nil || head.Version < 1 {
		return nil, ErrDamaged
	}
	if head.Version > fileVersion {
		return nil, ErrVersion
	}
	st := &state{}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if d.Decode(st) != nil || !st.valid() {
		return nil, ErrDamaged
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, ErrDamaged
	}
	return st, nil
}

func (st *state) valid() bool {
	if len(st.DeviceKey) != 32 || len(st.Users) > maxUsers || len(st.Tokens) > maxTokens {
		return false
	}
	seen := map[string]bool{}
	once := func(key string) bool {
		if seen[key] {
			return false
		}
		seen[key] = true
		return true
	}
	for i := range st.Users {
		u := &st.Users[i]
		if _, err := parsePHC(u.Password); err != nil && u.Password != "" || checkName(u.Name) != nil || u.Role.check() != nil ||
			!validSites(u.Sites) || !validDay(u.Created) || !once("user "+u.Name) {
			return false
		}
	}
	for _, x := range st.Sessions {
		if len(x.Hash) != 43 || !seen["user "+x.User] || !once("hash "+x.Hash) {
			return false
		}
	}
	for i := range st.Tokens {
		t := &st.Tokens[i]
		if t.ID == "" || len(t.Hash) != 43 || t.Kind.check() != nil || !validSites(t.Sites) || !validDay(t.Created) ||
			t.Used != "" && !validDay(t.Used) || !once("id "+t.ID) || !once("hash "+t.Hash) {
			return false
		}
	}
	for i := range st.Marks {
		if !st.Marks[i].valid() || !once("mark "+st.Marks[i].ID) {
			return false
		}
	}
	for i := range st.Entries {
		if !st.Entries[i].valid() {
			return false
		}
	}
	return len(st.Marks) <= maxAllMarks && len(st.Entries) <= maxEntries && validSettings(st.Settings)
}

func validSites(sites []string) bool {
	checked, err := checkSites(sites)
	return err == nil && len(checked) == len(sites)
}

func validDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// disk is what replacing a file needs of the system; tests fail each step.
type disk struct {
	write  func(path string, b []byte) error // whole, mode 0600, synced
	rename func(from, to string) error
	sync   func(dir string) error
}

func osDisk() disk { return disk{write: writeSynced, rename: os.Rename, sync: syncDir} }

// replace puts b in the place of the file at path. replaced tells whether the
// name points at the new file, whatever the error.
func (d *disk) replace(path string, b []byte) (replaced bool, err error) {
	temp := path + ".tmp"
	if err := d.write(temp, b); err != nil {
		_ = os.Remove(temp) // the write's error matters more; the next write truncates what is left
		return false, fmt.Errorf("write accounts: %w", err)
	}
	if err := d.rename(temp, path); err != nil {
		_ = os.Remove(temp) // as above
		return false, fmt.Errorf("replace accounts: %w", err)
	}
	if err := d.sync(filepath.Dir(path)); err != nil {
		return true, fmt.Errorf("sync the directory of accounts: %w", err)
	}
	return true, nil
}

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Chmod(0o600) // a file left by a crash keeps its own mode
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
