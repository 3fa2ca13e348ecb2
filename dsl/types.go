package dsl

import (
	"github.com/flowrun/flowrun/dsl/expr"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/policy"
)

// types follows what is known of the items from step to step, and finds what is wrong with expressions on such items.
// Every node comes after those that it reads; of a circle, which is an error, nothing is known.
func (l *loader) types() {
	at := map[*graph.Node]*draft{}
	all := l.flat()
	for _, d := range all {
		at[d.node] = d
	}
	done := map[*graph.Node]bool{}
	var visit func(d *draft)
	visit = func(d *draft) {
		if d == nil || done[d.node] {
			return
		}
		done[d.node] = true
		for _, in := range d.node.In {
			visit(at[in.From])
		}
		d.in.typed(d)
	}
	for _, d := range all {
		visit(d)
	}
}

// typed finds what a node takes and gives: what is sure of it, and what is likely.
func (l *loader) typed(d *draft) {
	n := d.node
	if n.Component == graph.Entry {
		return // whoever reads the steps within a step has said
	}
	outer := l.likely
	l.likely = nil
	if likely := l.takes(d, true); likely.By != "" {
		l.likely = &likely
	}
	l.follow(d, l.takes(d, false))
	if d.place == "source" {
		l.claims(d)
	}
	if l.likely != nil && !d.wrong && n.Component != nil {
		l.guess(d, l.likely)
	}
	l.likely = outer
}

// incoming is what is known of what comes to a node.
type incoming struct {
	ports  []flow.Type
	failed *flow.Type // of the error items that come besides; nil if none do
	By     string     // of what is likely
}

// passes reports whether error items go by a node untouched.
func passes(n *graph.Node) bool {
	return n.Component != nil && (n.Component.Traits.Stateless || n.Component.Kind() == flow.KindCall)
}

// takes gives the types of what comes to a node.
func (l *loader) takes(d *draft, likely bool) (in incoming) {
	known := map[int]bool{}
	for _, edge := range d.node.In {
		from := edge.From.Flow
		if likely && edge.From.Likely != nil {
			from, in.By = *edge.From.Likely, edge.From.Likely.By
		}
		of := from.Gives
		switch edge.Output {
		case "":
		case "error":
			of = graph.Failure(from.Takes)
		default: // a case of a step that only says where its items go
			of = from.Takes
		}
		if from.Failed != nil && edge.Output != "error" {
			in.failed = also(in.failed, *from.Failed)
		}
		for len(in.ports) <= edge.Port {
			in.ports = append(in.ports, flow.Any)
		}
		if known[edge.Port] {
			of = in.ports[edge.Port].Or(of)
		}
		in.ports[edge.Port], known[edge.Port] = of, true
	}
	if in.failed != nil && !passes(d.node) {
		for i := range in.ports {
			in.ports[i] = in.ports[i].Or(*in.failed)
		}
	}
	return in
}

// follow finds what a node gives of what comes.
func (l *loader) follow(d *draft, in incoming) {
	n := d.node
	t := &flow.Typing{In: in.ports, Dir: l.plan.Dir, TypeOf: expr.TypeOf}
	n.Flow = graph.Flow{Takes: t.It(), By: in.By}
	if d.mapping == nil || n.Component == nil || d.broken {
		if n.Component == graph.Exit {
			n.Gives = n.Takes
		}
	} else {
		l.retype(d, in, t)
		if !d.wrong {
			l.gives(n, t)
		}
	}
	switch {
	case in.failed != nil && !passes(n):
		n.Failed = &n.Gives // any of them may still be taken for an error item
	case in.failed != nil:
		n.Failed = also(n.Failed, *in.failed)
	}
}

// gives finds what a node gives by what its options are.
func (l *loader) gives(n *graph.Node, t *flow.Typing) {
	if n.Component.Gives != nil {
		n.Gives = n.Component.Gives(n.Options, t)
	}
	if _, inner := n.Nest(); inner != nil {
		for _, exit := range inner.Nodes {
			if exit.Component == graph.Exit {
				of := exit.Flow
				if n.By != "" && exit.Likely != nil {
					of = *exit.Likely
				}
				n.Gives, n.Failed = of.Gives, of.Failed
			}
		}
	}
	if n.Into != "" {
		n.Gives = n.Takes.WithField(n.Into, n.Gives)
	}
	if n.When != nil {
		n.Gives = n.Gives.Or(n.Takes)
	}
	if b := n.Rules.Breaker; b != nil && b.OnOpen == policy.Value {
		n.Gives = n.Gives.Or(expr.TypeOf(b.Value))
	}
	switch n.OnError.Action {
	case "value":
		n.Gives = n.Gives.Or(expr.TypeOf(n.OnError.Value))
	case "emit":
		n.Failed = also(n.Failed, graph.Failure(n.Takes))
	}
}

// also gives the type of error items of one type, if there are any, and of another.
func also(failed *flow.Type, of flow.Type) *flow.Type {
	if failed != nil {
		of = failed.Or(of)
	}
	return &of
}
