package privacy

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// sharedFile returns the path of a file of the shared test data: under
// FOOTFALL_SHARED, or in a folder "shared" beside one of the folders above.
// The test is skipped where it is absent.
func sharedFile(t testing.TB, name string) string {
	t.Helper()
	roots := []string{}
	if dir := os.Getenv("FOOTFALL_SHARED"); dir != "" {
		roots = append(roots, dir)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		roots = append(roots, filepath.Join(dir, "shared"))
	}
	for _, root := range roots {
		if path := filepath.Join(root, "data", filepath.FromSlash(name)); fileExists(path) {
			return path
		}
	}
	t.Skip("shared/data is not beside the repository and FOOTFALL_SHARED does not name it")
	return ""
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// readJSON reads one JSON document of the shared data.
func readJSON(t testing.TB, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(sharedFile(t, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
}

// readLines reads a file of JSON lines of the shared data.
func readLines[T any](t testing.TB, name string) []T {
	t.Helper()
	f, err := os.Open(sharedFile(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // read only
	var out []T
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var row T
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		out = append(out, row)
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
