package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strings"

	"footfall/aggregate/hit"
	"footfall/static"
)

//go:embed printed/nginx.conf
var nginxExample string

//go:embed printed/nginx-login.conf
var nginxLoginExample string

//go:embed printed/Caddyfile
var caddyExample string

// printCommand prints what stands outside the program and must match its
// version: it is embedded, so it does.
type printCommand struct {
	Snippet printSnippetCommand `cmd:"" help:"Print the element that a page embeds."`
	Nginx   printNginxCommand   `cmd:"" help:"Print an example for nginx: first-party proxy and measurement log."`
	Caddy   printCaddyCommand   `cmd:"" help:"Print an example for Caddy: first-party proxy and measurement log."`
	Systemd printSystemdCommand `cmd:"" help:"Print the unit of a hardened service, or of its socket."`
	Compose printComposeCommand `cmd:"" help:"Print a compose file for a container."`
	Alerts  printAlertsCommand  `cmd:"" help:"Print alert rules for Prometheus."`
	Grafana printGrafanaCommand `cmd:"" help:"Print a dashboard of the metrics for Grafana."`
}

type printSnippetCommand struct {
	PublicURL *string  `name:"public-url" placeholder:"URL" help:"Where browsers reach footfall (default: under /footfall of the site itself)."`
	More      bool     `help:"Measure reading time, scroll, load time and uses of features too."`
	Routes    []string `sep:"none" placeholder:"TEMPLATE" help:"A route that a single-page application keeps behind #, as '/user/*'; repeat it. Routes that are paths need nothing."`
	Pixel     bool     `help:"Print the picture that counts a page without a script; browsers ask for it even after a refusal, which is then honoured here."`
	Site      string   `placeholder:"HOST" help:"With --pixel: the site."`
	Page      string   `placeholder:"PATH" default:"/" help:"With --pixel: the path of the page that it stands on."`
}

// Help is shown below the command's flags.
func (printSnippetCommand) Help() string {
	return "The element goes into the head of each page, or once into the page of a single-page application. " +
		"print nginx and print caddy put footfall under the site's own host; /test there explains why nothing arrives."
}

// snippetBase is where the printed proxy examples put footfall.
const snippetBase = "/footfall"

var errPixelSite = errors.New("--pixel needs --site HOST, and --page a path that begins with /")

func (c *printSnippetCommand) Run(a *app) error {
	config, err := loadConfig(a.line.Config, a.line.Data, &settingFlags{PublicURL: c.PublicURL}, a.origin)
	if err != nil {
		return err
	}
	embed := static.Embed{Base: config.PublicURL, More: c.More, Routes: c.Routes}
	if embed.Base == "" {
		embed.Base = snippetBase
	}
	for _, route := range embed.Routes {
		if !plainRoute(route) {
			return fmt.Errorf("--routes %q: a route begins with / and has letters, digits and / - _ . ~ *", route)
		}
	}
	element := embed.Element()
	if c.Pixel {
		site, err := hit.ParseHost(strings.ToLower(c.Site))
		if err != nil || !strings.HasPrefix(c.Page, "/") {
			return errPixelSite
		}
		element = static.Pixel(embed.Base, site.String(), c.Page)
	}
	_, err = io.WriteString(a.stdout, element+"\n")
	return err
}

// plainRoute tells whether a template of data-routes means in a regular
// expression what it says.
func plainRoute(s string) bool {
	return strings.HasPrefix(s, "/") && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("/-_.~*", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// proxyParts are those lines of the printed examples that put footfall under
// the site's own host; that for nginx needs no upstream.
func proxyParts() (nginx, caddy string) {
	nginx = part(nginxExample, "location "+snippetBase+"/ {")
	return strings.Replace(nginx, "http://footfall/", "http://127.0.0.1:8080/", 1), part(caddyExample, "handle_path "+snippetBase+"/* {")
}

// part returns the block of a printed example that begins with a line, without
// its indentation; "" where there is none.
func part(text, first string) string {
	var out []string
	indent := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if trimmed := strings.TrimLeft(line, " \t"); out == nil && trimmed == first {
			indent = line[:len(line)-len(trimmed)]
		} else if out == nil {
			continue
		}
		out = append(out, strings.TrimPrefix(line, indent))
		if line == indent+"}" {
			return strings.Join(out, "\n")
		}
	}
	return ""
}

type printNginxCommand struct {
	Login bool `help:"Print the example for a dashboard whose log-in is nginx's, or that of a single sign-on behind it."`
}

func (c *printNginxCommand) Run(a *app) error {
	if c.Login {
		return printText(a, nginxLoginExample)
	}
	return printText(a, nginxExample)
}

type printCaddyCommand struct{}

func (printCaddyCommand) Run(a *app) error { return printText(a, caddyExample) }
