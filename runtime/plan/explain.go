package plan

import (
	"fmt"
	"slices"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// Explain says what there is to say of a layout.
func (l *Layout) Explain() *Explanation {
	e := l.explain(nil)
	e.Pipeline = l.Plan.Name
	e.Shared = l.shared()
	e.Memory = l.memory()
	e.Pace = l.pace()
	e.Slow = l.slow()
	for _, f := range l.Faults {
		e.Faults = append(e.Faults, f.Err.Error())
	}
	return e
}

// explain explains the stages, around which the given steps stand.
func (l *Layout) explain(around []*graph.Node) *Explanation {
	e := &Explanation{Workers: l.Workers, Stages: []StageFacts{}, Channels: []Channel{}}
	if len(l.Line) > 0 { // by call, in the goroutine of whatever they stand in
		e.Stages = append(e.Stages, StageFacts{Name: l.Line[0].ID, Kind: "compute", Order: "input", Steps: l.steps(l.Line, around)})
		return e
	}
	for _, s := range l.Stages {
		if s.Kind != Entry && s.Kind != Exit {
			f := l.stage(s, around)
			e.Stages = append(e.Stages, f)
			e.Goroutines = e.Goroutines.plus(f.Goroutines)
		}
		for _, in := range s.In {
			e.Channels = append(e.Channels, channel(in))
		}
	}
	return e
}

func (l *Layout) stage(s *Stage, around []*graph.Node) StageFacts {
	nodes := s.Nodes()
	f := StageFacts{Name: s.Name(), Kind: s.kind(), Apart: s.Apart, Single: s.Single, Singly: s.Singly, Holds: s.Holds()}
	if s.Workers > 1 {
		f.Workers, f.Blocks = s.Workers, s.Blocks()
	}
	if s.Sink != nil {
		f.Encodes, nodes = s.Sink.ID, append(nodes, s.Sink)
	}
	f.Steps = l.steps(nodes, around)
	for _, k := range s.Kept {
		f.Steps[slices.Index(nodes, k.By)].Shards = k.Shards
	}
	f.Order, f.WhyOrder = s.order()
	standing, passing := s.Goroutines()
	f.Goroutines = Bound(standing).plus(Bound(passing))
	for i, n := range nodes {
		if inner := f.Steps[i].Inner; inner != nil {
			f.Goroutines = f.Goroutines.plus(inner.Goroutines.times(atOnce(n)))
		}
	}
	return f
}

// atOnce gives how many instances there are at most of the steps within a step.
func atOnce(n *graph.Node) Bound {
	how, _ := n.Nest()
	switch {
	case how.Mode == flow.Each:
		_, window := Width(n)
		return Bound(window)
	case how.Mode == flow.Concat:
		return 1
	case how.Mode == flow.Latest:
		return 2 // one may be ending
	case how.Max > 0:
		return Bound(how.Max)
	}
	return Bound(Unbounded)
}

func (l *Layout) steps(nodes, around []*graph.Node) (out []StepFacts) {
	for _, n := range nodes {
		f := StepFacts{
			ID: n.ID, Component: n.Component.Name, Place: n.Component.Kind().Place(), Line: n.Pos.Line, Options: n.Label,
			Takes: known(n.Takes), Gives: known(n.All()), Reads: n.Reads, Weight: n.Weight, Failed: l.failed(n), Calls: l.calls(n, around),
		}
		if n.File != l.Plan.File {
			f.File = n.File
		}
		if f.Place == "source" {
			f.Used = l.used(n)
		}
		if inner := l.Inner[n]; inner != nil {
			f.Inner = inner.explain(append(slices.Clone(around), n))
		}
		out = append(out, f)
	}
	return out
}

// known gives a type, "" where nothing is known.
func known(t flow.Type) string {
	if t.IsAny() {
		return ""
	}
	return t.String()
}

// failed says what becomes of an item that fails.
func (l *Layout) failed(n *graph.Node) string {
	within := ""
	switch t := n.OnError.Tolerance; {
	case t.Errors > 0:
		within = fmt.Sprintf(", up to %d", t.Errors)
	case t.Ratio > 0:
		within = fmt.Sprintf(", up to %g of all", t.Ratio)
	}
	switch n.OnError.Action {
	case "skip":
		return "skipped" + within
	case "to":
		var to []string
		for _, m := range l.Plan.Nodes {
			if slices.ContainsFunc(m.In, func(in graph.Input) bool { return in.From == n && in.Output == "error" }) {
				to = append(to, "`"+m.ID+"`")
			}
		}
		return "sent to " + join(to) + within
	case "value":
		return "replaced" + within
	case "emit":
		return "replaced by an error item" + within
	}
	return "ends the run"
}

func channel(e *Edge) Channel {
	c := Channel{From: e.Giver.ID, Output: e.Output, To: e.To.Name(), Capacity: e.Capacity, Why: e.Why, Type: known(e.Items())}
	for _, n := range e.Buffers {
		c.Buffers = append(c.Buffers, n.ID)
	}
	if e.Giver.Component == graph.Entry {
		c.From = ""
	}
	if e.To.Kind == Exit {
		c.To = ""
	}
	return c
}

// Items gives the type of the items on the edge.
func (e *Edge) Items() flow.Type { return graph.Input{From: e.Giver, Output: e.Output}.Items() }

// shared gives the policies with names, and who uses them.
func (l *Layout) shared() (out []Shared) {
	users := func(uses func(n *graph.Node) bool) (ids []string) {
		l.Plan.Walk(func(n *graph.Node) {
			if uses(n) {
				ids = append(ids, n.ID)
			}
		})
		return ids
	}
	for _, x := range l.Plan.Limits {
		out = append(out, Shared{"limit", x.Name, limitText(x.Policy), x.File, x.Pos.Line, users(func(n *graph.Node) bool { return usesLimit(n, x.Policy) })})
	}
	for _, x := range l.Plan.Breakers {
		out = append(out, Shared{"breaker", x.Name, breakerText(x.Policy), x.File, x.Pos.Line, users(func(n *graph.Node) bool { return n.Rules.Breaker == x.Policy })})
	}
	for _, x := range l.Plan.Budgets {
		out = append(out, Shared{"budget", x.Name, budgetText(x.Policy), x.File, x.Pos.Line, users(func(n *graph.Node) bool { return n.Rules.Retry != nil && n.Rules.Retry.Budget == x.Policy })})
	}
	return out
}
