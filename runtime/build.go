package runtime

import (
	"context"
	"io"
	goruntime "runtime"
	"strings"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/plan"
)

// Arrange says how a plan would run, without running it: its components are made, and none of them is opened or asked for
// anything.
func Arrange(p *graph.Plan, opt Options) *plan.Layout {
	r := newRun(context.Background(), p, opt)
	defer r.cancel(nil)
	defer r.release()
	out := &plan.Layout{Plan: p, Faults: r.build(), Inner: map[*graph.Node]*plan.Layout{}, Workers: r.arrangement().Workers}
	out.Stages, out.Idle = r.arrange(), map[*graph.Node]int{}
	r.singly(out)
	for n, c := range r.built {
		if p, ok := c.(flow.Pooled); ok {
			out.Idle[n] = p.IdleConnections()
		}
	}
	for n, ns := range r.nests {
		out.Inner[n] = &plan.Layout{Plan: ns.sub, Stages: ns.specs, Line: ns.line, Inner: out.Inner, Idle: out.Idle, Workers: 1}
	}
	return out
}

// singly notes which stages take one item after another. It asks the stages themselves, which are made for that and not run.
func (r *Run) singly(l *plan.Layout) {
	if l.Faults != nil || l.Plan.Fragment {
		return
	}
	r.trace = r.plan.Trace()
	r.wire(l.Stages)
	for _, s := range r.stages {
		s.spec.Singly = s.singly()
		if src, ok := r.built[s.spec.Head].(flow.Source); ok && s.spec.Singly == "" && s.spec.Workers <= 1 && !isSteady(src) {
			s.spec.Singly = "each item is handed on as soon as it is there"
		}
	}
}

// build makes every component of the plan, and gives those that cannot be made.
func (r *Run) build() (faults []plan.Fault) {
	if r.opt.Stdin == nil {
		r.opt.Stdin = strings.NewReader("")
	}
	if r.opt.Stdout == nil {
		r.opt.Stdout = io.Discard
	}
	for _, n := range r.plan.Nodes {
		if n.Component == graph.Entry || n.Component == graph.Exit { // of a file of steps, which does not run by itself
			continue
		}
		c, err := r.make(n)
		if err != nil {
			faults = append(faults, plan.Fault{Node: n, Err: r.stepError(n, err)})
			continue
		}
		r.built[n] = c
	}
	return faults
}

// make makes the component of a node.
func (r *Run) make(n *graph.Node) (any, error) {
	if _, known := r.efforts[n]; !known && n.Component.Kind() == flow.KindCall { // calls are made before the run begins
		r.efforts[n] = &effort{}
	}
	if _, inner := n.Nest(); inner != nil {
		return r.host(n)
	}
	live := false
	for _, in := range n.In {
		live = live || in.Output == "error"
	}
	waits := func(from io.Reader) io.Reader { return &input{run: r, node: n, r: from} }
	env := &flow.Env{
		Step: n.ID, Dir: n.Dir, Stdin: waits(r.opt.Stdin), Waits: waits, Stdout: r.opt.Stdout, Log: r.opt.Log, Dial: r.opt.Dial,
		Meta: r.plan.Meta, Live: live, Memory: r.memory, Timeouts: n.Rules.Timeouts,
		Unheld: r.unheld[n],
	}
	if env.Concurrency, _ = plan.Width(n); env.Concurrency == plan.Unbounded {
		env.Concurrency = 0
	}
	if l := r.layersOf(n); l != nil {
		env.Policy = l
	}
	env.Ended = func() error {
		if r.stopped.Load() {
			return errStopped
		}
		return nil
	}
	env.Reject = func(it flow.Item, err error) error { return r.reject(n, it, err) }
	c, err := makeComponent(n, env)
	if err != nil {
		return nil, err
	}
	return declare(n, c, env.Reject), nil
}

// facts are what the arrangement must know of the components. Where source items are counted or numbered one by one,
// they don't come in blocks.
func (r *Run) facts(built map[*graph.Node]any) plan.Facts {
	return plan.Facts{
		Hosts: func(n *graph.Node) bool { _, ok := built[n].(*nest); return ok },
		Timed: func(n *graph.Node) bool {
			switch built[n].(type) {
			case flow.Timed, flow.Eager, flow.Lazy:
				return true
			}
			return false
		},
		Lazy: func(n *graph.Node) bool { _, ok := built[n].(flow.Lazy); return ok },
		Splits: func(n *graph.Node) (bool, string) {
			switch b, ok := built[n].(flow.Blocks); {
			case !ok:
				return false, plan.OneByOne
			case !b.Splits():
				return false, "its input does not fall into blocks, as plain files of lines do"
			case r.opt.Limit > 0:
				return false, "its items are counted one by one, as there is a limit"
			case r.plan.Meta || r.seen != nil:
				return false, "its items are numbered one by one, as an expression names `meta`"
			}
			return true, ""
		},
		Probes: func(n *graph.Node) bool { _, ok := built[n].(flow.Lookup); return ok },
		Keyed: func(n *graph.Node) bool {
			_, keyed := built[n].(flow.Keyed)
			_, holds := built[n].(flow.Flusher)
			_, merges := built[n].(flow.Merger)
			t := n.Component.Traits
			return keyed && holds == merges && merges == t.Total && (t.Total || t.Single)
		},
		Whole: func(n *graph.Node) bool {
			op, ok := built[n].(flow.Op)
			_, holds := op.(flow.Flusher)
			_, inner := n.Nest()
			t := n.Component.Traits
			return ok && holds && t.Total && !t.Early && !t.Cuts && inner == nil
		},
		Encode: func(n *graph.Node) bool {
			e, ok := built[n].(flow.Encoder)
			return ok && e.Encodes()
		},
	}
}

// arrange gives the stages that the run is made of.
func (r *Run) arrange() []*plan.Stage { return plan.Make(r.plan, r.facts(r.built), r.arrangement()) }

// arrangement gives the options of the plan.
func (r *Run) arrangement() plan.Options {
	opt := r.opt.Plan
	if opt.Workers == 0 {
		opt.Workers = goruntime.GOMAXPROCS(0)
	}
	return opt
}

// release lets go of what components hold until the end of the run.
func (r *Run) release() {
	for _, n := range r.plan.Nodes {
		if c, ok := r.built[n].(flow.Closer); ok {
			r.closed(n, closeComponent(c))
		}
	}
}
