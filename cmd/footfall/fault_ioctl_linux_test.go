package main

import (
	"os"
	"syscall"
	"unsafe"
)

// ioctl sends a request with a pointer to a number.
func ioctl(f *os.File, request uintptr, arg *uint32) error {
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(unsafe.Pointer(arg)))
	if errno != 0 {
		return errno
	}
	return nil
}
