package operators

import (
	"fmt"
	"slices"

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

// checkNames reports the values that would take the place of a key.
func checkNames(by flow.Keys, values flow.Aggregates, report func(option, message, help string)) {
	for _, v := range values {
		if slices.ContainsFunc(by, func(k flow.Field) bool { return k.Name == v.Name }) {
			report("values."+v.Name, fmt.Sprintf("the value `%s` is named as a key is", v.Name), "give one of them another name")
		}
	}
}

// groups computes keys of items, and what is told of those of each.
type groups struct {
	holding
	keys       []func(*flow.Scope) (value.Value, error)
	calls      []aggregateCall // of all values
	vars       int             // how many values there are of an item: keys, and arguments
	values     flow.Aggregates
	n          int   // how many states there are
	free       []int // the numbers of groups that are no more
	stateBytes int64 // that a group's states take, beside what they keep

	scope  flow.Scope
	result flow.Scope
	shape  *value.Shape // of what is told
	at     []int        // the slots there of keys and values
	slab   value.Slab
}

// aggregateCall is a call at work.
type aggregateCall struct {
	accumulators
	numbers bool
	of      flow.AggregateCall
	arg     func(*flow.Scope) (value.Value, error) // nil where it has none, as count may
}

// newGroups gives groups of which the keys and values are told behind others.
func newGroups(memory *flow.Memory, by flow.Keys, values flow.Aggregates, others ...string) *groups {
	g := &groups{holding: holding{memory: memory}, values: values}
	names := others
	for _, k := range by {
		g.keys = append(g.keys, flow.Func(k.Expr))
		names = append(names, k.Name)
	}
	g.vars = len(g.keys)
	for _, a := range values {
		names = append(names, a.Name)
		for _, c := range a.Calls {
			f := aggregateFuncs[c.Func]
			call := aggregateCall{accumulators: f.states(), numbers: f.numbers, of: c}
			g.stateBytes += int64(call.size())
			if c.Arg != nil {
				call.arg = flow.Func(c.Arg)
				g.vars++
			}
			g.calls = append(g.calls, call)
		}
	}
	told := value.Builder{}
	for _, name := range names {
		told.Set(name, value.Value{})
	}
	g.shape = told.Value().Shape()
	for _, name := range names[len(others):] {
		g.at = append(g.at, g.shape.Slot(name))
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

// open gives the number of one more group, and says what its states hold more, until Close.
func (g *groups) open() (number int, held int64) {
	if last := len(g.free) - 1; last >= 0 {
		number, g.free = g.free[last], g.free[:last]
		return number, 0
	}
	for i := range g.calls {
		g.calls[i].grow()
	}
	g.n++
	return g.n - 1, g.stateBytes
}

// close has the number of a group given again.
func (g *groups) close(number int) {
	for i := range g.calls {
		g.calls[i].clear(number)
	}
	g.free = append(g.free, number)
}

// add takes the arguments of items into their groups. An error, that of the first of them, ends it at the position n.
func (g *groups) add(b *batch) (n int, err error) {
	arg := 0
	for i := range g.calls {
		c, from := &g.calls[i], -1
		if c.arg != nil {
			from = arg
			arg++
		}
		if n, fault := c.take(b, from); fault != nil {
			b.groups, err = b.groups[:n], flow.Fatal(fault)
		}
	}
	return len(b.groups), err
}

// tell gives what is told of a group, and the slots of those named before its key.
func (g *groups) tell(keys []value.Value, number int) (told value.Value, others []value.Value, err error) {
	told, slots := g.slab.Object(g.shape)
	for i, k := range keys {
		slots[g.at[i]] = k
	}
	call := 0
	for i, a := range g.values {
		g.result.Vars = g.result.Vars[:0]
		for range a.Calls {
			g.result.Vars = append(g.result.Vars, g.calls[call].result(number))
			call++
		}
		v, err := a.Result.Eval(&g.result)
		if err != nil {
			return told, nil, err
		}
		slots[g.at[len(g.keys)+i]] = v
	}
	return told, slots, nil
}
