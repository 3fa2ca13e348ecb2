package operators

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type firstOptions struct {
	If flow.Expr `flow:"if,short" doc:"Which item: the first for which this is true; the first of all unless given."`
}

func first() *flow.Component {
	return &flow.Component{
		Name: "first", Group: "cut", Traits: flow.Traits{Cuts: true},
		Doc:   "Passes the first item, or the first for which a condition is true, and ends with it, at once. If there is none, it gives nothing.",
		Gives: flow.GivesSame,
		Pace:  flow.GivesOne,
		Maker: flow.Makes(func(o *firstOptions, _ *flow.Env) (flow.Op, error) { return &finder{test: o.If}, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {generate: {state: 1, next: state * 3}}\nsteps:\n  - first: it > 100\n", Output: "243\n",
		}},
	}
}

type finder struct {
	test  flow.Expr
	scope flow.Scope
}

func (f *finder) Process(it flow.Item, emit flow.Emit) error {
	if f.test != nil {
		ok, err := flow.Bool(f.test, f.scope.Set(it))
		if err != nil || !ok {
			return err
		}
	}
	if err := emit(it); err != nil {
		return err
	}
	return flow.Done
}

func anyOp() *flow.Component {
	return &flow.Component{
		Name: "any", Group: "accumulate", Traits: flow.Traits{Total: true, Early: true, Fresh: true},
		Doc:   "Says whether a condition is true for any item: gives true, and ends, with the first for which it is; else false at the end.",
		Gives: func(any, *flow.Typing) flow.Type { return flow.Only(value.Bool) },
		Pace:  flow.GivesOne,
		Maker: flow.Makes(func(o *conditionOptions, _ *flow.Env) (flow.Op, error) {
			return &decider{test: o.If, decisive: true}, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "source: {generate: {state: 1, next: state * 3}}\nsteps:\n  - any: it > 100\n", Output: "true\n",
		}},
	}
}

func allOp() *flow.Component {
	return &flow.Component{
		Name: "all", Group: "accumulate", Traits: flow.Traits{Total: true, Early: true, Fresh: true},
		Doc:   "Says whether a condition is true for all items: gives false, and ends, with the first for which it is not; else true at the end, also of no items.",
		Gives: func(any, *flow.Typing) flow.Type { return flow.Only(value.Bool) },
		Pace:  flow.GivesOne,
		Maker: flow.Makes(func(o *conditionOptions, _ *flow.Env) (flow.Op, error) { return &decider{test: o.If}, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [2, 4, 6]}\nsteps:\n  - all: it % 2 == 0\n", Output: "true\n",
		}},
	}
}

// decider looks for an item whose test decides.
type decider struct {
	test     flow.Expr
	decisive bool
	scope    flow.Scope
	decided  bool
}

func (d *decider) Process(it flow.Item, emit flow.Emit) error {
	ok, err := flow.Bool(d.test, d.scope.Set(it))
	if err != nil || ok != d.decisive {
		return err
	}
	d.decided = true
	if err := emit(flow.Item{Value: value.OfBool(ok)}); err != nil {
		return err
	}
	return flow.Done
}

func (d *decider) Flush(emit flow.Emit) error {
	if d.decided {
		return nil
	}
	return emit(flow.Item{Value: value.OfBool(!d.decisive)})
}
