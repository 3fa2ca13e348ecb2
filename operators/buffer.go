package operators

import "github.com/flowrun/flowrun/flow"

func buffer() *flow.Component {
	return &flow.Component{
		Name: "buffer", Group: "rate", Traits: flow.Traits{Buffer: true},
		Doc:   "Bounds the channel at this place. With `overflow` it says what happens when the channel is full; every item that is dropped is counted in the report.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(*flow.BufferOptions, *flow.Env) (flow.Op, error) {
			return pass{}, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "source: {range: {from: 1, to: 3}}\nsteps:\n  - buffer: 2\n  - map: it * 10\n", Output: "10\n20\n30\n",
		}},
	}
}

// pass is an operator that does nothing.
type pass struct{}

func (pass) Process(it flow.Item, emit flow.Emit) error { return emit(it) }
