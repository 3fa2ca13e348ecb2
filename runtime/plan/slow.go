package plan

import (
	"fmt"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// slow says what keeps a pipeline from working on more at once.
func (l *Layout) slow() (out []string) {
	groups := map[string][]string{}
	var order []string
	say := func(why, id string) {
		if groups[why] == nil {
			order = append(order, why)
		}
		groups[why] = append(groups[why], "`"+id+"`")
	}
	for _, s := range l.Stages {
		for _, k := range s.Kept {
			if k.Shards == 1 {
				say("computes on one core: "+unshareable(k.By), k.By.ID)
			}
		}
		switch {
		case s.Kind == Call:
			if why := s.callsSlow(); why != "" {
				say(why, s.Name())
			}
		case s.Single == "" || l.Workers <= 1 || s.Kind == Join:
		case s.Kind == Source && len(s.Links) == 0 && s.Single == OneByOne:
		case s.light: // it is as fast as several would be
		default:
			say("computes on one core: "+s.Single, s.Name())
		}
	}
	for _, why := range order {
		out = append(out, fmt.Sprintf("%s %s", join(groups[why]), why))
	}
	return out
}

// callsSlow says what keeps the calls of a stage from being more at once.
func (s *Stage) callsSlow() string {
	n := s.Head
	most, window := Width(n)
	switch h := n.Hints; {
	case n.Component.Traits.Serial:
		return "takes one item after another"
	case most == 1:
		return "makes one call at a time: `concurrency` makes more"
	case n.Concurrency.Order == graph.OrderInput && h.Latency > 0 && h.LatencyP99 > 2*h.Latency && window <= most:
		return fmt.Sprintf("gives results in the order of the input: where one takes %s, the others wait for it; `order: completion`, or a `window` of %d, helps",
			flow.FormatDuration(h.LatencyP99), most*int((h.LatencyP99+h.Latency-1)/h.Latency))
	}
	return ""
}

func join(names []string) string {
	out := names[0]
	for i, name := range names[1:] {
		if i == len(names)-2 {
			out += " and " + name
		} else {
			out += ", " + name
		}
	}
	return out
}
