// Package cli is the command line.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/cli/redact"
)

// Exit codes that are the command line's own; those of a run are in its report.
const (
	exitOK       = 0
	exitFailed   = 1
	exitUsage    = 2
	exitInternal = 70
)

// app is one invocation.
type app struct {
	reg    *flow.Registry
	stdin  io.Reader
	stdout io.Writer
	stderr *redact.Writer
	code   int
}

// Main runs the command line and gives the exit code.
func Main(reg *flow.Registry, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer roomy()()
	a := &app{reg: reg, stdin: stdin, stdout: stdout, stderr: redact.New(stderr)}
	defer func() { _ = a.stderr.Flush() }() // nobody is left to tell
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(a.stderr, "flowrun: internal error: %v\nplease report it, with the pipeline; FLOWRUN_DEBUG=1 shows where it happened\n", p)
			if os.Getenv("FLOWRUN_DEBUG") != "" {
				panic(p)
			}
			code = exitInternal
		}
	}()
	root := a.root()
	root.SetArgs(bare(root, args))
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(a.stderr)
	if err := root.Execute(); err != nil {
		var u usageError
		fmt.Fprintf(a.stderr, "flowrun: %v\n", err)
		if errors.As(err, &u) || strings.HasPrefix(err.Error(), "unknown") || strings.Contains(err.Error(), "flag") || strings.Contains(err.Error(), "arg(s)") {
			fmt.Fprintln(a.stderr, "`flowrun --help` shows how to use it")
			return exitUsage
		}
		return exitFailed
	}
	return a.code
}

// usageError is a mistake on the command line.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// bare makes `flowrun FILE` and `flowrun -e …` mean `flowrun run …`: where no argument before `--` is a command.
func bare(root *cobra.Command, args []string) []string {
	if len(args) == 0 {
		return args
	}
	commands := map[string]bool{"help": true, "__complete": true, "__completeNoDesc": true}
	for _, c := range root.Commands() {
		commands[c.Name()] = true
	}
	if commands[args[0]] || args[0] == "-h" || args[0] == "--help" || args[0] == "--version" {
		return args
	}
	return append([]string{"run"}, args...)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "flowrun PIPELINE",
		Short: "Run declarative pipelines",
		Long: `flowrun runs pipelines that are written down in YAML: where items come from, what is done to them,
how many at a time, and where they go.`,
		Example: `  flowrun pipeline.yaml                       run a pipeline
  flowrun pipeline.yaml --set year=2024       … with a param
  flowrun -e 'filter: it.x > 1' in.jsonl      a pipeline on the command line
  flowrun check pipeline.yaml                 everything that is wrong with it, at once
  flowrun docs sort                           what a component does`,
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(a.runCommand(), a.checkCommand(), a.graphCommand(), a.docsCommand(), a.schemaCommand(), a.versionCommand())
	root.InitDefaultCompletionCmd()
	return root
}

// color reports whether a stream is a terminal that may be coloured.
func color(w io.Writer) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(w)
}

func isTerminal(w io.Writer) bool {
	if r, ok := w.(*redact.Writer); ok {
		w = r.Unwrap()
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// diagnostics prints what is wrong with files.
func (a *app) diagnostics(list diag.List, files []*diag.File) {
	diag.Text(a.stderr, list, files, color(a.stderr))
	_ = a.stderr.Flush() // nobody is left to tell
}
