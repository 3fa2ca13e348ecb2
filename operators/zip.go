package operators

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type zipOptions struct {
	inputsOptions
	Align string `flow:"align" default:"position" enum:"position,lineage" doc:"What belongs together: the nth item of each input (position), or what came of the same item where the inputs parted (lineage): if it was left out of one of them, it is left out of the result."`
	End   string `flow:"end" default:"any" enum:"any,all" doc:"Of position: the result ends with the first input that does (any), or with the last, and null stands for what is missing (all)."`
}

func (o *zipOptions) ByLineage() bool { return o.Align == "lineage" }

// Holds says that an input which is ahead waits. By lineage it is never ahead for long: what was left out comes, too.
func (o *zipOptions) Holds(_, _ int) (flow.Hold, int64) {
	if o.ByLineage() {
		return flow.Never, 0
	}
	return flow.InTurn, 0
}

func (o *zipOptions) Check(report func(option, message, help string)) {
	if o.Align == "lineage" && o.End == "all" {
		report("end", "by lineage nothing is missing at the end", "leave it out")
	}
}

func zip() *flow.Component {
	return &flow.Component{
		Name: "zip", Group: "join", Traits: flow.Traits{Single: true},
		Doc: "Makes a list of one item of each input, as it waits for them all. It holds one item of each.",
		Gives: flow.Gives(func(o *zipOptions, t *flow.Typing) flow.Type {
			of := t.It()
			if o.End == "all" {
				of = of.Or(flow.Only(value.Null))
			}
			return flow.ListOf(of)
		}),
		Pace: flow.PaceOf(func(o *zipOptions) flow.Pace {
			if o.ByLineage() {
				return flow.Pace{}
			}
			return flow.Pace{Per: 1}
		}),
		Maker: flow.Makes(func(o *zipOptions, _ *flow.Env) (flow.Join, error) {
			if o.Align == "lineage" {
				return &lineageZipper{held: make([]map[int64]flow.Item, len(o.Inputs)), ended: make([]bool, len(o.Inputs))}, nil
			}
			return &zipper{all: o.End == "all", held: make([]*flow.Item, len(o.Inputs)), ended: make([]bool, len(o.Inputs))}, nil
		}),
		Examples: []flow.Example{
			{
				Pipeline: "sources:\n  a: {items: [1, 2, 3]}\n  b: {items: [x, y]}\nsteps:\n  - zip: [a, b]\n", Output: "[1,\"x\"]\n[2,\"y\"]\n",
			},
			{
				Doc:      "What was left out of one branch is left out of the result.",
				Pipeline: "source: {range: {from: 1, to: 5}}\nsteps:\n  - {id: n, map: it}\n  - {id: odd, filter: it % 2 == 1, from: n}\n  - {id: ten, map: it * 10, from: n}\n  - zip: {inputs: [odd, ten], align: lineage}\n",
				Output:   "[1,10]\n[3,30]\n[5,50]\n",
			},
		},
	}
}

// zipper pairs by position.
type zipper struct {
	all   bool
	held  []*flow.Item
	ended []bool
}

func (z *zipper) Wants(port int) bool { return z.held[port] == nil }

func (z *zipper) Process(port int, it flow.Item, emit flow.Emit) error {
	z.held[port] = &it
	return z.give(emit)
}

// give gives the list that is complete, if there is one. Done says that there will be no other.
func (z *zipper) give(emit flow.Emit) error {
	some, over := false, false
	for port, it := range z.held {
		switch {
		case it != nil:
			some = true
		case !z.ended[port]:
			return nil
		case !z.all:
			over = true
		}
	}
	if over || !some {
		return flow.Done
	}
	row := make([]value.Value, len(z.held))
	var meta *flow.Meta
	for port, it := range z.held {
		if it == nil {
			continue
		}
		row[port], z.held[port] = it.Value, nil
		if meta == nil {
			meta = it.Meta
		}
	}
	if err := emit(flow.Item{Value: value.OfList(row), Meta: meta}); err != nil {
		return err
	}
	return z.finished()
}

// finished gives Done where an ended input leaves nothing more to give.
func (z *zipper) finished() error {
	over := z.all
	for port := range z.held {
		gone := z.ended[port] && z.held[port] == nil
		if gone && !z.all {
			return flow.Done
		}
		over = over && gone
	}
	if over {
		return flow.Done
	}
	return nil
}

func (z *zipper) End(port int, emit flow.Emit) error {
	z.ended[port] = true
	if err := z.finished(); err != nil {
		return err
	}
	return z.give(emit)
}

// Flush has nothing to give: what is held had its chance.
func (z *zipper) Flush(flow.Emit) error { return nil }

// lineageZipper pairs what came of the same item. What was left out of an input comes as an item that is gone.
type lineageZipper struct {
	fork  int // which of the places where inputs part
	slack int // how many items may be ahead of others, as calls do not keep the order
	held  []map[int64]flow.Item
	ended []bool
}

// Align is told by the runtime where the inputs part.
func (z *lineageZipper) Align(fork, slack int) { z.fork, z.slack = fork, slack }

func (z *lineageZipper) Wants(port int) bool { return len(z.held[port]) <= z.slack }

func (z *lineageZipper) Process(port int, it flow.Item, emit flow.Emit) error {
	if z.held[port] == nil {
		z.held[port] = map[int64]flow.Item{}
	}
	n := it.Meta.Lineage[z.fork]
	z.held[port][n] = it
	if z.lost(n) {
		return z.finished()
	}
	row := make([]value.Value, len(z.held))
	gone := false
	for i, held := range z.held {
		other, has := held[n]
		if !has {
			return nil
		}
		row[i], gone = other.Value, gone || other.Meta.Gone
	}
	z.forget(n)
	if !gone {
		if err := emit(it.With(value.OfList(row))); err != nil {
			return err
		}
	}
	return z.finished()
}

func (z *lineageZipper) End(port int, _ flow.Emit) error {
	z.ended[port] = true
	for _, held := range z.held {
		for n := range held {
			z.lost(n)
		}
	}
	return z.finished()
}

// lost forgets an item, and reports so, if an input has ended without what belongs to it.
func (z *lineageZipper) lost(n int64) bool {
	for i, held := range z.held {
		if _, has := held[n]; !has && z.ended[i] {
			z.forget(n)
			return true
		}
	}
	return false
}

func (z *lineageZipper) forget(n int64) {
	for _, held := range z.held {
		delete(held, n)
	}
}

// finished gives Done where nothing more can come of one of the inputs.
func (z *lineageZipper) finished() error {
	for i := range z.held {
		if z.ended[i] && len(z.held[i]) == 0 {
			return flow.Done
		}
	}
	return nil
}

// Flush has nothing to give: what is held has lost its counterpart.
func (z *lineageZipper) Flush(flow.Emit) error { return nil }
