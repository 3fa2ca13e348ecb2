package cli

import (
	"context"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/metrics"
)

// runFlags are the flags of `flowrun run`.
type runFlags struct {
	set      []string
	params   string
	steps    []string
	limit    int64
	format   string
	strict   bool
	progress string
	report   string
}

func (a *app) runCommand() *cobra.Command {
	f := &runFlags{progress: "auto", report: "text"}
	cmd := &cobra.Command{
		Use:   "run PIPELINE",
		Short: "Run a pipeline (the same as flowrun PIPELINE)",
		Long: `flowrun runs pipelines that are written down in YAML: where items come from, what is done to them, how many
at a time, and where they go. It checks the whole file first. Results go to standard output, everything else
to standard error. The first interrupt stops the sources and lets what is under way finish; the second stops
everything.

Exit codes: 0 ok, 1 failed, 2 the pipeline or the command line is wrong, 3 finished but items failed within what
is tolerated, 4 run timeout, 5 deadlock, 70 internal error, 130 or 143 stopped by a signal.`,
		Example: `  flowrun pipeline.yaml                       run a pipeline
  flowrun pipeline.yaml --set year=2024       … with a param
  flowrun - < pipeline.yaml                   … that comes down standard input
  flowrun -e 'filter: it.x > 1' -e 'keep: [x, y]' in.jsonl
                                              a pipeline on the command line, of two steps
  seq 9 | flowrun -e 'fold: {init: 0, next: acc + it}'
                                              … which reads standard input without a file
  flowrun check pipeline.yaml                 everything that is wrong with it, at once
  flowrun docs                                every component; flowrun docs sort: one of them`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: pipelineFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args)+len(f.steps) == 0 && !cmd.HasParent() {
				return cmd.Help()
			}
			return a.run(f, args)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVarP(&f.steps, "expr", "e", nil, "a `STEP` of a pipeline on the command line")
	flags.StringArrayVar(&f.set, "set", nil, "give a param a value: `NAME=VALUE`")
	flags.StringVar(&f.params, "params", "", "a YAML or JSON `FILE` of values of params")
	flags.Int64Var(&f.limit, "limit", 0, "end after `N` items of the sources")
	choose(cmd, &f.format, "format", "the format of standard output", "jsonl", "json", "csv", "tsv", "lines", "bytes")
	flags.BoolVar(&f.strict, "strict", false, "refuse a pipeline that has warnings")
	choose(cmd, &f.progress, "progress", "what to show while it runs", "auto", "plain", "json", "none")
	choose(cmd, &f.report, "report", "what to show at the end", "text", "json", "none")
	return cmd
}

// pipelineFiles completes an argument that is a pipeline.
func pipelineFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}

func (a *app) run(f *runFlags, args []string) error {
	if f.limit < 0 {
		return usage("--limit cannot be %d: it is a number of items, and 0 is no limit", f.limit)
	}
	plan, err := a.load(f, args)
	if plan == nil {
		return err
	}
	if f.format != "" {
		if err := setFormat(plan, f.format); err != nil {
			return err
		}
	}
	show, signals := newScreen(a), newSignals()
	r, err := runtime.Start(context.Background(), plan, runtime.Options{
		Stdin: a.stdin, Stdout: show.results(a.stdout), Limit: f.limit, Log: show.log,
	})
	if err != nil {
		rep := metrics.Report{Pipeline: plan.Name, Outcome: metrics.Failed, Error: err.Error(), ExitCode: exitFailed, Steps: []metrics.Step{}}
		a.conclude(f.report, rep, nil, plan, err)
		a.code = rep.ExitCode
		return nil
	}
	signals.stop(r, plan.Drain, show)
	shown := show.progress(f.progress, r)
	rep := r.Wait()
	seen := shown()
	a.conclude(f.report, rep, seen, plan, r.Err())
	a.code = rep.ExitCode
	if s := signals.end(); a.code == 130 && s != nil {
		a.code = 128 + int(s.(syscall.Signal))
	}
	return nil
}

// setFormat overrides the format of the sink that writes standard output.
func setFormat(plan *graph.Plan, format string) error {
	found := false
	for _, n := range plan.Sinks() {
		if o, ok := n.Options.(interface{ SetFormat(string) }); ok {
			o.SetFormat(format)
			found = true
		}
	}
	if !found {
		return usage("--format is for standard output, and the pipeline does not write it")
	}
	return nil
}
