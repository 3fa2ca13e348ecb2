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
	groups := 0
	d.within("", "  ", func(i int, indent string) {
		box := d.Boxes[i]
		open, end := `["`, `"]`
		if box.Round {
			open, end = `(["`, `"])`
		}
		var lines []string
		for _, line := range box.Lines {
			lines = append(lines, quote.Replace(line))
		}
		fmt.Fprintf(&b, "%sn%d%s%s%s\n", indent, i, open, strings.Join(lines, "<br/>"), end)
	}, func(group, indent string) {
		fmt.Fprintf(&b, "%ssubgraph g%d[\"%s\"]\n", indent, groups, quote.Replace(group))
		groups++
	}, func(indent string) { b.WriteString(indent + "end\n") })
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
	groups := 0
	d.within("", "  ", func(i int, indent string) {
		box, shape := d.Boxes[i], ""
		if box.Round {
			shape = ", style=rounded"
		}
		fmt.Fprintf(&b, "%s%s [label=%s%s];\n", indent, dotText(box.Name), dotText(strings.Join(box.Lines, "\n")), shape)
	}, func(group, indent string) {
		fmt.Fprintf(&b, "%ssubgraph cluster_%d {\n%s  label=%s;\n", indent, groups, indent, dotText(group))
		groups++
	}, func(indent string) { b.WriteString(indent + "}\n") })
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

// within writes the boxes of a group, and in the place of the first of another group within it, that whole group.
func (d *Drawing) within(group, indent string, box func(i int, indent string), open func(group, indent string), end func(indent string)) {
	seen := map[string]bool{}
	for i, b := range d.Boxes {
		rest, ok := b.Group, true
		if group != "" && b.Group != group {
			rest, ok = strings.CutPrefix(b.Group, group+"/")
		} else if group != "" {
			rest = ""
		}
		next, _, _ := strings.Cut(rest, "/")
		switch {
		case !ok:
		case next == "":
			box(i, indent)
		case !seen[next]:
			seen[next] = true
			inner := strings.TrimPrefix(group+"/"+next, "/")
			open(inner, indent)
			d.within(inner, indent+"  ", box, open, end)
			end(indent)
		}
	}
}

// dotText quotes text: within quotes a backslash begins an escape, and all else is itself.
func dotText(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}
