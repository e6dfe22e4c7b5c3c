package main

import (
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/collector"
)

// What operators scrape are answers too (DESIGN.md, section 6). So counts of
// hits move in steps of ten and carry the rest; durations take one batch in
// ten; nothing counts visits, visitors, keys or cells. The collectors of
// client_golang for the Go runtime and the process are left out: the number of
// allocations tells each single request, and open descriptors tell who is
// there. The resident memory of a process is its supervisor's to measure.

// inTens returns what may be shown of a count: polled however often, it never
// shows a single request (B-07).
func inTens(n uint64) uint64 { return n - n%10 }

// Bytes that change with each commit would tell when a hit came: they are
// shown in steps, as of some moment in the last ten minutes.
const (
	byteStep = 64 << 10
	byteAge  = 10 * time.Minute
)

func inSteps(n int64) float64 { return float64((n + byteStep - 1) / byteStep * byteStep) }

// metrics is what /metrics shows.
type metrics struct {
	registry *prometheus.Registry
	commit   prometheus.Histogram
}

// measured is where the numbers come from, at each scrape.
type measured struct {
	intake      func() collector.Stats
	store       func() aggregate.Stats
	sizes       func() aggregate.Sizes // asked once in byteAge
	connections func() uint64          // accepts that found no place
	transport   func() uint64          // lines that net/http would have logged
	panics      func() uint64          // outside the intake
	ready       func() error
	lag         func() time.Duration
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewPedanticRegistry(),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "footfall_commit_duration_seconds",
			Help:    "Duration of writing a batch of hits, one batch in ten.",
			Buckets: []float64{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5},
		}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "footfall_build_info",
		Help:        "1, with the version that runs.",
		ConstLabels: prometheus.Labels{"version": version()},
	})
	build.Set(1)
	m.registry.MustRegister(m.commit, build)
	return m
}

// observeCommit is told of one batch in ten.
func (m *metrics) observeCommit(d time.Duration) { m.commit.Observe(d.Seconds()) }

// watch registers the numbers that are read at each scrape. Every series is
// there from the first scrape on: no visitor can make one.
func (m *metrics) watch(from measured) { m.registry.MustRegister(&scraped{from: from}) }

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorLog: silent(), MaxRequestsInFlight: 4})
}

var (
	hitsDesc = prometheus.NewDesc("footfall_hits_total",
		"Hits by what became of them, in steps of ten. Objections and excluded networks are in no number.",
		[]string{"site", "verdict"}, nil)
	refusedDesc = prometheus.NewDesc("footfall_hits_refused_total",
		"Requests of the intake that were not taken in, by reason, in steps of ten.",
		[]string{"reason"}, nil)
	blockDesc = prometheus.NewDesc("footfall_block_bytes",
		"Encoded size of the closed days.", nil, nil)
	openDayDesc = prometheus.NewDesc("footfall_open_day_bytes",
		"Size of the records of the running days, in steps of 64 KiB, at most ten minutes old.", nil, nil)
	fileDesc = prometheus.NewDesc("footfall_database_bytes",
		"Size of the database file, in steps of 64 KiB.", nil, nil)
	freeDesc = prometheus.NewDesc("footfall_database_free_bytes",
		"Size of the free pages in the database file, in steps of 64 KiB, at most ten minutes old.", nil, nil)
	lagDesc = prometheus.NewDesc("footfall_commit_lag_seconds",
		"Age of the oldest hit that waits to be written, to a tenth of a second; 0 at rest.", nil, nil)
	capDesc = prometheus.NewDesc("footfall_cap_ratio",
		"How full the fullest site's table of a kind is, in steps of a twentieth.", []string{"table"}, nil)
	cappedDesc = prometheus.NewDesc("footfall_caps_reached_total",
		"Days on which a site's table had no place left for a value.", []string{"table"}, nil)
	compactionDesc = prometheus.NewDesc("footfall_compaction_failures_total",
		"Compactions after a deletion that failed: what was deleted stands in free pages until one succeeds.", nil, nil)
	waitsDesc = prometheus.NewDesc("footfall_connection_waits_total",
		"Times that a connection had to wait because the cap was reached.", nil, nil)
	transportDesc = prometheus.NewDesc("footfall_transport_errors_total",
		"Errors of connections that net/http reports; their text is not kept.", nil, nil)
	panicsDesc = prometheus.NewDesc("footfall_panics_total",
		"Panics in handlers that were answered 500.", nil, nil)
	readyDesc = prometheus.NewDesc("footfall_ready",
		"1 while hits can be written, else 0.", nil, nil)
)

// scraped reads the numbers of the process when it is asked.
type scraped struct {
	from measured

	mu    sync.Mutex // guards those below; held for reading the figures
	bytes aggregate.Sizes
	read  time.Time
}

// sizes returns the figures in bytes as they were at most byteAge ago.
func (s *scraped) sizes() aggregate.Sizes {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.read.IsZero() || time.Since(s.read) >= byteAge {
		s.bytes, s.read = s.from.sizes(), time.Now()
	}
	return s.bytes
}

// Describe implements prometheus.Collector.
func (s *scraped) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{hitsDesc, refusedDesc, blockDesc, openDayDesc, fileDesc, freeDesc, lagDesc,
		capDesc, cappedDesc, compactionDesc, waitsDesc, transportDesc, panicsDesc, readyDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *scraped) Collect(ch chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, n uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	intake := s.from.intake()
	for i := range intake.Sites {
		site := &intake.Sites[i]
		for _, v := range site.Verdicts {
			counter(hitsDesc, inTens(v.N), site.Host.String(), v.Verdict.String())
		}
	}
	counter(hitsDesc, inTens(intake.UnknownSite), hit.Unknown, hit.UnknownSite.String())
	counter(refusedDesc, inTens(intake.Malformed), "malformed")
	counter(refusedDesc, inTens(intake.Limited), "limited")
	counter(refusedDesc, inTens(intake.Unavailable), "unavailable")

	store := s.from.store()
	sizes := s.sizes()
	gauge(blockDesc, float64(sizes.BlockBytes))
	gauge(openDayDesc, inSteps(sizes.OpenDayBytes))
	gauge(fileDesc, inSteps(sizes.FileBytes))
	gauge(freeDesc, inSteps(sizes.FreeBytes))
	for _, c := range store.Caps {
		gauge(capDesc, inTwentieths(c.Share), c.Table)
		counter(cappedDesc, uint64(c.Reached), c.Table)
	}

	counter(compactionDesc, uint64(store.CompactionFailures))
	gauge(lagDesc, s.from.lag().Seconds())
	counter(waitsDesc, s.from.connections())
	counter(transportDesc, s.from.transport())
	counter(panicsDesc, intake.Panics+s.from.panics())
	ready := 1.0
	if s.from.ready() != nil {
		ready = 0
	}
	gauge(readyDesc, ready)
}

// inTwentieths keeps a share from telling single keys.
func inTwentieths(share float64) float64 { return float64(int(share*20)) / 20 }
