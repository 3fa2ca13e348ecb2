package config

import (
	"fmt"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/expr"
	"github.com/flowrun/flowrun/flow"
)

// problems reports what is wrong inside a scalar that holds code.
func (d *Decoder) problems(n *yaml.Node, problems []expr.Problem) {
	for _, p := range problems {
		d.Report(d.File.Inside(n, p.Start, p.End), p.Code, p.Message, p.Help)
		(*d.Diags)[len(*d.Diags)-1].Suggest = p.Suggest
	}
}

// never stands for an expression that was wrong, so that decoding can go on.
var never = expr.Const(Data(&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}))

// compile compiles the expression that a scalar holds.
func (d *Decoder) compile(n *yaml.Node, o Option) flow.Expr {
	env := d.Expr
	env.Vars, env.NoItem = o.Scope, o.NoItem
	e, problems := expr.Compile(n.Value, env)
	if problems != nil {
		d.problems(n, problems)
		return never
	}
	d.Weight += expr.Weight(e)
	d.noted(e)
	if secret := expr.Tells(e); secret != "" && d.Shows {
		d.At(n, "FR409", fmt.Sprintf("the secret `%s` becomes part of an item, which may be shown anywhere", secret), "name the param where it is used, such as in `headers` of the request")
		(*d.Diags)[len(*d.Diags)-1].Severity = diag.Warning
	}
	return e
}

// noted notes what an expression names.
func (d *Decoder) noted(e flow.Expr) {
	d.Meta = d.Meta || expr.UsesMeta(e)
	d.Reads = append(d.Reads, expr.Reads(e)...)
}

// match decodes a condition on an item and another one.
func (d *Decoder) match(n *yaml.Node, o Option, noun string) flow.Match {
	if e := d.expression(n, o, noun); e == never {
		return flow.Match{}
	}
	env := d.Expr
	env.Vars, env.NoItem = o.Scope, o.NoItem
	m, problems := expr.CompileMatch(n.Value, env)
	d.problems(n, problems)
	return m
}

// expression decodes an option that is an expression; a bool or a number is itself.
func (d *Decoder) expression(n *yaml.Node, o Option, noun string) flow.Expr {
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		help := "write it as text, in quotes where it has `: `, ` #`, or begins with a quote, `!`, `*`, `{` or `[`"
		d.At(n, "FR203", fmt.Sprintf("`%s` is an expression, and this is %s", noun, diag.KindName(n)), help)
		return never
	}
	return d.code(n, o)
}

// code decodes a scalar: text is an expression, and anything else itself.
func (d *Decoder) code(n *yaml.Node, o Option) flow.Expr {
	switch n.ShortTag() {
	case "!!bool", "!!int", "!!float", "!!null":
		return expr.Const(d.data(n))
	case "!!timestamp":
		if n.Style&^yaml.TaggedStyle == 0 {
			d.At(n, "FR404", n.Value+" subtracts numbers here, and is no date", fmt.Sprintf("write `date('%s')`, in quotes", n.Value))
			return never
		}
	}
	return d.compile(n, o)
}

// literal decodes data in which strings are expressions.
func (d *Decoder) literal(n *yaml.Node, o Option) flow.Expr {
	switch n.Kind {
	case yaml.SequenceNode:
		items := make([]flow.Expr, len(n.Content))
		for i, c := range n.Content {
			items[i] = d.literal(c, o)
		}
		return expr.List(items)
	case yaml.MappingNode:
		return expr.Object(d.pairs(n, o))
	}
	return d.code(n, o)
}

func (d *Decoder) pairs(n *yaml.Node, o Option) []flow.Field {
	var out []flow.Field
	for i := 0; i+1 < len(n.Content); i += 2 {
		out = append(out, flow.Field{Name: n.Content[i].Value, Expr: d.literal(n.Content[i+1], o)})
	}
	return out
}

func (d *Decoder) fields(n *yaml.Node, o Option, noun string) flow.Fields {
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		d.At(n, "FR203", fmt.Sprintf("`%s` is a mapping of fields to expressions, and this is %s", noun, kindOrEmpty(n)), "write `field: expression`, one a line")
		return nil
	}
	return d.pairs(n, o)
}

func kindOrEmpty(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode && len(n.Content) == 0 {
		return "empty"
	}
	return diag.KindName(n)
}

// keys decodes what to group by: each key is named by the last field of its path, or by the mapping that it stands in.
func (d *Decoder) keys(n *yaml.Node, o Option, noun string) flow.Keys {
	if n.Kind == yaml.MappingNode {
		return flow.Keys(d.fields(n, o, noun))
	}
	var out flow.Keys
	seen := map[string]bool{}
	for _, item := range listOf(n) {
		e := d.expression(item, o, noun)
		name := expr.LastField(item.Value)
		if e != never && (name == "" || seen[name]) {
			what := "has no name of its own"
			if name != "" {
				what = fmt.Sprintf("would be named `%s`, as another one is", name)
			}
			d.At(item, "FR208", fmt.Sprintf("the key %s %s", diag.Quote(item.Value), what), fmt.Sprintf("name it: `%s: {name: \"%s\"}`", noun, item.Value))
		}
		seen[name] = true
		out = append(out, flow.Field{Name: name, Expr: e})
	}
	return out
}

func (d *Decoder) aggregates(n *yaml.Node, noun string) flow.Aggregates {
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		d.At(n, "FR203", fmt.Sprintf("`%s` is a mapping of names to aggregates, and this is %s", noun, kindOrEmpty(n)), "write `total: sum(it.amount)`, one a line")
		return nil
	}
	var out flow.Aggregates
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, x := n.Content[i], n.Content[i+1]
		if x.Kind != yaml.ScalarNode {
			d.At(x, "FR407", fmt.Sprintf("`%s` is an aggregate, and this is %s", key.Value, diag.KindName(x)), "write it as `sum(it.amount)` or `count()`")
			continue
		}
		calls, result, problems := expr.CompileAggregate(x.Value, d.Expr)
		if problems != nil {
			d.problems(x, problems)
			continue
		}
		d.noted(result)
		out = append(out, flow.Aggregate{Name: key.Value, Calls: calls, Result: result})
	}
	return out
}
