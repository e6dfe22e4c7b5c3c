package country

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/oschwald/maxminddb-golang/v2"

	"footfall/aggregate/hit"
	"footfall/collector/internal/country/table"
)

// cities is a database as GeoLite2-City lays it out, with an anonymous network,
// a region, networks finer than a /24 and /48, and the aliases of IPv4.
func cities(recordSize uint64) *mmdb {
	city := func(code string) any {
		return append([]pair{{"city", []pair{{"names", []pair{{"en", "A city"}}}}}}, countryRecord(code).([]pair)...)
	}
	return &mmdb{
		ipVersion: 6, recordSize: recordSize, kind: "GeoLite2-City", made: 1_790_000_000,
		networks: []mmdbNetwork{
			{"1.0.0.0/8", city("AU")},
			{"1.2.0.0/16", city("FR")},
			{"1.2.3.0/25", city("DE")},
			{"1.2.4.128/25", city("DE")},
			{"1.3.0.0/16", []pair{{"traits", []pair{{"is_anonymous_proxy", uint64(1)}}}}},
			{"1.4.0.0/16", countryRecord("EU")},
			{"1.5.0.0/16", []pair{{"registered_country", []pair{{"iso_code", "US"}}}}},
			{"255.255.255.0/24", countryRecord("NZ")},
			{"2001:200::/23", city("JP")},
			{"2001:218:2000:d::/64", city("NL")},
			{"2a01::/16", city("FR")},
		},
		aliases: []string{"::ffff:0:0/96", "2001::/32", "2002::/16"},
	}
}

func TestMMDB(t *testing.T) {
	for _, size := range []uint64{24, 28, 32} {
		m, err := OpenMMDB(put(t, cities(size).bytes(t)))
		if err != nil {
			t.Fatalf("records of %d bits: %v", size, err)
		}
		for prefix, want := range map[string]string{
			"1.0.0.0/24": "AU", "1.255.255.0/24": "AU", "2.0.0.0/24": "", "0.0.0.0/24": "",
			"1.2.0.0/24": "FR", "1.2.3.0/24": "DE", "1.2.4.0/24": "FR", "1.2.5.0/24": "FR",
			"1.3.0.0/24": "", "1.4.0.0/24": "", "1.5.0.0/24": "", "1.6.0.0/24": "AU",
			"255.255.255.0/24": "NZ", "255.255.254.0/24": "", "1.2.3.200/32": "DE",
			"2001:200::/48": "JP", "2001:218:2000::/48": "JP", "2a01:e0c::/48": "FR", "2a02::/48": "",
			"2002:100::/48": "", "::/48": "", "::ffff:1.2.3.0/120": "DE",
		} {
			if want == "" {
				want = hit.Unknown
			}
			if got := m.Lookup(netip.MustParsePrefix(prefix)).String(); got != want {
				t.Errorf("records of %d bits, %s: got %s, want %s", size, prefix, got, want)
			}
		}
		if got, want := m.String(), `"GeoLite2-City" made 2026-09-21, `; !strings.HasPrefix(got, want) {
			t.Errorf("got %s, want it to begin with %s", got, want)
		}
	}
}

// put writes a file and returns its path.
func put(t testing.TB, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "country.mmdb")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestMMDBAgainstItsReader asks random databases, of both versions and all
// record sizes, by the table and by the reader's own lookup.
func TestMMDBAgainstItsReader(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 1))
		m := randomMMDB(r, []uint64{4, 6}[seed%2], []uint64{24, 28, 32}[seed%3], 300, 6)
		content := m.bytes(t)
		got, err := load(content)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		db, err := maxminddb.OpenBytes(content)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if err := db.Verify(); err != nil {
			t.Fatalf("seed %d: the test writes what is no MaxMind DB: %v", seed, err)
		}
		for _, network := range m.networks {
			p := netip.MustParsePrefix(network.prefix)
			for _, a := range []netip.Addr{p.Addr(), lastOf(p), lastOf(p).Next()} {
				if !a.IsValid() {
					continue
				}
				grain := 24
				if a.Is6() {
					grain = 48
				}
				asked, _ := a.Prefix(grain) // of a valid length
				var code string
				if err := db.Lookup(asked.Addr()).DecodePath(&code, "country", "iso_code"); err != nil {
					t.Fatal(err)
				}
				if got, want := got.table.Lookup(asked), table.ParseCountry(code); got != want {
					t.Errorf("seed %d, %s: got %s, want %s", seed, asked, got, want)
				}
			}
		}
	}
}

