package runtime

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/plan"
)

// nest is a step that runs steps of its own, and what every instance of them is made of.
type nest struct {
	run    *Run
	node   *graph.Node
	how    *flow.Nest
	sub    *graph.Plan
	specs  []*plan.Stage       // where the steps need goroutines
	line   []*graph.Node       // where they only compute: in the order of the flow
	shared map[*graph.Node]any // components that all instances use
}

// nested gives the nest of a node, and makes it before the run begins.
func (r *Run) nested(n *graph.Node) (*nest, error) {
	if ns := r.nests[n]; ns != nil {
		return ns, nil
	}
	ns := &nest{run: r, node: n, shared: map[*graph.Node]any{}}
	ns.how, ns.sub = n.Nest()
	probe := map[*graph.Node]any{}
	for _, m := range ns.sub.Nodes {
		if m.Component == graph.Entry || m.Component == graph.Exit {
			continue
		}
		c, err := r.make(m)
		if err != nil {
			return nil, r.stepError(m, err)
		}
		probe[m] = c
		if t := m.Component.Traits; m.Component.Kind() == flow.KindCall && !t.Serial {
			ns.shared[m], r.built[m] = c, c
		} else if c, ok := c.(flow.Closer); ok {
			c.Close()
		}
	}
	opt := plan.Options{Capacity: r.opt.Plan.Capacity, Unfused: r.opt.Plan.Unfused, Workers: 1, Within: true}
	if line, ok := plan.Computes(ns.sub, r.facts(probe), opt); ok {
		ns.line = line
	} else {
		ns.specs = plan.Make(ns.sub, r.facts(probe), opt)
	}
	for _, m := range ns.nodes() {
		r.tally(m)
	}
	r.nests[n] = ns
	return ns, nil
}

// nodes gives the nodes that work: those that are the bound of an edge do not.
func (ns *nest) nodes() []*graph.Node {
	all := ns.line
	for _, spec := range ns.specs {
		if spec.Kind != plan.Entry && spec.Kind != plan.Exit {
			all = append(all, spec.Nodes()...)
		}
	}
	return all
}

// instance is the steps of a nest at work: on one item, or on those of one key. They give what comes out of them to exit,
// whose goroutine, and that of entry, is the one that works with the instance.
type instance struct {
	net
	nest   *nest
	w      *waiter
	entry  *stage
	exit   *stage
	key    *flow.Meta   // with the key of their group
	active atomic.Int32 // goroutines that have not come to their end

	next    flow.Item // to be given to the steps
	has     bool      // there is one
	epoch   uint32    // of it
	given   int       // items that came out
	ignored bool      // what comes out is not wanted any more
	owner   any       // what it is to whoever works with it
	bell    *bell     // rings where there is news; may be nil
	rung    atomic.Bool
	closed  bool // nothing of it is of interest any more

	mu  sync.Mutex
	err error // why it failed
}

// instance makes an instance, whose input and output belong to the goroutine of w. Key has the key of its group.
func (ns *nest) instance(ctx context.Context, w *waiter, key *flow.Meta) (*instance, error) {
	in := &instance{nest: ns, w: w, key: key}
	in.begin(ctx, ns.run)
	in.trace = ns.sub.Trace()
	in.inner = in
	for _, m := range ns.sub.Nodes {
		c := ns.shared[m]
		if c == nil && m.Component != graph.Entry && m.Component != graph.Exit {
			var err error
			if c, err = ns.run.make(m); err != nil {
				return nil, ns.run.stepError(m, err)
			}
		}
		in.built[m] = c
	}
	in.wire(ns.specs)
	return in, nil
}

// start sets the instance going. Its goroutines end with its input, or when it is stopped.
func (in *instance) start() {
	if in.bell != nil {
		for _, e := range in.exit.in {
			e.bell = func() { in.bell.ring(in) }
			e.available() // an edge that holds nothing waits to be asked, and who waits for the bell does not ask
		}
	}
	in.launch()
}

// failed ends the instance with the failure of one of its steps. What no on_error may catch ends the run.
func (in *instance) failed(n *graph.Node, err error) {
	if err == errStopped {
		return
	}
	if in.nest.how.Mode == flow.ByKey || flow.IsFatal(err) {
		in.run.fail(n, err)
		return
	}
	in.mu.Lock()
	if in.err == nil {
		in.err = in.run.stepError(n, err)
	}
	in.mu.Unlock()
	in.stop(err)
}

// stop ends everything in the instance at once.
func (in *instance) stop(cause error) {
	if in.stopped.CompareAndSwap(false, true) {
		in.end(cause)
	}
}

// feeds reports whether there is an item that the instance can be given now.
func (in *instance) feeds() bool {
	return in.has && (in.entry.halt.Load() >= haltDone || roomIn(in.entry.out))
}

// feed gives the instance its item, if it can be, and reports whether it did.
func (in *instance) feed() bool {
	if !in.feeds() {
		return false
	}
	in.entry.epoch = in.epoch
	_ = in.entry.send(in.next) // refused: the steps want no more
	in.entry.idle()
	in.next, in.has = flow.Item{}, false
	return true
}

// shut says that nothing more is fed.
func (in *instance) shut(how ending) {
	for _, e := range in.entry.out {
		e.close(how)
	}
}

// result takes an item that came out, if there is one.
func (in *instance) result() (it flow.Item, epoch uint32, ok bool) {
	e := in.exit.pick()
	if e == nil {
		return it, 0, false
	}
	it, epoch = e.take()
	e.release()
	return it, epoch, true
}

// over reports whether nothing is at work in the instance any more. What it gave last may still be there.
func (in *instance) over() bool { return in.active.Load() == 0 }

// news reports whether feed, result or over would say something new.
func (in *instance) news() bool { return in.over() || in.exit.pickable() || in.feeds() }

// close accounts for what was under way when the instance ended, and lets go of what it held.
func (in *instance) close() {
	in.group.Wait()
	in.closed = true
	for _, h := range in.heads {
		if h.st.calls != nil {
			h.st.calls.publish()
		}
		h.n.cancelled += h.n.held()
		h.publish()
	}
	for m, c := range in.built {
		if c, ok := c.(flow.Closer); ok && in.nest.shared[m] == nil {
			c.Close()
		}
	}
	in.cancel(flow.Done)
}
