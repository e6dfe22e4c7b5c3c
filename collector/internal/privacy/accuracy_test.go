package privacy

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"footfall/aggregate/hit"
)

// agentRow is one labelled agent of shared/data/ua (see PROVENANCE.md).
type agentRow struct {
	UA         string
	Bot        *bool
	Browser    string
	OS         string
	Device     string
	Era        string
	Weight     float64
	ClientType string `json:"client_type"`
	Headers    map[string]any
}

// raw is the row as a hit that shows the three hints and no other header.
func (row *agentRow) raw() *Raw {
	raw := &Raw{Source: Typed, Agent: row.UA}
	for name, v := range row.Headers {
		value, ok := v.(string)
		if !ok {
			continue
		}
		switch strings.ToLower(name) {
		case "sec-ch-ua":
			raw.Brands = value
		case "sec-ch-ua-mobile":
			raw.Mobile = value
		case "sec-ch-ua-platform":
			raw.Platform = value
		}
	}
	return raw
}

// A score counts what was right of what was asked.
type score struct {
	right, asked float64
	missed       []map[string]string
}

func (s *score) add(ok bool, row *agentRow, want, got string) {
	s.weigh(ok, 1, row, want, got)
}

func (s *score) weigh(ok bool, weight float64, row *agentRow, want, got string) {
	s.asked += weight
	if ok {
		s.right += weight
		return
	}
	s.missed = append(s.missed, map[string]string{"want": want, "got": got, "ua": row.UA})
}

func (s *score) pct() float64 { return 100 * s.right / max(s.asked, 1e-9) }

// label is how the data spells one of our names.
func label(name string) string {
	switch name {
	case hit.Other, hit.Unknown:
		return "Other"
	}
	return name
}

// deviceLabel is how the data spells a class of device.
func deviceLabel(d hit.Device) string {
	if d == hit.Phone {
		return "mobile"
	}
	return d.String()
}

// TestAccuracy measures the agent rules against labels that nobody here wrote
// and prints the table. With FOOTFALL_MISSES set to a file, what was missed is
// written there.
func TestAccuracy(t *testing.T) {
	p := newAgentParser()
	scores := map[string]*score{}
	at := func(name string) *score {
		if scores[name] == nil {
			scores[name] = &score{}
		}
		return scores[name]
	}
	for _, src := range []string{"matomo", "uapcore", "isbot", "crawlers", "intoli"} {
		rows := readLines[agentRow](t, "ua/ua_"+src+".jsonl")
		for i := range rows {
			row := &rows[i]
			a := p.parse(row.raw())
			people := row.Bot == nil || !*row.Bot
			if row.Bot != nil && *row.Bot {
				at("bot recall, "+src).add(a.bot != hit.NotBot, row, "a bot", "")
			}
			if src == "intoli" {
				at("people kept, intoli by weight").weigh(a.bot == hit.NotBot, row.Weight, row, "", a.bot.String())
				if row.OS != "" {
					platform := label(a.system.String())
					if a.system == hit.ChromeOS {
						platform = "Linux" // as navigator.platform, which these labels are from, has it
					}
					at("system, intoli by weight").weigh(row.OS == platform, row.Weight, row, row.OS, a.system.String())
				}
				at("device, intoli by weight").weigh(row.Device == deviceLabel(a.device), row.Weight, row, row.Device, a.device.String())
				continue
			}
			if !people {
				continue
			}
			if row.Browser != "" && src != "isbot" {
				at("browser, all "+src).add(row.Browser == label(a.browser.Family.String()), row, row.Browser, a.browser.String())
			}
			if row.Browser != "" && row.Era == "modern" {
				at("browser, modern "+src).add(row.Browser == label(a.browser.Family.String()), row, row.Browser, a.browser.String())
				at("browser, modern").add(row.Browser == label(a.browser.Family.String()), row, row.Browser, a.browser.String())
			}
			if row.OS != "" {
				at("system, all "+src).add(row.OS == label(a.system.String()), row, row.OS, a.system.String())
			}
			if row.OS != "" && row.Era == "modern" {
				at("system, modern").add(row.OS == label(a.system.String()), row, row.OS, a.system.String())
			}
			if row.Device != "" && (row.Device == "mobile" || row.Device == "desktop") {
				at("device, mobile or desktop").add(row.Device == deviceLabel(a.device), row, row.Device, a.device.String())
			}
			if row.Device != "" {
				at("device, all "+src).add(row.Device == deviceLabel(a.device), row, row.Device, a.device.String())
			}
			if row.Bot != nil && row.Era == "modern" && row.ClientType == "" {
				at("people kept, modern odd browsers").add(a.bot == hit.NotBot, row, "", a.bot.String())
				at("people kept, modern "+src).add(a.bot == hit.NotBot, row, "", a.bot.String())
			}
			if row.Bot != nil && row.ClientType == "" {
				at("people kept, all "+src).add(a.bot == hit.NotBot, row, "", a.bot.String())
			}
		}
	}
	for _, bar := range []struct {
		name  string
		least float64
	}{
		{"browser, modern", 97}, {"browser, modern matomo", 97}, {"browser, modern uapcore", 90},
		{"browser, all matomo", 91}, {"browser, all uapcore", 80},
		{"system, modern", 95}, {"system, all matomo", 90}, {"system, all uapcore", 50}, {"system, intoli by weight", 99},
		{"device, mobile or desktop", 85}, {"device, all matomo", 80}, {"device, intoli by weight", 99},
		{"bot recall, matomo", 94}, {"bot recall, isbot", 86}, {"bot recall, crawlers", 97}, {"bot recall, uapcore", 90},
		{"people kept, intoli by weight", 100}, {"people kept, modern odd browsers", 97.5},
		{"people kept, modern matomo", 97.5}, {"people kept, modern isbot", 90},
		{"people kept, all matomo", 90}, {"people kept, all isbot", 85},
	} {
		s := at(bar.name)
		t.Logf("%-36s %6.2f %%  of %7.2f  (at least %g)", bar.name, s.pct(), s.asked, bar.least)
		if s.pct() < bar.least {
			t.Errorf("%s: got %.2f %%, want at least %g", bar.name, s.pct(), bar.least)
		}
	}
	if path := os.Getenv("FOOTFALL_MISSES"); path != "" {
		missed := map[string][]map[string]string{}
		for name, s := range scores {
			missed[name] = s.missed
		}
		b, err := json.MarshalIndent(missed, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
