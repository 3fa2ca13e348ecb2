package operators

import "github.com/flowrun/flowrun/flow"

type balanceOptions struct {
	N int `flow:"n,required,short" doc:"How many outputs there are: 0, 1, and so on."`
}

func (o *balanceOptions) Check(report func(option, message, help string)) { checkOutputs(o.N, report) }
func (o *balanceOptions) Outputs() []string                               { return numbered(o.N) }

func balance() *flow.Component {
	return &flow.Component{
		Name: "balance", Group: "fork", Traits: flow.Traits{AnyRoom: true},
		Doc: "Sends each item to the next of n outputs that has room, so that a slow one gets fewer. They are read as `from: ID.0`, `from: ID.1`, and so on. " +
			"A call with `concurrency` needs no balance before it.",
		Maker: flow.Makes(func(*balanceOptions, *flow.Env) (flow.Router, error) { return balancer{}, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {range: {from: 1, to: 4}}\nsteps:\n  - {id: share, balance: 2}\n  - {from: share.0, id: left, map: it}\n  - {from: share.1, id: right, map: it}\n  - merge: [left, right]\n  - sort: {}\n",
			Output:   "1\n2\n3\n4\n",
		}},
	}
}

type balancer struct{}

func (balancer) Route(it flow.Item, emit func(port int, it flow.Item) error) error {
	return emit(flow.AnyPort, it)
}
