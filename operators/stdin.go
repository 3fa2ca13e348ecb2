package operators

import (
	"context"
	"errors"
	"io"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/operators/codec"
)

type stdinOptions struct {
	codec.ReadOptions
}

func (o *stdinOptions) Check(report func(option, message, help string)) { o.CheckRead(report) }
func (o *stdinOptions) Exclusive() string                               { return "standard input" }

func stdin() *flow.Component {
	return &flow.Component{
		Name: "stdin", Group: "source",
		Doc: "Reads standard input: JSON lines unless `format` says otherwise.",
		Maker: flow.Makes(func(o *stdinOptions, env *flow.Env) (flow.Source, error) {
			opt := o.ReadOptions
			if opt.Format == "" {
				opt.Format = "jsonl"
			}
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
	return readItems("<stdin>", s.env.Stdin, s.opt, s.env, emit)
}

// readItems emits the items of one file. Text that is no item is rejected, and ends the reading unless the step's
// on_error lets it pass.
func readItems(name string, r io.Reader, opt *codec.ReadOptions, env *flow.Env, emit flow.Emit) error {
	rd, err := codec.Open(name, r, opt, env.Meta)
	if err != nil {
		return err
	}
	defer rd.Close()
	for {
		it, err := rd.Next()
		if err == io.EOF {
			return nil
		}
		if d := (*codec.DecodeError)(nil); errors.As(err, &d) && !d.Final && env.Reject != nil {
			if err := env.Reject(flow.Item{Value: value.OfString(d.Raw)}, flow.Typed("decode", err)); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := emit(it); err != nil {
			return err
		}
	}
}
