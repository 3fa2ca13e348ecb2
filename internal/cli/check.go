package cli

import (
	"fmt"
	"math"
	"os"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/diag"
)

func (a *app) checkCommand() *cobra.Command {
	format := "text"
	var set []string
	var params string
	cmd := &cobra.Command{
		Use:   "check FILE…",
		Short: "Say everything that is wrong with pipeline files",
		Long:  "Check pipeline files as a run would, without running them. Params may lack values.",
		Example: `  flowrun check pipelines/*.yaml
  flowrun check --format github pipelines/*.yaml`,
		Args:              pipelines(1, math.MaxInt),
		ValidArgsFunction: pipelineFiles,
		RunE: func(_ *cobra.Command, names []string) error {
			var list diag.List
			var files []*diag.File
			for _, name := range names {
				_, f, l := dsl.LoadFile(name, dsl.Settings{Registry: a.reg, Set: set, ParamsFile: params, Env: os.LookupEnv, Unbound: true})
				list, files = append(list, l...), append(files, f...)
			}
			if list.HasErrors() {
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
					fmt.Fprintf(a.stderr, "%s fine\n", are(len(names)))
				}
			}
			return nil
		},
	}
	choose(cmd, &format, "format", "how to say it", "text", "json", "sarif", "github")
	cmd.Flags().StringArrayVar(&set, "set", nil, "give a param a value: `NAME=VALUE`")
	cmd.Flags().StringVar(&params, "params", "", "a YAML or JSON `FILE` of values of params")
	return cmd
}

func are(n int) string {
	if n == 1 {
		return "1 file is"
	}
	return fmt.Sprintf("%d files are", n)
}
