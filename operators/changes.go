package operators

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type changesOptions struct {
	By flow.Expr `flow:"by,short" doc:"What must have changed; the item itself unless given."`
}

func changes() *flow.Component {
	return &flow.Component{
		Name: "changes", Group: "identity", Traits: flow.Traits{Single: true},
		Doc:   "Lets an item pass whose key differs from that of the item before.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(o *changesOptions, _ *flow.Env) (flow.Op, error) { return &changer{by: o.By}, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [a, a, b, a]}\nsteps:\n  - changes: {}\n", Output: "\"a\"\n\"b\"\n\"a\"\n",
		}},
	}
}

type changer struct {
	by    flow.Expr
	scope flow.Scope
	last  value.Value
	any   bool
}

func (c *changer) Process(it flow.Item, emit flow.Emit) error {
	v := it.Value
	if c.by != nil {
		var err error
		if v, err = c.by.Eval(c.scope.Set(it)); err != nil {
			return err
		}
	}
	if c.any && value.Equal(v, c.last) {
		return nil
	}
	c.last, c.any = v.Clone(), true
	return emit(it)
}
