package runtime

import (
	"context"
	"sync"
	"time"
)

// span is the contexts of one goroutine that makes calls, one ticket after another. Making them costs as much as the rest
// of what surrounds a call, so those that nobody has ended serve the next ticket too.
type span struct {
	stage context.Context
	own   *flown // of its items
	end   context.CancelCauseFunc
	clock *clock // of its attempts
}

// flown is a context in which the flight of its item is found.
type flown struct {
	context.Context
	f *flight
}

func (c *flown) Value(key any) any {
	if key == (flightKey{}) {
		return c.f
	}
	return c.Context.Value(key)
}

// begin gives the context of a ticket's item.
func (s *span) begin(f *flight) context.Context {
	if s.own == nil || s.own.Err() != nil {
		s.own = &flown{}
		s.own.Context, s.end = context.WithCancelCause(s.stage)
		s.clock = nil
	}
	s.own.f = f
	return s.own
}

// close frees the contexts.
func (s *span) close() {
	if s.own != nil {
		s.end(nil)
	}
	if s.clock != nil {
		s.clock.close()
	}
}

// clockOf gives the clock of an attempt at the item.
func (s *span) clockOf() *clock {
	if s.clock == nil || s.clock.ctx.Err() != nil {
		if s.clock != nil {
			s.clock.close()
		}
		s.clock = newClock(s.own)
		s.clock.kept = true
	}
	return s.clock
}

// clock ends the context of an attempt that takes too long. One that is kept runs on between attempts, as starting and
// stopping it costs far more than finding out, when it rings, that it is not time yet.
type clock struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	kept   bool // for another attempt

	mu    sync.Mutex
	timer *time.Timer
	rings time.Time // when the timer does; zero for never
	due   time.Time // when the attempt is over; zero where there is none
	why   overdue
	rung  bool
}

func newClock(ctx context.Context) *clock {
	c := &clock{}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	return c
}

// start begins an attempt, at this instant.
func (c *clock) start(at time.Time, after time.Duration, why overdue) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.why, c.due = why, at.Add(after)
	switch {
	case c.timer == nil:
		c.rings, c.timer = c.due, time.AfterFunc(after, c.ring)
	case c.rings.IsZero() || c.due.Before(c.rings):
		c.rings = c.due
		c.timer.Reset(after)
	}
}

// ring ends the context, unless the call completes at this very instant: then it has not taken too long.
func (c *clock) ring() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rings = time.Time{}
	if c.due.IsZero() {
		return
	}
	if left := time.Until(c.due); left > 0 {
		c.rings = c.due
		c.timer.Reset(left)
		return
	}
	c.rung = true
	lastly(func() { c.cancel(&c.why) })
}

// stop says that the attempt has ended. A clock that has rung is of no use any more.
func (c *clock) stop() {
	if c == nil {
		return
	}
	c.mu.Lock()
	c.due = time.Time{}
	rung := c.rung
	c.mu.Unlock()
	if rung || !c.kept {
		c.close()
	}
}

// close frees what the clock holds.
func (c *clock) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.due = time.Time{}
	c.timer.Stop()
	c.cancel(nil)
}
