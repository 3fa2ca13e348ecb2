package dsl

import (
	"fmt"
	"slices"

	"github.com/flowrun/flowrun/dsl/expr"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// guess finds what a node is likely to give, and what is likely to be wrong with its expressions. What runs is not changed by
// that.
func (l *loader) guess(d *draft, in *incoming) {
	n := d.node
	sure, options, weight, when, onError, meta := n.Flow, n.Options, n.Weight, n.When, n.OnError, l.dec.Meta
	l.follow(d, *in)
	likely := n.Flow
	n.Flow, n.Options, n.Weight, n.When, n.OnError, l.dec.Meta = sure, options, weight, when, onError, meta
	n.Likely = &likely
}

// claims takes what the file declares of a source's items, or what a sample of them says.
func (l *loader) claims(d *draft) {
	n := d.node
	switch {
	case d.wrong || d.broken || n.Component == nil:
	case n.Schema != nil:
		l.clash(d)
		n.Gives = instead(n, *n.Schema)
		n.Likely = &graph.Flow{Gives: instead(n, n.Schema.Closed()), By: "the schema of `" + n.ID + "`"}
	case n.Component.Likely != nil:
		guess := n.Component.Likely(n.Options, &flow.Typing{Dir: l.plan.Dir, TypeOf: expr.TypeOf})
		if guess.By != "" {
			n.Likely = &graph.Flow{Gives: instead(n, guess.Type), By: guess.By}
		}
	}
}

// instead gives the type of a source's items, and of what stands in place of what is none.
func instead(n *graph.Node, of flow.Type) flow.Type {
	if n.OnError.Action == "value" {
		return of.Or(expr.TypeOf(n.OnError.Value))
	}
	return of
}

// clash reports a schema that no item can be of.
func (l *loader) clash(d *draft) {
	path, says, gives, clash := d.node.Schema.Clashes(d.node.Gives)
	if !clash {
		return
	}
	what, help := "the item", "change the schema"
	if path != "" {
		what = "`" + path + "`"
	}
	if slices.Contains(optionNames(d.node.Component.Maker.Options()), "types") {
		help = "change the schema, or how the text is read, as by `types`"
	}
	l.dec.At(child(d.mapping, "schema"), "FR408", fmt.Sprintf("%s is %s by the schema, and `%s` gives %s", what, says, d.node.Component.Name, gives), help)
}
