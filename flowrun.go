// Package flowrun is the library's face: it loads pipeline files, runs them, and makes command lines of one's own
// components.
package flowrun

//go:generate go run ./internal/gen/write

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/cli"
	"github.com/flowrun/flowrun/operators"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/metrics"
)

// Pipeline is a checked pipeline file. It is immutable, and may run several times, also at once.
type Pipeline struct{ plan *graph.Plan }

// Report says what became of every item of a run.
type Report = metrics.Report

// Options are what a pipeline is loaded and run with; the zero value is what the command line does without flags.
type Options struct {
	Params     map[string]string // values of params, as --set gives them
	Components []*flow.Component // beside those that flowrun has; one of the same name takes its place
	Stdin      io.Reader         // nil: empty
	Stdout     io.Writer         // nil: nowhere
	Log        func(string)      // lines that steps such as tap show; nil: nowhere
	Dial       flow.Dial         // makes the connections of steps that reach out; nil: the system's network
	Seed       uint64            // of what is random, such as the delays between attempts; 0 is another one each time
}

// Registry gives flowrun's components together with others.
func Registry(components ...*flow.Component) *flow.Registry {
	return flow.NewRegistry(append(operators.All(), components...)...)
}

// Load reads and checks a pipeline file. The error lists everything that is wrong, each with its place.
func Load(path string, opt Options) (*Pipeline, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, src, opt)
}

// Parse checks a pipeline that is in memory; name stands for the file in messages, and relative paths start in its
// directory.
func Parse(name string, src []byte, opt Options) (*Pipeline, error) {
	var set []string
	for k, v := range opt.Params {
		set = append(set, k+"="+v)
	}
	plan, files, list := dsl.Load(name, src, dsl.Settings{Registry: Registry(opt.Components...), Set: set, Env: os.LookupEnv})
	if plan == nil {
		var text bytes.Buffer
		diag.Text(&text, list, files, false)
		return nil, errors.New(text.String())
	}
	return &Pipeline{plan}, nil
}

// Run runs the pipeline to its end. When ctx ends, everything is cancelled at once. The error is that which ended the
// run; the report is there in any case.
func (p *Pipeline) Run(ctx context.Context, opt Options) (Report, error) {
	r, err := runtime.Start(ctx, p.plan, runtime.Options{Stdin: opt.Stdin, Stdout: opt.Stdout, Log: opt.Log, Dial: opt.Dial, Seed: opt.Seed})
	if err != nil {
		return Report{Pipeline: p.plan.Name, Outcome: metrics.Failed, ExitCode: runtime.ExitCode(err), Error: err.Error()}, err
	}
	return r.Wait(), r.Err()
}

// Main is the command line of flowrun with components of one's own. It does not return.
func Main(components ...*flow.Component) {
	os.Exit(cli.Main(Registry(components...), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
