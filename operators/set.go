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
	fields flow.Fields
	scope  flow.Scope
	into   *setting
}

func newSetter(fields flow.Fields) *setter {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return &setter{fields: fields, into: newSetting(names...)}
}

func (s *setter) Process(it flow.Item, emit flow.Emit) error {
	if err := mustBeObject(it.Value); err != nil {
		return err
	}
	v, slots, at := s.into.room(it.Value)
	s.scope.Set(it)
	for i, f := range s.fields {
		var err error
		if slots[at[i]], err = f.Expr.Eval(&s.scope); err != nil {
			return err
		}
	}
	return emit(it.With(v))
}

func mustBeObject(v value.Value) error {
	if v.Kind() != value.Object {
		return flow.Typed("expression", fmt.Errorf("the item is %s, not an object", flow.Describe(v)))
	}
	return nil
}
