package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/collector"
	"footfall/collector/edge"
	"footfall/dashboard"
	"footfall/static"
)

// web is the listeners and what they answer with.
type web struct {
	config    *Config
	log       *slog.Logger
	peers     *edge.Resolver
	recorder  *recorder
	places    *places
	intake    *collector.Collector
	notice    *noticePage
	dashboard *dashboard.Dashboard
	inForce   atomic.Pointer[configurations]
	zones     func() map[hit.Host]*time.Location // that the database has
	transport lineCounter                        // what net/http would have logged
	panics    atomic.Uint64                      // outside the intake
	ending    atomic.Bool                        // set by shutdown

	public, admin, board *listener // board is nil where the dashboard is on public
}

type listener struct {
	name string
	net  *cappedListener
	http *http.Server
}

// open makes the intake and the dashboard, and opens the listeners.
func (w *web) open(s *session, m *metrics) (err error) {
	w.inForce.Store(&configurations{w.config, w.config})
	w.zones = func() map[hit.Host]*time.Location { return zonesOf(s.db) }
	w.peers = edge.NewResolver(w.config.TrustedProxies)
	w.recorder = &recorder{next: s.db, log: w.log}
	if w.places, err = openPlaces(w.config); err != nil {
		return err
	}
	o, err := intakeOptions(w.config, zonesOf(s.db))
	if err != nil {
		return err
	}
	o.Recorder, o.Peers, o.Country, o.Now = w.recorder, w.peers, w.places.lookup, s.now
	o.OnPanic = func(functions string) { logPanic(w.log, functions) }
	if w.intake, err = collector.New(*o); err != nil {
		return fmt.Errorf("intake: %w", err)
	}
	s.rotate = w.intake.Rotate
	if w.notice, err = newNoticePage(w.config, s.db.Sites(), s.now); err != nil {
		return err
	}
	if err := w.listen(); err != nil {
		return err
	}
	options := dashboard.Options{
		Reports: s.db, Accounts: s.people, Peers: w.peers, PublicURL: w.config.PublicURL, Version: version(),
		Snippet: static.Snippet(w.publicURL()), Install: w.install(), Arrived: w.arrived, Settings: w.settingsOf,
		Failed: func(route string, err error) { w.log.Error("dashboard", "route", route, "error", err) },
	}
	options.Attribution, options.Sight, options.Excludes = collector.CountryAttribution, w.peers.Explain, w.intake.Excludes
	if len(w.config.LoginProxies) > 0 {
		options.LoginHeader = w.config.LoginHeader
		options.LoginProxy = func(r *http.Request) bool { return edge.Among(r, w.config.LoginProxies) }
	}
	if w.board != nil {
		options.DashboardURL = w.dashboardURL()
	} else { // elsewhere /optout is not at the dashboard's host
		options.Reach = func(host string) dashboard.Reach { return dashboard.Reach(w.intake.OptOutReach(host)) }
	}
	if w.dashboard, err = dashboard.New(options); err != nil {
		return err
	}
	w.handlers(s, m)
	return nil
}

// reload takes over what of a configuration needs no restart: all of it, or
// after an error nothing but perhaps the country database.
func (w *web) reload(config *Config, zones map[hit.Host]*time.Location) error {
	o, err := intakeOptions(config, zones)
	if err != nil {
		return err
	}
	if w.places.file != nil {
		if err := w.places.file.Reload(); err != nil {
			return err
		}
	}
	if err := w.intake.Replace(o); err != nil {
		return err
	}
	w.inForce.Store(&configurations{w.config, config})
	return nil
}

// reachWarning tells what a refusal lacks that is given where browsers reach
// the intake; "" where it lacks nothing, or nobody has said where that is.
func (w *web) reachWarning() string {
	u, err := url.Parse(w.config.PublicURL)
	if err != nil || u.Host == "" {
		return ""
	}
	switch w.intake.OptOutReach(u.Host) {
	case collector.ReachNone:
		return "a refusal given there reaches no site's pages: serve it under a site's own host, or set --optout-domain"
	case collector.ReachDomain:
		return "that host is no site's: Safari may keep a refusal given there for seven days only"
	}
	return ""
}

// zonesOf returns the zones that the database has for its sites.
func zonesOf(db *aggregate.DB) map[hit.Host]*time.Location {
	zones := make(map[hit.Host]*time.Location)
	for _, s := range db.Sites() {
		zones[s.Host] = s.Zone
	}
	return zones
}

// listen opens the listeners, before anything serves.
func (w *web) listen() (err error) {
	places := connectionCap()
	inherited, err := inheritedListeners()
	open := func(name, addr string) *listener {
		if err != nil {
			return nil
		}
		l := inherited[name]
		delete(inherited, name)
		if l == nil {
			l, err = net.Listen("tcp", addr)
		}
		if err != nil {
			err = fmt.Errorf("%s listener: %w", name, err)
			return nil
		}
		return &listener{name: name, net: capped(l, places)}
	}
	w.public = open("public", w.config.Listen)
	w.admin = open("admin", w.config.AdminListen)
	if w.config.DashboardListen != "" {
		w.board = open("dashboard", w.config.DashboardListen)
	}
	for name, l := range inherited { // nobody would accept from it, and clients would wait
		_ = l.Close()
		err = cmp.Or(err, fmt.Errorf("%s listener: the service manager opened one and no setting asks for it", name))
	}
	return err
}

