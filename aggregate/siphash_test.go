package aggregate

import (
	"encoding/binary"
	"testing"
)

// TestSipHash holds the hash to the vector of 32 bytes that its authors
// publish (vectors.h of the reference, row 32): key 00 to 0f, message 00 to 1f.
func TestSipHash(t *testing.T) {
	var b [32]byte
	for i := range b {
		b[i] = byte(i)
	}
	var words [4]uint64
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	const want = 0x7127512f72f27cce
	got := sipHash(binary.LittleEndian.Uint64(b[0:]), binary.LittleEndian.Uint64(b[8:]), &words)
	if got != want {
		t.Errorf("got %x, want %x", got, want)
	}
}
