package country

import (
	_ "embed"
	"fmt"

	"footfall/collector/internal/country/table"
)

//go:generate go run ./generate

//go:embed country.bin.gz
var packed []byte

// Attribution is what the licence of the embedded table asks to be said
// wherever its countries are shown or the program is passed on: NOTICE, README
// and the dashboard's about page.
const Attribution = "Countries: IPFire Location Database (https://location.ipfire.org/), by way of Debian's tor-geoipdb, " +
	"reduced to a table of /24 and /48 prefixes; licence CC BY-SA 4.0 " +
	"(https://creativecommons.org/licenses/by-sa/4.0/), no warranty."

// Embedded unpacks the table that the program carries. This takes some
// milliseconds: do it once and share the table. An error means a damaged
// binary.
func Embedded() (*table.Table, error) {
	t, err := table.Decode(packed)
	if err != nil {
		return nil, fmt.Errorf("embedded: %w", err)
	}
	return t, nil
}
