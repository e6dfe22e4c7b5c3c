package dashboard

import (
	"net/http"
	"net/url"

	"footfall/dashboard/internal/accounts"
)

// Source is where a setting comes from.
type Source uint8

// The sources. The one named first counts, but for FromData, which is where
// the zone of a site comes from that nobody gives.
const (
	FromFlag Source = iota
	FromEnvironment
	FromFile
	FromDefault
	FromData // kept in the data directory since the site's first day
)

// Setting is one setting in force, as the operator's file would write it. The
// page that shows it changes nothing: the file is the one master.
type Setting struct {
	Key    string // as in the file
	Value  string // as the file writes it: "Europe/Paris", 13, ["a", "b"]
	Source Source
	From   string // the flag, the variable or FILE:LINE; "" by default
	Lines  string // what the file says, or would have to say, and where
	Server bool   // of the whole server rather than of the site
	Waits  string // the value that the file gives by now and a restart takes over; "" if none does
}

// settingsWords are those of the page of settings. About tells by key what a
// setting does.
type settingsWords struct {
	Link, Title, Text string // the title has %s, the host
	Site, Server      string // heads of the two parts
	From, Lines       string
	Sources           map[Source]string // %s is From, where there is one
	Over              string            // that a flag or a variable counts before the file
	Waits             string            // %s is the value
	About             map[string]string
	ServerAbout       map[string]string // by key, where it means another thing than for a site
}

// settingsBody is the page.
type settingsBody struct {
	HostURL string
	Parts   []settingsPart
}

type settingsPart struct {
	ID, Title string
	Settings  []shownSetting
}

type shownSetting struct {
	Setting
	About, Origin, Over, Waiting string
}

// getSettings shows every setting that concerns a site. Settings of the whole
// server are there as well; none of them names another site.
func (d *Dashboard) getSettings(c *call) error {
	site, err := d.site(c)
	if err != nil {
		return err
	}
	w := &c.l.Settings
	own, all := settingsPart{ID: "site", Title: w.Site}, settingsPart{ID: "server", Title: w.Server}
	for _, s := range d.settings(site.Host) {
		shown := shownSetting{Setting: s, About: w.About[s.Key], Origin: replace(w.Sources[s.Source], s.From)}
		if s.Source == FromFlag || s.Source == FromEnvironment {
			shown.Over = replace(w.Over, s.From)
		}
		if s.Waits != "" {
			shown.Waiting = replace(w.Waits, s.Waits)
		}
		if !s.Server {
			own.Settings = append(own.Settings, shown)
			continue
		}
		if about, other := w.ServerAbout[s.Key]; other {
			shown.About = about
		}
		all.Settings = append(all.Settings, shown)
	}
	b := &settingsBody{HostURL: view{host: site.Host.String(), lang: c.lang}.link(c.root), Parts: []settingsPart{own, all}}
	return d.render(c, http.StatusOK, "settings", replace(w.Title, site.Host.String()), b)
}

// adminLinks adds to a page's frame the link to a site's marks, and those that
// admins alone may follow.
func (d *Dashboard) adminLinks(c *call, f *frame) {
	site, err := d.site(c)
	if err == nil {
		f.MarksLink = withQuery(c.root+marksPath(site.Host.String()), c.langOnly())
	}
	if c.user.Role != accounts.Admin {
		return
	}
	if err == nil && d.settings != nil {
		f.SettingLink = withQuery(c.root+"sites/"+url.PathEscape(site.Host.String())+"/settings", c.langOnly())
	}
	if len(c.user.Sites) == 0 {
		f.LogLink = withQuery(c.root+"log", c.langOnly())
	}
}
