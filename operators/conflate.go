package operators

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type conflateOptions struct {
	Next flow.Literal `flow:"next,short" scope:"acc" doc:"What becomes of the one that waits, acc, when another item comes; the latest item takes its place unless given."`
	Init flow.Literal `flow:"init" doc:"What the first becomes of those that are made one; itself unless given."`
}

func conflate() *flow.Component {
	return &flow.Component{
		Name: "conflate", Group: "rate", Traits: flow.Traits{Prompt: true, Yields: true},
		Doc: "Passes items on as fast as what follows takes them, and makes one of all that come meanwhile: a slow reader gets fewer items, and never holds up what is before.",
		Sees: flow.Sees(func(o *conflateOptions, t *flow.Typing) map[string]flow.Type {
			return map[string]flow.Type{"acc": t.State(o.first(t), t.TypeOf(o.Next.Expr))}
		}),
		Gives: flow.Gives(func(o *conflateOptions, t *flow.Typing) flow.Type {
			if o.Next.Expr == nil {
				return o.first(t)
			}
			return o.first(t).Or(t.TypeOf(o.Next.Expr))
		}),
		Maker: flow.Makes(func(o *conflateOptions, _ *flow.Env) (flow.Op, error) {
			c := &conflater{next: o.Next.Expr, init: o.Init.Expr}
			c.scope.Vars = make([]value.Value, 1)
			return c, nil
		}),
		Examples: []flow.Example{{
			Doc:      "Ticks come every 10 ms, and what follows takes 27 ms: it gets their sums.",
			Pipeline: "source: {interval: {every: 10ms, count: 6}}\nsteps:\n  - map: it.n\n  - conflate: acc + it\n  - sleep: 27ms\n", Output: "0\n3\n12\n",
		}},
	}
}

// first gives the type of what the first becomes of those that are made one.
func (o *conflateOptions) first(t *flow.Typing) flow.Type {
	if o.Init.Expr == nil {
		return t.It()
	}
	return t.TypeOf(o.Init.Expr)
}

type conflater struct {
	next  flow.Expr // nil: the latest
	init  flow.Expr // nil: the item itself
	scope flow.Scope
	item  flow.Item
	holds bool
	lost  int64
}

func (c *conflater) Process(it flow.Item, _ flow.Emit) error {
	make := c.init
	if c.holds && c.next != nil {
		c.scope.Vars[0] = c.item.Value
		make = c.next
	}
	if make != nil {
		v, err := make.Eval(c.scope.Set(it))
		if err != nil {
			return err
		}
		it.Value = v
	}
	if c.holds && c.next == nil {
		c.lost++
	}
	c.item, c.holds = it, true
	return nil
}

func (c *conflater) Dropped() int64            { return c.lost }
func (c *conflater) Room(emit flow.Emit) error { return c.Flush(emit) }

func (c *conflater) Flush(emit flow.Emit) error {
	if !c.holds {
		return nil
	}
	it := c.item
	c.item, c.holds = flow.Item{}, false
	return emit(it)
}
