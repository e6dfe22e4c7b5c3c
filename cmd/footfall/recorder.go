package main

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"footfall/aggregate"
	"footfall/aggregate/hit"
	"footfall/collector"
)

// The age of a waiting hit is known to a tenth of a second, up to 51 of them.
const (
	lagStep  = 100 * time.Millisecond
	lagSlots = 512
)

// failureEvery is how often at most a failing database is logged.
const failureEvery = 10 * time.Second

// recorder stands between intake and database: it knows how long the oldest
// hit has been waiting to be written, and says why hits could not be.
type recorder struct {
	next collector.Recorder
	log  *slog.Logger

	waiting [lagSlots]atomic.Int64 // hits that wait, by when they came
	told    atomic.Int64           // when the last failure was logged, in nanoseconds since 1970
}

// Record implements collector.Recorder.
func (r *recorder) Record(ctx context.Context, now time.Time, h *hit.Hit) error {
	slot := &r.waiting[lagSlot(now)]
	slot.Add(1)
	defer slot.Add(-1)
	err := r.next.Record(ctx, now, h)
	if err != nil && ctx.Err() == nil && !errors.Is(err, aggregate.ErrFatal) { // that ends the process, and is told there
		r.tell(now, err)
	}
	return err
}

// tell logs a failure, whose text is the database's own words.
func (r *recorder) tell(now time.Time, err error) {
	last := r.told.Load()
	if now.UnixNano()-last >= int64(failureEvery) && r.told.CompareAndSwap(last, now.UnixNano()) {
		r.log.Error("hits are answered 503", "error", err)
	}
}

// lag returns the age of the oldest hit that waits, zero where none does.
func (r *recorder) lag(now time.Time) time.Duration {
	for age := lagSlots - 1; age > 0; age-- {
		if r.waiting[lagSlot(now.Add(-time.Duration(age)*lagStep))].Load() > 0 {
			return time.Duration(age) * lagStep
		}
	}
	return 0
}

func lagSlot(t time.Time) int64 { return t.UnixMilli() / lagStep.Milliseconds() % lagSlots }
