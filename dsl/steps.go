package dsl

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/expr"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// commonKeys decodes the keys beside the component, and refuses those that are of no use with it.
func (l *loader) commonKeys(d *draft, common *yaml.Node) {
	usable := &yaml.Node{Kind: yaml.MappingNode, Line: common.Line, Column: common.Column}
	for key, x := range pairs(common) {
		why, help := useless(d, key.Value)
		switch {
		case why != "":
			l.dec.At(key, "FR207", fmt.Sprintf("`%s` is of no use here: %s", key.Value, why), help)
			l.unsure = l.unsure || key.Value == "from"
		default:
			usable.Content = append(usable.Content, key, x)
		}
	}
	if d.place == "step" {
		d.usable = usable
	}
	var k stepKeys
	before := len(*l.diags)
	switch d.place {
	case "source":
		var s sourceKeys
		l.dec.Decode(usable, &s, d.place)
		k.ID, k.OnError, k.policies, k.Hints = s.ID, s.OnError, s.policies, s.Hints
		d.node.Schema = s.Schema
	case "sink":
		var s sinkKeys
		l.dec.Decode(usable, &s, d.place)
		k.ID, k.From, k.OnError, k.policies = s.ID, s.From, s.OnError, s.policies
	default:
		l.dec.Decode(usable, &k, d.place)
	}
	ok := len(*l.diags) == before
	if n := child(usable, "id"); n != nil && n.Kind == yaml.ScalarNode {
		l.name(n, d.place)
		d.node.ID, d.at = k.ID, n
	}
	l.from(d, k.From, child(usable, "from"))
	d.node.Into = k.Into
	l.when(d, k.When)
	l.calls(d, &k, usable)
	l.onError(d, k.OnError, child(usable, "on_error"), ok)
	if d.node.Component != nil && d.node.Component.Traits.Use {
		d.standard = &standard{defaults: defaults{Concurrency: k.Concurrency, policies: k.policies, Hedge: k.Hedge, OnError: k.OnError}, at: usable, in: l, to: d.to}
		d.to = nil
	}
}

// when sets the condition under which a node takes an item.
func (l *loader) when(d *draft, e flow.Expr) {
	if e != nil {
		d.node.When, d.node.Reads = e, distinct(append(d.node.Reads, expr.Reads(e)...))
	}
}

// useless says why a component cannot use a common key, and what to do instead; "" if it can.
func useless(d *draft, key string) (why, help string) {
	c := d.node.Component
	ofRequests := d.place != "step" && slices.Contains(policyKeys, key) || d.place == "source" && key == "hints"
	switch {
	case d.place == "source" && key == "from":
		return "a source reads nothing", "begin another step by `from`, or leave it out"
	case d.place != "source" && key == "schema":
		return fmt.Sprintf("it says what a source gives, and this is a %s", d.place), "put it on the source"
	case key == "id" && !d.anonymous:
		return fmt.Sprintf("the name of this %s is `%s` already", d.place, d.node.ID), "leave `id` out"
	case ofRequests && c != nil && c.Traits.Loops:
		return "", ""
	case ofRequests:
		return fmt.Sprintf("it is for what makes requests, and `%s` makes none", componentName(c)), "leave it out"
	case d.place != "step" && !slices.Contains(commonKeys[d.place], key):
		return fmt.Sprintf("it is for steps, and this is a %s", d.place), "leave it out, or put it on a step"
	case d.place != "step" || c == nil:
		return "", ""
	}
	kind := c.Kind()
	if c.Traits.Use {
		return ofUse(c, key)
	}
	switch key {
	case "concurrency", "limits", "into", "retry", "timeout", "breaker", "hedge", "hints":
		return ofCalls(c, key)
	case "when", "on_error":
		if c.Traits.Buffer || kind == flow.KindJoin && !(c.Traits.Beside && key == "on_error") {
			return fmt.Sprintf("`%s` passes every item on as it is", c.Name), fmt.Sprintf("put `%s` on a step before or after it", key)
		}
		if key == "when" && kind == flow.KindRouter {
			return fmt.Sprintf("`%s` decides itself where an item goes", c.Name), "put the condition into its options"
		}
	case "from":
		if d.given {
			return fmt.Sprintf("`%s` names itself what it reads", c.Name), fmt.Sprintf("write `%s: [a, b]`, and leave `from` out", c.Name)
		}
	}
	return "", ""
}

