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
	scope  flow.Scope
	result flow.Scope
}

// aggregateCall is a call at work.
type aggregateCall struct {
	flow.AggregateCall
	arg    func(*flow.Scope) (value.Value, error) // nil where it has none
	number bool                                   // it takes nothing but numbers
}

func newGroups(memory *flow.Memory, by flow.Keys, values flow.Aggregates) *groups {
	g := &groups{holding: holding{memory: memory}, by: by, values: values}
	for _, k := range by {
		g.keys = append(g.keys, flow.Func(k.Expr))
	}
	for _, a := range values {
		for _, c := range a.Calls {
			call := aggregateCall{AggregateCall: c, number: takesNumbers(c.Func)}
			if c.Arg != nil {
				call.arg = flow.Func(c.Arg)
			}
			g.calls = append(g.calls, call)
		}
	}
	return g
}

// group is the items of one key.
type group struct {
	from uint64 // the number of the first among all items
	keys []value.Value
	accs []accumulator // of all calls of all values, in order
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
			seen.Vars = append(seen.Vars, value.OfBool(true))
			continue
		}
		v, err := c.arg(&g.scope)
		if err == nil && c.number && !v.IsNumber() {
			err = acceptable(c.AggregateCall, v)
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
	stride := len(g.keys) + len(g.calls)
	all := seen.Vars[i*stride : (i+1)*stride]
	return all[:len(g.keys)], all[len(g.keys):]
}

// begin makes a group of a key, and says what it holds.
func (g *groups) begin(key []byte, keys []value.Value) (gr *group, held int64) {
	const overhead = 200
	gr = &group{keys: make([]value.Value, len(keys)), accs: make([]accumulator, len(g.calls))}
	for i, k := range keys {
		gr.keys[i] = k.Clone()
	}
	for i := range g.calls {
		gr.accs[i] = newAccumulator(g.calls[i].AggregateCall)
	}
	return gr, int64(overhead + 2*len(key))
}

// add takes arguments into a group, and says what it holds more.
func (gr *group) add(args []value.Value) (held int64, err error) {
	for i, acc := range gr.accs {
		n, err := acc.add(args[i])
		if err != nil {
			return held, flow.Fatal(err)
		}
		held += n
	}
	return held, nil
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
