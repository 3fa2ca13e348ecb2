package runtime

import (
	"sync"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// calls is a stage of I/O: a dispatcher admits items, a goroutine for each item under way makes the call, and an emitter
// hands the results on.
//
// A ticket is taken before an item is received and given back after its results were handed on, so that at most
// `window` items are running, waiting or finished and not handed on. At most `max` run. Of the order of the input, the
// emitter follows the queue of tickets; else the queue of results.
type calls struct {
	st       *stage
	call     flow.Call
	max      int // running at once
	window   int // tickets
	order    graph.Order
	key      flow.Expr
	limiters []*limiter // in the order of names
	scope    flow.Scope // the dispatcher's

	mu       sync.Mutex
	admitted int64     // items received
	tickets  int       // in use
	running  int       // calls
	peak     int       // the most that ran at once
	queue    []*ticket // to be handed on, in order: of the input order, unfinished ones among them
	lanes    map[string]*lane
	over     bool // no more tickets will come
	how      ending
}

// ticket is one item under way.
type ticket struct {
	it     flow.Item
	epoch  uint32
	lane   *lane
	key    string
	permit *permit // of the first limit, asked for in the order of admission
	keys   []string

	finished bool
	bypassed bool // `when` was false
	out      []flow.Item
	err      error
}

// lane is the items of one key, which run one after another.
type lane struct {
	waiting []*ticket
}

func newCalls(s *stage, n *graph.Node, call flow.Call) *calls {
	c := &calls{st: s, call: call, max: n.Concurrency.Max, order: n.Concurrency.Order, key: n.Concurrency.Key, window: n.Concurrency.Window}
	const unbounded = int(^uint(0) >> 1)
	switch {
	case n.Component.Traits.Serial:
		c.max, c.window, c.order = 1, 1, graph.OrderInput
	case n.Concurrency == (graph.Concurrency{}):
		c.max = 1
	case c.max == 0:
		c.max = unbounded
	}
	if c.window == 0 {
		c.window = c.max
	}
	if c.order == "" {
		c.order = graph.OrderInput
	}
	if c.order == graph.OrderKey {
		c.lanes = map[string]*lane{}
	}
	for _, use := range n.Limits {
		c.limiters = append(c.limiters, s.run.limiter(use))
	}
	return c
}

// dispatch is the body of the receiving goroutine. It ends with a ticket in hand, or the stage has been stopped.
func (c *calls) dispatch() ending {
	s := c.st
	for {
		s.rw.wait(func() bool { return s.deaf() || c.reserve() })
		if s.deaf() {
			return failed
		}
		it, epoch, from, how := s.receive(s.rw.wait)
		if from == nil {
			return how
		}
		c.mu.Lock()
		c.admitted++
		s.head.pub[0].Add(1)
		c.mu.Unlock()
		t := &ticket{it: it, epoch: epoch}
		if t.bypassed, t.err = s.head.passes(it); t.err == nil {
			t.err = c.prepare(t)
		}
		if !c.admit(t) {
			return failed
		}
	}
}

// reserve takes a ticket if one is free.
func (c *calls) reserve() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tickets >= c.window {
		return false
	}
	c.tickets++
	return true
}

// prepare computes the item's keys: of its lane, and of its limits.
func (c *calls) prepare(t *ticket) error {
	c.scope.Set(t.it)
	if c.order == graph.OrderKey {
		v, err := c.key.Eval(&c.scope)
		if err != nil {
			return err
		}
		t.key = string(value.AppendKey(nil, v))
	}
	for _, l := range c.limiters {
		key, err := l.keyOf(&c.scope)
		if err != nil {
			return err
		}
		t.keys = append(t.keys, key)
	}
	return nil
}

// admit queues the ticket, waits for a free place among the running, and starts it. It reports false when the stage
// has been stopped meanwhile.
func (c *calls) admit(t *ticket) bool {
	s := c.st
	if c.enqueue(t) {
		s.ww.wake()
		return true
	}
	placed := false
	s.rw.wait(func() bool {
		placed = !s.deaf() && c.occupy()
		return placed || s.deaf()
	})
	if !placed {
		return false
	}
	c.start(t)
	return true
}

// enqueue gives the ticket its place in the queue, or in its lane behind the one that runs; false says that it is to
// be started now.
func (c *calls) enqueue(t *ticket) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t.finished = t.bypassed || t.err != nil
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

// occupy takes a place among the running if one is free.
func (c *calls) occupy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running >= c.max {
		return false
	}
	c.running++
	c.peak = max(c.peak, c.running)
	return true
}

// start begins the call of a ticket that has a place among the running. The goroutine ends with the call, which ends
// with the stage's context at the latest.
func (c *calls) start(t *ticket) {
	if len(c.limiters) > 0 {
		t.permit = c.limiters[0].ask(t.keys[0])
	}
	c.st.run.crew.awake.Add(1)
	c.st.net.group.Add(1)
	go c.work(t)
}

func (c *calls) work(t *ticket) {
	defer c.st.net.group.Done()
	defer c.finish(t)
	defer func() {
		if p := recover(); p != nil {
			c.st.run.panicked(c.st.head.node, p)
			t.err = errStopped
		}
	}()
	t.out, t.err = c.attempt(t)
}

// attempt makes one call, holding the permits of the step's limits while it lasts.
func (c *calls) attempt(t *ticket) ([]flow.Item, error) {
	held := make([]*permit, 0, len(c.limiters))
	defer func() {
		for _, p := range held {
			p.release()
		}
	}()
	for i, l := range c.limiters {
		p := t.permit
		if i > 0 {
			p = l.ask(t.keys[i])
		}
		if held = append(held, p); !p.wait(c.st) {
			return nil, errStopped
		}
	}
	if c.st.deaf() {
		return nil, errStopped
	}
	return c.call.Call(c.st.ctx, t.it)
}

// finish hands the ticket to the emitter, and its place to the next item of its lane or to the dispatcher.
func (c *calls) finish(t *ticket) {
	c.mu.Lock()
	t.finished = true
	if c.order != graph.OrderInput {
		c.queue = append(c.queue, t)
	}
	next := c.follow(t)
	if next == nil {
		c.running--
	}
	c.mu.Unlock()
	if next != nil {
		c.start(next)
	}
	c.st.ww.wake()
	c.st.rw.wake()
	c.st.run.crew.awake.Add(-1)
	c.st.run.crew.check()
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

// ready gives the ticket to hand on next, if it has finished.
func (c *calls) ready() *ticket {
	c.mu.Lock()
	defer c.mu.Unlock()
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
	return len(c.queue) > 0 && c.queue[0].finished || c.over && c.tickets == 0
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
	case t.bypassed:
		out = []flow.Item{t.it}
	case t.err != nil:
		if err := s.stopped(); err != nil {
			return err
		}
		c.mu.Lock()
		h.n.in, h.known.in = c.admitted, c.admitted
		c.mu.Unlock()
		instead, has, err := h.catch(t.it, t.err)
		if err == nil && has {
			err = c.st.pass(instead)
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
	return nil
}
