package plan

import (
	"fmt"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// place gives the node its stage, after its inputs have theirs.
func (m *maker) place(n *graph.Node) {
	if _, placed := m.stage[n]; placed {
		return
	}
	for _, in := range n.In {
		m.place(in.From)
	}
	if bound(n) != nil && !lossy(n) && len(n.In) == 1 && len(m.readers[n]) > 0 {
		m.stage[n] = m.stage[n.In[0].From] // no stage: the edges to its readers have its size
		return
	}
	s := &Stage{Beside: map[*graph.Node][]*Edge{}}
	switch n.Component.Kind() {
	case flow.KindSource:
		s.Kind, s.Head = Source, n
		if n.Component == graph.Entry {
			s.Kind = Entry
			break
		}
		if m.whole(n) == "" {
			s.Workers = m.opt.Workers
		}
	case flow.KindCall:
		s.Kind, s.Head, s.Apart = Call, n, "a call waits for the outside while others go on"
	case flow.KindJoin:
		s.Kind, s.Head, s.Apart = Join, n, "it has several inputs"
		if m.probed(n) {
			s.Workers = m.opt.Workers
		}
	case flow.KindSink:
		up, why := m.encodes(n)
		if up != nil {
			up.Sink = n
			m.stage[n] = up
			return
		}
		s.Kind, s.Head, s.Apart = Sink, n, why
		if n.Component == graph.Exit {
			s.Kind = Exit
		}
	default:
		if lossy(n) {
			s.Kind, s.Head, s.Apart = Buffer, n, "it drops items, or counts bytes, which a channel does not"
			break
		}
		if m.facts.Hosts(n) {
			s.Kind, s.Head, s.Apart = Nest, n, "its own steps run in goroutines of theirs"
			break
		}
		up, why := m.fusible(n)
		if up != nil {
			m.join(up, n)
			m.stage[n] = up
			return
		}
		s.Kind, s.Apart = Chain, why
		if m.shared(n) {
			s.Workers = m.opt.Workers
		}
		m.join(s, n)
	}
	m.stage[n] = s
	m.stages = append(m.stages, s)
}

// fusible gives the stage that an operator may join: that of its only input, of which it is the only reader. If there is
// none, why says what is in the way.
func (m *maker) fusible(n *graph.Node) (s *Stage, why string) {
	switch {
	case m.opt.Unfused:
		return nil, "steps are to be apart"
	case len(n.In) != 1:
		return nil, "it reads several steps"
	case n.In[0].Output != "":
		return nil, fmt.Sprintf("it reads `%s` beside its main output", n.In[0].From.ID)
	case m.facts.Lazy(n):
		return nil, "it gives when what follows has room"
	case m.facts.Timed(n):
		return nil, "it gives items when its time comes, and so waits by itself"
	}
	up := n.In[0].From
	s = m.stage[up]
	switch {
	case len(m.readers[up]) != 1:
		return nil, fmt.Sprintf("`%s` has several readers, each at its own pace", up.ID)
	case bound(up) != nil:
		return nil, fmt.Sprintf("`%s` bounds the channel before it", up.ID)
	case s.Kind == Entry:
		return nil, "it is the first"
	case s.Workers > 1 && m.traced(n):
		return nil, followed
	case s.closed():
		return nil, fmt.Sprintf("several goroutines work before it, and `%s` gives its results at the end", up.ID)
	case s.Workers > 1 && m.unsplit(n) != "":
		return nil, fmt.Sprintf("several goroutines work before it, and %s", m.unsplit(n))
	case s.Workers <= 1 && m.shared(n):
		return nil, fmt.Sprintf("its expressions take long, some %d ns, so that several goroutines share them", m.runs[n].weight)
	}
	return s, ""
}

// encodes gives the stage of blocks that a sink is the only reader of, and that encodes for it. If there is none, why says
// what is in the way.
func (m *maker) encodes(n *graph.Node) (s *Stage, why string) {
	why = "it delivers while others compute"
	if m.opt.Unfused || len(n.In) != 1 || n.In[0].Output != "" {
		return nil, why
	}
	up := n.In[0].From
	if s = m.stage[up]; s.Workers <= 1 || len(m.readers[up]) != 1 || bound(up) != nil || s.Last() != up || s.closed() {
		return nil, why
	}
	switch {
	case !m.facts.Encode(n):
		return nil, "what it writes of an item depends on the items before"
	case !alone(n):
		return nil, tolerated
	case n.OnError.Action == "to":
		return nil, "its failed items go elsewhere"
	}
	return s, ""
}
