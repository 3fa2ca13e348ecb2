package dsl

import (
	"fmt"
	"maps"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// inner makes a plan of the steps that a step has of its own. Of what stands around them they know the params, the
// defaults and what is declared at the top of the file by name; but neither steps nor sources nor sinks, as these run
// once, and the steps within run again and again.
func (l *loader) inner(n *yaml.Node, o config.Option, step *graph.Node) *graph.Plan {
	within := *l
	in := &within
	in.plan = &graph.Plan{File: l.plan.File, Dir: l.plan.Dir, Buffer: l.plan.Buffer}
	in.outer, in.around, in.drafts, in.byID, in.unsure, in.missing = l, maps.Clone(l.around), nil, map[string]*draft{}, false, false
	if slices.Contains(o.Scope, "key") {
		defer func(outer *bool) { l.dec.Expr.Key = outer }(l.dec.Expr.Key)
		l.dec.Expr.Key = new(bool)
	}
	in.inners, in.list, in.step, in.inside, in.use, in.end = nil, n, step, true, nil, nil
	l.inners = append(slices.DeleteFunc(l.inners, func(old *loader) bool { return old.list == n }), in)
	takes := l.dec.Expr.Types
	l.dec.Expr.Types = nil
	defer func() { l.dec.Expr.Types = takes }()
	l.dec.Ref = nil   // restored by whoever decodes the options
	in.fallback = nil // an item that fails within fails the step, whose own on_error decides
	names(n, in.around)
	in.given(n)
	in.wire()
	if l.typing {
		if slices.Contains(o.Scope, "key") {
			in.key = takes["key"]
		}
		entry := in.drafts[0].node
		entry.Flow = graph.Flow{Gives: takes["it"], Failed: l.failed}
		if l.likely != nil {
			t := flow.Typing{In: l.likely.ports}
			entry.Likely = &graph.Flow{Gives: t.It(), Failed: l.failed, By: l.likely.By}
		}
		in.types()
	}
	in.plan.Keyed = l.dec.Expr.Key != nil && *l.dec.Expr.Key
	return in.plan
}

// given makes drafts of steps that are given their items from outside, beginning with what gives them.
func (l *loader) given(n *yaml.Node) {
	entry := &draft{place: "source", at: n, anonymous: true, node: l.node(n), in: l}
	entry.node.ID, entry.node.Component = graph.Entry.Name, graph.Entry
	l.drafts = append(l.drafts, entry)
	l.steps(n, "begin each step by `- `")
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		l.unsure = true
		l.dec.At(n, "FR202", "there is no step here", "write one, as in `- map: it`")
	}
	l.ids()
}

// exit lets the last of the steps within a step give what the step gives.
func (l *loader) exit(last *draft) {
	if !l.hasMain(last, last.at) {
		return
	}
	d := &draft{place: "sink", at: last.at, node: l.node(last.at), in: l}
	d.node.ID, d.node.Component, d.node.In = graph.Exit.Name, graph.Exit, []graph.Input{{From: last.last().node}}
	last.last().read = true
	l.drafts = append(l.drafts, d)
}

// outside reports a reference to something that stands around the steps within a step, and whether it was one.
func (l *loader) outside(ref reference) bool {
	if l.outer == nil || !l.around[ref.name] {
		return false
	}
	l.unsure = true
	if l.use != nil {
		l.dec.At(ref.at, "FR301", fmt.Sprintf("`%s` stands outside of this file, whose steps know only one another", ref.name),
			"name one of these steps; failed items go where the `on_error` of the step that uses the file says")
		return true
	}
	l.dec.At(ref.at, "FR301", fmt.Sprintf("`%s` stands outside of these steps, which know only one another", ref.name),
		"name one of these steps; failed items go where the `on_error` of the step around these says")
	return true
}

// names notes the names that a file, or a list of steps, gives.
func names(n *yaml.Node, into map[string]bool) {
	for _, section := range []string{"sources", "sinks"} {
		for key := range pairs(child(n, section)) {
			into[key.Value] = true
		}
	}
	for _, place := range []*yaml.Node{n, child(n, "source"), child(n, "steps"), child(n, "sink")} {
		for _, x := range items(place) {
			if id := child(x, "id"); id != nil {
				into[id.Value] = true
			}
		}
	}
}

// qualify puts the id of a step before those of the steps within it.
func qualify(p *graph.Plan, prefix string) {
	for _, n := range p.Nodes {
		n.ID = prefix + n.ID
		if _, inner := n.Nest(); inner != nil {
			qualify(inner, n.ID+"/")
		}
	}
}
