package runtime

import (
	"context"
	"sync"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/plan"
)

// host makes the component of a step that runs steps of its own: an operator or a call where it is one, the nest where
// it needs a stage to itself.
func (r *Run) host(n *graph.Node) (any, error) {
	ns, err := r.nested(n)
	if err != nil {
		return nil, err
	}
	switch {
	case ns.how.Mode == flow.Each:
		return &each{nest: ns}, nil
	case ns.specs != nil:
		return ns, nil
	case ns.how.Mode != flow.ByKey:
		return &flat{nest: ns}, nil
	}
	g := &grouped{nest: ns, byKey: map[string]*member{}}
	if ns.how.Idle > 0 {
		return &timedGrouped{g}, nil
	}
	return g, nil
}

// newHost gives the body of a stage of such a step.
func newHost(s *stage, ns *nest) func() ending {
	if ns.how.Mode == flow.ByKey {
		h := &perKey{st: s, nest: ns, byKey: map[string]*group{}}
		return h.run
	}
	h := &perItem{st: s, nest: ns}
	return h.run
}

// each is the call of a step that takes every item through steps of its own.
type each struct {
	nest *nest
	mu   sync.Mutex
	free []*inline // where the steps only compute: those that no item is in
}

// Call runs the steps on an item, to their end.
func (e *each) Call(ctx context.Context, it flow.Item) ([]flow.Item, error) {
	if e.nest.specs == nil {
		return e.compute(it)
	}
	r := e.nest.run
	w := r.crew.join(e.steps)
	r.crew.awake.Add(-1) // of the call: meanwhile it counts as the waiter
	defer func() {
		r.crew.awake.Add(1)
		w.leave()
	}()
	in, err := e.nest.instance(ctx, w, it.Meta)
	if err != nil {
		return nil, err
	}
	in.start()
	defer in.close()
	defer context.AfterFunc(ctx, w.wake)()
	in.next, in.has = it, true
	var out []flow.Item
	for {
		if ctx.Err() != nil {
			in.stop(context.Cause(ctx))
		}
		if in.feed() {
			in.shut(complete)
		}
		over := in.over()
		it, _, ok := in.result()
		switch {
		case ok:
			out = append(out, it)
		case over:
			if in.err == nil && in.stopped.Load() {
				return nil, context.Cause(ctx)
			}
			return out, in.err
		default:
			w.wait(func() bool { return in.news() || ctx.Err() != nil && !in.stopped.Load() })
		}
	}
}

// compute runs steps that only compute.
func (e *each) compute(it flow.Item) (out []flow.Item, err error) {
	in, err := e.take()
	if err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			host := in.bench.st.host
			node, n := host.busy()
			n.spoil()
			e.nest.run.panicked(node, p)
			err = errStopped
		}
	}()
	err = in.run(it, func(it flow.Item) error {
		out = append(out, it)
		return nil
	})
	for _, b := range in.bench.st.host.benches {
		b.publish()
	}
	e.mu.Lock()
	e.free = append(e.free, in)
	e.mu.Unlock()
	return out, err
}

// take gives a set of the steps that no item is in.
func (e *each) take() (*inline, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := len(e.free); n > 0 {
		in := e.free[n-1]
		e.free = e.free[:n-1]
		return in, nil
	}
	host := &stage{net: &e.nest.run.net, run: e.nest.run, spec: &plan.Stage{Head: e.nest.node}}
	return host.bench(e.nest).inline()
}
