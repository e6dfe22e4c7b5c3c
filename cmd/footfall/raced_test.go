//go:build race

package main

// raced tells that the memory of the race detector stands beside the program's.
const raced = true
