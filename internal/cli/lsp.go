package cli

import (
	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/internal/lsp"
)

func (a *app) lspCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "lsp",
		Short: "Serve an editor: the Language Server Protocol over standard input and output",
		Long: `Serve an editor by the Language Server Protocol over standard input and output: what is wrong as it is typed, what
stands under the cursor, what may stand there, where names come from. docs/editors.md says how to set it up.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) (err error) {
			a.code, err = lsp.Serve(a.reg, a.stdin, a.stdout)
			return err
		},
	}
}
