package exec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/operators/codec"
)

type stepOptions struct {
	command
	Stdin       flow.Expr `flow:"stdin" doc:"What the program reads: text and bytes as they are, anything else as stdin_format writes it, of a list item by item. Unless given, nothing."`
	StdinFormat string    `flow:"stdin_format" default:"jsonl" enum:"jsonl,json,csv,tsv,lines" doc:"How stdin is written where it is no text."`
	As          string    `flow:"as" default:"text" enum:"text,bytes,json,jsonl,csv,tsv,lines" doc:"How standard output is read: text without the line end that closes it, bytes, a JSON value, or a list of items."`
	Expect      []int     `flow:"expect" default:"[0]" doc:"The exit codes that are no failure."`
	Transient   []int     `flow:"transient" doc:"The exit codes after which another attempt may go better, of a step with retry. Unless given, all but 126 and 127, which say that the program cannot be run."`
	MaxBytes    flow.Size `flow:"max_bytes" default:"10MiB" doc:"The size of standard output past which the program is killed."`
}

func (o *stepOptions) Check(report func(option, message, help string)) {
	o.check(report)
	if o.MaxBytes < 1 {
		report("max_bytes", "output has some size", "write a size such as 10MiB")
	}
}

func step() *flow.Component {
	return &flow.Component{
		Name: "exec", Group: "call", Traits: flow.Traits{One: true, Attempt: 30 * time.Second},
		Doc: "Runs a program for each item, and gives `{exit, stdout, stderr, item}`. Any exit code but 0 is a failure (`exec.exit`), whose message has the last lines of standard error. " +
			"When its time is over, or the run is stopped, it is killed with all that it started.",
		Gives: flow.Gives(func(o *stepOptions, t *flow.Typing) flow.Type {
			text := flow.Only(value.String)
			stdout := map[string]flow.Type{"text": text, "bytes": flow.Only(value.Bytes), "lines": flow.ListOf(text), "jsonl": flow.ListOf(flow.Any), "csv": flow.ListOf(flow.Only(value.Object)), "tsv": flow.ListOf(flow.Only(value.Object))}[o.As]
			return flow.ObjectOf(true, flow.FieldOf("exit", flow.Only(value.Int)), flow.FieldOf("stdout", stdout), flow.FieldOf("stderr", text), flow.FieldOf("item", t.It()))
		}),
		Maker: flow.Makes(func(o *stepOptions, env *flow.Env) (flow.Call, error) { return &runner{o, env}, nil }),
		Examples: []flow.Example{
			{
				Pipeline: "source: {items: [{text: \"one two\"}, {text: three}]}\nsteps:\n  - exec: {command: [tr, a-z, A-Z], stdin: it.text}\n  - map: it.stdout\n",
				Output:   "\"ONE TWO\"\n\"THREE\"\n",
			},
			{
				Doc:      "By a shell, with the item as an argument; each line of the output is an item.",
				Pipeline: "source: {items: [3]}\nsteps:\n  - exec:\n      command: [\"seq $1 | sort -r\", \"${it}\"]\n      shell: true\n      as: jsonl\n  - flat_map: it.stdout\n",
				Output:   "3\n2\n1\n",
			},
		},
	}
}

type runner struct {
	opt *stepOptions
	env *flow.Env
}

var resultShape = value.NewShape([]string{"exit", "stdout", "stderr", "item"})

func (r *runner) Call(ctx context.Context, it flow.Item) ([]flow.Item, error) {
	scope := &flow.Scope{It: it.Value, Meta: it.Meta}
	cmd, err := r.opt.start(ctx, scope, r.env.Dir)
	if err != nil {
		return nil, err
	}
	if cmd.Stdin, err = r.stdin(scope); err != nil {
		return nil, err
	}
	out, stderr := &bounded{limit: int(r.opt.MaxBytes), cmd: cmd}, &tail{}
	cmd.Stdout, cmd.Stderr = out, stderr
	err = cmd.Run()
	if out.over {
		return nil, &flow.Fault{Type: "exec.too_large", Err: fmt.Errorf("the output of %s is larger than max_bytes, %s", cmd.Args[0], r.opt.MaxBytes)}
	}
	exit, err := ended(ctx, cmd, err, stderr)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(r.opt.Expect, exit) {
		transient := exit != 126 && exit != 127
		if r.opt.Transient != nil {
			transient = slices.Contains(r.opt.Transient, exit)
		}
		return nil, failed(cmd, exit, transient, stderr)
	}
	stdout, err := r.stdout(cmd, out.buf)
	if err != nil {
		return nil, err
	}
	return []flow.Item{it.With(value.OfShape(resultShape, []value.Value{value.OfInt(int64(exit)), stdout, value.OfString(stderr.text()), it.Value}))}, nil
}

// stdin gives what the program reads; nil is nothing.
func (r *runner) stdin(s *flow.Scope) (io.Reader, error) {
	if r.opt.Stdin == nil {
		return nil, nil
	}
	v, err := r.opt.Stdin.Eval(s)
	if err != nil {
		return nil, err
	}
	switch v.Kind() {
	case value.String, value.Bytes:
		return bytes.NewReader([]byte(v.Text())), nil
	}
	items := []value.Value{v}
	if v.Kind() == value.List {
		items = v.List()
	}
	w := codec.NewWriter(codec.Encoding{Format: r.opt.StdinFormat, Header: value.OfBool(true)})
	for _, x := range items {
		if err := w.Append(flow.Item{Value: x}); err != nil {
			return nil, err
		}
	}
	w.End()
	return bytes.NewReader(w.Buf), nil
}

// stdout reads what the program wrote.
func (r *runner) stdout(cmd *exec.Cmd, out []byte) (value.Value, error) {
	switch r.opt.As {
	case "bytes":
		return value.OfBytes(out), nil
	case "text":
		text := strings.TrimSuffix(strings.TrimSuffix(string(out), "\n"), "\r")
		if !utf8.ValidString(text) {
			text = strings.ToValidUTF8(text, "\uFFFD")
		}
		return value.OfString(text), nil
	case "json":
		v, err := value.DecodeJSON(bytes.TrimSpace(out))
		if err != nil {
			err = flow.Typed("decode", fmt.Errorf("the output of %s is no JSON: %w", cmd.Args[0], err))
		}
		return v, err
	}
	var list []value.Value
	opt := &codec.ReadOptions{Encoding: codec.Encoding{Format: r.opt.As, Header: value.OfBool(true)}, MaxItem: r.opt.MaxBytes}
	err := codec.Items("the output of "+cmd.Args[0], bytes.NewReader(out), opt, &flow.Env{}, func(x flow.Item) error {
		list = append(list, x.Value)
		return nil
	})
	if d := (*codec.DecodeError)(nil); errors.As(err, &d) {
		err = flow.Typed("decode", err)
	}
	return value.OfList(list), err
}

// bounded keeps the output, up to a limit past which the program is killed.
type bounded struct {
	buf   []byte
	limit int
	over  bool
	cmd   *exec.Cmd
}

func (b *bounded) Write(p []byte) (int, error) {
	if len(b.buf)+len(p) > b.limit {
		b.over = true
		_ = killGroup(b.cmd) // it may have ended
		return 0, errors.New("the output is too large")
	}
	b.buf = append(b.buf, p...)
	return len(p), nil
}
