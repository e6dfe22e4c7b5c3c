package dashboard

import (
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// logPerPage is how many entries of the log a page shows.
const logPerPage = 200

// logWords are those of the page of the log.
type logWords struct {
	Link, Title, Text, Empty, When, Who, What, Newer, Older string
}

type logBody struct {
	Entries      []logEntry
	Newer, Older string // "" where there is none
}

type logEntry struct{ At, Text, Who, What string }

// getLog shows who changed what over twelve months, to an admin of every site:
// entries name sites. Who looked at what is not there to be shown.
func (d *Dashboard) getLog(c *call) error {
	if len(c.user.Sites) > 0 {
		return errForbidden
	}
	log := d.accounts.Log()
	start, err := strconv.Atoi(c.r.URL.Query().Get("start"))
	if err != nil || start < 0 || start >= len(log) {
		start = 0
	}
	end := min(start+logPerPage, len(log))
	page := func(start int) string {
		q := url.Values{}
		if start > 0 {
			q.Set("start", strconv.Itoa(start))
		}
		if c.lang != "" {
			q.Set("lang", c.lang)
		}
		return withQuery(c.root+"log", q)
	}
	b := &logBody{}
	if start > 0 {
		b.Newer = page(max(0, start-logPerPage))
	}
	if end < len(log) {
		b.Older = page(end)
	}
	for _, e := range log[start:end] {
		at := e.At.UTC()
		b.Entries = append(b.Entries, logEntry{at.Format(time.RFC3339), at.Format("2006-01-02 15:04"), e.Who, e.What})
	}
	return d.render(c, http.StatusOK, "log", c.l.Log.Title, b)
}
