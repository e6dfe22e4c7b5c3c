package dashboard

import (
	"net/http"
	"strings"

	"footfall/aggregate/hit"
	"footfall/collector/edge"
)

// Reach is on which pages a refusal counts that is given at a host.
type Reach uint8

// The reaches, from none to all that a host can have.
const (
	ReachNone   Reach = iota // no site's pages see it
	ReachDomain              // pages under the opt-out domain do, from a host that is no site's: in Safari for seven days
	ReachSite                // the host is a site's own: its pages do
)

// doctorBody is what the server saw of the request for the page.
type doctorBody struct {
	Facts   []fact
	TestURL string // where a browser is told why nothing arrives from it; may be ""
}

// fact is one thing seen. Its value is a truncated address, a host name that
// the grammar of hosts accepts, or a word of ours: no header passes through as
// it came.
type fact struct {
	ID, Name, Value string
	Says, Do        string // Do may be ""
	Warn            bool   // something is to be done
}

func (d *Dashboard) getDoctor(c *call) error {
	sight := d.sight(c.r)
	b := doctorBody{Facts: []fact{addressFact(c.l, sight)}}
	add := func(id, name string, w factWords, warn bool) {
		b.Facts = append(b.Facts, fact{ID: id, Name: name, Value: w.Value, Says: w.Says, Do: w.Do, Warn: warn})
	}
	w := &c.l.Doctor
	proxys := sight.Rule == edge.Ignored || sight.Rule == edge.Proxy // the address is a proxy's, not a visitor's
	if rule, ok := w.Rules[sight.Rule]; ok {
		add("rule", w.Rule, rule, proxys || sight.Rule == edge.NoAddress)
	}
	if scheme, ok := w.Schemes[sight.Scheme]; ok {
		add("scheme", w.Scheme, scheme, false)
	}
	add("host", w.Host, hostWords(c.l, sight.Host), false)
	if d.excludes != nil {
		switch excluded := d.excludes(c.r); {
		case excluded && proxys:
			add("excluded", w.Excluded, w.ExcludedAll, true)
		case excluded:
			add("excluded", w.Excluded, w.ExcludedYes, false)
		default:
			add("excluded", w.Excluded, w.ExcludedNo, false)
		}
	}
	if d.reach != nil {
		at := d.reach(sight.Host)
		if reach, ok := w.Reaches[at]; ok {
			add("reach", w.Reach, reach, at == ReachNone && !isLocal(sight.Host))
		}
	}
	b.TestURL = d.testURL(c)
	return d.render(c, http.StatusOK, "doctor", w.Title, b)
}

func addressFact(l *language, sight edge.Sight) fact {
	f := fact{ID: "address", Name: l.Doctor.Address, Value: l.Doctor.NoAddress, Says: l.Doctor.AddressSays}
	if sight.Prefix.IsValid() {
		f.Value = sight.Prefix.String()
	}
	return f
}

// hostWords shows a host that has a name. An IP literal is not shown, being a
// whole address, nor anything else that stands in the header.
func hostWords(l *language, host string) factWords {
	name, err := hit.ParseHost(strings.ToLower(strings.TrimSuffix(host, ".")))
	if err != nil {
		return l.Doctor.HostOdd
	}
	w := l.Doctor.HostNamed
	w.Value = replace(w.Value, name.String())
	return w
}
