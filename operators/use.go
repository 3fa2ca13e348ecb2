package operators

import "github.com/flowrun/flowrun/flow"

func use() *flow.Component {
	return &flow.Component{
		Name: "use", Group: "reuse", Traits: flow.Traits{Use: true},
		Doc: "Puts the `steps` of another file in its place, with what `with` gives to the `params` of that file. The first of them reads what this step would read, " +
			"and the last stands for this step wherever it is named. `retry`, `timeout`, `concurrency`, `limits`, `on_error` and the like on this step are for those of them that have none of their own.",
		Maker: flow.Makes(func(*flow.UseOptions, *flow.Env) (flow.Op, error) { return pass{}, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {range: {from: 1, to: 3}}\nsteps:\n  - use: {file: lib/scale.yaml, with: {by: 10}}\n",
			Files:    map[string]string{"lib/scale.yaml": "params:\n  by: {type: int}\nsteps:\n  - map: it * params.by\n"},
			Output:   "10\n20\n30\n",
		}},
	}
}
