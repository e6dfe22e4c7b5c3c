package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"footfall/aggregate"
	"footfall/aggregate/hit"
)

// stuck is a database that answers when it is told to.
type stuck struct{ answer chan error }

func (s stuck) Record(context.Context, time.Time, *hit.Hit) error { return <-s.answer }

func TestLagIsTheOldestWaitingHits(t *testing.T) {
	db := stuck{make(chan error)}
	r := &recorder{next: db, log: slog.New(slog.DiscardHandler)}
	now := time.Unix(1_800_000_000, 0)
	if got := r.lag(now); got != 0 {
		t.Errorf("at rest: got %v, want 0", got)
	}
	done := make(chan error)
	for _, age := range []time.Duration{3 * time.Second, time.Second} {
		go func() { done <- r.Record(t.Context(), now.Add(-age), new(hit.Hit)) }()
	}
	for r.lag(now) != 3*time.Second {
		time.Sleep(time.Millisecond)
	}
	if got := r.lag(now.Add(2 * time.Second)); got != 5*time.Second {
		t.Errorf("two seconds later: got %v, want 5s", got)
	}
	for range 2 {
		db.answer <- nil
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if got := r.lag(now); got != 0 {
		t.Errorf("at rest again: got %v, want 0", got)
	}
}

// TestFailuresAreLoggedSeldom holds that a full disk fills no log.
func TestFailuresAreLoggedSeldom(t *testing.T) {
	var logged bytes.Buffer
	db := stuck{make(chan error, 1000)}
	r := &recorder{next: db, log: slog.New(slog.NewTextHandler(&logged, nil))}
	now := time.Unix(1_800_000_000, 0)
	for i := range 1000 {
		db.answer <- aggregate.ErrUnavailable
		if err := r.Record(t.Context(), now.Add(time.Duration(i)*20*time.Millisecond), new(hit.Hit)); !errors.Is(err, aggregate.ErrUnavailable) {
			t.Fatalf("got %v", err)
		}
	}
	if got := strings.Count(logged.String(), "\n"); got != 2 {
		t.Errorf("twenty seconds of failures: got %d lines, want 2:\n%s", got, logged.String())
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	logged.Reset()
	db.answer <- gone.Err()
	_ = r.Record(gone, now.Add(time.Hour), new(hit.Hit)) // the client has gone: nobody's failure
	if logged.Len() > 0 {
		t.Errorf("a client that has gone is logged: %s", logged.String())
	}
}
