package store

import (
	"fmt"
	"runtime/debug"
)

// A page that the disk no longer gives back is a fault of the map, and one
// whose bits have changed since the file was opened makes bbolt panic. Neither
// may end the process: both become errors. What a panic says is not passed
// on, for it may quote keys.

// safely is deferred twice: defer safely(f)(). It lets faults of the map be
// panics while its function runs, and calls f when one, or another panic, has
// ended it.
func safely(f func()) func() {
	was := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(was)
		if recover() != nil {
			f()
		}
	}
}

// guarded runs fn and returns ErrDamaged when reading a page ended it.
func guarded(fn func() error) (err error) {
	defer safely(func() { err = fmt.Errorf("%w: a page cannot be read", ErrDamaged) })()
	return fn()
}
