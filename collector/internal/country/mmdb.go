package country

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"

	"github.com/oschwald/maxminddb-golang/v2"

	"footfall/aggregate/hit"
	"footfall/collector/internal/country/table"
)

// maxMMDB is the largest file that is read, in bytes: it is in memory while it
// is loaded.
const maxMMDB = 1 << 30

// What a file that was read can be refused for, besides what its reader finds.
var (
	errLoops     = errors.New("its search tree loops")
	errNoCountry = errors.New("no network in it has a country.iso_code")
	errTooLarge  = errors.New("larger than 1 GiB")
	errNoFile    = errors.New("not a regular file")
)

// An MMDB is the operator's own database in MaxMind DB form, at country level
// or finer. It is made by [OpenMMDB] and safe for concurrent use.
type MMDB struct {
	path    string
	current atomic.Pointer[loaded]
	loading sync.Mutex // one load at a time; held while a file is read and turned into a table
}

// loaded is what one load made of the file. It never changes.
type loaded struct {
	table *table.Table
	kind  string // what the file calls itself
}

// OpenMMDB loads the database in a file. The file is closed again when it
// returns; nothing of it but a country for each /24 and /48 is kept.
// The error says whether the file cannot be read, is damaged or no MaxMind DB
// at all, or is one without countries (country.iso_code).
func OpenMMDB(path string) (*MMDB, error) {
	m := &MMDB{path: path}
	if err := m.Reload(); err != nil {
		return nil, err
	}
	return m, nil
}

// Reload loads the file again, by its path, and answers from it from then on.
// If it cannot be loaded, the error says why, as for [OpenMMDB], and the answers
// stay those of the last file that could. Lookups go on meanwhile.
func (m *MMDB) Reload() error {
	m.loading.Lock()
	defer m.loading.Unlock()
	content, err := readFile(m.path)
	if err != nil {
		return fmt.Errorf("read country database: %w", err)
	}
	next, err := load(content)
	if err != nil {
		return fmt.Errorf("load country database %s: %w", m.path, err)
	}
	m.current.Store(next)
	return nil
}

// Lookup returns the country of a prefix, by its first 24 or 48 bits; the zero
// Country where it is unknown.
func (m *MMDB) Lookup(p netip.Prefix) hit.Country {
	return m.current.Load().table.Lookup(p)
}

// String says what is answered from, for the operator: what the file calls
// itself, when it was made (UTC), and how much of it is kept.
func (m *MMDB) String() string {
	now := m.current.Load()
	v4, v6 := now.table.Ranges()
	return fmt.Sprintf("%.60q made %s, %d IPv4 and %d IPv6 ranges", now.kind, now.table.Made().Format("2006-01-02"), v4, v6)
}

// readFile reads a whole file. It is not mapped: a map of a file that is then
// cut short kills the process that reads it.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path) // before it is opened, which waits for ever on a pipe
	if err != nil {
		return nil, err
	}
	switch {
	case !info.Mode().IsRegular():
		err = errNoFile
	case info.Size() > maxMMDB:
		err = errTooLarge
	}
	if err != nil {
		return nil, &os.PathError{Op: "read", Path: path, Err: err}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	content := make([]byte, info.Size())
	if _, err := io.ReadFull(f, content); err != nil {
		return nil, &os.PathError{Op: "read", Path: path, Err: err}
	}
	return content, nil
}

// load turns a MaxMind DB into a table. The format has no checksum: what is
// found is a file that is cut short or does not hold together.
func load(content []byte) (*loaded, error) {
	db, err := maxminddb.OpenBytes(content, maxminddb.DisableStringCache())
	if err != nil {
		return nil, fmt.Errorf("damaged, or not a MaxMind DB: %w", err)
	}
	b := builder{known: make(map[uintptr]hit.Country)}
	// A tree of so many nodes has one leaf more, and a few aliases of its IPv4 part.
	leaves := 8 * (db.Metadata.NodeCount + 1)
	for network := range db.Networks(maxminddb.IncludeAliasedNetworks(), maxminddb.IncludeNetworksWithoutData()) {
		if leaves == 0 {
			return nil, fmt.Errorf("damaged: %w", errLoops)
		}
		leaves--
		if err := network.Err(); err != nil {
			return nil, fmt.Errorf("damaged: %w", err)
		}
		if err := b.add(network); err != nil {
			return nil, fmt.Errorf("of the type %.60q: damaged, or countries are told in another form: %w", db.Metadata.DatabaseType, err)
		}
	}
	if !b.any {
		return nil, fmt.Errorf("of the type %.60q: %w", db.Metadata.DatabaseType, errNoCountry)
	}
	return &loaded{b.Table(db.Metadata.BuildTime()), db.Metadata.DatabaseType}, nil
}

// builder takes over networks of a database.
type builder struct {
	table.Builder
	known map[uintptr]hit.Country // by where their record lies; many networks share one
	any   bool                    // whether one of them is a country
}

// add takes over one network.
func (b *builder) add(network maxminddb.Result) error {
	p := network.Prefix()
	if !network.Found() || aliased(p) {
		return nil
	}
	c, known := b.known[network.Offset()]
	if !known {
		var code string
		if err := network.DecodePath(&code, "country", "iso_code"); err != nil {
			return err
		}
		c = table.ParseCountry(code)
		b.known[network.Offset()] = c
		b.any = b.any || c != hit.Country{}
	}
	return b.Add(p.Addr(), lastOf(p), c)
}

// aliases are where a database shows its IPv4 part a second time: IPv4-mapped
// addresses, Teredo and 6to4.
var aliases = [...]netip.Prefix{
	netip.MustParsePrefix("::ffff:0:0/96"), netip.MustParsePrefix("2001::/32"), netip.MustParsePrefix("2002::/16"),
}

func aliased(p netip.Prefix) bool {
	for _, a := range aliases {
		if a.Contains(p.Addr()) {
			return true
		}
	}
	return false
}

// lastOf returns the last address of a prefix.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for bit := p.Bits(); bit < 8*len(b); bit++ {
		b[bit/8] |= 1 << (7 - bit%8)
	}
	last, _ := netip.AddrFromSlice(b) // of 4 or 16 bytes
	return last
}
