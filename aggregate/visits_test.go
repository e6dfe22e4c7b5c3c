package aggregate

import (
	"math/rand/v2"
	"testing"
	"unsafe"
)

// TestVisitTable compares the table with a map, over many keys that share
// slots, and holds what a visit costs.
func TestVisitTable(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var table visitTable
	model := map[uint64]visit{}
	keys := make([]uint64, 3_000)
	for i := range keys {
		keys[i] = r.Uint64() | 2
		if i%3 == 0 {
			keys[i] = keys[0]>>20<<20 | uint64(r.IntN(1<<20)) | 2 // close together
		}
	}
	for range 200_000 {
		key := keys[r.IntN(len(keys))]
		switch r.IntN(4) {
		case 0:
			table.delete(key)
			delete(model, key)
		default:
			v := visit{first: r.Uint32N(1000), seen: r.Uint32N(90_000)}
			was, had := table.put(key, v)
			if want, ok := model[key]; was != want || had != ok {
				t.Fatalf("put: was %v %v, want %v %v", was, had, want, ok)
			}
			model[key] = v
		}
		if r.IntN(10_000) == 0 {
			ended := func(v *visit) bool { return v.first < 300 }
			before := len(model)
			for k, v := range model {
				if ended(&v) {
					delete(model, k)
				}
			}
			if got := table.drop(ended); got != before-len(model) {
				t.Fatalf("drop: got %d, want %d", got, before-len(model))
			}
		}
		if table.len() != len(model) {
			t.Fatalf("%d visits, want %d", table.len(), len(model))
		}
	}
	for _, key := range keys {
		got, ok := table.get(key)
		if want, there := model[key]; got != want || ok != there {
			t.Fatalf("get: got %v %v, want %v %v", got, ok, want, there)
		}
	}
	table = visitTable{}
	for range 50_000 {
		table.put(r.Uint64(), visit{})
	}
	slots := 0
	for i := range table.parts {
		slots += len(table.parts[i].slots)
	}
	if each := float64(slots) * float64(unsafe.Sizeof(visitSlot{})) / float64(table.len()); each > 32.5 {
		t.Errorf("%.1f bytes a visit, want at most 32", each)
	}
	if table.drop(func(*visit) bool { return true }); table.len() != 0 || table.parts[0].slots != nil {
		t.Error("nothing is left, and its memory is")
	}
}
