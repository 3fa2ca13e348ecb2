package runtime

import (
	"sync"
	"sync/atomic"
	"time"
)

// A goroutine of the runtime waits in one place only: its waiter. Whoever changes what it may wait for wakes it, and
// it looks again. So a wait costs one channel operation without a select, a goroutine can wait for several edges at
// once, and the runtime knows exactly when every goroutine waits for another, which is a deadlock.
type waiter struct {
	state atomic.Uint32
	woken chan struct{} // capacity 1: at most one token for each wait
	crew  *crew
	what  func() want // what it waits for, for the account of a deadlock; may be nil
}

const (
	awake   = iota
	looking // about to wait: looks once more
	settled // waits, having found nothing
)

// crew counts the goroutines of a run that are not waiting for another one.
type crew struct {
	awake atomic.Int64
	wakes atomic.Uint64

	mu      sync.Mutex
	waiters map[*waiter]struct{}
	stuck   func(waiting map[*waiter]want) // called once, when every goroutine waits for another
	over    bool                           // stuck was called, or must not be any more
}

// join registers a goroutine, which counts as awake until it waits or leaves.
func (c *crew) join(what func() want) *waiter {
	w := &waiter{crew: c, what: what}
	w.enter()
	c.awake.Add(1)
	return w
}

// leave ends the goroutine's part in the run; nothing may wait for it that it has not woken before.
func (w *waiter) leave() {
	w.exit()
	w.crew.awake.Add(-1)
	w.crew.check()
}

// enter registers a goroutine, which counts as awake until it waits, and is no matter of the crew's before enter and after
// exit.
func (w *waiter) enter() {
	if w.woken == nil { // most calls never wait
		w.woken = make(chan struct{}, 1)
	}
	w.crew.mu.Lock()
	defer w.crew.mu.Unlock()
	w.crew.waiters[w] = struct{}{}
}

func (w *waiter) exit() {
	w.crew.mu.Lock()
	defer w.crew.mu.Unlock()
	delete(w.crew.waiters, w)
}

// wake makes the goroutine look again if it waits. It costs one load if it does not.
func (w *waiter) wake() {
	for s := w.state.Load(); s != awake; s = w.state.Load() {
		if w.state.CompareAndSwap(s, awake) {
			w.crew.wakes.Add(1)
			w.crew.awake.Add(1)
			w.woken <- struct{}{}
			return
		}
	}
}

// wait returns when ready does, looking again whenever the goroutine is woken.
func (w *waiter) wait(ready func() bool) {
	for !ready() {
		w.state.Store(looking)
		w.crew.awake.Add(-1)
		if ready() {
			if w.state.Swap(awake) != awake {
				w.crew.awake.Add(1)
			} else {
				<-w.woken
			}
			return
		}
		if w.state.CompareAndSwap(looking, settled) {
			w.crew.check()
		}
		<-w.woken
	}
}

// waitUntil is wait with an end: it returns at the latest at the deadline. The goroutine counts as awake meanwhile, for
// time will wake it.
func (w *waiter) waitUntil(deadline time.Time, ready func() bool) { w.waitFor(deadline, false, ready) }

// waitWithin is waitUntil where what happens at the very deadline is in time: all that is due at that instant goes first.
func (w *waiter) waitWithin(deadline time.Time, ready func() bool) { w.waitFor(deadline, true, ready) }

func (w *waiter) waitFor(deadline time.Time, grace bool, ready func() bool) {
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	due := timer.C
	for !ready() {
		w.state.Store(looking) // a wake from here on counts the goroutine twice, which is taken back
		if ready() {
			if w.state.Swap(awake) == awake {
				<-w.woken
				w.crew.awake.Add(-1)
			}
			return
		}
		select {
		case <-w.woken:
			w.crew.awake.Add(-1)
		case <-due:
			if w.state.Swap(awake) == awake {
				<-w.woken
				w.crew.awake.Add(-1)
			}
			if !grace {
				return
			}
			grace = false
			late := make(chan time.Time, 1)
			lastly(func() { late <- deadline })
			due = late
		}
	}
}

// lastly calls f, in a goroutine of its own, after whatever else happens at this very instant. In virtual time a timer
// that is moved to now fires when nothing else can go on, where a new one would fire at once.
func lastly(f func()) { time.AfterFunc(time.Hour, f).Reset(0) }

// check calls stuck if every goroutine waits for another: none is awake, each has settled, and none was woken while
// this was found out.
func (c *crew) check() {
	if c.awake.Load() != 0 {
		return
	}
	c.mu.Lock()
	if c.over || len(c.waiters) == 0 {
		c.mu.Unlock()
		return
	}
	wakes := c.wakes.Load()
	waiting := map[*waiter]want{}
	for w := range c.waiters {
		if w.state.Load() != settled {
			c.mu.Unlock()
			return
		}
		if w.what != nil {
			waiting[w] = w.what()
		}
	}
	if c.awake.Load() != 0 || c.wakes.Load() != wakes {
		c.mu.Unlock()
		return
	}
	c.over = true
	stuck := c.stuck
	c.mu.Unlock()
	if stuck != nil {
		stuck(waiting)
	}
}

// dismiss turns the detector off: the run is ending, and goroutines are woken by that.
func (c *crew) dismiss() {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
}

// wakeAll makes every goroutine look again.
func (c *crew) wakeAll() {
	c.mu.Lock()
	all := make([]*waiter, 0, len(c.waiters))
	for w := range c.waiters {
		all = append(all, w)
	}
	c.mu.Unlock()
	for _, w := range all {
		w.wake()
	}
}
