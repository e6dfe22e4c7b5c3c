package table

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"footfall/aggregate/hit"
)

var day = time.Date(2026, 6, 25, 4, 33, 59, 0, time.UTC)

// span is a range as a source gives it.
type span struct{ first, last, code string }

func build(t testing.TB, spans ...span) *Table {
	t.Helper()
	var b Builder
	for _, s := range spans {
		if err := b.Add(netip.MustParseAddr(s.first), netip.MustParseAddr(s.last), ParseCountry(s.code)); err != nil {
			t.Fatalf("add %v: %v", s, err)
		}
	}
	return b.Table(day)
}

func TestParseCountry(t *testing.T) {
	for code, want := range map[string]string{
		"FR": "FR", "GB": "GB", "UK": "GB", "XK": "XK", "AD": "AD", "ZW": "ZW", "AQ": "AQ",
		"EU": "", "AP": "", "A1": "", "A2": "", "O1": "", "T1": "", "XX": "", "ZZ": "", "??": "", "AN": "", "CS": "",
		"SU": "", "AB": "", "OS": "", "UN": "", "AA": "", "": "", "F": "", "fr": "", "FRA": "", "FR ": "", "DA": "", "(unknown)": "",
	} {
		if want == "" {
			want = hit.Unknown
		}
		if got := ParseCountry(code).String(); got != want {
			t.Errorf("%q: got %s, want %s", code, got, want)
		}
	}
	for i := 0; i < len(codes); i += 2 {
		if code := codes[i : i+2]; ParseCountry(code).String() != code {
			t.Errorf("%s is on the list and not found", code)
		}
	}
	if got := len(codes) / 2; got != 250 {
		t.Errorf("got %d codes, want the 249 of ISO 3166-1 and XK", got)
	}
}

func TestLookup(t *testing.T) {
	countries := build(t,
		span{"1.0.0.0", "1.0.0.255", "AU"},
		span{"1.0.1.0", "1.0.3.255", "CN"},
		span{"1.0.4.0", "1.0.4.127", "FR"}, // the /24 goes with its first address
		span{"1.0.4.128", "1.0.5.255", "DE"},
		span{"1.0.6.7", "1.0.6.9", "IT"}, // in the middle of a /24: no first address
		span{"1.0.8.0", "1.0.8.255", "EU"},
		span{"1.0.9.0", "1.0.9.255", "ES"},
		span{"255.255.255.0", "255.255.255.255", "NZ"},
		span{"2001:db8::", "2001:db8:0:ffff:ffff:ffff:ffff:ffff", "PT"},
		span{"2001:db8:2::1", "2001:db8:3:ffff:ffff:ffff:ffff:ffff", "PL"},
		span{"2001:db8:5::", "2001:db8:5::", "SE"},
		span{"ffff:ffff:ffff::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "NO"},
	)
	tests := []struct{ name, prefix, want string }{
		{"first", "1.0.0.0/24", "AU"},
		{"before the first", "0.255.255.0/24", ""},
		{"second", "1.0.1.0/24", "CN"},
		{"within", "1.0.2.0/24", "CN"},
		{"its end", "1.0.3.0/24", "CN"},
		{"divided", "1.0.4.0/24", "FR"},
		{"after the divided", "1.0.5.0/24", "DE"},
		{"only the middle is known", "1.0.6.0/24", ""},
		{"gap", "1.0.7.0/24", ""},
		{"no country", "1.0.8.0/24", ""},
		{"after no country", "1.0.9.0/24", "ES"},
		{"after everything", "1.0.10.0/24", ""},
		{"the last", "255.255.255.0/24", "NZ"},
		{"a whole address is as its /24", "1.0.4.200/32", "FR"},
		{"wider is as its first /24", "1.0.0.0/16", "AU"},
		{"wider, with bits past its end", "1.0.9.7/16", "AU"},
		{"wider still", "0.0.0.0/0", ""},
		{"v4-mapped", "::ffff:1.0.9.0/120", "ES"},
		{"IPv6 first", "2001:db8::/48", "PT"},
		{"IPv6 gap", "2001:db8:1::/48", ""},
		{"IPv6 range begins within", "2001:db8:2::/48", ""},
		{"IPv6 after that", "2001:db8:3::/48", "PL"},
		{"IPv6 one address", "2001:db8:5::/48", "SE"},
		{"IPv6 whole address", "2001:db8:5::1/128", "SE"},
		{"IPv6 wider", "2001:db8::/32", "PT"},
		{"IPv6 last", "ffff:ffff:ffff::/48", "NO"},
		{"IPv6 unspecified", "::/48", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := tt.want
			if want == "" {
				want = hit.Unknown
			}
			if got := countries.Lookup(netip.MustParsePrefix(tt.prefix)).String(); got != want {
				t.Errorf("%s: got %s, want %s", tt.prefix, got, want)
			}
		})
	}
	for _, p := range []netip.Prefix{{}, netip.PrefixFrom(netip.MustParseAddr("1.0.0.0"), 33), netip.PrefixFrom(netip.MustParseAddr("1.0.0.0"), -1)} {
		if got := countries.Lookup(p); got != (hit.Country{}) {
			t.Errorf("invalid prefix: got %s, want unknown", got)
		}
	}
	if got := new(Table).Lookup(netip.MustParsePrefix("1.0.0.0/24")); got != (hit.Country{}) {
		t.Errorf("zero table: got %s, want unknown", got)
	}
	if got := countries.Made(); !got.Equal(day) {
		t.Errorf("made: got %v, want %v", got, day)
	}
}

