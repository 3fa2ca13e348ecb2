package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/internal/cli/redact"
)

func (a *app) graphCommand() *cobra.Command {
	format := "ascii"
	cmd := &cobra.Command{
		Use:               "graph FILE",
		Short:             "Draw a pipeline",
		Example:           "  flowrun graph pipeline.yaml\n  flowrun graph --format dot pipeline.yaml | dot -Tsvg > pipeline.svg",
		Args:              pipelines(1, 1),
		ValidArgsFunction: pipelineFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			plan, files, list := dsl.LoadFile(args[0], dsl.Settings{Registry: a.reg, Env: os.LookupEnv, Unbound: true})
			if len(list) > 0 {
				a.diagnostics(list, files)
			}
			if plan == nil {
				a.code = exitUsage
				return nil
			}
			var text string
			switch format {
			case "mermaid":
				text = mermaid(plan)
			case "dot":
				text = dot(plan)
			default:
				text = drawing(plan)
			}
			out := redact.New(a.stdout)
			out.Hide(plan.Secrets...)
			if _, err := fmt.Fprint(out, text); err != nil {
				return err
			}
			return out.Flush()
		},
	}
	choose(cmd, &format, "format", "how to draw it", "ascii", "mermaid", "dot")
	return cmd
}

// title says what a node is, in one line.
func title(n *graph.Node) string {
	s := n.ID
	if n.Component.Name != n.ID {
		s += " (" + n.Component.Name + ")"
	}
	if n.Label != "" {
		s += ": " + n.Label
	}
	if c := n.Concurrency; c.Max > 1 {
		s += fmt.Sprintf(" × %d", c.Max)
	}
	return s
}

// edgeLabel names an output that is not the main one.
func edgeLabel(in graph.Input) string {
	if in.Output == "error" {
		return "failed"
	}
	return in.Output
}

func mermaid(p *graph.Plan) string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	quote := strings.NewReplacer(`"`, "#quot;", "<", "&lt;", ">", "&gt;")
	names := map[*graph.Node]string{}
	for i, n := range p.Nodes {
		names[n] = fmt.Sprintf("n%d", i)
		open, end := `["`, `"]`
		if n.Component.Kind().Place() != "step" {
			open, end = `(["`, `"])`
		}
		fmt.Fprintf(&b, "  %s%s%s%s\n", names[n], open, quote.Replace(title(n)), end)
	}
	for _, n := range p.Nodes {
		for _, in := range n.In {
			arrow := "-->"
			if label := edgeLabel(in); label != "" {
				arrow = "-. " + label + " .->"
			}
			fmt.Fprintf(&b, "  %s %s %s\n", names[in.From], arrow, names[n])
		}
	}
	return b.String()
}

func dot(p *graph.Plan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %q {\n  node [shape=box, fontname=\"sans-serif\"];\n", p.Name)
	for _, n := range p.Nodes {
		shape := ""
		if n.Component.Kind().Place() != "step" {
			shape = ", style=rounded"
		}
		fmt.Fprintf(&b, "  %q [label=%q%s];\n", n.ID, title(n), shape)
	}
	for _, n := range p.Nodes {
		for _, in := range n.In {
			style := ""
			if label := edgeLabel(in); label != "" {
				style = fmt.Sprintf(" [label=%q, style=dashed]", label)
			}
			fmt.Fprintf(&b, "  %q -> %q%s;\n", in.From.ID, n.ID, style)
		}
	}
	b.WriteString("}\n")
	return b.String()
}

// drawing draws the nodes below one another in the order of the flow, with the edges as lines in columns at the left: an
// edge runs in a column of its own from the node that gives to the one that takes.
func drawing(p *graph.Plan) string {
	order := topological(p)
	type lane struct {
		from, to *graph.Node
		label    string
	}
	var lanes []*lane // nil: free
	var b strings.Builder
	row := func(mark func(i int, l *lane) string, text string) {
		var line strings.Builder
		for i, l := range lanes {
			line.WriteString(mark(i, l))
		}
		b.WriteString(strings.TrimRight(line.String()+text, " ") + "\n")
	}
	through := func(_ int, l *lane) string {
		if l == nil {
			return "  "
		}
		return "│ "
	}
	for _, n := range order {
		at := -1
		for i, l := range lanes {
			if l != nil && l.to == n {
				if at < 0 {
					at = i
				}
			}
		}
		if at < 0 { // a source: the first free column
			for i, l := range lanes {
				if l == nil {
					at = i
					break
				}
			}
			if at < 0 {
				lanes = append(lanes, nil)
				at = len(lanes) - 1
			}
		}
		joined := false
		for i, l := range lanes {
			joined = joined || i > at && l != nil && l.to == n
		}
		if joined { // the lines from the right come in above the node
			row(func(i int, l *lane) string {
				last := 0
				for k, x := range lanes {
					if x != nil && x.to == n {
						last = k
					}
				}
				switch {
				case i == at:
					return "├─"
				case i > at && i < last && l != nil && l.to == n:
					return "┴─"
				case i > at && i < last && l != nil:
					return "┼─"
				case i > at && i < last:
					return "──"
				case i == last:
					return "╯ "
				}
				return through(i, l)
			}, "")
		}
		var labels []string
		for i, l := range lanes {
			if l != nil && l.to == n {
				if l.label != "" {
					labels = append(labels, l.label+" of "+l.from.ID)
				}
				lanes[i] = nil
			}
		}
		text := title(n)
		if labels != nil {
			text += "  ← " + strings.Join(labels, ", ")
		}
		row(func(i int, l *lane) string {
			if i == at {
				return "● "
			}
			return through(i, l)
		}, text)
		var outs []*lane
		for _, m := range order {
			for _, in := range m.In {
				if in.From == n {
					outs = append(outs, &lane{n, m, edgeLabel(in)})
				}
			}
		}
		var cols []int
		for k, o := range outs {
			col := at
			if k > 0 {
				col = len(lanes)
				for i := at + 1; i < len(lanes); i++ {
					if lanes[i] == nil {
						col = i
						break
					}
				}
				if col == len(lanes) {
					lanes = append(lanes, nil)
				}
			}
			lanes[col] = o
			cols = append(cols, col)
		}
		if len(cols) > 1 { // the line parts below the node
			last := cols[len(cols)-1]
			row(func(i int, l *lane) string {
				mine := false
				for _, c := range cols {
					mine = mine || c == i
				}
				switch {
				case i == at:
					return "├─"
				case i == last:
					return "╮ "
				case i > at && i < last && mine:
					return "┬─"
				case i > at && i < last && l != nil:
					return "┼─"
				case i > at && i < last:
					return "──"
				}
				return through(i, l)
			}, "")
		} else if len(cols) == 1 {
			row(through, "")
		}
		for len(lanes) > 0 && lanes[len(lanes)-1] == nil {
			lanes = lanes[:len(lanes)-1]
		}
	}
	return b.String()
}

// topological gives the nodes with every node after those that it reads, else in the file's order.
func topological(p *graph.Plan) []*graph.Node {
	var out []*graph.Node
	seen := map[*graph.Node]bool{}
	var visit func(n *graph.Node)
	visit = func(n *graph.Node) {
		if seen[n] {
			return
		}
		seen[n] = true
		for _, in := range n.In {
			visit(in.From)
		}
		out = append(out, n)
	}
	for _, n := range p.Nodes {
		visit(n)
	}
	return out
}
