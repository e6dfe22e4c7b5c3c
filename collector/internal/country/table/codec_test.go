package table

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"hash/crc32"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

// small is a table of every part of the form.
func small(t testing.TB) *Table {
	t.Helper()
	return build(t,
		span{"1.0.0.0", "1.0.0.255", "FR"}, span{"1.0.1.0", "1.0.1.255", "DE"}, span{"3.0.0.0", "3.255.255.255", "FR"},
		span{"2001:db8::", "2001:db8:0:ffff:ffff:ffff:ffff:ffff", "US"},
	)
}

// body is what the package comment says, by hand, for small.
func body() []byte {
	var b []byte
	b = binary.AppendUvarint(b, uint64(day.Unix()))
	b = append(b, 3)
	b = append(b, "DEFRUS"...)
	b = append(b, 5)
	for _, gap := range []uint64{1 << 16, 1, 1, 2<<16 - 2, 1 << 16} {
		b = binary.AppendUvarint(b, gap)
	}
	b = append(b, 2, 1, 0, 2, 0)
	b = append(b, 2)
	b = binary.AppendUvarint(b, 0x2001_0db8_0000)
	b = binary.AppendUvarint(b, 1)
	return append(b, 3, 0)
}

// payload puts a true header before a body.
func payload(body []byte) []byte {
	b := []byte(magic)
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(body, castagnoli))
	return append(b, body...)
}

func TestLayout(t *testing.T) {
	want := payload(body())
	if got := encode(small(t)); !bytes.Equal(got, want) {
		t.Errorf("got\n%x, want\n%x", got, want)
	}
	got, err := decode(want)
	if err != nil {
		t.Fatal(err)
	}
	if want := small(t); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
}

