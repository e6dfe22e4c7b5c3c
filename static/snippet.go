package static

import (
	"html/template"
	"strings"
)

// Embed says how a page embeds the script. The zero Embed counts views.
type Embed struct {
	// Base is the collector's address, with or without a final slash:
	// "https://stats.example.org", or "/stats" below the site's own host; "" is
	// the site's own root.
	Base string
	// More is whether times and features are measured too.
	More bool
	// Routes are the templates of the routes that a page keeps behind #, such as
	// "/user/*". A template has no blank.
	Routes []string
}

// Element returns the element that a page embeds, on one line without its end.
//
// The element is async: a slow collector then holds back neither the parsing of
// the page nor DOMContentLoaded. crossorigin and referrerpolicy keep the site's
// cookies and the page's address out of the request for the script itself.
func (e *Embed) Element() string {
	return execute(`<script async src="{{.Src}}" crossorigin="anonymous" referrerpolicy="no-referrer"`+
		`{{if .More}} data-more{{end}}{{with .Routes}} data-routes="{{.}}"{{end}}></script>`,
		map[string]any{"Src": under(e.Base, Script), "More": e.More, "Routes": strings.Join(e.Routes, " ")})
}

// Snippet returns the element of the zero Embed under a base.
func Snippet(base string) string { return (&Embed{Base: base}).Element() }

// Pixel returns the element that counts a page without a script: site is the
// site's host, page the path that the element stands on. A browser asks for it
// whatever its visitor has objected to, which the collector then honours; so it
// is no part of the snippet.
func Pixel(base, site, page string) string {
	return execute(`<img src="{{.Src}}?s={{.Site}}&amp;p={{.Page}}" alt="" width="1" height="1" referrerpolicy="no-referrer">`,
		map[string]any{"Src": under(base, "hit.gif"), "Site": site, "Page": page})
}

func under(base, name string) string { return strings.TrimRight(base, "/") + "/" + name }

func execute(text string, values map[string]any) string {
	t := template.Must(template.New("element").Parse(text))
	var b strings.Builder
	if err := t.Execute(&b, values); err != nil {
		panic(err) // a strings.Builder takes everything, and the templates name what is there
	}
	return b.String()
}
