package plan

import (
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// Layout is a plan as it is arranged for running.
type Layout struct {
	Plan    *graph.Plan
	Stages  []*Stage
	Line    []*graph.Node           // of steps within a step that only compute: they run by call, and there are no stages
	Inner   map[*graph.Node]*Layout // of the steps that have steps of their own
	Workers int                     // how many goroutines may work on the items of one stage at once
	Idle    map[*graph.Node]int     // how many connections to one host the components keep that they do not use
	Faults  []Fault                 // the components that cannot be made, for which a run would not start
}

// Fault is why a component cannot be made.
type Fault struct {
	Node *graph.Node
	Err  error
}

// Unbounded is a number without a bound.
const Unbounded = int(^uint(0) >> 1)

// Width gives how many items of a call run at once, and how many may be under way: running, waiting for another attempt,
// or finished and not handed on.
func Width(n *graph.Node) (most, window int) {
	most, window = n.Concurrency.Max, n.Concurrency.Window
	switch {
	case n.Component.Traits.Serial:
		return 1, 1
	case n.Concurrency == (graph.Concurrency{}):
		most = 1
	case most == 0:
		most = Unbounded
	}
	if window == 0 {
		window = most
	}
	return most, window
}

// Blocks gives how many blocks of a stage with several workers are under way at once: read, and not handed on.
func (s *Stage) Blocks() int { return 2 * s.Workers }

// Goroutines gives how many goroutines a stage has as long as it runs, and how many more it may have at once for items
// under way; those of steps within are not counted.
func (s *Stage) Goroutines() (standing, passing int) {
	switch {
	case s.Kind == Entry || s.Kind == Exit:
		return 0, 0
	case s.Kind == Call:
		_, window := Width(s.Head)
		return 2, window
	case s.Workers > 1:
		return 2, s.Blocks()
	}
	return 1, 0
}

// Computes gives the steps within a step in the order of the flow, if they only compute, each on what the one before
// gives: they can run by call, without goroutines.
func Computes(p *graph.Plan, facts Facts, opt Options) ([]*graph.Node, bool) {
	var line []*graph.Node
	for i, n := range p.Nodes[1:] {
		if len(n.In) != 1 || n.In[0].Output != "" || n.In[0].From != p.Nodes[i] {
			return nil, false
		}
		switch {
		case n.Component == graph.Exit || bound(n) != nil && !lossy(n):
		case opt.Unfused, n.Component.Kind() != flow.KindOp, lossy(n), facts.Hosts(n), facts.Timed(n):
			return nil, false
		default:
			line = append(line, n)
		}
	}
	return line, true
}
