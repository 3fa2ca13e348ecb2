package runtime

import (
	"errors"
	"runtime/debug"
	"sync"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/plan"
)

// split is a stage whose input comes in blocks, of a source or of an edge: a reader takes blocks in, a goroutine for each
// decodes it and takes its items through the operators of the stage, which look at one item alone, and an emitter hands
// on what came out, in the order of the input. What fails in a block is told when its turn comes, so that the first failure of the input is the
// one that counts, however many blocks are under way.
//
// At most `window` blocks are read and not handed on.
type split struct {
	st     *stage
	src    flow.Blocks  // nil: the stage's edges
	sink   flow.Encoder // nil: the items are sent
	window int
	hire   func() (*hands, error)

	mu      sync.Mutex
	tickets int // in use
	queue   []*part
	idle    []*hands
	buffers [][]byte // of bytes that were written
	over    bool     // no more blocks will come
	how     ending
}

// part is one block under way, and what became of it.
type part struct {
	block    flow.Block
	epoch    uint32
	out      []flow.Item
	sink     *encoding   // nil: items go to out
	data     []byte      // what they are encoded to
	counts   []counts    // of the head and the operators
	node     *graph.Node // where it failed
	err      error
	finished bool
}

// encoding is how hands encode for a sink.
type encoding struct {
	*head
	by flow.Encoder
}

// take takes an item that came out of the operators.
func (p *part) take(it flow.Item) error {
	if p.sink == nil {
		p.out = append(p.out, it)
		return nil
	}
	p.sink.n.in++
	p.sink.st.sink = p.sink.head
	data, err := p.sink.by.Encode(p.data, it)
	p.sink.st.sink = nil
	if p.data = data; err != nil {
		_, _, err = p.sink.catch(it, err)
		return err
	}
	p.sink.n.out++
	p.sink.n.completed++
	return nil
}

// fail notes the first failure.
func (p *part) fail(n *graph.Node, err error) {
	if p.err == nil && err != errStopped {
		p.node, p.err = n, err
	}
}

// hands are a set of the stage's operators, which work on one block at a time.
type hands struct {
	of   *stage // whose part they do
	st   *stage // their own
	sink *encoding
}

// heads gives the nodes of a split stage at work, in the order of the flow.
func heads(s *stage, sink *head) []*head {
	var all []*head
	if s.head != nil {
		all = append(all, s.head)
	}
	for _, l := range s.links {
		all = append(all, l.head)
	}
	if sink != nil {
		all = append(all, sink)
	}
	return all
}

func newSplit(s *stage) *split {
	c := &split{st: s, window: 2 * s.spec.Workers}
	s.split = c
	if s.spec.Kind == plan.Source {
		c.src = s.net.built[s.spec.Head].(flow.Blocks)
	}
	c.hire = func() (*hands, error) {
		own := &stage{net: s.net, run: s.run, spec: s.spec}
		if s.head != nil {
			own.head = newHead(own, s.spec.Head)
		}
		for _, n := range s.spec.Links {
			op, err := s.run.make(n)
			if err != nil {
				return nil, err
			}
			own.links = append(own.links, newLink(newHead(own, n), op.(flow.Op)))
		}
		chain(own.links)
		w := &hands{of: s, st: own}
		if c.sink != nil {
			w.sink = &encoding{newHead(own, s.spec.Sink), c.sink}
		}
		return w, nil
	}
	if s.spec.Sink != nil {
		c.sink = s.net.built[s.spec.Sink].(flow.Encoder)
	}
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
	if s.halt.Load() == proceed {
		err := c.src.ReadBlocks(s.ctx, func(b flow.Block) error { return c.give(b, s.run.epoch.Load()) })
		if err != nil && s.halt.Load() == proceed && !errors.Is(err, flow.Done) {
			c.add(&part{node: s.head.node, err: err, finished: true})
		}
	}
	switch s.halt.Load() {
	case proceed, haltDone:
		return complete
	case haltFeed:
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
		it, epoch, from, how := s.receive(s.rw.wait)
		if from == nil {
			return how
		}
		items, _ := from.more([]flow.Item{it}, lump, epoch)
		from.release()
		if err := c.give(batch(items), epoch); err != nil {
			return complete
		}
	}
}

// give starts the work on a block, waiting for a ticket.
func (c *split) give(b flow.Block, epoch uint32) error {
	s := c.st
	s.rw.wait(func() bool { return s.halt.Load() != proceed || c.reserve() })
	if s.halt.Load() != proceed {
		return flow.Done
	}
	w, err := c.worker()
	if err != nil {
		return err
	}
	p := &part{block: b, epoch: epoch, sink: w.sink, data: c.buffer()}
	c.add(p)
	s.run.crew.awake.Add(1)
	s.net.group.Add(1)
	go c.work(w, p) // ends with its block
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

// buffer gives a buffer to encode to.
func (c *split) buffer() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.buffers); n > 0 {
		b := c.buffers[n-1]
		c.buffers = c.buffers[:n-1]
		return b[:0]
	}
	return nil
}

