package runtime

import (
	"runtime"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// doom notes a failure that ends the run: of all at one instant, that of the item admitted first. So the emitter hears of
// it when nothing else can happen at this instant. The caller holds the lock.
func (c *calls) doom(t *ticket) {
	if t.err == nil || t.err == errAbandoned || outcome(c.st.head.node, t.err).Action != "fail" {
		return
	}
	t.fatal = true
	if c.doomed != nil {
		if t.number < c.doomed.number {
			c.doomed = t
		}
		return
	}
	c.doomed = t
	crew, group := &c.st.run.crew, &c.st.net.group
	crew.awake.Add(1)
	group.Add(1)
	lastly(func() {
		defer group.Done()
		c.condemned.Store(true)
		c.st.ww.wake()
		crew.awake.Add(-1)
		crew.check()
	})
}

// ready gives the ticket to hand on next, if it has finished.
func (c *calls) ready() *ticket {
	if c.condemned.Load() {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.doomed
	}
	if len(c.taken) == 0 {
		c.collect()
	}
	if len(c.taken) == 0 {
		return nil
	}
	t := c.taken[0]
	c.taken[0] = nil
	c.taken = c.taken[1:]
	return t
}

// collect takes what has finished from the queue, up to a failure that ends the run.
func (c *calls) collect() {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.first
	for at < len(c.queue) && c.due(at) {
		at++
	}
	c.taken = append(c.taken[:0], c.queue[c.first:at]...)
	clear(c.queue[c.first:at])
	if c.first = at; 2*at >= len(c.queue) { // so each is moved once, on average
		n := copy(c.queue, c.queue[at:])
		clear(c.queue[n:])
		c.queue, c.first = c.queue[:n], 0
	}
}

// due reports whether a ticket of the queue may be handed on, once those before it were. The caller holds the lock.
func (c *calls) due(at int) bool { return c.queue[at].finished && !c.queue[at].fatal }

// news reports whether ready would give a ticket, or nothing will come any more.
func (c *calls) news() bool {
	if c.condemned.Load() || c.emptied() {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.first < len(c.queue) && c.due(c.first)
}

// emptied reports whether nothing will come any more.
func (c *calls) emptied() bool { return c.over.Load() && c.tickets.Load() == 0 }

// end says that the dispatcher has ended.
func (c *calls) end(how ending) {
	close(c.spare)
	c.how = how
	c.over.Store(true)
	c.tickets.Add(-1) // the one it held while it looked for an item
	c.st.ww.wake()
}

// emit is the body of the sending goroutine.
func (c *calls) emit() ending {
	s := c.st
	for {
		t := c.ready()
		if t == nil {
			if s.halt.Load() >= haltDone {
				return failed
			}
			s.idle()
			if c.emptied() {
				return c.how
			}
			s.ww.wait(func() bool { return s.halt.Load() >= haltDone || c.news() })
			c.yield()
			continue
		}
		s.epoch = t.epoch
		err := c.handOn(t)
		c.handed++
		if err != nil {
			return complete
		}
		s.show()
		if c.handed >= min(often, int64(c.window)/4) {
			c.publish()
		}
	}
}

// yield lets others go first who are about to end their calls: what has finished then is handed on together, at the cost
// of one wake-up for all of it. Where it comes to wait for the processor behind others who compute, it does without for
// a while.
func (c *calls) yield() {
	const few, long, busy = 4, time.Millisecond, 200
	if c.running.Load() < few {
		return
	}
	if c.hurried > 0 {
		c.hurried--
		return
	}
	at := now()
	if runtime.Gosched(); now().Sub(at) > long {
		c.hurried = busy
	}
}

// publish gives back the tickets that were handed on, and lets others see the emitter's counts. It is called before the
// emitter waits for anything, and often enough that the calls need not wait for what it is busy with.
func (c *calls) publish() {
	h := c.st.head
	h.n.in = c.admitted.Load() // which the dispatcher publishes
	h.known.in = h.n.in
	h.publish()
	if c.handed > 0 {
		c.tickets.Add(-c.handed)
		c.handed = 0
		c.st.rw.wake()
	}
}

// handOn gives the results of a ticket to what follows.
func (c *calls) handOn(t *ticket) error {
	s := c.st
	h := s.head
	out := t.out
	switch {
	case t.gone:
		return s.mark(t.it)
	case t.bypassed:
		out = []flow.Item{t.it}
	case t.err == errAbandoned:
		c.effort.abandoned.Add(1)
		return nil
	case t.err != nil:
		if err := s.stopped(); err != nil {
			return err
		}
		h.n.in = c.admitted.Load()
		h.known.in = h.n.in
		h.attempts = 1
		if t.flight != nil {
			h.attempts = t.flight.account.Attempts
		}
		instead, has, err := h.catch(t.it, t.err)
		switch {
		case err != nil:
		case has:
			err = c.st.pass(instead)
		case h.traced:
			err = s.mark(t.it)
		}
		return err
	case h.node.Into != "":
		out = make([]flow.Item, len(t.out))
		for i, it := range t.out {
			out[i] = t.it.With(t.it.Value.With(h.node.Into, it.Value))
		}
	}
	for i, it := range out {
		if err := c.st.pass(it); err != nil {
			if i == len(out)-1 && s.lastDone() >= 0 {
				h.n.completed++
			}
			return err
		}
	}
	h.n.completed++
	if h.traced && len(out) == 0 {
		return s.mark(t.it)
	}
	return nil
}
