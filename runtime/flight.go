package runtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/policy"
)

// flight is one item on its way through the layers. It holds permits during an attempt only.
type flight struct {
	*layers
	step    *policy.Step
	net     *net
	ctx     context.Context // ends with the stage, or when the item is given up
	span    *span           // of a ticket; nil where a drain does not give the item up
	of      *calls          // of a ticket
	it      flow.Item
	keys    []string // of the limits
	account policy.Account
	w       waiter            // of the goroutine that flies it
	next    *policy.Admission // of the next attempt, where it was asked for already
	verdict error             // why there is no further attempt, where that is not the failure itself
	dozed   bool              // it may be among those asleep
	gaveUp  bool              // guarded by layers.mu
}

// take takes the ticket's place in the queues of the policy, for the goroutine that is about to start.
func (c *calls) take(t *ticket) {
	f := t.flight
	f.layers, f.step, f.net, f.of, f.it, f.keys = c.layers, c.step, c.st.net, c, t.it, t.keys
	f.account = c.step.Account(t.number, t.at)
	f.w.crew = &f.run.crew
	f.next = f.ask(&f.w, false)
}

// ask begins the way of an attempt, or of a copy beside one, for the goroutine of the waiter.
func (f *flight) ask(w *waiter, isCopy bool) *policy.Admission {
	if a := f.step.Open(); a != nil {
		return a
	}
	return f.account.Ask(f.keys, isCopy, now(), w.wake)
}

// end is the last that happens to a ticket's flight.
func (f *flight) end() {
	f.awaken()
	if f.next != nil {
		f.next.Leave(now())
	}
}

// fly makes the attempts of a ticket, in the contexts of the goroutine.
func (f *flight) fly(s *span, call flow.Call, loops bool) ([]flow.Item, error) {
	f.ctx, f.span = s.begin(f), s
	if loops {
		out, err := call.Call(f.ctx, f.item(1))
		return out, f.final(err)
	}
	for {
		it := f.item(f.account.Attempts + 1)
		out, err := f.Attempt(f.ctx, func(ctx context.Context) (any, error) { return call.Call(ctx, it) })
		if err == nil {
			return out.([]flow.Item), nil
		}
		delay, again := f.Retry(err)
		if !again || !sleep(f.ctx, delay) {
			return nil, f.final(err)
		}
	}
}

// sleep waits, and reports false if ctx ends before.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}

// item gives the item as its nth attempt sees it.
func (f *flight) item(n int) flow.Item {
	it := f.it
	if it.Meta != nil && it.Meta.Attempt != n {
		meta := *it.Meta
		meta.Attempt = n
		it.Meta = &meta
	}
	return it
}

// final gives the failure with which the flight ends.
func (f *flight) final(err error) error {
	if err == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.gaveUp:
		return errAbandoned
	case f.verdict != nil:
		return f.verdict
	}
	return err
}

// Attempt makes one attempt. See flow.Flight.
func (f *flight) Attempt(ctx context.Context, call func(ctx context.Context) (any, error)) (any, error) {
	f.awaken()
	if f.verdict != nil {
		return nil, f.verdict
	}
	a := f.next
	if f.next = nil; a == nil {
		a = f.ask(&f.w, false)
	}
	var out any
	var parked time.Duration
	var err error
	if deadline := f.account.Deadline(); f.step.Hedge != nil {
		out, parked, err = f.race(ctx, a, deadline, call)
	} else {
		out, parked, err = f.one(ctx, &f.w, a, deadline, whole, call)
	}
	f.account.Parked += parked
	return out, err
}

// try makes a call.
type try = func(ctx context.Context) (any, error)

// begun counts an attempt.
func (f *flight) begun(at time.Time) {
	f.account.Begin(at)
	f.effort.attempts.Add(1)
	if f.account.Attempts > 1 {
		f.effort.retries.Add(1)
	}
}

// role is what a call is of its attempt: all of it, or, of a race, the first or a copy.
type role int

const (
	whole role = iota
	first
	copied
)

