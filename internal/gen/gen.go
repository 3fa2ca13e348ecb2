// Package gen writes what is generated from the components: the schema, and the reference.
package gen

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/dsl/expr"
	"github.com/flowrun/flowrun/flow"
)

// Files gives every generated file by its path.
func Files(reg *flow.Registry) map[string][]byte {
	return map[string][]byte{"schema.json": dsl.Schema(reg), "docs/reference.md": reference(reg)}
}

// summary gives the first sentence.
func summary(doc string) string {
	if i := strings.Index(doc, ". "); i >= 0 {
		return doc[:i+1]
	}
	return doc
}

// group is the components that the reference lists together.
type group struct {
	name       string
	components []*flow.Component
}

// groups gives the groups in the order of their first components.
func groups(reg *flow.Registry) []group {
	var all []group
	for _, c := range reg.All() {
		i := slices.IndexFunc(all, func(g group) bool { return g.name == c.Group })
		if i < 0 {
			i, all = len(all), append(all, group{name: c.Group})
		}
		all[i].components = append(all[i].components, c)
	}
	return all
}

// Index lists the components by group, and the parts of a file, for the terminal.
func Index(w io.Writer, reg *flow.Registry) {
	width := 0
	for _, c := range reg.All() {
		width = max(width, len(c.Name))
	}
	for _, p := range dsl.Topics() {
		width = max(width, len(p.Name))
	}
	for _, g := range groups(reg) {
		fmt.Fprintf(w, "%s\n", strings.ToUpper(g.name))
		for _, c := range g.components {
			fmt.Fprintf(w, "  %-*s  %s\n", width, c.Name, summary(c.Doc))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, "KEYS OF A FILE")
	for _, p := range dsl.Topics() {
		fmt.Fprintf(w, "  %-*s  %s\n", width, p.Name, summary(p.Doc))
	}
	fmt.Fprintln(w, "\n`flowrun docs NAME` shows options and examples.")
}

// Topic describes a part of a file, for the terminal or in Markdown.
func Topic(w io.Writer, p dsl.Topic, markdown bool) {
	if markdown {
		topicPage(w, p, "#")
		return
	}
	fmt.Fprintf(w, "%s\n\n%s\n\nKeys\n", p.Name, wrap(p.Doc, 0))
	terminalOptions(w, p.Options, "  ")
}

// File describes what a file is given, for the terminal or in Markdown.
func File(w io.Writer, name string, u *dsl.Uses, markdown bool) {
	var options []config.Option
	for _, p := range u.Params {
		options = append(options, p.Option)
	}
	doc := strings.TrimSpace(u.Description)
	switch {
	case markdown:
		fmt.Fprintf(w, "# %s\n\n%s\n", name, doc)
		if options != nil {
			fmt.Fprint(w, "\n| param | type | |\n|---|---|---|\n")
			tableRows(w, options, "")
		}
	default:
		fmt.Fprintf(w, "%s\n\n%s\n", name, wrap(doc, 0))
		if options != nil {
			fmt.Fprintln(w, "\nParams")
			terminalOptions(w, options, "  ")
		}
	}
}

// Component describes one component, for the terminal or in Markdown.
func Component(w io.Writer, c *flow.Component, markdown bool) {
	if markdown {
		page(w, c, "#")
		return
	}
	fmt.Fprintf(w, "%s (%s)\n\n%s\n", c.Name, c.Kind().Place(), wrap(c.Doc, 0))
	if options := config.Options(c.Maker.Options()); len(options) > 0 {
		fmt.Fprintln(w, "\nOptions")
		terminalOptions(w, options, "  ")
	}
	for _, e := range c.Examples {
		fmt.Fprintln(w)
		if e.Doc != "" {
			fmt.Fprintln(w, wrap(e.Doc, 0))
		}
		fmt.Fprint(w, indent(e.Pipeline, "    "))
		if e.Output != "" {
			fmt.Fprint(w, "  gives\n", indent(e.Output, "    "))
		}
	}
}

func terminalOptions(w io.Writer, options []config.Option, lead string) {
	for _, o := range options {
		fmt.Fprintf(w, "%s%s: %s%s\n", lead, o.Name, o.Type, marks(o))
		fmt.Fprintln(w, wrap(o.Doc, len(lead)+4))
		terminalOptions(w, o.Fields, lead+"    ")
	}
}

// marks says what is special about an option.
func marks(o config.Option) string {
	var out []string
	if o.Required {
		out = append(out, "required")
	}
	if o.Default != "" {
		out = append(out, "default "+o.Default)
	}
	if o.Short {
		out = append(out, "may stand alone")
	}
	if len(o.Scope) > 0 {
		out = append(out, "sees "+strings.Join(o.Scope, ", "))
	}
	if out == nil {
		return ""
	}
	return " (" + strings.Join(out, "; ") + ")"
}

func wrap(text string, by int) string {
	lead := strings.Repeat(" ", by)
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case column == 0:
			b.WriteString(lead)
			column = by
		case column+1+n > 100:
			b.WriteString("\n" + lead)
			column = by
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

func indent(text, lead string) string {
	return lead + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+lead) + "\n"
}

// reference is the whole reference in Markdown.
func reference(reg *flow.Registry) []byte {
	var b strings.Builder
	b.WriteString("# Reference\n\nEvery component with its options, then the keys of a file beside them. `flowrun docs NAME` shows the same in the terminal. This file is generated.\n")
	for _, g := range groups(reg) {
		fmt.Fprintf(&b, "\n## %s\n", strings.ToUpper(g.name[:1])+g.name[1:])
		for _, c := range g.components {
			b.WriteByte('\n')
			page(&b, c, "###")
		}
	}
	b.WriteString("\n## Keys of a file\n")
	for _, p := range dsl.Topics() {
		b.WriteByte('\n')
		topicPage(&b, p, "###")
	}
	rules(&b)
	b.WriteString("\n## Functions\n\nExpressions have these functions of their own:\n\n")
	for _, f := range expr.Functions() {
		fmt.Fprintf(&b, "- `%s`: %s\n", f.Signature, f.Doc)
	}
	b.WriteString("\nAnd these [of expr-lang](https://expr-lang.org/docs/language-definition). A body is an expression in which `#` is the element: `filter(it.list, # > 1)`, `map(it.list, .name)`.\n\n")
	for _, f := range expr.Builtins() {
		fmt.Fprintf(&b, "- `%s`: %s\n", f.Signature, f.Doc)
	}
	return []byte(b.String())
}

func page(w io.Writer, c *flow.Component, heading string) {
	fmt.Fprintf(w, "%s %s (%s)\n\n%s\n", heading, c.Name, c.Kind().Place(), c.Doc)
	if options := config.Options(c.Maker.Options()); len(options) > 0 {
		fmt.Fprint(w, "\n| option | type | |\n|---|---|---|\n")
		tableRows(w, options, "")
	}
	for _, e := range c.Examples {
		if e.Doc != "" {
			fmt.Fprintf(w, "\n%s\n", e.Doc)
		}
		fmt.Fprintf(w, "\n```yaml\n%s```\n", e.Pipeline)
		if e.Output != "" {
			fmt.Fprintf(w, "\n```json\n%s```\n", e.Output)
		}
	}
}

func topicPage(w io.Writer, p dsl.Topic, heading string) {
	fmt.Fprintf(w, "%s %s\n\n%s\n\n| key | type | |\n|---|---|---|\n", heading, p.Name, p.Doc)
	tableRows(w, p.Options, "")
}

func tableRows(w io.Writer, options []config.Option, lead string) {
	cell := strings.NewReplacer("|", "\\|", "\n", " ")
	for _, o := range options {
		fmt.Fprintf(w, "| `%s%s` | %s%s | %s |\n", lead, o.Name, cell.Replace(o.Type), cell.Replace(marks(o)), cell.Replace(o.Doc))
		tableRows(w, o.Fields, lead+o.Name+".")
	}
}
