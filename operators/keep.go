package operators

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type keepOptions struct {
	Fields []string `flow:"fields,required,short" doc:"The names of the fields."`
}

func keep() *flow.Component {
	return &flow.Component{
		Name: "keep", Also: []string{"project", "pick"}, Group: "per item",
		Doc:    "Keeps the named fields of each object and drops the others. A field that is not there stays away.",
		Traits: flow.Traits{Stateless: true, Single: true, One: true},
		Gives:  flow.Gives(func(o *keepOptions, t *flow.Typing) flow.Type { return fieldsOf(t.It(), o.Fields, true) }),
		Maker:  flow.Makes(func(o *keepOptions, _ *flow.Env) (flow.Op, error) { return newKeeper(o.Fields, true), nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [{a: 1, b: 2, c: 3}]}\nsteps:\n  - keep: [c, a]\n", Output: "{\"a\":1,\"c\":3}\n",
		}},
	}
}

func drop() *flow.Component {
	return &flow.Component{
		Name: "drop", Also: []string{"omit"}, Group: "per item",
		Doc:    "Drops the named fields of each object and keeps the others.",
		Traits: flow.Traits{Stateless: true, Single: true, One: true},
		Gives:  flow.Gives(func(o *keepOptions, t *flow.Typing) flow.Type { return fieldsOf(t.It(), o.Fields, false) }),
		Maker:  flow.Makes(func(o *keepOptions, _ *flow.Env) (flow.Op, error) { return newKeeper(o.Fields, false), nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [{a: 1, b: 2, c: 3}]}\nsteps:\n  - drop: b\n", Output: "{\"a\":1,\"c\":3}\n",
		}},
	}
}

type keeper struct {
	fields  []string
	keep    bool
	text    *value.Patch // of objects that still are text
	layouts layouts      // of others, with the slots of the fields that stay
	slab    value.Slab
}

func newKeeper(fields []string, keep bool) *keeper {
	return &keeper{fields: fields, keep: keep, text: value.NewKeep(fields, keep)}
}

func (k *keeper) Process(it flow.Item, emit flow.Emit) error {
	it, err := k.one(it)
	if err != nil {
		return err
	}
	return emit(it)
}

func (k *keeper) ProcessAll(items, out []flow.Item) (int, []flow.Item, error) {
	return eachOf(k.one, items, out)
}

func (k *keeper) one(it flow.Item) (flow.Item, error) {
	if err := mustBeObject(it.Value); err != nil {
		return it, err
	}
	if v, _, ok := k.text.Of(it.Value); ok {
		return it.With(v), nil
	}
	become := k.layouts.of(pair{shape: it.Value.Shape()}, k.layout)
	v, slots := k.slab.Object(become.shape)
	for i, slot := range become.slots {
		slots[i] = it.Value.At(slot)
	}
	return it.With(v), nil
}

func (k *keeper) ProcessColumn(in flow.Column, r *flow.Room) (int, flow.Column) {
	if in.Kind != value.Object {
		return 0, flow.Column{}
	}
	become := k.layouts.of(pair{shape: in.Shape}, k.layout)
	if len(become.slots) == 0 {
		return 0, flow.Column{}
	}
	fields, _ := r.Fields(len(become.slots))
	for i, slot := range become.slots {
		fields[i] = in.Fields[slot]
	}
	return in.Len(), flow.ObjectColumn(become.shape, fields, in.Len())
}

func (k *keeper) layout(of pair) (l layout) {
	var keys []string
	for i, key := range of.shape.Keys() {
		if slices.Contains(k.fields, key) == k.keep {
			l.slots = append(l.slots, i)
			keys = append(keys, key)
		}
	}
	l.shape = value.NewShape(keys)
	return l
}

// fieldsOf gives the type of objects of which the fields named stay, or all others do.
func fieldsOf(t flow.Type, names []string, keep bool) flow.Type {
	fields, closed := t.Fields()
	var out []flow.Member
	for _, f := range fields {
		if slices.Contains(names, f.Name) == keep {
			out = append(out, f)
		}
	}
	if keep && !closed { // those of which nothing is known may be there
		for _, name := range names {
			if !slices.ContainsFunc(fields, func(f flow.Member) bool { return f.Name == name }) {
				out = append(out, flow.Member{Name: name, Optional: true})
			}
		}
	}
	return flow.ObjectOf(closed || keep, out...)
}