func TestRoundTrip(t *testing.T) {
	for name, want := range map[string]*Table{
		"small": small(t), "empty": new(Builder).Table(day), "1970": new(Builder).Table(time.Time{}),
		"all of IPv4": build(t, span{"0.0.0.0", "255.255.255.255", "FR"}),
		"all of IPv6": build(t, span{"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "FR"}),
	} {
		packed, err := Encode(want)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := Encode(want)
		if err != nil || !bytes.Equal(packed, again) {
			t.Errorf("%s: packed twice: other bytes, or %v", name, err)
		}
		got, err := Decode(packed)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(encode(got), encode(want)) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

// TestDamage holds that no flipped bit, cut or addition is taken for a table.
func TestDamage(t *testing.T) {
	whole := encode(small(t))
	for i := range whole {
		for bit := range 8 {
			damaged := bytes.Clone(whole)
			damaged[i] ^= 1 << bit
			if got, err := decode(damaged); err == nil || got != nil {
				t.Errorf("byte %d, bit %d: got a table", i, bit)
			}
		}
		if got, err := decode(whole[:i]); err == nil || got != nil {
			t.Errorf("cut at %d: got a table", i)
		}
	}
	if _, err := decode(append(bytes.Clone(whole), 0)); err == nil {
		t.Error("a byte more: got a table")
	}
	packed, err := Encode(small(t))
	if err != nil {
		t.Fatal(err)
	}
	for i := range packed {
		if _, err := Decode(packed[:i]); err == nil {
			t.Errorf("packed, cut at %d: got a table", i)
		}
	}
	for name, b := range map[string][]byte{
		"a byte more": append(bytes.Clone(packed), 0), "twice": append(bytes.Clone(packed), packed...),
		"not packed": whole, "of zeros without end": zip(t, make([]byte, maxPayload+1)),
	} {
		if _, err := Decode(b); err == nil {
			t.Errorf("packed, %s: got a table", name)
		}
	}
}

func zip(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestNotCanonical holds that a body with a true checksum is refused where
// Encode would not have written it.
func TestNotCanonical(t *testing.T) {
	made := binary.AppendUvarint(nil, uint64(day.Unix()))
	one := func(tail ...byte) []byte { return append(bytes.Clone(made), tail...) }
	tests := []struct {
		name string
		body []byte
		ok   bool
	}{
		{"no ranges", one(0, 0, 0), true},
		{"one range", one(1, 'F', 'R', 1, 0, 1, 0), true},
		{"no time", nil, false},
		{"time past all use", append(binary.AppendUvarint(nil, 1<<40+1), 0, 0, 0), false},
		{"long varint", one(0x80, 0, 0, 0), false},
		{"unending varint", one(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), false},
		{"something after it", one(0, 0, 0, 0), false},
		{"country of no range", one(2, 'D', 'E', 'F', 'R', 1, 0, 2, 0), false},
		{"countries out of order", one(2, 'F', 'R', 'D', 'E', 2, 0, 1, 1, 2, 0), false},
		{"a country twice", one(2, 'F', 'R', 'F', 'R', 2, 0, 1, 1, 2, 0), false},
		{"no country", one(1, 'E', 'U', 1, 0, 1, 0), false},
		{"no country but an alias of one", one(1, 'U', 'K', 1, 0, 1, 0), false},
		{"cut list", one(2, 'F', 'R', 1), false},
		{"more countries than there are", one(251, 1), false},
		{"country not on the list", one(1, 'F', 'R', 1, 0, 2, 0), false},
		{"first range unknown", one(1, 'F', 'R', 2, 0, 1, 0, 1, 0), false},
		{"neighbours alike", one(1, 'F', 'R', 2, 0, 1, 1, 1, 0), false},
		{"start twice", one(1, 'F', 'R', 2, 0, 0, 1, 0, 0), false},
		{"more ranges than bytes", one(1, 'F', 'R', 9, 0, 1, 0), false},
		{"more ranges than bytes, by far", append(one(1, 'F', 'R'), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1), false},
		{"past the last /24", one(1, 'F', 'R', 1, 0x80, 0x80, 0x80, 8, 1, 0), false},
		{"the last /24", one(1, 'F', 'R', 1, 0xff, 0xff, 0xff, 7, 1, 0), true},
		{"past the last /24, in steps", one(1, 'F', 'R', 2, 0xff, 0xff, 0xff, 7, 1, 1, 0, 0), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decode(payload(tt.body))
			if (err == nil) != tt.ok || (got != nil) != tt.ok {
				t.Errorf("got %+v and error %v", got, err)
			}
		})
	}
}

// FuzzDecode gives bodies a true checksum, so that what reads them is reached:
// what is taken for a table is packed into the same bytes again.
func FuzzDecode(f *testing.F) {
	f.Add(body())
	f.Add(binary.AppendUvarint(nil, 0))
	f.Add([]byte{0, 0, 0, 0})
	f.Add([]byte{0, 1, 'F', 'R', 2, 0, 1, 1, 0, 0})
	f.Fuzz(func(t *testing.T, body []byte) {
		countries, err := decode(payload(body))
		if err != nil {
			return
		}
		if got, want := encode(countries), payload(body); !bytes.Equal(got, want) {
			t.Errorf("got %x, want %x", got, want)
		}
	})
}

// FuzzUnpack gives anything to Decode: it refuses or gives a table that packs.
func FuzzUnpack(f *testing.F) {
	packed, err := Encode(small(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	f.Add(zip(f, payload([]byte{0, 0, 0, 0})))
	f.Add(packed[:len(packed)-1])
	f.Fuzz(func(t *testing.T, b []byte) {
		countries, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Encode(countries)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Decode(again); err != nil || !bytes.Equal(encode(got), encode(countries)) {
			t.Errorf("packed again: another table, or %v", err)
		}
	})
}

// FuzzLookup compares any prefix with a naive walk, and holds that bits beyond
// the grain change nothing.
func FuzzLookup(f *testing.F) {
	spans := []span{
		{"0.0.0.0", "0.0.0.255", "FR"}, {"1.0.0.0", "1.0.1.0", "DE"}, {"1.0.1.1", "9.255.255.255", "US"}, {"128.0.0.0", "255.255.255.255", "FR"},
		{"::", "0:0:0:ffff:ffff:ffff:ffff:ffff", "FR"}, {"2000::", "2001::", "DE"}, {"2001::1", "fff0::", "US"},
	}
	countries := build(f, spans...)
	f.Add([]byte{1, 0, 1, 77}, 24)
	f.Add([]byte{0x20, 1, 15: 9}, 48)
	f.Add([]byte{10: 0xff, 11: 0xff, 12: 1, 15: 9}, 128)
	f.Fuzz(func(t *testing.T, address []byte, bits int) {
		a, _ := netip.AddrFromSlice(address) // the invalid one too
		p := netip.PrefixFrom(a, bits)
		got := countries.Lookup(p)
		first := p.Masked().Addr().Unmap()
		if !first.IsValid() {
			if got != (hit.Country{}) {
				t.Errorf("invalid prefix: got %s", got)
			}
			return
		}
		grain := GrainV6
		if first.Is4() {
			grain = GrainV4
		}
		cut := netip.PrefixFrom(first, grain).Masked()
		if want := naive(spans, cut); got != want {
			t.Errorf("%s: got %s, want %s", p, got, want)
		}
		if same := countries.Lookup(cut); got != same {
			t.Errorf("%s: got %s, and %s for %s", p, got, same, cut)
		}
	})
}
