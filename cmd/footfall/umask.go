package main

import "syscall"

// privately makes a file that only its owner may use. The mask belongs to the
// process: it is called while nothing else makes files.
func privately(create func() error) error {
	old := syscall.Umask(0o177)
	defer syscall.Umask(old)
	return create()
}
