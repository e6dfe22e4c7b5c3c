package main

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"footfall/aggregate"
)

// limitMemory has the garbage of the Go heap collected before the process
// takes more than the formula, or than four fifths of what its control group
// allows: left alone, garbage may be as much again as what is in use. An
// operator's GOMEMLIMIT stands.
func limitMemory(sites int) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(heapLimit(aggregate.MemoryLimit(sites, 0), controlGroupLimit("/proc/self/cgroup", "/sys/fs/cgroup")))
	}
}

// heapLimit is what the Go runtime may take of a control group's bytes; 0 is
// no control group.
func heapLimit(formula, group int64) int64 {
	if group == 0 {
		return formula
	}
	return min(formula, group/5*4)
}

// controlGroupLimit returns how many bytes the process's control group, of
// either version, may take; 0 where none is named or none can be read.
func controlGroupLimit(membership, root string) (most int64) {
	b, err := os.ReadFile(membership)
	if err != nil {
		return 0 // no Linux, or no /proc
	}
	note := func(path ...string) {
		text, err := os.ReadFile(filepath.Join(path...))
		if err != nil {
			return // another version's name, or another group's view
		}
		n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		if err == nil && n > 0 && n < 1<<50 && (most == 0 || n < most) { // "max", or version 1's number for it
			most = n
		}
	}
	note(root, "memory.max") // seen from within a container
	note(root, "memory", "memory.limit_in_bytes")
	for line := range strings.Lines(string(b)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(parts) != 3:
		case parts[1] == "":
			note(root, parts[2], "memory.max")
		case parts[1] == "memory":
			note(root, "memory", parts[2], "memory.limit_in_bytes")
		}
	}
	return most
}
