//go:build !race

package country

// slower is how much more time bars allow: none.
const slower = 1
