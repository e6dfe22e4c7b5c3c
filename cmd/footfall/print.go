package main

import (
	_ "embed"
	"io"

	"footfall/static"
)

//go:embed printed/nginx.conf
var nginxExample string

//go:embed printed/Caddyfile
var caddyExample string

// printCommand prints what stands outside the program and must match its
// version: it is embedded, so it does.
type printCommand struct {
	Snippet printSnippetCommand `cmd:"" help:"Print the element that a page embeds."`
	Nginx   printNginxCommand   `cmd:"" help:"Print an example for nginx: first-party proxy and measurement log."`
	Caddy   printCaddyCommand   `cmd:"" help:"Print an example for Caddy: first-party proxy and measurement log."`
}

type printSnippetCommand struct {
	PublicURL *string `name:"public-url" placeholder:"URL" help:"Where browsers reach footfall (default: under /footfall of the site itself)."`
}

// snippetBase is where the printed proxy examples put footfall.
const snippetBase = "/footfall"

func (c *printSnippetCommand) Run(a *app) error {
	config, err := loadConfig(a.line.Config, a.line.Data, &settingFlags{PublicURL: c.PublicURL}, a.origin)
	if err != nil {
		return err
	}
	base := config.PublicURL
	if base == "" {
		base = snippetBase
	}
	_, err = io.WriteString(a.stdout, static.Snippet(base)+"\n")
	return err
}

type printNginxCommand struct{}

func (printNginxCommand) Run(a *app) error {
	_, err := io.WriteString(a.stdout, nginxExample)
	return err
}

type printCaddyCommand struct{}

func (printCaddyCommand) Run(a *app) error {
	_, err := io.WriteString(a.stdout, caddyExample)
	return err
}
