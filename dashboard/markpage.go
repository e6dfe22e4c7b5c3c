package dashboard

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"footfall/aggregate"
	"footfall/dashboard/internal/accounts"
)

// marksWords are those of the page of marks.
type marksWords struct {
	Link, Title, Text, Hint    string // the title has %s, the host
	Label, At, AtHint          string
	Add, Remove, Empty         string
	When, What                 string
	BadLabel, BadTime, TooMany string
}

// marksBody is the page of a site's marks.
type marksBody struct {
	Host, HostURL, Action string
	Admin                 bool
	Message, Label, At    string // what was typed and why it was refused
	Marks                 []markRow
}

type markRow struct{ ID, At, Text, Label string }

// localMinute is how a browser's field for a moment writes it.
const localMinute = "2006-01-02T15:04"

// getMarkPage shows a site's marks, and admins the form that adds them.
func (d *Dashboard) getMarkPage(c *call) error {
	site, err := d.site(c)
	if err != nil {
		return err
	}
	return d.markPage(c, site, http.StatusOK, &marksBody{})
}

func (d *Dashboard) markPage(c *call, site aggregate.SiteConfig, status int, b *marksBody) error {
	b.Host, b.HostURL = site.Host.String(), view{host: site.Host.String(), lang: c.lang}.link(c.root)
	b.Action, b.Admin = withQuery(c.root+marksPath(b.Host), c.langOnly()), c.user.Role == accounts.Admin
	for _, m := range d.accounts.Marks(site.Host) {
		at := m.At.In(site.Zone)
		b.Marks = append(b.Marks, markRow{m.ID, at.Format(time.RFC3339), at.Format("2006-01-02 15:04"), m.Label})
	}
	return d.render(c, status, "marks", replace(c.l.Marks.Title, b.Host), b)
}

func marksPath(host string) string { return "sites/" + url.PathEscape(host) + "/marks" }

// postMarkPage adds a mark, or removes the one that the form names.
func (d *Dashboard) postMarkPage(c *call) error {
	site, err := d.site(c)
	if err != nil {
		return err
	}
	if err := c.form(); err != nil {
		return err
	}
	form := c.r.PostForm
	if id := form.Get("remove"); id != "" {
		if err := d.accounts.RemoveMark(c.by(), site.Host, id); err != nil && !errors.Is(err, accounts.ErrUnknown) {
			return err
		} // one that is gone already is what was asked for
		c.redirect(marksPath(site.Host.String()))
		return nil
	}
	b := &marksBody{Label: form.Get("label"), At: form.Get("at")}
	at := c.now
	if b.At != "" {
		if at, err = time.ParseInLocation(localMinute, b.At, site.Zone); err != nil {
			b.Message = c.l.Marks.BadTime
			return d.markPage(c, site, http.StatusBadRequest, b)
		}
	}
	_, _, err = d.accounts.AddMark(c.by(), site.Host, at, b.Label)
	switch {
	case errors.Is(err, accounts.ErrLabel):
		b.Message = c.l.Marks.BadLabel
	case errors.Is(err, accounts.ErrAt):
		b.Message = c.l.Marks.BadTime
	case errors.Is(err, accounts.ErrMany):
		b.Message = c.l.Marks.TooMany
	case err != nil:
		return err
	default:
		c.redirect(marksPath(site.Host.String()))
		return nil
	}
	return d.markPage(c, site, http.StatusBadRequest, b)
}
