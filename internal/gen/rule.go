package gen

import (
	"fmt"
	"io"
	"strings"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/lint"
)

// Rule explains a rule of the linter, for the terminal.
func Rule(w io.Writer, r *lint.Rule) {
	fmt.Fprintf(w, "%s (%s): %s\n\n%s\n", r.ID, r.Severity, r.Title, wrap(r.Doc, 0))
	fmt.Fprint(w, "\nBad\n", indent(r.Bad, "    "))
	fmt.Fprint(w, "\nGood\n", indent(r.Good, "    "))
	fmt.Fprintf(w, "\nIt is ignored by a comment on the line, or above the step: # flowrun: ignore %s because …\n", r.ID)
}

// rules is the rules' part of the reference.
func rules(w io.Writer) {
	fmt.Fprint(w, "\n## Rules\n\nWhat `flowrun check`, a run and an editor say of a pipeline that is allowed and probably not meant. An error is refused; "+
		"a warning is printed, and the run goes on unless `--strict` is given. A comment `# flowrun: ignore R02 because …` on the line, "+
		"or above the step or the key that it is for, lets it pass; it must say why. `flowrun check --explain R02` shows a bad and a good example.\n\n")
	fmt.Fprint(w, "| rule | | |\n|---|---|---|\n")
	for _, r := range lint.Rules() {
		severity := "warning"
		if r.Severity == diag.Error {
			severity = "error"
		}
		fmt.Fprintf(w, "| %s | %s | **%s.** %s |\n", r.ID, severity, strings.ToUpper(r.Title[:1])+r.Title[1:], r.Doc)
	}
}
