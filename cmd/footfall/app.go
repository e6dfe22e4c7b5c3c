package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// app is one run of the program: what it was given and where it answers.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	line           *commandLine
	origin         func(flag string) string
}

// usageError is a command line that asks for what cannot be: exit code 2.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// status is the exit code of a command that has printed what there is to say.
type status int

func (s status) Error() string { return fmt.Sprintf("exit code %d", int(s)) }

// exitCode is 0 well, 1 failed, 2 usage.
func exitCode(err error) int {
	var s status
	var usage usageError
	var config *configError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &s):
		return int(s)
	case errors.As(err, &usage), errors.As(err, &config):
		return 2
	}
	return 1
}

// tell prints an error as the program's last word and returns the exit code.
func tell(stderr io.Writer, err error) int {
	var s status
	if err != nil && !errors.As(err, &s) {
		fmt.Fprintf(stderr, "footfall: %v\n", err)
	}
	return exitCode(err)
}

// config reads the configuration of a command that has no settings of its own.
func (a *app) config() (*Config, error) {
	return loadConfig(a.line.Config, a.line.Data, new(settingFlags), a.origin)
}

// dataCommand is a command that works on an open data directory, whoever has
// it open. Its exported fields are its arguments: they travel as JSON.
type dataCommand interface {
	// do prints to the session. It answers the same on a directory at rest
	// and in a server.
	do(ctx context.Context, s *session) error
}

// perform runs a command on the session's data directory and keeps what it
// printed.
func (s *session) perform(ctx context.Context, command dataCommand) *controlReply {
	var stdout, stderr bytes.Buffer
	one := *s
	one.stdout, one.stderr = &stdout, &stderr
	code := tell(&stderr, command.do(ctx, &one))
	return &controlReply{stdout.String(), stderr.String(), code, one.file}
}

// access says what a command needs of the data directory.
type access bool

const (
	existing access = false // it reads: without a database there is nothing to do
	creating access = true  // it writes: the directory is made where it is missing
)

// onData runs a command on the data directory: itself where the lock is free,
// through the server that holds it otherwise.
func (a *app) onData(ctx context.Context, config *Config, name string, command dataCommand, need access) (*controlReply, error) {
	return a.either(ctx, config, name, command, need, func(dir *dataDir) (*controlReply, error) {
		s, err := openSession(config, dir, nil)
		if err != nil {
			return nil, err
		}
		reply := s.perform(ctx, command)
		return reply, s.close()
	})
}

// either calls atRest with the lock held, or has the server that holds it run
// the command. A server that is starting is waited for.
func (a *app) either(ctx context.Context, config *Config, name string, command dataCommand, need access,
	atRest func(*dataDir) (*controlReply, error)) (*controlReply, error) {
	for start := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		dir, err := take(config, need)
		var held *heldError
		if errors.As(err, &held) {
			reply, err := ask(ctx, config.Data, name, command)
			if !errors.Is(err, errNoServer) {
				return reply, err
			}
			if time.Since(start) > startWait || ctx.Err() != nil {
				return nil, fmt.Errorf("%w; %w there", held, errNoServer)
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		defer dir.close()
		return atRest(dir)
	}
}

// take locks the data directory as a command needs it.
func take(config *Config, need access) (*dataDir, error) {
	if need == existing {
		if _, err := os.Stat(filepath.Join(config.Data, storeName)); errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("%s: %w", config.Data, errNoData)
		}
	}
	dir, err := openDir(config.Data, need == creating)
	if err != nil {
		return nil, err
	}
	if err := dir.sweep(); err != nil {
		dir.close()
		return nil, err
	}
	return dir, nil
}

// run is onData for a command whose output is all there is to it.
func (a *app) run(ctx context.Context, name string, command dataCommand, need access) error {
	config, err := a.config()
	if err != nil {
		return err
	}
	reply, err := a.onData(ctx, config, name, command, need)
	if err != nil {
		return err
	}
	return a.print(reply)
}

// print passes a command's output on.
func (a *app) print(reply *controlReply) error {
	if _, err := io.WriteString(a.stdout, reply.Stdout); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	if _, err := io.WriteString(a.stderr, reply.Stderr); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	if reply.Code != 0 {
		return status(reply.Code)
	}
	return nil
}