// one waits for its admission and makes the call, with the goroutine of the waiter. The item's time is over at the
// deadline, and later by as long as a breaker keeps it waiting, which is given too.
func (f *flight) one(ctx context.Context, w *waiter, a *policy.Admission, deadline time.Time, as role, call try) (out any, parked time.Duration, err error) {
	left := false
	defer func() {
		if !left {
			a.Leave(now())
		}
	}()
	asked := now()
	start, parked, err := f.admit(ctx, w, a, asked, deadline)
	if err != nil {
		return nil, parked, err
	}
	if !deadline.IsZero() {
		deadline = deadline.Add(parked)
	}
	ctx, clock := f.bound(ctx, start, deadline)
	defer clock.stop()
	f.effort.waited.Add(int64(start.Sub(asked)))
	if as == whole {
		f.begun(start)
	}
	out, err = f.call(ctx, as, call)
	outcome := policy.Judge(err)
	if err != nil && ctx.Err() != nil {
		outcome = policy.Ignored
		if cause := context.Cause(ctx); errors.As(cause, new(*overdue)) {
			out, err = nil, f.late(cause)
			outcome = policy.Judge(err)
		}
	}
	left = true
	end := now()
	a.Done(outcome, end.Sub(start), end)
	return out, parked, err
}

// call makes the call itself; while it lasts, the item counts as running.
func (f *flight) call(ctx context.Context, as role, call try) (any, error) {
	if f.of != nil && as != copied {
		f.of.enter()
		defer f.of.leave()
	}
	return call(ctx)
}

// admit waits until the admission has come through, and gives when it had. Whoever cancels wakes the waiter.
func (f *flight) admit(ctx context.Context, w *waiter, a *policy.Admission, at, deadline time.Time) (start time.Time, parked time.Duration, err error) {
	for present := false; ; at = now() {
		s := a.Look(at)
		parked = s.Paused
		switch {
		case ctx.Err() != nil: // beats a permit that comes at the same instant
			return at, parked, context.Cause(ctx)
		case s.Admitted:
			return at, parked, nil
		case s.Err != nil:
			return at, parked, s.Err
		}
		until, within := s.Until, s.Bound
		if d := deadline.Add(parked); !deadline.IsZero() && !s.Parked {
			if !now().Before(d) {
				return at, parked, f.late(&overdue{item: f.step.Timeouts.Item})
			}
			if until.IsZero() || d.Before(until) {
				until, within = d, true
			}
		}
		if !present {
			present = true
			w.what = f.permit(a)
			w.enter()
			defer w.exit()
			defer context.AfterFunc(ctx, w.wake)()
		}
		ready := func() bool { return a.Moved() || ctx.Err() != nil }
		if until.IsZero() {
			w.wait(ready)
		} else {
			w.waitFor(until, within, ready)
		}
	}
}

// overdue is the cause by which the context of a call ends that takes too long: it names the tighter of the two clocks.
type overdue struct{ attempt, item time.Duration }

func (o *overdue) Error() string {
	if o.item > 0 {
		return fmt.Sprintf("no result within the item timeout of %v", flow.FormatDuration(o.item))
	}
	return fmt.Sprintf("no result within the attempt timeout of %v", flow.FormatDuration(o.attempt))
}

// bound gives the context of a call, which ends when the attempt or the item has taken too long, and the clock to stop
// after it; nil where there is no such time.
func (f *flight) bound(ctx context.Context, start, deadline time.Time) (context.Context, *clock) {
	after, why := f.step.Timeouts.Attempt, overdue{attempt: f.step.Timeouts.Attempt}
	if !deadline.IsZero() {
		if left := deadline.Sub(start); after == 0 || left < after {
			after, why = left, overdue{item: f.step.Timeouts.Item}
		}
	}
	if after == 0 {
		return ctx, nil
	}
	var c *clock
	if f.span != nil && ctx == f.ctx {
		c = f.span.clockOf()
	} else {
		c = newClock(ctx)
	}
	c.start(start, after, why)
	return c.ctx, c
}

// late gives the failure of a call that took too long. The outcome of an attempt is not known then.
func (f *flight) late(cause error) error {
	var o *overdue
	if errors.As(cause, &o); o.item > 0 {
		return flow.Typed("timeout.item", o)
	}
	return &flow.Fault{Err: o, Type: "timeout.attempt", Transient: true, Final: !f.repeatable}
}
