package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/textproto"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"footfall/aggregate/hit"
)

// settingFlags are the settings of [Config] as flags and environment give
// them: text, so that every one that is wrong can be named at once.
type settingFlags struct {
	Listen          *string  `placeholder:"ADDR" help:"Public listener: beacon, script, dashboard (default :8080)."`
	AdminListen     *string  `placeholder:"ADDR" help:"Listener of /metrics, /healthz and /readyz (default 127.0.0.1:9464)."`
	DashboardListen *string  `placeholder:"ADDR" help:"Puts the dashboard on a listener of its own."`
	PublicURL       *string  `name:"public-url" placeholder:"URL" help:"Where browsers reach the public listener."`
	Site            []string `placeholder:"HOST" help:"A site to count; repeat for more."`
	Zone            *string  `placeholder:"ZONE" help:"Time zone of the sites' days (new sites: Europe/Paris)."`
	TrustedProxy    []string `placeholder:"CIDR" help:"A proxy whose X-Forwarded-For is believed; repeat for more."`
	LoginProxy      []string `placeholder:"CIDR" help:"A proxy that says who is logged in to the dashboard; repeat for more."`
	LoginHeader     *string  `placeholder:"NAME" help:"The header in which it does (default Remote-User)."`
	ExcludeNetwork  []string `placeholder:"CIDR" help:"A network that is never counted; repeat for more."`
	RetentionMonths *string  `placeholder:"N" help:"Whole calendar months to keep, 1 to 25 (default 13)."`
	PrefixV4        *string  `name:"prefix-v4" placeholder:"BITS" help:"Bits kept of an IPv4 address, 8 to 24 (default 24)."`
	PrefixV6        *string  `name:"prefix-v6" placeholder:"BITS" help:"Bits kept of an IPv6 address, 16 to 48 (default 48)."`
	GeoipMmdb       *string  `name:"geoip-mmdb" placeholder:"FILE" help:"Country database to use instead of the embedded table."`
	SpamList        *string  `placeholder:"FILE" help:"Referrer hosts whose hits leave nothing, one a line."`
	OptoutDomain    *string  `placeholder:"DOMAIN" help:"Domain for which a refusal is kept, above the sites' hosts."`
}

// fileConfig is the file of --config. Pointers tell absent from empty.
type fileConfig struct {
	Data            *string    `toml:"data"`
	Listen          *string    `toml:"listen"`
	AdminListen     *string    `toml:"admin_listen"`
	DashboardListen *string    `toml:"dashboard_listen"`
	PublicURL       *string    `toml:"public_url"`
	Zone            *string    `toml:"zone"`
	TrustedProxy    []string   `toml:"trusted_proxy"`
	LoginProxy      []string   `toml:"login_proxy"`
	LoginHeader     *string    `toml:"login_header"`
	ExcludeNetwork  []string   `toml:"exclude_network"`
	RetentionMonths *int64     `toml:"retention_months"`
	PrefixV4        *int64     `toml:"prefix_v4"`
	PrefixV6        *int64     `toml:"prefix_v6"`
	GeoipMmdb       *string    `toml:"geoip_mmdb"`
	SpamList        *string    `toml:"spam_list"`
	OptoutDomain    *string    `toml:"optout_domain"`
	Site            []fileSite `toml:"site"`

	Controller fileController `toml:"controller"`
}

type fileSite struct {
	Host            string   `toml:"host"`
	Aliases         []string `toml:"aliases"`
	Zone            *string  `toml:"zone"`
	Features        []string `toml:"features"`
	Sections        []string `toml:"sections"`
	Templates       []string `toml:"templates"`
	Numbers         []string `toml:"numbers"`
	Paths           *string  `toml:"paths"`
	Visitors        *string  `toml:"visitors"`
	RetentionMonths *int64   `toml:"retention_months"`
}

// configError is every problem of a configuration, in the operator's words.
type configError struct{ problems []string }

func (e *configError) Error() string {
	if len(e.problems) == 1 {
		return "configuration: " + e.problems[0]
	}
	return fmt.Sprintf("configuration: %d problems:\n  %s", len(e.problems), strings.Join(e.problems, "\n  "))
}

// settings reads a configuration from its three sources.
type settings struct {
	origin   func(flag string) string // "--listen", "FOOTFALL_LISTEN"; asked only for what is given
	file     fileConfig
	fileName string
	lines    fileLines
	config   Config
	problems []string
}

