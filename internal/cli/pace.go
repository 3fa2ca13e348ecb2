package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/runtime/metrics"
)

// pace is what was seen of a run, look by look, so that it can be said at the end which step the others waited for.
type pace struct {
	looks int
	steps []seenStep // as in the report
}

type seenStep struct {
	full, waiting int   // looks at which its queue was full, and at which something stood in it
	running       int64 // calls running, over all looks
}

// full reports whether a step's queue has room for no more than one item in ten.
func full(s metrics.Step) bool { return s.Capacity > 0 && s.Queued > 0 && s.Queued*10 >= s.Capacity*9 }

func (p *pace) add(rep metrics.Report) {
	if p.steps == nil {
		p.steps = make([]seenStep, len(rep.Steps))
	}
	p.looks++
	for i, s := range rep.Steps {
		if full(s) {
			p.steps[i].full++
		}
		if s.Queued*10 > s.Capacity {
			p.steps[i].waiting++
		}
		p.steps[i].running += s.Running
	}
}

// sentence says which step set the pace: the last whose queue was full most of the time; or the source, where nothing
// ever waited for a step. Where neither can be said, or the run was too short to tell, it is "".
func (p *pace) sentence(rep metrics.Report, plan *graph.Plan) string {
	if p.looks < 10 {
		return ""
	}
	idle, queues := true, 0
	for i := len(rep.Steps) - 1; i >= 0; i-- {
		s, seen := rep.Steps[i], p.steps[i]
		if share := 100 * seen.full / p.looks; share >= 50 {
			return fmt.Sprintf("%s set the pace: its queue was full %d%% of the time%s", stage(s, rep, plan), share, p.calls(i, s, plan))
		}
		if s.Capacity > 0 {
			queues++
			idle = idle && 10*seen.waiting <= p.looks
		}
	}
	if sources := plan.Sources(); idle && queues > 0 && len(sources) == 1 {
		return fmt.Sprintf("the source %s set the pace: the steps waited for it", sources[0].ID)
	}
	return ""
}

// calls says how many calls of a step ran, and what to do where that was the bound.
func (p *pace) calls(i int, s metrics.Step, plan *graph.Plan) string {
	if s.PeakRunning == 0 {
		return ""
	}
	mean := float64(p.steps[i].running) / float64(p.looks)
	n := plan.Nodes[slices.IndexFunc(plan.Nodes, func(n *graph.Node) bool { return n.ID == s.ID })]
	most := n.Concurrency.Max
	if n.Concurrency == (graph.Concurrency{}) {
		most = 1
	}
	switch {
	case most == 0:
		return fmt.Sprintf(", with %.1f calls running", mean)
	case mean < 0.8*float64(most) || n.Component.Traits.Serial:
		return fmt.Sprintf(", with %.1f of %d calls running", mean, most)
	}
	return fmt.Sprintf(", with %.1f of %d calls running; raise its `concurrency` if what it calls can take more", mean, most)
}

// stage names a step, and the computing steps that run together with it.
func stage(head metrics.Step, rep metrics.Report, plan *graph.Plan) string {
	if head.PeakRunning > 0 {
		return head.ID
	}
	var with []string
	last := head.ID
	for _, n := range plan.Nodes {
		at := slices.IndexFunc(rep.Steps, func(s metrics.Step) bool { return s.ID == n.ID })
		if at >= 0 && rep.Steps[at].Capacity == 0 && len(n.In) == 1 && n.In[0].From.ID == last {
			with = append(with, n.ID)
			last = n.ID
		}
	}
	if with == nil {
		return head.ID
	}
	return fmt.Sprintf("%s (with %s)", head.ID, strings.Join(with, ", "))
}
