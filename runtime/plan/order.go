package plan

import (
	"slices"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

func (s *Stage) kind() string {
	return map[Kind]string{Source: "source", Chain: "compute", Call: "call", Join: "join", Buffer: "buffer", Sink: "sink", Nest: "steps"}[s.Kind]
}

// order gives the order of what a stage gives, and why.
func (s *Stage) order() (order, why string) {
	for _, n := range slices.Backward(s.Links) {
		if n.Component.Traits.Total {
			return "result", "what `" + n.ID + "` makes of all items"
		}
	}
	switch {
	case s.Kind == Call && s.Head.Component.Traits.Serial:
		return "input", "one item after another"
	case s.Kind == Call && s.Head.Concurrency.Order == graph.OrderCompletion:
		return "completion", "results as they finish"
	case s.Kind == Call && s.Head.Concurrency.Order == graph.OrderKey:
		return "key", "results as they finish, but in order within each `" + s.Head.Concurrency.Key.String() + "`"
	case s.Kind == Call:
		if most, _ := Width(s.Head); most == 1 {
			return "input", "one item after another"
		}
		return "input", "each result waits for those before it"
	case s.Kind == Join && s.Head.Component.Traits.Sequential:
		return "join", "one input after the other"
	case s.Kind == Join && s.Head.Component.PassesOn():
		return "mixed", "the inputs as they come, or as `" + s.Head.ID + "` says"
	case s.Kind == Join:
		return "join", "as `" + s.Head.ID + "` puts its inputs together"
	case s.Kind == Nest:
		return s.nestOrder()
	case len(s.In) > 1:
		return "mixed", "the inputs as they come"
	case s.Workers > 1:
		return "input", "blocks are handed on in the order in which they came"
	}
	return "input", ""
}

func (s *Stage) nestOrder() (order, why string) {
	how, _ := s.Head.Nest()
	switch how.Mode {
	case flow.Merge:
		return "mixed", "results of several items as they come"
	case flow.ByKey:
		return "key", "in order within each key"
	case flow.Latest:
		return "input", "an item's steps end when the next comes"
	}
	return "input", "the results of an item before those of the next"
}
