package runtime

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/plan"
	"github.com/flowrun/flowrun/runtime/policy"
)

// calls is a stage of I/O: a dispatcher admits items, a goroutine for each item under way makes the call, and an emitter
// hands the results on.
//
// A ticket is taken before an item is received and given back after its results were handed on, so that at most
// `window` items are running, waiting or finished and not handed on. Of the order of the input, the emitter follows the
// queue of tickets; else the queue of results. What bounds the calls themselves is the step's policy.
type calls struct {
	st      *stage
	call    flow.Call
	window  int // tickets
	order   graph.Order
	key     flow.Expr
	effort  *effort
	layers  *layers      // nil: each item is one call, at once and without a bound
	step    *policy.Step // of the layers
	loops   bool         // the call makes its attempts itself
	spare   chan *ticket // to a goroutine that has finished its ticket
	workers int          // goroutines that were started; the dispatcher's
	scope   flow.Scope   // the dispatcher's

	seeking atomic.Bool // the dispatcher has a ticket, and looks for an item

	mu       sync.Mutex
	admitted int64     // items received
	tickets  int       // in use
	running  int       // items with a call under way
	peak     int       // the most of them at once
	queue    []*ticket // to be handed on, in order: of the input order, unfinished ones among them
	lanes    map[string]*lane
	over     bool // no more tickets will come
	how      ending

	doomed    *ticket // whose failure ends the run, wherever it stands in the queue
	condemned bool    // the emitter is to see to it
}

// ticket is one item under way.
type ticket struct {
	it     flow.Item
	number int64     // of the items that the node has admitted
	at     time.Time // when it was; zero where the node has no policy
	epoch  uint32
	lane   *lane
	key    string
	keys   []string // of the limits
	flight *flight  // nil where the step has no policy

	next *ticket // in its lane, begun when this one had finished

	finished bool
	bypassed bool // `when` was false
	gone     bool // it is the mark of an item that was left out
	out      []flow.Item
	err      error
}

func newCalls(s *stage, n *graph.Node, call flow.Call) *calls {
	c := &calls{
		st: s, call: call, order: n.Concurrency.Order, key: n.Concurrency.Key,
		effort: s.run.effort(n), layers: s.run.layersOf(n), loops: n.Component.Traits.Loops, spare: make(chan *ticket),
	}
	if c.layers != nil {
		c.step = c.layers.step(ceiling(n))
	}
	if _, c.window = plan.Width(n); n.Component.Traits.Serial || c.order == "" {
		c.order = graph.OrderInput
	}
	if c.order == graph.OrderKey {
		c.lanes = map[string]*lane{}
	}
	return c
}

// ceiling gives the bound of a call on its attempts, nil where the tickets are bound enough.
func ceiling(n *graph.Node) *policy.Limit {
	most, window := plan.Width(n)
	if n.Concurrency.Adaptive == nil && window <= most {
		return nil
	}
	return &policy.Limit{Concurrency: most, Adaptive: n.Concurrency.Adaptive}
}

