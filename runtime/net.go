package runtime

import (
	"context"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/plan"
)

// net is stages that work together, and the edges between them.
type net struct {
	run     *Run
	stages  []*stage
	built   map[*graph.Node]any // the components
	heads   map[*graph.Node]*head
	calls   map[*graph.Node]*calls
	entries map[*graph.Node]*stage // the stage at whose head a node stands
	group   sync.WaitGroup         // every goroutine
	stopped atomic.Bool            // everything is being told to end at once
	trace   *graph.Trace           // where items are followed; nil: nowhere
	inner   *instance              // what the stages are, where they are steps within a step
	ctx     context.Context        // ends when every stage has been told so
	cancel  context.CancelCauseFunc
}

func (nt *net) begin(ctx context.Context, r *Run) {
	nt.run, nt.built, nt.heads = r, map[*graph.Node]any{}, map[*graph.Node]*head{}
	nt.calls, nt.entries = map[*graph.Node]*calls{}, map[*graph.Node]*stage{}
	nt.ctx, nt.cancel = context.WithCancelCause(ctx)
}

// fail ends the work with the failure of a node, and gives what its stage ends with.
func (nt *net) fail(n *graph.Node, err error) error {
	if nt.inner != nil {
		nt.inner.failed(n, err)
	} else {
		nt.run.fail(n, err)
	}
	return errStopped
}

// enter counts a goroutine that is about to begin.
func (nt *net) enter() {
	nt.group.Add(1)
	nt.arrive()
}

// arrive counts what others could wait for.
func (nt *net) arrive() {
	if nt.inner != nil {
		nt.inner.active.Add(1)
	}
}

// leave says that a goroutine, or what else arrived, does nothing any more that others could wait for; of a goroutine, what
// is left is group.Done.
func (nt *net) leave() {
	in := nt.inner
	if in == nil || in.active.Add(-1) > 0 {
		return
	}
	if in.bell != nil {
		in.bell.ring(in)
	}
	in.w.wake()
}

// end tells every stage to end at once.
func (nt *net) end(cause error) {
	for _, s := range nt.stages {
		s.tell(haltStop, cause)
	}
	nt.cancel(cause)
}

// wire makes the stages and the edges between them.
func (nt *net) wire(specs []*plan.Stage) {
	made := map[*plan.Stage]*stage{}
	for _, spec := range specs {
		made[spec] = nt.stage(spec)
	}
	edges := map[*plan.Edge]*edge{}
	connect := func(spec *plan.Edge) *edge {
		e := newEdge(spec.Port, spec.Capacity)
		e.from, e.to, e.giver = made[spec.From], made[spec.To], spec.Giver.ID
		e.marks = spec.Marks
		e.onDone = func() {}
		edges[spec] = e
		return e
	}
	for _, spec := range specs {
		s := made[spec]
		for _, out := range spec.Out {
			e := connect(out)
			e.onDone = s.unwanted
			s.out = append(s.out, e)
		}
		s.wanted.Store(int32(len(s.out)))
		for _, n := range spec.Nodes() {
			for _, out := range spec.Beside[n] {
				e := connect(out)
				h := nt.heads[n]
				if h.beside == nil {
					h.beside = map[string][]*edge{}
				}
				h.beside[out.Output] = append(h.beside[out.Output], e)
				s.beside = append(s.beside, e)
				if n.Component.Kind() == flow.KindRouter && out.Output != "error" {
					e.onDone = s.unwanted
					s.wanted.Add(1)
				}
			}
		}
	}
	for _, spec := range specs {
		s := made[spec]
		for _, in := range spec.In {
			s.in = append(s.in, edges[in])
			s.meets = s.meets || in.Capacity == 0
		}
		s.closed = make([]bool, len(s.in))
		sort.SliceStable(s.in, func(i, j int) bool { return s.in[i].port < s.in[j].port })
	}
	for _, s := range nt.stages {
		for _, l := range s.links {
			l.branch()
		}
		if g := s.spec.Gate; g != nil {
			s.gate = edges[g]
			s.gate.gated = append(s.gate.gated, s)
		}
	}
	nt.attend()
}

