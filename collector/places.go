package collector

import (
	"net/netip"

	"footfall/aggregate/hit"
	"footfall/collector/internal/country"
)

// CountryAttribution is the sentence that the licence of the embedded table
// asks for, wherever its answers are shown.
const CountryAttribution = country.Attribution

// Countries returns the embedded table of truncated prefixes, for
// Options.Country. It unpacks some three megabytes at each call: share it.
func Countries() (func(netip.Prefix) hit.Country, error) {
	t, err := country.Embedded()
	if err != nil {
		return nil, err
	}
	return t.Lookup, nil
}

// CountryFile is an operator's own database in MaxMind's format, read at
// country level: its Lookup is for Options.Country, its Reload reads the file
// again and keeps what it had where that fails.
type CountryFile = country.MMDB

// OpenCountryFile reads such a database whole.
func OpenCountryFile(path string) (*CountryFile, error) { return country.OpenMMDB(path) }