// randomMMDB returns a database of about n networks of at least so many bits,
// which nest and share records.
func randomMMDB(r *rand.Rand, ipVersion, recordSize uint64, n, least int) *mmdb {
	m := &mmdb{ipVersion: ipVersion, recordSize: recordSize, kind: "Test", made: 1_790_000_000}
	for i := range n {
		code := []string{"FR", "DE", "US", "EU", "JP"}[r.IntN(5)]
		p := randomPrefix(r, ipVersion == 6 && i%2 == 1, least)
		if p.Addr().Is6() && aliased(p) {
			continue
		}
		m.networks = append(m.networks, mmdbNetwork{p.String(), countryRecord(code)})
	}
	slices.SortStableFunc(m.networks, func(x, y mmdbNetwork) int {
		return netip.MustParsePrefix(x.prefix).Bits() - netip.MustParsePrefix(y.prefix).Bits()
	})
	return m
}

func TestMMDBRefused(t *testing.T) {
	good := cities(28).bytes(t)
	small := func(record any) []byte {
		return (&mmdb{ipVersion: 4, recordSize: 24, kind: "Some-Type", networks: []mmdbNetwork{{"1.0.0.0/8", record}}}).bytes(t)
	}
	marker := strings.LastIndex(string(good), "\xab\xcd\xefMaxMind.com")
	tests := []struct {
		name    string
		content []byte
		want    []string // in the error
	}{
		{"empty", nil, []string{"damaged, or not a MaxMind DB"}},
		{"text", []byte("network,country_iso_code\n1.0.0.0/8,AU\n"), []string{"not a MaxMind DB"}},
		{"cut in the tree", good[:100], []string{"damaged"}},
		{"cut before the metadata", good[:marker], []string{"damaged"}},
		{"cut in the metadata", good[:len(good)-20], []string{"damaged"}},
		{"its beginning lost", good[2000:], []string{"damaged"}},
		{"an ASN database", small([]pair{{"autonomous_system_number", uint64(3215)}}), []string{`"Some-Type"`, "country.iso_code"}},
		{"country as a text", small([]pair{{"country", "FR"}}), []string{`"Some-Type"`, "another form"}},
		{"code as a number", small([]pair{{"country", []pair{{"iso_code", uint64(33)}}}}), []string{`"Some-Type"`, "another form"}},
		{"records as texts", small("FR"), []string{`"Some-Type"`, "another form"}},
		{"only what is no country", small(countryRecord("EU")), []string{"country.iso_code"}},
		{"a pointer out of the data", small([]pair{{"country", pointer(99999)}}), []string{"damaged"}},
		{"a pointer to itself", small([]pair{{"country", pointer(9)}}), []string{"damaged"}},
		{"a tree that runs into itself", loop(t, func(int) uint32 { return 0 }), []string{"damaged"}},
		{"a tree of many ways to few places", loop(t, func(node int) uint32 { return uint32(node + 1) }), []string{"loops"}},
		{"the same for IPv6", loop6(t), []string{"loops"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := put(t, tt.content)
			m, err := OpenMMDB(path)
			if err == nil || m != nil {
				t.Fatalf("got %v and error %v", m, err)
			}
			for _, want := range append(tt.want, path) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got error %q, want %q in it", err, want)
				}
			}
		})
	}
}

// loop returns an IPv4 database of 30 nodes, both of whose records are what
// next tells, 30 for the last.
func loop(t *testing.T, next func(node int) uint32) []byte {
	t.Helper()
	m := &mmdb{ipVersion: 4, recordSize: 24, kind: "Loop"}
	return m.withTree(t, 30, next)
}

// loop6 returns an IPv6 database of which all ways lead to where IPv4 begins.
func loop6(t *testing.T) []byte {
	t.Helper()
	m := &mmdb{ipVersion: 6, recordSize: 24, kind: "Loop"}
	return m.withTree(t, 120, func(node int) uint32 { return uint32(node + 1) })
}

func TestMMDBFileErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenMMDB(filepath.Join(dir, "none.mmdb")); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "none.mmdb") {
		t.Errorf("no file: got %v", err)
	}
	if _, err := OpenMMDB(dir); !errors.Is(err, errNoFile) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a directory: got %v", err)
	}
	if _, err := OpenMMDB(os.DevNull); !errors.Is(err, errNoFile) {
		t.Errorf("a device: got %v", err)
	}
	huge := filepath.Join(dir, "huge.mmdb")
	if err := os.WriteFile(huge, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, maxMMDB+1); err != nil {
		t.Skipf("the file system has no sparse files of that size: %v", err)
	}
	if _, err := OpenMMDB(huge); !errors.Is(err, errTooLarge) {
		t.Errorf("too large a file: got %v", err)
	}
}

// TestReload changes the file under a running lookup: it answers from one of
// the files at all times, and from the last good one where the new one is none.
func TestReload(t *testing.T) {
	asked := netip.MustParsePrefix("1.2.3.0/24")
	one := func(code string) []byte {
		return (&mmdb{ipVersion: 4, recordSize: 24, kind: code, networks: []mmdbNetwork{{"1.0.0.0/8", countryRecord(code)}}}).bytes(t)
	}
	path := put(t, one("FR"))
	m, err := OpenMMDB(path)
	if err != nil {
		t.Fatal(err)
	}
	var lookups sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		lookups.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if got := m.Lookup(asked).String(); got != "FR" && got != "DE" {
					t.Errorf("while loading: got %s", got)
					return
				}
			}
		})
	}
	steps := []struct {
		name    string
		content []byte // nil: no file
		want    string
		ok      bool
	}{
		{"another file", one("DE"), "DE", true},
		{"cut short", one("FR")[:60], "DE", false},
		{"no file", nil, "DE", false},
		{"no countries", one("EU"), "DE", false},
		{"a good one again", one("FR"), "FR", true},
		{"the same again", one("FR"), "FR", true},
	}
	for _, step := range steps {
		if step.content == nil {
			err = os.Remove(path)
		} else {
			err = os.WriteFile(path, step.content, 0o600) // in place, as no operator should
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Reload(); (err == nil) != step.ok {
			t.Errorf("%s: got error %v", step.name, err)
		}
		if got := m.Lookup(asked).String(); got != step.want {
			t.Errorf("%s: got %s, want %s", step.name, got, step.want)
		}
		if got := m.String(); !strings.HasPrefix(got, fmt.Sprintf("%q", step.want)) {
			t.Errorf("%s: got %s, want the file of %s", step.name, got, step.want)
		}
	}
	close(stop)
	lookups.Wait()
	if n := testing.AllocsPerRun(100, func() { m.Lookup(asked) }); n != 0 {
		t.Errorf("got %v allocations a lookup, want none", n)
	}
}

// TestFlippedBits holds that damage is refused or gives a table; it never
// panics and never runs on.
func TestFlippedBits(t *testing.T) {
	whole := cities(28).bytes(t)
	refused := 0
	for i := range whole {
		damaged := append([]byte(nil), whole...)
		damaged[i] ^= 1 << (i % 8)
		if _, err := load(damaged); err != nil {
			refused++
		}
	}
	t.Logf("%d of %d damaged files refused", refused, len(whole))
}

// FuzzMMDB starts from small files; Go's fuzzing spends its time on shortening
// large ones.
func FuzzMMDB(f *testing.F) {
	record := []pair{{"country", []pair{{"iso_code", "FR"}}}}
	for _, size := range []uint64{24, 28, 32} {
		f.Add((&mmdb{ipVersion: 4, recordSize: size, kind: "T", networks: []mmdbNetwork{{"128.0.0.0/2", record}}}).bytes(f))
		f.Add((&mmdb{ipVersion: 6, recordSize: size, kind: "T", networks: []mmdbNetwork{{"2000::/3", record}}}).bytes(f))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		got, err := load(content)
		if (got == nil) != (err != nil) {
			t.Fatalf("got %v and error %v", got, err)
		}
		if err != nil {
			return
		}
		packed, err := table.Encode(got.table)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := table.Decode(packed); err != nil {
			t.Errorf("a table that does not unpack: %v", err)
		}
	})
}

// BenchmarkLoadMMDB loads 60,000 networks, a tenth of a country database.
func BenchmarkLoadMMDB(b *testing.B) {
	content := randomMMDB(rand.New(rand.NewPCG(1, 1)), 6, 28, 60_000, 20).bytes(b)
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := load(content); err != nil {
			b.Fatal(err)
		}
	}
}
