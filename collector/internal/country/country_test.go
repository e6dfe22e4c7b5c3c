package country

import (
	"crypto/sha256"
	"encoding/csv"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"footfall/aggregate/hit"
	"footfall/collector/internal/country/table"
	"footfall/collector/internal/shareddata"
)

func embedded(t testing.TB) *table.Table {
	t.Helper()
	countries, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return countries
}

// cut is what a prefix is before it gets here.
func cut(t testing.TB, address string, bits4, bits6 int) netip.Prefix {
	t.Helper()
	a := netip.MustParseAddr(address)
	bits := bits6
	if a.Is4() {
		bits = bits4
	}
	p, err := a.Prefix(bits)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestEmbedded asks for what does not change from one version of the data to
// the next.
func TestEmbedded(t *testing.T) {
	countries := embedded(t)
	tests := []struct{ name, address, want string }{
		{"US", "8.8.8.8", "US"},
		{"FR", "212.27.48.10", "FR"}, // free.fr
		{"DE", "193.99.144.80", "DE"},
		{"JP", "133.11.0.1", "JP"},
		{"FR, IPv6", "2a01:e0c:1::1", "FR"},
		{"US, IPv6", "2600::1", "US"},
		{"private 10", "10.1.2.3", hit.Unknown},
		{"private 192.168", "192.168.1.1", hit.Unknown},
		{"loopback", "127.0.0.1", hit.Unknown},
		{"shared, RFC 6598", "100.64.0.1", hit.Unknown},
		{"documentation", "192.0.2.1", hit.Unknown},
		{"multicast", "239.1.2.3", hit.Unknown},
		{"the last", "255.255.255.255", hit.Unknown},
		{"unspecified", "0.0.0.0", hit.Unknown},
		{"unspecified, IPv6", "::", hit.Unknown},
		{"link-local", "fe80::1", hit.Unknown},
		{"unique local", "fd12:3456::1", hit.Unknown},
		{"documentation, IPv6", "2001:db8::1", hit.Unknown},
		{"the last, IPv6", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", hit.Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := countries.Lookup(cut(t, tt.address, 24, 48)).String(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestFootprint holds what the table may cost in the binary.
func TestFootprint(t *testing.T) {
	v4, v6 := embedded(t).Ranges()
	t.Logf("%d bytes in the binary; %d IPv4 and %d IPv6 ranges, %d bytes of memory", len(packed), v4, v6, 4*v4+8*v6)
	if len(packed) > 600_000 {
		t.Errorf("got %d bytes in the binary, want at most 600,000", len(packed))
	}
	if v4 < 100_000 || v6 < 100_000 {
		t.Errorf("got %d IPv4 and %d IPv6 ranges, want more than 100,000 each", v4, v6)
	}
}

// TestSidecar holds that the text beside the table is about this table, and
// that what must be said is said.
func TestSidecar(t *testing.T) {
	b, err := os.ReadFile("country.txt")
	if err != nil {
		t.Fatal(err)
	}
	sidecar := string(b)
	v4, v6 := embedded(t).Ranges()
	for _, want := range []string{
		fmt.Sprintf("output    country.bin.gz sha256 %x\n", sha256.Sum256(packed)),
		fmt.Sprintf("ranges    %d IPv4, %d IPv6\n", v4, v6),
		"made      " + embedded(t).Made().Format("2006-01-02T15:04:05Z"),
		"tor-geoipdb", "IPFire", "CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/",
	} {
		if !strings.Contains(sidecar, want) {
			t.Errorf("country.txt does not say %q", want)
		}
	}
	notice, err := os.ReadFile(filepath.Join("..", "..", "..", "NOTICE"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(strings.Fields(string(notice)), " "), Attribution) {
		t.Error("NOTICE does not hold the attribution")
	}
}

// sample is a row of shared/data/geoip/geoip_sample.csv.
type sample struct {
	address       netip.Addr
	whole, atCut  string    // IPFire's answer for the address, and for its prefix
	others        [3]string // of three other databases
	consensus     string    // of at least two of these, "" for none
	consensusFull bool      // all three agree
}

// samples reads the shared sample; the test is skipped where it is absent.
func samples(t testing.TB) []sample {
	t.Helper()
	f, err := os.Open(shareddata.Path(t, "geoip/geoip_sample.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // read only
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := "ip,ipfire_ccbysa,dbip_lite_ccby,iptoasn_pddl,geo_whois_asn_ccby,ipfire_of_truncated_ip"
	if got := strings.Join(rows[0], ","); got != want {
		t.Fatalf("columns: got %s, want %s", got, want)
	}
	var out []sample
	for _, row := range rows[1:] {
		s := sample{address: netip.MustParseAddr(row[0]), whole: row[1], atCut: row[5], others: [3]string(row[2:5])}
		for i, code := range s.others {
			if n := s.votes(code); code != "" && code != "??" && n > 1 {
				s.consensus, s.consensusFull = s.others[i], n == 3
			}
		}
		out = append(out, s)
	}
	return out
}

func (s *sample) votes(code string) int {
	n := 0
	for _, other := range s.others {
		if other == code {
			n++
		}
	}
	return n
}

// known is a code of the sample as footfall tells it: what is no country is
// unknown.
func known(code string) string { return table.ParseCountry(code).String() }

// TestAgreement measures the embedded table against answers that nobody here
// wrote, and prints the table.
func TestAgreement(t *testing.T) {
	countries, rows := embedded(t), samples(t)
	tests := []struct {
		name         string
		bits4, bits6 int
		want         func(*sample) string // "" leaves the row out
		least4       float64              // percent
		least6       float64
	}{
		{"IPFire for the prefix", 24, 48, func(s *sample) string { return known(s.atCut) }, 98, 98},
		{"  where EU, AP and ?? are answers", 24, 48, func(s *sample) string { return s.atCut }, 99, 92},
		{"IPFire for the whole address", 24, 48, func(s *sample) string { return known(s.whole) }, 98, 98},
		{"all three others, which agree", 24, 48, func(s *sample) string {
			if !s.consensusFull {
				return ""
			}
			return s.consensus
		}, 99, 98},
		{"two of the three others", 24, 48, func(s *sample) string { return s.consensus }, 97, 91},
		{"  where IPFire knows a country", 24, 48, func(s *sample) string {
			if known(s.atCut) == hit.Unknown {
				return ""
			}
			return s.consensus
		}, 97, 96},
		{"  of the prefix cut at /20, /40", 20, 40, func(s *sample) string { return s.consensus }, 94, 80},
		{"  of the prefix cut at /16, /32", 16, 32, func(s *sample) string { return s.consensus }, 87, 75},
	}
	t.Logf("%-36s %18s %18s", "agrees with", "IPv4", "IPv6")
	for _, tt := range tests {
		var right, asked [2]int
		for i := range rows {
			s := &rows[i]
			want := tt.want(s)
			if want == "" {
				continue
			}
			family := 0
			if s.address.Is6() {
				family = 1
			}
			asked[family]++
			if countries.Lookup(cut(t, s.address.String(), tt.bits4, tt.bits6)).String() == want {
				right[family]++
			}
		}
		got4, got6 := percent(right[0], asked[0]), percent(right[1], asked[1])
		t.Logf("%-36s %7.2f %% of %5d %7.2f %% of %5d", tt.name, got4, asked[0], got6, asked[1])
		if got4 < tt.least4 || got6 < tt.least6 {
			t.Errorf("%s: got %.2f %% of IPv4 and %.2f %% of IPv6, want at least %g and %g", tt.name, got4, got6, tt.least4, tt.least6)
		}
	}
}

func percent(part, of int) float64 { return 100 * float64(part) / float64(max(of, 1)) }
