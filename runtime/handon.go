package runtime

import "github.com/flowrun/flowrun/flow"

// ready gives the ticket to hand on next, if it has finished.
func (c *calls) ready() *ticket {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.condemned {
		return c.doomed
	}
	if len(c.queue) > 0 && c.queue[0] == c.doomed {
		return nil
	}
	if len(c.queue) == 0 || !c.queue[0].finished {
		return nil
	}
	t := c.queue[0]
	c.queue[0] = nil
	c.queue = c.queue[1:]
	return t
}

// news reports whether ready would give a ticket, or nothing will come any more.
func (c *calls) news() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.condemned || len(c.queue) > 0 && c.queue[0].finished && c.queue[0] != c.doomed || c.over && c.tickets == 0
}

// emptied reports whether nothing will come any more.
func (c *calls) emptied() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over && c.tickets == 0
}

// end says that the dispatcher has ended.
func (c *calls) end(how ending) {
	c.mu.Lock()
	c.over, c.how = true, how
	c.tickets-- // the one it held while it looked for an item
	c.mu.Unlock()
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
			if c.emptied() {
				return c.how
			}
			s.idle()
			s.ww.wait(func() bool { return s.halt.Load() >= haltDone || c.news() })
			continue
		}
		s.epoch = t.epoch
		err := c.handOn(t)
		c.mu.Lock()
		c.tickets--
		c.mu.Unlock()
		c.publish()
		if err != nil {
			return complete
		}
		s.show()
		s.rw.wake()
	}
}

// publish lets others see the emitter's counts.
func (c *calls) publish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.st.head.n.in, c.st.head.known.in = c.admitted, c.admitted // which the dispatcher publishes
	c.st.head.publish()
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
		c.mu.Lock()
		h.n.in, h.known.in = c.admitted, c.admitted
		c.mu.Unlock()
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