// loadConfig reads the file, if one is named, lays the flags over it and
// checks the whole. The error is a *configError or one of reading the file.
func loadConfig(path string, data *string, flags *settingFlags, origin func(flag string) string) (*Config, error) {
	s := &settings{origin: origin, fileName: path}
	s.config.file, s.config.from = path, make(map[string]string)
	if path != "" {
		if err := s.readFile(path); err != nil {
			return nil, err
		}
	}
	c := &s.config
	c.Data = s.text("data", data, s.file.Data, defaultData)
	c.Listen = s.address("listen", flags.Listen, s.file.Listen, defaultListen)
	c.AdminListen = s.address("admin_listen", flags.AdminListen, s.file.AdminListen, defaultAdmin)
	c.DashboardListen = s.address("dashboard_listen", flags.DashboardListen, s.file.DashboardListen, "")
	c.PublicURL = s.publicURL(s.text("public_url", flags.PublicURL, s.file.PublicURL, ""))
	c.TrustedProxies = s.networks("trusted_proxy", flags.TrustedProxy, s.file.TrustedProxy)
	c.LoginProxies = s.networks("login_proxy", flags.LoginProxy, s.file.LoginProxy)
	c.LoginHeader = s.loginHeader(s.text("login_header", flags.LoginHeader, s.file.LoginHeader, ""))
	c.ExcludeNetworks = s.networks("exclude_network", flags.ExcludeNetwork, s.file.ExcludeNetwork)
	c.PrefixV4 = s.bits("prefix_v4", flags.PrefixV4, s.file.PrefixV4, 8, 24)
	c.PrefixV6 = s.bits("prefix_v6", flags.PrefixV6, s.file.PrefixV6, 16, 48)
	c.GeoipMMDB = s.text("geoip_mmdb", flags.GeoipMmdb, s.file.GeoipMmdb, "")
	c.SpamList = s.text("spam_list", flags.SpamList, s.file.SpamList, "")
	c.OptOutDomain = s.domain(s.text("optout_domain", flags.OptoutDomain, s.file.OptoutDomain, ""))
	s.distinctListeners()
	s.controller()
	s.sites(flags)
	if len(s.problems) > 0 {
		return nil, &configError{s.problems}
	}
	return c, nil
}

func (s *settings) problem(format string, args ...any) {
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
}

// readFile decodes the file. Unknown keys are problems, each with its line;
// text that is no TOML ends the reading, for nothing more can be known.
func (s *settings) readFile(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		var e *fs.PathError
		if errors.As(err, &e) {
			err = e.Err
		}
		return fmt.Errorf("read the configuration %s: %w", path, err)
	}
	s.lines = linesOfKeys(text)
	err = toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&s.file)
	var unknown *toml.StrictMissingError
	var bad *toml.DecodeError
	switch {
	case errors.As(err, &unknown):
		for i := range unknown.Errors {
			row, _ := unknown.Errors[i].Position()
			s.problem("%s:%d: no setting is called %s", path, row, strings.Join(unknown.Errors[i].Key(), "."))
		}
	case errors.As(err, &bad):
		row, _ := bad.Position()
		return &configError{[]string{fmt.Sprintf("%s:%d: %s", path, row, strings.TrimPrefix(bad.Error(), "toml: "))}}
	case err != nil:
		return &configError{[]string{fmt.Sprintf("%s: %s", path, strings.TrimPrefix(err.Error(), "toml: "))}}
	}
	return nil
}

func flagOf(key string) string { return strings.ReplaceAll(key, "_", "-") }

// text picks a setting and notes where it came from. An empty variable of the
// environment is none; an empty flag takes away what the file says.
func (s *settings) text(key string, flag, file *string, fallback string) string {
	switch {
	case flag != nil && (*flag != "" || strings.HasPrefix(s.origin(flagOf(key)), "--")):
		s.config.from[key] = s.origin(flagOf(key))
		if *flag == "" {
			return fallback
		}
		return *flag
	case file != nil:
		s.inFile(key)
		return *file
	}
	s.config.from[key] = "default"
	return fallback
}

// list picks a setting of many values; empty texts, as an empty variable of
// the environment gives, are none.
func (s *settings) list(key string, flag, file []string) []string {
	pick := func(from string, values []string) []string {
		var out []string
		for _, v := range values {
			if v = strings.TrimSpace(v); v != "" {
				out = append(out, v)
			}
		}
		s.config.from[key] = from
		return out
	}
	if len(flag) > 0 {
		if out := pick(s.origin(flagOf(key)), flag); len(out) > 0 {
			return out
		}
	}
	if len(file) > 0 {
		return pick(s.at(key)+": "+key, file)
	}
	return pick("default", nil)
}

func (s *settings) address(key string, flag, file *string, fallback string) string {
	v := s.text(key, flag, file, fallback)
	if v == fallback {
		return v
	}
	_, port, err := net.SplitHostPort(v)
	if n, e := strconv.ParseUint(port, 10, 16); err != nil || e != nil || n > 65535 {
		s.problem("%s: %q is no address of the form HOST:PORT or :PORT", s.config.from[key], v)
	}
	return v
}