func (c *split) add(p *part) {
	c.mu.Lock()
	c.queue = append(c.queue, p)
	c.mu.Unlock()
	c.st.ww.wake()
}

// worker gives hands that are free.
func (c *split) worker() (*hands, error) {
	c.mu.Lock()
	if n := len(c.idle); n > 0 {
		w := c.idle[n-1]
		c.idle = c.idle[:n-1]
		c.mu.Unlock()
		return w, nil
	}
	c.mu.Unlock()
	return c.hire()
}

func (c *split) work(w *hands, p *part) {
	defer c.st.net.group.Done()
	w.do(p)
	c.mu.Lock()
	p.finished = true
	if p.err == nil {
		c.idle = append(c.idle, w)
	}
	c.mu.Unlock()
	c.st.ww.wake()
	c.st.run.crew.awake.Add(-1)
	c.st.run.crew.check()
}

// do decodes a block and takes its items through the operators.
func (w *hands) do(p *part) {
	s, h := w.st, w.st.head
	s.part, s.refusal = p, nil
	defer func() {
		if x := recover(); x != nil {
			node, n := s.busy()
			n.spoil()
			p.fail(node, &PanicError{Value: x, Stack: debug.Stack()})
		}
		var sink *head
		if w.sink != nil {
			sink = w.sink.head
		}
		for _, h := range heads(s, sink) {
			p.counts = append(p.counts, h.n)
			h.n = counts{}
		}
		s.part, s.sink, p.block = nil, nil, nil
	}()
	each := func(it flow.Item) error {
		if w.of.halt.Load() >= haltDone {
			return flow.Done
		}
		if h == nil {
			return s.links[0].process(it)
		}
		h.n.in++
		err := s.pass(it)
		h.n.completed++
		return err
	}
	if bulky(s.links) {
		each = s.gather
	}
	err := p.block.Decode(each, func(it flow.Item, cause error) error {
		if err := s.deliver(); err != nil {
			return err
		}
		h.n.in++
		instead, has, err := h.catch(it, cause)
		if err == nil && has {
			err = s.pass(instead)
		}
		return err
	})
	if e := s.deliver(); err == nil || e != nil { // what was gathered comes before what ended the block
		err = e
	}
	if err != nil && !errors.Is(err, flow.Done) {
		node, _ := s.busy()
		p.fail(node, err)
	}
}

// emit is the body of the sending goroutine.
func (c *split) emit() ending {
	s := c.st
	for {
		p, emptied := c.ready()
		switch {
		case s.halt.Load() >= haltDone:
			return failed
		case emptied:
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

// peek gives the part that is to be handed on, if it has finished, and whether nothing will come any more.
func (c *split) peek() (p *part, emptied bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		return nil, c.over
	}
	if !c.queue[0].finished {
		return nil, false
	}
	return c.queue[0], false
}

// ready is peek, and takes the part.
func (c *split) ready() (p *part, emptied bool) {
	if p, emptied = c.peek(); p != nil {
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

// handOn gives what came out of a part to what follows.
func (c *split) handOn(p *part) error {
	s := c.st
	s.epoch = p.epoch
	all := heads(s, s.net.heads[s.spec.Sink])
	last := all[len(all)-1]
	for i, n := range p.counts {
		all[i].n.add(n)
	}
	defer func() {
		for _, h := range all {
			h.publish()
		}
	}()
	for i, it := range p.out {
		if err := s.send(it); err != nil {
			left := int64(len(p.out) - i) // never given to anybody
			last.n.out -= left
			last.n.completed -= min(left, last.n.completed)
			return err
		}
	}
	if len(p.data) > 0 {
		if err := c.deliver(func() error { return c.sink.WriteEncoded(s.ctx, p.data) }); err != nil {
			delivered := p.counts[len(p.counts)-1].completed
			last.n.out -= delivered
			last.n.completed -= delivered
			c.undelivered(err)
			return err
		}
		c.mu.Lock()
		c.buffers = append(c.buffers, p.data)
		c.mu.Unlock()
	}
	switch {
	case p.err != nil && len(s.out) > 0:
		s.breach = breach{p.node, p.err}
		return errBroken
	case p.err != nil:
		return s.net.fail(p.node, p.err)
	}
	return nil
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
