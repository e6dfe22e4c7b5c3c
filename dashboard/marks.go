package dashboard

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"footfall/dashboard/internal/accounts"
)

// maxMarkBody is the largest body that makes a mark, in bytes.
const maxMarkBody = 1 << 10

// markJSON is a mark as the API takes it and answers it.
type markJSON struct {
	ID    string `json:"id"`
	At    string `json:"at"` // RFC 3339, whole minutes, in the site's zone
	Label string `json:"label"`
}

func asMarkJSON(m accounts.ReleaseMark, zone *time.Location) markJSON {
	return markJSON{ID: m.ID, At: m.At.In(zone).Format(time.RFC3339), Label: m.Label}
}

// getMarks answers GET /api/v1/sites/HOST/marks: all marks of the site, newest
// first.
func (d *Dashboard) getMarks(c *call) error {
	site, err := d.site(c)
	if err != nil {
		return err
	}
	marks := make([]markJSON, 0)
	for _, m := range d.accounts.Marks(site.Host) {
		marks = append(marks, asMarkJSON(m, site.Zone))
	}
	return c.replyJSON(http.StatusOK, map[string][]markJSON{"marks": marks})
}

// postMark answers POST /api/v1/sites/HOST/marks: 201 with the mark, 200 where
// there was the same one already.
func (d *Dashboard) postMark(c *call) error {
	site, err := d.site(c)
	if err != nil {
		return err
	}
	at, label, err := d.readMark(c)
	if err != nil {
		return err
	}
	m, added, err := d.accounts.AddMark(c.by(), site.Host, at, label)
	if err != nil {
		return markFailure(err)
	}
	status := http.StatusOK
	if added {
		status = http.StatusCreated
	}
	return c.replyJSON(status, asMarkJSON(m, site.Zone))
}

// markFailure tells the mistakes of a mark apart from a disk that fails.
func markFailure(err error) error {
	for mistake, code := range map[error]string{accounts.ErrLabel: "bad_label", accounts.ErrAt: "bad_time", accounts.ErrMany: "too_many_marks"} {
		if errors.Is(err, mistake) {
			return badRequest(code, mistake.Error())
		}
	}
	return err
}

// readMark reads {"at": "2026-11-23T10:00:00Z", "label": "v1.4"}; without "at"
// it is now.
func (d *Dashboard) readMark(c *call) (at time.Time, label string, err error) {
	kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return at, "", badRequest("bad_body", "the body is JSON, of the type application/json")
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxMarkBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return at, "", errTooLarge
	}
	var mark struct {
		At    *time.Time `json:"at"`
		Label *string    `json:"label"`
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err != nil || dec.Decode(&mark) != nil || dec.More() || mark.Label == nil {
		return at, "", badRequest("bad_body", `the body is {"at": "2026-11-23T10:00:00Z", "label": "v1.4"}; without at it is now`)
	}
	if mark.At == nil {
		return c.now, *mark.Label, nil
	}
	return *mark.At, *mark.Label, nil
}

// by is who the caller is in the log of changes.
func (c *call) by() accounts.By {
	if c.token != nil {
		return accounts.By{At: c.now, Who: "token " + c.token.ID}
	}
	return accounts.By{At: c.now, Who: c.user.Name}
}

func (c *call) replyJSON(status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.reply(status, "application/json; charset=utf-8", append(body, '\n'))
	return nil
}
