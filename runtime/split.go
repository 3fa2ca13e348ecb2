package runtime

import (
	"errors"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/plan"
)

// split is a stage whose input comes in blocks, of a source or of an edge: a reader takes blocks in, a goroutine for each
// decodes it and takes its items through the operators of the stage, which look at one item alone, and an emitter hands
// on what came out, in the order of the input. What fails in a block is told when its turn comes, so that the first
// failure of the input is the one that counts, however many blocks are under way.
//
// At most `window` blocks are read and not handed on.
type split struct {
	st     *stage
	src    flow.Blocks  // nil: the stage's edges
	sink   flow.Encoder // nil: the items are sent
	window int
	heads  []*head
	kept   []*kept     // by its operators
	fault  error       // why that cannot be made
	lookup flow.Lookup // the head, if it is a join
	load   *joinOp     // takes what comes of its other inputs, in the reader's goroutine
	loader *hands      // with that
	turns  int         // how many a part takes there
	ahead  int         // how many items may come of a part before its turn, beside those for each that it has
	last   *part       // that was begun

	seeking  atomic.Bool // the reader has a ticket, and looks for items
	deserted atomic.Bool // the emitter has ended

	mu      sync.Mutex
	tickets int // in use
	queue   []*part
	idle    []*hands
	spare   []room // of parts that were handed on
	over    bool   // no more blocks will come
	how     ending
}

func newSplit(s *stage) *split {
	c := &split{st: s, window: s.spec.Blocks(), ahead: s.run.opt.Plan.Ahead}
	if c.ahead == 0 {
		c.ahead = plan.Ahead
	}
	s.split = c
	if s.spec.Kind == plan.Source {
		c.src = s.net.built[s.spec.Head].(flow.Blocks)
	}
	if s.spec.Kind == plan.Join {
		c.lookup = s.net.built[s.spec.Head].(flow.Lookup)
		c.load = &joinOp{join: c.lookup}
		s.join = newLink(newHead(s, s.spec.Head), c.load) // that of the stage is the emitter's
	}
	if s.spec.Sink != nil {
		c.sink = s.net.built[s.spec.Sink].(flow.Encoder)
	}
	c.heads = heads(s, s.net.heads[s.spec.Sink])
	c.fault = c.shard()
	return c
}

// errBroken says that a stage ends broken.
var errBroken = errors.New("what follows cannot be given")

// read is the body of the reading goroutine.
func (c *split) read() ending {
	s := c.st
	if c.src == nil {
		return c.readEdges()
	}
	if s.spec.Gate != nil {
		s.rw.wait(func() bool { return s.begun.Load() || s.halt.Load() != proceed })
	}
	whole := false // the source ended by itself
	if s.halt.Load() == proceed {
		err := c.src.ReadBlocks(s.ctx, func(b flow.Block) error { return c.give(b, s.run.epoch.Load()) })
		whole = err == nil && s.halt.Load() == proceed
		if err != nil && s.halt.Load() == proceed && !errors.Is(err, flow.Done) {
			c.add(&part{node: s.head.node, err: err, finished: true})
		}
	}
	switch s.halt.Load() {
	case proceed, haltDone:
		return complete
	case haltFeed:
		if whole {
			return complete
		}
		return drained
	}
	return failed
}

// batch is a block of items that came over an edge.
type batch []flow.Item

func (b batch) Decode(emit flow.Emit, _ func(flow.Item, error) error) error {
	for _, it := range b {
		if err := emit(it); err != nil {
			return err
		}
	}
	return nil
}

// readEdges takes in what comes over the stage's edges, as much at a time as there is.
func (c *split) readEdges() ending {
	s := c.st
	for {
		if !c.await() { // before anything is taken, so that there are no more items in hand than there are tickets for
			return complete
		}
		c.seeking.Store(true)
		it, epoch, from, how := s.receive(time.Time{})
		c.seeking.Store(false)
		if from == nil {
			return how
		}
		r := c.room()
		r.in, _ = from.more(append(r.in, it), lump, epoch)
		c.heads[0].pub[0].Add(int64(len(r.in)))
		from.release()
		if err := c.begin(batch(r.in), epoch, r, from.port); err != nil {
			return complete
		}
	}
}

