package main

import (
	"context"
	"io"
	"log/slog"
	"time"

	"footfall/aggregate/hit"
	"footfall/collector"
)

// newLog returns the program's log: lines of key=value, our own words and
// numbers. No request, header, path of a visitor or error that could hold one
// is ever given to it.
func newLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// logMinutes writes what the intake took in, one line a minute and only where
// a number has moved, in tens. untrusted tells whether forwarding headers came
// from a peer that is on no list: it is warned of once. It returns when ctx
// ends.
func logMinutes(ctx context.Context, log *slog.Logger, stats func() collector.Stats, untrusted func() bool) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	var last minute
	warned := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			now := minuteOf(stats())
			if line := now.since(last); len(line) > 0 {
				log.LogAttrs(ctx, slog.LevelInfo, "intake in the last minute", line...)
			}
			last = now
			if !warned && untrusted() {
				warned = true
				log.Warn("forwarding headers from a peer that no --trusted-proxy names: behind it every visitor has the same address")
			}
		}
	}
}

// A minute is the counts of all sites together as they may be shown.
type minute [minuteEnd]uint64

const (
	minuteCounted = iota
	minuteBots
	minuteDropped
	minuteMalformed
	minuteLimited
	minuteUnavailable
	minuteEnd
)

var minuteNames = [minuteEnd]string{"counted", "bots", "dropped", "malformed", "limited", "unavailable"}

func minuteOf(s collector.Stats) minute {
	var m minute
	for i := range s.Sites {
		for _, v := range s.Sites[i].Verdicts {
			switch v.Verdict {
			case hit.Counted:
				m[minuteCounted] += v.N
			case hit.CountedBot:
				m[minuteBots] += v.N
			default:
				m[minuteDropped] += v.N
			}
		}
	}
	m[minuteDropped] += s.UnknownSite
	m[minuteMalformed], m[minuteLimited], m[minuteUnavailable] = s.Malformed, s.Limited, s.Unavailable
	for i := range m {
		m[i] = inTens(m[i])
	}
	return m
}

// since returns what has moved, as the attributes of a line.
func (m minute) since(last minute) []slog.Attr {
	var out []slog.Attr
	for i, name := range minuteNames {
		if m[i] > last[i] {
			out = append(out, slog.Uint64(name, m[i]-last[i]))
		}
	}
	return out
}
