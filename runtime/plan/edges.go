package plan

import (
	"fmt"
	"strings"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// connect makes the edges into a stage.
func (m *maker) connect(s *Stage) {
	first := s.Nodes()[0]
	for _, in := range first.In {
		e := &Edge{To: s, Port: in.Port, Marks: m.trace != nil && m.trace.Marks[[2]*graph.Node{in.From, first}]}
		e.Capacity, e.Why = m.capacity(s, first)
		for in.Output == "" && m.passedBy(in.From) {
			e.Buffers = append(e.Buffers, in.From)
			in = in.From.In[0]
		}
		from := in.From
		if bound(from) != nil && !lossy(from) {
			e.Buffers = append(e.Buffers, from)
		}
		switch {
		case len(e.Buffers) > 0:
			e.Capacity, e.Why = sized(e.Buffers)
		case lossy(from) || m.facts.Lazy(m.stage[from].Nodes()[0]): // what waits is in the step, which knows what to do with it
			e.Capacity, e.Why = 0, fmt.Sprintf("what waits is in `%s`, which knows what to do with it", m.stage[from].Name())
		}
		e.From, e.Giver = m.stage[from], from
		if in.Output != "" {
			e.Output = in.Output
			e.From.Beside[from] = append(e.From.Beside[from], e)
		} else {
			e.From.Out = append(e.From.Out, e)
		}
		s.In = append(s.In, e)
	}
}

// sized gives the capacity that buffer steps make together.
func sized(buffers []*graph.Node) (capacity int, why string) {
	var names []string
	for _, n := range buffers {
		capacity += bound(n).Size
		name := "`" + n.ID + "`"
		if n.Chosen != "" {
			name += " (" + n.Chosen + ")"
		}
		names = append(names, name)
	}
	return capacity, "as " + strings.Join(names, " and ") + " says"
}

// passedBy reports whether n is a buffer step without a stage of its own.
func (m *maker) passedBy(n *graph.Node) bool {
	return bound(n) != nil && len(n.In) > 0 && m.stage[n] == m.stage[n.In[0].From]
}

// capacity gives the capacity of the edges into a stage, where no buffer step stands before it.
func (m *maker) capacity(s *Stage, first *graph.Node) (capacity int, why string) {
	switch {
	case s.Kind == Buffer:
		return 0, fmt.Sprintf("what waits is in `%s`", first.ID)
	case first.Component.Traits.Prompt:
		return 0, fmt.Sprintf("`%s` is about the time at which an item comes", first.ID)
	case m.opt.Capacity > 0:
		return m.opt.Capacity, "as was asked for"
	case m.plan.Buffer != nil:
		return m.plan.Buffer.Size, "the `buffer` of the defaults"
	case m.opt.Within:
		return graph.WithinStep, "the default within a step"
	case s.Kind == Call:
		return graph.BeforeCall, "the default before a call"
	}
	return graph.Computing, "the default between computing steps"
}

// bound gives the options of a buffer step, nil for any other node.
func bound(n *graph.Node) *flow.BufferOptions {
	if !n.Component.Traits.Buffer {
		return nil
	}
	return n.Options.(*flow.BufferOptions)
}

// lossy reports whether a buffer step does more than bound an edge.
func lossy(n *graph.Node) bool {
	b := bound(n)
	return b != nil && (b.Bytes > 0 || b.Overflow != "block" && b.Overflow != "")
}
