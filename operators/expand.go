package operators

import (
	"fmt"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type expandOptions struct {
	Children flow.Expr `flow:"children,required,short" doc:"The list of an item's children, which are expanded too; null is an empty one."`
	MaxDepth int       `flow:"max_depth" doc:"How deep to go: 1 gives the items and their children. As deep as it goes, unless given."`
	Key      flow.Expr `flow:"key" doc:"What makes an item the same as another: it is given once, and expanded once, in the whole run."`
	Order    string    `flow:"order" default:"depth" enum:"depth,breadth" doc:"An item's children before its next sibling (depth), or level by level (breadth)."`
	Frontier int       `flow:"frontier" default:"10000" doc:"How many items may be waiting to be expanded: more fail the item that all began with."`
}

func (o *expandOptions) Check(report func(option, message, help string)) {
	if o.MaxDepth < 0 {
		report("max_depth", "there is nothing less deep than the item itself", "write 1 or more, or leave it out")
	}
	if o.Frontier < 1 {
		report("frontier", "with no item waiting there is nothing to expand", "write 1 or more")
	}
}

func expand() *flow.Component {
	return &flow.Component{
		Name: "expand", Group: "per item", Traits: flow.Traits{Keeps: true},
		Doc: "Gives each item, its children, their children, and so on: a tree, or with `key` a graph, item by item.",
		Sees: flow.Sees(func(o *expandOptions, t *flow.Typing) map[string]flow.Type {
			return map[string]flow.Type{"it": o.all(t)}
		}),
		Gives: flow.Gives(func(o *expandOptions, t *flow.Typing) flow.Type { return t.It().Or(t.TypeOf(o.Children).Elem()) }),
		Maker: flow.Makes(func(o *expandOptions, env *flow.Env) (flow.Op, error) {
			return &expander{opt: o, holding: holding{memory: env.Memory}, key: newKeyOf(o.Key), seen: map[string]bool{}}, nil
		}),
		Examples: []flow.Example{
			{
				Pipeline: "source: {items: [{n: a, sub: [{n: b, sub: [{n: c}]}, {n: d}]}]}\nsteps:\n  - expand: it.sub\n  - map: it.n\n", Output: "\"a\"\n\"b\"\n\"c\"\n\"d\"\n",
			},
			{
				Doc:      "Numbers that double and grow, each once.",
				Pipeline: "source: {items: [1]}\nsteps:\n  - expand: {children: \"[2 * it, it + 3]\", key: it, max_depth: 2, order: breadth}\n", Output: "1\n2\n4\n5\n8\n7\n",
			},
		},
	}
}

// all gives the type of items and their children.
func (o *expandOptions) all(t *flow.Typing) flow.Type {
	return t.State(t.It(), t.TypeOf(o.Children).Elem())
}

type expander struct {
	opt   *expandOptions
	scope flow.Scope
	holding
	key   keyOf
	last  []byte          // the key of the item at work
	seen  map[string]bool // the keys of the items that were given
	queue []branch
}

type branch struct {
	item  flow.Item
	depth int
}

func (e *expander) Process(it flow.Item, emit flow.Emit) error {
	e.queue = append(e.queue[:0], branch{it, 0})
	for len(e.queue) > 0 {
		b := e.queue[0]
		if e.opt.Order == "breadth" {
			e.queue = e.queue[1:]
		} else {
			b = e.queue[len(e.queue)-1]
			e.queue = e.queue[:len(e.queue)-1]
		}
		if e.opt.Key != nil {
			if isNew, err := e.isNew(b.item); err != nil || !isNew {
				if err != nil {
					return err
				}
				continue
			}
		}
		if err := emit(b.item); err != nil {
			return err
		}
		if err := e.grow(b); err != nil {
			return err
		}
	}
	return nil
}

// isNew reports whether an item's key was not seen before, and remembers it.
func (e *expander) isNew(it flow.Item) (_ bool, err error) {
	if e.last, err = e.key.append(e.last[:0], it); err != nil || e.seen[string(e.last)] {
		return false, err
	}
	if err := e.take(int64(len(e.last)) + keyOverhead); err != nil {
		return false, err
	}
	e.seen[string(e.last)] = true
	return true, nil
}

// grow adds the children of an item to those that wait.
func (e *expander) grow(b branch) error {
	if e.opt.MaxDepth > 0 && b.depth >= e.opt.MaxDepth {
		return nil
	}
	v, err := e.opt.Children.Eval(e.scope.Set(b.item))
	if err != nil {
		return err
	}
	if v.Kind() != value.List && !v.IsNull() {
		return flow.Typed("expression", fmt.Errorf("%s is %s, not a list", e.opt.Children, flow.Describe(v)))
	}
	children := v.List()
	if len(e.queue)+len(children) > e.opt.Frontier {
		return flow.Typed("frontier", fmt.Errorf("more than %d items wait to be expanded: bound it by `max_depth` or `key`, or raise `frontier`", e.opt.Frontier))
	}
	for i := range children {
		child := children[i]
		if e.opt.Order != "breadth" { // the last comes off first
			child = children[len(children)-1-i]
		}
		e.queue = append(e.queue, branch{b.item.With(child), b.depth + 1})
	}
	return nil
}
