package main

import (
	_ "embed"
	"io"
)

// What runs and watches the program, each as it fits this version: its
// metrics, its flags, its way of being told to end.
var (
	//go:embed printed/alerts.yml
	alertRules string
	//go:embed printed/grafana.json
	grafanaBoard string
	//go:embed printed/footfall.service
	systemdService string
	//go:embed printed/footfall.socket
	systemdSocket string
	//go:embed printed/compose.yaml
	composeFile string
)

type printAlertsCommand struct{}

func (printAlertsCommand) Run(a *app) error { return printText(a, alertRules) }

type printGrafanaCommand struct{}

func (printGrafanaCommand) Run(a *app) error { return printText(a, grafanaBoard) }

type printComposeCommand struct{}

func (printComposeCommand) Run(a *app) error { return printText(a, composeFile) }

type printSystemdCommand struct {
	Socket bool `help:"Print the socket unit instead of the service."`
}

func (c *printSystemdCommand) Run(a *app) error {
	if c.Socket {
		return printText(a, systemdSocket)
	}
	return printText(a, systemdService)
}

func printText(a *app, text string) error {
	_, err := io.WriteString(a.stdout, text)
	return err
}
