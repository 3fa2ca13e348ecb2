package cli

import (
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/lint"
	"github.com/flowrun/flowrun/internal/gen"
)

func (a *app) checkCommand() *cobra.Command {
	format := "text"
	var set []string
	var params, explain string
	var strict bool
	cmd := &cobra.Command{
		Use:   "check FILE…",
		Short: "Say everything that is wrong with pipeline files",
		Long: "Check pipeline files as a run would, without running them. Params may lack values.\n" +
			"A warning is of what is allowed and probably not meant; --explain says more of it.",
		Example: `  flowrun check pipelines/*.yaml
  flowrun check --format github pipelines/*.yaml
  flowrun check --explain R02`,
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("explain") {
				return cobra.NoArgs(cmd, args)
			}
			return pipelines(1, math.MaxInt)(cmd, args)
		},
		ValidArgsFunction: pipelineFiles,
		RunE: func(_ *cobra.Command, names []string) error {
			if explain != "" {
				return a.explain(explain)
			}
			var list diag.List
			var files []*diag.File
			var fragments int
			for _, name := range names {
				plan, f, l := dsl.LoadFile(name, dsl.Settings{Registry: a.reg, Set: set, ParamsFile: params, Env: os.LookupEnv, Unbound: true})
				list, files = append(list, l...), append(files, f...)
				if plan != nil && plan.Fragment {
					fragments++
				}
			}
			if list.HasErrors() || strict && len(list) > 0 {
				a.code = exitUsage
			}
			switch format {
			case "json":
				return diag.JSON(a.stdout, list)
			case "sarif":
				return diag.SARIF(a.stdout, list)
			case "github":
				diag.GitHub(a.stdout, list)
			default:
				a.diagnostics(list, files)
				if len(list) == 0 {
					fmt.Fprintf(a.stderr, "%s fine%s\n", are(len(names)), alone(fragments, len(names)))
				}
			}
			return nil
		},
	}
	choose(cmd, &format, "format", "how to say it", "text", "json", "sarif", "github")
	cmd.Flags().StringArrayVar(&set, "set", nil, "give a param a value: `NAME=VALUE`")
	cmd.Flags().StringVar(&params, "params", "", "a YAML or JSON `FILE` of values of params")
	cmd.Flags().BoolVar(&strict, "strict", false, "refuse warnings, too")
	cmd.Flags().StringVar(&explain, "explain", "", "say what a `RULE` such as R02 is about, or list them: all")
	return cmd
}

// explain says what a rule is about.
func (a *app) explain(id string) error {
	if id == "all" {
		for _, r := range lint.Rules() {
			fmt.Fprintf(a.stdout, "%s  %-7s  %s\n", r.ID, r.Severity, r.Title)
		}
		return nil
	}
	r := lint.Named(strings.ToUpper(id))
	if r == nil {
		return usage("there is no rule %s: `flowrun check --explain all` lists them", id)
	}
	gen.Rule(a.stdout, r)
	return nil
}

// alone says how many of the files are steps for others, which run by themselves nowhere.
func alone(fragments, all int) string {
	switch {
	case fragments == 0:
		return ""
	case all == 1:
		return ", and holds steps for `use`"
	case fragments == 1:
		return "; one holds steps for `use`"
	}
	return fmt.Sprintf("; %d hold steps for `use`", fragments)
}

func are(n int) string {
	if n == 1 {
		return "1 file is"
	}
	return fmt.Sprintf("%d files are", n)
}
