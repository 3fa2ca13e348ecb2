package operators

import (
	"slices"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type joinOptions struct {
	With   flow.Ref      `flow:"with,required" doc:"The source or step whose items are looked up, as other."`
	On     flow.Match    `flow:"on,required" scope:"other" doc:"Which of them belong to an item, such as it.film == other.id. By equations like this they are found at once; null equals nothing here."`
	Kind   string        `flow:"kind" default:"inner" enum:"inner,left,anti" doc:"An item is given with each match (inner); also without, if it has none (left); or only if it has none (anti)."`
	To     flow.Literal  `flow:"to" scope:"other" doc:"What a match gives; unless given, the item with those fields of other that it has not. Without a match, other is null."`
	Within time.Duration `flow:"within" doc:"Joins two streams: items match that happened within so long of one another. Without it, all of the other input is read first, and kept."`
	Time   flow.Expr     `flow:"time" doc:"Of within: when an item happened, of either input; the time at which it comes, unless given."`
}

func (o *joinOptions) Check(report func(option, message, help string)) {
	switch {
	case o.Within < 0:
		report("within", "a time cannot be less than none", "write a duration such as 10m")
	case o.Time != nil && o.Within == 0:
		report("time", "times are of use with `within` only", "leave it out")
	}
}

// Holds says that items wait for the whole table; or, of two streams, what is far ahead of the other by its times.
func (o *joinOptions) Holds(port, _ int) (flow.Hold, int64) {
	switch {
	case o.Within > 0 && o.Time != nil:
		return flow.Sparing, 0
	case o.Within == 0 && port == itemsPort:
		return flow.Loading, 0
	}
	return flow.Never, 0
}

func join() *flow.Component {
	return &flow.Component{
		Name: "join", Group: "join", Traits: flow.Traits{Beside: true, Keeps: true},
		Doc: "Puts items together with those of another input that belong to them. That other input is read to its end first, and kept within the run's memory: a table. " +
			"With `within` both are streams, and each item is kept for so long.",
		Sees:  flow.Sees(func(o *joinOptions, t *flow.Typing) map[string]flow.Type { return o.sees(t) }),
		Gives: flow.Gives(func(o *joinOptions, t *flow.Typing) flow.Type { return o.gives(t) }),
		Maker: flow.Makes(func(o *joinOptions, env *flow.Env) (flow.Join, error) {
			switch {
			case o.Within == 0:
				return newTable(o, env.Memory), nil
			case o.Time == nil:
				return &clockStreams{newStreams(o, env)}, nil
			}
			return newStreams(o, env), nil
		}),
		Examples: []flow.Example{
			{
				Pipeline: "sources:\n  films: {items: [{id: 1, title: Alien}, {id: 2, title: Brazil}]}\n  seen: {items: [{film: 2, by: ada}, {film: 1, by: bob}, {film: 7, by: bob}]}\nsteps:\n  - from: seen\n    join: {with: films, on: it.film == other.id, kind: left}\n  - drop: [id]\n",
				Output:   "{\"film\":2,\"by\":\"ada\",\"title\":\"Brazil\"}\n{\"film\":1,\"by\":\"bob\",\"title\":\"Alien\"}\n{\"film\":7,\"by\":\"bob\"}\n",
			},
			{
				Doc:      "Those that are in one input only.",
				Pipeline: "sources:\n  old: {items: [{id: 1}, {id: 2}]}\n  new: {items: [{id: 2}, {id: 3}]}\nsteps:\n  - {from: new, join: {with: old, on: it.id == other.id, kind: anti}}\n", Output: "{\"id\":3}\n",
			},
			{
				Doc: "Two streams: the clicks within a minute of a view.",
				Pipeline: "sources:\n  views: {items: [{u: 1, at: \"2024-05-01T12:00:00Z\"}, {u: 2, at: \"2024-05-01T12:00:30Z\"}]}\n  clicks: {items: [{u: 1, at: \"2024-05-01T12:00:20Z\"}, {u: 2, at: \"2024-05-01T12:05:00Z\"}]}\n" +
					"steps:\n  - from: views\n    join: {with: clicks, on: it.u == other.u, within: 1m, time: it.at, to: {user: it.u, after: string(other.at)}}\n",
				Output: "{\"user\":1,\"after\":\"2024-05-01T12:00:20Z\"}\n",
			},
		},
	}
}

// The inputs, by port.
const (
	itemsPort = iota
	otherPort
)

// lookup finds what belongs to an item, and what is given of it.
type lookup struct {
	opt   *joinOptions
	scope flow.Scope
	key   []byte

	layouts layouts // with the slots of the other's fields that are added
	slab    value.Slab
}

func newLookup(o *joinOptions) lookup {
	return lookup{opt: o, scope: flow.Scope{Vars: make([]value.Value, 1)}}
}

// keyOf computes the key that both sides must have: of an item, or of another. None has a key of which a part is null.
func (l *lookup) keyOf(it flow.Item, of []flow.Expr) (key []byte, ok bool, err error) {
	l.scope.Set(it).Vars[0] = it.Value
	l.key = l.key[:0]
	for _, e := range of {
		v, err := e.Eval(&l.scope)
		if err != nil || v.IsNull() {
			return nil, false, err
		}
		l.key = value.AppendKey(l.key, v)
	}
	return l.key, true, nil
}

// matches reports whether the rest of the condition is true of an item and another with the same key.
func (l *lookup) matches(it flow.Item, other value.Value) (bool, error) {
	if l.opt.On.Rest == nil {
		return true, nil
	}
	l.scope.Set(it).Vars[0] = other
	return flow.Bool(l.opt.On.Rest, &l.scope)
}

// giveWith gives an item with another; null for none.
func (l *lookup) giveWith(it flow.Item, other value.Value, emit flow.Emit) error {
	switch {
	case l.opt.To.Expr != nil:
		l.scope.Set(it).Vars[0] = other
		v, err := l.opt.To.Eval(&l.scope)
		if err != nil {
			return err
		}
		return emit(it.With(v))
	case other.IsNull():
		return emit(it)
	case it.Value.Kind() != value.Object || other.Kind() != value.Object:
		return emit(it.With(value.OfList([]value.Value{it.Value, other})))
	}
	become := l.layouts.of(pair{it.Value.Shape(), other.Shape()}, added)
	v, slots := l.slab.Object(become.shape)
	own := it.Value.Len()
	for i := range own {
		slots[i] = it.Value.At(i)
	}
	for i, slot := range become.slots {
		slots[own+i] = other.At(slot)
	}
	return emit(it.With(v))
}

// added puts those fields of the other object behind an object's own that it has not.
func added(of pair) (l layout) {
	keys := slices.Clone(of.shape.Keys())
	for i, name := range of.other.Keys() {
		if of.shape.Slot(name) < 0 {
			l.slots = append(l.slots, i)
			keys = append(keys, name)
		}
	}
	l.shape = value.NewShape(keys)
	return l
}
