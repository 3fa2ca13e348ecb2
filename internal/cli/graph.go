package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/cli/draw"
	"github.com/flowrun/flowrun/internal/cli/redact"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/plan"
)

func (a *app) graphCommand() *cobra.Command {
	format, physical, types, cores := "ascii", false, false, 0
	cmd := &cobra.Command{
		Use:               "graph FILE",
		Short:             "Draw a pipeline",
		Example:           "  flowrun graph pipeline.yaml\n  flowrun graph --physical --format svg pipeline.yaml > pipeline.svg\n  flowrun graph --format dot pipeline.yaml | dot -Tpdf > pipeline.pdf",
		Args:              pipelines(1, 1),
		ValidArgsFunction: pipelineFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			p, files, list := dsl.LoadFile(args[0], dsl.Settings{Registry: a.reg, Env: os.LookupEnv, Unbound: true})
			if len(list) > 0 {
				a.diagnostics(list, files)
			}
			if p == nil {
				a.code = exitUsage
				return nil
			}
			if cores < 0 {
				return usage("--cores is a number from 1 on")
			}
			d := logical(p, types)
			if physical {
				d = stages(runtime.Arrange(p, runtime.Options{Plan: plan.Options{Workers: cores}}).Explain(), types)
			}
			out := redact.New(a.stdout)
			out.Hide(p.Secrets...)
			if _, err := fmt.Fprint(out, d.In(format)); err != nil {
				return err
			}
			return out.Flush()
		},
	}
	choose(cmd, &format, "format", "how to draw it", draw.Formats...)
	cmd.Flags().BoolVar(&physical, "physical", false, "draw what a run is made of: stages with the steps that share them, and channels with their bounds")
	cmd.Flags().BoolVar(&types, "types", false, "write the type of the items on each arrow")
	cmd.Flags().IntVar(&cores, "cores", 0, "with --physical, as on a machine of so many `CORES`; those of this one unless given")
	return cmd
}

// logical draws who reads whom.
func logical(p *graph.Plan, types bool) *draw.Drawing {
	d := &draw.Drawing{Name: p.Name}
	at := map[*graph.Node]int{}
	order := topological(p)
	for i, n := range order {
		at[n] = i
		text := title(n.ID, n.Component.Name, n.Label)
		if c := n.Concurrency; c.Max > 1 {
			text += fmt.Sprintf(" × %d", c.Max)
		}
		group := "" // the step that uses the file which this one is of
		if n.Used != nil {
			group = n.ID[:strings.LastIndexByte(n.ID, '/')]
		}
		d.Boxes = append(d.Boxes, draw.Box{Name: n.ID, Group: group, Lines: []string{text}, Round: n.Component.Kind().Place() != "step"})
	}
	for _, n := range p.Nodes {
		for _, in := range n.In {
			a := draw.Arrow{From: at[in.From], To: at[n], Label: output(in.Output)}
			if types {
				a.Note = typeNote(in.Items())
			}
			d.Arrows = append(d.Arrows, a)
		}
	}
	return d
}

// title says what a step is, in one line.
func title(id, component, options string) string {
	s := id
	if component != id {
		s += " (" + component + ")"
	}
	if options != "" {
		s += ": " + options
	}
	return s
}

// output names an output that is not the main one.
func output(name string) string {
	if name == "error" {
		return "failed"
	}
	return name
}

// typeNote is a type on an arrow.
func typeNote(t flow.Type) string { return draw.Cut(t.String(), 48) }

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

// stages draws what a run is made of. Steps that share a stage share a box.
func stages(e *plan.Explanation, types bool) *draw.Drawing {
	d := &draw.Drawing{Name: e.Pipeline}
	at, gives := map[string]int{}, map[string]int{} // a stage by its name, and by its steps
	for i, s := range e.Stages {
		at[s.Name] = i
		box := draw.Box{Name: s.Name, Round: s.Kind == "source" || s.Kind == "sink"}
		for _, step := range s.Steps {
			gives[step.ID] = i
			box.Lines = append(box.Lines, draw.Cut(title(step.ID, step.Component, step.Options), 60))
			if step.Inner != nil {
				for _, inner := range step.Inner.Stages {
					box.Lines = append(box.Lines, "  within: "+stepNames(inner))
				}
			}
		}
		if text := manner(s); text != "" {
			box.Lines = append(box.Lines, text)
		}
		d.Boxes = append(d.Boxes, box)
	}
	for _, c := range e.Channels {
		_, giver := gives[c.From]
		if _, taker := at[c.To]; !giver || !taker { // of a file of steps: what stands around it is no stage
			continue
		}
		a := draw.Arrow{From: gives[c.From], To: at[c.To], Of: c.From, Label: output(c.Output), Note: plural(c.Capacity, "item", "items")}
		if c.Capacity == 0 {
			a.Note = "none waits"
		}
		if types && c.Type != "" {
			a.Note += ", " + draw.Cut(c.Type, 48)
		}
		d.Arrows = append(d.Arrows, a)
	}
	return d
}

// manner says how many work in a stage at once; "" where it is one.
func manner(s plan.StageFacts) string {
	switch {
	case s.Kind == "call" && s.Steps[0].Calls.Window != 1:
		return callText(s.Steps[0].Calls)
	case s.Workers > 1:
		return fmt.Sprintf("%d goroutines", s.Workers)
	}
	return ""
}
