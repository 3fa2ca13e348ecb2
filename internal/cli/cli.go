// Package cli is the command line.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/cli/redact"
)

// Exit codes that are the command line's own; those of a run are in its report.
const (
	exitFailed   = 1
	exitUsage    = 2
	exitInternal = 70
)

// app is one invocation.
type app struct {
	reg     *flow.Registry
	stdin   io.Reader
	stdout  io.Writer
	stderr  *redact.Writer
	running bool // the command line was understood, and its command has begun
	code    int
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
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(a.stderr)
	if err := root.Execute(); err != nil {
		fmt.Fprintf(a.stderr, "flowrun: %v\n", err)
		if errors.As(err, new(usageError)) || !a.running {
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

// root is the command without a name, which runs a pipeline.
func (a *app) root() *cobra.Command {
	root := a.runCommand()
	root.Use = "flowrun PIPELINE"
	root.Short = "Run declarative pipelines"
	root.Version = version()
	root.SetVersionTemplate("flowrun {{.Version}}\n")
	root.SilenceErrors, root.SilenceUsage = true, true
	root.PersistentPreRun = func(*cobra.Command, []string) { a.running = true }
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(a.runCommand(), a.checkCommand(), a.fmtCommand(), a.newCommand(), a.lspCommand(), a.graphCommand(), a.explainCommand(), a.docsCommand(), a.schemaCommand(), a.versionCommand())
	root.InitDefaultCompletionCmd()
	return root
}

// pipelines are the arguments of a command that wants so many pipeline files.
func pipelines(least, most int) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usage("which pipeline? give a file")
		case len(args) > most:
			return usage("one pipeline at a time, and these are %d", len(args))
		}
		return nil
	}
}

// flagError adds to an unknown flag the one that was meant.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := diag.Nearest(unknown.GetSpecifiedName(), names); near != "" {
		return fmt.Errorf("%w: did you mean `--%s`?", err, near)
	}
	return err
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
