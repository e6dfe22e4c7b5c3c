package static_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"
)

// A traceEvent is a span of the browser's own trace, in microseconds.
type traceEvent struct {
	Name string  `json:"name"`
	Dur  float64 `json:"dur"`  // by the clock
	TDur float64 `json:"tdur"` // of the processor
	Args struct {
		Data struct {
			URL string `json:"url"`
		} `json:"data"`
	} `json:"args"`
}

// The script's share of the main thread, as the browser measures it: compiling
// and running it, the request included. Printed, not judged: a clock decides
// nothing on a busy machine.
func TestMainThreadCost(t *testing.T) {
	t.Parallel()
	const loads = 9
	w := newWorld(t, setup{})
	w.open("/") // warms up what a first page warms up
	w.expect(view("/"))
	events := trace(w, func() {
		for range loads {
			w.open("/one")
			w.expect(view("/one"))
		}
	})
	var run, processor []float64
	for _, e := range events {
		if e.Name == "EvaluateScript" && strings.HasSuffix(e.Args.Data.URL, "/beacon.js") {
			run, processor = append(run, e.Dur), append(processor, e.TDur)
		}
	}
	if len(run) != loads {
		t.Fatalf("%d of %d loads are in the trace", len(run), loads)
	}
	slices.Sort(run)
	slices.Sort(processor)
	t.Logf("beacon.js on the main thread, %d loads: median %.0f us, slowest %.0f us; processor time: median %.0f us, most %.0f us",
		loads, run[loads/2], run[loads-1], processor[loads/2], processor[loads-1])
}

// trace runs f and returns the scripts that the browser ran meanwhile.
func trace(w *world, f func()) []traceEvent {
	w.t.Helper()
	var events []traceEvent
	complete := make(chan struct{})
	err := chromedp.ListenBrowser(w.ctx, func(event any) {
		switch e := event.(type) {
		case *tracing.EventDataCollected:
			for _, raw := range e.Value {
				var one traceEvent
				if json.Unmarshal(raw, &one) == nil { // others have other shapes
					events = append(events, one)
				}
			}
		case *tracing.EventTracingComplete:
			close(complete)
		}
	})
	if err != nil {
		w.t.Fatal(err)
	}
	config := &tracing.TraceConfig{IncludedCategories: []string{"devtools.timeline"}}
	if _, err := chromedp.CallBrowser(w.ctx, tracing.Start, tracing.StartParams{TraceConfig: config}); err != nil {
		w.t.Fatal(err)
	}
	f()
	if _, err := chromedp.CallBrowser(w.ctx, tracing.End, cdp.Empty{}); err != nil {
		w.t.Fatal(err)
	}
	select {
	case <-complete:
	case <-w.ctx.Done():
		w.t.Fatal("no end of the trace")
	}
	return events
}
