package operators

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type enumerateOptions struct {
	From int64  `flow:"from,short" default:"0" doc:"The number of the first item."`
	Into string `flow:"into" doc:"The field of the item that takes the number; without it the item becomes {index, value}."`
}

func enumerate() *flow.Component {
	return &flow.Component{
		Name: "enumerate", Group: "per item", Traits: flow.Traits{One: true},
		Doc: "Numbers the items: each becomes `{index, value}`, or gets a field with its number.",
		Gives: flow.Gives(func(o *enumerateOptions, t *flow.Typing) flow.Type {
			if n := flow.Only(value.Int); o.Into != "" {
				return t.It().Part(value.Object).WithField(o.Into, n)
			} else {
				return flow.ObjectOf(true, flow.Member{Name: "index", Type: n}, flow.Member{Name: "value", Type: t.It()})
			}
		}),
		Maker: flow.Makes(func(o *enumerateOptions, _ *flow.Env) (flow.Op, error) {
			e := &enumerator{next: o.From, named: o.Into != ""}
			e.into.names = []string{o.Into}
			return e, nil
		}),
		Examples: []flow.Example{
			{Pipeline: "source: {items: [a, b]}\nsteps:\n  - enumerate: {}\n", Output: "{\"index\":0,\"value\":\"a\"}\n{\"index\":1,\"value\":\"b\"}\n"},
			{Pipeline: "source: {items: [{x: a}, {x: b}]}\nsteps:\n  - enumerate: {from: 1, into: rank}\n", Output: "{\"x\":\"a\",\"rank\":1}\n{\"x\":\"b\",\"rank\":2}\n"},
		},
	}
}

type enumerator struct {
	next  int64
	named bool // into says which field takes the number
	into  setting
}

var indexShape = value.NewShape([]string{"index", "value"})

func (e *enumerator) Process(it flow.Item, emit flow.Emit) error {
	n := value.OfInt(e.next)
	v := it.Value
	if !e.named {
		v = value.OfShape(indexShape, []value.Value{n, v})
	} else {
		if err := mustBeObject(v); err != nil {
			return err
		}
		out, slots, at := e.into.room(v)
		slots[at[0]] = n
		v = out
	}
	e.next++
	return emit(it.With(v))
}