// dispatch is the body of the receiving goroutine. It ends with a ticket in hand, or the stage has been stopped.
func (c *calls) dispatch() ending {
	s := c.st
	if c.layers != nil {
		defer c.step.Watch(s.rw.wake)()
	}
	for {
		s.rw.wait(func() bool { return s.deaf() || c.reserve() })
		if s.deaf() {
			return failed
		}
		c.seeking.Store(true)
		it, epoch, from, how := c.receive()
		c.seeking.Store(false)
		if from == nil {
			return how
		}
		t := &ticket{it: it, epoch: epoch, number: c.effort.admitted.Add(1)}
		if c.layers != nil {
			t.at = now()
		}
		if s.head.traced && isGone(it) {
			t.gone, t.bypassed = true, true
		} else {
			c.mu.Lock()
			c.admitted++
			s.head.pub[0].Add(1)
			c.mu.Unlock()
			if t.bypassed, t.err = s.head.passes(it); t.err == nil {
				t.err = c.prepare(t)
			}
		}
		if c.enqueue(t) {
			s.ww.wake()
		} else {
			c.start(t)
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

// busy reports whether some items are under way.
func (c *calls) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tickets > 1 || c.tickets > 0 && !c.seeking.Load()
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
	if c.layers == nil {
		return nil
	}
	var err error
	t.keys, err = c.step.Keys(&c.scope)
	return err
}

// start begins the calls of a ticket. A goroutine that has nothing to do makes them, as its stack has grown already to
// what calls need, or a new one. Where there is one for every ticket, one of them has just ended its call.
func (c *calls) start(t *ticket) {
	c.begin(t)
	var over <-chan struct{}
	if c.workers == c.window {
		over = c.st.ctx.Done()
	}
	if c.handed(t, over) {
		c.st.net.group.Done() // the goroutine is counted
		return
	}
	c.workers++
	go c.work(t)
}

// handed hands a ticket to a goroutine that has nothing to do, for which it waits until the stage is over, or not at all.
func (c *calls) handed(t *ticket, over <-chan struct{}) bool {
	if over == nil {
		select {
		case c.spare <- t:
			return true
		default:
			return false
		}
	}
	select {
	case c.spare <- t:
		return true
	case <-over:
		return false
	}
}

// begin counts a ticket as under way, and takes its place in the queues of the policy: in the order of admission.
func (c *calls) begin(t *ticket) {
	c.st.run.crew.awake.Add(1)
	c.st.net.enter()
	if c.layers != nil {
		t.flight = c.take(t)
	}
}

// work makes the calls of one ticket after another. It ends with the stage's context.
func (c *calls) work(t *ticket) {
	defer c.st.net.group.Done()
	s := &span{stage: c.st.ctx}
	defer s.close()
	for {
		for ; t != nil; t = t.next {
			c.do(t, s)
		}
		select {
		case t = <-c.spare:
		case <-c.st.ctx.Done():
			return
		}
	}
}

// do makes the calls of a ticket, which end with the stage's context at the latest.
func (c *calls) do(t *ticket, s *span) {
	defer c.finish(t)
	defer func() {
		if p := recover(); p != nil {
			c.st.run.panicked(c.st.head.node, p)
			t.err = errStopped
		}
	}()
	if t.flight != nil {
		t.out, t.err = t.flight.fly(s, c.call, c.loops)
		t.it = t.flight.item(t.flight.account.Attempts)
		return
	}
	c.count(1)
	defer c.count(-1)
	t.out, t.err = c.call.Call(c.st.ctx, t.it)
}

// count counts items as running, or as no longer so.
func (c *calls) count(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running += n
	c.peak = max(c.peak, c.running)
}

// finish hands the ticket to the emitter, and begins the next item of its lane, which the same goroutine goes on with.
func (c *calls) finish(t *ticket) {
	c.mu.Lock()
	t.finished = true
	c.doom(t)
	if c.order != graph.OrderInput {
		c.queue = append(c.queue, t)
	}
	t.next = c.follow(t)
	c.mu.Unlock()
	if t.next != nil {
		c.begin(t.next)
		c.st.net.group.Done() // the goroutine is counted
	}
	c.st.ww.wake()
	if t.flight != nil {
		t.flight.end()
	}
	c.st.net.leave()
	c.st.run.crew.awake.Add(-1)
	c.st.run.crew.check()
}

// doom notes a failure that ends the run: of all at one instant, that of the item admitted first. So the emitter hears of
// it when nothing else can happen at this instant. The caller holds the lock.
func (c *calls) doom(t *ticket) {
	if t.err == nil || t.err == errAbandoned || outcome(c.st.head.node, t.err).Action != "fail" {
		return
	}
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
		c.mu.Lock()
		c.condemned = true
		c.mu.Unlock()
		c.st.ww.wake()
		crew.awake.Add(-1)
		crew.check()
	})
}
