package runtime

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/flowrun/flowrun/runtime/policy"
)

// errLost is the cause by which the calls end that another one of the same attempt has made useless.
var errLost = errors.New("another call was faster")

// race is an attempt with copies: one more whenever none has come to an end in time, or one failed in a way that may
// pass. The first that ends in another way decides; if none does, it is the first call's failure.
type race struct {
	f        *flight
	try      try
	deadline time.Time
	outer    context.Context // of the attempt
	ctx      context.Context // of its calls: ends when one of them has decided
	lose     context.CancelCauseFunc
	most     int // calls, copies included

	mu       sync.Mutex
	runners  []*runner
	begun    time.Time // when the first call did; zero before
	finished []*runner // in the order in which they did

	// The flight's own: what it saw when it looked last, and of how many failures a copy was made at once.
	seen, answered int
	seenBegun      bool
}

// runner is one call of a race, in a goroutine that ends with it.
type runner struct {
	w      *waiter
	out    any
	parked time.Duration
	err    error
}

func (f *flight) race(ctx context.Context, a *policy.Admission, deadline time.Time, try try) (any, time.Duration, error) {
	r := &race{f: f, try: try, outer: ctx, deadline: deadline, most: 1 + f.step.Hedge.Max}
	r.ctx, r.lose = context.WithCancelCause(ctx)
	defer r.end()
	f.w.enter()
	defer f.w.exit()
	defer context.AfterFunc(ctx, f.w.wake)()
	main := r.enter()
	a.Rewake(main.w.wake)
	r.run(main, a, first)
	counted := false
	for {
		if ctx.Err() != nil {
			return nil, 0, context.Cause(ctx)
		}
		winner, copyAt, begun := r.look()
		if begun && !counted {
			f.begun(now())
			counted = true
		}
		switch {
		case winner != nil:
			r.mu.Lock()
			defer r.mu.Unlock()
			return winner.out, main.parked, winner.err
		case copyAt.IsZero():
			f.w.wait(r.news)
		case now().Before(copyAt):
			f.w.waitWithin(copyAt, r.news)
		case !f.account.Withdraw(now()):
			r.most = len(r.runners)
		default:
			f.effort.copies.Add(1)
			c := r.enter()
			r.run(c, f.ask(c.w, true), copied)
		}
	}
}

// look gives the call that decides; else when a copy is due, zero for when there is none; and whether the first has
// begun.
func (r *race) look() (winner *runner, copyAt time.Time, begun bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	begun = !r.begun.IsZero()
	r.seen, r.seenBegun = len(r.finished), begun
	failed := 0
	for _, x := range r.finished {
		again, wrong := r.f.wanted(x.err)
		switch {
		case x.err == nil || wrong != nil || !again && !policy.Local(x.err):
			return x, copyAt, begun
		case policy.Classify(x.err).After > 0: // the other side asks for less, not for more
			r.most = len(r.runners)
		case again:
			failed++
		}
	}
	switch {
	case begun && len(r.runners) < r.most && failed > r.answered:
		r.answered = failed
		copyAt = now()
	case len(r.finished) == len(r.runners):
		winner = r.runners[0]
	case begun && len(r.runners) < r.most:
		copyAt = r.begun.Add(time.Duration(len(r.runners)) * r.f.step.Hedge.Delay)
	}
	return winner, copyAt, begun
}

// news reports whether there is something to look at.
func (r *race) news() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.finished) != r.seen || r.begun.IsZero() == r.seenBegun || r.outer.Err() != nil
}

func (r *race) enter() *runner {
	c := &runner{w: &waiter{crew: &r.f.run.crew}}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.runners = append(r.runners, c)
	return c
}

func (r *race) run(c *runner, a *policy.Admission, as role) {
	crew := &r.f.run.crew
	r.f.net.group.Add(1)
	crew.awake.Add(1)
	go func() {
		defer r.f.net.group.Done()
		defer crew.check()
		defer crew.awake.Add(-1)
		defer r.f.w.wake()
		defer func() {
			p := recover()
			if p != nil {
				r.f.run.panicked(r.f.node, p)
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			if p != nil {
				c.err = errStopped
			}
			r.finished = append(r.finished, c)
		}()
		out, parked, err := r.f.one(r.ctx, c.w, a, r.deadline, as, func(ctx context.Context) (any, error) {
			r.mu.Lock()
			if r.begun.IsZero() {
				r.begun = now()
			}
			r.mu.Unlock()
			r.f.w.wake()
			out, err := r.try(ctx)
			if err == nil {
				r.lose(errLost) // before its permits go to a copy that waits for them
			}
			return out, err
		})
		r.mu.Lock()
		defer r.mu.Unlock()
		c.out, c.parked, c.err = out, parked, err
	}()
}

// end cancels the calls that are still under way.
func (r *race) end() {
	r.lose(errLost)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.runners {
		c.w.wake()
	}
}
