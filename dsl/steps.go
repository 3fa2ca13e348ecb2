package dsl

import (
	"fmt"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// stepKeys decodes the common keys of a step, and refuses those that its component cannot use.
func (l *loader) stepKeys(d *draft, common *yaml.Node) {
	kind := d.node.Component.Kind()
	name := d.node.Component.Name
	usable := &yaml.Node{Kind: yaml.MappingNode, Line: common.Line, Column: common.Column}
	for i := 0; i+1 < len(common.Content); i += 2 {
		key := common.Content[i]
		why := whyNot(d.node.Component, key.Value)
		if key.Value == "from" && len(d.refs) > 0 {
			why = fmt.Sprintf("`%s` names what it reads itself", name)
		}
		if why != "" {
			l.dec.At(key, "FR207", fmt.Sprintf("`%s` cannot be used with `%s`: %s", key.Value, name, why), fmt.Sprintf("leave `%s` out", key.Value))
			continue
		}
		usable.Content = append(usable.Content, key, common.Content[i+1])
	}
	var k stepKeys
	l.dec.Ref = nil
	l.dec.Decode(usable, &k, "step")
	d.node.ID, d.node.When, d.node.Into = k.ID, k.When, k.Into
	d.from = l.fromOf(usable)
	if kind == flow.KindCall && k.Concurrency == nil && !d.node.Component.Traits.Serial {
		k.Concurrency = l.defaults.Concurrency
	}
	if c := k.Concurrency; c != nil {
		d.node.Concurrency = graph.Concurrency{Max: c.max, Order: graph.Order(c.Order), Key: c.Key, Window: c.Window}
	}
	l.useLimits(d, k.Limits, child(usable, "limits"))
	if k.OnError == nil && kind != flow.KindJoin && !d.node.Component.Traits.Buffer {
		k.OnError = l.defaults.OnError
	}
	l.onError(d, k.OnError, usable)
}

func (l *loader) useLimits(d *draft, uses []limitUse, n *yaml.Node) {
	for i, use := range uses {
		at := n
		if n.Kind == yaml.SequenceNode && i < len(n.Content) {
			at = n.Content[i]
		}
		if x := child(at, "use"); x != nil {
			at = x
		}
		var found *graph.Limit
		var names []string
		for _, limit := range l.plan.Limits {
			names = append(names, limit.Name)
			if limit.Name == use.Use {
				found = limit
			}
		}
		switch {
		case found == nil:
			help := fmt.Sprintf("declare it at the top: `limits: {%s: {concurrency: 3}}`", use.Use)
			if near := diag.Nearest(use.Use, names); near != "" {
				help = fmt.Sprintf("did you mean `%s`?", near)
			}
			l.dec.At(at, "FR303", fmt.Sprintf("there is no limit `%s`", use.Use), help)
		case use.Weight < 1 || use.Weight > found.Concurrency:
			l.dec.At(at, "FR208", fmt.Sprintf("a weight of %d can never be granted by `%s`, which has %d permits", use.Weight, use.Use, found.Concurrency), "write a weight from 1 to the limit's concurrency")
		default:
			d.node.Limits = append(d.node.Limits, graph.Use{Limit: found, Weight: use.Weight})
		}
	}
}

// onError takes over what becomes of failed items.
func (l *loader) onError(d *draft, o *onError, common *yaml.Node) {
	if o == nil {
		return
	}
	at := child(common, "on_error")
	policy := graph.OnError{Action: o.Action, Value: o.Value.Expr}
	switch {
	case o.To != "":
		policy.Action = "to"
		target := child(at, "to")
		if target == nil {
			target = d.at
		}
		d.to = &reference{string(o.To), target}
	case o.Value.Expr != nil:
		policy.Action = "value"
	}
	if d.place == "sink" && (policy.Action == "value" || policy.Action == "emit") {
		l.dec.At(at, "FR207", fmt.Sprintf("a sink gives no items, and cannot `%s` one", policy.Action), "write skip, or {to: …}")
	}
	if t := o.Tolerate; t != nil {
		policy.Tolerance = graph.Tolerance{Errors: t.Errors, Ratio: t.Ratio, MinItems: t.MinItems}
	}
	d.node.OnError = policy
}

// whyNot says why a component cannot use a common key; "" where it can.
func whyNot(c *flow.Component, key string) string {
	kind := c.Kind()
	switch key {
	case "concurrency", "limits", "into":
		switch {
		case kind.Place() != "step":
		case kind != flow.KindCall:
			return fmt.Sprintf("`%s` computes, and has nothing to wait for: the runtime shares out its work by itself", c.Name)
		case c.Traits.Serial:
			return fmt.Sprintf("`%s` takes one item after another", c.Name)
		}
	case "when", "on_error":
		if kind == flow.KindJoin || c.Traits.Buffer {
			return fmt.Sprintf("`%s` passes every item on, and none can fail in it", c.Name)
		}
	case "from":
		if kind == flow.KindJoin {
			return fmt.Sprintf("`%s` names what it reads itself", c.Name)
		}
	}
	return ""
}
