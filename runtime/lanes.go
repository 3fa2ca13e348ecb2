package runtime

import "github.com/flowrun/flowrun/dsl/graph"

// lane is the items of one key, which run one after another.
type lane struct {
	waiting []*ticket
}

// enqueue gives the ticket its place in the queue, or in its lane behind the one that runs; false says that it is to
// be started now.
func (c *calls) enqueue(t *ticket) bool {
	t.finished = t.bypassed || t.err != nil
	if c.order == graph.OrderCompletion && !t.finished {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.doom(t)
	if c.order == graph.OrderKey && t.err == nil {
		l := c.lanes[t.key]
		if l != nil {
			l.waiting = append(l.waiting, t)
			return true
		}
		if !t.finished {
			t.lane = &lane{}
			c.lanes[t.key] = t.lane
		}
	}
	if c.order == graph.OrderInput || t.finished {
		c.queue = append(c.queue, t)
	}
	return t.finished
}

// follow gives the ticket that is to run next in a finished one's lane; those that need no call are queued at once.
// The caller holds the lock.
func (c *calls) follow(t *ticket) *ticket {
	l := t.lane
	if l == nil {
		return nil
	}
	for len(l.waiting) > 0 && !c.st.deaf() {
		next := l.waiting[0]
		l.waiting = l.waiting[1:]
		if !next.finished {
			next.lane = l
			return next
		}
		c.queue = append(c.queue, next)
	}
	delete(c.lanes, t.key)
	return nil
}