func (s *settings) distinctListeners() {
	seen := make(map[string]string)
	for _, l := range []struct{ key, addr string }{
		{"listen", s.config.Listen}, {"admin_listen", s.config.AdminListen}, {"dashboard_listen", s.config.DashboardListen},
	} {
		if l.addr == "" || strings.HasSuffix(l.addr, ":0") {
			continue
		}
		if first, twice := seen[l.addr]; twice {
			s.problem("%s: %s is the address of %s already", s.config.from[l.key], l.addr, first)
		}
		seen[l.addr] = flagOf(l.key)
	}
}

// publicURL checks the URL and takes a final slash off it.
func (s *settings) publicURL(v string) string {
	if v == "" {
		return ""
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		s.problem("%s: %q is no URL of the form https://HOST or https://HOST/PATH", s.config.from["public_url"], v)
	}
	return strings.TrimRight(v, "/")
}

func (s *settings) networks(key string, flag, file []string) []netip.Prefix {
	var out []netip.Prefix
	for _, v := range s.list(key, flag, file) {
		p, err := netip.ParsePrefix(v)
		if err != nil {
			if a, e := netip.ParseAddr(v); e == nil && a.Zone() == "" {
				p, err = netip.PrefixFrom(a, a.BitLen()), nil
			}
		}
		if err != nil {
			s.problem("%s: %q is no network of the form 192.0.2.0/24 or 2001:db8::/32", s.config.from[key], v)
			continue
		}
		out = append(out, p.Masked())
	}
	return out
}

// loginHeader is the name of the header in which a proxy says who is logged
// in, "" where none is believed. Its end keeps a header that means something
// else, such as Cookie, from being named by mistake.
func (s *settings) loginHeader(v string) string {
	given := v != ""
	switch {
	case len(s.config.LoginProxies) == 0 && given:
		s.problem("%s: without login_proxy nobody's header is believed", s.config.from["login_header"])
		return ""
	case len(s.config.LoginProxies) == 0:
		return ""
	case !given:
		return defaultLoginHeader
	}
	v = textproto.CanonicalMIMEHeaderKey(v)
	if strings.Trim(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") != "" ||
		!strings.HasSuffix(v, "User") && !strings.HasSuffix(v, "Username") && !strings.HasSuffix(v, "Email") {
		s.problem("%s: the header's name has letters, digits and hyphens and ends in User, Username or Email", s.config.from["login_header"])
	}
	return v
}

// bits reads how much of an address is kept; 0 is the default, the most there
// can be.
func (s *settings) bits(key string, flag *string, file *int64, least, most int64) int {
	n := int64(0)
	switch {
	case flag != nil && *flag != "":
		s.config.from[key] = s.origin(flagOf(key))
		n, _ = strconv.ParseInt(*flag, 10, 64) // what is no number is out of range
	case file != nil:
		s.inFile(key)
		n = *file
	default:
		s.config.from[key] = "default"
		return int(most)
	}
	if n < least || n > most {
		s.problem("%s: %d to %d bits: a setting can only cut more", s.config.from[key], least, most)
		return int(most)
	}
	return int(n)
}

// domain reads the domain of the refusal.
func (s *settings) domain(v string) hit.Host {
	if v == "" {
		return hit.Host{}
	}
	host, err := hit.ParseHost(strings.ToLower(strings.TrimPrefix(v, ".")))
	if err != nil {
		s.problem("%s: %q is no domain", s.config.from["optout_domain"], v)
	}
	return host
}

// zone reads the name of a time zone; "" is none.
func (s *settings) zone(key, name string) *time.Location {
	if name == "" {
		return nil
	}
	zone, err := parseZone(name)
	if err != nil {
		s.problem("%s: %v", s.config.from[key], err)
	}
	return zone
}

// parseZone reads a name of the IANA data base; "Local" would be another zone
// on another machine, so it is none.
func parseZone(name string) (*time.Location, error) {
	if name == "Local" || name == "" {
		return nil, fmt.Errorf("%q is no time zone of the IANA data base, as Europe/Paris", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is no time zone of the IANA data base, as Europe/Paris", name)
	}
	return zone, nil
}

func (s *settings) months(flag *string) int {
	if flag == nil || *flag == "" {
		if s.file.RetentionMonths == nil {
			s.config.from["retention_months"] = "default"
			return defaultRetention
		}
		s.inFile("retention_months")
		return s.inMonths(s.config.from["retention_months"], *s.file.RetentionMonths)
	}
	s.config.from["retention_months"] = s.origin("retention-months")
	n, err := strconv.ParseInt(*flag, 10, 64)
	if err != nil {
		n = 0
	}
	return s.inMonths(s.config.from["retention_months"], n)
}

func (s *settings) inMonths(where string, n int64) int {
	if n < 1 || n > mostRetention {
		s.problem("%s: retention is 1 to %d whole months", where, mostRetention)
		return defaultRetention
	}
	return int(n)
}

// loopbackAddress tells whether an address of a listener stays on the machine.
func loopbackAddress(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
