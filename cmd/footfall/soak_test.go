package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestSoak runs a server under load for as long as FOOTFALL_SOAK says and
// holds that its memory and descriptors stay flat: at most one percent an
// hour after the first half. .ci/long runs it.
func TestSoak(t *testing.T) {
	given := os.Getenv("FOOTFALL_SOAK")
	if given == "" {
		t.Skip("FOOTFALL_SOAK does not say for how long")
	}
	length, err := time.ParseDuration(given)
	if err != nil {
		t.Fatal(err)
	}
	public, admin := freeAddress(t), freeAddress(t)
	server := exec.Command("footfall", "serve", "--data", t.TempDir(), "--site", "example.test", "--listen", public, "--admin-listen", admin)
	var printed bytes.Buffer
	server.Stdout, server.Stderr = &printed, &printed
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Process.Kill() }() // it has ended when all went well
	waitFor(t, "http://"+admin+"/readyz")
	ctx, stop := context.WithTimeout(t.Context(), length)
	defer stop()
	var all ledger
	var clients sync.WaitGroup
	for i := range 16 {
		clients.Go(func() { send(ctx, public, i, &all) })
	}
	var memory, descriptors []float64
	every := max(length/200, time.Second)
	for tick := time.NewTicker(every); ctx.Err() == nil; <-tick.C {
		memory = append(memory, residentKiB(t, server.Process.Pid))
		descriptors = append(descriptors, float64(openDescriptors(t, server.Process.Pid)))
	}
	clients.Wait()
	for name, samples := range map[string][]float64{"resident KiB": memory, "descriptors": descriptors} {
		later := samples[len(samples)/2:]
		slope := slopePercent(later) * float64(time.Hour) / float64(every)
		t.Logf("%s: %.0f at first, %.0f at last, %+.2f %% an hour in the second half", name, samples[0], samples[len(samples)-1], slope)
		if length >= time.Hour && slope > 1 {
			t.Errorf("%s rise by %.2f %% an hour, want at most 1", name, slope)
		}
	}
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("the end: %v\n%s", err, printed.String())
	}
	t.Logf("%d hits in %v", all.kept.Load(), length)
}

func residentKiB(t *testing.T, pid int) float64 {
	t.Helper()
	for line := range strings.Lines(string(readFile(t, fmt.Sprintf("/proc/%d/status", pid)))) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("no VmRSS")
	return 0
}

func openDescriptors(t *testing.T, pid int) int {
	t.Helper()
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// slopePercent fits a line and returns its rise from one sample to the next,
// in percent of their mean.
func slopePercent(y []float64) float64 {
	n := float64(len(y))
	if n < 2 {
		return 0
	}
	var sx, sy, sxx, sxy float64
	for i, v := range y {
		x := float64(i)
		sx, sy, sxx, sxy = sx+x, sy+v, sxx+x*x, sxy+x*v
	}
	return 100 * (n*sxy - sx*sy) / (n*sxx - sx*sx) / (sy / n)
}
