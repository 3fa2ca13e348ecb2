package operators

import "github.com/flowrun/flowrun/flow"

type eachOptions struct {
	Steps flow.Steps `flow:"steps,required,short" doc:"The steps that each item goes through."`
}

func (o *eachOptions) Nest() *flow.Nest { return &flow.Nest{Steps: o.Steps, Mode: flow.Each} }

func each() *flow.Component {
	return &flow.Component{
		Name: "each", Group: "call",
		Doc: "Takes each item through steps of its own, and gives what comes out of the last of them when they have ended. For policies this is one call: " +
			"its `retry`, `timeout` and `limits` are for all of the steps together, and those inside have theirs besides. " +
			"An item that fails within fails the whole, and gives nothing.",
		Maker: flow.Makes(func(*eachOptions, *flow.Env) (flow.Call, error) { return nil, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [3, 1]}\nsteps:\n  - each:\n      - flat_map: 1..it\n      - map: it * 10\n      - collect: {}\n", Output: "[10,20,30]\n[10]\n",
		}},
	}
}
