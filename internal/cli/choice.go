package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/dsl/diag"
)

// choice is a flag that has some values only. Its type, as help shows it, lists them.
type choice struct {
	value *string
	among []string
}

func (c choice) String() string { return *c.value }
func (c choice) Type() string   { return strings.Join(c.among, "|") }

func (c choice) Set(s string) error {
	if !slices.Contains(c.among, s) {
		if near := diag.Nearest(s, c.among); near != "" {
			return errors.New("did you mean `" + near + "`?")
		}
		return errors.New("it is one of " + strings.Join(c.among, ", "))
	}
	*c.value = s
	return nil
}

// choose adds a flag that has some values only; without the flag, value stays as it is.
func choose(cmd *cobra.Command, value *string, name, doc string, among ...string) {
	cmd.Flags().Var(choice{value, among}, name, doc)
	err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(among, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag was added above
	}
}
