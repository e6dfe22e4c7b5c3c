// Package shareddata finds the data that stands beside the repository. Only
// _test files import it.
package shareddata

import (
	"os"
	"path/filepath"
	"testing"
)

// Path returns the path of a file of the shared test data: under
// FOOTFALL_SHARED, or in a folder "shared" beside one of the folders above.
// The test is skipped where it is absent.
func Path(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	var roots []string
	if root := os.Getenv("FOOTFALL_SHARED"); root != "" {
		roots = append(roots, root)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		roots = append(roots, filepath.Join(dir, "shared"))
	}
	for _, root := range roots {
		path := filepath.Join(root, "data", filepath.FromSlash(name))
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Skip("shared/data is not beside the repository and FOOTFALL_SHARED does not name it")
	return ""
}
