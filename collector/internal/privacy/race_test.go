//go:build race

package privacy

// slower is how much more time bars allow under the race detector.
const slower = 10
