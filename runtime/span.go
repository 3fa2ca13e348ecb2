package runtime

import (
	"context"
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
}

// wind starts the clock of an attempt at the item.
func (s *span) wind(after time.Duration, why overdue) *clock {
	if s.clock == nil || s.clock.ctx.Err() != nil {
		s.clock = newClock(s.own)
		s.clock.kept = true
	}
	s.clock.start(after, why)
	return s.clock
}

// clock ends the context of an attempt that takes too long.
type clock struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	why    overdue
	kept   bool // for another attempt
}

func newClock(ctx context.Context) *clock {
	c := &clock{}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	return c
}

func (c *clock) start(after time.Duration, why overdue) {
	c.why = why
	if c.timer == nil {
		c.timer = time.AfterFunc(after, c.ring)
	} else {
		c.timer.Reset(after)
	}
}

// ring ends the context, unless the call completes at this very instant: then it has not taken too long.
func (c *clock) ring() { lastly(func() { c.cancel(&c.why) }) }

// stop says that the attempt has ended. A clock that has rung is of no use any more.
func (c *clock) stop() {
	if c == nil || c.timer.Stop() && c.kept {
		return
	}
	c.cancel(nil)
}
