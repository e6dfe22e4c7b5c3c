package store

import (
	"errors"
	"fmt"
	"os"
)

const (
	trying   = ".room"
	roomSize = 1 << 20 // bytes; what bbolt grows the file by
)

// Room tells whether the disk takes as much as the file grows by at once. A
// transaction that changes nothing cannot tell: on a full disk it finds a place
// among the free pages. What is written for it is zeros, and goes at once.
func (s *Store) Room() error {
	path := s.path + trying
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err == nil {
		_, err = f.Write(make([]byte, roomSize))
		if err == nil {
			err = f.Sync()
		}
		err = errors.Join(err, f.Close(), os.Remove(path))
	}
	if err != nil {
		return fmt.Errorf("try whether there is room for the database to grow: %w", err)
	}
	return nil
}
