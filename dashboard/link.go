package dashboard

import (
	"net/url"
	"strconv"
	"strings"

	"footfall/aggregate/hit"
)

// A view is the state of a page about one site: all of it stands in the URL.
type view struct {
	host  string
	dim   string // of the page with all rows; "" is the overview
	span  span
	page  string // breakdown of one page
	where string // DIM:VALUE
	chart string // which measure is drawn; "" is views and visitors
	lang  string // as asked, "" where the browser's language serves
	query string // search among rows
	sort  string // measure that rows are ordered by
	start int    // rows before the first shown
}

// The with functions return the view with one thing changed. What no longer
// fits goes: another period keeps the filter, another filter begins at the
// first row.

func (v view) withSpan(s span) view { v.span, v.start = s, 0; return v }

func (v view) withPeriod(name string) view { return v.withSpan(span{name: name}) }

func (v view) withPage(path string) view {
	v.page, v.where, v.dim, v.query, v.sort, v.start = path, "", "", "", "", 0
	return v
}

func (v view) withWhere(where string) view {
	v.page, v.where, v.dim, v.query, v.sort, v.start = "", where, "", "", "", 0
	return v
}

func (v view) withDim(dim string) view {
	v.dim, v.query, v.sort, v.start = dim, "", "", 0
	return v
}

func (v view) withChart(name string) view { v.chart = name; return v }
func (v view) withSort(name string) view  { v.sort, v.start = name, 0; return v }
func (v view) withStart(n int) view       { v.start = n; return v }

// values are the view's parameters, without those that say what goes unsaid.
func (v view) values() url.Values {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	if v.span.name == custom {
		set("from", v.span.from.String())
		set("to", v.span.to.String())
	} else {
		set("period", v.span.name)
	}
	set("page", v.page)
	set("where", v.where)
	set("chart", v.chart)
	set("q", v.query)
	set("sort", v.sort)
	set("lang", v.lang)
	if v.start > 0 {
		q.Set("start", strconv.Itoa(v.start))
	}
	return q
}

// link returns the view's URL below root, which leads from the page on which
// the link stands to the dashboard's first page.
func (v view) link(root string) string {
	path := root + "sites/" + url.PathEscape(v.host)
	if v.dim != "" {
		path += "/by/" + url.PathEscape(v.dim)
	}
	return withQuery(path, v.values())
}

// report returns the URL of the API's answer that stands behind a panel.
func (v view) report(root, by, format string, limit int) string {
	q := url.Values{"from": {v.span.from.String()}, "to": {v.span.to.String()}, "by": {by}, "format": {format}}
	if limit > 0 {
		q.Set("limit", strconv.Itoa(limit))
	}
	if v.page != "" {
		q.Set("page", v.page)
	}
	if v.where != "" {
		q.Set("where", v.where)
	}
	return withQuery(root+"api/v1/sites/"+url.PathEscape(v.host)+"/report", q)
}

func withQuery(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// rootOf returns the relative path from a request's path up to the first
// page, so that the dashboard works below any prefix that a proxy takes away.
func rootOf(escapedPath string) string {
	depth := strings.Count(escapedPath, "/") - 1
	if depth <= 0 {
		return "./"
	}
	return strings.Repeat("../", min(depth, 16))
}

// fields are hidden inputs that carry the view through a form.
func (v view) fields(without ...string) []field {
	q := v.values()
	for _, name := range without {
		q.Del(name)
	}
	var out []field
	for _, name := range []string{"period", "from", "to", "page", "where", "chart", "q", "sort", "lang"} {
		if value := q.Get(name); value != "" {
			out = append(out, field{name, value})
		}
	}
	return out
}

type field struct{ Name, Value string }

// filterable are the dimensions whose values can be followed to pages and
// sections, and which a page can be broken down by.
var filterable = map[string]bool{"referrer": true, "browser": true, "system": true, "device": true, "country": true}

// rowLink returns where a row leads, "" where there is nothing to follow: a
// page to its breakdown, a value of a filterable dimension to its pages.
// Special rows lead nowhere, but for visitors without a referrer and those
// from the site itself.
func (v view) rowLink(root, dim, value string) string {
	switch {
	case dim == "page" || dim == "entry" || dim == "exit":
		if _, err := hit.ParsePath(value); err == nil && v.page == "" {
			return v.withPage(value).link(root)
		}
	case filterable[dim] && v.page == "" && v.where == "":
		if !special(value) || value == hit.None || value == hit.Internal {
			return v.withWhere(dim + ":" + value).link(root)
		}
	}
	return ""
}
