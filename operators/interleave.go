package operators

import "github.com/flowrun/flowrun/flow"

type interleaveOptions struct {
	inputsOptions
	K int `flow:"k" default:"1" doc:"How many items of each input at a time."`
}

// Holds says that an input waits for its turn: while those before it have theirs, they are ahead of it.
func (o *interleaveOptions) Holds(port, other int) (flow.Hold, int64) {
	if other < port {
		return flow.InTurn, int64(o.K)
	}
	return flow.InTurn, 0
}

func (o *interleaveOptions) Check(report func(option, message, help string)) {
	if o.K < 1 {
		report("k", "no items at a time would give none", "write 1 or more")
	}
}

func interleave() *flow.Component {
	return &flow.Component{
		Name: "interleave", Group: "join", Traits: flow.Traits{Single: true},
		Doc: "Gives k items of the first input, k of the next, and so on, in turn, and waits for each: the result depends on the inputs alone, not on who is faster. " +
			"An input that has ended is left out.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(o *interleaveOptions, _ *flow.Env) (flow.Join, error) {
			return &interleaver{k: o.K, left: o.K, ended: make([]bool, len(o.Inputs))}, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "sources:\n  a: {items: [1, 2, 3, 4]}\n  b: {items: [10, 20]}\nsteps:\n  - interleave: [a, b]\n", Output: "1\n10\n2\n20\n3\n4\n",
		}},
	}
}

type interleaver struct {
	k, left int
	turn    int
	ended   []bool
}

func (n *interleaver) Wants(port int) bool { return port == n.turn }

func (n *interleaver) Process(_ int, it flow.Item, emit flow.Emit) error {
	if n.left--; n.left == 0 {
		n.pass()
	}
	return emit(it)
}

// pass gives the turn to the next input that has not ended.
func (n *interleaver) pass() {
	n.left = n.k
	for range n.ended {
		if n.turn = (n.turn + 1) % len(n.ended); !n.ended[n.turn] {
			return
		}
	}
}

func (n *interleaver) End(port int, _ flow.Emit) error {
	if n.ended[port] = true; port == n.turn {
		n.pass()
	}
	return nil
}
