package dsl

import (
	"slices"
	"strings"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/expr"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
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

// typed finds what a node takes and gives.
func (l *loader) typed(d *draft) {
	n := d.node
	ports, failed := l.takes(n)
	passes := n.Component != nil && (n.Component.Traits.Stateless || n.Component.Kind() == flow.KindCall) // error items go by them
	within := failed                                                                                      // of which the steps within know
	if passes {
		within = nil
	} else if failed != nil {
		for i := range ports {
			ports[i] = ports[i].Or(*failed)
		}
	}
	t := &flow.Typing{In: ports, Dir: l.plan.Dir, TypeOf: expr.TypeOf}
	n.Takes = t.It()
	defer func() {
		switch {
		case failed != nil && !passes:
			n.Failed = &n.Gives // any of them may still be taken for an error item
		case failed != nil:
			n.Failed = also(n.Failed, *failed)
		}
	}()
	if d.mapping == nil || n.Component == nil || d.broken {
		if n.Component == graph.Exit {
			n.Gives = n.Takes
		}
		return
	}
	if len(n.In) > 0 && !(n.Component.Traits.Beside && len(ports) != 2) { // what it names may not be there
		l.retype(d, within, ports)
	}
	if d.wrong {
		return
	}
	if n.Component.Gives != nil {
		n.Gives = n.Component.Gives(n.Options, t)
	}
	if _, inner := n.Nest(); inner != nil {
		for _, exit := range inner.Nodes {
			if exit.Component == graph.Exit {
				n.Gives, n.Failed = exit.Gives, exit.Failed
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
		n.Failed = also(n.Failed, errorRecord(n.Takes))
	}
}

// also gives the type of error items of one type, if there are any, and of another.
func also(failed *flow.Type, of flow.Type) *flow.Type {
	if failed != nil {
		of = failed.Or(of)
	}
	return &of
}

// takes gives the types of what comes to a node, by port, and that of the error items which come besides; nil if none do.
func (l *loader) takes(n *graph.Node) (ports []flow.Type, failed *flow.Type) {
	known := map[int]bool{}
	for _, in := range n.In {
		of := in.From.Gives
		switch in.Output {
		case "":
		case "error":
			of = errorRecord(in.From.Takes)
		default: // a case of a step that only says where its items go
			of = in.From.Takes
		}
		if in.From.Failed != nil && in.Output != "error" {
			failed = also(failed, *in.From.Failed)
		}
		for len(ports) <= in.Port {
			ports = append(ports, flow.Any)
		}
		if known[in.Port] {
			of = ports[in.Port].Or(of)
		}
		ports[in.Port], known[in.Port] = of, true
	}
	return ports, failed
}

// errorRecord is the type of what becomes of an item that failed.
func errorRecord(item flow.Type) flow.Type {
	text, number := flow.Only(value.String), flow.Only(value.Int)
	return flow.ObjectOf(true, flow.Member{Name: "item", Type: item}, flow.Member{Name: "error", Type: flow.ObjectOf(true,
		flow.Member{Name: "type", Type: text}, flow.Member{Name: "message", Type: text}, flow.Member{Name: "step", Type: text},
		flow.Member{Name: "attempts", Type: number}, flow.Member{Name: "at", Type: flow.Only(value.Time)})})
}

// retype decodes a node's options once more, now that it is known what comes. What is wrong then, and was not before,
// is a mistake about the items.
func (l *loader) retype(d *draft, failed *flow.Type, ports []flow.Type) {
	_, nests := d.node.Options.(flow.Nester)
	if d.wrong || d.node.Component.Traits.Buffer || d.node.Takes.IsAny() && !nests {
		return
	}
	before, options, weight := *l.diags, d.node.Options, d.node.Weight
	*l.diags = nil
	outer, typing, outerFailed := l.dec.Expr.Types, l.typing, l.failed
	l.dec.Expr.Types, l.typing, l.failed = map[string]flow.Type{"it": d.node.Takes}, true, failed
	if d.node.Component.Traits.Beside { // each side may lack its counterpart
		null := flow.Only(value.Null)
		l.dec.Expr.Types = map[string]flow.Type{"it": ports[0].Or(null), "other": ports[1].Or(null)}
	}
	l.options(d, d.options)
	if d.usable != nil {
		var k stepKeys
		l.dec.Decode(d.usable, &k, d.place)
		if k.When != nil {
			d.node.When = k.When
		}
	}
	l.dec.Expr.Types, l.typing, l.failed = outer, typing, outerFailed
	found := *l.diags
	*l.diags = before
	fresh := slices.DeleteFunc(found, func(x diag.Diagnostic) bool {
		return !strings.HasPrefix(x.Code, "FR4") || slices.ContainsFunc(before, func(old diag.Diagnostic) bool { return old.File == x.File && old.Range == x.Range })
	})
	if *l.diags = append(*l.diags, fresh...); len(fresh) > 0 {
		d.node.Options, d.node.Weight, d.wrong = options, weight, true
	}
}
