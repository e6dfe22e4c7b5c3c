package dashboard

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"

	"footfall/aggregate"
	"footfall/aggregate/hit"
)

// getReport answers GET /api/v1/sites/HOST/report.
func (d *Dashboard) getReport(c *call) error {
	site, err := d.site(c)
	if err != nil {
		return err
	}
	q, format, err := parseReport(c.r.URL.Query())
	if err != nil {
		return err
	}
	q.Site = site.Host
	report, err := d.ask(c, q)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if format == "csv" {
		if err := report.WriteCSV(&b); err != nil {
			return err
		}
		c.w.Header().Set("Content-Disposition", `attachment; filename="`+fileName(q)+`"`)
		c.reply(http.StatusOK, "text/csv; charset=utf-8; header=present", b.Bytes())
		return nil
	}
	body, err := report.MarshalJSON()
	if err != nil {
		return err
	}
	c.reply(http.StatusOK, "application/json; charset=utf-8", append(body, '\n'))
	return nil
}

// fileName names an export by checked values only: a host, a dimension, days.
func fileName(q *aggregate.Query) string {
	by := q.By.String()
	if by == "" {
		by = "totals"
	}
	return q.Site.String() + "_" + by + "_" + q.From.String() + "_" + q.To.String() + ".csv"
}

// parseReport reads the parameters of a report, each at most once and none
// that is not known: a misspelt filter must not look like an answer.
func parseReport(v url.Values) (q *aggregate.Query, format string, err error) {
	for name, values := range v {
		switch name {
		case "from", "to", "by", "page", "section", "where", "compare", "sort", "limit", "format", "lang":
		default:
			return nil, "", badRequest("unknown_parameter",
				"parameters are from, to, by, page, section, where, compare, sort, limit and format")
		}
		if len(values) > 1 {
			return nil, "", badRequest("repeated_parameter", "a parameter is given once")
		}
	}
	q = &aggregate.Query{Page: v.Get("page"), Section: v.Get("section")}
	if q.From, err = hit.ParseDay(v.Get("from")); err == nil {
		q.To, err = hit.ParseDay(v.Get("to"))
	}
	if err != nil {
		return nil, "", badRequest("bad_day", "from and to are days of the form 2026-11-23")
	}
	if q.By, err = aggregate.ParseDim(v.Get("by")); err != nil {
		return nil, "", err
	}
	if q.Compare, err = aggregate.ParseCompare(v.Get("compare")); err != nil {
		return nil, "", err
	}
	if q.Sort, err = aggregate.ParseMeasure(v.Get("sort")); err != nil {
		return nil, "", err
	}
	if where := v.Get("where"); where != "" {
		if q.Where, err = aggregate.ParseWhere(where); err != nil {
			return nil, "", err
		}
	}
	if limit := v.Get("limit"); limit != "" {
		q.Limit, err = strconv.Atoi(limit)
		if err != nil || q.Limit < 1 || q.Limit > aggregate.MaxLimit {
			return nil, "", badRequest("bad_limit", "limit is 1 to 10,000")
		}
	}
	format = v.Get("format")
	switch format {
	case "", "json", "csv":
		return q, format, nil
	}
	return nil, "", badRequest("bad_format", "format is json or csv")
}
