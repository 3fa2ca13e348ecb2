package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/diag"
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
	f := &runFlags{}
	cmd := &cobra.Command{
		Use:   "run PIPELINE",
		Short: "Run a pipeline (the same as flowrun PIPELINE)",
		Long: `Run a pipeline file, or - for one on standard input. Results go to standard output, everything else to
standard error. The first interrupt stops the sources and lets what is under way finish; the second stops
everything.

Exit codes: 0 ok, 1 failed, 2 the pipeline or the command line is wrong, 3 finished but items failed within
what is tolerated, 4 run timeout, 5 deadlock, 70 internal error, 130 or 143 stopped by a signal.`,
		Example: `  flowrun pipeline.yaml --set base=http://localhost:8080 --limit 10
  flowrun -e 'filter: it.age > 30' -e 'keep: [name]' people.jsonl
  cat people.csv | flowrun -e 'sort: it.name' --format csv`,
		RunE: func(_ *cobra.Command, args []string) error { return a.run(f, args) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVarP(&f.steps, "expr", "e", nil, "a `STEP` of a pipeline on the command line, as YAML; its arguments are files to read")
	flags.StringArrayVar(&f.set, "set", nil, "give a param a value: `name=value`")
	flags.StringVar(&f.params, "params", "", "a YAML or JSON `FILE` of values of params")
	flags.Int64Var(&f.limit, "limit", 0, "stop after so many items of the sources")
	flags.StringVar(&f.format, "format", "", "the format of standard output: jsonl, json, csv, tsv, lines")
	flags.BoolVar(&f.strict, "strict", false, "refuse a pipeline that has warnings")
	flags.StringVar(&f.progress, "progress", "auto", "what to show while it runs: auto, plain, json or none")
	flags.StringVar(&f.report, "report", "text", "what to show at the end: text, json or none")
	return cmd
}

func (a *app) run(f *runFlags, args []string) error {
	if err := oneOf("--progress", f.progress, "auto", "plain", "json", "none"); err != nil {
		return err
	}
	if err := oneOf("--report", f.report, "text", "json", "none"); err != nil {
		return err
	}
	if f.format != "" {
		if err := oneOf("--format", f.format, "jsonl", "json", "csv", "tsv", "lines", "bytes"); err != nil {
			return err
		}
	}
	plan, err := a.load(f, args)
	if plan == nil {
		return err
	}
	a.stderr.Hide(plan.Secrets...)
	if f.format != "" {
		if err := setFormat(plan, f.format); err != nil {
			return err
		}
	}
	r, err := runtime.Start(context.Background(), plan, runtime.Options{
		Stdin: a.stdin, Stdout: a.stdout, Limit: f.limit,
		Log: func(line string) { fmt.Fprintln(a.stderr, line) },
	})
	if err != nil {
		fmt.Fprintf(a.stderr, "flowrun: %v\n", err)
		a.code = runtime.ExitCode(err)
		return nil
	}
	stopped := a.signals(r, plan)
	shown := a.progress(f.progress, r)
	rep := r.Wait()
	shown()
	a.conclude(f.report, rep, r.Err())
	a.code = rep.ExitCode
	if s := stopped(); a.code == 130 && s != nil {
		a.code = 128 + int(s.(syscall.Signal))
	}
	return nil
}

func oneOf(flag, given string, allowed ...string) error {
	for _, x := range allowed {
		if x == given {
			return nil
		}
	}
	return usage("%s cannot be %q: it is one of %s", flag, given, strings.Join(allowed, ", "))
}

// load gives the plan of the arguments; nil where they are wrong, which has been said.
func (a *app) load(f *runFlags, args []string) (*graph.Plan, error) {
	settings := dsl.Settings{Registry: a.reg, Set: f.set, ParamsFile: f.params, Env: os.LookupEnv}
	name, src, err := a.source(f, args, &settings)
	if err != nil {
		return nil, err
	}
	plan, files, list := dsl.Load(name, src, settings)
	if len(list) > 0 {
		a.diagnostics(list, files)
	}
	if plan == nil || f.strict && len(list) > 0 {
		a.code = exitUsage
		return nil, nil
	}
	return plan, nil
}

// source gives the text of the pipeline: a file, standard input, or steps on the command line.
func (a *app) source(f *runFlags, args []string, s *dsl.Settings) (name string, src []byte, err error) {
	if len(f.steps) > 0 {
		s.Dir = "."
		src, err = inline(f.steps, args)
		return "-e", src, err
	}
	switch {
	case len(args) == 0:
		return "", nil, usage("which pipeline? give a file, or a step by -e")
	case len(args) > 1:
		return "", nil, usage("one pipeline at a time, and these are %d: %s", len(args), strings.Join(args, " "))
	case args[0] == "-":
		s.Dir = "."
		src, err = io.ReadAll(a.stdin)
		a.stdin = strings.NewReader("")
		return "<stdin>", src, err
	}
	src, err = os.ReadFile(args[0])
	if err != nil && os.IsNotExist(err) && !strings.ContainsAny(args[0], "./") {
		var names []string
		for _, c := range a.root().Commands() {
			names = append(names, c.Name())
		}
		help := ""
		if near := diag.Nearest(args[0], names); near != "" {
			help = fmt.Sprintf("; did you mean `flowrun %s`?", near)
		}
		return "", nil, usage("%s is no file and no command%s", args[0], help)
	}
	if err != nil {
		return "", nil, usage("the pipeline cannot be read: %v", err)
	}
	return args[0], src, nil
}

// inline makes a pipeline file of the steps and the input files of the command line.
func inline(steps, files []string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("steps:\n")
	for _, step := range steps {
		lines := strings.Split(strings.TrimRight(step, "\n"), "\n")
		fmt.Fprintf(&b, "  - %s\n", strings.Join(lines, "\n    "))
	}
	if len(files) == 0 {
		b.WriteString("source: {stdin: {}}\n")
		return b.Bytes(), nil
	}
	list, err := yaml.Marshal(map[string]any{"source": map[string]any{"file": map[string]any{"path": files}}})
	b.Write(list)
	return b.Bytes(), err
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

// signals drains the run on the first signal, stops it on the second and exits on the third. The function it gives ends
// the watch and says which signal came first.
func (a *app) signals(r *runtime.Run, plan *graph.Plan) func() os.Signal {
	ch := make(chan os.Signal, 3)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	signal.Ignore(syscall.SIGPIPE)
	first := make(chan os.Signal, 1)
	ended := make(chan struct{})
	go func() { // ends with the run
		for n := 1; ; n++ {
			select {
			case s := <-ch:
				switch n {
				case 1:
					first <- s
					fmt.Fprintf(a.stderr, "flowrun: stopping: what is under way may finish, for up to %v; again to stop at once\n", plan.Drain)
					r.Drain()
				case 2:
					r.Stop()
				default:
					os.Exit(128 + int(s.(syscall.Signal)))
				}
			case <-ended:
				return
			}
		}
	}()
	return func() os.Signal {
		signal.Stop(ch)
		close(ended)
		select {
		case s := <-first:
			return s
		default:
			return nil
		}
	}
}

// conclude prints why a run failed, and its report.
func (a *app) conclude(form string, rep metrics.Report, err error) {
	if form == "json" {
		enc := json.NewEncoder(a.stderr)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(rep) // what cannot be written to standard error cannot be told
		return
	}
	if err != nil {
		fmt.Fprintf(a.stderr, "flowrun: %v\n", err)
		var p *runtime.PanicError
		if asPanic(err, &p) {
			fmt.Fprintln(a.stderr, "this is a fault of the component, not of the pipeline: please report it; FLOWRUN_DEBUG=1 shows where it happened")
			if os.Getenv("FLOWRUN_DEBUG") != "" {
				fmt.Fprintf(a.stderr, "%s\n", p.Stack)
			}
		}
	}
	if form == "text" {
		writeReport(a.stderr, rep)
	}
}
