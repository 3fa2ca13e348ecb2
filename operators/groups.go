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
	keys   []func(*flow.Scope) (value.Value, error)
	calls  []aggregateCall // of all values
	vars   int             // how many values there are of an item: keys, and arguments
	scope  flow.Scope
	result flow.Scope
}

// aggregateCall is a call at work.
type aggregateCall struct {
	aggregateFunc
	of  flow.AggregateCall
	arg func(*flow.Scope) (value.Value, error) // nil where it has none, as count may
}

func newGroups(memory *flow.Memory, by flow.Keys, values flow.Aggregates) *groups {
	g := &groups{holding: holding{memory: memory}, by: by, values: values}
	for _, k := range by {
		g.keys = append(g.keys, flow.Func(k.Expr))
	}
	g.vars = len(g.keys)
	for _, a := range values {
		for _, c := range a.Calls {
			call := aggregateCall{aggregateFunc: aggregateFuncs[c.Func], of: c}
			if c.Arg != nil {
				call.arg = flow.Func(c.Arg)
				g.vars++
			}
			g.calls = append(g.calls, call)
		}
	}
	return g
}

// look finds out the parts of the key and the arguments of an item. One that fails leaves no trace.
func (g *groups) look(it flow.Item, seen *flow.Seen) error {
	g.scope.Set(it)
	before := len(seen.Vars)
	for _, key := range g.keys {
		v, err := key(&g.scope)
		if err != nil {
			return g.undo(seen, before, err)
		}
		seen.Vars = append(seen.Vars, v)
		seen.Keys = value.AppendKey(seen.Keys, v)
	}
	for i := range g.calls {
		c := &g.calls[i]
		if c.arg == nil {
			continue
		}
		v, err := c.arg(&g.scope)
		if err == nil && c.numbers && !v.IsNumber() {
			err = acceptable(c.of, v)
		}
		if err != nil {
			return g.undo(seen, before, err)
		}
		seen.Vars = append(seen.Vars, v)
	}
	seen.Add()
	return nil
}

func (g *groups) undo(seen *flow.Seen, vars int, err error) error {
	seen.Vars = seen.Vars[:vars]
	seen.Undo()
	return err
}

// of gives the parts of the key and the arguments of an item that was looked at.
func (g *groups) of(seen *flow.Seen, i int) (keys, args []value.Value) {
	all := seen.Vars[i*g.vars : (i+1)*g.vars]
	return all[:len(g.keys)], all[len(g.keys):]
}

// begin keeps the parts of a key, and says what a new group holds.
func (g *groups) begin(key []byte, keys, kept []value.Value) (held int64) {
	const overhead = keyBytes + 8
	for i, k := range keys {
		kept[i] = k.Clone()
	}
	return int64(overhead + 2*len(key) + 24*len(keys) + accumulatorBytes*len(g.calls))
}

// add takes arguments into the accumulators of a group, and says what these hold more.
func (g *groups) add(accs []accumulator, args []value.Value) (held int64, err error) {
	for i := range accs {
		c := &g.calls[i]
		if c.arg == nil {
			accs[i].n++
			continue
		}
		n, err := c.add(&accs[i], args[0])
		if err != nil {
			return held, flow.Fatal(err)
		}
		args = args[1:]
		held += n
	}
	return held, nil
}

// put writes the keys and the results of a group.
func (g *groups) put(keys []value.Value, accs []accumulator, out *value.Builder) error {
	for i, k := range g.by {
		out.Set(k.Name, keys[i])
	}
	next := 0
	for _, a := range g.values {
		g.result.Vars = g.result.Vars[:0]
		for range a.Calls {
			g.result.Vars = append(g.result.Vars, g.calls[next].result(&accs[next]))
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
