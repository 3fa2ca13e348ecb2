package operators

import "github.com/flowrun/flowrun/flow"

type readyChunksOptions struct {
	Max int `flow:"max,required,short" doc:"How many items a chunk has at most."`
}

func (o *readyChunksOptions) Check(report func(option, message, help string)) {
	if o.Max < 1 {
		report("max", "a chunk has one item at least", "write 1 or more")
	}
}

func readyChunks() *flow.Component {
	return &flow.Component{
		Name: "ready_chunks", Group: "batch", Traits: flow.Traits{Keeps: true},
		Doc:   "Makes lists of the items that are there, up to so many, and never waits for more of them: large lists under load, small ones else.",
		Gives: func(_ any, t *flow.Typing) flow.Type { return flow.ListOf(t.It()) },
		Maker: flow.Makes(func(o *readyChunksOptions, env *flow.Env) (flow.Op, error) {
			return &readyChunker{chunker{holding: holding{memory: env.Memory}, opt: &chunksOptions{Size: o.Max}}}, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "source: {range: {from: 1, to: 5}}\nsteps:\n  - ready_chunks: 2\n  - flat_map: it\n", Output: "1\n2\n3\n4\n5\n",
		}},
	}
}

type readyChunker struct{ chunker }

func (c *readyChunker) Idle(emit flow.Emit) error { return c.Flush(emit) }
