package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"footfall/aggregate"
	"footfall/collector"
	"footfall/static"
)

// adminPassword is the variable that makes the user admin. It is no setting:
// a password in a file or on a command line is a password that others read.
const adminPassword = "FOOTFALL_ADMIN_PASSWORD"

// Deadlines of the end: what is in flight has drainTime, the whole has endTime.
const (
	drainTime = 7 * time.Second
	endTime   = 10 * time.Second
)

type serveCommand struct {
	Settings settingFlags `embed:""`
}

// Help is shown below the command's flags.
func (serveCommand) Help() string {
	return "SIGTERM, SIGINT and SIGQUIT finish what is in flight, write it and end with 0; a second one ends at once. " +
		"SIGHUP reads the configuration again and takes over what needs no restart. " +
		"Without a user a one-time URL to make the first is printed; " + adminPassword + " makes the user admin instead."
}

func (c *serveCommand) Run(a *app) error {
	config, err := loadConfig(a.line.Config, a.line.Data, &c.Settings, a.origin)
	if err != nil {
		return err
	}
	if len(config.Sites) == 0 {
		return &configError{[]string{"no site: give --site HOST, or a [[site]] table in the file"}}
	}
	if runtime.GOMAXPROCS(0) < 2 {
		runtime.GOMAXPROCS(2) // with one, each commit would stop everything else (PERFORMANCE.md)
	}
	limitMemory(len(config.Sites))
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT)
	again := make(chan os.Signal, 1)
	signal.Notify(again, syscall.SIGHUP)
	signal.Ignore(syscall.SIGPIPE) // a log that nobody reads any more stops no counting

	log := newLog(a.stderr)
	if err := checkFirst(config.Data, log); err != nil {
		return err
	}
	s, err := newServer(config, log)
	if err != nil {
		return err
	}
	s.load = func() (*Config, error) { return loadConfig(a.line.Config, a.line.Data, &c.Settings, a.origin) }
	if err := s.announce(a.stdout); err != nil {
		s.abandon()
		return err
	}
	return s.run(signals, again)
}

// server is all that serve starts, and stops in the reverse order.
type server struct {
	config  *Config
	log     *slog.Logger
	dir     *dataDir
	session *session
	metrics *metrics
	web     *web
	control net.Listener
	load    func() (*Config, error) // reads the configuration again
}

// newServer takes the data directory, opens what it holds and every listener.
// Nothing serves yet.
func newServer(config *Config, log *slog.Logger) (*server, error) {
	s := &server{config: config, log: log, metrics: newMetrics()}
	if err := s.open(); err != nil {
		s.abandon()
		return nil, err
	}
	return s, nil
}

func (s *server) open() (err error) {
	if s.dir, err = openDir(s.config.Data, true); err != nil {
		return err
	}
	if err := s.dir.sweep(); err != nil {
		return err
	}
	if s.session, err = openSession(s.config, s.dir, s.metrics.observeCommit); err != nil {
		return err
	}
	if password, given := os.LookupEnv(adminPassword); given {
		if err := s.session.people.EnsureAdmin(context.Background(), s.session.byPassword(), password); err != nil {
			return fmt.Errorf("%s: %w", adminPassword, err)
		}
	}
	s.web = &web{config: s.config, log: s.log}
	if err := s.web.open(s.session, s.metrics); err != nil {
		return err
	}
	if s.control, err = listenControl(s.dir); err != nil {
		return err
	}
	s.session.noteSettings(s.log, s.config, "started, footfall "+version())
	return nil
}

// abandon gives back what a start that failed has taken.
func (s *server) abandon() {
	if s.control != nil {
		_ = s.control.Close()
	}
	if s.web != nil {
		s.web.closeListeners()
	}
	if s.session != nil {
		_ = s.session.close() // nothing was counted
	}
	if s.dir != nil {
		s.dir.close()
	}
}

