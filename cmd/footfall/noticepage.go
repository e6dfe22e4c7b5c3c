package main

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/cmd/footfall/evidence"
	"footfall/collector"
)

// noticeRoute is the information text of the public listener (B-01).
const noticeRoute = "/notice"

// noticePage serves the information text in the visitor's language. It reads of
// a request nothing but the language, and the host to tell which site it is
// about; it sets no cookie, has no script and may be cached for an hour.
type noticePage struct {
	config *Config
	sites  []aggregate.SiteConfig
	now    func() time.Time
}

// newNoticePage renders the page once in each language, so that one that
// cannot be is found at start.
func newNoticePage(config *Config, sites []aggregate.SiteConfig, now func() time.Time) (*noticePage, error) {
	p := &noticePage{config, sites, now}
	for _, lang := range evidence.Languages {
		if _, err := p.render(lang, sites); err != nil {
			return nil, fmt.Errorf("information text: %w", err)
		}
	}
	return p, nil
}

// register adds the route, for every method: no other route takes one.
func (p *noticePage) register(e *echo.Echo) {
	handler := echo.WrapHandler(p)
	e.Any(noticeRoute, handler)
	e.RouteNotFound(noticeRoute, handler) // methods that echo has no name for
}

// noticePolicy lets the page load its style and send its form, and nobody show
// it inside another.
const noticePolicy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func (p *noticePage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		plain(w, http.StatusMethodNotAllowed, http.StatusText(http.StatusMethodNotAllowed))
		return
	}
	lang := noticeLanguage(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))
	page, err := p.render(lang, p.about(r.Host, r.URL.Query().Get("site")))
	if err != nil { // newNoticePage has rendered the same
		plain(w, http.StatusInternalServerError, http.StatusText(http.StatusInternalServerError))
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", lang)
	h.Set("Content-Security-Policy", noticePolicy)
	h.Set("Referrer-Policy", "same-origin") // with less, the form would say "Origin: null"
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("Vary", "Accept-Language")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodGet {
		_, _ = w.Write(page) // a client that has gone needs no page
	}
}

// about returns the one site that a request is about: that of the host it came
// to, the one it names, or the only one there is. Otherwise the page speaks of
// all of them.
func (p *noticePage) about(host, named string) []aggregate.SiteConfig {
	for _, name := range []string{hostWithoutPort(host), strings.ToLower(named)} {
		h, err := hit.ParseHost(name)
		if err != nil {
			continue
		}
		h = p.config.canonical(h)
		if i := slices.IndexFunc(p.sites, func(s aggregate.SiteConfig) bool { return s.Host == h && !s.Stored }); i >= 0 {
			return p.sites[i : i+1]
		}
	}
	return p.sites
}

// render writes the page. Its links are relative, so that they hold under
// whatever path a proxy puts it.
func (p *noticePage) render(lang string, sites []aggregate.SiteConfig) ([]byte, error) {
	facts := factsOf(p.config, sites, p.now())
	facts.ObjectionURL = strings.TrimPrefix(collector.OptOutRoute, "/") + "?lang=" + lang
	document, err := evidence.Notice(facts, lang)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = document.WritePage(&b, strings.TrimPrefix(collector.OptOutStyleRoute, "/"))
	return b.Bytes(), err
}

// noticeLanguage returns the language asked for, else the first of ours in an
// Accept-Language header, else English. Weights are not read: browsers send
// them in falling order.
func noticeLanguage(asked, header string) string {
	if slices.Contains(evidence.Languages, asked) {
		return asked
	}
	for part := range strings.SplitSeq(header[:min(len(header), 256)], ",") {
		tag, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(part)), ";")
		if primary, _, _ := strings.Cut(tag, "-"); slices.Contains(evidence.Languages, primary) {
			return primary
		}
	}
	return "en"
}
