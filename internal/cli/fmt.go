package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/internal/format"
)

func (a *app) fmtCommand() *cobra.Command {
	var check, showDiff bool
	cmd := &cobra.Command{
		Use:   "fmt FILE…",
		Short: "Lay pipeline files out evenly, comments kept",
		Long: `Rewrite pipeline files in their canonical form. Order, quoting and comments stay; white space changes.
- reads standard input and writes standard output.`,
		Example: `  flowrun fmt pipelines/*.yaml
  flowrun fmt --check pipelines/*.yaml    name the files that would change, and exit with 1
  flowrun fmt --diff pipeline.yaml        show what would change`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, names []string) error {
			for _, name := range names {
				if err := a.fmt(name, check, showDiff); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "change nothing: name the files that would change, and exit with 1 if there are any")
	cmd.Flags().BoolVar(&showDiff, "diff", false, "change nothing: show what would change")
	return cmd
}

// fmt lays one file out, or says how it would change.
func (a *app) fmt(name string, check, showDiff bool) error {
	var src []byte
	var err error
	if name == "-" {
		src, err = io.ReadAll(a.stdin)
	} else {
		src, err = os.ReadFile(name)
	}
	if err != nil {
		return err
	}
	text, err := format.Source(src)
	if err != nil {
		_, file, list := diag.Parse(name, src)
		a.diagnostics(list, []*diag.File{file})
		a.code = exitUsage
		return nil
	}
	same := bytes.Equal(src, text)
	switch {
	case check || showDiff:
		if same {
			return nil
		}
		if check {
			a.code = max(a.code, exitFailed)
			fmt.Fprintln(a.stdout, name)
		}
		if showDiff {
			_, err = a.stdout.Write(diff.Diff(name, src, name+" (formatted)", text))
		}
		return err
	case name == "-":
		_, err = a.stdout.Write(text)
		return err
	case same:
		return nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	return replaceFile(name, text, info.Mode().Perm())
}

// replaceFile puts a text in the place of a file, which is whole at every instant.
func replaceFile(name string, text []byte, mode os.FileMode) error {
	partial := name + ".partial"
	if err := os.WriteFile(partial, text, mode); err != nil {
		return err
	}
	return os.Rename(partial, name)
}
