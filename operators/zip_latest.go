package operators

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type zipLatestOptions struct {
	inputsOptions
	End string `flow:"end" default:"all" enum:"any,all" doc:"The result ends with the last input that does (all), or with the first (any)."`
}

func zipLatest() *flow.Component {
	return &flow.Component{
		Name: "zip_latest", Group: "join", Traits: flow.Traits{Single: true},
		Doc:   "Gives a list of the latest item of each input whenever one comes, from when every input has given one. It waits for none, and holds up none.",
		Gives: func(_ any, t *flow.Typing) flow.Type { return flow.ListOf(t.It()) },
		Maker: flow.Makes(func(o *zipLatestOptions, _ *flow.Env) (flow.Join, error) {
			return &latestZipper{any: o.End == "any", row: make([]value.Value, len(o.Inputs)), came: make([]bool, len(o.Inputs)), left: len(o.Inputs)}, nil
		}),
		Examples: []flow.Example{{
			Doc:      "What comes first is up to the inputs: here, `b` is slow.",
			Pipeline: "sources:\n  a: {items: [1, 2]}\n  b: {interval: {every: 20ms, initial_delay: 20ms, count: 2}}\nsteps:\n  - {id: n, map: it.n, from: b}\n  - zip_latest: [a, n]\n", Output: "[2,0]\n[2,1]\n",
		}},
	}
}

type latestZipper struct {
	any  bool
	row  []value.Value
	came []bool
	left int // inputs that have given nothing yet
}

func (z *latestZipper) Process(port int, it flow.Item, emit flow.Emit) error {
	if !z.came[port] {
		z.came[port] = true
		z.left--
	}
	z.row[port] = it.Value
	if z.left > 0 {
		return nil
	}
	return emit(it.With(value.OfList(append([]value.Value(nil), z.row...))))
}

func (z *latestZipper) End(port int, _ flow.Emit) error {
	if z.any || !z.came[port] { // nothing complete can come any more
		return flow.Done
	}
	return nil
}
