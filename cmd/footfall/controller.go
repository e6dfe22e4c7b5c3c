package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// Limits of what the controller says of itself.
const (
	mostControllerText = 300                  // characters a key
	reviewEvery        = 366 * 24 * time.Hour // after which a review is due (B-02)
)

// Controller says who answers for the measurement: what the information text,
// the record and the self-assessment cannot know by themselves. Its keys are
// those of the table [controller]; a text is one line of at most 300
// characters, without < > [ ] | and backquotes, which mean something in the
// documents. No flag and no variable sets them: they are the publisher's
// words, and belong beside the rest of them in the file.
type Controller struct {
	// Name and address of the controller (GDPR Art. 13(1)(a)), as "Example
	// SAS, 1 rue de la Paix, 75002 Paris". Key controller.name.
	Name string

	// Contact is how to reach the controller about this: an e-mail address, a
	// URL or a postal address. Key controller.contact.
	Contact string

	// DPO is how to reach the data-protection officer; "none" says that there
	// is none. Key controller.dpo.
	DPO string

	// Hosting is who runs the machine that footfall is on, and in which
	// country: the one recipient beside the controller. Key
	// controller.hosting.
	Hosting string

	// ReviewedOn is the day on which retention, settings and these words were
	// last looked at, as 2026-11-25; a review is due after a year (B-02). Zero
	// is never. Key controller.reviewed_on.
	ReviewedOn time.Time
}

// fileController is the table [controller].
type fileController struct {
	Name       *string         `toml:"name"`
	Contact    *string         `toml:"contact"`
	DPO        *string         `toml:"dpo"`
	Hosting    *string         `toml:"hosting"`
	ReviewedOn *toml.LocalDate `toml:"reviewed_on"`
}

// controller reads the table and checks it.
func (s *settings) controller() {
	f, c := s.file.Controller, &s.config.Controller
	for _, l := range []struct {
		key  string
		file *string
		to   *string
	}{{"name", f.Name, &c.Name}, {"contact", f.Contact, &c.Contact}, {"dpo", f.DPO, &c.DPO}, {"hosting", f.Hosting, &c.Hosting}} {
		if l.file == nil {
			continue
		}
		key := "controller." + l.key
		s.inFile(key)
		*l.to = strings.TrimSpace(*l.file)
		switch {
		case utf8.RuneCountInString(*l.to) > mostControllerText:
			s.problem("%s: at most %d characters", s.config.from[key], mostControllerText)
		case strings.ContainsFunc(*l.to, func(r rune) bool { return !unicode.IsPrint(r) || strings.ContainsRune("<>[]|`", r) }):
			s.problem("%s: one line of text without < > [ ] | and backquotes", s.config.from[key])
		}
	}
	if f.ReviewedOn != nil {
		s.inFile("controller.reviewed_on")
		c.ReviewedOn = f.ReviewedOn.AsTime(time.UTC)
	}
}

// missing names the keys that nothing is known of.
func (c *Controller) missing() []string {
	var out []string
	for _, s := range c.values() {
		if s.value == `""` {
			out = append(out, "controller."+s.key)
		}
	}
	return out
}

// incomplete tells, a line each, what the documents for the publisher lack.
func (c *Controller) incomplete(now time.Time) []string {
	var out []string
	if keys := c.missing(); len(keys) > 0 {
		out = append(out, fmt.Sprintf("%s: notice and record leave a place for what is not given", strings.Join(keys, ", ")))
	}
	switch {
	case c.ReviewedOn.After(now.AddDate(0, 0, 1)):
		out = append(out, fmt.Sprintf("controller.reviewed_on: %s is still to come", c.ReviewedOn.Format(time.DateOnly)))
	case c.reviewDue(now) && !c.ReviewedOn.IsZero():
		out = append(out, fmt.Sprintf("controller.reviewed_on: the last review, of %s, is more than a year old", c.ReviewedOn.Format(time.DateOnly)))
	}
	return out
}

// reviewDue tells that no review, or none in the last year, is known.
func (c *Controller) reviewDue(now time.Time) bool { return now.Sub(c.ReviewedOn) > reviewEvery }

// values returns the keys and what the file says of each, in the manual's order.
func (c *Controller) values() []setting {
	day := `""`
	if !c.ReviewedOn.IsZero() {
		day = c.ReviewedOn.Format(time.DateOnly)
	}
	return []setting{
		{key: "name", value: strconv.Quote(c.Name)}, {key: "contact", value: strconv.Quote(c.Contact)}, {key: "dpo", value: strconv.Quote(c.DPO)},
		{key: "hosting", value: strconv.Quote(c.Hosting)}, {key: "reviewed_on", value: day},
	}
}

// controllerTOML writes the table as config print does, "" where nothing is
// given.
func (c *Config) controllerTOML() string {
	var b strings.Builder
	for _, s := range c.Controller.values() {
		if s.given() {
			fmt.Fprintf(&b, "%s = %s # %s\n", s.key, s.value, c.source("controller."+s.key))
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "\n[controller]\n" + b.String()
}
