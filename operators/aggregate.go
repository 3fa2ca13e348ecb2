package operators

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type aggregateOptions struct {
	By     flow.Keys       `flow:"by" doc:"What to group by: a field's path, which names the output field, a list of such, or a mapping of names to expressions. Without it, all items are one group."`
	Values flow.Aggregates `flow:"values,required" doc:"The fields of a group's result, each an expression over count, sum, mean, min, max, first, last, collect, distinct, p50, p95 and p99."`
}

func aggregate() *flow.Component {
	return &flow.Component{
		Name: "aggregate", Group: "accumulate", Traits: flow.Traits{Total: true},
		Doc: "Groups the items and gives one object for each group at the end, in the order in which the groups were first seen. " +
			"Without `by` there is one group, also of no items. Nulls are left out by every function but count without an argument, first and last.",
		Maker: flow.Makes(func(o *aggregateOptions, env *flow.Env) (flow.Op, error) {
			return &grouper{opt: o, env: env, groups: map[string]*group{}}, nil
		}),
		Examples: []flow.Example{
			{
				Pipeline: "source: {items: [{user: ada, n: 1}, {user: bob, n: 5}, {user: ada, n: 2}]}\nsteps:\n  - aggregate:\n      by: it.user\n      values:\n        total: sum(it.n)\n        each: sum(it.n) / count()\n",
				Output:   "{\"user\":\"ada\",\"total\":3,\"each\":1.5}\n{\"user\":\"bob\",\"total\":5,\"each\":5}\n",
			},
			{
				Doc:      "Of all items, and by a computed key.",
				Pipeline: "source: {items: [{at: \"2024-01-05\"}, {at: \"2024-01-09\"}, {at: \"2024-02-01\"}]}\nsteps:\n  - aggregate:\n      by: {month: \"it.at[:7]\"}\n      values: {n: count()}\n",
				Output:   "{\"month\":\"2024-01\",\"n\":2}\n{\"month\":\"2024-02\",\"n\":1}\n",
			},
		},
	}
}

type grouper struct {
	opt    *aggregateOptions
	env    *flow.Env
	scope  flow.Scope
	result flow.Scope
	groups map[string]*group
	order  []*group
	key    []byte
	keys   []value.Value
	args   []value.Value
	held   int64
}

type group struct {
	keys []value.Value
	accs []accumulator // of all calls of all values, in order
}

func (g *grouper) Process(it flow.Item, _ flow.Emit) error {
	g.scope.Set(it)
	g.key, g.keys, g.args = g.key[:0], g.keys[:0], g.args[:0]
	for _, k := range g.opt.By {
		v, err := k.Expr.Eval(&g.scope)
		if err != nil {
			return err
		}
		g.keys = append(g.keys, v)
		g.key = value.AppendKey(g.key, v)
	}
	for _, a := range g.opt.Values { // all arguments first: a failed item leaves no trace
		for _, call := range a.Calls {
			v := value.OfBool(true)
			if call.Arg != nil {
				var err error
				if v, err = call.Arg.Eval(&g.scope); err != nil {
					return err
				}
				if err := acceptable(call, v); err != nil {
					return err
				}
			}
			g.args = append(g.args, v)
		}
	}
	gr, err := g.group()
	if err != nil {
		return err
	}
	before := int64(0)
	for i, acc := range gr.accs {
		n, err := acc.add(g.args[i])
		if err != nil {
			return flow.Fatal(err)
		}
		before += n
	}
	g.held += before
	return g.env.Memory.Take(before)
}

// group finds the group of the current keys, or makes it.
func (g *grouper) group() (*group, error) {
	if gr := g.groups[string(g.key)]; gr != nil {
		return gr, nil
	}
	const overhead = 200
	size := int64(overhead + 2*len(g.key))
	if err := g.env.Memory.Take(size); err != nil {
		return nil, err
	}
	g.held += size
	gr := &group{}
	for _, k := range g.keys {
		gr.keys = append(gr.keys, k.Clone())
	}
	for _, a := range g.opt.Values {
		for _, call := range a.Calls {
			gr.accs = append(gr.accs, newAccumulator(call))
		}
	}
	g.groups[string(g.key)] = gr
	g.order = append(g.order, gr)
	return gr, nil
}

func (g *grouper) Flush(emit flow.Emit) error {
	defer func() { g.env.Memory.Give(g.held) }()
	if len(g.opt.By) == 0 && len(g.order) == 0 {
		if _, err := g.group(); err != nil {
			return err
		}
	}
	out := value.Builder{}
	for _, gr := range g.order {
		for i, k := range g.opt.By {
			out.Set(k.Name, gr.keys[i])
		}
		next := 0
		for _, a := range g.opt.Values {
			g.result.Vars = g.result.Vars[:0]
			for range a.Calls {
				g.result.Vars = append(g.result.Vars, gr.accs[next].result())
				next++
			}
			v, err := a.Result.Eval(&g.result)
			if err != nil {
				return err
			}
			out.Set(a.Name, v)
		}
		if err := emit(flow.Item{Value: out.Value()}); err != nil {
			return err
		}
	}
	return nil
}
