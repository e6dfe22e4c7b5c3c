package country

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
)

// mmdb writes the MaxMind DB format, version 2.0, by hand, as far as tests need
// it: https://maxmind.github.io/MaxMind-DB/
type mmdb struct {
	ipVersion  uint64 // 4 or 6
	recordSize uint64 // 24, 28 or 32 bits
	kind       string
	made       uint64 // seconds since 1970
	networks   []mmdbNetwork
	aliases    []string // prefixes that show the IPv4 part again, as MaxMind's writer makes them
}

// mmdbNetwork is a prefix and its record; later networks win over earlier ones
// that hold them.
type mmdbNetwork struct {
	prefix string
	record any
}

// countryRecord is a record at country level as GeoLite2 has it.
func countryRecord(code string) any {
	return []pair{
		{"continent", []pair{{"code", "XX"}}},
		{"country", []pair{{"geoname_id", uint64(3017382)}, {"iso_code", code}, {"names", []pair{{"en", "A country"}}}}},
		{"registered_country", []pair{{"iso_code", "ZW"}}},
	}
}

// pair is an entry of a map; a map is []pair, so that its order is fixed.
type pair struct {
	key   string
	value any
}

// A record of the tree: a node, a place in the data section, or nothing.
type mmdbRecord struct {
	node, data int // -1 for none
}

// bytes lays the database out. Equal records are written once.
func (m *mmdb) bytes(t testing.TB) []byte {
	t.Helper()
	empty := mmdbRecord{-1, -1}
	tree := [][2]mmdbRecord{{empty, empty}}
	// put sets the record at the end of a way, and makes the nodes on it.
	put := func(way []int, r mmdbRecord) {
		at := 0
		for _, bit := range way[:len(way)-1] {
			next := tree[at][bit]
			if next.node < 0 { // a leaf is divided: both halves are as it was
				tree = append(tree, [2]mmdbRecord{next, next})
				tree[at][bit] = mmdbRecord{len(tree) - 1, -1}
			}
			at = tree[at][bit].node
		}
		tree[at][way[len(way)-1]] = r
	}
	var data []byte
	written := make(map[string]int)
	for _, network := range m.networks {
		key := fmt.Sprint(network.record)
		offset, ok := written[key]
		if !ok {
			offset = len(data)
			data = appendData(t, data, network.record)
			written[key] = offset
		}
		put(m.path(t, network.prefix), mmdbRecord{-1, offset})
	}
	if len(m.aliases) > 0 {
		ipv4 := 0
		for range 96 {
			ipv4 = tree[ipv4][0].node
		}
		for _, alias := range m.aliases {
			put(m.path(t, alias), mmdbRecord{ipv4, -1})
		}
	}
	return m.assemble(t, len(tree), data, func(node int) (left, right uint32) {
		return number(tree[node][0], len(tree)), number(tree[node][1], len(tree))
	})
}

// withTree lays out a database of one record, FR, whose tree has as both sides
// of each node what next tells.
func (m *mmdb) withTree(t testing.TB, nodes int, next func(node int) uint32) []byte {
	t.Helper()
	return m.assemble(t, nodes, appendData(t, nil, countryRecord("FR")), func(node int) (left, right uint32) {
		return next(node), next(node)
	})
}

// assemble puts tree, data and metadata together.
func (m *mmdb) assemble(t testing.TB, nodes int, data []byte, records func(node int) (left, right uint32)) []byte {
	t.Helper()
	out := make([]byte, 0, nodes*int(m.recordSize)/4+len(data)+250)
	for node := range nodes {
		left, right := records(node)
		out = m.appendNode(t, out, left, right)
	}
	out = append(out, make([]byte, 16)...)
	out = append(out, data...)
	out = append(out, "\xab\xcd\xefMaxMind.com"...)
	return appendData(t, out, []pair{
		{"binary_format_major_version", uint64(2)},
		{"binary_format_minor_version", uint64(0)},
		{"build_epoch", m.made},
		{"database_type", m.kind},
		{"description", []pair{{"en", "made by a test"}}},
		{"ip_version", m.ipVersion},
		{"languages", []any{"en"}},
		{"node_count", uint64(nodes)},
		{"record_size", m.recordSize},
	})
}

