package operators

import "github.com/flowrun/flowrun/flow"

type conditionOptions struct {
	If flow.Expr `flow:"if,required,short" doc:"A condition on the item; anything but a bool fails the item."`
}

func filter() *flow.Component {
	return &flow.Component{
		Name: "filter", Also: []string{"where"}, Group: "per item",
		Doc:    "Lets those items pass for which a condition is true.",
		Traits: flow.Traits{Stateless: true, Single: true},
		Maker: flow.Makes(func(o *conditionOptions, _ *flow.Env) (flow.Op, error) {
			return &filterOp{by: flow.NewFilter(o.If)}, nil
		}),
		Gives: flow.GivesSame,
		Examples: []flow.Example{{
			Pipeline: "source: {range: {from: 1, to: 6}}\nsteps:\n  - filter: it % 2 == 0\n", Output: "2\n4\n6\n",
		}},
	}
}

type filterOp struct {
	by    *flow.Filter
	scope flow.Scope
}

func (f *filterOp) Process(it flow.Item, emit flow.Emit) error {
	ok, err := f.by.Holds(f.scope.Set(it))
	if err != nil || !ok {
		return err
	}
	return emit(it)
}

func (f *filterOp) ProcessAll(items, out []flow.Item) (int, []flow.Item, error) {
	return f.by.Items(&f.scope, items, out)
}

func (f *filterOp) ProcessColumn(in flow.Column, r *flow.Room) (int, flow.Column) {
	return f.by.Column(in, r)
}