// TestNeighboursMerge holds that a table is as short as it can be.
func TestNeighboursMerge(t *testing.T) {
	countries := build(t,
		span{"1.0.0.0", "1.0.0.255", "FR"}, span{"1.0.1.0", "1.0.1.255", "FR"}, // one range
		span{"1.0.2.0", "1.0.2.127", "DE"}, span{"1.0.2.128", "1.0.2.255", "FR"}, // DE, to its end
		span{"1.0.3.0", "1.0.3.255", "EU"}, span{"1.0.4.0", "1.0.4.255", "??"}, // unknown, as what follows
		span{"2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "EU"}, // none
	)
	v4, v6 := countries.Ranges()
	if v4 != 3 || v6 != 0 {
		t.Errorf("got %d IPv4 and %d IPv6 ranges, want 3 and 0", v4, v6)
	}
}

func TestAddRefuses(t *testing.T) {
	fr := ParseCountry("FR")
	at := netip.MustParseAddr
	var b Builder
	for _, s := range [][2]string{{"1.0.0.0", "1.0.0.9"}, {"::1", "::9"}} {
		if err := b.Add(at(s[0]), at(s[1]), fr); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name        string
		first, last netip.Addr
		want        error
	}{
		{"overlaps", at("1.0.0.9"), at("1.0.1.0"), errOrder},
		{"before", at("0.0.0.0"), at("0.0.0.1"), errOrder},
		{"overlaps, IPv6", at("::9"), at("::a"), errOrder},
		{"ends before it begins", at("2.0.0.1"), at("2.0.0.0"), errRange},
		{"two families", at("2.0.0.0"), at("2::"), errRange},
		{"nothing", netip.Addr{}, netip.Addr{}, errRange},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := b.Add(tt.first, tt.last, fr); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	if err := b.Add(at("1.0.0.10"), at("1.0.0.10"), fr); err != nil {
		t.Errorf("after refusals: %v", err)
	}
}

// randomSpans returns ranges in order, of which many are short, adjacent, or
// of no country.
func randomSpans(r *rand.Rand, n int) []span {
	names := []string{"FR", "DE", "US", "EU", "ZW"}
	var out []span
	next := uint64(r.IntN(1000))
	for range n {
		size := uint64(1) << r.IntN(12)
		if r.IntN(2) == 0 {
			size += uint64(r.IntN(300))
		}
		name := names[r.IntN(len(names))]
		out = append(out, span{addr4(next), addr4(next + size - 1), name})
		next += size
		if r.IntN(3) == 0 {
			next += uint64(r.IntN(700))
		}
	}
	// The same again for IPv6, so that a /24 there is a /48 here.
	for _, s := range out[:n] {
		out = append(out, span{addr6(s.first, 0), addr6(s.last, 0xff), s.code})
	}
	return out
}

func addr4(n uint64) string {
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(n)))).String()
}

// addr6 spreads an IPv4 address so that its last byte lies beyond the /48.
func addr6(v4 string, fill byte) string {
	a := netip.MustParseAddr(v4).As4()
	b := [16]byte{3: a[0], 4: a[1], 5: a[2], 6: a[3]}
	for i := 7; i < 16; i++ {
		b[i] = fill
	}
	return netip.AddrFrom16(b).String()
}

// naive is the country of a prefix as a walk over all ranges finds it.
func naive(spans []span, p netip.Prefix) hit.Country {
	grain := GrainV6
	if p.Addr().Is4() {
		grain = GrainV4
	}
	at, _ := p.Addr().Prefix(min(grain, p.Bits())) // of a valid length
	for _, s := range spans {
		first, last := netip.MustParseAddr(s.first), netip.MustParseAddr(s.last)
		if first.BitLen() == at.Addr().BitLen() && !at.Addr().Less(first) && !last.Less(at.Addr()) {
			return ParseCountry(s.code)
		}
	}
	return hit.Country{}
}

// TestRecount compares with a naive walk, before and after packing.
func TestRecount(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 0))
		spans := randomSpans(r, 60)
		countries := build(t, spans...)
		packed, err := Encode(countries)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode(packed)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for n := range uint64(300) {
			for _, a := range []string{addr4(n << 8), addr6(addr4(n<<8), 0)} {
				p := netip.MustParsePrefix(a + "/24")
				if strings.Contains(a, ":") {
					p = netip.MustParsePrefix(a + "/48")
				}
				want := naive(spans, p)
				if got := countries.Lookup(p); got != want {
					t.Fatalf("seed %d, %s: got %s, want %s", seed, p, got, want)
				}
				if got := again.Lookup(p); got != want {
					t.Fatalf("seed %d, %s, unpacked: got %s, want %s", seed, p, got, want)
				}
			}
		}
	}
}
