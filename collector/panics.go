package collector

import (
	"runtime"
	"strings"
)

// panicked counts a panic that was recovered and tells who listens where it
// was. Neither the value of the panic nor the arguments in a trace are looked
// at: both may hold what a visitor sent.
func (c *Collector) panicked() {
	c.counts.panics.Add(1)
	if c.onPanic != nil {
		c.onPanic(frames())
	}
}

// frames returns the names of the functions on the stack, innermost first,
// from the one that panicked to the handler, at most 32.
func frames() string {
	var pcs [64]uintptr
	n := runtime.Callers(2, pcs[:])
	all := runtime.CallersFrames(pcs[:n])
	var names []string
	for more := n > 0; more && len(names) < 32; {
		var f runtime.Frame
		f, more = all.Next()
		if strings.HasPrefix(f.Function, "runtime.") {
			names = names[:0] // the machinery of the panic stands on top of what caused it
			continue
		}
		names = append(names, f.Function)
		if strings.HasSuffix(f.Function, ".serve") {
			break
		}
	}
	return strings.Join(names, " < ")
}
