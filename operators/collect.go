package operators

import (
	"fmt"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type collectOptions struct {
	MaxItems int       `flow:"max_items,short" doc:"More items than this end the run."`
	MaxBytes flow.Size `flow:"max_bytes" doc:"More memory than this, estimated, ends the run."`
}

func collect() *flow.Component {
	return &flow.Component{
		Name: "collect", Group: "accumulate", Traits: flow.Traits{Total: true, Keeps: true},
		Doc:   "Makes one list of all items, and gives it at the end. Too many for the bounds, or for the run's memory, end the run.",
		Gives: func(_ any, t *flow.Typing) flow.Type { return flow.ListOf(t.It()) },
		Pace:  flow.GivesOne,
		Maker: flow.Makes(func(o *collectOptions, env *flow.Env) (flow.Op, error) {
			return &collector{opt: o, holding: holding{memory: env.Memory}}, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "source: {range: {from: 1, to: 3}}\nsteps:\n  - collect: {}\n", Output: "[1,2,3]\n",
		}},
	}
}

type collector struct {
	holding
	opt   *collectOptions
	items []value.Value
}

func (c *collector) Process(it flow.Item, _ flow.Emit) error {
	v := it.Value.Clone()
	size := int64(v.Size())
	if c.opt.MaxItems > 0 && len(c.items) >= c.opt.MaxItems {
		return flow.Fatal(fmt.Errorf("there are more than the %d items that it may collect", c.opt.MaxItems))
	}
	if c.opt.MaxBytes > 0 && c.bytes+size > int64(c.opt.MaxBytes) {
		return flow.Fatal(fmt.Errorf("the items are more than the %s that it may collect", c.opt.MaxBytes))
	}
	if err := c.take(size); err != nil {
		return err
	}
	c.items = append(c.items, v)
	return nil
}

func (c *collector) Flush(emit flow.Emit) error {
	c.Close()
	return emit(flow.Item{Value: value.OfList(c.items)})
}

type noOptions struct{}

func count() *flow.Component {
	return &flow.Component{
		Name: "count", Group: "accumulate", Traits: flow.Traits{Total: true, Fresh: true},
		Doc:   "Gives the number of items, at the end.",
		Gives: func(any, *flow.Typing) flow.Type { return flow.Only(value.Int) },
		Pace:  flow.GivesOne,
		Maker: flow.Makes(func(*noOptions, *flow.Env) (flow.Op, error) { return &counter{}, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [a, b, c]}\nsteps:\n  - count: {}\n", Output: "3\n",
		}},
	}
}

type counter struct{ n int64 }

func (c *counter) Process(flow.Item, flow.Emit) error { c.n++; return nil }
func (c *counter) ProcessAll(items, out []flow.Item) (int, []flow.Item, error) {
	c.n += int64(len(items))
	return len(items), out, nil
}

func (c *counter) ProcessColumn(in flow.Column, _ *flow.Room) (int, flow.Column) {
	c.n += int64(in.Len())
	return in.Len(), flow.Column{}
}

func (c *counter) Flush(emit flow.Emit) error { return emit(flow.Item{Value: value.OfInt(c.n)}) }