// handlers puts together what each listener answers with.
func (w *web) handlers(s *session, m *metrics) {
	guarded := func(l *listener, next http.Handler) {
		l.http = newHTTPServer(&guard{next: next, hosts: w.hosts(), ending: &w.ending, panics: &w.panics, log: w.log}, &w.transport)
	}
	intake, board := newIntake(w.intake), newBoard(w.dashboard, w.log)
	w.notice.register(intake)
	if w.board == nil {
		guarded(w.public, together(intake, board))
	} else {
		guarded(w.public, intake)
		guarded(w.board, board)
	}
	m.watch(measured{
		intake: w.intake.Stats, store: s.db.Stats, sizes: s.db.Sizes, ready: s.db.Ready,
		lag:         func() time.Duration { return w.recorder.lag(time.Now()) },
		connections: w.waits, transport: w.transport.n.Load, panics: w.panics.Load,
	})
	guarded(w.admin, adminHandler(m, s.db.Ready))
}

// newIntake answers visitors' browsers: beacon, pixel and script.
func newIntake(c *collector.Collector) *echo.Echo {
	e := newEcho(func(err error, ec echo.Context) {
		status := http.StatusInternalServerError
		var he *echo.HTTPError
		if errors.As(err, &he) {
			status = he.Code
		}
		if !ec.Response().Committed {
			ec.Response().Header().Set("Cache-Control", "no-store")
			http.Error(ec.Response(), http.StatusText(status), status)
		}
	})
	c.Register(e)
	script := echo.WrapHandler(static.Handler())
	for _, name := range static.Names() {
		e.Any("/"+name, script)
		e.RouteNotFound("/"+name, script) // methods that echo has no name for
	}
	return e
}

// newBoard answers the publisher's staff, and logs them by route.
func newBoard(d *dashboard.Dashboard, log *slog.Logger) *echo.Echo {
	e := newEcho(d.HandleError)
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(ec echo.Context) error {
			start := time.Now()
			err := next(ec)
			if err != nil {
				ec.Error(err)
			}
			if route := ec.Path(); route != "" && route != "/*" { // strangers who try doors fill no log
				log.Info("dashboard", "method", ec.Request().Method, "route", route,
					"status", ec.Response().Status, "ms", time.Since(start).Milliseconds())
			}
			return nil
		}
	})
	d.Register(e)
	return e
}

// newEcho returns an echo that writes nothing of its own and believes no
// header about who the client is.
func newEcho(onError echo.HTTPErrorHandler) *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.Logger.SetOutput(io.Discard)
	e.IPExtractor = func(*http.Request) string { return "" }
	e.HTTPErrorHandler = onError
	return e
}

// together puts intake and dashboard on one listener: each path is the one's
// or the other's, and the intake's are never seen by the dashboard's log.
func together(intake, board *echo.Echo) http.Handler {
	taken := make(map[string]bool)
	for _, r := range intake.Routes() {
		taken[r.Path] = true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if taken[r.URL.Path] {
			intake.ServeHTTP(w, r)
			return
		}
		board.ServeHTTP(w, r)
	})
}

// adminHandler answers the machines that watch this one. Nothing here changes
// anything.
func adminHandler(m *metrics, ready func() error) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := ready(); err != nil {
			plain(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		plain(w, http.StatusOK, "ok")
	})
	return mux
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // the client is gone; there is nobody to tell
}

// hosts are those that a request in absolute form may name.
func (w *web) hosts() map[string]bool {
	out := map[string]bool{"localhost": true, "127.0.0.1": true, "::1": true}
	for i := range w.config.Sites {
		s := &w.config.Sites[i]
		out[s.Host.String()] = true
		for _, a := range s.Aliases {
			out[a.String()] = true
		}
	}
	if u, err := url.Parse(w.config.PublicURL); err == nil && u.Host != "" {
		out[hostWithoutPort(u.Host)] = true
	}
	return out
}

func (w *web) all() []*listener {
	var out []*listener
	for _, l := range []*listener{w.public, w.board, w.admin} {
		if l != nil {
			out = append(out, l)
		}
	}
	return out
}

func (w *web) waits() uint64 {
	var n uint64
	for _, l := range w.all() {
		n += l.net.waits.Load()
	}
	return n
}

// serve starts every listener; one that ends says so.
func (w *web) serve(ended chan<- error) {
	for _, l := range w.all() {
		go func() {
			if err := l.http.Serve(l.net); !errors.Is(err, http.ErrServerClosed) {
				ended <- fmt.Errorf("%s listener: %w", l.name, err)
			}
		}()
	}
}

// settleTime is how long connections that were accepted may take to send a
// request when the server ends, and to have it answered.
const settleTime = 500 * time.Millisecond

// shutdown stops accepting and waits for what is in flight; what is not done
// when ctx ends is cut off. net/http's Shutdown comes last: it drops, without
// an answer, a request that it reads after it was called. Until then each
// answer is the last of its connection, and connections that stay idle are
// Shutdown's to close.
func (w *web) shutdown(ctx context.Context) {
	w.ending.Store(true)
	settle, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	var all sync.WaitGroup
	for _, l := range w.all() {
		all.Go(func() {
			_ = l.net.Close() // Serve ends, connections go on
			l.net.ended(settle)
			if l.http.Shutdown(ctx) != nil {
				_ = l.http.Close()
			}
		})
	}
	all.Wait()
}

func (w *web) closeListeners() {
	for _, l := range w.all() {
		_ = l.net.Close()
	}
}

func (w *web) publicURL() string {
	if w.config.PublicURL != "" {
		return w.config.PublicURL
	}
	return localURL(w.public)
}

func (w *web) dashboardURL() string {
	if w.board != nil {
		return localURL(w.board)
	}
	return w.publicURL()
}

func (w *web) adminURL() string { return localURL(w.admin) }

// localURL is how a listener is reached from the machine itself.
func localURL(l *listener) string {
	host, port, err := net.SplitHostPort(l.net.Addr().String())
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + strings.ToLower(net.JoinHostPort(host, port))
}
