package operators

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// groupFields gives the types of the keys of a group, and of what is told of its items.
func groupFields(by flow.Keys, values flow.Aggregates, t *flow.Typing) (out []flow.Member) {
	for _, k := range by {
		out = append(out, flow.FieldOf(k.Name, t.TypeOf(k.Expr)))
	}
	for _, v := range values {
		out = append(out, flow.FieldOf(v.Name, t.TypeOf(v.Result)))
	}
	return out
}

// groups computes keys and aggregates of items.
type groups struct {
	holding
	by     flow.Keys
	values flow.Aggregates
	scope  flow.Scope
	result flow.Scope
	key    []byte        // of the item at work
	keys   []value.Value // its parts
	args   []value.Value // of all calls of all values
}

// group is the items of one key.
type group struct {
	keys []value.Value
	accs []accumulator // of all calls of all values, in order
}

// look computes the key and the arguments of an item. An item that fails leaves no trace.
func (g *groups) look(it flow.Item) error {
	g.scope.Set(it)
	g.key, g.keys, g.args = g.key[:0], g.keys[:0], g.args[:0]
	for _, k := range g.by {
		v, err := k.Expr.Eval(&g.scope)
		if err != nil {
			return err
		}
		g.keys = append(g.keys, v)
		g.key = value.AppendKey(g.key, v)
	}
	for _, a := range g.values {
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
	return nil
}

// begin makes a group of the key at work.
func (g *groups) begin() (*group, error) {
	const overhead = 200
	if err := g.take(int64(overhead + 2*len(g.key))); err != nil {
		return nil, err
	}
	gr := &group{}
	for _, k := range g.keys {
		gr.keys = append(gr.keys, k.Clone())
	}
	for _, a := range g.values {
		for _, call := range a.Calls {
			gr.accs = append(gr.accs, newAccumulator(call))
		}
	}
	return gr, nil
}

// add takes arguments into a group.
func (g *groups) add(gr *group, args []value.Value) error {
	held := int64(0)
	for i, acc := range gr.accs {
		n, err := acc.add(args[i])
		if err != nil {
			return flow.Fatal(err)
		}
		held += n
	}
	return g.take(held)
}

// put writes the keys and the results of a group.
func (g *groups) put(gr *group, out *value.Builder) error {
	for i, k := range g.by {
		out.Set(k.Name, gr.keys[i])
	}
	next := 0
	for _, a := range g.values {
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
	return nil
}
