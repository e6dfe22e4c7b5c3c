package aggregate

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails when a goroutine outlives the tests: Close waits for all that
// a database has started.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
