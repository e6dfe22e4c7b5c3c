package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// fileLines are the lines, from 1, on which a file of the configuration gives
// its keys: "listen", "site.0" for the head of the first [[site]], and
// "site.0.zone".
type fileLines map[string]int

// linesOfKeys reads them from a text that is TOML. Each line counts once: the
// text is walked through from its beginning to its end.
func linesOfKeys(text []byte) fileLines {
	lines := make(fileLines)
	line, seen := 1, 0
	at := func(n *unstable.Node) int {
		if offset := int(n.Raw.Offset); offset > seen && offset <= len(text) {
			line += bytes.Count(text[seen:offset], []byte("\n"))
			seen = offset
		}
		return line
	}
	tables := make(map[string]int)
	table := ""
	var p unstable.Parser
	p.Reset(text)
	for p.NextExpression() {
		e := p.Expression()
		var name []string
		first := 0
		for it := e.Key(); it.Next(); {
			if n := at(it.Node()); first == 0 {
				first = n
			}
			name = append(name, string(it.Node().Data))
		}
		key := strings.Join(name, ".")
		switch e.Kind {
		case unstable.Table:
			table = key + "."
			lines[key] = first
		case unstable.ArrayTable:
			key += "." + strconv.Itoa(tables[key])
			tables[strings.Join(name, ".")]++
			table = key + "."
			lines[key] = first
		case unstable.KeyValue:
			lines[table+key] = first
		}
	}
	return lines
}

// at returns FILE:LINE of a key, of the table around it where the key has no
// line of its own, and FILE alone where that has none.
func (s *settings) at(key string) string {
	for {
		if line, ok := s.lines[key]; ok {
			return fmt.Sprintf("%s:%d", s.fileName, line)
		}
		dot := strings.LastIndexByte(key, '.')
		if dot < 0 {
			return s.fileName
		}
		key = key[:dot]
	}
}

// inFile notes that a setting comes from the file, and on which line.
func (s *settings) inFile(key string) { s.config.from[key] = s.at(key) + ": " + key }

// siteKey is the key in Config.from of a setting of one site.
func siteKey(host, key string) string { return "site " + host + ": " + key }

// source tells where a setting came from, without its name: a flag, a
// variable of the environment, FILE:LINE, or "default".
func (c *Config) source(key string) string {
	from, ok := c.from[key]
	if !ok {
		return "default"
	}
	return strings.TrimSuffix(from, ": "+key)
}

// siteSource is source for a setting of a site: its own, else the one for all
// sites.
func (c *Config) siteSource(host, key string) string {
	if _, own := c.from[siteKey(host, key)]; own {
		return c.source(siteKey(host, key))
	}
	return c.source(key)
}
