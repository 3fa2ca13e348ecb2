package operators

import "github.com/flowrun/flowrun/flow"

type mapOptions struct {
	To flow.Literal `flow:"to,required,short" doc:"The new item: an expression, or a mapping whose leaves are expressions."`
}

func mapOp() *flow.Component {
	return &flow.Component{
		Name: "map", Also: []string{"select", "transform", "apply"}, Group: "per item",
		Doc:    "Makes of each item a new one: the value of an expression, or an object of several.",
		Traits: flow.Traits{Stateless: true, Single: true, One: true, Fresh: true},
		Gives:  flow.Gives(func(o *mapOptions, t *flow.Typing) flow.Type { return t.TypeOf(o.To.Expr) }),
		Maker: flow.Makes(func(o *mapOptions, _ *flow.Env) (flow.Op, error) {
			return &mapper{to: flow.NewMapper(o.To.Expr)}, nil
		}),
		Examples: []flow.Example{
			{Pipeline: "source: {range: {from: 1, to: 3}}\nsteps:\n  - map: it * it\n", Output: "1\n4\n9\n"},
			{
				Doc:      "A mapping has one expression for each field, nested as deep as wanted.",
				Pipeline: "source: {items: [{name: Ada, born: 1815}]}\nsteps:\n  - map:\n      who: upper(it.name)\n      life: {from: it.born, century: int(it.born / 100) + 1}\n      kind: \"'person'\"\n",
				Output:   "{\"who\":\"ADA\",\"life\":{\"from\":1815,\"century\":19},\"kind\":\"person\"}\n",
			},
		},
	}
}

type mapper struct {
	to    *flow.Mapper
	scope flow.Scope
}

func (m *mapper) Process(it flow.Item, emit flow.Emit) error {
	v, err := m.to.Eval(m.scope.Set(it))
	if err != nil {
		return err
	}
	return emit(it.With(v))
}

func (m *mapper) ProcessAll(items, out []flow.Item) (int, []flow.Item, error) {
	return m.to.Items(&m.scope, items, out)
}

func (m *mapper) ProcessColumn(in flow.Column, r *flow.Room) (int, flow.Column) {
	return m.to.Column(in, r)
}
