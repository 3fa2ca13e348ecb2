package policy

import (
	"container/list"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Outcome is what a call says about the other side.
type Outcome int

// The outcomes of calls. Ignored are those that say nothing: mistakes of the request, and calls that were cancelled.
const (
	Ignored Outcome = iota
	Success
	Failure
)

// Admission is one attempt's way to its start: breaker ▸ rates ▸ the step's ceiling ▸ semaphores ▸ breaker again. Whoever
// frees what it waits for moves it on at that instant, so that attempts keep their order, whichever goroutine runs first.
type Admission struct {
	step  *Step
	keys  []string
	copy  bool
	item  uint64
	moved atomic.Bool

	// Under the state's lock.
	wake     func()
	stage    int           // the use at whose gate it stands; -1: at the breaker
	gates    []*gate       // those it has come to; nil where a copy need not pass
	place    *list.Element // in the queue of the gate, or among those parked
	since    time.Time     // when it came there
	due      time.Time     // when the head of the queue is to pass; zero: when something is given back
	admitted bool
	over     bool
	err      error

	parked                bool
	firstParked, parkedAt time.Time
	paused                time.Duration
	candidate             bool
	generation            uint64 // of the breaker when it was admitted
}

// Open gives the admission that each attempt of the step has, at once, where there is nothing to pass: it knows of none
// of them, and may be left any number of times. Nil where there is something.
func (p *Step) Open() *Admission { return p.open }

// Ask begins the way of one of the item's attempts: it may be admitted at once, or has its place in the queues from now
// on. Wake is called, with the state's lock held, whenever there is something to look at. Every admission ends with Leave
// or Done. A copy is a further call beside one that is under way.
func (a *Account) Ask(keys []string, isCopy bool, now time.Time, wake func()) *Admission {
	a.step.state.mu.Lock()
	defer a.step.state.mu.Unlock()
	x := &Admission{step: a.step, keys: keys, copy: isCopy, item: a.index, wake: wake, stage: -1}
	x.advance(now)
	return x
}

// Rewake has another function called from now on.
func (a *Admission) Rewake(wake func()) {
	if a == a.step.open {
		return
	}
	a.step.state.mu.Lock()
	defer a.step.state.mu.Unlock()
	a.wake = wake
}

// Moved reports whether there is something to look at.
func (a *Admission) Moved() bool { return a.moved.Load() }

func (a *Admission) notify() {
	a.moved.Store(true)
	a.wake()
}

// Standing is how far an admission has come.
type Standing struct {
	Admitted bool
	Err      error         // it was turned away
	Until    time.Time     // when to look again if it is not woken before; zero: not before
	Bound    bool          // Until ends the wait: what happens at that very instant still counts
	Parked   bool          // it waits for a breaker to close, and its item's clock stands still
	Paused   time.Duration // how long that clock has stood still, but for the pause that goes on
}

// Look gives how far the admission has come by now.
func (a *Admission) Look(now time.Time) Standing {
	if a == a.step.open {
		return Standing{Admitted: true}
	}
	a.step.state.mu.Lock()
	defer a.step.state.mu.Unlock()
	a.moved.Store(false)
	switch {
	case a.parked:
		a.step.breaker.settle(now)
	case a.waits() && !a.due.IsZero():
		a.gates[a.stage].settle(now)
	}
	var s Standing
	switch {
	case a.parked:
		b := a.step.breaker
		if s.Until, s.Bound = a.firstParked.Add(b.MaxWait), true; !now.Before(s.Until) {
			b.unpark(a, now)
			b.settle(now)
			a.reject(flow.Typed("breaker_open", &OpenError{b.Breaker}))
		} else if !a.due.IsZero() && a.due.Before(s.Until) {
			s.Until, s.Bound = a.due, false
		}
	case a.waits():
		s.Until = a.due
		if limit := a.step.Timeouts.Acquire; limit > 0 {
			if t := a.since.Add(limit); !now.Before(t) {
				name := a.step.uses[a.stage].Name
				a.withdraw(now)
				a.reject(flow.Typed("acquire_timeout", fmt.Errorf("waited for %s for the acquire timeout of %v", limitNamed(name), flow.FormatDuration(limit))))
			} else if s.Until.IsZero() || t.Before(s.Until) {
				s.Until, s.Bound = t, true
			}
		}
	}
	s.Admitted, s.Err, s.Parked, s.Paused = a.admitted, a.err, a.parked, a.paused
	return s
}

func limitNamed(name string) string {
	if name == "" {
		return "its turn"
	}
	return "the limit `" + name + "`"
}

// waits reports whether the admission stands in the queue of a gate.
func (a *Admission) waits() bool { return a.place != nil && !a.parked }

// WaitsFor says what the admission waits for.
func (a *Admission) WaitsFor() string {
	a.step.state.mu.Lock()
	defer a.step.state.mu.Unlock()
	switch {
	case a.parked:
		return "the breaker" + named(a.step.breaker.Name)
	case a.waits():
		return limitNamed(a.step.uses[a.stage].Name)
	}
	return ""
}

func (a *Admission) weight() int64 { return a.step.uses[a.stage].weight }

// advance moves the admission on from the stage that it has passed, as far as it gets.
func (a *Admission) advance(now time.Time) {
	if a.stage == -1 && !a.candidate && a.step.breaker != nil && !a.step.breaker.enter(a, now) {
		return
	}
	for a.stage++; a.stage < len(a.step.uses); a.stage++ {
		u := a.step.uses[a.stage]
		if a.copy && u.own {
			a.gates = append(a.gates, nil)
			continue
		}
		g := u.gate(keyAt(a.keys, a.stage), now)
		a.gates = append(a.gates, g)
		if !g.pass(a, u.weight, now) {
			return
		}
	}
	if b := a.step.breaker; b != nil && !b.acquire(a, now) {
		a.giveBack(now)
		b.refuse(a, now)
		return
	}
	a.admitted = true
	a.notify()
}

// giveBack returns whatever the admission has taken, used or not.
func (a *Admission) giveBack(now time.Time) {
	passed := a.gates
	if a.waits() {
		passed = passed[:a.stage]
	}
	a.gates, a.stage = nil, -1
	for i, g := range slices.Backward(passed) {
		if g != nil {
			g.give(a.step.uses[i].weight, now)
			g.settle(now)
		}
	}
}

// withdraw takes the admission out of the queue it stands in, and returns what it has taken before.
func (a *Admission) withdraw(now time.Time) {
	g := a.gates[a.stage]
	g.waiting.Remove(a.place)
	a.giveBack(now)
	a.place = nil
	g.settle(now)
	if a.step.breaker != nil {
		a.step.breaker.leave(a, now)
	}
}

func (a *Admission) reject(err error) {
	a.err = err
	a.notify()
}

// Leave ends the admission without a call, or with one that says nothing: what it has taken is returned, and it is as if
// it had never queued. After Done it does nothing.
func (a *Admission) Leave(now time.Time) { a.end(Ignored, 0, now) }

// Done ends the admission with the outcome of the call that was made, and how long that took.
func (a *Admission) Done(outcome Outcome, took time.Duration, now time.Time) {
	a.end(outcome, took, now)
}

func (a *Admission) end(outcome Outcome, took time.Duration, now time.Time) {
	if a == a.step.open {
		return
	}
	a.step.state.mu.Lock()
	defer a.step.state.mu.Unlock()
	if a.over {
		return
	}
	a.over = true
	b := a.step.breaker
	switch {
	case a.parked:
		b.unpark(a, now)
		b.settle(now)
	case a.waits():
		a.withdraw(now)
	case a.admitted:
		if b != nil { // before the permits go to others, whom it may stop
			b.record(a, outcome, took, now)
		}
		for i, g := range a.gates {
			if g == nil {
				continue
			}
			switch l := g.limiter.(type) {
			case *bucket: // spent
				continue
			case *adaptive:
				l.learn(outcome, took, now)
			}
			g.give(a.step.uses[i].weight, now)
			g.settle(now)
		}
	}
}
