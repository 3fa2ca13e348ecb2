package operators

import (
	"context"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/operators/codec"
)

type stdinOptions struct {
	codec.ReadOptions
}

func (o *stdinOptions) Check(report func(option, message, help string)) {
	read := o.read()
	read.CheckRead(report)
}

// read gives the options with the format that is meant where none is given.
func (o *stdinOptions) read() codec.ReadOptions {
	out := o.ReadOptions
	if out.Format == "" {
		out.Format = "jsonl"
	}
	return out
}
func (o *stdinOptions) Exclusive() string { return "standard input" }

func stdin() *flow.Component {
	return &flow.Component{
		Name: "stdin", Group: "source",
		Doc: "Reads standard input: JSON lines unless `format` says otherwise.",
		Gives: flow.Gives(func(o *stdinOptions, _ *flow.Typing) flow.Type {
			return codec.Gives(o.Format)
		}),
		Maker: flow.Makes(func(o *stdinOptions, env *flow.Env) (flow.Source, error) {
			opt := o.read()
			return &stdinSource{opt: &opt, env: env}, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "source: {stdin: {format: csv, infer: true}}\nsteps:\n  - filter: it.age > 30\n",
			Input:    "name,age\nAda,36\nBob,7\n", Output: "{\"name\":\"Ada\",\"age\":36}\n",
		}},
	}
}

type stdinSource struct {
	opt *codec.ReadOptions
	env *flow.Env
}

func (s *stdinSource) Steady() bool { return true }

func (s *stdinSource) Read(_ context.Context, emit flow.Emit) error {
	return codec.Items("<stdin>", s.env.Stdin, s.opt, s.env, emit)
}

func (s *stdinSource) Splits() bool { return s.opt.Splits("") }

func (s *stdinSource) ReadBlocks(_ context.Context, give func(flow.Block) error) error {
	return codec.Blocks("<stdin>", s.env.Stdin, s.opt, s.env, give)
}
