package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestControlGroupLimit reads the limits of both versions of control groups.
func TestControlGroupLimit(t *testing.T) {
	for name, tc := range map[string]struct {
		membership, file, text string
		want                   int64
	}{
		"version 2":           {"0::/a/b\n", "a/b/memory.max", "134217728\n", 128 << 20},
		"version 2, none":     {"0::/a\n", "a/memory.max", "max\n", 0},
		"version 1":           {"3:cpu:/\n2:memory:/x\n", "memory/x/memory.limit_in_bytes", "134217728\n", 128 << 20},
		"version 1, none":     {"2:memory:/x\n", "memory/x/memory.limit_in_bytes", "9223372036854771712\n", 0},
		"inside a container":  {"0::/\n", "memory.max", "67108864\n", 64 << 20},
		"nothing to be found": {"0::/gone\n", "other", "1\n", 0},
		"nonsense":            {"what\n", "memory.max", "much\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			membership := filepath.Join(root, "membership")
			path := filepath.Join(root, tc.file)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			for file, text := range map[string]string{membership: tc.membership, path: tc.text} {
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := controlGroupLimit(membership, root); got != tc.want {
				t.Errorf("got %d, want %d", got, tc.want)
			}
		})
	}
	for _, tc := range [][3]int64{{100, 0, 100}, {100, 50, 40}, {100, 1000, 100}} {
		if got := heapLimit(tc[0], tc[1]); got != tc[2] {
			t.Errorf("heapLimit(%d, %d): got %d, want %d", tc[0], tc[1], got, tc[2])
		}
	}
	if got := controlGroupLimit(filepath.Join(t.TempDir(), "none"), "/"); got != 0 {
		t.Errorf("without /proc: got %d", got)
	}
}