// stage makes a stage with its operators.
func (nt *net) stage(spec *plan.Stage) *stage {
	s := &stage{net: nt, run: nt.run, spec: spec}
	if nt.inner != nil {
		s.keyed, s.key = nt.inner.nest.sub.Keyed, nt.inner.key
	}
	s.ctx, s.cancel = context.WithCancelCause(nt.ctx)
	nt.stages = append(nt.stages, s)
	switch spec.Kind {
	case plan.Entry:
		nt.inner.entry = s
		return s
	case plan.Exit:
		nt.inner.exit = s
		return s
	}
	nt.entries[spec.Nodes()[0]] = s
	if spec.Head != nil {
		s.head = newHead(s, spec.Head)
		nt.heads[spec.Head] = s.head
	}
	switch spec.Kind {
	case plan.Call:
		s.calls = newCalls(s, spec.Head, nt.built[spec.Head].(flow.Call))
		nt.calls[spec.Head] = s.calls
	case plan.Join:
		if a, ok := nt.built[spec.Head].(flow.Aligned); ok && nt.trace != nil {
			f := nt.trace.Zips[spec.Head]
			a.Align(f.Index, f.Slack)
		}
		s.links = append(s.links, newLink(newHead(s, spec.Head), &joinOp{join: nt.built[spec.Head].(flow.Join)}))
		s.join = s.links[0]
		s.head = s.join.head
		s.choosy, _ = nt.built[spec.Head].(flow.Choosy)
		nt.heads[spec.Head] = s.head
	}
	for _, n := range spec.Links {
		l := newLink(newHead(s, n), operator(nt.built[n]))
		nt.heads[n] = l.head
		s.links = append(s.links, l)
	}
	for _, fork := range spec.Stamps {
		h := &head{st: s, node: &graph.Node{ID: spec.Last().ID, Component: spec.Last().Component}, pub: &tally{}, on: flow.Scope{Vars: make([]value.Value, 1)}}
		s.links = append(s.links, newLink(h, &stamper{fork: fork, forks: len(nt.trace.Forks)}))
	}
	chain(s.links)
	if spec.Sink != nil {
		nt.heads[spec.Sink] = newHead(s, spec.Sink)
	}
	return s
}

// attend gives every edge the goroutines at its ends, and refuses what nobody wants from the start.
func (nt *net) attend() {
	for _, s := range nt.stages {
		if s.spec.Kind == plan.Entry || s.spec.Kind == plan.Exit {
			s.rw, s.ww = nt.inner.w, nt.inner.w
			continue
		}
		s.rw = nt.run.crew.join(s.waits)
		s.ww = s.rw
		if s.spec.Kind == plan.Call || s.spec.Workers > 1 {
			s.ww = nt.run.crew.join(s.gives)
		}
	}
	for _, s := range nt.stages {
		for _, e := range s.in {
			e.reader = s.rw
		}
		for _, e := range append(append([]*edge(nil), s.out...), s.beside...) {
			e.writer = s.ww
		}
	}
	for i := len(nt.stages) - 1; i >= 0; i-- {
		if s := nt.stages[i]; s.lastDone() >= 0 || s.halt.Load() >= haltDone {
			for _, e := range s.in {
				e.refuse()
			}
		}
	}
}

// launch starts the goroutines, sinks first. Each ends when its input has ended, nobody wants its output, or everything
// is stopped.
func (nt *net) launch() {
	for i := len(nt.stages) - 1; i >= 0; i-- {
		s := nt.stages[i]
		body := s.runChain
		switch {
		case s.spec.Kind == plan.Entry || s.spec.Kind == plan.Exit:
			continue
		case s.spec.Workers > 1:
			c := newSplit(s)
			body = c.emit
			nt.enter()
			go nt.read(s, c)
		case s.spec.Kind == plan.Source:
			src := nt.built[s.spec.Head].(flow.Source)
			body = func() ending { return s.runSource(src) }
		case s.spec.Kind == plan.Sink:
			sink := nt.built[s.spec.Head].(flow.Sink)
			body = func() ending { return s.runSink(sink) }
		case s.lazy() != nil:
			body = s.runLazy
		case s.spec.Kind == plan.Buffer:
			body = newBuffer(s, s.spec.Head).run
		case s.spec.Kind == plan.Nest:
			body = newHost(s, nt.built[s.spec.Head].(*nest))
		case s.spec.Kind == plan.Call:
			c := nt.calls[s.spec.Head]
			body = c.emit
			nt.enter()
			go nt.dispatch(s, c)
		}
		nt.enter()
		go nt.work(s, body)
	}
}

// work runs a stage to its end.
func (nt *net) work(s *stage, body func() ending) {
	defer nt.group.Done()
	defer s.ww.leave()
	defer nt.leave()
	defer s.idle()
	defer s.guard()
	s.finish(body())
}

// dispatch runs the receiving side of a stage of calls to its end.
func (nt *net) dispatch(s *stage, c *calls) {
	defer nt.group.Done()
	defer s.rw.leave()
	defer nt.leave()
	how := failed
	defer func() { c.end(how) }()
	defer func() {
		if p := recover(); p != nil {
			nt.run.panicked(s.head.node, p)
		}
	}()
	how = c.dispatch()
}
