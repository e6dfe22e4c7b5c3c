package main

import (
	"context"

	"footfall/collector"
)

// explainCommand tells what would be kept of hits that somebody writes down.
type explainCommand struct{}

// Help is shown below the command's flags.
func (explainCommand) Help() string {
	return `Reads a JSON object a line, {"agent", "address", "url", "referrer", "headers", "site", "complete"}, each optional, ` +
		"and writes a line for each: all that would be kept of the hit, and why. It touches no data."
}

func (explainCommand) Run(a *app, ctx *context.Context) error {
	config, err := a.config()
	if err != nil {
		return err
	}
	o, err := intakeOptions(config, nil)
	if err != nil {
		return err
	}
	from, err := openPlaces(config)
	if err != nil {
		return err
	}
	o.Country = from.lookup
	return collector.Explain(*ctx, a.stdin, a.stdout, *o)
}
