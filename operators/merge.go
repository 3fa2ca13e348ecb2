package operators

import "github.com/flowrun/flowrun/flow"

type inputsOptions struct {
	Inputs []flow.Ref `flow:"inputs,required,short" doc:"The steps or sources to read."`
}

func merge() *flow.Component {
	return &flow.Component{
		Name: "merge", Also: []string{"union"}, Group: "join", Traits: flow.Traits{Single: true},
		Doc:   "Reads several inputs in turn, an item of each that has one. Within an input the order stays.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(*inputsOptions, *flow.Env) (flow.Join, error) { return joined{}, nil }),
		Examples: []flow.Example{{
			Pipeline: "sources:\n  a: {items: [1, 2]}\n  b: {items: [10, 20]}\nsteps:\n  - merge: [a, b]\n  - sort: {}\n", Output: "1\n2\n10\n20\n",
		}},
	}
}

type concatOptions struct{ inputsOptions }

// Holds says that an input waits for those before it.
func (o *concatOptions) Holds(port, other int) (flow.Hold, int64) {
	if other < port {
		return flow.Behind, 0
	}
	return flow.Never, 0
}

func concat() *flow.Component {
	return &flow.Component{
		Name: "concat", Also: []string{"chain"}, Group: "join", Traits: flow.Traits{Single: true, Sequential: true},
		Doc:   "Reads its inputs one after another: the next is opened when the one before has ended.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(*concatOptions, *flow.Env) (flow.Join, error) { return joined{}, nil }),
		Examples: []flow.Example{{
			Pipeline: "sources:\n  a: {items: [1, 2]}\n  b: {items: [10, 20]}\nsteps:\n  - concat: [b, a]\n", Output: "10\n20\n1\n2\n",
		}},
	}
}

// joined passes on whatever comes.
type joined struct{}

func (joined) Process(_ int, it flow.Item, emit flow.Emit) error { return emit(it) }
func (joined) End(int, flow.Emit) error                          { return nil }
