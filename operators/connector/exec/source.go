package exec

import (
	"context"
	"io"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/operators/codec"
)

type sourceOptions struct {
	command
	codec.ReadOptions
}

func (o *sourceOptions) Check(report func(option, message, help string)) {
	o.check(report)
	o.CheckRead(report)
}

func source() *flow.Component {
	return &flow.Component{
		Name: "exec", Group: "source",
		Doc: "Runs a program and reads what it writes to standard output: JSON lines unless `format` says otherwise. An exit code other than 0 fails the run, also after all was read. " +
			"When nobody wants more, it is killed with all that it started.",
		Maker: flow.Makes(func(o *sourceOptions, env *flow.Env) (flow.Source, error) { return &reader{o, env}, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {exec: [seq, \"3\"]}\nsteps:\n  - map: it * it\n", Output: "1\n4\n9\n",
		}, {
			Pipeline: "source: {exec: {command: [printf, \"name,n\\\\nAda,1\\\\n\"], format: csv}}\n", Output: "{\"name\":\"Ada\",\"n\":\"1\"}\n",
		}},
	}
}

type reader struct {
	opt *sourceOptions
	env *flow.Env
}

func (r *reader) Read(ctx context.Context, emit flow.Emit) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cmd, err := r.opt.start(ctx, &flow.Scope{}, r.env.Dir)
	if err != nil {
		return err
	}
	stderr := &tail{}
	cmd.Stderr = stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return &flow.Fault{Type: "exec.start", Err: err}
	}
	opt := r.opt.ReadOptions
	if opt.Format == "" {
		opt.Format = "jsonl"
	}
	if err := codec.Items("the output of "+cmd.Args[0], &output{ctx, out}, &opt, r.env, emit); err != nil {
		cancel(err)
		_ = cmd.Wait() // it was killed
		return err
	}
	exit, err := ended(ctx, cmd, cmd.Wait(), stderr)
	if err == nil && exit != 0 {
		err = failed(cmd, exit, false, stderr)
	}
	return err
}

// output is what a program writes. It does not end where the program was killed, which is no end of the last item.
type output struct {
	ctx context.Context
	io.Reader
}

func (o *output) Read(p []byte) (int, error) {
	n, err := o.Reader.Read(p)
	if err != nil && o.ctx.Err() != nil {
		err = context.Cause(o.ctx)
	}
	return n, err
}
