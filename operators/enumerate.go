package operators

import (
	"fmt"
	"math"

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
			return &enumerator{next: o.From, named: o.Into != "", into: newSetting(o.Into)}, nil
		}),
		Examples: []flow.Example{
			{Pipeline: "source: {items: [a, b]}\nsteps:\n  - enumerate: {}\n", Output: "{\"index\":0,\"value\":\"a\"}\n{\"index\":1,\"value\":\"b\"}\n"},
			{Pipeline: "source: {items: [{x: a}, {x: b}]}\nsteps:\n  - enumerate: {from: 1, into: rank}\n", Output: "{\"x\":\"a\",\"rank\":1}\n{\"x\":\"b\",\"rank\":2}\n"},
		},
	}
}

type enumerator struct {
	next  int64
	spent bool // the largest number is given
	named bool // into says which field takes the number
	into  *setting
	made  value.Slab
}

var indexShape = value.NewShape([]string{"index", "value"})

func (e *enumerator) Process(it flow.Item, emit flow.Emit) error {
	it, err := e.number(it)
	if err != nil {
		return err
	}
	return emit(it)
}

func (e *enumerator) ProcessAll(items, out []flow.Item) (int, []flow.Item, error) {
	return eachOf(e.number, items, out)
}

func (e *enumerator) number(it flow.Item) (flow.Item, error) {
	if e.spent {
		return it, flow.Typed("expression", fmt.Errorf("there is no number after %d", int64(math.MaxInt64)))
	}
	n := value.OfInt(e.next)
	if !e.named {
		e.advance()
		object, slots := e.made.Object(indexShape)
		slots[0], slots[1] = n, it.Value
		return it.With(object), nil
	}
	if err := mustBeObject(it.Value); err != nil {
		return it, err
	}
	out, slots, at := e.into.room(it.Value)
	slots[at[0]] = n
	e.advance()
	return it.With(out), nil
}

func (e *enumerator) advance() {
	if e.next == math.MaxInt64 {
		e.spent = true
	} else {
		e.next++
	}
}

func (e *enumerator) ProcessColumn(in flow.Column, r *flow.Room) (int, flow.Column) {
	if e.named || uint64(in.Len()) > math.MaxInt64-uint64(e.next) {
		return 0, flow.Column{}
	}
	fields, rooms := r.Fields(2)
	numbers := rooms[0].Ints(in.Len())
	for i := range numbers {
		numbers[i] = e.next
		e.next++
	}
	fields[0], fields[1] = flow.IntColumn(numbers), in
	return in.Len(), flow.ObjectColumn(indexShape, fields, in.Len())
}
