package runtime

import (
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/plan"
)

// bench is where steps within a step run that only compute: in the goroutine of a stage, all that this stage has of them
// together. It holds what they have in common, their counts.
type bench struct {
	nest  *nest
	outer *stage // of the step that they belong to
	st    *stage // stands for them: it has no edges
	heads []*head
	cur   *inline // that is at work
}

// bench gives the place of a nest's steps in this stage's goroutine. Also within such steps it is the stage's own.
func (s *stage) bench(ns *nest) *bench {
	host := s
	for host.host != nil {
		host = host.host
	}
	if b := host.benches[ns]; b != nil {
		return b
	}
	b := &bench{nest: ns, outer: s}
	b.st = &stage{net: host.net, run: host.run, host: host, keyed: ns.sub.Keyed, spec: &plan.Stage{Kind: plan.Chain, Links: ns.line}}
	b.st.to, b.st.onFail = b.give, b.fail
	for _, n := range ns.line {
		b.heads = append(b.heads, newHead(b.st, n))
	}
	if host.benches == nil {
		host.benches = map[*nest]*bench{}
	}
	host.benches[ns] = b
	return b
}

func (b *bench) publish() {
	for _, h := range b.heads {
		h.publish()
	}
}

// give takes what comes out of the last step.
func (b *bench) give(it flow.Item) error {
	if b.outer.keyed && b.nest.how.Mode == flow.ByKey {
		it.Meta = keyed(it.Meta, b.outer.key)
	}
	err := b.cur.to(it)
	if err != nil {
		b.cur.down = err
	}
	return err
}

// fail takes the failure of a step.
func (b *bench) fail(n *graph.Node, err error) error {
	if b.nest.how.Mode == flow.ByKey || flow.IsFatal(err) {
		return b.st.net.fail(n, err)
	}
	b.cur.err = b.nest.run.stepError(n, err)
	return b.cur.err
}

// inline is steps within a step, composed by call: for one item after another, or for those of one key.
type inline struct {
	bench *bench
	links []*link
	to    flow.Emit // takes what comes out
	down  error     // what it returned
	err   error     // the failure of a step
	used  bool
}

// inline makes a set of the nest's operators.
func (b *bench) inline() (*inline, error) {
	in := &inline{bench: b}
	for i, n := range b.nest.line {
		op, err := b.nest.run.make(n)
		if err != nil {
			return nil, b.nest.run.stepError(n, err)
		}
		in.links = append(in.links, newLink(b.heads[i], op.(flow.Op)))
	}
	chain(in.links)
	return in, nil
}

// again makes the operators as they were, for the next item.
func (in *inline) again() error {
	in.down, in.err = nil, nil
	if !in.used {
		in.used = true
		return nil
	}
	for i, l := range in.links {
		if !l.node.Component.Traits.Stateless {
			op, err := in.bench.nest.run.make(l.node)
			if err != nil {
				return in.bench.nest.run.stepError(l.node, err)
			}
			in.links[i] = newLink(l.head, op.(flow.Op))
			continue
		}
		l.done, l.busy, l.held, l.down, l.refused = false, false, 0, nil, false
	}
	chain(in.links)
	return nil
}

// run takes one item through the steps to their end. The error is the failure of a step, or what emit returned.
func (in *inline) run(it flow.Item, emit flow.Emit) error {
	err := in.again()
	if in.bench.st.keyed && it.Meta != nil {
		in.bench.st.key = &flow.Meta{Key: it.Meta.Key}
	}
	if err == nil {
		err = in.process(it, emit)
	}
	if err == nil {
		err = in.flush(complete, emit)
	}
	for _, l := range in.links {
		if n := &l.head.n; err != nil {
			n.cancelled += n.held()
		}
		if c, ok := l.op.(flow.Closer); ok && !l.node.Component.Traits.Stateless {
			c.Close()
		}
	}
	return err
}

// process takes an item through the steps. Steps that want no more are no error.
func (in *inline) process(it flow.Item, emit flow.Emit) error {
	in.bench.cur, in.to = in, emit
	switch {
	case len(in.links) == 0:
		return emit(it)
	case !in.links[0].done:
		if err := in.links[0].process(it); err == errStopped {
			return err
		}
	}
	return in.failure()
}

// flush lets the steps give what they hold.
func (in *inline) flush(how ending, emit flow.Emit) error {
	in.bench.cur, in.to = in, emit
	first := 0
	for i, l := range in.links {
		if l.done {
			first = i + 1
		}
	}
	for _, l := range in.links[first:] {
		if !l.done && !l.flush(how) {
			if err := in.failure(); err != nil {
				return err
			}
			return errStopped
		}
	}
	return in.failure()
}

func (in *inline) failure() error {
	if in.err != nil {
		return in.err
	}
	return in.down
}

// flat is a step that takes every item through steps of its own, which only compute.
type flat struct {
	nest  *nest
	bench *bench
	in    *inline
}

func (f *flat) attach(s *stage) { f.bench = s.bench(f.nest) }

// Process takes one item through the steps.
func (f *flat) Process(it flow.Item, emit flow.Emit) (err error) {
	if f.in == nil {
		if f.in, err = f.bench.inline(); err != nil {
			return err
		}
	}
	return f.in.run(it, emit)
}
