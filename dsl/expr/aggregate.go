package expr

import (
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// aggregation collects the calls of aggregate functions in an expression.
type aggregation struct {
	env   Env
	calls []flow.AggregateCall
	gives map[ast.Node]flow.Type // of the calls
}

// CompileAggregate compiles an expression over calls of aggregate functions, such as `sum(it.x) / count()`: the calls,
// and an expression that sees their results as its Vars.
func CompileAggregate(src string, env Env) ([]flow.AggregateCall, flow.Expr, []Problem) {
	tree, problems := parse(src, env, flow.AggregateFuncs)
	if problems != nil {
		return nil, nil, problems
	}
	a := &aggregation{env: env, gives: map[ast.Node]flow.Type{}}
	c := &compiler{src: src, env: Env{Params: env.Params, Unknown: env.Unknown, Enums: env.Enums, Secrets: env.Secrets}, agg: a}
	result := c.expression(tree, src)
	if c.problems != nil {
		return nil, nil, c.problems
	}
	if len(a.calls) == 0 {
		return nil, nil, []Problem{{0, len(src), "FR407", "this is no aggregate of many items", "use one of its functions, as in `sum(it.amount)` or `count()`", ""}}
	}
	return a.calls, result, nil
}

// call compiles a call of an aggregate function to the place of its result; false for any other function.
func (a *aggregation) call(c *compiler, n *ast.CallNode, name string) (operand, bool) {
	if !slices.Contains(flow.AggregateFuncs, name) {
		return operand{}, false
	}
	if want := name != "count"; len(n.Arguments) > 1 || want && len(n.Arguments) == 0 {
		c.problem(n, "FR407", fmt.Sprintf("`%s` takes one argument", name), fmt.Sprintf("as in `%s(it.amount)`", name))
		return constantOf(value.Value{}), true
	}
	call := flow.AggregateCall{Func: name}
	if len(n.Arguments) == 1 {
		items := &compiler{src: c.src, env: a.env}
		x := items.expression(n.Arguments[0], n.Arguments[0].String())
		c.meta = c.meta || items.meta
		c.problems = append(c.problems, items.problems...)
		call.Arg = x
		a.gives[n] = aggregated(name, x.gives)
	} else {
		a.gives[n] = integer
	}
	slot := len(a.calls)
	a.calls = append(a.calls, call)
	c.varies = true
	return variableAt(slot), true
}

// aggregated gives the type of what an aggregate function makes of values of a type, of which there may be none.
func aggregated(name string, of flow.Type) flow.Type {
	some := of
	if of.Must(value.Null) {
		some = flow.Any
	} else if of.May(value.Null) {
		some = of.Without(value.Null)
	}
	switch name {
	case "count", "distinct":
		return integer
	case "sum":
		switch {
		case of.Must(value.Int, value.Null):
			return integer
		case !of.May(value.Duration):
			return numeric
		}
		return flow.Only(value.Int, value.Float, value.Duration)
	case "mean":
		return float.Or(null)
	case "collect":
		return flow.ListOf(some)
	case "p50", "p95", "p99":
		return some.Part(value.Int, value.Float).Or(null)
	}
	return of.Or(null)
}