// ofUse is useless for the step that stands for those of another file.
func ofUse(c *flow.Component, key string) (why, help string) {
	switch key {
	case "when", "into":
		return fmt.Sprintf("`%s` stands for several steps, whose items do not come one for one", c.Name), fmt.Sprintf("put it around them: `each: [{%s: …}]`, with `%s` beside `each`", c.Name, key)
	case "hints":
		return fmt.Sprintf("it is for a call, and `%s` stands for several steps", c.Name), "put it on the steps of the file"
	}
	return "", ""
}

// ofCalls is useless for the common keys that only calls can use.
func ofCalls(c *flow.Component, key string) (why, help string) {
	what := fmt.Sprintf("`%s` computes", c.Name)
	switch {
	case c.Kind() == flow.KindCall && key == "concurrency" && c.Traits.Serial:
		return fmt.Sprintf("`%s` takes one item after another", c.Name), "leave it out"
	case c.Kind() == flow.KindCall:
		return "", ""
	case c.Kind() == flow.KindJoin || c.Traits.Buffer:
		what = fmt.Sprintf("`%s` only passes items on", c.Name)
	}
	why = fmt.Sprintf("it is for calls, which wait for something outside; %s", what)
	switch {
	case c.Kind() == flow.KindJoin || c.Traits.Buffer:
	case key == "concurrency" && c.Traits.Stateless:
		return why + ", and the runtime runs it on all cores already", "leave it out"
	case key == "concurrency":
		return why + " item after item, as each result depends on those before", "leave it out"
	case key == "retry":
		return why + ", and would give the same again", "leave it out; `on_error` says what becomes of an item that fails"
	case key == "into":
		return why, fmt.Sprintf("leave it out; `set: {%s: …}` puts a value into a field", "field")
	}
	return why, "leave it out"
}

func componentName(c *flow.Component) string {
	if c == nil {
		return "it"
	}
	return c.Name
}

// from notes what the node reads by its `from`.
func (l *loader) from(d *draft, names []flow.Ref, n *yaml.Node) {
	if n == nil {
		return
	}
	d.given = true
	list := items(n)
	for i, name := range names {
		if name == "" || i >= len(list) {
			l.unsure = true
			continue
		}
		d.from = append(d.from, reference{string(name), list[i]})
	}
	if len(list) == 0 {
		l.unsure = true
		l.dec.At(n, "FR309", fmt.Sprintf("`from` of this %s names nothing to read", d.place), "name a step or a source, or leave `from` out")
	}
}

// onError sets what becomes of an item that failed.
func (l *loader) onError(d *draft, o *onError, n *yaml.Node, ok bool) {
	if o == nil {
		return
	}
	policy := graph.OnError{Action: o.Action, Value: o.Value.Expr}
	switch {
	case o.To != "":
		policy.Action = "to"
		d.to = &reference{string(o.To), child(n, "to")}
	case o.Value.Expr != nil:
		policy.Action = "value"
	}
	if ok && l.routes(d) && (policy.Action == "emit" || policy.Action == "value") {
		l.dec.At(n, "FR207", fmt.Sprintf("`%s` has several outputs, and none for an item in place of one that failed", d.node.Component.Name), "write skip, or {to: SINK}")
	}
	if ok && (policy.Action == "emit" && d.place == "source" || d.place == "sink" && (policy.Action == "emit" || policy.Action == "value")) {
		l.dec.At(n, "FR207", fmt.Sprintf("a %s has no place to `%s` an item in", d.place, policy.Action), "write skip, or {to: SINK}")
	}
	policy.Tolerance = tolerance(o)
	d.node.OnError = policy
	// A broken `to` may have named any sink.
	l.unsure = l.unsure || !ok && child(n, "to") != nil && o.To == ""
}

func tolerance(o *onError) graph.Tolerance {
	if o.Tolerate == nil {
		return graph.Tolerance{}
	}
	return graph.Tolerance{Errors: o.Tolerate.Errors, Ratio: o.Tolerate.Ratio, MinItems: o.Tolerate.MinItems}
}
