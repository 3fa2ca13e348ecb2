package plan

import (
	"fmt"
	"math"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// Pace is what the hints say of how fast a pipeline can be. A step whose calls take a time S, c at once, makes c/S a second
// (Little's law: c = λ·S); a rate makes no more than it says, and a limit of n at once n/S.
type Pace struct {
	Step      string  `json:"step"`       // that sets the pace
	PerSecond float64 `json:"per_second"` // items, at most
	Why       string  `json:"why"`
	Wanted    float64 `json:"wanted,omitempty"`        // items a second at the peak, by the hints
	Needs     int     `json:"needs_at_once,omitempty"` // calls at once for what is wanted, where there are fewer
}

// pace finds the step that is the slowest by its hints, nil where there are none.
func (l *Layout) pace() (p *Pace) {
	wanted := 0.0
	l.Plan.Walk(func(n *graph.Node) {
		if r := n.Hints.Rate; r.Count > 0 {
			wanted = max(wanted, perSecond(r))
		}
	})
	for _, n := range l.Plan.Nodes {
		own := paceOf(n)
		if own != nil && (p == nil || own.PerSecond < p.PerSecond) {
			p = own
			if p.Wanted = wanted; wanted > p.PerSecond && n.Hints.Latency > 0 {
				p.Needs = int(math.Ceil(wanted * n.Hints.Latency.Seconds()))
			}
		}
	}
	return p
}

// paceOf gives how many items a node can take a second, nil where its hints do not say.
func paceOf(n *graph.Node) (p *Pace) {
	slower := func(rate float64, why string) {
		if p == nil || rate < p.PerSecond {
			p = &Pace{Step: n.ID, PerSecond: rate, Why: why}
		}
	}
	latency := n.Hints.Latency
	if most, _ := Width(n); n.Component.Kind() == flow.KindCall && latency > 0 && most != Unbounded {
		slower(float64(most)/latency.Seconds(), fmt.Sprintf("%d at once, %s each", most, flow.FormatDuration(latency)))
	}
	for _, u := range n.Rules.Limits {
		weight := float64(max(u.Weight, 1))
		switch {
		case u.Limit.By != nil:
		case u.Limit.IsRate():
			slower(perSecond(u.Limit.Rate)/weight, fmt.Sprintf("the limit `%s`", u.Limit.Name))
		case u.Limit.Concurrency > 0 && latency > 0:
			slower(float64(u.Limit.Concurrency)/weight/latency.Seconds(), fmt.Sprintf("the limit `%s`, %s each", u.Limit.Name, flow.FormatDuration(latency)))
		}
	}
	return p
}

func perSecond(r flow.Rate) float64 { return r.Count / (float64(r.Per) / float64(time.Second)) }