// give starts the work on a block, waiting for a ticket.
func (c *split) give(b flow.Block, epoch uint32) error {
	if !c.await() {
		return flow.Done
	}
	return c.begin(b, epoch, c.room(), 0)
}

// await waits for a ticket; false says that no more is wanted.
func (c *split) await() bool {
	s := c.st
	s.rw.wait(func() bool { return s.halt.Load() != proceed || c.reserve() })
	return s.halt.Load() == proceed
}

// begin starts the work on a block of an input, for which there is a ticket. It returns Done where that cannot be done: the
// emitter tells why, behind the blocks before. What a lookup reads of other inputs than the first is loaded when it returns.
func (c *split) begin(b flow.Block, epoch uint32, r room, port int) error {
	s := c.st
	w, err := c.worker(port)
	if err != nil {
		c.add(&part{node: c.heads[0].node, err: err, finished: true})
		return flow.Done
	}
	p := &part{block: b, epoch: epoch, by: w, room: r}
	p.follow(c.last)
	c.last = p
	c.add(p)
	w.waiter.enter()
	s.run.crew.awake.Add(1)
	s.net.group.Add(1)
	if w == c.loader {
		c.work(w, p)
	} else {
		go c.work(w, p) // ends with its block
	}
	return nil
}

func (c *split) reserve() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tickets >= c.window {
		return false
	}
	c.tickets++
	return true
}

// full reports whether no further block may be read now.
func (c *split) full() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tickets >= c.window && !c.seeking.Load()
}

// room gives memory for a part.
func (c *split) room() (r room) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.spare); n > 0 {
		r = c.spare[n-1]
		c.spare = c.spare[:n-1]
	}
	return r
}

// vacate takes the memory of a part that was handed on, to be used again.
func (c *split) vacate(r room) {
	clear(r.in)
	clear(r.out)
	clear(r.aside)
	for i := range r.looked {
		r.looked[i].reset()
	}
	r.in, r.out, r.aside, r.data, r.counts = r.in[:0], r.out[:0], r.aside[:0], r.data[:0], r.counts[:0]
	c.mu.Lock()
	c.spare = append(c.spare, r)
	c.mu.Unlock()
}

func (c *split) add(p *part) {
	c.mu.Lock()
	c.queue = append(c.queue, p)
	c.mu.Unlock()
	c.st.ww.wake()
}

// worker gives hands that are free, for what comes of an input.
func (c *split) worker(port int) (w *hands, err error) {
	if c.lookup != nil && port > 0 {
		if c.loader == nil {
			c.loader, err = c.hire(c.load)
		}
		c.load.port = port
		return c.loader, err
	}
	c.mu.Lock()
	if n := len(c.idle); n > 0 {
		w := c.idle[n-1]
		c.idle = c.idle[:n-1]
		c.mu.Unlock()
		return w, nil
	}
	c.mu.Unlock()
	if c.lookup != nil {
		return c.hire(c.lookup.Prober())
	}
	return c.hire(nil)
}

func (c *split) work(w *hands, p *part) {
	defer c.st.net.group.Done()
	w.do(p)
	p.leave(w.waiter, c.turns)
	p.thin()
	w.waiter.exit()
	c.mu.Lock()
	p.finished = true
	if p.err == nil && w != c.loader {
		c.idle = append(c.idle, w)
	}
	c.mu.Unlock()
	c.st.ww.wake()
	c.st.run.crew.awake.Add(-1)
	c.st.run.crew.check()
}

// end says that the reader has ended.
func (c *split) end(how ending) {
	c.mu.Lock()
	c.over, c.how = true, how
	c.mu.Unlock()
	c.st.ww.wake()
}

// read runs the reading side of a split stage to its end.
func (nt *net) read(s *stage, c *split) {
	defer nt.group.Done()
	defer s.rw.leave()
	defer nt.leave()
	how := failed
	defer func() { c.end(how) }()
	defer func() {
		if p := recover(); p != nil {
			c.add(&part{node: s.spec.Nodes()[0], err: &PanicError{Value: p, Stack: debug.Stack()}, finished: true})
		}
	}()
	how = c.read()
}
