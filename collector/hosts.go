package collector

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"footfall/aggregate/hit"
	"footfall/collector/internal/privacy"
)

// maxHosts is how many hosts one list may hold.
const maxHosts = 100_000

var (
	errNoHostName = errors.New("not a host name")
	errManyHosts  = errors.New("more than 100,000 hosts")
)

// ReadHosts reads a list of hosts, such as that of referrer spam: one a line,
// in any script and case; empty lines and those that begin with # are passed
// over. An error names the line and not what stands there.
func ReadHosts(in io.Reader) ([]hit.Host, error) {
	var hosts []hit.Host
	lines := bufio.NewScanner(in)
	n := 1
	for ; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		h, ok := privacy.ParseHost(line)
		if !ok {
			return nil, fmt.Errorf("line %d: %w", n, errNoHostName)
		}
		if len(hosts) == maxHosts {
			return nil, errManyHosts
		}
		hosts = append(hosts, h)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", n, err)
	}
	return hosts, nil
}
