package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"footfall/aggregate"
	"footfall/aggregate/hit"
)

type reportCommand struct {
	Site    string `required:"" placeholder:"HOST" help:"The site."`
	Zone    string `placeholder:"ZONE" help:"The site's time zone, if it is to be checked."`
	From    string `required:"" placeholder:"DAY" help:"First day, as 2026-11-01."`
	To      string `required:"" placeholder:"DAY" help:"Last day, included."`
	By      string `placeholder:"DIM" help:"Dimension of the rows (default: totals only): ${dims}."`
	Page    string `placeholder:"PATH" help:"One page instead of the whole site."`
	Section string `placeholder:"SECTION" help:"One section instead of the whole site."`
	Where   string `placeholder:"DIM:VALUE" help:"One value of a dimension; --by is then page or section."`
	Compare string `placeholder:"DAYS" help:"Compare with earlier days: previous or year."`
	Sort    string `placeholder:"MEASURE" help:"Order rows by this measure (default: the first one)."`
	Limit   int    `default:"100" placeholder:"N" help:"Rows at most, 1 to 10,000 (default 100)."`
	Format  string `default:"text" placeholder:"FORMAT" help:"text, json or csv (default text)."`
}

// Help is shown below the command's flags.
func (reportCommand) Help() string {
	return "All numbers are published ones: under ten withheld, else rounded to the nearest ten, once for each published period."
}

func (c *reportCommand) Run(a *app, ctx *context.Context) error {
	return a.run(*ctx, "report", c, existing)
}

func (c *reportCommand) do(ctx context.Context, s *session) error {
	q, err := c.query()
	if err != nil {
		return err
	}
	if !formats[c.Format] {
		return usagef("--format: text, json or csv, not %q", c.Format)
	}
	if _, err := s.site(c.Site, c.Zone); err != nil {
		return err
	}
	report, err := s.db.Report(ctx, s.now(), q)
	if errors.Is(err, aggregate.ErrBadQuery) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	switch c.Format {
	case "csv":
		return report.WriteCSV(s.stdout)
	case "json":
		text, err := report.MarshalJSON()
		if err != nil {
			return fmt.Errorf("encode the report: %w", err)
		}
		_, err = s.stdout.Write(append(text, '\n'))
		return err
	}
	return report.WriteText(s.stdout)
}

var formats = map[string]bool{"text": true, "json": true, "csv": true}

// query checks every argument and tells all that is wrong.
func (c *reportCommand) query() (*aggregate.Query, error) {
	q := &aggregate.Query{Page: c.Page, Section: c.Section, Limit: c.Limit}
	var problems []error
	note := func(flag string, err error) {
		if err != nil {
			text := strings.TrimPrefix(err.Error(), aggregate.ErrBadQuery.Error()+": ") // each is a bad query
			problems = append(problems, fmt.Errorf("--%s: %s", flag, text))
		}
	}
	var err error
	q.Site, err = hit.ParseHost(strings.ToLower(c.Site))
	note("site", err)
	q.From, err = hit.ParseDay(c.From)
	note("from", err)
	q.To, err = hit.ParseDay(c.To)
	note("to", err)
	q.By, err = aggregate.ParseDim(c.By)
	note("by", err)
	if c.Where != "" {
		q.Where, err = aggregate.ParseWhere(c.Where)
		note("where", err)
	}
	q.Compare, err = aggregate.ParseCompare(c.Compare)
	note("compare", err)
	q.Sort, err = aggregate.ParseMeasure(c.Sort)
	note("sort", err)
	if c.Limit < 1 || c.Limit > aggregate.MaxLimit {
		note("limit", errors.New("1 to 10,000"))
	}
	if len(problems) > 0 {
		return nil, usageError{errors.Join(problems...)}
	}
	return q, nil
}

// dimList names the dimensions for the help text.
func dimList() string {
	var names []string
	for _, d := range aggregate.Dims() {
		names = append(names, d.String())
	}
	return strings.Join(names, ", ")
}
