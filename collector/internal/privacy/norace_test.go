//go:build !race

package privacy

// slower is how much more time bars allow: none.
const slower = 1
