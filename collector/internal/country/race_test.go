//go:build race

package country

// slower is how much more time bars allow under the race detector.
const slower = 10
