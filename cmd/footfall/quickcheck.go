package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"footfall/aggregate"
)

// A server looks at its database in a process of its own before it opens it: a
// damaged file must not end the process that would serve it, nor keep it
// waiting. What the quick check reads is told in aggregate.QuickCheck; on 2 GiB
// it is one pass over the file. If that takes longer than quickDeadline the
// server starts without its verdict: it walks the tree itself, and believes no
// value whose checksum is wrong.
const quickDeadline = 30 * time.Second

// mostNamed is how many damaged things one log line names.
const mostNamed = 20

// quickVerdict is what the child prints.
type quickVerdict struct {
	Damaged []string `json:"damaged,omitempty"` // and can be served around
	Refused string   `json:"refused,omitempty"` // why nothing can be served
	Advice  string   `json:"advice,omitempty"`  // what to do then
}

// quickCheckCommand is the child.
type quickCheckCommand struct {
	File string `arg:""`
}

func (c *quickCheckCommand) Run(a *app) error {
	var v quickVerdict
	damaged, err := aggregate.QuickCheck(c.File)
	if err != nil {
		v.Refused, v.Advice = err.Error(), advice(err)
	}
	v.Damaged = damaged
	return json.NewEncoder(a.stdout).Encode(&v)
}

// advice tells what to do about a database that cannot be served.
func advice(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "let the user that runs footfall read and write the file and its directory"
	case errors.Is(err, aggregate.ErrNoFile):
		return "put the database itself there, or nothing for a new one"
	case errors.Is(err, aggregate.ErrNewer):
		return "run the version that wrote it, or a later one"
	case errors.Is(err, aggregate.ErrDamaged):
		return "move the file away and put a backup in its place with footfall restore"
	}
	return "see to what the error names, and start again"
}

// checkFirst runs the quick check on the database of a data directory. The
// error says in one sentence why it cannot be served.
func checkFirst(data string, log *slog.Logger) error {
	file := filepath.Join(data, storeName)
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program for the quick check: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), quickDeadline)
	defer cancel()
	child := exec.CommandContext(ctx, program, "quick-check", file)
	child.Args[0] = os.Args[0]
	var out bytes.Buffer
	child.Stdout = &out // what a crash would print is of no use to an operator
	err = child.Run()
	var v quickVerdict
	switch {
	case ctx.Err() != nil:
		log.Warn("the quick check of the database was given up; what is damaged will show when it is read", "after", quickDeadline)
		return nil
	case err != nil, json.Unmarshal(out.Bytes(), &v) != nil:
		return fmt.Errorf("the quick check of %s did not end well (%v): restore a backup with footfall restore, and keep the file", file, child.ProcessState)
	case v.Refused != "":
		return fmt.Errorf("%s; nothing was changed: %s", v.Refused, v.Advice)
	}
	if n := len(v.Damaged); n > 0 {
		named := strings.Join(v.Damaged[:min(n, mostNamed)], ", ")
		log.Warn("parts of the database are damaged and shown as damaged; the rest is served", "parts", n, "damaged", named)
	}
	return nil
}
