package operators

import (
	"fmt"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type setOptions struct {
	Fields flow.Fields `flow:"fields,required,short" doc:"The fields to add or replace, each with an expression; all of them see the item as it came."`
}

func set() *flow.Component {
	return &flow.Component{
		Name: "set", Group: "per item",
		Doc:    "Adds fields to each object, or replaces them in their place.",
		Traits: flow.Traits{Stateless: true, Single: true, One: true},
		Gives: flow.Gives(func(o *setOptions, t *flow.Typing) flow.Type {
			out := t.It().Part(value.Object)
			for _, f := range o.Fields {
				out = out.WithField(f.Name, t.TypeOf(f.Expr))
			}
			return out
		}),
		Maker: flow.Makes(func(o *setOptions, _ *flow.Env) (flow.Op, error) { return newSetter(o.Fields), nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [{a: 1, b: 2}]}\nsteps:\n  - set:\n      a: it.a + 10\n      sum: it.a + it.b\n",
			Output:   "{\"a\":11,\"b\":2,\"sum\":3}\n",
		}},
	}
}

type setter struct {
	fields []*flow.Mapper
	scope  flow.Scope
	into   *setting
}

func newSetter(fields flow.Fields) *setter {
	s := &setter{}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
		s.fields = append(s.fields, flow.NewMapper(f.Expr))
	}
	s.into = newSetting(names...)
	return s
}

func (s *setter) Process(it flow.Item, emit flow.Emit) error {
	it, err := s.one(it)
	if err != nil {
		return err
	}
	return emit(it)
}

func (s *setter) ProcessAll(items, out []flow.Item) (int, []flow.Item, error) {
	return eachOf(s.one, items, out)
}

func (s *setter) one(it flow.Item) (flow.Item, error) {
	if err := mustBeObject(it.Value); err != nil {
		return it, err
	}
	v, slots, at := s.into.room(it.Value)
	s.scope.Set(it)
	for i, f := range s.fields {
		var err error
		if slots[at[i]], err = f.Eval(&s.scope); err != nil {
			return it, err
		}
	}
	return it.With(v), nil
}

func (s *setter) ProcessColumn(in flow.Column, r *flow.Room) (n int, _ flow.Column) {
	if in.Kind != value.Object {
		return 0, flow.Column{}
	}
	become := s.into.layouts.of(pair{shape: in.Shape}, s.into.layout)
	fields, rooms := r.Fields(len(become.shape.Keys()))
	copy(fields, in.Fields)
	n = in.Len()
	for i, f := range s.fields {
		at := become.slots[i]
		n, fields[at] = f.Column(in.Cut(0, n), &rooms[at])
	}
	return n, flow.ObjectColumn(become.shape, fields, n)
}

// eachOf is the ProcessAll of what makes one item of each.
func eachOf(make func(flow.Item) (flow.Item, error), items, out []flow.Item) (int, []flow.Item, error) {
	for i, it := range items {
		it, err := make(it)
		if err != nil {
			return i, out, err
		}
		out = append(out, it)
	}
	return len(items), out, nil
}

func mustBeObject(v value.Value) error {
	if v.Kind() != value.Object {
		return flow.Typed("expression", fmt.Errorf("the item is %s, not an object", flow.Describe(v)))
	}
	return nil
}