// number is a record as the tree has it.
func number(r mmdbRecord, nodes int) uint32 {
	switch {
	case r.node >= 0:
		return uint32(r.node)
	case r.data >= 0:
		return uint32(nodes + 16 + r.data)
	}
	return uint32(nodes)
}

// path returns the way to a prefix from the root, a bit each step.
func (m *mmdb) path(t testing.TB, prefix string) []int {
	t.Helper()
	p := netip.MustParsePrefix(prefix)
	var bits []int
	b := p.Addr().AsSlice()
	if p.Addr().Is4() && m.ipVersion == 6 {
		bits = make([]int, 96) // IPv4 lies at ::/96
	}
	for i := range p.Bits() {
		bits = append(bits, int(b[i/8]>>(7-i%8)&1))
	}
	if len(bits) == 0 {
		t.Fatalf("%s is the whole tree, which has a root", prefix)
	}
	return bits
}

func (m *mmdb) appendNode(t testing.TB, out []byte, left, right uint32) []byte {
	t.Helper()
	switch m.recordSize {
	case 24:
		return append(out, byte(left>>16), byte(left>>8), byte(left), byte(right>>16), byte(right>>8), byte(right))
	case 28:
		return append(out, byte(left>>16), byte(left>>8), byte(left), byte(left>>24<<4|right>>24),
			byte(right>>16), byte(right>>8), byte(right))
	case 32:
		return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(out, left), right)
	}
	t.Fatalf("no record size %d", m.recordSize)
	return nil
}

// Types of the data section.
const (
	dataPointer = 1
	dataString  = 2
	dataMap     = 7
	dataUint64  = 9
	dataArray   = 11
)

// appendData writes a value: a string, a number, a map, an array, or a pointer.
func appendData(t testing.TB, out []byte, value any) []byte {
	t.Helper()
	switch v := value.(type) {
	case string:
		return append(appendControl(t, out, dataString, len(v)), v...)
	case uint64:
		b := slices.Clip(binary.BigEndian.AppendUint64(nil, v))
		for len(b) > 0 && b[0] == 0 {
			b = b[1:]
		}
		return append(appendControl(t, out, dataUint64, len(b)), b...)
	case []pair:
		out = appendControl(t, out, dataMap, len(v))
		for _, p := range v {
			out = appendData(t, appendData(t, out, p.key), p.value)
		}
		return out
	case []any:
		out = appendControl(t, out, dataArray, len(v))
		for _, e := range v {
			out = appendData(t, out, e)
		}
		return out
	case pointer:
		return append(out, dataPointer<<5|3<<3, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
	}
	t.Fatalf("no data type for %T", value)
	return nil
}

// pointer stands for the value at a place of the data section.
type pointer uint32

// appendControl writes type and size; sizes from 29 on take one byte more.
func appendControl(t testing.TB, out []byte, kind, size int) []byte {
	t.Helper()
	if size >= 29+256 {
		t.Fatalf("size %d needs a longer form", size)
	}
	first := min(size, 29)
	if kind > 7 {
		out = append(out, byte(first), byte(kind-7))
	} else {
		out = append(out, byte(kind<<5|first))
	}
	if size >= 29 {
		out = append(out, byte(size-29))
	}
	return out
}

// randomPrefix returns a masked prefix of at least so many bits.
func randomPrefix(r *rand.Rand, v6 bool, least int) netip.Prefix {
	var a netip.Addr
	most := 32
	if v6 {
		var b [16]byte
		binary.BigEndian.PutUint64(b[:], r.Uint64()>>3|1<<61) // 2000::/3
		binary.BigEndian.PutUint64(b[8:], r.Uint64())
		a, most = netip.AddrFrom16(b), 64
	} else {
		a = netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, r.Uint32())))
	}
	p, _ := a.Prefix(least + r.IntN(most-least+1)) // of a valid length
	return p
}
