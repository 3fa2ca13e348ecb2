package runtime

import (
	"errors"

	"github.com/flowrun/flowrun/flow"
)

// emit is the body of the sending goroutine.
func (c *split) emit() ending {
	s := c.st
	defer c.desert()
	for {
		p, emptied := c.ready()
		switch {
		case s.halt.Load() >= haltDone:
			return failed
		case emptied:
			c.merge()
			return c.how
		case p == nil:
			if err := c.show(); err != nil {
				return c.undelivered(err)
			}
			s.ww.wait(func() bool {
				p, emptied := c.peek()
				return p != nil || emptied || s.halt.Load() >= haltDone
			})
			continue
		}
		if p.asks.Load() {
			if err := c.handEarly(p); err != nil {
				return complete
			}
			continue
		}
		switch err := c.handOn(p); err {
		case nil:
		case errBroken:
			return broken
		default:
			return complete
		}
		c.mu.Lock()
		c.tickets--
		c.mu.Unlock()
		s.rw.wake()
	}
}

// peek gives the part that is to be handed on, if it has finished or asks for that, and whether nothing will come any more.
func (c *split) peek() (p *part, emptied bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		return nil, c.over
	}
	if p = c.queue[0]; p.finished || p.asks.Load() {
		return p, false
	}
	return nil, false
}

// ready is peek, and takes the part if it has finished.
func (c *split) ready() (p *part, emptied bool) {
	if p, emptied = c.peek(); p != nil && !p.asks.Load() {
		c.mu.Lock()
		c.queue[0] = nil
		c.queue = c.queue[1:]
		c.mu.Unlock()
	}
	return p, emptied
}

// show makes everything that was handed on visible, before a wait.
func (c *split) show() error {
	c.st.idle()
	live, ok := c.sink.(flow.Live)
	if !ok {
		return nil
	}
	return c.deliver(func() error { return live.Flush(c.st.ctx) })
}

// deliver lets the sink work.
func (c *split) deliver(work func() error) error {
	s := c.st
	s.sink = s.net.heads[s.spec.Sink]
	err := work()
	s.sink = nil
	return err
}

// giver is the head whose items leave the operators.
func (c *split) giver() *head {
	if c.sink != nil {
		return c.heads[len(c.heads)-2]
	}
	return c.heads[len(c.heads)-1]
}

// handOn gives what came out of a part to what follows.
func (c *split) handOn(p *part) error {
	s := c.st
	s.epoch = p.epoch
	all := c.heads
	last, giver := all[len(all)-1], c.giver()
	for i, n := range p.counts {
		all[i].n.add(n)
	}
	if c.src == nil && len(p.counts) > 0 {
		all[0].known.in += p.counts[0].in // published when they were read
	}
	left := int64(len(p.out))
	giver.n.out -= left // counted as they are sent
	defer func() {
		for _, h := range all {
			h.publish()
		}
	}()
	for i, by := range c.kept {
		if !by.gives() && i < len(p.looked) {
			by.link.held += int64(p.looked[i].early + p.looked[i].count)
		}
	}
	sent := func(n int) {
		left -= int64(n)
		giver.n.out += int64(n)
	}
	if err := c.sendOut(p, sent); err != nil {
		giver.n.completed -= min(left, giver.n.completed) // never given to anybody
		if c.sink == nil {
			return err
		}
		if n := len(p.counts); n > 0 {
			delivered := p.counts[n-1].completed
			last.n.out -= delivered
			last.n.completed -= delivered
		}
		c.undelivered(err)
		return err
	}
	c.vacate(p.room)
	switch {
	case p.err != nil && len(s.out) > 0:
		s.breach = breach{p.node, p.err}
		return errBroken
	case p.err != nil:
		return s.net.fail(p.node, p.err)
	}
	return nil
}

// sendOut sends what came out of a part, and what goes elsewhere of it, in the order in which that came; or writes it.
func (c *split) sendOut(p *part, sent func(n int)) error {
	at := 0
	for _, a := range p.aside {
		if c.sink == nil {
			if err := c.st.sendMany(p.out[at:a.at], sent); err != nil {
				return err
			}
			at = a.at
		}
		for _, e := range a.by.of.beside["error"] {
			if err := c.st.sendTo(e, a.it); err != nil {
				return err
			}
		}
		a.by.of.n.routed++
	}
	if c.sink != nil {
		return c.write(p, sent)
	}
	return c.st.sendMany(p.out[at:], sent)
}

// write gives the sink what came out of a part: items that could not be encoded, then the bytes of those that were.
func (c *split) write(p *part, sent func(n int)) error {
	h := c.st.net.heads[c.st.spec.Sink]
	for items := p.out; len(items) > 0; {
		n := min(len(items), lump)
		sent(n)
		h.n.in += int64(n)
		if err := c.deliver(func() error { return h.write(c.sink, items[:n]) }); err != nil {
			return err
		}
		items = items[n:]
	}
	if len(p.data) == 0 {
		return nil
	}
	return c.deliver(func() error { return c.sink.WriteEncoded(c.st.ctx, p.data) })
}

// abandon counts what was worked on ahead of what follows, which wanted no more: whatever became of it, it is cancelled. It is
// called when every goroutine has ended.
func (c *split) abandon() {
	for _, p := range c.queue {
		for i, n := range p.counts {
			admitted := counts{in: n.in, out: n.out}
			switch {
			case i == len(c.heads)-1:
				admitted.out = 0
			case i == len(c.heads)-2 && c.sink != nil:
				admitted.out -= int64(len(p.out))
			}
			c.heads[i].n.add(admitted)
			if i == 0 && c.src == nil {
				c.heads[0].known.in += n.in // published when they were read
			}
			c.heads[i].publish()
		}
	}
	c.queue = nil
}

// undelivered ends the stage after the sink refused what was encoded: by Done, nobody wants any more.
func (c *split) undelivered(err error) ending {
	s := c.st
	if errors.Is(err, flow.Done) {
		s.tell(haltDone, flow.Done)
		return complete
	}
	if err != errStopped && s.halt.Load() < haltDone {
		s.net.heads[s.spec.Sink].n.spoil()
		s.net.fail(s.spec.Sink, err)
	}
	return failed
}
