// Command footfall counts visits and forgets visitors: a first-party
// audience-measurement collector, its dashboard and its tools in one file.
//
// What enters: beacons and log lines; flags, environment and one optional
// file. What leaves: published values, and counters for Prometheus in steps of
// ten. Guaranteed: a hit that was answered 202 is on the disk; one process
// owns a data directory, and every command works while it runs; nothing that a
// visitor sent is logged; the program opens no connection but to its own
// control socket. Not guaranteed: a visitor who returns after a restart is
// counted again that day.
//
// The package parses, wires, waits and exits. What it wires is drawn in
// serve.go, how a command reaches the process that owns the data in
// control.go, and what may import what in deps_test.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // a scratch image has no zones of its own

	"github.com/alecthomas/kong"
)

func main() {
	dropEmpty()
	line := new(commandLine)
	parser, err := kong.New(line,
		kong.Name("footfall"),
		kong.Description("Counts visits and forgets visitors."),
		kong.DefaultEnvars("FOOTFALL"),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.Vars{"dims": dimList()},
	)
	if err != nil {
		panic(err) // the command line is ours
	}
	parsed, err := parser.Parse(os.Args[1:])
	if err != nil {
		os.Exit(misused(err))
	}
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, line: line, origin: originOf(parsed)}
	ctx, stop := interruptible(parsed.Command())
	code := tell(os.Stderr, parsed.Run(a, &ctx))
	stop()
	os.Exit(code)
}

// dropEmpty takes away variables that are there and empty: they are none, as
// an empty setting of a service file is. The password alone must be something.
func dropEmpty() {
	for _, v := range os.Environ() {
		name, value, _ := strings.Cut(v, "=")
		if value == "" && strings.HasPrefix(name, "FOOTFALL_") && name != adminPassword {
			_ = os.Unsetenv(name) // it fails only for a name that is none
		}
	}
}

// misused prints what is wrong with a command line, and where to read on.
func misused(err error) int {
	hint := "footfall --help"
	var parse *kong.ParseError
	if errors.As(err, &parse) {
		if node := parse.Context.Selected(); node != nil {
			hint = node.FullPath() + " --help"
		}
	}
	fmt.Fprintf(os.Stderr, "footfall: %v\nSee %s\n", err, hint)
	return 2
}

// originOf tells where a setting's value came from, for messages: the flag if
// it stands on the command line, else its twin in the environment.
func originOf(parsed *kong.Context) func(flag string) string {
	return func(name string) string {
		for _, p := range parsed.Path {
			if p.Flag != nil && p.Flag.Name == name {
				return "--" + name
			}
		}
		for _, flag := range parsed.Flags() {
			if flag.Name == name && len(flag.Envs) > 0 {
				return flag.Envs[0]
			}
		}
		return "--" + name
	}
}

// interruptible returns a context that an interrupt ends. The server has
// signals of its own.
func interruptible(command string) (context.Context, context.CancelFunc) {
	if command == "serve" {
		return context.Background(), func() {}
	}
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}
