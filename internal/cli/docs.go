package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/internal/gen"
)

func (a *app) docsCommand() *cobra.Command {
	var markdown bool
	cmd := &cobra.Command{
		Use:     "docs [NAME | FILE]",
		Short:   "Describe a component, a key of a file, or what a file is given; or list them all",
		Example: "  flowrun docs\n  flowrun docs sort\n  flowrun docs retry\n  flowrun docs file --markdown\n  flowrun docs lib/steps.yaml",
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return a.topics(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				gen.Index(a.stdout, a.reg)
				return nil
			}
			if ext := filepath.Ext(args[0]); ext == ".yaml" || ext == ".yml" {
				return a.describe(args[0], markdown)
			}
			found := false
			for _, c := range a.reg.All() {
				if c.Name == args[0] || slices.Contains(c.Also, args[0]) {
					if found {
						fmt.Fprintln(a.stdout)
					}
					gen.Component(a.stdout, c, markdown)
					found = true
				}
			}
			for _, p := range dsl.Topics() {
				if p.Name == args[0] {
					if found {
						fmt.Fprintln(a.stdout)
					}
					gen.Topic(a.stdout, p, markdown)
					found = true
				}
			}
			if !found {
				help := "`flowrun docs` lists them"
				if near := diag.Nearest(args[0], a.topics()); near != "" {
					help = fmt.Sprintf("did you mean `%s`?", near)
				}
				return usage("there is no component or key `%s`: %s", args[0], help)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print Markdown")
	return cmd
}

// describe says what a pipeline, or a file of steps, is for and given.
func (a *app) describe(name string, markdown bool) error {
	src, err := os.ReadFile(name)
	if err != nil {
		return usage("the file %s cannot be read: %v", name, reason(err))
	}
	in := dsl.Inspect(name, src, dsl.Settings{Registry: a.reg, Unbound: true})
	if in.Root == nil {
		a.diagnostics(in.Diags, []*diag.File{in.File})
		a.code = exitUsage
		return nil
	}
	gen.File(a.stdout, name, in.Own, markdown)
	return nil
}

// topics gives what `flowrun docs` describes.
func (a *app) topics() []string {
	out := a.names()
	for _, p := range dsl.Topics() {
		out = append(out, p.Name)
	}
	return out
}

// names gives the names of the components.
func (a *app) names() []string {
	var out []string
	seen := map[string]bool{}
	for _, c := range a.reg.All() {
		if !seen[c.Name] {
			seen[c.Name] = true
			out = append(out, c.Name)
		}
	}
	return out
}

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON schema of pipeline files",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.stdout.Write(dsl.Schema(a.reg))
			return err
		},
	}
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.stdout, "flowrun", version())
			return err
		},
	}
}

// version gives the module's version, the commit where it is known, and that of Go.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(devel)"
	}
	v := info.Main.Version
	if v == "" {
		v = "(devel)"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v += " " + s.Value
		}
	}
	return v + " " + info.GoVersion
}
