package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"
)

// commandLine is every command there is.
type commandLine struct {
	Config string  `placeholder:"FILE" help:"Configuration file (TOML)."`
	Data   *string `placeholder:"DIR" help:"Data directory (default ./footfall-data)."`

	Serve   serveCommand   `cmd:"" help:"Count hits and show the dashboard."`
	Import  importCommand  `cmd:"" help:"Count access logs."`
	Report  reportCommand  `cmd:"" help:"Answer one question about a site."`
	Explain explainCommand `cmd:"" help:"Tell what would be kept of a hit."`
	Check   checkCommand   `cmd:"" help:"Check every invariant of the database."`
	Compact compactCommand `cmd:"" help:"Rewrite the database without its free pages."`
	Backup  backupCommand  `cmd:"" help:"Write a compacted copy of the database."`
	Demo    demoCommand    `cmd:"" help:"Fill an empty data directory with a made-up history."`
	Restore restoreCommand `cmd:"" help:"Put a backup in the place of a database that is not there."`
	Site    siteCommand    `cmd:"" help:"List and forget sites."`
	User    userCommand    `cmd:"" help:"Who may log in to the dashboard."`
	Token   tokenCommand   `cmd:"" help:"Which programs may read the API."`
	Rotate  rotateCommand  `cmd:"" help:"Replace the secrets of the day at once."`
	Print   printCommand   `cmd:"" help:"Print the snippet, or an example for a proxy."`
	Conf    configCommand  `cmd:"" name:"config" help:"Check or print the configuration."`
	Notice  noticeCommand  `cmd:"" help:"Write the information text for the privacy page."`
	Record  recordCommand  `cmd:"" help:"Write the entry in the record of processing, and the balancing of interests."`
	Health  healthCommand  `cmd:"" help:"Ask the running server whether it can take hits."`
	Version versionCommand `cmd:"" help:"Print the version."`

	SelfAssessment selfAssessmentCommand `cmd:"" help:"Answer the regulator's criteria for this installation."`

	QuickCheck quickCheckCommand `cmd:"" hidden:"" help:"What serve runs first, in a process of its own."`
}

// healthCommand asks the server that runs on the data directory, for
// supervisors: without a server it fails.
type healthCommand struct{}

// healthTime is how long a server that lives may take to answer.
const healthTime = 5 * time.Second

func (c *healthCommand) Run(a *app, ctx *context.Context) error {
	config, err := a.config()
	if err != nil {
		return err
	}
	patience, cancel := context.WithTimeout(*ctx, healthTime)
	defer cancel()
	reply, err := ask(patience, config.Data, "health", c)
	if patience.Err() != nil {
		return fmt.Errorf("%s: the server has not answered within %s", config.Data, healthTime)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", config.Data, err)
	}
	return a.print(reply)
}

func (c *healthCommand) do(_ context.Context, s *session) error {
	if err := s.db.Ready(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(s.stdout, "ok")
	return err
}

type versionCommand struct{}

func (versionCommand) Run(a *app) error {
	_, err := fmt.Fprintf(a.stdout, "footfall %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// version returns the module's version where the binary was built from one,
// else the commit, else "devel".
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	commit, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			commit = s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+"
		}
	}
	if commit == "" {
		return "devel"
	}
	return commit + dirty
}

type configCommand struct {
	Check configCheckCommand `cmd:"" help:"Tell every problem of the configuration."`
	Print configPrintCommand `cmd:"" help:"Print every setting that is in force and where it came from."`
}

type configCheckCommand struct {
	Settings settingFlags `embed:""`
}

func (c *configCheckCommand) Run(a *app) error {
	config, err := loadConfig(a.line.Config, a.line.Data, &c.Settings, a.origin)
	if err != nil {
		return err
	}
	for _, l := range config.loosened() {
		fmt.Fprintln(a.stdout, "loosened:", l)
	}
	for _, l := range config.Controller.incomplete(time.Now()) {
		fmt.Fprintln(a.stdout, "to complete:", l)
	}
	_, err = fmt.Fprintln(a.stdout, "the configuration is well")
	return err
}

type configPrintCommand struct {
	Settings settingFlags `embed:""`
}

func (c *configPrintCommand) Run(a *app) error {
	config, err := loadConfig(a.line.Config, a.line.Data, &c.Settings, a.origin)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.stdout, config.toml())
	return err
}
