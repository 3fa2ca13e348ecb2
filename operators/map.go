package operators

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type mapOptions struct {
	To flow.Literal `flow:"to,required,short" doc:"The new item: an expression, or a mapping whose leaves are expressions."`
}

func mapOp() *flow.Component {
	return &flow.Component{
		Name: "map", Group: "per item",
		Doc:    "Makes of each item a new one: the value of an expression, or an object of several.",
		Traits: flow.Traits{Stateless: true, Single: true, One: true, Fresh: true},
		Gives:  flow.Gives(func(o *mapOptions, t *flow.Typing) flow.Type { return t.TypeOf(o.To.Expr) }),
		Maker: flow.Makes(func(o *mapOptions, _ *flow.Env) (flow.Op, error) {
			return &mapper{to: flow.Func(o.To.Expr), all: flow.MapLoop(o.To.Expr)}, nil
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
	to    func(*flow.Scope) (value.Value, error)
	all   flow.Loop
	scope flow.Scope
}

func (m *mapper) Process(it flow.Item, emit flow.Emit) error {
	v, err := m.to(m.scope.Set(it))
	if err != nil {
		return err
	}
	return emit(it.With(v))
}

func (m *mapper) ProcessAll(items, out []flow.Item) (int, []flow.Item, error) {
	return m.all.Items(&m.scope, items, out)
}

func (m *mapper) ProcessInts(in, out []int64) (int, []int64) { return m.all.Ints(in, out) }
