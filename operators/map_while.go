package operators

import "github.com/flowrun/flowrun/flow"

func mapWhile() *flow.Component {
	return &flow.Component{
		Name: "map_while", Group: "per item", Traits: flow.Traits{One: true, Cuts: true},
		Doc:   "Makes of each item a new one, as map does, and ends with the first that gives null.",
		Gives: flow.Gives(func(o *mapOptions, t *flow.Typing) flow.Type { return t.TypeOf(o.To.Expr) }),
		Maker: flow.Makes(func(o *mapOptions, _ *flow.Env) (flow.Op, error) { return &whileMapper{to: o.To.Expr}, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [{n: 1}, {n: 2}, {}, {n: 4}]}\nsteps:\n  - map_while: it.n\n", Output: "1\n2\n",
		}},
	}
}

type whileMapper struct {
	to    flow.Expr
	scope flow.Scope
}

func (m *whileMapper) Process(it flow.Item, emit flow.Emit) error {
	v, err := m.to.Eval(m.scope.Set(it))
	if err != nil {
		return err
	}
	if v.IsNull() {
		return flow.Done
	}
	return emit(it.With(v))
}
