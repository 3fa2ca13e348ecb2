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
	workers int          // goroutines that were started; the dispatcher's
	scope   flow.Scope   // the dispatcher's
	spare   chan *ticket // to a goroutine that has finished its ticket
	free    atomic.Int32 // those goroutines, less the tickets on their way to them

	seeking  atomic.Bool  // the dispatcher has a ticket, and looks for an item
	admitted atomic.Int64 // items received
	tickets  atomic.Int64 // in use: the dispatcher takes them, the emitter gives them back
	running  atomic.Int64 // items with a call under way
	peak     atomic.Int64 // the most of them at once
	over     atomic.Bool  // no more tickets will come
	how      ending       // set before over

	mu     sync.Mutex
	queue  []*ticket // to be handed on, in order: of the input order, unfinished ones among them
	first  int       // where the queue begins
	lanes  map[string]*lane
	doomed *ticket // whose failure ends the run, wherever it stands in the queue

	condemned atomic.Bool // the emitter is to see to the doomed one
	taken     []*ticket   // the emitter's: finished, and no longer in the queue
	handed    int64       // the emitter's: tickets handed on and not given back
	hurried   int         // the emitter's: how often it is not to yield
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
	fatal    bool // its failure ends the run
	bypassed bool // `when` was false
	gone     bool // it is the mark of an item that was left out
	out      []flow.Item
	err      error
}

func newCalls(s *stage, n *graph.Node, call flow.Call) *calls {
	c := &calls{
		st: s, call: call, order: n.Concurrency.Order, key: n.Concurrency.Key,
		effort: s.run.effort(n), layers: s.run.layersOf(n), loops: n.Component.Traits.Loops,
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
	c.spare = make(chan *ticket, min(c.window, lump))
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
		t := c.ticket()
		t.it, t.epoch = it, epoch
		if s.head.traced && isGone(it) {
			t.gone, t.bypassed = true, true
		} else {
			c.admitted.Add(1)
			s.head.pub[0].Add(1)
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

// ticket makes a ticket for an item, and its flight with it.
func (c *calls) ticket() *ticket {
	number := c.effort.admitted.Add(1)
	if c.layers == nil {
		return &ticket{number: number}
	}
	both := &struct {
		ticket
		flight
	}{}
	t := &both.ticket
	t.number, t.at, t.flight = number, now(), &both.flight
	return t
}

// reserve takes a ticket if one is free.
func (c *calls) reserve() bool {
	if c.tickets.Load() >= int64(c.window) {
		return false
	}
	c.tickets.Add(1)
	return true
}

// busy reports whether some items are under way.
func (c *calls) busy() bool {
	n := c.tickets.Load()
	return n > 1 || n > 0 && !c.seeking.Load()
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
// what calls need, or a new one. Where there is one for every ticket, one of them has ended its call, or is about to.
func (c *calls) start(t *ticket) {
	c.begin(t)
	if c.workers == c.window || c.free.Load() > 0 {
		c.free.Add(-1)
		c.spare <- t
		return
	}
	c.workers++
	c.st.net.group.Add(1)
	go c.work(t)
}

// begin counts a ticket as under way, and takes its place in the queues of the policy: in the order of admission.
func (c *calls) begin(t *ticket) {
	c.st.run.crew.awake.Add(1)
	c.st.net.arrive()
	if t.flight != nil {
		c.take(t)
	}
}

// work makes the calls of one ticket after another. It ends when the dispatcher has ended, after which none come.
func (c *calls) work(t *ticket) {
	defer c.st.net.group.Done()
	s := &span{stage: c.st.ctx}
	defer s.close()
	for t != nil {
		for ; t != nil; t = t.next {
			c.do(t, s)
		}
		c.free.Add(1)
		t = <-c.spare
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
	c.enter()
	defer c.leave()
	t.out, t.err = c.call.Call(c.st.ctx, t.it)
}

// enter counts an item as running.
func (c *calls) enter() {
	n := c.running.Add(1)
	for most := c.peak.Load(); n > most && !c.peak.CompareAndSwap(most, n); most = c.peak.Load() {
	}
}

// leave counts an item as running no longer.
func (c *calls) leave() { c.running.Add(-1) }

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
	}
	c.st.ww.wake()
	if t.flight != nil {
		t.flight.end()
	}
	c.st.net.leave()
	c.st.run.crew.awake.Add(-1)
	c.st.run.crew.check()
}
