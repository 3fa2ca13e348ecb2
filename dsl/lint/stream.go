package lint

import (
	"fmt"
	"slices"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// endless gives a source without an end from which items come to a node, nil if there is none. What is cut on the way
// ends.
func (p *pass) endless(n *graph.Node) *graph.Node {
	if p.Limited {
		return nil
	}
	seen := map[*graph.Node]bool{}
	var visit func(n *graph.Node) *graph.Node
	visit = func(n *graph.Node) *graph.Node {
		if seen[n] {
			return nil
		}
		seen[n] = true
		if o, ok := n.Options.(flow.Endless); ok && o.Endless() {
			return n
		}
		for _, in := range n.In {
			if t := in.From.Component.Traits; t.Cuts || t.Early {
				continue
			}
			if found := visit(in.From); found != nil {
				return found
			}
		}
		return nil
	}
	return visit(n)
}

// upstream adds the nodes that a node's items come from, itself included.
func upstream(n *graph.Node, into map[*graph.Node]bool) map[*graph.Node]bool {
	if !into[n] {
		into[n] = true
		for _, in := range n.In {
			upstream(in.From, into)
		}
	}
	return into
}

var streams = []*Rule{{
	ID: "B05", Severity: diag.Error, Right: true, Title: "a result of all items of a source without an end",
	Doc: "What gives its result when the input ends never gives one, when the source has no end. `take` and its like cut the input, and `chunks` and " +
		"`group_by` give results on the way.",
	Bad:  "source: {interval: 1s}\nsteps:\n  - count: {}\n",
	Good: "source: {interval: 1s}\nsteps:\n  - take: 10\n  - count: {}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			if t := n.Component.Traits; !t.Total || t.Early {
				continue
			}
			if source := p.endless(n); source != nil {
				p.report(n, nil, fmt.Sprintf("`%s` gives its result at the end, and `%s` has none", n.ID, source.ID), "put a `take` before it, or `chunks` in its place")
			}
		}
	},
}, {
	ID: "G01", Severity: diag.Warning, Right: true, Title: "keys of a source without an end, remembered for ever",
	Doc: "What remembers every key that it has seen grows with them. When the source has no end, it grows until it holds all of the run's memory, and " +
		"the run fails.",
	Bad:  "source: {interval: 1s}\nsteps:\n  - distinct: it.n\n",
	Good: "source: {interval: 1s}\nsteps:\n  - distinct: {by: it.n, ttl: 1h}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			o, ok := n.Options.(flow.Grows)
			if !ok || !o.Grows() {
				continue
			}
			if source := p.endless(n); source != nil {
				p.report(n, nil, fmt.Sprintf("it remembers every key, and `%s` has no end", source.ID), "bound it, by `max_keys` or `ttl`")
			}
		}
	},
}, {
	ID: "X01", Severity: diag.Warning, Title: "failures that are left out without a bound",
	Doc: "With `skip` an item that fails is only counted. When all of them fail, the run ends well and without a result. `tolerate` says how many are " +
		"too many; `{to: SINK}` keeps them.",
	Bad:  "source: {items: [1]}\nsteps:\n  - map: 1 / it\n    on_error: skip\n",
	Good: "source: {items: [1]}\nsteps:\n  - map: 1 / it\n    on_error: {action: skip, tolerate: {ratio: 0.1}}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			if o := n.OnError; o.Action == "skip" && o.Tolerance.Errors == 0 && o.Tolerance.Ratio == 0 {
				p.report(n, at("on_error"), "when every item fails, the run ends well all the same", "write `{action: skip, tolerate: {ratio: 0.1}}`, or send them to a sink by `{to: …}`")
			}
		}
	},
}, {
	ID: "X04", Severity: diag.Warning, Right: true, Title: "calls made for items that nobody takes",
	Doc: "Calls run ahead of what is taken from them: when a `take` after them ends, more were made than it takes. Where a call changes something, " +
		"put the `take` before it.",
	Bad:  "source: {range: {from: 1, to: 100}}\nsteps:\n  - http: {post: \"http://localhost/${it}\"}\n    concurrency: 5\n  - take: 10\n",
	Good: "source: {range: {from: 1, to: 100}}\nsteps:\n  - take: 10\n  - http: {post: \"http://localhost/${it}\"}\n    concurrency: 5\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			r, ok := n.Options.(flow.Repeater)
			if !ok || n.Component.Kind() != flow.KindCall || running(n) < 2 {
				continue
			}
			repeatable, what, _ := r.Repeatable()
			cut := slices.IndexFunc(p.Nodes, func(x *graph.Node) bool {
				return x.Component.Traits.Cuts && upstream(x, map[*graph.Node]bool{})[n]
			})
			if repeatable || cut < 0 {
				continue
			}
			extra := fmt.Sprintf("up to %d more", max(running(n), n.Concurrency.Window)+graph.BeforeCall)
			if running(n) == many {
				extra = "many more"
			}
			p.report(p.Nodes[cut], nil, fmt.Sprintf("when this ends, `%s` has made %s of %s than are taken", n.ID, extra, what), "put it before the call")
		}
	},
}}
