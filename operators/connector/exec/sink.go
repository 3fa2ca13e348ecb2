package exec

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"syscall"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/operators/codec"
)

type sinkOptions struct {
	command
	codec.WriteOptions
}

func (o *sinkOptions) Check(report func(option, message, help string)) {
	o.check(report)
	o.CheckEncoding(report)
}

func sink() *flow.Component {
	return &flow.Component{
		Name: "exec", Group: "sink",
		Doc: "Runs one program, which reads all items on standard input: JSON lines unless `format` says otherwise. What it writes to standard output goes to flowrun's. " +
			"The run ends well when it exits with 0; where the run fails, it is killed.",
		Maker: flow.Makes(func(o *sinkOptions, env *flow.Env) (flow.Sink, error) { return newWriter(o, env) }),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [b, c, a]}\nsink: {exec: {command: [sort], format: lines}}\n", Output: "a\nb\nc\n",
		}},
	}
}

type writer struct {
	opt    *sinkOptions
	env    *flow.Env
	w      *codec.Writer
	cmd    *exec.Cmd
	ctx    context.Context // of the program
	stop   context.CancelCauseFunc
	in     io.WriteCloser
	z      codec.Compressor
	stderr tail
	waited bool
}

func newWriter(o *sinkOptions, env *flow.Env) (*writer, error) {
	e := o.Encoding
	if e.Format == "" {
		e.Format = "jsonl"
	}
	return &writer{opt: o, env: env, w: codec.NewWriter(e)}, nil
}

// Open starts the program.
func (w *writer) Open(ctx context.Context) (err error) {
	w.ctx, w.stop = context.WithCancelCause(ctx)
	if w.cmd, err = w.opt.start(w.ctx, &flow.Scope{}, w.env.Dir); err != nil {
		return err
	}
	w.cmd.Stdout, w.cmd.Stderr = w.env.Stdout, &w.stderr
	if w.in, err = w.cmd.StdinPipe(); err != nil {
		return err
	}
	if w.z, err = codec.Compress(w.in, w.opt.Compression); err != nil {
		return err
	}
	if err := w.cmd.Start(); err != nil {
		w.cmd = nil
		return &flow.Fault{Type: "exec.start", Err: err}
	}
	return nil
}

const writeAt = 64 << 10 // bytes that are written at once

func (w *writer) Write(ctx context.Context, items []flow.Item) error {
	failed := map[int]error{}
	for i, it := range items {
		if err := w.w.Append(it); err != nil {
			failed[i] = err
		}
		if len(w.w.Buf) >= writeAt {
			if err := w.write(); err != nil {
				return err
			}
		}
	}
	if len(failed) > 0 {
		return &flow.BatchError{Failed: failed}
	}
	return nil
}

// write hands on what was made. A program that has read enough and ended well ends the run well.
func (w *writer) write() error {
	_, err := w.z.Write(w.w.Buf)
	w.w.Buf = w.w.Buf[:0]
	if err == nil || !errors.Is(err, syscall.EPIPE) {
		return err
	}
	if err := w.wait(); err != nil {
		return err
	}
	return flow.Done
}

// Flush hands on everything that Write holds.
func (w *writer) Flush(context.Context) error {
	if len(w.w.Buf) == 0 {
		return nil
	}
	if err := w.write(); err != nil {
		return err
	}
	return w.z.Flush()
}

// wait waits for the program's end; its failure is the sink's.
func (w *writer) wait() error {
	w.waited = true
	exit, err := ended(w.ctx, w.cmd, w.cmd.Wait(), &w.stderr)
	if err == nil && exit != 0 {
		err = failed(w.cmd, exit, false, &w.stderr)
	}
	return err
}

func (w *writer) Close(ctx context.Context, commit bool) error {
	if w.cmd == nil || w.waited {
		return nil
	}
	defer w.stop(nil)
	if !commit {
		w.stop(errors.New("the run has failed"))
		_ = w.cmd.Wait() // it was killed
		return nil
	}
	defer context.AfterFunc(ctx, func() { w.stop(context.Cause(ctx)) })()
	w.w.End()
	err := w.write()
	if err == nil {
		err = errors.Join(w.z.Close(), w.in.Close())
	}
	if w.waited {
		return err
	}
	return errors.Join(err, w.wait())
}
