package draw

import (
	"fmt"
	"strings"
)

// Mermaid gives the drawing in the language of Mermaid.
func (d *Drawing) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	quote := strings.NewReplacer(`"`, "#quot;", "<", "&lt;", ">", "&gt;")
	for i, box := range d.Boxes {
		open, end := `["`, `"]`
		if box.Round {
			open, end = `(["`, `"])`
		}
		var lines []string
		for _, line := range box.Lines {
			lines = append(lines, quote.Replace(line))
		}
		fmt.Fprintf(&b, "  n%d%s%s%s\n", i, open, strings.Join(lines, "<br/>"), end)
	}
	for _, a := range d.Arrows {
		arrow := "-->"
		switch {
		case a.Label != "" && a.Note == "":
			arrow = "-. " + a.Label + " .->"
		case a.Label != "":
			arrow = `-.->|"` + quote.Replace(a.text()) + `"|`
		case a.Note != "":
			arrow = `-->|"` + quote.Replace(a.text()) + `"|`
		}
		fmt.Fprintf(&b, "  n%d %s n%d\n", a.From, arrow, a.To)
	}
	return b.String()
}

// Dot gives the drawing in the language of Graphviz.
func (d *Drawing) Dot() string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %s {\n  node [shape=box, fontname=\"sans-serif\"];\n", dotText(d.Name))
	for _, box := range d.Boxes {
		shape := ""
		if box.Round {
			shape = ", style=rounded"
		}
		fmt.Fprintf(&b, "  %s [label=%s%s];\n", dotText(box.Name), dotText(strings.Join(box.Lines, "\n")), shape)
	}
	for _, a := range d.Arrows {
		var attributes []string
		if text := a.text(); text != "" {
			attributes = append(attributes, "label="+dotText(text))
		}
		if a.Label != "" {
			attributes = append(attributes, "style=dashed")
		}
		style := ""
		if attributes != nil {
			style = " [" + strings.Join(attributes, ", ") + "]"
		}
		fmt.Fprintf(&b, "  %s -> %s%s;\n", dotText(d.Boxes[a.From].Name), dotText(d.Boxes[a.To].Name), style)
	}
	b.WriteString("}\n")
	return b.String()
}

// dotText quotes text: within quotes a backslash begins an escape, and all else is itself.
func dotText(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}
