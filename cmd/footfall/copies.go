package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"footfall/aggregate"
)

// copyOf returns the path of a copy that a server or this process made. The
// caller removes it.
func (a *app) copyOf(config *Config, reply *controlReply) (string, error) {
	if reply.Code != 0 {
		return "", a.print(reply)
	}
	return filepath.Join(config.Data, filepath.Base(reply.File)), nil
}

type backupCommand struct {
	File string `arg:"" help:"Where to write it; nothing may be there."`
}

// Help is shown below the command's flags.
func (backupCommand) Help() string {
	return "The backup is a whole database, compacted: one state of it, between start and end. " +
		"It holds counters only; users and tokens are in accounts.json. What is older than the retention stays in old backups: keep none longer than that."
}

func (c *backupCommand) Run(a *app, ctx *context.Context) error {
	if _, err := os.Lstat(c.File); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("backup: %s exists", c.File)
	}
	config, err := a.config()
	if err != nil {
		return err
	}
	reply, err := a.onData(*ctx, config, "copy", new(copyCommand), existing)
	if err != nil {
		return err
	}
	copied, err := a.copyOf(config, reply)
	if err != nil {
		return err
	}
	defer os.Remove(copied)
	if err := moveFile(copied, c.File); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	_, err = fmt.Fprintf(a.stdout, "backup written to %s\n", c.File)
	return err
}

// moveFile gives a file another name, on another file system if need be. Under
// the new name there is the whole file or nothing.
func moveFile(from, to string) error {
	err := os.Link(from, to) // unlike a rename, it replaces nothing
	if errors.Is(err, os.ErrExist) {
		return err
	}
	if err != nil {
		if err := copyFile(from, to); err != nil {
			return err
		}
	}
	return syncDir(filepath.Dir(to))
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.CreateTemp(filepath.Dir(to), tempName())
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = out.Close()
			_ = os.Remove(out.Name())
		}
	}()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	if err := out.Sync(); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	return os.Rename(out.Name(), to)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) { // some file systems cannot
		return err
	}
	return nil
}

type restoreCommand struct {
	File string `arg:"" help:"A backup."`
}

func (c *restoreCommand) Run(a *app) error {
	config, err := a.config()
	if err != nil {
		return err
	}
	dir, err := openDir(config.Data, true)
	if err != nil {
		return err
	}
	defer dir.close()
	if err := aggregate.Restore(c.File, dir.store()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "restored to %s\n", dir.store())
	return err
}

type checkCommand struct {
	Format string `default:"text" placeholder:"FORMAT" help:"text or json (default text)."`
}

// Help is shown below the command's flags.
func (checkCommand) Help() string {
	return "Reads a copy of the whole database: structure, checksums, and the sums that must agree. " +
		"With --format json it prints the stored views of each site and day as they are, not rounded: for whoever holds the file anyway."
}

func (c *checkCommand) Run(a *app, ctx *context.Context) error {
	if c.Format != "text" && c.Format != "json" {
		return usagef("--format: text or json, not %q", c.Format)
	}
	report, err := a.checkData(*ctx)
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	if err := c.print(a.stdout, report); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	if !report.OK {
		return status(1)
	}
	return nil
}

// checkData checks the database where it lies while nobody has it open, else a
// copy that its server makes: a damaged file must not be read in the process
// that serves it.
func (a *app) checkData(ctx context.Context) (*aggregate.CheckReport, error) {
	config, err := a.config()
	if err != nil {
		return nil, err
	}
	var report *aggregate.CheckReport
	reply, err := a.either(ctx, config, "copy", new(copyCommand), existing, func(dir *dataDir) (_ *controlReply, err error) {
		report, err = aggregate.Check(dir.store())
		return nil, err
	})
	if err != nil || report != nil {
		return report, err
	}
	copied, err := a.copyOf(config, reply)
	if err != nil {
		return nil, err
	}
	defer os.Remove(copied)
	return aggregate.Check(copied)
}

func (c *checkCommand) print(w io.Writer, report *aggregate.CheckReport) error {
	if c.Format == "json" {
		return json.NewEncoder(w).Encode(report)
	}
	slices.Sort(report.Problems)
	for _, p := range report.Problems {
		if _, err := fmt.Fprintln(w, p); err != nil {
			return err
		}
	}
	days := 0
	for _, d := range report.Sites {
		days += len(d)
	}
	verdict := "well"
	if !report.OK {
		verdict = fmt.Sprintf("%d problems", len(report.Problems))
	}
	_, err := fmt.Fprintf(w, "%d sites, %d days: %s\n", len(report.Sites), days, verdict)
	return err
}
