package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"footfall/collector/internal/country/table"
)

// licence is what a file must say of itself: the words that the project spreads
// with the table promise it.
const licence = "CC BY-SA 4.0"

// readTor adds the ranges of a file in tor's form to the builder and returns when
// it was made. Comments begin with #; a line is FIRST,LAST,CODE, where an
// address is an IPv6 address or, for IPv4, a decimal number.
func readTor(r io.Reader, b *table.Builder) (made time.Time, err error) {
	lines := bufio.NewScanner(r)
	ranges, licensed := 0, false
	for number := 1; lines.Scan(); number++ {
		line := lines.Text()
		if comment, ok := strings.CutPrefix(line, "#"); ok {
			name, value, _ := strings.Cut(strings.TrimSpace(comment), ":")
			switch value = strings.TrimSpace(value); name {
			case "Generated":
				if made, err = time.Parse(time.RFC1123, value); err != nil {
					return time.Time{}, fmt.Errorf("line %d: %w", number, err)
				}
			case "License":
				licensed = value == licence
			}
			continue
		}
		if err := addRange(line, b); err != nil {
			return time.Time{}, fmt.Errorf("line %d: %w", number, err)
		}
		ranges++
	}
	switch {
	case lines.Err() != nil:
		return time.Time{}, lines.Err()
	case made.IsZero():
		return time.Time{}, errors.New("no line says when it was generated")
	case !licensed:
		return time.Time{}, fmt.Errorf("no line says that the licence is %s", licence)
	case ranges == 0:
		return time.Time{}, errors.New("no ranges")
	}
	return made.UTC(), nil
}

// addRange adds what one line says.
func addRange(line string, b *table.Builder) error {
	fields := strings.Split(line, ",")
	if len(fields) != 3 {
		return fmt.Errorf("%d fields, not 3", len(fields))
	}
	first, err := parseAddress(fields[0])
	if err != nil {
		return err
	}
	last, err := parseAddress(fields[1])
	if err != nil {
		return err
	}
	return b.Add(first, last, table.ParseCountry(fields[2]))
}

func parseAddress(s string) (netip.Addr, error) {
	if strings.Contains(s, ":") {
		return netip.ParseAddr(s)
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return netip.Addr{}, err
	}
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), nil
}
