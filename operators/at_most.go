package operators

import (
	"fmt"

	"github.com/flowrun/flowrun/flow"
)

func atMost() *flow.Component {
	return &flow.Component{
		Name: "at_most", Group: "cut", Traits: flow.Traits{One: true},
		Doc: "Passes items as they are, and ends the run with an error when there are more than n of them: a guard against input that is not what it should be. " +
			"To cut the rest off, use take.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(o *countOptions, _ *flow.Env) (flow.Op, error) { return &guard{n: o.N, left: o.N}, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [a, b]}\nsteps:\n  - at_most: 2\n", Output: "\"a\"\n\"b\"\n",
		}},
	}
}

type guard struct{ n, left int64 }

func (g *guard) Process(it flow.Item, emit flow.Emit) error {
	if g.left == 0 {
		return flow.Fatal(flow.Typed("at_most", fmt.Errorf("there are more than %d items", g.n)))
	}
	g.left--
	return emit(it)
}
