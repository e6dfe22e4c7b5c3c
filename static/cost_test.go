package static_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"

	"footfall/static"
)

// A traceEvent is a span of the browser's own trace, in microseconds.
type traceEvent struct {
	Name    string  `json:"name"`
	Process int     `json:"pid"`
	Thread  int     `json:"tid"`
	Start   float64 `json:"ts"`
	Dur     float64 `json:"dur"`  // by the clock
	TDur    float64 `json:"tdur"` // of the processor
	Args    struct {
		Data struct {
			URL string `json:"url"`
		} `json:"data"`
		BeginData struct {
			StackTrace []struct {
				FunctionName string `json:"functionName"`
				URL          string `json:"url"`
			} `json:"stackTrace"`
		} `json:"beginData"`
	} `json:"args"`
}

// The scripts' share of the main thread, as the browser measures it: compiling
// and running them, the request included, and whether any of it made a layout or
// a long task. Times are printed, not judged: a clock decides nothing on a busy
// machine.
func TestMainThreadCost(t *testing.T) {
	t.Parallel()
	const loads = 9
	w := newWorld(t, setup{head: withMore})
	w.open("/") // warms up what a first page warms up
	w.loaded()
	w.expect(view("/"))
	visit := func() {
		for i := range loads {
			w.open(fmt.Sprintf("/%d", i))
			w.loaded()
			w.arrived(2)
		}
	}
	events := trace(w, visit, "devtools.timeline", "v8")
	for _, name := range []string{static.Script, static.More} {
		run, processor := spans(events, name)
		if len(run) < loads {
			t.Fatalf("%d of %d loads of %s are in the trace", len(run), loads, name)
		}
		n := len(run)
		t.Logf("%s on the main thread, %d loads: median %.0f us, slowest %.0f us; processor time: median %.0f us, most %.0f us",
			name, n, run[n/2], run[n-1], processor[n/2], processor[n-1])
	}
	t.Logf("tasks over 50 ms in which one of them ran: %d", longTasks(events))
	for _, e := range trace(w, visit, "devtools.timeline", "disabled-by-default-devtools.timeline.stack") {
		if e.Name != "Layout" && e.Name != "UpdateLayoutTree" {
			continue
		}
		for _, frame := range e.Args.BeginData.StackTrace {
			if strings.Contains(frame.URL, "/beacon") && frame.FunctionName != "scroll" {
				t.Errorf("%s asked for a layout, in %s", frame.URL, frame.FunctionName)
			}
		}
	}
}

// spans returns how long a script took each time, by the clock and of the
// processor, in microseconds and ascending.
func spans(events []traceEvent, name string) (run, processor []float64) {
	page := 0 // the process in which the page runs, whose one module is ours
	for _, e := range events {
		if e.Name == "EvaluateScript" && strings.HasSuffix(e.Args.Data.URL, "/"+static.Script) {
			page = e.Process
		}
	}
	for _, e := range events {
		script := e.Name == "EvaluateScript" && strings.HasSuffix(e.Args.Data.URL, "/"+name)
		module := e.Name == "v8.evaluateModule" && name == static.More && e.Process == page
		if script || module {
			run, processor = append(run, e.Dur), append(processor, e.TDur)
		}
	}
	slices.Sort(run)
	slices.Sort(processor)
	return run, processor
}

// longTasks counts the tasks of over 50 ms within which one of our scripts ran.
func longTasks(events []traceEvent) (n int) {
	for _, task := range events {
		if task.Name != "RunTask" || task.Dur < 50_000 {
			continue
		}
		if slices.ContainsFunc(events, func(e traceEvent) bool {
			return e.Thread == task.Thread && e.Start >= task.Start && e.Start < task.Start+task.Dur &&
				strings.Contains(e.Args.Data.URL, "/beacon")
		}) {
			n++
		}
	}
	return n
}

// trace runs f and returns the scripts that the browser ran meanwhile.
func trace(w *world, f func(), categories ...string) []traceEvent {
	w.t.Helper()
	var events []traceEvent
	complete := make(chan struct{})
	var once sync.Once // the listener stays, and hears the end of later traces
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
			once.Do(func() { close(complete) })
		}
	})
	if err != nil {
		w.t.Fatal(err)
	}
	config := &tracing.TraceConfig{IncludedCategories: categories}
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