// announce prints where everything is, and what is looser than it could be.
func (s *server) announce(w io.Writer) error {
	var b strings.Builder
	public := s.web.publicURL()
	fmt.Fprintf(&b, "footfall %s\n", version())
	fmt.Fprintf(&b, "dashboard  %s/\n", s.web.dashboardURL())
	fmt.Fprintf(&b, "script     %s/beacon.js\n", public)
	fmt.Fprintf(&b, "embed      %s\n", static.Snippet(public))
	fmt.Fprintf(&b, "metrics    %s/metrics\n", s.web.adminURL())
	fmt.Fprintf(&b, "data       %s\n", s.dir.path)
	fmt.Fprintf(&b, "memory     at most %d MiB, beside the pages of the file that the kernel caches\n", aggregate.MemoryLimit(len(s.config.Sites), 0)>>20)
	fmt.Fprintf(&b, "countries  %s\n", s.web.places)
	fmt.Fprintf(&b, "objection  %s%s\n", public, collector.OptOutRoute)
	if warning := s.web.reachWarning(); warning != "" {
		fmt.Fprintf(&b, "objection  %s\n", warning)
	}
	for _, l := range s.config.loosened() {
		fmt.Fprintf(&b, "loosened   %s\n", l)
	}
	if s.dir.exposed() {
		fmt.Fprintf(&b, "loosened   others on this machine may look into %s (its mode should be 0700)\n", s.dir.path)
	}
	if setup := s.web.dashboard.SetupURL(s.web.dashboardURL()); setup != "" {
		fmt.Fprintf(&b, "set up     %s (once, for the first user)\n", setup)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// run serves until a signal, or until the database must not be written to any
// more, and then ends in order: intake, loops, what waits, the database.
func (s *server) run(signals, again <-chan os.Signal) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	control := controlServer(s.session)
	ended := make(chan error, 8)
	s.web.serve(ended)
	go func() { ended <- fmt.Errorf("control socket: %w", control.Serve(s.control)) }()

	var loops sync.WaitGroup
	loops.Go(func() { ended <- fmt.Errorf("database: %w", s.session.db.Run(ctx)) })
	loops.Go(func() { _ = s.web.intake.Run(ctx) }) // it ends with ctx
	loops.Go(func() { s.reloads(ctx, again) })
	loops.Go(func() { s.sweeps(ctx) })
	loops.Go(func() { watchdog(ctx, s.session.db.Ready) })
	loops.Go(func() { logMinutes(ctx, s.log, s.web.intake.Stats, s.web.peers.Untrusted) })

	_ = notify("READY=1") // a service manager that does not hear it says so itself
	select {
	case err := <-ended:
		if errors.Is(err, aggregate.ErrFatal) {
			return err // nobody knows what is on the disk: nothing more is written or acknowledged
		}
		s.log.Error("a part of the server ended", "error", err)
		_ = s.drain(control, stop, &loops) // the first error is the one to tell
		return err
	case sig := <-signals:
		s.log.Info("ending", "signal", sig.String())
	}
	go s.force(signals)
	return s.drain(control, stop, &loops)
}

// sweeps removes, once a minute, what killed commands left in the data
// directory: finished days of an import hold paths.
func (s *server) sweeps(ctx context.Context) {
	every := time.NewTicker(time.Minute)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		if err := s.dir.sweep(); err != nil {
			s.log.Error("data directory", "error", err)
		}
		s.session.notePurges(s.log)
		s.session.compaction.tell(s.log, s.session.db.Stats().Compaction)
	}
}

// reloads takes over the configuration at each signal until ctx ends. A
// configuration with a problem changes nothing.
func (s *server) reloads(ctx context.Context, again <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-again:
		}
		config, err := s.load()
		if err == nil {
			err = s.web.reload(config, zonesOf(s.session.db))
		}
		if err != nil {
			s.log.Error("the configuration was not taken over", "error", err)
			continue
		}
		s.session.noteSettings(s.log, s.web.inForce.Load().inForce(), "configuration read again")
		s.log.Info("configuration taken over", "what", "excluded networks, spam list, templates, countries", "countries", s.web.places.String())
	}
}

// force ends the process at once on a second signal, or when the end takes
// too long. What was acknowledged is on the disk all the same.
func (s *server) force(signals <-chan os.Signal) {
	late := time.NewTimer(endTime)
	defer late.Stop()
	select {
	case <-signals:
	case <-late.C:
	}
	s.log.Error("ended by force")
	os.Exit(1)
}

func (s *server) drain(control *http.Server, stopLoops context.CancelFunc, loops *sync.WaitGroup) error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	_ = notify("STOPPING=1") // as above
	s.web.shutdown(ctx)
	if control.Shutdown(ctx) != nil {
		_ = control.Close() // the command's client sees the connection end
	}
	stopLoops()
	loops.Wait()
	s.session.notePurges(s.log)
	err := s.session.close()
	s.dir.removeSocket()
	s.dir.close()
	if err == nil {
		s.log.Info("ended", "written", "all")
	}
	return err
}
